//! Anthropic's Messages API: what goes to the engine, what comes back, and the order of a stream's events.

#![allow(clippy::unwrap_used)]

mod common;

use common::workspace::scripted;
use common::{Play, Player, Running, client, said, serve};
use polymath_chat::{Constraint, Event, Message, ToolCall};
use polymath_model::engine::{EngineError, Reply, ReplyStop, ToolChoice};
use polymath_model::scripted::ScriptedEngine;
use serde_json::{Value, json};

async fn post(server: &Running, body: &Value) -> (u16, Value) {
    let response = client().post(format!("{}/v1/messages", server.base)).json(body).send().await.unwrap();
    (response.status().as_u16(), response.json().await.unwrap())
}

/// The events of a stream: each name is its data's `type`.
async fn stream(server: &Running, body: &Value) -> Vec<Value> {
    let response = client().post(format!("{}/v1/messages", server.base)).json(body).send().await.unwrap();
    assert_eq!(response.headers()["content-type"], "text/event-stream");
    let text = response.text().await.unwrap();
    let event = |message: &str| {
        let field = |name: &str| message.lines().find_map(|l| l.strip_prefix(name)).unwrap().trim().to_owned();
        let data: Value = serde_json::from_str(&field("data:")).unwrap();
        assert_eq!(data["type"], json!(field("event:")));
        data
    };
    text.split("\n\n").filter(|m| m.contains("data:")).map(event).collect()
}

fn types(events: &[Value]) -> Vec<&str> {
    events.iter().map(|event| event["type"].as_str().unwrap()).collect()
}

fn weather() -> Value {
    json!({"name": "weather", "description": "The weather of a place", "input_schema":
        {"type": "object", "properties": {"place": {"type": "string"}}, "required": ["place"]}})
}

fn body() -> Value {
    json!({"model": "player", "max_tokens": 50, "messages": [{"role": "user", "content": "hi"}]})
}

fn with(field: &str, value: Value) -> Value {
    let mut body = body();
    body[field] = value;
    body
}

#[tokio::test]
async fn a_reply_has_anthropics_shape() {
    let message = Message { reasoning: Some("Rain?".into()), ..Message::assistant("It rains.") };
    let server = serve(Player::ending(vec![Ok(Reply { message, ..said("") })]), None).await;
    let (status, mut answer) = post(&server, &body()).await;
    assert_eq!(status, 200);
    assert!(answer["id"].take().as_str().unwrap().starts_with("msg_"));
    let want = json!({
        "id": null,
        "type": "message",
        "role": "assistant",
        "model": "player",
        "content": [{"type": "thinking", "thinking": "Rain?", "signature": ""}, {"type": "text", "text": "It rains."}],
        "stop_reason": "end_turn",
        "stop_sequence": null,
        "usage": {"input_tokens": 7, "cache_creation_input_tokens": 0, "cache_read_input_tokens": 5, "output_tokens": 3},
    });
    assert_eq!(answer, want);
}

#[tokio::test]
async fn calls_go_to_the_client_and_its_results_come_back() {
    let calls = [("weather", json!({"place": "Łódź"})), ("weather", json!({"place": "Rome"}))];
    // The scripted engine refuses results without calls and calls without results.
    let engine = scripted(vec![ScriptedEngine::calling(&calls), Message::assistant("Rain, then sun.")]);
    let server = serve(engine, None).await;
    let mut body = json!({"model": "scripted", "max_tokens": 50, "tools": [weather()],
                          "messages": [{"role": "user", "content": [{"type": "text", "text": "And the weather?"}]}]});
    let (_, first) = post(&server, &body).await;
    assert_eq!(first["stop_reason"], "tool_use");
    let blocks = first["content"].as_array().unwrap().clone();
    assert_eq!((&blocks[0]["name"], &blocks[0]["input"]), (&json!("weather"), &json!({"place": "Łódź"})));
    let messages = body["messages"].as_array_mut().unwrap();
    messages.push(json!({"role": "assistant", "content": blocks}));
    // In the other order, and with a word of the user's behind them.
    messages.push(json!({"role": "user", "content": [
        {"type": "tool_result", "tool_use_id": blocks[1]["id"], "content": [{"type": "text", "text": "sun"}]},
        {"type": "tool_result", "tool_use_id": blocks[0]["id"], "content": "no such place", "is_error": true},
        {"type": "text", "text": "In short."},
    ]}));
    let (status, second) = post(&server, &body).await;
    assert_eq!((status, &second["content"][0]["text"]), (200, &json!("Rain, then sun.")), "{second}");
}

