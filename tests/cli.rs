//! The program as a user meets it: wrong input, the tools from the shell, and a question answered
//! by the real default model from real pages.
//!
//! Needs what `./test` sets up: the models and the Python environment.

#![allow(clippy::unwrap_used)]

#[path = "common/program.rs"]
mod program;

use program::Program;
use serde_json::{Value, json};
use std::io::Write;
use std::path::PathBuf;
use std::process::Stdio;

/// Exit status and one clear line on stderr, nothing on stdout.
#[track_caller]
fn fails(args: &[&str], status: i32, says: &str) {
    let output = Program::new().run(args);
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(status), "{args:?}: {stderr}");
    assert!(stderr.contains(says), "{args:?} says: {stderr}");
    assert!(output.stdout.is_empty(), "{args:?}");
}

#[test]
fn wrong_input_gets_a_clear_line() {
    fails(&["ask", "  "], 2, "the question is empty");
    // Standard input has nothing.
    fails(&["ask", "-"], 2, "the question is empty");
    fails(&["ask", "x", "--tools", "hammer"], 2, "there is no tool `hammer`; the tools are");
    fails(&["ask", "x", "--search", "altavista"], 2, "altavista");
    fails(&["ask", "x", "--search", "local:/no/such/folder"], 2, "/no/such/folder");
    fails(&["ask", "x", "--deadline", "soon"], 2, "soon");
    fails(&["ask", "x", "--today", "2025-02-30"], 2, "a day is written as 2025-12-31");
    fails(&["chat", "--today", "tomorrow"], 2, "a day is written as 2025-12-31");
    fails(&["demo", "--today", "tomorrow"], 2, "a day is written as 2025-12-31");
    fails(&["ask", "x", "--model", "/no/such/file.gguf"], 1, "/no/such/file.gguf");
    fails(&["ask", "x", "--model", "gpt-17"], 1, "gpt-17");
    fails(&["ask", "x", "--frobnicate"], 2, "--frobnicate");
    fails(&["tool", "call", "hammer", "{}"], 2, "there is no tool `hammer`");
    fails(&["tool", "call", "calculator", "{"], 2, "not JSON");
    fails(&["tool", "call", "calculator", "{}"], 1, "expression");
    fails(&["sessions", "show", "nobody"], 1, "nobody");
    fails(&["model", "eval", "--tasks", "/no/such/tasks.jsonl"], 1, "cannot read /no/such/tasks.jsonl");
    fails(&["model", "eval", "--turns", "3"], 2, "--fresh");
    fails(&["model", "eval", "--fresh", "3", "--kind", "opera"], 2, "their kinds are absent, calc, charts");
    fails(&["model", "eval", "--kind", "opera"], 2, "kinds are one, choice, several and none");
}

#[test]
fn every_subcommand_is_in_the_readme() {
    let readme =
        std::fs::read_to_string(PathBuf::from(std::env::var_os("CARGO_MANIFEST_DIR").unwrap()).join("README.md"))
            .unwrap();
    let help = Program::new().run(&["--help"]);
    let help = String::from_utf8(help.stdout).unwrap();
    let commands =
        help.lines().skip_while(|l| !l.starts_with("Commands:")).skip(1).take_while(|l| !l.trim().is_empty());
    let names: Vec<&str> = commands.filter_map(|l| l.split_whitespace().next()).filter(|n| *n != "help").collect();
    assert!(names.len() > 5, "{help}");
    for name in names {
        assert!(readme.contains(&format!("polymath {name}")), "README.md does not mention `polymath {name}`");
    }
}

#[test]
fn every_subcommand_has_a_manual_page() {
    let program = Program::new();
    let first = program.run(&["man"]);
    let text = String::from_utf8(first.stdout).unwrap();
    assert!(
        first.status.success() && text.contains(".TH polymath 1") && text.contains("polymath\\-serve(1)"),
        "{text}"
    );
    let output = program.run(&["man", "--out", "pages/man1"]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let read = |name: &str| std::fs::read_to_string(program.home.path().join("pages/man1").join(name)).unwrap();
    for (page, says) in [
        ("polymath.1", "polymath"),
        ("polymath-serve.1", "\\-\\-token\\-file"),
        ("polymath-serve.1", "it is made when it does not exist"),
        ("polymath-sessions-export.1", "\\-\\-format"),
    ] {
        assert!(read(page).contains(says), "{page} does not have {says}");
    }
    fails(&["man", "--out", "/dev/null/pages"], 1, "cannot write manual pages into /dev/null/pages");
}

#[test]
fn files_that_are_no_models_are_refused() {
    let program = Program::new();
    let path = program.home.path().join("fake.gguf");
    std::fs::write(&path, "this is no model").unwrap();
    let output = program.run(&["ask", "x", "--model", path.to_str().unwrap()]);
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.code() == Some(1) && stderr.contains("GGUF"), "{stderr}");
}

