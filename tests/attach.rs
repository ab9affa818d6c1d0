//! `ask --detach` and `attach`: a run that goes on by itself, and who follows it.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used)]

#[path = "common/program.rs"]
mod program;
#[path = "../model/tests/replay/mod.rs"]
mod replay;
#[path = "common/terminal.rs"]
#[allow(dead_code)]
mod terminal;

use program::Program;
use replay::{Answer, Server, chunks, text};
use serde_json::{Value, json};
use std::io::{BufRead, BufReader};
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};
use std::time::Duration;
use terminal::Terminal;

const EXE: &str = env!("CARGO_BIN_EXE_polymath");

async fn run(program: &Program, args: &[&str]) -> Output {
    let mut command = program.command();
    command.args(args);
    tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap()
}

async fn detached(program: &Program, answers: Vec<Answer>) -> (Server, String) {
    detached_with(program, answers, "calculator").await
}

async fn detached_with(program: &Program, answers: Vec<Answer>, tool: &str) -> (Server, String) {
    let server = Server::start("vllm", answers).await;
    let model = format!("http://{}/v1#m", server.address);
    let output = run(program, &["ask", "What is 6 times 7?", "--detach", "--tools", tool, "--model", &model]).await;
    let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success() && stderr.contains("polymath attach "), "{stderr}");
    (server, String::from_utf8(output.stdout).unwrap().trim().to_owned())
}

/// A reply that calls a tool.
fn call(tool: &str, arguments: &str) -> Answer {
    let function = json!({"name": tool, "arguments": arguments});
    chunks(&[json!({"choices": [{"delta": {"tool_calls": [{"index": 0, "id": "a", "function": function}]},
                    "finish_reason": "tool_calls"}]})])
}

