//! OpenAI's Responses API: what goes to the engine, what comes back, the order of a stream's events, and
//! conversations that the server keeps.

#![allow(clippy::unwrap_used)]

mod common;

use common::workspace::scripted;
use common::{Play, Player, Running, client, said, serve};
use polymath_chat::{Constraint, Event, Message, ToolCall};
use polymath_model::engine::{EngineError, Reply, ReplyStop, ToolChoice};
use polymath_model::scripted::ScriptedEngine;
use serde_json::{Value, json};

async fn post(server: &Running, body: &Value) -> (u16, Value) {
    let response = client().post(format!("{}/v1/responses", server.base)).json(body).send().await.unwrap();
    (response.status().as_u16(), response.json().await.unwrap())
}

/// The events of a stream: each name is its data's `type`, and they are counted.
async fn stream(server: &Running, body: &Value) -> Vec<Value> {
    let response = client().post(format!("{}/v1/responses", server.base)).json(body).send().await.unwrap();
    assert_eq!(response.headers()["content-type"], "text/event-stream");
    let text = response.text().await.unwrap();
    let event = |(i, message): (usize, &str)| {
        let field = |name: &str| message.lines().find_map(|l| l.strip_prefix(name)).unwrap().trim().to_owned();
        let data: Value = serde_json::from_str(&field("data:")).unwrap();
        assert_eq!((&data["type"], &data["sequence_number"]), (&json!(field("event:")), &json!(i)));
        data
    };
    text.split("\n\n").filter(|m| m.contains("data:")).enumerate().map(event).collect()
}

fn types(events: &[Value]) -> Vec<&str> {
    events.iter().map(|event| event["type"].as_str().unwrap().strip_prefix("response.").unwrap()).collect()
}

fn weather() -> Value {
    json!({"type": "function", "name": "weather", "description": "The weather of a place", "strict": true, "parameters":
        {"type": "object", "properties": {"place": {"type": "string"}}, "required": ["place"]}})
}

fn with(field: &str, value: Value) -> Value {
    let mut body = json!({"model": "player", "input": "hi"});
    body[field] = value;
    body
}

#[tokio::test]
async fn a_response_has_openais_shape() {
    let message = Message { reasoning: Some("Rain?".into()), ..Message::assistant("It rains.") };
    let server = serve(Player::ending(vec![Ok(Reply { message, ..said("") })]), None).await;
    let (status, mut answer) = post(&server, &with("metadata", json!({"k": "v"}))).await;
    assert_eq!(status, 200, "{answer}");
    let ids: Vec<String> = ["/id", "/output/0/id", "/output/1/id"]
        .iter()
        .map(|at| answer.pointer_mut(at).unwrap().take().as_str().unwrap().split('_').next().unwrap().to_owned())
        .collect();
    assert_eq!(ids, ["resp", "rs", "msg"]);
    assert!(answer["created_at"].take().as_i64().unwrap() > 1_700_000_000);
    let part = json!({"type": "output_text", "text": "It rains.", "annotations": [], "logprobs": []});
    let thought = json!({"type": "reasoning_text", "text": "Rain?"});
    let want = json!({
        "id": null,
        "object": "response",
        "created_at": null,
        "status": "completed",
        "background": false,
        "error": null,
        "incomplete_details": null,
        "model": "player",
        "output": [
            {"id": null, "type": "reasoning", "status": "completed", "summary": [], "content": [thought]},
            {"id": null, "type": "message", "status": "completed", "role": "assistant", "content": [part]},
        ],
        "usage": {
            "input_tokens": 12, "input_tokens_details": {"cached_tokens": 5},
            "output_tokens": 3, "output_tokens_details": {"reasoning_tokens": 0}, "total_tokens": 15,
        },
        "instructions": null,
        "max_output_tokens": null,
        "metadata": {"k": "v"},
        "parallel_tool_calls": true,
        "previous_response_id": null,
        "reasoning": {"effort": null, "summary": null},
        "store": true,
        "temperature": answer["temperature"],
        "text": {"format": {"type": "text"}},
        "tool_choice": "auto",
        "tools": [],
        "top_p": answer["top_p"],
        "truncation": "disabled",
    });
    assert_eq!(answer, want);
}

