//! The Model Context Protocol over both of its roads, as rmcp's own client speaks it.

#![allow(clippy::unwrap_used)]

mod common;

use async_trait::async_trait;
use common::workspace::{Running, scripted, serve, serve_with, slow, workspace};
use polymath_agent::Caller;
use polymath_chat::{Message, ToolOutput, ToolSpec};
use polymath_model::engine::Engine;
use polymath_model::scripted::ScriptedEngine;
use polymath_server::{Offer, serve_stdio};
use polymath_tools::{CallCx, Tool, ToolError};
use rmcp::handler::client::ClientHandler;
use rmcp::model::{
    ArgumentInfo, CallToolRequest, CallToolRequestParams, CallToolResult, ClientRequest, CompleteRequestParams,
    CompletionContext, ErrorCode, GetPromptRequestParams, ProgressNotificationParam, ReadResourceRequestParams,
    Reference, ResourceContents,
};
use rmcp::service::{NotificationContext, PeerRequestOptions, RoleClient, RunningService, ServiceError, ServiceExt};
use rmcp::transport::StreamableHttpClientTransport;
use rmcp::transport::streamable_http_client::StreamableHttpClientTransportConfig;
use serde_json::{Value, json};
use std::path::Path;
use std::sync::{Arc, Mutex};
use tempfile::TempDir;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

/// A client that hands on what it is told of progress.
struct Told(UnboundedSender<String>);

impl ClientHandler for Told {
    async fn on_progress(&self, progress: ProgressNotificationParam, _: NotificationContext<RoleClient>) {
        let _ = self.0.send(progress.message.unwrap_or_default());
    }
}

type Client = RunningService<RoleClient, Told>;

async fn over_http(server: &Running) -> (Client, UnboundedReceiver<String>) {
    let (told, progress) = unbounded_channel();
    let config = StreamableHttpClientTransportConfig::with_uri(format!("{}/mcp", server.base));
    let transport = StreamableHttpClientTransport::with_client(common::client(), config);
    (Told(told).serve(transport).await.unwrap(), progress)
}

/// A client on a pipe, with the server's end.
async fn over_a_pipe(
    engine: Arc<dyn Engine>,
    home: &Path,
) -> (Client, UnboundedReceiver<String>, JoinHandle<Result<(), String>>) {
    let workspace = workspace(engine.clone(), home);
    let (store, folder) = (workspace.store.clone(), home.to_owned());
    let stop = CancellationToken::new();
    let caller = Caller::new(workspace.agent.tools, home.join("artifacts/mcp"));
    let load = move || {
        let workspace = common::workspace::workspace(engine.clone(), &folder);
        Box::pin(async move { Ok(workspace) }) as futures::future::BoxFuture<'static, _>
    };
    let offer = Offer::later(caller, store, load, stop.clone());
    let (own, theirs) = tokio::io::duplex(1 << 16);
    let serving = tokio::spawn(serve_stdio(offer, tokio::io::split(theirs), stop));
    let (told, progress) = unbounded_channel();
    (Told(told).serve(tokio::io::split(own)).await.unwrap(), progress, serving)
}

fn request(name: &'static str, arguments: Value) -> CallToolRequestParams {
    CallToolRequestParams::new(name).with_arguments(arguments.as_object().unwrap().clone())
}

/// What a result says, as its reader reads it.
fn text(result: &CallToolResult) -> String {
    result.content.iter().filter_map(|block| Some(block.as_text()?.text.clone())).collect::<Vec<_>>().join("\n")
}

