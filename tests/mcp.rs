//! `polymath mcp` as the programs that start it meet it: a child process that speaks the Model Context
//! Protocol on its standard input and output.

#![allow(clippy::unwrap_used)]

#[path = "common/program.rs"]
mod program;
#[path = "../model/tests/replay/mod.rs"]
mod replay;

use program::Program;
use replay::{Answer, Server, chunks, text};
use rmcp::handler::client::ClientHandler;
use rmcp::model::{
    CallToolRequest, CallToolRequestParams, CallToolResult, ClientRequest, ErrorCode, ProgressNotificationParam,
};
use rmcp::service::{NotificationContext, PeerRequestOptions, RoleClient, RunningService, ServiceError, ServiceExt};
use serde_json::{Value, json};
use std::process::Stdio;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::process::{Child, Command};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

/// `polymath mcp` over a model behind an endpoint that gives these answers.
async fn start(program: &Program, answers: Vec<Answer>) -> (Server, Child) {
    let server = Server::start("vllm", answers).await;
    let mut command = Command::from(program.command());
    command
        .args(["mcp", "--tools", "calculator,python", "--model", &format!("http://{}/v1#m", server.address)])
        // What libraries have to say is not for the client.
        .env("RUST_LOG", "debug")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .kill_on_drop(true);
    let child = command.spawn().unwrap();
    (server, child)
}

/// The model calls the calculator and then answers.
fn answers() -> Vec<Answer> {
    let function = json!({"name": "calculator", "arguments": "{\"expression\": \"6 * 7\"}"});
    let call = json!({"choices": [{"delta": {"tool_calls": [{"index": 0, "id": "a", "function": function}]},
                      "finish_reason": "tool_calls"}]});
    vec![chunks(&[call]), text("It is 42.")]
}

struct Told(UnboundedSender<String>);

impl ClientHandler for Told {
    async fn on_progress(&self, progress: ProgressNotificationParam, _: NotificationContext<RoleClient>) {
        let _ = self.0.send(progress.message.unwrap_or_default());
    }
}

async fn connect(child: &mut Child) -> (RunningService<RoleClient, Told>, UnboundedReceiver<String>) {
    let (told, progress) = unbounded_channel();
    let pipes = (child.stdout.take().unwrap(), child.stdin.take().unwrap());
    (Told(told).serve(pipes).await.unwrap(), progress)
}

fn request(name: &'static str, arguments: Value) -> CallToolRequestParams {
    CallToolRequestParams::new(name).with_arguments(arguments.as_object().unwrap().clone())
}

fn said(result: &CallToolResult) -> String {
    result.content.iter().filter_map(|block| Some(block.as_text()?.text.clone())).collect()
}

