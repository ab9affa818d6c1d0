//! The programs in `examples/` do what they say. `cargo test` builds them; where only this test is asked for, they have to be
//! built before: `cargo build --release --examples`.
#![cfg(unix)]
#![allow(clippy::unwrap_used)]

#[path = "common/program.rs"]
mod program;
#[path = "../model/tests/replay/mod.rs"]
mod replay;

use program::Program;
use replay::{Server, text};
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// An example in that program's home.
fn example(program: &Program, name: &str, args: &[&str]) -> Output {
    let beside = Path::new(env!("CARGO_BIN_EXE_polymath")).with_file_name("examples").join(name);
    assert!(beside.is_file(), "{} is not built: cargo build --release --examples", beside.display());
    let mut command = Command::new(beside);
    let environment = program.command();
    command.envs(environment.get_envs().filter_map(|(name, value)| Some((name, value?))));
    command.args(args).current_dir(PathBuf::from(std::env::var_os("CARGO_MANIFEST_DIR").unwrap())).output().unwrap()
}

#[track_caller]
fn says(output: &Output, parts: &[&str]) -> String {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let (stdout, stderr) = (text(&output.stdout), text(&output.stderr));
    assert!(output.status.success(), "{stdout}{stderr}");
    for part in parts {
        assert!(stdout.contains(part), "no `{part}`: {stdout}{stderr}");
    }
    stdout
}

#[test]
fn a_question_is_answered_from_pages() {
    let args = ["qwen2.5-coder-1.5b", "How high is the Arnsfeld Tower?", "examples/runs/pages/towers"];
    let output = example(&Program::new(), "ask", &args);
    says(&output, &["184 m", ": Sourced, ", "[1] Arnsfeld Tower", "<local:arnsfeld-tower.html>"]);
}

#[test]
fn a_tool_is_added() {
    let output = example(&Program::new(), "add_a_tool", &[]);
    says(&output, &["there are no chairs", "\"All_pieces\"", "1247: Computed"]);
}

#[test]
fn a_model_is_added() {
    let program = Program::new();
    says(&example(&program, "custom_model", &["What is 17.5 * 12?"]), &["It is 210"]);
    says(&example(&program, "custom_model", &["Who are you?"]), &["I do sums only."]);
}

#[test]
fn a_script_is_run() {
    let program = Program::new();
    let args = ["examples/runs/sales.toml", "least=9000"];
    says(&example(&program, "multi_step_analysis", &args), &["# Sales of 2024", "**392680**", "| North |"]);
    let wrong = example(&program, "multi_step_analysis", &["examples/runs/sales.toml", "yer=1"]);
    assert!(!wrong.status.success() && String::from_utf8_lossy(&wrong.stderr).contains("--var year=…"), "{wrong:?}");
}

#[tokio::test]
async fn a_run_is_followed() {
    let program = Program::new();
    let server = Server::start("vllm", vec![text("It is so.")]).await;
    let model = format!("http://{}/v1#m", server.address);
    let mut command = program.command();
    command.args(["ask", "Is it so?", "--detach", "--session", "s", "--model", &model]);
    let begun = tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap();
    assert!(begun.status.success(), "{}", String::from_utf8_lossy(&begun.stderr));
    let (program, followed) = tokio::task::spawn_blocking(move || {
        let followed = example(&program, "attach", &["s"]);
        (program, followed)
    })
    .await
    .unwrap();
    let told = says(&followed, &["It is so."]);
    let last: Value = serde_json::from_str(told.lines().last().unwrap()).unwrap();
    assert_eq!(last["type"], "done");
    assert_eq!(told.as_bytes(), program.run(&["replay", "s", "--json"]).stdout);
    let rest = says(&example(&program, "attach", &["s", "3"]), &[]);
    assert_eq!(rest.lines().collect::<Vec<_>>(), told.lines().skip(2).collect::<Vec<_>>());
}