/// What holds over either road. The model's replies are two: a call of `survey`, and the answer.
async fn contract(client: &Client, progress: &mut UnboundedReceiver<String>) {
    let names: Vec<String> =
        client.list_all_tools().await.unwrap().into_iter().map(|tool| tool.name.into_owned()).collect();
    assert_eq!(names, ["calculator", "survey", "ask"]);

    let sum = client.call_tool(request("calculator", json!({"expression": "17.5 * 3"}))).await.unwrap();
    assert_eq!((sum.is_error, text(&sum)), (Some(false), "52.5".to_owned()));

    let wrong = client.call_tool(request("calculator", json!({"expresion": "1"}))).await.unwrap();
    assert!(wrong.is_error == Some(true) && text(&wrong).contains("expression (string, required)"), "{wrong:?}");
    let wrong = client.call_tool(request("ask", json!({"question": ""}))).await.unwrap();
    assert!(wrong.is_error == Some(true) && text(&wrong).contains("question"), "{wrong:?}");

    let unknown = client.call_tool(request("calculater", json!({}))).await.unwrap_err();
    let ServiceError::McpError(error) = unknown else { panic!("{unknown}") };
    assert_eq!(error.code, ErrorCode::INVALID_PARAMS);
    assert!(error.message.contains("`calculater`; the tools are calculator, survey, ask"), "{error}");

    let answer = client.call_tool(request("ask", json!({"question": "How deep is Sund?"}))).await.unwrap();
    let said = text(&answer);
    assert!(said.starts_with("Sund is 14.2 m deep [1].\n[1] Sund https://a.example/sund\n(session "), "{said}");
    let structured = answer.structured_content.clone().unwrap();
    assert_eq!((&structured["stop"], &structured["turn"]), (&json!("answer"), &json!(1)));
    assert_eq!(structured["figures"][0]["status"], "sourced");
    assert_eq!(structured["citations"][0]["url"], "https://a.example/sund");
    progress.close();
    let mut told = Vec::new();
    while let Some(line) = progress.recv().await {
        told.push(line);
    }
    assert_eq!(told[..2], ["step 1", "survey {}"], "{told:?}");
    assert!(told[2].starts_with("done after ") && told[3] == "step 2", "{told:?}");

    resources(client, structured["session"].as_str().unwrap()).await;
    completions(client, structured["session"].as_str().unwrap()).await;
}

/// What a client is offered for an argument while `typed` stands there.
async fn offered(client: &Client, of: Reference, name: &str, typed: &str, session: Option<&str>) -> Vec<String> {
    let mut request = CompleteRequestParams::new(of, ArgumentInfo::new(name, typed));
    if let Some(session) = session {
        let given = [("session".to_owned(), session.to_owned())].into();
        request = request.with_context(CompletionContext::with_arguments(given));
    }
    client.complete(request).await.unwrap().completion.values
}

async fn completions(client: &Client, session: &str) {
    let of = |rest: &str| Reference::for_resource(format!("polymath://sessions/{{session}}/{rest}"));
    assert_eq!(offered(client, of("pages/{n}"), "session", &session[..3], None).await, [session]);
    assert_eq!(offered(client, of("pages/{n}"), "session", "no such", None).await, [""; 0]);
    assert_eq!(offered(client, of("pages/{n}"), "n", "", Some(session)).await, ["1"]);
    assert_eq!(offered(client, of("artifacts/{name}"), "name", "m", Some(session)).await, ["map.svg"]);
    assert_eq!(offered(client, of("artifacts/{name}"), "name", "", None).await, [""; 0], "of no conversation");
    assert_eq!(offered(client, Reference::for_prompt("research"), "question", "Why", None).await, [""; 0]);
    for (of, name) in [
        (Reference::for_prompt("nothing"), "question"),
        (Reference::for_prompt("research"), "nothing"),
        (of("pages/{n}"), "name"),
        (of("nothing/{n}"), "n"),
    ] {
        let request = CompleteRequestParams::new(of, ArgumentInfo::new(name, ""));
        let error = client.complete(request).await.unwrap_err();
        let ServiceError::McpError(error) = error else { panic!("{error}") };
        assert_eq!(error.code, ErrorCode::INVALID_PARAMS, "{error}");
    }
}

async fn read(client: &Client, uri: &str) -> String {
    let result = client.read_resource(ReadResourceRequestParams::new(uri)).await.unwrap();
    match &result.contents[0] {
        ResourceContents::TextResourceContents { text, .. } => text.clone(),
        other => panic!("{other:?}"),
    }
}