#[tokio::test]
async fn a_conversation_goes_on_from_a_stored_response() {
    let calls = [("weather", json!({"place": "Łódź"})), ("weather", json!({"place": "Rome"}))];
    // The scripted engine refuses results without calls and calls without results.
    let replies =
        vec![ScriptedEngine::calling(&calls), Message::assistant("Rain, then sun."), Message::assistant("Yes.")];
    let engine = scripted(replies);
    let server = serve(engine.clone(), None).await;
    let body = json!({"input": "And the weather?", "instructions": "Be brief.", "tools": [weather()]});
    let (_, first) = post(&server, &body).await;
    let call = |i: usize| first["output"][i].clone();
    assert_eq!((&call(0)["type"], &call(1)["arguments"]), (&json!("function_call"), &json!("{\"place\":\"Rome\"}")));
    let result =
        |i: usize, text: Value| json!({"type": "function_call_output", "call_id": call(i)["call_id"], "output": text});
    let input = json!([result(1, json!("sun")), result(0, json!([{"type": "input_text", "text": "rain"}]))]);
    let body = json!({"input": input, "previous_response_id": first["id"], "tools": [weather()]});
    let (status, second) = post(&server, &body).await;
    assert_eq!((status, &second["output"][0]["content"][0]["text"]), (200, &json!("Rain, then sun.")), "{second}");
    assert_eq!(second["previous_response_id"], first["id"]);
    let (_, third) = post(&server, &json!({"input": "Sure?", "previous_response_id": second["id"]})).await;
    assert_eq!(third["output"][0]["content"][0]["text"], "Yes.");
    let asked = engine.asked();
    let Some(polymath_model::scripted::Asked::Reply(messages)) = asked.last() else { panic!("{asked:?}") };
    let told: Vec<&str> = messages.iter().map(|message| message.content.as_str()).collect();
    // Without the instructions of the first, which held for it alone.
    assert_eq!(told, ["And the weather?", "", "sun", "rain", "Rain, then sun.", "Sure?"]);
    // What has open calls takes nothing but their results.
    let (status, refused) = post(&server, &json!({"input": "Well?", "previous_response_id": first["id"]})).await;
    assert_eq!(
        (status, refused["error"]["message"].as_str().unwrap().contains("has no result")),
        (400, true),
        "{refused}"
    );
}

#[tokio::test]
async fn responses_are_read_and_removed() {
    let server = serve(Player::ending(vec![Ok(said("One.")), Ok(said("Two."))]), None).await;
    let (_, kept) = post(&server, &with("model", json!("default"))).await;
    let path = format!("/v1/responses/{}", kept["id"].as_str().unwrap());
    assert_eq!(server.get(&path).await, (200, kept.clone()));
    let (_, lost) = post(&server, &with("store", json!(false))).await;
    assert_eq!(lost["store"], false);
    let delete = client().delete(format!("{}{path}", server.base)).send().await.unwrap();
    assert_eq!(delete.json::<Value>().await.unwrap()["deleted"], true);
    for id in [&kept["id"], &lost["id"], &json!("resp_0")] {
        let (status, answer) = server.get(&format!("/v1/responses/{}", id.as_str().unwrap())).await;
        assert_eq!((status, &answer["error"]["code"]), (404, &json!("response_not_found")));
        let (status, answer) = post(&server, &with("previous_response_id", id.clone())).await;
        let error = &answer["error"];
        assert_eq!((status, &error["code"]), (400, &json!("previous_response_not_found")));
        assert_eq!(error["param"], "previous_response_id");
    }
}

