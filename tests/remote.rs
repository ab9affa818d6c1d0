//! The program with a model behind an endpoint: a small server on this machine that answers from a
//! script.

#![allow(clippy::unwrap_used)]

#[path = "../model/tests/replay/mod.rs"]
mod replay;

use replay::{Answer, Server, chunks, text};
use serde_json::{Value, json};
use std::process::Output;
use tempfile::TempDir;
use tokio::process::Command;

/// Runs the program in a home of its own, with `--model` of that server.
async fn polymath(home: &TempDir, args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_polymath"))
        .args(args)
        .current_dir(home.path())
        .env("POLYMATH_HOME", home.path())
        .env("POLYMATH_API_KEY", "sk-very-secret")
        .env_remove("POLYMATH_MODEL")
        .stdin(std::process::Stdio::null())
        .output()
        .await
        .unwrap()
}

async fn ask(home: &TempDir, server: &Server, question: &str) -> (Option<i32>, String, String) {
    let model = format!("http://{}/v1#m", server.address);
    let args = [
        "ask",
        question,
        "--quiet",
        "--session",
        "s",
        "--tools",
        "calculator",
        "--today",
        "2031-05-09",
        "--model",
        &model,
    ];
    let output = polymath(home, &args).await;
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (output.status.code(), text(&output.stdout), text(&output.stderr))
}

#[tokio::test]
async fn a_model_behind_an_endpoint_calls_tools_and_answers() {
    let home = tempfile::tempdir().unwrap();
    let call = json!({"choices": [{"delta": {"tool_calls": [
        {"index": 0, "id": "a", "function": {"name": "calculator", "arguments": "{\"expression\": \"6 * 7\"}"}}]}, "finish_reason": "tool_calls"}]});
    let server = Server::start("vllm", vec![chunks(&[call]), text("It is 42.")]).await;
    let (status, stdout, stderr) = ask(&home, &server, "What is 6 times 7?").await;
    assert!(status == Some(0) && stdout.contains("It is 42."), "{stdout}{stderr}");
    assert!(server.asked()[0]["messages"][0].to_string().contains("Today is 2031-05-09"), "{:?}", server.asked());
    let result = server.asked()[1]["messages"].as_array().unwrap().last().unwrap().clone();
    assert_eq!(result["role"], "tool");
    assert!(result["content"].as_str().unwrap().contains("42"), "{result}");
}

#[tokio::test]
async fn a_server_that_dies_leaves_the_session_as_it_was() {
    let home = tempfile::tempdir().unwrap();
    let dying = chunks(&[json!({"choices": [{"delta": {"content": "Half an ans"}}]})]).cut();
    let server = Server::start("vllm", vec![text("Good evening."), dying, text("Whole again.")]).await;
    assert_eq!(ask(&home, &server, "Hello").await.0, Some(0));
    let (status, _, stderr) = ask(&home, &server, "And now?").await;
    assert_eq!(status, Some(1), "{stderr}");
    let lines: Vec<&str> = stderr.lines().filter(|l| l.starts_with("error:")).collect();
    assert!(lines.len() == 1 && lines[0].contains("in the middle of the answer"), "{stderr}");
    let shown = polymath(&home, &["sessions", "show", "s"]).await;
    assert!(shown.status.success() && String::from_utf8_lossy(&shown.stdout).contains("Good evening."));
    let (status, stdout, stderr) = ask(&home, &server, "Once more").await;
    assert!(status == Some(0) && stdout.contains("Whole again."), "{stderr}");
    // The half answer is no part of the conversation.
    let sent = server.asked()[2]["messages"].to_string();
    assert!(sent.contains("Good evening.") && !sent.contains("Half an ans"), "{sent}");
    // But its question is on record, and every answer stands under its own question.
    let shown = polymath(&home, &["sessions", "show", "s"]).await;
    let shown = String::from_utf8_lossy(&shown.stdout);
    let places = ["> Hello", "Good evening.", "> And now?", "> Once more", "Whole again."];
    let places = places.map(|text| shown.find(text).unwrap_or_else(|| panic!("no `{text}`: {shown}")));
    assert!(places.is_sorted(), "{shown}");
}