#[test]
fn a_question_of_a_megabyte_is_refused() {
    let program = Program::new();
    // Longer than one argument may be: what the shell would say is not ours to test.
    let long = "word ".repeat(25_000);
    let output = program.run(&["ask", &long, "--context", "2048", "--model", "smollm2-135m", "--mode", "native"]);
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.code() == Some(1) && stderr.contains("tokens"), "{stderr}");
}

#[test]
fn calls_of_one_session_share_their_variables() {
    let program = Program::new();
    let mut child = program
        .command()
        .args(["tool", "call", "--jsonl"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let call = |id: u32, code: &str, session: &str| json!({"id": id, "tool": "python", "arguments": {"code": code}, "session": session});
    let lines = [
        call(1, "x = 20", "a"),
        call(2, "x + 22", "a"),
        call(3, "x", "b"),
        call(4, "import os; os._exit(0)", "a"),
        call(5, "6 * 7", "a"),
        call(6, "open('/etc/passwd').read()", "a"),
        json!({"id": 7, "tool": "calculator", "arguments": {"expression": "2^10"}}),
        json!({"id": 8, "tool": "hammer"}),
    ];
    let mut stdin = child.stdin.take().unwrap();
    for line in &lines {
        writeln!(stdin, "{line}").unwrap();
    }
    writeln!(stdin, "not json").unwrap();
    drop(stdin);
    let output = child.wait_with_output().unwrap();
    let answers: Vec<Value> =
        String::from_utf8(output.stdout).unwrap().lines().map(|l| serde_json::from_str(l).unwrap()).collect();
    assert_eq!(answers.len(), 9);
    let kinds: Vec<&str> = answers.iter().map(|a| a["error"]["kind"].as_str().unwrap_or("ok")).collect();
    assert_eq!(
        kinds,
        ["ok", "ok", "exception", "crash", "ok", "denied", "ok", "unknown_tool", "arguments"],
        "{answers:#?}"
    );
    assert_eq!(answers[1]["content"], "42");
    assert!(answers[6]["content"].as_str().unwrap().starts_with("1024"), "{}", answers[6]);
}

#[test]
fn the_default_model_makes_a_table_from_pages_and_cites_them() {
    let program = Program::new();
    let pages = program.home.path().join("pages");
    std::fs::create_dir(&pages).unwrap();
    let page = |title: &str, body: &str| {
        format!("<html><head><title>{title}</title></head><body><main><h1>{title}</h1>{body}</main></body></html>")
    };
    let bridges = "<p>The bridges of Lornhaven, as the harbour office lists them.</p><table><tr><th>Bridge</th><th>Opened</th><th>Length (m)</th></tr>\
        <tr><td>Tide Bridge</td><td>1931</td><td>412</td></tr><tr><td>Gull Bridge</td><td>June 1958</td><td>—</td></tr>\
        <tr><td>North Span</td><td>2004-09</td><td>1,268</td></tr></table>";
    std::fs::write(pages.join("bridges.html"), page("Bridges of Lornhaven", bridges)).unwrap();
    std::fs::write(pages.join("bread.html"), page("Rye bread", "<p>Knead the dough for ten minutes.</p>")).unwrap();
    let output = program.run(&[
        "ask",
        "Make a table of the bridges of Lornhaven (opened, length)",
        "--search",
        "local:pages",
        "--json",
    ]);
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{stderr}");
    let events: Vec<Value> =
        String::from_utf8(output.stdout).unwrap().lines().map(|l| serde_json::from_str(l).unwrap()).collect();
    let called = |tool: &str| events.iter().any(|e| e["type"] == "call" && e["tool"] == tool);
    assert!(called("browser_search") && called("browser_open"), "{events:#?}");
    let answer = events.iter().find(|e| e["type"] == "answer").unwrap();
    let text = answer["text"].as_str().unwrap();
    for want in ["| --- |", "Tide Bridge", "Gull Bridge", "North Span", "1,268", "n/a", "[1]"] {
        assert!(text.contains(want), "`{want}` is missing: {text}");
    }
    assert!(!text.contains("minutes"), "{text}");
    assert_eq!(answer["citations"][0]["url"], "local:bridges.html");
    assert_eq!(events.last().unwrap()["type"], "done");
}
