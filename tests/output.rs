//! Standard output that is closed or full, and runs that come to nothing.

#![cfg(unix)]
#![allow(clippy::unwrap_used)]

#[path = "../model/tests/replay/mod.rs"]
mod replay;

use replay::{Server, text};
use std::fs::File;
use std::path::Path;
use std::process::{Output, Stdio};
use tokio::process::Command;

async fn polymath(home: &Path, args: &[&str], stdout: Stdio) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_polymath"));
    command.args(args).current_dir(home).env("POLYMATH_HOME", home).env_remove("POLYMATH_MODEL").env_remove("RUST_LOG");
    command.stdin(Stdio::null()).stdout(stdout).stderr(Stdio::piped());
    // `output` would put a pipe in place of this standard output.
    command.spawn().unwrap().wait_with_output().await.unwrap()
}

/// Whoever would read it has gone.
fn closed() -> Stdio {
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    writer.into()
}

fn full() -> Stdio {
    File::options().write(true).open("/dev/full").unwrap().into()
}

#[tokio::test]
async fn a_closed_pipe_ends_quietly_and_a_full_disk_with_an_error() {
    let home = tempfile::tempdir().unwrap();
    let server = Server::start("vllm", vec![text("An answer."), text("An answer."), text("An answer.")]).await;
    let model = format!("http://{}/v1#m", server.address);
    let ask = ["ask", "Hello", "--session", "s", "--quiet", "--tools", "calculator", "--model", &model];
    assert!(polymath(home.path(), &ask, Stdio::piped()).await.status.success());
    let script = format!("{}/examples/runs/sales.toml", std::env::var("CARGO_MANIFEST_DIR").unwrap());
    let commands: [&[&str]; 12] = [
        &ask,
        &["doctor"],
        &["tool", "list"],
        &["tool", "call", "calculator", "{\"expression\": \"1+1\"}"],
        &["model", "list"],
        &["completions", "bash"],
        &["man"],
        &["run", &script, "--graph"],
        &["run", &script, "--check"],
        &["sessions", "list"],
        &["sessions", "show", "s"],
        &["sessions", "export", "s", "--format", "json"],
    ];
    for args in commands {
        let output = polymath(home.path(), args, full()).await;
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(1), "{args:?}: {stderr}");
        let told = "error: cannot write to standard output: No space left on device";
        assert!(stderr.contains(told) && !stderr.contains("panicked"), "{args:?}: {stderr}");
        let output = polymath(home.path(), args, closed()).await;
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert!(!stderr.contains("error") && !stderr.contains("panicked"), "{args:?}: {stderr}");
        // The doctor's is that of his findings.
        assert!(output.status.success() || args[0] == "doctor", "{args:?}: {stderr}");
    }
}

#[tokio::test]
async fn the_session_is_told_and_a_run_that_came_to_nothing_leaves_none() {
    let home = tempfile::tempdir().unwrap();
    let server = Server::start("vllm", vec![text("An answer.")]).await;
    let gone = {
        let server = Server::start("x", vec![]).await;
        format!("http://{}/v1#m", server.address)
    };
    for args in
        [&["ask", "x", "--model", &gone][..], &["ask", "x", "--file", "nowhere.csv"], &["chat", "--model", &gone]]
    {
        let output = polymath(home.path(), args, Stdio::piped()).await;
        assert_eq!(output.status.code(), Some(1), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
    }
    let list = polymath(home.path(), &["sessions", "list"], Stdio::piped()).await;
    assert!(list.stdout.is_empty(), "{}", String::from_utf8_lossy(&list.stdout));
    let model = format!("http://{}/v1#m", server.address);
    let output = polymath(home.path(), &["ask", "x", "--json", "--model", &model], Stdio::piped()).await;
    let first = String::from_utf8(output.stdout).unwrap();
    let event: serde_json::Value = serde_json::from_str(first.lines().next().unwrap()).unwrap();
    assert_eq!((&event["type"], &event["new"]), (&"session".into(), &true.into()));
    let id = event["id"].as_str().unwrap();
    assert_eq!(event["run"], format!("{id}/1"));
    let show = polymath(home.path(), &["sessions", "show", id], Stdio::piped()).await;
    assert!(show.status.success() && String::from_utf8_lossy(&show.stdout).contains("An answer."));
}

/// Errors say which path or name it was, and what to do.
#[tokio::test]
async fn errors_name_what_they_are_about() {
    let home = tempfile::tempdir().unwrap();
    let file = home.path().join("file");
    std::fs::write(&file, "").unwrap();
    let below = file.join("home");
    let told = async |home: &Path, args: &[&str]| {
        let output = polymath(home, args, Stdio::piped()).await;
        assert_eq!(output.status.code(), Some(1));
        String::from_utf8(output.stderr).unwrap()
    };
    let mut command = Command::new(env!("CARGO_BIN_EXE_polymath"));
    let output = command.args(["sessions", "list"]).env("POLYMATH_HOME", &below).output().await.unwrap();
    let unwritable = String::from_utf8(output.stderr).unwrap();
    assert!(unwritable.contains(&below.display().to_string()), "{unwritable}");
    assert_eq!(unwritable.matches("os error").count(), 1, "{unwritable}");
    assert!(unwritable.contains("\nhint: ") && unwritable.contains("POLYMATH_HOME"), "{unwritable}");
    let unknown = told(home.path(), &["sessions", "show", "nobody"]).await;
    assert!(unknown.contains("`nobody`\nhint: `polymath sessions list`"), "{unknown}");
    let missing = told(home.path(), &["sessions", "import", "nowhere.json"]).await;
    assert!(missing.starts_with("error: cannot read nowhere.json: No such file"), "{missing}");
}

#[tokio::test]
async fn what_cannot_be_read_of_a_folder_is_told() {
    let home = tempfile::tempdir().unwrap();
    let pages = home.path().join("pages");
    std::fs::create_dir(&pages).unwrap();
    std::fs::write(pages.join("good.md"), "# The mill\nThe mill is 12 m high.").unwrap();
    std::fs::write(pages.join("bad.pdf"), "no PDF").unwrap();
    let call = ["tool", "call", "browser_search", "{\"query\": \"mill\"}"];
    let search = |quiet: bool| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_polymath"));
        command.args(call).current_dir(home.path()).env("POLYMATH_SEARCH", "local:pages").env_remove("RUST_LOG");
        command.env("POLYMATH_HOME", home.path().join(if quiet { "a" } else { "b" }));
        if quiet {
            command.arg("--quiet");
        }
        command.output()
    };
    let (told, quiet) = (search(false).await.unwrap(), search(true).await.unwrap());
    assert!(String::from_utf8_lossy(&told.stdout).contains("mill"));
    let stderr = String::from_utf8_lossy(&told.stderr);
    assert!(stderr.contains("bad.pdf is left out of the index"), "{stderr}");
    assert!(!String::from_utf8_lossy(&quiet.stderr).contains("bad.pdf"));
}
