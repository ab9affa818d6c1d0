//! The Responses API with built-in tools, which our agent runs.

#![allow(clippy::unwrap_used)]

mod common;

use common::workspace::{Running, scripted, serve_with, slow, survey};
use common::{Player, client};
use polymath_agent::session::SessionStore;
use polymath_chat::Message;
use polymath_model::scripted::ScriptedEngine;
use serde_json::{Value, json};
use std::sync::Arc;
use tempfile::TempDir;

async fn post(server: &Running, body: &Value) -> (u16, Value) {
    let response = client().post(format!("{}/v1/responses", server.base)).json(body).send().await.unwrap();
    (response.status().as_u16(), response.json().await.unwrap())
}

fn tools() -> Vec<Arc<dyn polymath_tools::Tool>> {
    ["browser_search", "browser_open", "python", "survey"].map(survey).into()
}

/// A search, a page and a program, and then the answer.
fn replies() -> Vec<Message> {
    let first = [("browser_search", json!({"query": "Sund"})), ("python", json!({"code": "print(1)"}))];
    vec![
        ScriptedEngine::calling(&first),
        ScriptedEngine::calling(&[("browser_open", json!({"target": "https://a.example/sund"}))]),
        Message::assistant("Šund is 14.2 m deep [1]."),
    ]
}

fn question() -> Value {
    let tools = json!([{"type": "web_search"}, {"type": "code_interpreter", "container": {"type": "auto"}}]);
    json!({"input": "How deep is Sund?", "tools": tools})
}