async fn resources(client: &Client, session: &str) {
    let listed: Vec<String> = client.list_all_resources().await.unwrap().into_iter().map(|r| r.uri.clone()).collect();
    let of = |rest: &str| format!("polymath://sessions/{session}/{rest}");
    assert_eq!(listed, [of("pages/1"), of("artifacts/map.svg"), of("artifacts/notes.html")]);
    assert_eq!(read(client, &listed[0]).await, "Sund\nhttps://a.example/sund\n\nIt is 14.2 m deep.");
    assert_eq!(read(client, &listed[1]).await, "<svg/>");
    let missing = [
        "polymath://sessions/none/pages/1",
        &of("pages/2"),
        &of("pages/0"),
        &of("tables/t1"),
        &of("artifacts/..%2Fsessions.db"),
        "polymath://files/map.svg",
        "file:///etc/passwd",
    ];
    for uri in missing {
        let error = client.read_resource(ReadResourceRequestParams::new(uri)).await.unwrap_err();
        assert!(
            matches!(&error, ServiceError::McpError(e) if e.code == ErrorCode::RESOURCE_NOT_FOUND),
            "{uri}: {error}"
        );
    }
}

fn surveying() -> Arc<dyn Engine> {
    scripted(vec![ScriptedEngine::calling(&[("survey", json!({}))]), Message::assistant("Sund is 14.2 m deep [1].")])
}

#[tokio::test]
async fn tools_and_turns_over_http() {
    let home = TempDir::new().unwrap();
    let server = serve(surveying(), home.path(), None).await;
    let (client, mut progress) = over_http(&server).await;
    contract(&client, &mut progress).await;
    client.cancel().await.unwrap();
}

#[tokio::test]
async fn tools_and_turns_over_a_pipe() {
    let home = TempDir::new().unwrap();
    let (client, mut progress, serving) = over_a_pipe(surveying(), home.path()).await;
    contract(&client, &mut progress).await;
    client.cancel().await.unwrap();
    assert_eq!(serving.await.unwrap(), Ok(()), "it ends when its client has left");
}

#[tokio::test]
async fn a_cancelled_question_ends_its_turn() {
    let home = TempDir::new().unwrap();
    let (engine, _go) = slow();
    let (client, mut progress, _serving) = over_a_pipe(engine, home.path()).await;
    let ask = CallToolRequest::new(request("ask", json!({"question": "Well?"})));
    let options = PeerRequestOptions::no_options();
    let asked = client.send_cancellable_request(ClientRequest::CallToolRequest(ask), options).await.unwrap();
    assert_eq!(progress.recv().await.as_deref(), Some("step 1"));
    asked.cancel(None).await.unwrap();
    // The conversation is free again: its turn is over, and kept.
    let store = polymath_agent::session::SessionStore::open(&home.path().join("sessions.db")).unwrap();
    let id = store.list().unwrap()[0].id.clone();
    loop {
        match store.resume(&id) {
            Ok(_) => break,
            Err(_) => tokio::task::yield_now().await,
        }
    }
    let events = store.export(&id).unwrap().events;
    let stopped = json!(events.last().unwrap().event);
    assert_eq!((&stopped["type"], &stopped["stop"]), (&json!("done"), &json!("interrupted")), "{events:?}");
    // And the connection is as good as before.
    let sum = client.call_tool(request("calculator", json!({"expression": "2 + 2"}))).await.unwrap();
    assert_eq!(text(&sum), "4");
}

#[tokio::test]
async fn a_conversation_goes_on_over_another_connection() {
    let home = TempDir::new().unwrap();
    let replies = vec![Message::assistant("Two."), Message::assistant("Yes.")];
    let server = serve(scripted(replies), home.path(), None).await;
    let (first, _) = over_http(&server).await;
    let answer = first.call_tool(request("ask", json!({"question": "How many?"}))).await.unwrap();
    let session = answer.structured_content.unwrap()["session"].clone();
    let (second, _) = over_http(&server).await;
    let again = json!({"question": "Sure?", "session": session});
    let answer = second.call_tool(request("ask", again)).await.unwrap().structured_content.unwrap();
    assert_eq!((&answer["answer"], &answer["turn"], &answer["session"]), (&json!("Yes."), &json!(2), &session));
    let none = second.call_tool(request("ask", json!({"question": "?", "session": "none"}))).await.unwrap();
    assert!(none.is_error == Some(true) && text(&none).contains("unknown_session"), "{none:?}");
}

