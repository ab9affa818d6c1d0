//! A call that acts waits for the user's word, which comes over the API.

#![allow(clippy::unwrap_used)]

mod common;

use async_trait::async_trait;
use common::workspace::{Running, scripted, serve, serve_it, workspace};
use polymath_agent::Detached;
use polymath_agent::session::SessionStore;
use polymath_chat::{Consent, Event, Message, ToolOutput, ToolSpec};
use polymath_model::scripted::ScriptedEngine;
use polymath_tools::mcp::{Approval, Intent};
use polymath_tools::{CallCx, Registry, Tool, ToolError};
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Duration;
use tempfile::TempDir;

/// Asks as tools of MCP servers do.
struct Sell(ToolSpec);

#[async_trait]
impl Tool for Sell {
    fn spec(&self) -> &ToolSpec {
        &self.0
    }

    async fn call(&self, arguments: Value, cx: &CallCx) -> Result<ToolOutput, ToolError> {
        let intent = Intent { server: "till".into(), tool: "sell".into(), arguments };
        match cx.approve.as_ref().unwrap().ask(intent).await {
            Approval::Once | Approval::Always => Ok(ToolOutput::text("sold")),
            other => Err(ToolError::tell("denied", format!("{other:?}"))),
        }
    }
}

/// A server whose model calls the tool once and then answers; calls end after `limit`.
async fn selling(home: &TempDir, limit: Duration) -> (Running, String) {
    let engine = scripted(vec![ScriptedEngine::calling(&[("sell", json!({"n": 2}))]), Message::assistant("Done.")]);
    let mut workspace = workspace(engine.clone(), home.path());
    workspace.agent.settings.limits.time = limit;
    workspace.agent.tools = Registry::new([Arc::new(Sell(ToolSpec {
        name: "sell".into(),
        description: "Sells".into(),
        parameters: json!({"type": "object", "properties": {"n": {"type": "integer"}}}),
        raw_argument: None,
        stateful: true,
    })) as Arc<dyn Tool>]);
    let server = serve_it(engine, workspace, None).await;
    let id = server.ask("Sell two", None).await;
    while !server.json(&format!("/api/sessions/{id}")).await.to_string().contains("\"approval\"") {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    (server, id)
}

/// How the events of a run go on from what is asked: the answer, and the call's result.
async fn after(server: &Running, id: &str) -> (Value, Value) {
    let (events, _) = server.follow(id, 1, "").await;
    let of = |kind: &str| events.iter().map(|(_, event)| event).find(|event| event["type"] == kind).unwrap().clone();
    let asked = of("approval");
    assert_eq!(
        (&asked["server"], &asked["tool"], &asked["arguments"]),
        (&json!("till"), &json!("sell"), &json!({"n": 2}))
    );
    assert_eq!(of("approved")["id"], asked["id"]);
    (of("approved")["answer"].clone(), of("result")["content"].clone())
}

#[tokio::test]
async fn the_users_word_is_taken_once() {
    for (answer, content) in [("once", "sold"), ("always", "sold"), ("refused", "Error (denied): Refused")] {
        let home = TempDir::new().unwrap();
        let (server, id) = selling(&home, Duration::from_secs(60)).await;
        let path = format!("/api/sessions/{id}/runs/1/approve");
        let (status, body) = server.post(&path, json!({"id": "a7", "answer": answer})).await;
        assert!(status == 409 && body["error"]["code"] == "not_asked", "{body}");
        for wrong in [json!({}), json!({"id": "a1"}), json!({"id": "a1", "answer": "yes"})] {
            assert_eq!(server.post(&path, wrong).await.0, 400);
        }
        let (status, body) = server.post(&path, json!({"id": "a1", "answer": answer})).await;
        assert!(status == 202 && body["answered"] == true, "{body}");
        assert_eq!(after(&server, &id).await, (json!(answer), json!(content)));
        assert_eq!(server.post(&path, json!({"id": "a1", "answer": answer})).await.0, 409);
    }
}

#[tokio::test]
async fn nobodys_word_is_a_refusal() {
    let home = TempDir::new().unwrap();
    let (server, id) = selling(&home, Duration::from_secs(1)).await;
    assert_eq!(after(&server, &id).await, (json!("refused"), json!("Error (denied): Nobody")));
}

#[tokio::test]
async fn a_run_that_is_stopped_waits_for_no_word() {
    let home = TempDir::new().unwrap();
    let (server, id) = selling(&home, Duration::from_secs(60)).await;
    assert_eq!(server.post(&format!("/api/sessions/{id}/runs/1/cancel"), json!({})).await.0, 202);
    assert_eq!(after(&server, &id).await.0, json!("refused"));
}

#[cfg(unix)]
#[tokio::test]
async fn a_detached_run_is_answered_what_it_asks_and_nothing_else() {
    let home = TempDir::new().unwrap();
    let store = SessionStore::open(&home.path().join("sessions.db")).unwrap();
    let mut session = store.create_named("s", "Sell").unwrap();
    session.begin("Sell").unwrap();
    let run = || Detached::of(&home.path().join("runs"), "s");
    run().prepare().unwrap();
    let mut process = std::process::Command::new("sleep").arg("60").spawn().unwrap();
    run().began(process.id()).unwrap();
    let server = serve(scripted(vec![]), home.path(), None).await;
    let answer = json!({"id": "a1", "answer": "always"});
    let path = "/api/sessions/s/runs/1/approve";
    let (status, body) = server.post(path, answer.clone()).await;
    assert!(status == 409 && body["error"]["code"] == "not_asked", "before it is asked: {body}");
    let waiting = run().answers().answer("a1");
    let asked = Event::Approval { id: "a1".into(), server: "till".into(), tool: "sell".into(), arguments: json!({}) };
    session.append(1, &asked).unwrap();
    assert_eq!(server.post(path, answer.clone()).await.0, 202);
    assert_eq!(waiting.await, Consent::Always);
    session.append(1, &Event::Approved { id: "a1".into(), answer: Consent::Always }).unwrap();
    assert_eq!(server.post(path, answer).await.0, 409);
    process.kill().unwrap();
    process.wait().unwrap();
}