#[tokio::test]
async fn a_client_calls_tools_and_asks() {
    let program = Program::new();
    let (_server, mut child) = start(&program, answers()).await;
    let (client, mut progress) = connect(&mut child).await;
    let names: Vec<String> = client.list_all_tools().await.unwrap().into_iter().map(|t| t.name.into_owned()).collect();
    assert_eq!(names, ["calculator", "python", "ask"]);
    let sum = client.call_tool(request("calculator", json!({"expression": "2 ^ 10"}))).await.unwrap();
    assert_eq!((sum.is_error, said(&sum)), (Some(false), "1024".to_owned()));
    let wrong = client.call_tool(request("calculator", json!({"expression": 3}))).await.unwrap();
    assert!(wrong.is_error == Some(true) && said(&wrong).contains("expression"), "{wrong:?}");
    let unknown = client.call_tool(request("hammer", json!({}))).await.unwrap_err();
    assert!(matches!(&unknown, ServiceError::McpError(e) if e.code == ErrorCode::INVALID_PARAMS), "{unknown}");

    let answer = client.call_tool(request("ask", json!({"question": "What is 6 times 7?"}))).await.unwrap();
    assert!(said(&answer).starts_with("It is 42."), "{answer:?}");
    let structured = answer.structured_content.unwrap();
    assert_eq!((&structured["figures"][0]["text"], &structured["stop"]), (&json!("42"), &json!("answer")));
    assert_eq!(progress.recv().await.as_deref(), Some("step 1"));
    assert_eq!(progress.recv().await.as_deref(), Some(r#"calculator {"expression":"6 * 7"}"#));

    client.cancel().await.unwrap();
    assert_eq!(child.wait().await.unwrap().code(), Some(0), "it ends with its client");
    // What was asked is a conversation like any other.
    let shown = program.run(&["sessions", "show", structured["session"].as_str().unwrap()]);
    assert!(String::from_utf8_lossy(&shown.stdout).contains("It is 42."), "{shown:?}");
}

#[tokio::test]
async fn calls_of_a_connection_share_the_interpreter() {
    let program = Program::new();
    let (_server, mut child) = start(&program, vec![]).await;
    let (client, _) = connect(&mut child).await;
    for (code, printed) in [("x = 41", ""), ("print(x + 1)", "42")] {
        let result = client.call_tool(request("python", json!({"code": code}))).await.unwrap();
        assert!(result.is_error == Some(false) && said(&result).contains(printed), "{result:?}");
    }
    client.cancel().await.unwrap();
}

#[tokio::test]
async fn a_cancelled_question_takes_its_reply_with_it() {
    let program = Program::new();
    let begun = chunks(&[json!({"choices": [{"delta": {"content": "Well. "}}]})]).hang();
    let (server, mut child) = start(&program, vec![begun]).await;
    let (client, mut progress) = connect(&mut child).await;
    let ask = CallToolRequest::new(request("ask", json!({"question": "Well?"})));
    let options = PeerRequestOptions::no_options();
    let asked = client.send_cancellable_request(ClientRequest::CallToolRequest(ask), options).await.unwrap();
    assert_eq!(progress.recv().await.as_deref(), Some("step 1"));
    while server.asked().is_empty() {
        tokio::task::yield_now().await;
    }
    asked.cancel(None).await.unwrap();
    client.cancel().await.unwrap();
    assert_eq!(child.wait().await.unwrap().code(), Some(0));
    let listed = program.run(&["sessions", "list"]);
    let id = String::from_utf8_lossy(&listed.stdout).split_whitespace().next().unwrap_or_default().to_owned();
    let kept = program.run(&["sessions", "export", &id, "--format", "json"]);
    assert!(String::from_utf8_lossy(&kept.stdout).contains("interrupted"), "{kept:?}");
}

#[tokio::test]
#[cfg(unix)]
async fn a_client_may_end_it_by_a_signal() {
    for (signal, status) in [("-TERM", 0), ("-INT", 130)] {
        let program = Program::new();
        let (_server, mut child) = start(&program, vec![]).await;
        let (client, _) = connect(&mut child).await;
        let sent = std::process::Command::new("kill").args([signal, &child.id().unwrap().to_string()]).status();
        assert!(sent.unwrap().success());
        assert_eq!(child.wait().await.unwrap().code(), Some(status), "{signal}");
        drop(client);
    }
}

/// Each line is a message, whatever the process and its workers have to say.
#[tokio::test]
async fn standard_output_has_nothing_but_the_protocol() {
    let program = Program::new();
    let (_server, mut child) = start(&program, answers()).await;
    let hello =
        json!({"protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": {"name": "t", "version": "1"}});
    let call = |id: u32, name: &str, arguments: Value| json!({"jsonrpc": "2.0", "id": id, "method": "tools/call", "params": {"name": name, "arguments": arguments}});
    let lines = [
        json!({"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": hello}),
        json!({"jsonrpc": "2.0", "method": "notifications/initialized"}),
        call(2, "python", json!({"code": "import os\nprint('loud')\nos.system('echo louder')"})),
        call(3, "ask", json!({"question": "What is 6 times 7?"})),
    ];
    let mut input = child.stdin.take().unwrap();
    for line in &lines {
        input.write_all(format!("{line}\n").as_bytes()).await.unwrap();
    }
    let mut output = child.stdout.take().unwrap();
    let (mut read, mut buffer) = (Vec::new(), [0; 4096]);
    while read.iter().filter(|b| **b == b'\n').count() < 3 {
        let count = output.read(&mut buffer).await.unwrap();
        assert!(count > 0, "it ended: {}", String::from_utf8_lossy(&read));
        read.extend_from_slice(&buffer[..count]);
    }
    drop(input);
    output.read_to_end(&mut read).await.unwrap();
    let messages: Vec<Value> =
        String::from_utf8(read).unwrap().lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let mut ids: Vec<&Value> = messages.iter().map(|message| &message["id"]).collect();
    ids.sort_by_key(|id| id.as_u64());
    assert_eq!(ids, [&json!(1), &json!(2), &json!(3)]);
    assert!(messages.iter().all(|message| message["jsonrpc"] == "2.0" && message["error"].is_null()), "{messages:?}");
}