#[tokio::test]
async fn our_tools_are_run_and_told_as_items() {
    let home = TempDir::new().unwrap();
    let server = serve_with(scripted(replies()), home.path(), tools()).await;
    let (status, answer) = post(&server, &question()).await;
    assert_eq!((status, &answer["status"]), (200, &json!("completed")), "{answer}");
    let items = answer["output"].as_array().unwrap();
    let kinds: Vec<&str> = items.iter().map(|item| item["type"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["web_search_call", "code_interpreter_call", "web_search_call", "message"]);
    assert!(items.iter().all(|item| item["status"] == "completed"), "{items:?}");
    assert_eq!(items[0]["action"], json!({"type": "search", "query": "Sund"}));
    assert_eq!(items[1]["code"], "print(1)");
    assert_eq!(items[1]["outputs"], json!([{"type": "logs", "logs": "Sund: 14.2 m"}]));
    assert_eq!(items[2]["action"], json!({"type": "open_page", "url": "https://a.example/sund"}));
    let part = &items[3]["content"][0];
    assert_eq!(part["text"], "Šund is 14.2 m deep [1].");
    let cited = json!({"type": "url_citation", "start_index": 20, "end_index": 23, "url": "https://a.example/sund", "title": "Sund"});
    assert_eq!(part["annotations"], json!([cited]));
    assert!(answer["usage"]["output_tokens"].as_u64().is_some(), "{answer}");
}

#[tokio::test]
async fn only_the_tools_that_are_asked_for_are_there() {
    let home = TempDir::new().unwrap();
    let replies = vec![ScriptedEngine::calling(&[("survey", json!({}))]), Message::assistant("I cannot.")];
    let server = serve_with(scripted(replies), home.path(), tools()).await;
    let (_, answer) = post(&server, &json!({"input": "How deep?", "tools": [{"type": "web_search"}]})).await;
    assert_eq!(answer["output"].as_array().unwrap().len(), 1, "{answer}");
    let store = SessionStore::open(&home.path().join("sessions.db")).unwrap();
    let id = store.list().unwrap()[0].id.clone();
    let told = json!(store.export(&id).unwrap().events.iter().map(|e| &e.event).collect::<Vec<_>>()).to_string();
    assert!(told.contains("there is no tool `survey`; the tools are browser_open, browser_search"), "{told}");
}

#[tokio::test]
async fn the_stream_tells_each_step() {
    let home = TempDir::new().unwrap();
    let server = serve_with(scripted(replies()), home.path(), tools()).await;
    let mut request = question();
    request["stream"] = json!(true);
    let response = client().post(format!("{}/v1/responses", server.base)).json(&request).send().await.unwrap();
    let text = response.text().await.unwrap();
    let events: Vec<Value> =
        text.lines().filter_map(|l| l.strip_prefix("data: ")).map(|l| serde_json::from_str(l).unwrap()).collect();
    assert!(events.iter().enumerate().all(|(i, event)| event["sequence_number"] == i));
    let kinds: Vec<&str> =
        events.iter().map(|e| e["type"].as_str().unwrap().strip_prefix("response.").unwrap()).collect();
    let search = ["web_search_call.in_progress", "web_search_call.searching"];
    let code = [
        "code_interpreter_call.in_progress",
        "code_interpreter_call_code.delta",
        "code_interpreter_call_code.done",
        "code_interpreter_call.interpreting",
    ];
    let message = [
        "content_part.added",
        "output_text.delta",
        "output_text.annotation.added",
        "output_text.done",
        "content_part.done",
        "output_item.done",
        "completed",
    ];
    let (added, done) = (["output_item.added"], ["output_item.done"]);
    let (found, ran) = (["web_search_call.completed"], ["code_interpreter_call.completed"]);
    let order = [
        &["created", "in_progress"][..],
        &added,
        &search,
        &added,
        &code,
        &found,
        &done,
        &ran,
        &done,
        &added,
        &search,
        &found,
        &done,
        &added,
        &message,
    ];
    assert_eq!(kinds, order.concat());
    let items: Vec<&Value> =
        events.iter().filter(|e| e["type"] == "response.output_item.done").map(|e| &e["item"]).collect();
    assert_eq!(json!(items), events.last().unwrap()["response"]["output"]);
}

#[tokio::test]
async fn a_turn_goes_on_with_its_conversation() {
    let home = TempDir::new().unwrap();
    let engine = scripted(vec![Message::assistant("Two."), Message::assistant("Yes."), Message::assistant("Plain.")]);
    let server = serve_with(engine, home.path(), tools()).await;
    let (_, first) = post(&server, &question()).await;
    let mut next = question();
    (next["input"], next["previous_response_id"]) =
        (json!([{"role": "user", "content": "Sure?"}]), first["id"].clone());
    let (_, second) = post(&server, &next).await;
    assert_eq!(second["output"][0]["content"][0]["text"], "Yes.", "{second}");
    let store = SessionStore::open(&home.path().join("sessions.db")).unwrap();
    let sessions = store.list().unwrap();
    assert_eq!((sessions.len(), sessions[0].turns), (1, 2));
    // The two kinds of conversation do not go on from each other.
    let (status, answer) = post(&server, &json!({"input": "And?", "previous_response_id": first["id"]})).await;
    assert!(status == 400 && answer["error"]["message"].as_str().unwrap().contains("with built-in tools"), "{answer}");
    let (_, plain) = post(&server, &json!({"input": "Hello"})).await;
    next["previous_response_id"] = plain["id"].clone();
    let (status, answer) = post(&server, &next).await;
    assert!(
        status == 400 && answer["error"]["message"].as_str().unwrap().contains("without built-in tools"),
        "{answer}"
    );
}

#[tokio::test]
async fn a_client_that_goes_away_ends_its_turn() {
    let home = TempDir::new().unwrap();
    let (engine, _go) = slow();
    let server = serve_with(engine, home.path(), tools()).await;
    let mut request = question();
    request["stream"] = json!(true);
    let mut response = client().post(format!("{}/v1/responses", server.base)).json(&request).send().await.unwrap();
    response.chunk().await.unwrap().unwrap();
    drop(response);
    let store = SessionStore::open(&home.path().join("sessions.db")).unwrap();
    let id = store.list().unwrap()[0].id.clone();
    while store.resume(&id).is_err() {
        tokio::task::yield_now().await;
    }
    let last = json!(store.export(&id).unwrap().events.last().unwrap().event);
    assert_eq!((&last["type"], &last["stop"]), (&json!("done"), &json!("interrupted")));
}

#[tokio::test]
async fn what_does_not_go_together_is_told() {
    let home = TempDir::new().unwrap();
    let server = serve_with(scripted(vec![]), home.path(), vec![survey("python")]).await;
    let with = |field: &str, value: Value| {
        let mut body = json!({"input": "q", "tools": [{"type": "code_interpreter"}]});
        body[field] = value;
        body
    };
    let function = json!({"type": "function", "name": "f", "parameters": {}});
    let cases = [
        (with("instructions", json!("Rhyme.")), "instructions", "not supported together"),
        (with("max_output_tokens", json!(5)), "max_output_tokens", "not supported together"),
        (with("store", json!(false)), "store", "is kept"),
        (with("tool_choice", json!("required")), "tool_choice", "only be `auto`"),
        (with("text", json!({"format": {"type": "json_object"}})), "text.format", "only be text"),
        (with("tools", json!([{"type": "code_interpreter"}, function])), "tools[1].type", "cannot be mixed"),
        (with("tools", json!([{"type": "web_search", "filters": {}}])), "tools[0].filters", "not supported"),
        (with("tools", json!([{"type": "web_search"}])), "tools", "without the tool `browser_search`"),
        (with("input", json!([{"role": "system", "content": "x"}])), "input", "one question"),
        (with("previous_response_id", json!("resp_0")), "previous_response_id", "no response `resp_0`"),
    ];
    for (request, param, part) in cases {
        let (status, answer) = post(&server, &request).await;
        assert_eq!((status, &answer["error"]["param"]), (400, &json!(param)), "{answer}");
        assert!(answer["error"]["message"].as_str().unwrap().contains(part), "{answer}");
    }
    assert!(SessionStore::open(&home.path().join("sessions.db")).unwrap().list().unwrap().is_empty());
    // A server with a model alone has none of them.
    let alone = common::serve(Player::ending(vec![]), None).await;
    let response =
        client().post(format!("{}/v1/responses", alone.base)).json(&with("stream", json!(true))).send().await;
    assert_eq!(response.unwrap().status(), 404);
}