#[tokio::test]
async fn dialogues_are_held_and_checked() {
    let home = tempfile::tempdir().unwrap();
    let set = home.path().join("set");
    for folder in ["pages", "files"] {
        std::fs::create_dir_all(set.join(folder)).unwrap();
    }
    std::fs::write(set.join("pages/mill.md"), "# The mill\nIt is 12 m high.").unwrap();
    std::fs::write(set.join("files/n.csv"), "n\n1\n2\n").unwrap();
    let dialogues = [
        json!({"id": "a", "kind": "fact", "turns": [{"q": "What is 6 times 7?", "must": ["42"], "tools": ["calculator"]}, {"q": "And 5 times 7?", "must": ["35"]}]}),
        json!({"id": "b", "kind": "file", "turns": [{"q": "How many rows?", "files": ["n.csv"], "must": ["two"]}]}),
    ];
    std::fs::write(set.join("tasks.jsonl"), dialogues.map(|d| d.to_string()).join("\n")).unwrap();
    let call = json!({"choices": [{"delta": {"tool_calls": [
        {"index": 0, "id": "a", "function": {"name": "calculator", "arguments": "{\"expression\": \"6 * 7\"}"}}]}, "finish_reason": "tool_calls"}]});
    let server =
        Server::start("vllm", vec![chunks(&[call]), text("It is 42."), text("It is thirty-six."), text("Two rows.")])
            .await;
    let model = format!("http://{}/v1#m", server.address);
    let output = polymath(&home, &["model", "eval", &model, "--tasks", "set/tasks.jsonl", "--json"]).await;
    let stdout = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{stdout}{}", String::from_utf8_lossy(&output.stderr));
    let lines: Vec<Value> = stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let right: Vec<&Value> = lines.iter().filter(|l| l["type"] == "turn").map(|l| &l["right"]).collect();
    assert_eq!(right, [true, false, true], "{stdout}");
    assert_eq!((&lines[1]["why"], &lines[0]["calls"]), (&json!(["lacks 35"]), &json!(["calculator"])));
    let all = lines.last().unwrap();
    assert_eq!((&all["right"], &all["all"], &all["dialogues_right"]), (&json!(2), &json!(3), &json!(1)));
    // A dialogue goes on with what was said, and the next one knows nothing of it.
    let asked = server.asked();
    assert!(asked[2]["messages"].to_string().contains("6 times 7") && !asked[3]["messages"].to_string().contains("7"));
    // Nothing of it is kept.
    assert!(!home.path().join("index").exists() && !home.path().join("sessions.db").exists());
}

#[tokio::test]
async fn mistakes_get_one_clear_line() {
    let home = tempfile::tempdir().unwrap();
    let fails = async |model: &str, status: i32, says: &str| {
        let output = polymath(&home, &["ask", "x", "--quiet", "--model", model]).await;
        let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(status), "{model}: {stderr}");
        assert!(stderr.contains(says) && !stderr.contains("secret"), "{model}: {stderr}");
        assert_eq!(stderr.lines().count(), 1, "{model}: {stderr}");
    };
    fails("ftp://h/v1#m", 2, "only http and https").await;
    fails("http://me:secret@h/v1#m", 2, "POLYMATH_API_KEY").await;
    fails("http://h/v1#m,dialect=klingon", 2, "there is no dialect `klingon`").await;
    // Nobody listens where somebody just did.
    let gone = Server::start("x", vec![]).await;
    let address = gone.address;
    drop(gone);
    fails(&format!("http://{address}/v1#m"), 1, "cannot reach").await;
    let refusing = Server::start("x", vec![Answer::status(403, json!({"error": "sk-very-secret is not known"}))]).await;
    fails(&format!("http://{}/v1#m", refusing.address), 1, "POLYMATH_API_KEY").await;
}