#[tokio::test]
async fn everything_that_is_asked_for_reaches_the_engine() {
    let engine = Player::ending(vec![Ok(said("Yes."))]);
    let server = serve(engine.clone(), None).await;
    let request = json!({
        "model": "default",
        "system": [{"type": "text", "text": "Be brief.", "cache_control": {"type": "ephemeral"}}, {"type": "text", "text": "Rhyme."}],
        "messages": [
            {"role": "user", "content": "One."},
            {"role": "user", "content": "Two."},
            {"role": "assistant", "content": [
                {"type": "thinking", "thinking": "Hm.", "signature": ""},
                {"type": "text", "text": "Let me look."},
                {"type": "tool_use", "id": "a", "name": "weather", "input": {"place": "Rome"}},
            ]},
            {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "a"}]},
        ],
        "max_tokens": 9,
        "stop_sequences": ["END"],
        "temperature": 0.5,
        "top_p": 0.9,
        "top_k": 7,
        "tools": [weather(), {"name": "clock", "input_schema": {"type": "object"}}],
        "tool_choice": {"type": "any", "disable_parallel_tool_use": true},
        "metadata": {"user_id": "u"},
        "thinking": {"type": "disabled"},
    });
    assert_eq!(post(&server, &request).await.0, 200);
    let asked = engine.asked().remove(0);
    let call = ToolCall { id: "a".into(), name: "weather".into(), arguments: json!({"place": "Rome"}) };
    let said =
        Message { reasoning: Some("Hm.".into()), calls: vec![call.clone()], ..Message::assistant("Let me look.") };
    let system = Message::system("Be brief.\nRhyme.");
    assert_eq!(asked.messages, [system, Message::user("One.\nTwo."), said, Message::tool(&call, "")]);
    assert_eq!(asked.tools.iter().map(|t| t.name.as_str()).collect::<Vec<_>>(), ["clock", "weather"]);
    let rules = &asked.rules;
    assert_eq!((&rules.tool_choice, rules.parallel_calls), (&ToolChoice::Required, false));
    assert_eq!((rules.max_tokens, &rules.stop), (9, &vec!["END".to_owned()]));
    assert_eq!((asked.sampling.temperature, asked.sampling.top_p, asked.sampling.top_k), (0.5, 0.9, 7));
}

#[tokio::test]
async fn an_outputs_schema_is_held() {
    let engine = Player::ending(vec![Ok(said("{}")), Ok(said("{}"))]);
    let server = serve(engine.clone(), None).await;
    let format = json!({"type": "json_schema", "schema": {"type": "object"}});
    assert_eq!(post(&server, &with("output_config", json!({"format": format}))).await.0, 200);
    assert_eq!(post(&server, &with("output_format", format)).await.0, 200);
    for asked in engine.asked() {
        assert_eq!(asked.rules.constraint, Some(Constraint::JsonSchema(json!({"type": "object"}))));
    }
}

#[tokio::test]
async fn a_stream_has_the_official_order() {
    let mut message = ScriptedEngine::calling(&[("weather", json!({"place": "Rome"})), ("clock", json!({}))]);
    message.content = "Let me look.".into();
    message.reasoning = Some("Where?".into());
    let events = vec![
        Event::Prefill { new_tokens: 7, cached_tokens: 5, ms: 1 },
        Event::Reasoning { delta: "Where?".into() },
        Event::Text { delta: "Let me".into() },
        Event::Text { delta: " look.\n".into() },
    ];
    let server = serve(Player::new(vec![Play { events, end: Ok(Reply { message, ..said("") }) }]), None).await;
    let mut request = with("stream", json!(true));
    request["tools"] = json!([weather(), {"name": "clock", "input_schema": {"type": "object"}}]);
    let events = stream(&server, &request).await;
    let (start, delta, stop) = ("content_block_start", "content_block_delta", "content_block_stop");
    let order = [
        "message_start",
        "ping",
        start,
        delta,
        stop,
        start,
        delta,
        delta,
        stop,
        start,
        delta,
        stop,
        start,
        delta,
        stop,
        "message_delta",
        "message_stop",
    ];
    assert_eq!(types(&events), order);
    let indexes: Vec<u64> = events.iter().filter_map(|event| event["index"].as_u64()).collect();
    assert_eq!(indexes, [0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 3, 3, 3]);
    assert_eq!(events[0]["message"]["content"], json!([]));
    assert_eq!(events[3]["delta"], json!({"type": "thinking_delta", "thinking": "Where?"}));
    assert_eq!(events[5]["content_block"], json!({"type": "text", "text": ""}));
    assert_eq!(events[6]["delta"], json!({"type": "text_delta", "text": "Let me"}));
    assert_eq!(
        (&events[9]["content_block"]["name"], &events[9]["content_block"]["input"]),
        (&json!("weather"), &json!({}))
    );
    assert_eq!(events[10]["delta"], json!({"type": "input_json_delta", "partial_json": "{\"place\":\"Rome\"}"}));
    assert_eq!(events[15]["delta"], json!({"stop_reason": "tool_use", "stop_sequence": null}));
    assert_eq!((&events[15]["usage"]["output_tokens"], &events[15]["usage"]["input_tokens"]), (&json!(3), &json!(7)));
}