#[tokio::test]
async fn files_of_calls_are_resources_of_their_connection() {
    let home = TempDir::new().unwrap();
    let server = serve(scripted(vec![]), home.path(), None).await;
    let (client, _) = over_http(&server).await;
    let made = client.call_tool(request("survey", json!({}))).await.unwrap();
    let link = made.content.iter().find_map(|block| block.as_resource_link()).unwrap();
    assert_eq!((link.uri.as_str(), link.mime_type.as_deref()), ("polymath://files/map.svg", Some("image/svg+xml")));
    assert_eq!(read(&client, &link.uri).await, "<svg/>");
    assert_eq!(client.list_all_resources().await.unwrap().len(), 2);
    let (other, _) = over_http(&server).await;
    assert!(other.read_resource(ReadResourceRequestParams::new("polymath://files/map.svg")).await.is_err());
}

/// Keeps which sessions were ended.
struct Ended(ToolSpec, Arc<Mutex<Vec<String>>>);

#[async_trait]
impl Tool for Ended {
    fn spec(&self) -> &ToolSpec {
        &self.0
    }

    async fn call(&self, _: Value, cx: &CallCx) -> Result<ToolOutput, ToolError> {
        Ok(ToolOutput::text(cx.session.clone()))
    }

    async fn end(&self, session: &str) {
        self.1.lock().unwrap().push(session.to_owned());
    }
}

/// Each connection is a session of the tools, which ends with it.
#[tokio::test]
async fn what_a_connection_left_goes_with_it() {
    let home = TempDir::new().unwrap();
    let (parameters, ended) = (json!({"type": "object", "properties": {}}), Arc::new(Mutex::new(Vec::new())));
    let spec = ToolSpec { name: "t".into(), description: "T".into(), parameters, raw_argument: None, stateful: true };
    let server = serve_with(scripted(vec![]), home.path(), vec![Arc::new(Ended(spec, ended.clone()))]).await;
    let (first, _) = over_http(&server).await;
    let (second, _) = over_http(&server).await;
    let mut sessions = Vec::new();
    for client in [&first, &first, &second] {
        sessions.push(text(&client.call_tool(request("t", json!({}))).await.unwrap()));
    }
    assert!(sessions[0] == sessions[1] && sessions[1] != sessions[2], "{sessions:?}");
    first.cancel().await.unwrap();
    while ended.lock().unwrap().is_empty() {
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    }
    assert_eq!(*ended.lock().unwrap(), sessions[..1]);
}

#[tokio::test]
async fn prompts_are_filled_in() {
    let home = TempDir::new().unwrap();
    let (client, _, _serving) = over_a_pipe(scripted(vec![]), home.path()).await;
    let names: Vec<String> = client.list_all_prompts().await.unwrap().into_iter().map(|p| p.name).collect();
    assert_eq!(names, ["research", "check"]);
    let given = json!({"question": "Who built {} mills?"}).as_object().unwrap().clone();
    let prompt = client.get_prompt(GetPromptRequestParams::new("research").with_arguments(given)).await.unwrap();
    let said = json!(prompt.messages[0]);
    assert!(said["content"]["text"].as_str().unwrap().contains("tools: Who built {} mills?\n"), "{said}");
    for (name, part) in [("research", "needs `question`"), ("sing", "the prompts are research, check")] {
        let error = client.get_prompt(GetPromptRequestParams::new(name)).await.unwrap_err();
        assert!(error.to_string().contains(part), "{error}");
    }
}

/// The guard stands before this path as before all others.
#[tokio::test]
async fn strangers_are_kept_out() {
    let home = TempDir::new().unwrap();
    let server = serve(scripted(vec![]), home.path(), None).await;
    let hello = json!({"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": {
        "protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": {"name": "t", "version": "1"},
    }});
    let post = |server: &Running| {
        let to = common::client().post(format!("{}/mcp", server.base)).json(&hello);
        to.header("accept", "application/json, text/event-stream")
    };
    assert_eq!(post(&server).send().await.unwrap().status(), 200);
    for (name, value) in [("origin", "https://evil.example"), ("host", "evil.example")] {
        assert_eq!(post(&server).header(name, value).send().await.unwrap().status(), 403, "{name}");
    }
    let token = "a-token-of-some-length-0123456789";
    let other = TempDir::new().unwrap();
    let server = serve(scripted(vec![]), other.path(), Some(token)).await;
    assert_eq!(post(&server).send().await.unwrap().status(), 401);
    assert_eq!(post(&server).bearer_auth(token).send().await.unwrap().status(), 200);
}
