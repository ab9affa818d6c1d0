//! Replies as they are written, in server-sent events.

#![allow(clippy::unwrap_used)]

mod common;

use common::{Play, Player, said, serve};
use polymath_chat::{Event, Message};
use polymath_model::engine::{EngineError, Reply, TokenLogprob};
use polymath_model::scripted::ScriptedEngine;
use serde_json::{Value, json};

fn text(delta: &str) -> Event {
    Event::Text { delta: delta.into() }
}

fn body() -> Value {
    json!({"messages": [{"role": "user", "content": "hi"}], "stream": true})
}

/// The chunks of a stream that ends as it must.
fn chunks(lines: &[String]) -> Vec<Value> {
    let (last, chunks) = lines.split_last().unwrap();
    assert_eq!(last, "[DONE]");
    chunks.iter().map(|l| serde_json::from_str(l).unwrap()).collect()
}

fn deltas<'a>(chunks: &'a [Value], field: &str) -> Vec<&'a str> {
    chunks.iter().filter_map(|c| c["choices"][0]["delta"][field].as_str()).collect()
}

#[tokio::test]
async fn text_comes_as_it_is_written() {
    let prefill = Event::Prefill { new_tokens: 7, cached_tokens: 5, ms: 1 };
    let think = Event::Reasoning { delta: "Greet.".into() };
    let message = Message { reasoning: Some("Greet.".into()), ..Message::assistant("Hello\nyou") };
    let play =
        Play { events: vec![prefill, think, text("Hello"), text("\nyou ")], end: Ok(Reply { message, ..said("") }) };
    let server = serve(Player::new(vec![play]), None).await;
    let mut body = body();
    body["stream_options"] = json!({"include_usage": true});
    let chunks = chunks(&server.stream(&body).await);
    assert_eq!(deltas(&chunks, "content"), ["", "Hello", "\nyou "]);
    assert_eq!(deltas(&chunks, "reasoning_content"), ["Greet."]);
    assert_eq!(deltas(&chunks, "role"), ["assistant"]);
    for chunk in &chunks {
        assert_eq!((&chunk["object"], &chunk["model"]), (&json!("chat.completion.chunk"), &json!("player")));
        assert_eq!((&chunk["id"], &chunk["created"]), (&chunks[0]["id"], &chunks[0]["created"]));
    }
    let (usage, chunks) = chunks.split_last().unwrap();
    assert_eq!(usage["choices"], json!([]));
    assert_eq!(usage["usage"]["total_tokens"], 15);
    assert_eq!(usage["usage"]["prompt_tokens_details"]["cached_tokens"], 5);
    let reasons: Vec<&Value> = chunks.iter().map(|c| &c["choices"][0]["finish_reason"]).collect();
    let (last, before) = reasons.split_last().unwrap();
    assert!(before.iter().all(|r| r.is_null()) && **last == "stop", "{reasons:?}");
    assert!(chunks.iter().all(|c| c.as_object().unwrap().contains_key("usage") && c["usage"].is_null()));
}

#[tokio::test]
async fn calls_come_when_they_are_whole() {
    let calls = [("weather", json!({"place": "Rome"})), ("clock", json!({}))];
    let mut message = ScriptedEngine::calling(&calls);
    message.content = "Let me look.".into();
    let play = Play { events: vec![text("Let me look.\n\n")], end: Ok(Reply { message, ..said("") }) };
    let server = serve(Player::new(vec![play]), None).await;
    let chunks = chunks(&server.stream(&body()).await);
    assert_eq!(deltas(&chunks, "content").concat(), "Let me look.\n\n");
    let calls: Vec<&Value> = chunks.iter().filter_map(|c| c["choices"][0]["delta"]["tool_calls"].get(0)).collect();
    assert_eq!((&calls[0]["index"], &calls[1]["index"]), (&json!(0), &json!(1)));
    assert_eq!(calls[0]["function"], json!({"name": "weather", "arguments": "{\"place\":\"Rome\"}"}));
    assert_eq!((&calls[1]["type"], calls.len()), (&json!("function"), 2));
    assert_eq!(chunks.last().unwrap()["choices"][0]["finish_reason"], "tool_calls");
    assert!(chunks.iter().all(|c| c.get("usage").is_none()), "usage comes only when asked for");
}

#[tokio::test]
async fn what_was_not_told_as_an_event_comes_at_the_end() {
    let constrained = Play { events: vec![], end: Ok(said("{\"n\":1}")) };
    let malformed = vec![("<tool_call>{".to_owned(), "it is no JSON".to_owned())];
    let logprobs = vec![TokenLogprob { bytes: b"ok".to_vec(), logprob: -0.5, top: vec![] }];
    let broken = Reply { malformed, logprobs, ..said("So:") };
    let server = serve(Player::new(vec![constrained, Play { events: vec![text("So:")], end: Ok(broken) }]), None).await;
    let first = chunks(&server.stream(&body()).await);
    assert_eq!(deltas(&first, "content").concat(), "{\"n\":1}");
    let second = chunks(&server.stream(&body()).await);
    assert_eq!(deltas(&second, "content").concat(), "So:\n<tool_call>{");
    let end = &second.last().unwrap()["choices"][0];
    assert_eq!((&end["finish_reason"], &end["logprobs"]["content"][0]["token"]), (&json!("stop"), &json!("ok")));
}

#[tokio::test]
async fn an_error_at_the_start_has_a_status_and_a_later_one_is_told_in_the_stream() {
    let at_once = Play { events: vec![], end: Err(EngineError::ContextFull { need: 9, have: 4 }) };
    let later = Play { events: vec![text("Once")], end: Err(EngineError::Failed("out of memory".into())) };
    let server = serve(Player::new(vec![at_once, later]), None).await;
    let (status, answer) = server.ask(&body()).await;
    assert_eq!((status, &answer["error"]["code"]), (400, &json!("context_length_exceeded")));
    let lines = server.stream(&body()).await;
    let last: Value = serde_json::from_str(lines.last().unwrap()).unwrap();
    assert_eq!((&last["error"]["message"], &last["error"]["type"]), (&json!("out of memory"), &json!("server_error")));
}