#[tokio::test]
async fn what_was_not_told_as_an_event_comes_at_the_end() {
    let cut = Reply { stop: ReplyStop::Length, ..said("{\"n\":1") };
    let server = serve(Player::ending(vec![Ok(cut)]), None).await;
    let events = stream(&server, &with("stream", json!(true))).await;
    assert_eq!(events[2]["delta"]["text"], "{\"n\":1");
    assert_eq!(events[4]["delta"]["stop_reason"], "max_tokens");
}

#[tokio::test]
async fn errors_have_anthropics_shape() {
    let later =
        Play { events: vec![Event::Text { delta: "Once".into() }], end: Err(EngineError::Failed("no memory".into())) };
    let full = Play { events: vec![], end: Err(EngineError::ContextFull { need: 9, have: 4 }) };
    let server = serve(Player::new(vec![full, later]), None).await;
    let (status, answer) = post(&server, &body()).await;
    assert_eq!(
        (status, &answer["type"], &answer["error"]["type"]),
        (400, &json!("error"), &json!("invalid_request_error"))
    );
    let events = stream(&server, &with("stream", json!(true))).await;
    let last = events.last().unwrap();
    assert_eq!(last["error"], json!({"type": "api_error", "message": "no memory"}));
    let (status, answer) = post(&server, &with("model", json!("claude"))).await;
    assert_eq!((status, &answer["error"]["type"]), (404, &json!("not_found_error")));
    let token = "a-token-of-some-length-0123456789";
    let server = serve(Player::ending(vec![Ok(said("Yes."))]), Some(token)).await;
    let (status, answer) = post(&server, &body()).await;
    assert_eq!((status, &answer["error"]["type"]), (401, &json!("authentication_error")));
    let keyed = client().post(format!("{}/v1/messages", server.base)).json(&body()).header("x-api-key", token);
    assert_eq!(keyed.send().await.unwrap().status(), 200);
}

#[tokio::test]
async fn each_wrong_field_is_named() {
    let server = serve(Player::ending(vec![]), None).await;
    let messages = |messages: Value| with("messages", messages);
    let user = |content: Value| messages(json!([{"role": "user", "content": content}]));
    let result = |id: &str| json!({"type": "tool_result", "tool_use_id": id, "content": "x"});
    let called = |then: Value| {
        let call = json!({"type": "tool_use", "id": "a", "name": "weather", "input": {}});
        messages(json!([{"role": "user", "content": "q"}, {"role": "assistant", "content": [call]}, then]))
    };
    let cases = [
        (with("max_tokens", Value::Null), "`max_tokens` is missing"),
        (with("max_tokens", json!(0)), "`max_tokens` must be a whole number of at least 1"),
        (with("temperature", json!(1.5)), "`temperature` must be a number from 0 to 1"),
        (with("stop_sequences", json!([""])), "`stop_sequences` must be an array"),
        (with("stop_sequences", json!("END")), "`stop_sequences` must be an array"),
        (with("thinking", json!({"type": "enabled", "budget_tokens": 2000})), "`thinking.type` must be"),
        (
            with("tools", json!([{"type": "web_search_20250305", "name": "web_search"}])),
            "`tools[0].type` must be `custom`",
        ),
        (with("tools", json!([{"name": "a"}])), "`tools[0].input_schema` is missing"),
        (with("tools", json!([{"name": "a", "input_schema": {"type": "array"}}])), "`tools[0].input_schema.type`"),
        (with("tools", json!([weather(), weather()])), "two tools called `weather`"),
        (with("tool_choice", json!({"type": "any"})), "send the `tools` to choose from"),
        (with("tool_choice", json!({"type": "must"})), "`tool_choice.type` must be auto, any, tool or none"),
        (with("system", json!([{"type": "image"}])), "`system[0].type` must be `text`"),
        (messages(json!([])), "`messages` is missing"),
        (messages(json!([{"role": "system", "content": "x"}])), "`messages[0].role` must be user or assistant"),
        (
            messages(json!([{"role": "user", "content": "x"}, {"role": "assistant", "content": "y"}])),
            "end with the user's",
        ),
        (user(json!([{"type": "image", "source": {}}])), "`messages[0].content[0].type` must be `text`"),
        (user(json!([])), "`messages[0].content` is missing"),
        (user(json!([result("a")])), "`a` is no open call"),
        (called(json!({"role": "user", "content": "and?"})), "the call `a` of `weather` has no result"),
        (called(json!({"role": "user", "content": [{"type": "text", "text": "so"}, result("a")]})), "put them first"),
        (called(json!({"role": "user", "content": [result("a"), result("a")]})), "`a` is no open call"),
    ];
    for (request, part) in cases {
        let (status, answer) = post(&server, &request).await;
        let message = answer["error"]["message"].as_str().unwrap();
        assert!(status == 400 && message.contains(part), "{request}: {status} {message}");
        assert_eq!(answer["error"]["type"], "invalid_request_error");
    }
}
