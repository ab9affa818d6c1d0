//! Tools of MCP servers that the user's settings name, as `ask` has them.

#![allow(clippy::unwrap_used)]

#[path = "common/program.rs"]
mod program;
#[path = "../model/tests/replay/mod.rs"]
mod replay;
#[path = "common/terminal.rs"]
#[allow(dead_code)]
mod terminal;

use program::Program;
use replay::{Server, chunks, text};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::process::Output;
use terminal::Terminal;

/// Settings with the server of `tools/tests/mcp`.
fn settings() -> String {
    let script = PathBuf::from(std::env::var_os("CARGO_MANIFEST_DIR").unwrap()).join("tools/tests/mcp/server.py");
    format!("[mcp.till]\ncommand = \"python3\"\nargs = [{}]\n", json!(script.display().to_string()))
}

/// A model that calls `tool` and then answers.
async fn model(tool: &str) -> Server {
    let function = json!({"name": tool, "arguments": "{\"text\": \"a\"}"});
    let call = json!({"choices": [{"delta": {"tool_calls": [{"index": 0, "id": "a", "function": function}]},
                      "finish_reason": "tool_calls"}]});
    Server::start("vllm", vec![chunks(&[call]), text("Done.")]).await
}

/// Asks a model that calls `tool` and then answers; where it stands in a folder below the home.
async fn ask(program: &Program, tool: &str, more: &[&str]) -> (Output, Vec<Value>) {
    let server = model(tool).await;
    let folder = program.home.path().join("folder");
    std::fs::create_dir_all(&folder).unwrap();
    let mut command = program.command();
    command.args(["ask", "Do it.", "--json", "--model", &format!("http://{}/v1#m", server.address)]).args(more);
    command.current_dir(folder);
    let output = tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap();
    let events =
        String::from_utf8_lossy(&output.stdout).lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    (output, events)
}

fn result(events: &[Value]) -> (bool, &str) {
    let event = events.iter().find(|event| event["type"] == "result").unwrap_or_else(|| panic!("{events:?}"));
    (event["ok"].as_bool().unwrap(), event["content"].as_str().unwrap())
}

fn write(folder: &Path, text: &str) {
    std::fs::create_dir_all(folder).unwrap();
    std::fs::write(folder.join("polymath.toml"), text).unwrap();
}

#[tokio::test]
async fn a_server_of_the_users_adds_tools() {
    let program = Program::new();
    write(program.home.path(), &settings());
    let (output, events) = ask(&program, "echo", &[]).await;
    assert_eq!(result(&events), (true, "echo: a"));
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(stderr.contains("note: left out: the tool `wide` of `till`"), "{stderr}");
    // Its `calculator` is another one than ours.
    let (_, events) = ask(&program, "till_calculator", &["--tools", "till_calculator"]).await;
    assert_eq!(result(&events), (true, "calculator: a"));
}

#[tokio::test]
async fn what_acts_needs_a_yes() {
    let program = Program::new();
    write(program.home.path(), &settings());
    let (_, events) = ask(&program, "file_write", &[]).await;
    let (ok, why) = result(&events);
    assert!(!ok && why.contains("--approve auto") && why.contains("[mcp.till]"), "{why}");
    let (_, events) = ask(&program, "file_write", &["--approve", "auto"]).await;
    assert_eq!(result(&events), (true, "file.write: a"));
    write(program.home.path(), &format!("{}trusted = true\n", settings()));
    let (_, events) = ask(&program, "file_write", &[]).await;
    assert_eq!(result(&events), (true, "file.write: a"));
}

#[tokio::test(flavor = "multi_thread")]
async fn at_a_terminal_the_user_is_asked() {
    for (answer, content) in [("y\n", "file.write: a"), ("\n", "the user does not want this call")] {
        let program = Program::new();
        write(program.home.path(), &settings());
        let server = model("file_write").await;
        let (home, model) = (program.home.path().to_owned(), format!("http://{}/v1#m", server.address));
        let exit = tokio::task::spawn_blocking(move || {
            let mut terminal = Terminal::start(&home, (120, 40), &["ask", "Do it.", "--model", &model], &[]);
            let asked = terminal.wait("[y]es, [a]lways, [N]o");
            assert!(asked.contains("Let file.write of the MCP server till run with {\"text\":\"a\"}?"), "{asked}");
            terminal.write(answer);
            terminal.wait("Done.");
            terminal.ended()
        });
        assert_eq!(exit.await.unwrap(), 0);
        assert!(server.asked().last().unwrap().to_string().contains(content), "{answer:?}");
    }
}

#[tokio::test]
async fn a_folders_server_is_not_started() {
    let program = Program::new();
    write(&program.home.path().join("folder"), &settings());
    let (output, events) = ask(&program, "echo", &[]).await;
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(stderr.contains("left out of ./polymath.toml, which is not trusted: mcp.till"), "{stderr}");
    assert!(!events.iter().any(|event| event["type"] == "result" && event["ok"] == true), "{events:?}");
}

#[tokio::test]
async fn tools_that_are_not_wanted_stay_away() {
    let program = Program::new();
    write(program.home.path(), &settings());
    let (output, _) = ask(&program, "echo", &["--tools", "calculator"]).await;
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(!stderr.contains("till"), "its server is not even started: {stderr}");
    let (output, _) = ask(&program, "echo", &["--tools", "hammer"]).await;
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{stderr}");
    assert!(stderr.contains("there is no tool `hammer`, neither here nor of your MCP servers"), "{stderr}");
}

#[test]
fn settings_that_are_wrong_are_told() {
    let program = Program::new();
    for (text, part) in [
        ("[mcp.a]\n", "[mcp.a]: give either `command`"),
        ("[mcp.a]\nurl = 'file:///x'\n", "[mcp.a]: `file:///x` is no address"),
        ("[mcp.a]\nprogram = 'x'\n", "unknown field `program`"),
    ] {
        write(program.home.path(), text);
        let output = program.run(&["ask", "x", "--model", "http://127.0.0.1:9/v1#m"]);
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.code() == Some(2) && stderr.contains(part), "{stderr}");
    }
}