/// Waits until the model has been asked so often.
async fn asked(server: &Server, times: usize) {
    for _ in 0..600 {
        if server.asked().len() >= times {
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("the model was asked {} times and not {times}", server.asked().len());
}

fn events(output: &Output) -> Vec<Value> {
    String::from_utf8_lossy(&output.stdout).lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[tokio::test]
async fn two_follow_a_run_whose_starter_is_gone() {
    let program = Program::new();
    let answers = vec![call("calculator", "{\"expression\": \"6 * 7\"}"), text("It is 42.")];
    let (_server, session) = detached(&program, answers).await;
    let follow = ["attach", session.as_str(), "--json"];
    let (one, two) = tokio::join!(run(&program, &follow), run(&program, &follow));
    assert_eq!((one.status.code(), two.status.code()), (Some(0), Some(0)));
    assert!(events(&one).iter().any(|event| event["type"] == "answer" && event["text"] == "It is 42."));
    assert_eq!(one.stdout, two.stdout);
    let kept = run(&program, &["replay", &session, "--json"]).await;
    assert_eq!(one.stdout, kept.stdout);
    let later = run(&program, &["attach", &session, "--json", "--from", "3"]).await;
    assert_eq!(events(&later), events(&one)[2..]);
}

/// The shell that began it is killed with all that it had started; two follow the run, one says something to it, one ends it.
#[tokio::test]
async fn a_run_outlives_who_began_it() {
    let program = Program::new();
    let begun = chunks(&[json!({"choices": [{"delta": {"content": "Well. "}}]})]).hang();
    let sum = call("calculator", "{\"expression\": \"6 * 7\"}");
    let server = Server::start("vllm", vec![sum, text("It is so.").held(), begun]).await;
    let model = format!("http://{}/v1#m", server.address);
    let ask = [EXE, "ask", "What is 6 times 7?", "--detach", "--tools", "calculator", "--model", &model];
    let mut shell = Command::new("sh");
    shell.args(["-c", "\"$0\" \"$@\"; sleep 600"]).args(ask).current_dir(program.home.path()).process_group(0);
    shell.envs(program.command().get_envs().filter_map(|(name, value)| Some((name, value?))));
    let mut shell = shell.env_remove("POLYMATH_MODEL").stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let mut session = String::new();
    BufReader::new(shell.stdout.take().unwrap()).read_line(&mut session).unwrap();
    let session = session.trim();
    assert!(Command::new("kill").args(["-KILL", "--", &format!("-{}", shell.id())]).status().unwrap().success());
    shell.wait().unwrap();
    let follow = || {
        let mut command = program.command();
        command.args(["attach", session, "--json"]).stdout(Stdio::piped()).spawn().unwrap()
    };
    let (one, two) = (follow(), follow());
    asked(&server, 2).await;
    let said = run(&program, &["attach", session, "--say", "And with ten?"]).await;
    assert!(said.status.success(), "{}", String::from_utf8_lossy(&said.stderr));
    server.let_go();
    asked(&server, 3).await;
    let cancelled = run(&program, &["attach", session, "--cancel"]).await;
    assert!(cancelled.status.success(), "{}", String::from_utf8_lossy(&cancelled.stderr));
    let end = async |child: std::process::Child| {
        tokio::task::spawn_blocking(move || child.wait_with_output().unwrap()).await.unwrap()
    };
    let (one, two) = (end(one).await, end(two).await);
    assert_eq!((one.status.code(), two.status.code()), (Some(130), Some(130)));
    assert_eq!(one.stdout, two.stdout);
    let told: Vec<String> = events(&one).iter().map(|e| e["type"].as_str().unwrap().to_owned()).collect();
    let place = |kind: &str| told.iter().position(|told| told == kind).unwrap_or_else(|| panic!("{kind}: {told:?}"));
    assert!(place("result") < place("said") && place("said") < place("done"), "{told:?}");
    assert_eq!(events(&one).last().unwrap()["stop"], "interrupted");
    assert_eq!(run(&program, &["replay", session, "--json"]).await.stdout, one.stdout);
}

/// Settings with the server of `tools/tests/mcp`, one of whose tools acts.
fn with_a_till(program: &Program) {
    let script = PathBuf::from(std::env::var_os("CARGO_MANIFEST_DIR").unwrap()).join("tools/tests/mcp/server.py");
    let settings = format!("[mcp.till]\ncommand = \"python3\"\nargs = [{}]\n", json!(script.display().to_string()));
    std::fs::write(program.home.path().join("polymath.toml"), settings).unwrap();
}

/// Waits until a run asks for a yes.
async fn asks(program: &Program, session: &str) {
    for _ in 0..300 {
        let record = run(program, &["replay", session, "--json"]).await;
        if events(&record).last().is_some_and(|event| event["type"] == "approval") {
            return;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("the run {session} asks nothing");
}

#[tokio::test]
async fn a_call_that_acts_is_allowed_or_refused_from_elsewhere() {
    let act = || call("file_write", "{\"text\": \"a\"}");
    for (flag, answer, content, told) in [
        ("--approve", "once", "file.write: a", "allowed once: file.write {\"text\":\"a\"} of the MCP server till"),
        ("--approve=always", "always", "file.write: a", "allowed from here on: file.write"),
        ("--refuse", "refused", "Error (denied): the user does not want", "not allowed: file.write"),
    ] {
        let program = Program::new();
        with_a_till(&program);
        let another = call("file_write", "{\"text\": \"b\"}");
        let answers = if answer == "always" { vec![act(), another, text("Done.")] } else { vec![act(), text("Done.")] };
        let (server, session) = detached_with(&program, answers, "file_write").await;
        asks(&program, &session).await;
        let answered = run(&program, &["attach", &session, flag]).await;
        let stderr = String::from_utf8_lossy(&answered.stderr);
        assert!(answered.status.success() && stderr.contains(told), "{stderr}");
        let followed = run(&program, &["attach", &session, "--json"]).await;
        let told = events(&followed);
        let of = |kind: &str| told.iter().filter(|event| event["type"] == kind).collect::<Vec<_>>();
        assert_eq!((of("approval").len(), &of("approved")[0]["answer"]), (1, &json!(answer)), "{told:?}");
        assert!(of("result")[0]["content"].as_str().unwrap().starts_with(content), "{told:?}");
        assert_eq!((followed.status.code(), server.asked().len()), (Some(0), of("result").len() + 1));
        let late = run(&program, &["attach", &session, flag]).await;
        assert!(String::from_utf8_lossy(&late.stderr).contains("does not ask for a yes"), "{late:?}");
    }
    let both = Program::new().run(&["attach", "s", "--approve", "--refuse"]);
    assert_eq!(both.status.code(), Some(2), "{both:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_follows_at_a_terminal_is_asked() {
    let program = Program::new();
    with_a_till(&program);
    let answers = vec![call("file_write", "{\"text\": \"a\"}"), text("Done.")];
    let (_server, session) = detached_with(&program, answers, "file_write").await;
    asks(&program, &session).await;
    let (home, name) = (program.home.path().to_owned(), session.clone());
    let screen = tokio::task::spawn_blocking(move || {
        let mut terminal = Terminal::start(&home, (100, 30), &["attach", &name], &[]);
        terminal.wait("Let file.write of the MCP server till run with {\"text\":\"a\"}? [y]es, [a]lways, [N]o");
        terminal.write("y\n");
        let screen = terminal.wait("Done.");
        assert_eq!(terminal.ended(), 0);
        screen
    });
    let screen = screen.await.unwrap();
    assert!(screen.contains("allowed once"), "{screen}");
}

#[tokio::test]
async fn a_run_takes_up_what_is_said_to_it_from_elsewhere() {
    let program = Program::new();
    let answers = vec![text("It is so.").held(), text("With more, then.")];
    let (server, session) = detached(&program, answers).await;
    asked(&server, 1).await;
    let again = run(&program, &["ask", "And?", "--detach", "--session", &session]).await;
    assert!(String::from_utf8_lossy(&again.stderr).contains("is in use"), "{again:?}");
    let said = run(&program, &["attach", &session, "--say", "And with \"ten\"\nmore?"]).await;
    assert!(said.status.success(), "{}", String::from_utf8_lossy(&said.stderr));
    assert_eq!(program.run(&["attach", &session, "--say", " "]).status.code(), Some(2));
    server.let_go();
    let followed = run(&program, &["attach", &session, "--json"]).await;
    assert_eq!(followed.status.code(), Some(0), "{}", String::from_utf8_lossy(&followed.stdout));
    let told = events(&followed);
    let answers: Vec<&Value> = told.iter().filter(|event| event["type"] == "answer").collect();
    assert!(answers.len() == 1 && answers[0]["text"] == "With more, then.", "{answers:?}");
    let said = told.iter().filter(|event| event["type"] == "said").map(|event| &event["text"]);
    assert_eq!(said.collect::<Vec<_>>(), ["And with \"ten\"\nmore?"]);
    let asked = server.asked();
    let roles: Vec<&Value> = asked[1]["messages"].as_array().unwrap().iter().map(|m| &m["role"]).collect();
    assert_eq!(roles, ["system", "user", "assistant", "user"]);
    let late = program.run(&["attach", &session, "--say", "And?"]);
    assert!(String::from_utf8_lossy(&late.stderr).contains("does not run any more"), "{late:?}");
    // What was said to this run is not said to the next one of the session.
    let model = format!("http://{}/v1#m", server.address);
    drop(run(&program, &["ask", "More?", "--detach", "--session", &session, "--model", &model]).await);
    let next = run(&program, &["attach", &session, "--json"]).await;
    assert_eq!(events(&next).iter().filter(|event| event["type"] == "said").count(), 1);
}

/// The number of a process that has ended is given to another one some day.
#[tokio::test]
async fn a_process_that_has_a_runs_number_by_now_is_left_alone() {
    let program = Program::new();
    let (_server, session) = detached(&program, vec![text("It is 42.")]).await;
    assert_eq!(run(&program, &["attach", &session]).await.status.code(), Some(0));
    let mut other = std::process::Command::new("sleep").arg("60").spawn().unwrap();
    std::fs::write(program.home.path().join(format!("runs/{session}.pid")), format!("{} 1", other.id())).unwrap();
    let cancelled = program.run(&["attach", &session, "--cancel"]);
    assert!(String::from_utf8_lossy(&cancelled.stderr).contains("does not run any more"), "{cancelled:?}");
    assert_eq!(run(&program, &["attach", &session]).await.status.code(), Some(0));
    assert!(other.try_wait().unwrap().is_none(), "it was interrupted");
    other.kill().unwrap();
    other.wait().unwrap();
}

#[tokio::test]
async fn a_run_is_cancelled_from_elsewhere() {
    let program = Program::new();
    let begun = chunks(&[json!({"choices": [{"delta": {"content": "Well. "}}]})]).hang();
    let (server, session) = detached(&program, vec![begun]).await;
    asked(&server, 1).await;
    let cancelled = run(&program, &["attach", &session, "--cancel"]).await;
    assert!(cancelled.status.success(), "{}", String::from_utf8_lossy(&cancelled.stderr));
    let followed = run(&program, &["attach", &session, "--json"]).await;
    assert_eq!(followed.status.code(), Some(130), "{}", String::from_utf8_lossy(&followed.stdout));
    assert_eq!(events(&followed).last().unwrap()["stop"], "interrupted");
    let again = program.run(&["attach", &session, "--cancel"]);
    assert!(String::from_utf8_lossy(&again.stderr).contains("does not run any more"));
}