#[tokio::test]
async fn everything_that_is_asked_for_reaches_the_engine() {
    let engine = Player::ending(vec![Ok(said("{}"))]);
    let server = serve(engine.clone(), None).await;
    let request = json!({
        "instructions": "Be brief.",
        "input": [
            {"role": "developer", "content": "Rhyme."},
            {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "One."}, {"type": "input_text", "text": "Two."}]},
            {"type": "reasoning", "id": "rs_1", "summary": [], "content": [{"type": "reasoning_text", "text": "Hm."}]},
            {"type": "message", "id": "msg_1", "role": "assistant", "content": [{"type": "output_text", "text": "Let me look.", "annotations": []}]},
            {"type": "function_call", "id": "fc_1", "call_id": "a", "name": "weather", "arguments": "{\"place\":\"Rome\"}"},
            {"type": "function_call", "call_id": "b", "name": "clock", "arguments": ""},
            {"type": "function_call_output", "call_id": "b", "output": "noon"},
            {"type": "function_call_output", "call_id": "a", "output": "rain"},
        ],
        "max_output_tokens": 9,
        "temperature": 0.5,
        "top_p": 0.9,
        "tools": [weather(), {"type": "function", "name": "clock", "parameters": null, "strict": false}],
        "tool_choice": "none",
        "parallel_tool_calls": false,
        "text": {"format": {"type": "json_schema", "name": "n", "schema": {"type": "object"}}},
        "reasoning": {"effort": "low"},
    });
    let (status, answer) = post(&server, &request).await;
    assert_eq!(status, 200, "{answer}");
    let asked = engine.asked().remove(0);
    let call = |id: &str, name: &str, arguments: Value| ToolCall { id: id.into(), name: name.into(), arguments };
    let calls = vec![call("a", "weather", json!({"place": "Rome"})), call("b", "clock", json!({}))];
    let said = Message { reasoning: Some("Hm.".into()), calls: calls.clone(), ..Message::assistant("Let me look.") };
    let results = [Message::tool(&calls[1], "noon"), Message::tool(&calls[0], "rain")];
    let before = [Message::system("Be brief."), Message::system("Rhyme."), Message::user("One.\nTwo."), said];
    assert_eq!(asked.messages, [&before[..], &results].concat());
    assert_eq!(asked.tools.iter().map(|t| t.name.as_str()).collect::<Vec<_>>(), ["clock", "weather"]);
    let rules = &asked.rules;
    assert_eq!((&rules.tool_choice, rules.parallel_calls, rules.max_tokens), (&ToolChoice::None, false, 9));
    assert_eq!(rules.constraint, Some(Constraint::JsonSchema(json!({"type": "object"}))));
    assert_eq!((asked.sampling.temperature, asked.sampling.top_p), (0.5, 0.9));
}

#[tokio::test]
async fn a_stream_has_the_official_order() {
    let mut message = ScriptedEngine::calling(&[("weather", json!({"place": "Rome"}))]);
    message.content = "Let me look.".into();
    message.reasoning = Some("Where?".into());
    let events = vec![
        Event::Prefill { new_tokens: 7, cached_tokens: 5, ms: 1 },
        Event::Reasoning { delta: "Where?".into() },
        Event::Text { delta: "Let me".into() },
        Event::Text { delta: " look.".into() },
    ];
    let play = Play { events, end: Ok(Reply { message, ..said("") }) };
    let server = serve(Player::new(vec![play]), None).await;
    let mut request = with("stream", json!(true));
    request["tools"] = json!([weather()]);
    let events = stream(&server, &request).await;
    let order = [
        "created",
        "in_progress",
        "output_item.added",
        "content_part.added",
        "reasoning_text.delta",
        "reasoning_text.done",
        "content_part.done",
        "output_item.done",
        "output_item.added",
        "content_part.added",
        "output_text.delta",
        "output_text.delta",
        "output_text.done",
        "content_part.done",
        "output_item.done",
        "output_item.added",
        "function_call_arguments.delta",
        "function_call_arguments.done",
        "output_item.done",
        "completed",
    ];
    assert_eq!(types(&events), order);
    let places: Vec<u64> = events.iter().filter_map(|event| event["output_index"].as_u64()).collect();
    assert_eq!(places, [[0; 6].as_slice(), &[1; 7], &[2; 4]].concat());
    assert_eq!(
        (&events[0]["response"]["status"], &events[0]["response"]["output"]),
        (&json!("in_progress"), &json!([]))
    );
    let deltas: String = events
        .iter()
        .filter(|e| e["type"] == "response.output_text.delta")
        .map(|e| e["delta"].as_str().unwrap())
        .collect();
    assert_eq!((deltas.as_str(), &events[12]["text"]), ("Let me look.", &json!("Let me look.")));
    assert_eq!(events[17]["arguments"], "{\"place\":\"Rome\"}");
    // What was told item by item is the response.
    let whole = &events.last().unwrap()["response"];
    let items: Vec<&Value> =
        events.iter().filter(|e| e["type"] == "response.output_item.done").map(|e| &e["item"]).collect();
    assert_eq!(json!(items), whole["output"]);
    for (added, done) in events.iter().filter(|e| e["type"] == "response.output_item.added").zip(items) {
        assert_eq!(added["item"]["id"], done["id"]);
    }
    assert_eq!((&whole["status"], &whole["usage"]["total_tokens"]), (&json!("completed"), &json!(15)));
    let path = format!("/v1/responses/{}", whole["id"].as_str().unwrap());
    assert_eq!(server.get(&path).await, (200, whole.clone()), "it is kept as any other");
}

