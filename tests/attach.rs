//! `ask --detach` and `attach`: a run that goes on by itself, and who follows it.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used)]

#[path = "common/program.rs"]
mod program;
#[path = "../model/tests/replay/mod.rs"]
mod replay;

use program::Program;
use replay::{Answer, Server, chunks, text};
use serde_json::{Value, json};
use std::process::Output;

async fn run(program: &Program, args: &[&str]) -> Output {
    let mut command = program.command();
    command.args(args);
    tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap()
}

async fn detached(program: &Program, answers: Vec<Answer>) -> (Server, String) {
    let server = Server::start("vllm", answers).await;
    let model = format!("http://{}/v1#m", server.address);
    let output =
        run(program, &["ask", "What is 6 times 7?", "--detach", "--tools", "calculator", "--model", &model]).await;
    let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success() && stderr.contains("polymath attach "), "{stderr}");
    (server, String::from_utf8(output.stdout).unwrap().trim().to_owned())
}

fn events(output: &Output) -> Vec<Value> {
    String::from_utf8_lossy(&output.stdout).lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[tokio::test]
async fn two_follow_a_run_whose_starter_is_gone() {
    let program = Program::new();
    let function = json!({"name": "calculator", "arguments": "{\"expression\": \"6 * 7\"}"});
    let call = json!({"choices": [{"delta": {"tool_calls": [{"index": 0, "id": "a", "function": function}]},
                      "finish_reason": "tool_calls"}]});
    let (_server, session) = detached(&program, vec![chunks(&[call]), text("It is 42.")]).await;
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

#[tokio::test]
async fn a_run_takes_up_what_is_said_to_it_from_elsewhere() {
    let program = Program::new();
    let answers = vec![text("It is so.").held(), text("With more, then.")];
    let (server, session) = detached(&program, answers).await;
    while server.asked().is_empty() {
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
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
    while server.asked().is_empty() {
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    let cancelled = run(&program, &["attach", &session, "--cancel"]).await;
    assert!(cancelled.status.success(), "{}", String::from_utf8_lossy(&cancelled.stderr));
    let followed = run(&program, &["attach", &session, "--json"]).await;
    assert_eq!(followed.status.code(), Some(130), "{}", String::from_utf8_lossy(&followed.stdout));
    assert_eq!(events(&followed).last().unwrap()["stop"], "interrupted");
    let again = program.run(&["attach", &session, "--cancel"]);
    assert!(String::from_utf8_lossy(&again.stderr).contains("does not run any more"));
}