#[tokio::test]
async fn what_was_cut_is_incomplete() {
    let cut = Reply { stop: ReplyStop::Length, ..said("Once upon") };
    let server = serve(Player::ending(vec![Ok(cut.clone()), Ok(cut)]), None).await;
    let events = stream(&server, &with("stream", json!(true))).await;
    let last = events.last().unwrap();
    assert_eq!(last["type"], "response.incomplete");
    let (_, plain) = post(&server, &with("max_output_tokens", json!(2))).await;
    for response in [&last["response"], &plain] {
        assert_eq!(
            (&response["status"], &response["output"][0]["status"]),
            (&json!("incomplete"), &json!("incomplete"))
        );
        assert_eq!(response["incomplete_details"]["reason"], "max_output_tokens");
    }
}

#[tokio::test]
async fn what_fails_has_a_status_or_is_told_in_the_stream() {
    let full = Play { events: vec![], end: Err(EngineError::ContextFull { need: 9, have: 4 }) };
    let later =
        Play { events: vec![Event::Text { delta: "Once".into() }], end: Err(EngineError::Failed("no memory".into())) };
    let server = serve(Player::new(vec![full, later]), None).await;
    let (status, answer) = post(&server, &with("stream", json!(true))).await;
    assert_eq!((status, &answer["error"]["code"]), (400, &json!("context_length_exceeded")));
    let events = stream(&server, &with("stream", json!(true))).await;
    let last = events.last().unwrap();
    assert_eq!((&last["type"], &last["response"]["status"]), (&json!("response.failed"), &json!("failed")));
    assert_eq!(last["response"]["error"], json!({"code": "server_error", "message": "no memory"}));
    let id = last["response"]["id"].as_str().unwrap();
    assert_eq!(server.get(&format!("/v1/responses/{id}")).await.0, 404, "what failed is not kept");
}

#[tokio::test]
async fn each_wrong_field_is_named() {
    let server = serve(Player::ending(vec![]), None).await;
    let input = |items: Value| with("input", items);
    let result = json!({"type": "function_call_output", "call_id": "a", "output": "x"});
    let call = json!({"type": "function_call", "call_id": "a", "name": "f", "arguments": "{}"});
    let user = json!({"role": "user", "content": "q"});
    let cases = [
        (input(Value::Null), "input", "missing"),
        (input(json!([])), "input", "missing"),
        (input(json!(7)), "input", "must be a string or an array"),
        (input(json!([7])), "input[0]", "must be an object"),
        (input(json!([{"type": "item_reference", "id": "x"}])), "input[0].type", "must be message"),
        (input(json!([{"role": "tool", "content": "x"}])), "input[0].role", "must be system"),
        (input(json!([{"role": "user"}])), "input[0].content", "missing"),
        (
            input(json!([{"role": "user", "content": [{"type": "input_image"}]}])),
            "input[0].content[0].type",
            "text only",
        ),
        (input(json!([result])), "input[0].call_id", "no open call"),
        (input(json!([user, call])), "input", "has no result"),
        (input(json!([user, call, user])), "input[2].role", "has no result"),
        (input(json!([user, call, call, result])), "input[2].call_id", "two calls `a`"),
        (
            input(json!([{"type": "function_call", "call_id": "a", "name": "f", "arguments": "{"}])),
            "input[0].arguments",
            "no JSON",
        ),
        (with("background", json!(true)), "background", "not supported"),
        (with("truncation", json!("auto")), "truncation", "must be `disabled`"),
        (with("conversation", json!("c")), "conversation", "previous_response_id"),
        (with("max_output_tokens", json!(0)), "max_output_tokens", "at least 1"),
        (with("top_logprobs", json!(2)), "top_logprobs", "not supported"),
        (with("text", json!({"format": {"type": "xml"}})), "text.format.type", "must be text"),
        (with("text", json!({"format": {"type": "json_schema"}})), "text.format.schema", "missing"),
        (
            with("tools", json!([{"type": "file_search"}])),
            "tools[0].type",
            "must be function, web_search or code_interpreter",
        ),
        (with("tools", json!([weather(), weather()])), "tools[1].name", "two tools"),
        (with("tool_choice", json!("required")), "tool_choice", "send the `tools`"),
        (with("tool_choice", json!({"type": "web_search"})), "tool_choice", "must be `none`"),
        (with("stream", json!("yes")), "stream", "true or false"),
        (with("store", json!(1)), "store", "true or false"),
    ];
    for (request, param, part) in cases {
        let (status, answer) = post(&server, &request).await;
        let error = &answer["error"];
        assert_eq!(
            (status, &error["param"], &error["type"]),
            (400, &json!(param), &json!("invalid_request_error")),
            "{answer}"
        );
        assert!(error["message"].as_str().unwrap().contains(part), "{request}: {answer}");
    }
}
