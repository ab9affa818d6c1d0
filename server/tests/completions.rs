//! Replies in one piece: what goes to the engine, and what comes back to the client.

#![allow(clippy::unwrap_used)]

mod common;

use common::{Play, Player, said, serve};
use polymath_chat::{Constraint, Event, Message, Role, ToolCall};
use polymath_model::engine::{EngineError, Reply, ReplyStop, Rules, TokenLogprob, ToolChoice};
use polymath_model::scripted::ScriptedEngine;
use serde_json::{Value, json};
use std::sync::Arc;

fn weather() -> Value {
    json!({"type": "function", "function": {
        "name": "weather",
        "description": "The weather of a place",
        "parameters": {"type": "object", "properties": {"place": {"type": "string"}}, "required": ["place"]},
    }})
}

fn question() -> Value {
    json!([{"role": "user", "content": "How is the weather in Lornhaven?"}])
}

#[tokio::test]
async fn a_reply_has_openais_shape() {
    let engine = Player::ending(vec![Ok(said("It rains."))]);
    let server = serve(engine, None).await;
    let (status, mut body) = server.ask(&json!({"model": "player", "messages": question()})).await;
    assert_eq!(status, 200);
    let id = body["id"].take();
    assert!(id.as_str().unwrap().starts_with("chatcmpl-"), "{id}");
    assert!(body["created"].take().as_i64().unwrap() > 1_700_000_000);
    let want = json!({
        "id": null,
        "object": "chat.completion",
        "created": null,
        "model": "player",
        "choices": [{
            "index": 0,
            "message": {"role": "assistant", "content": "It rains.", "refusal": null},
            "logprobs": null,
            "finish_reason": "stop",
        }],
        "usage": {
            "prompt_tokens": 12, "completion_tokens": 3, "total_tokens": 15,
            "prompt_tokens_details": {"cached_tokens": 5},
        },
    });
    assert_eq!(body, want);
}

#[tokio::test]
async fn calls_go_to_the_client_and_its_results_come_back() {
    let calls = [("weather", json!({"place": "Łódź"})), ("weather", json!({"place": "Rome"}))];
    // The scripted engine refuses results without calls and calls without results.
    let engine =
        ScriptedEngine::new(false, vec![ScriptedEngine::calling(&calls), Message::assistant("Rain, then sun.")], &[]);
    let server = serve(Arc::new(engine), None).await;
    let mut messages = question().as_array().unwrap().clone();
    let (status, body) = server.ask(&json!({"messages": messages, "tools": [weather()]})).await;
    assert_eq!(status, 200, "{body}");
    let choice = &body["choices"][0];
    assert_eq!(choice["finish_reason"], "tool_calls");
    assert_eq!(choice["message"]["content"], Value::Null);
    let made = choice["message"]["tool_calls"].as_array().unwrap();
    assert_eq!(made.len(), 2);
    assert_eq!(made[0]["type"], "function");
    assert_eq!(made[0]["function"], json!({"name": "weather", "arguments": "{\"place\":\"Łódź\"}"}));

    messages.push(choice["message"].clone());
    for call in made.iter().rev() {
        messages
            .push(json!({"role": "tool", "tool_call_id": call["id"], "content": [{"type": "text", "text": "8 °C"}]}));
    }
    let (status, body) = server.ask(&json!({"messages": messages, "tools": [weather()]})).await;
    assert_eq!((status, &body["choices"][0]["message"]["content"]), (200, &json!("Rain, then sun.")));
}

#[tokio::test]
async fn messages_of_all_kinds_are_understood() {
    let engine = Player::ending(vec![Ok(said("ok"))]);
    let server = serve(engine.clone(), None).await;
    let call = |id: &str, name: &str, arguments: &str| json!({"id": id, "type": "function", "function": {"name": name, "arguments": arguments}});
    let messages = json!([
        {"role": "developer", "content": "Be brief."},
        {"role": "user", "name": "ann", "content": [{"type": "text", "text": "one"}, {"type": "text", "text": "two"}]},
        {"role": "assistant", "content": null, "reasoning_content": "hm", "tool_calls": [call("a", "clock", ""), call("b", "weather", "{\"x\": 1}")]},
        {"role": "tool", "tool_call_id": "b", "content": "rain"},
        {"role": "tool", "tool_call_id": "a", "content": "noon"},
        {"role": "assistant", "content": "", "tool_calls": [call("a", "clock", "{}")]},
        {"role": "tool", "tool_call_id": "a", "content": "one"},
        {"role": "assistant", "content": "done", "refusal": null, "audio": null},
        {"role": "user", "content": "thanks"},
    ]);
    let (status, body) = server.ask(&json!({"messages": messages, "model": "default", "user": "x"})).await;
    assert_eq!(status, 200, "{body}");
    let asked = &engine.asked()[0].messages;
    let roles: Vec<Role> = asked.iter().map(|m| m.role).collect();
    use Role::{Assistant, System, Tool, User};
    assert_eq!(roles, [System, User, Assistant, Tool, Tool, Assistant, Tool, Assistant, User]);
    assert_eq!(asked[1].content, "one\ntwo");
    assert_eq!(asked[2].reasoning.as_deref(), Some("hm"));
    assert_eq!(asked[2].calls[1], ToolCall { id: "b".into(), name: "weather".into(), arguments: json!({"x": 1}) });
    let results: Vec<_> = asked.iter().filter(|m| m.role == Tool).map(|m| m.name.as_deref().unwrap()).collect();
    assert_eq!(results, ["weather", "clock", "clock"]);
}

#[tokio::test]
async fn what_is_asked_for_reaches_the_engine() {
    let engine = Player::ending((0..4).map(|_| Ok(said("ok"))).collect());
    let server = serve(engine.clone(), None).await;
    let plain = json!({"messages": question()});
    let full = json!({
        "messages": question(), "tools": [weather(), {"type": "function", "function": {"name": "clock"}}],
        "tool_choice": {"type": "function", "function": {"name": "clock"}}, "parallel_tool_calls": false,
        "temperature": 0.5, "top_p": 0.9, "top_k": 40, "min_p": 0.05, "repetition_penalty": 1.1, "seed": 7,
        "stop": ["END", "\n\n"], "max_tokens": 9, "max_completion_tokens": 20, "logprobs": true, "top_logprobs": 3, "n": 1,
        "frequency_penalty": 0, "store": true,
    });
    let schema = json!({"type": "object", "properties": {"n": {"type": "integer"}}});
    let format = json!({"type": "json_schema", "json_schema": {"name": "number", "schema": schema, "strict": true}});
    let json = json!({"messages": question(), "response_format": format, "stop": "x", "tools": [weather()], "tool_choice": "none"});
    let object = json!({"messages": question(), "response_format": {"type": "json_object"}});
    for body in [&plain, &full, &json, &object] {
        assert_eq!(server.ask(body).await.0, 200);
    }
    let asked = engine.asked();
    assert_eq!(asked[0].rules, Rules::free(4096));
    assert_eq!((asked[0].sampling.temperature, asked[0].tools.len()), (0.3, 0));
    let (rules, sampling) = (&asked[1].rules, &asked[1].sampling);
    assert_eq!(rules.tool_choice, ToolChoice::Named("clock".into()));
    assert_eq!((rules.parallel_calls, rules.max_tokens, rules.top_logprobs), (false, 20, Some(3)));
    assert_eq!(rules.stop, ["END", "\n\n"]);
    assert_eq!((sampling.temperature, sampling.top_p, sampling.top_k, sampling.min_p), (0.5, 0.9, 40, 0.05));
    assert_eq!((sampling.repeat_penalty, sampling.seed), (1.1, 7));
    let tools: Vec<_> = asked[1].tools.iter().map(|t| (t.name.as_str(), t.parameters["type"].as_str())).collect();
    assert_eq!(tools, [("clock", Some("object")), ("weather", Some("object"))]);
    assert_eq!(asked[2].rules.constraint, Some(Constraint::JsonSchema(schema)));
    assert_eq!((&asked[2].rules.tool_choice, asked[2].rules.stop.len()), (&ToolChoice::None, 1));
    assert_eq!(asked[3].rules.constraint, Some(Constraint::JsonSchema(json!({"type": "object"}))));
}

#[tokio::test]
async fn a_format_and_tools_together_allow_either() {
    let calling = Reply { message: ScriptedEngine::calling(&[("weather", json!({"place": "Rome"}))]), ..said("") };
    let engine = Player::ending(vec![
        Ok(calling),
        Ok(said("{\"sunny\": true}")),
        Ok(said("It is sunny.")),
        Ok(said("{\"sunny\":false}")),
    ]);
    let server = serve(engine.clone(), None).await;
    let schema = json!({"type": "object", "properties": {"sunny": {"type": "boolean"}}, "required": ["sunny"]});
    let format = json!({"type": "json_schema", "json_schema": {"name": "sky", "schema": schema}});
    let body = json!({"messages": question(), "tools": [weather()], "response_format": format});
    let called = server.ask(&body).await.1;
    assert_eq!(called["choices"][0]["finish_reason"], "tool_calls");
    let fitting = server.ask(&body).await.1;
    assert_eq!(fitting["choices"][0]["message"]["content"], "{\"sunny\": true}");
    let again = server.ask(&body).await.1;
    assert_eq!(again["choices"][0]["message"]["content"], "{\"sunny\":false}");
    assert_eq!(again["usage"]["completion_tokens"], 6, "both attempts were written");
    let constrained: Vec<bool> = engine.asked().iter().map(|a| a.rules.constraint.is_some()).collect();
    assert_eq!(constrained, [false, false, false, true]);
}

#[tokio::test]
async fn nothing_the_model_wrote_is_lost() {
    let thinking = Message { reasoning: Some("Rain?".into()), ..Message::assistant("I look.") };
    let broken = vec![("<tool_call>{\"name\": \"weath".to_owned(), "it breaks off".to_owned())];
    let top = vec![(b"It".to_vec(), -0.1), (vec![0xE4, 0xB8], f32::NEG_INFINITY)];
    let logprobs = vec![TokenLogprob { bytes: b"It".to_vec(), logprob: -0.1, top }];
    let reply = Reply { message: thinking, malformed: broken, logprobs, ..said("") };
    let server = serve(Player::ending(vec![Ok(reply)]), None).await;
    let (_, body) = server.ask(&json!({"messages": question(), "logprobs": true, "top_logprobs": 2})).await;
    let choice = &body["choices"][0];
    assert_eq!(choice["message"]["content"], "I look.\n<tool_call>{\"name\": \"weath");
    assert_eq!(choice["message"]["reasoning_content"], "Rain?");
    assert_eq!(choice["finish_reason"], "stop");
    let token = &choice["logprobs"]["content"][0];
    assert_eq!((&token["token"], &token["bytes"]), (&json!("It"), &json!([73, 116])));
    assert_eq!(token["top_logprobs"][1]["bytes"], json!([0xE4, 0xB8]));
    assert_eq!(token["top_logprobs"][1]["logprob"], -9999.0);
}

/// A reply with these parts that ended so; its content, calls and reason, which must be the same in a
/// stream.
async fn finished(text: &str, calls: usize, attempts: &[&str], stop: ReplyStop) -> (Option<String>, usize, String) {
    let made: Vec<(&str, Value)> = (0..calls).map(|_| ("weather", json!({"place": "Rome"}))).collect();
    let message = Message { content: text.into(), ..ScriptedEngine::calling(&made) };
    let malformed = attempts.iter().map(|raw| (raw.to_string(), "it was cut".to_owned())).collect();
    let logprobs = vec![TokenLogprob { bytes: b"[{".to_vec(), logprob: -0.1, top: Vec::new() }];
    let reply = Reply { message, malformed, stop, logprobs, ..said("") };
    let server = serve(Player::ending(vec![Ok(reply.clone()), Ok(reply)]), None).await;
    let mut body = json!({"messages": question(), "tools": [weather()], "tool_choice": "required", "logprobs": true});
    let whole = server.ask(&body).await.1;
    let choice = &whole["choices"][0];
    let content = choice["message"]["content"].as_str().map(str::to_owned);
    let made = choice["message"]["tool_calls"].as_array().map_or(0, Vec::len);
    assert_eq!(content.is_none(), choice["logprobs"].is_null(), "log-probabilities are the text's: {choice}");

    body["stream"] = json!(true);
    let lines = server.stream(&body).await;
    let chunks: Vec<Value> = lines.iter().filter_map(|line| serde_json::from_str(line).ok()).collect();
    let deltas = || chunks.iter().map(|chunk| &chunk["choices"][0]["delta"]);
    let streamed: Vec<&str> = deltas().filter_map(|delta| delta["content"].as_str()).collect();
    assert_eq!((!streamed.is_empty()).then(|| streamed.concat()), content, "{lines:?}");
    assert_eq!(deltas().filter(|delta| delta["tool_calls"].is_array()).count(), made, "{lines:?}");
    let reason = choice["finish_reason"].as_str().unwrap();
    assert_eq!(chunks.last().unwrap()["choices"][0]["finish_reason"], reason, "{lines:?}");
    (content, made, reason.to_owned())
}

#[tokio::test]
async fn a_call_that_the_limit_cut_is_not_shown() {
    let array = "[{\"name\": \"weather\", \"argu";
    let tagged = "<tool_call>\n{\"name\": \"wea";
    use ReplyStop::{End, Length, Loop};
    for (text, calls, attempts, stop, want) in [
        ("", 0, &[array][..], Length, (None, 0, "length")),
        ("", 0, &[tagged], Length, (None, 0, "length")),
        ("", 0, &["{\"not\": a call}", tagged], Loop, (None, 0, "length")),
        ("I look.", 0, &[tagged], Length, (Some("I look."), 0, "length")),
        ("", 1, &[array], Length, (None, 1, "length")),
        ("", 1, &[array], Loop, (None, 1, "tool_calls")),
        // The limit came where nothing more was to come.
        ("", 1, &[], Length, (None, 1, "tool_calls")),
        ("", 1, &[], End, (None, 1, "tool_calls")),
        // What is unreadable although it is whole stays text.
        ("", 0, &["<tool_call>?</tool_call>"], End, (Some("<tool_call>?</tool_call>"), 0, "stop")),
    ] {
        let (content, made, reason) = finished(text, calls, attempts, stop).await;
        assert_eq!((content.as_deref(), made, reason.as_str()), want, "{text:?} {calls} {attempts:?} {stop:?}");
    }
}

/// The request is refused with this param, in words that contain these.
#[track_caller]
fn refused(body: &Value, (status, answer): (u16, Value), param: &str, says: &str) {
    let error = &answer["error"];
    assert_eq!(status, 400, "{body}: {answer}");
    assert_eq!((&error["param"], &error["type"]), (&json!(param), &json!("invalid_request_error")), "{body}: {answer}");
    assert!(error["message"].as_str().unwrap().contains(says), "{body}: {answer}");
}

#[tokio::test]
async fn wrong_requests_are_told_what_to_change() {
    let server = serve(Player::ending(vec![]), None).await;
    let with = |name: &str, value: Value| {
        let mut body = json!({"messages": question(), "tools": [weather()]});
        body[name] = value;
        body
    };
    let message = |message: Value| with("messages", json!([message]));
    let tool = |function: Value| with("tools", json!([{"type": "function", "function": function}]));
    let call =
        |arguments: &str| json!({"id": "a", "type": "function", "function": {"name": "f", "arguments": arguments}});
    let cases = [
        (json!([]), "", "the body must be an object"),
        (json!({}), "messages", "`messages` is missing"),
        (with("messages", json!([])), "messages", "at least one"),
        (with("messages", json!("hi")), "messages", "must be an array, not \"hi\""),
        (message(json!("hi")), "messages[0]", "must be an object"),
        (message(json!({"content": "hi"})), "messages[0].role", "missing"),
        (message(json!({"role": "wizard", "content": "hi"})), "messages[0].role", "not \"wizard\""),
        (message(json!({"role": "user"})), "messages[0].content", "missing"),
        (message(json!({"role": "user", "content": 3})), "messages[0].content", "a string or an array of text parts"),
        (
            message(json!({"role": "user", "content": [{"type": "image_url", "image_url": {"url": "x"}}]})),
            "messages[0].content[0].type",
            "reads text only",
        ),
        (message(json!({"role": "assistant"})), "messages[0].content", "tool_calls"),
        (message(json!({"role": "tool", "content": "x"})), "messages[0].tool_call_id", "missing"),
        (message(json!({"role": "tool", "content": "x", "tool_call_id": "q"})), "messages[0].tool_call_id", "`q`"),
        (message(json!({"role": "assistant", "tool_calls": [call("{}")]})), "messages", "the call `a` of `f`"),
        (
            message(json!({"role": "assistant", "tool_calls": [call("{")]})),
            "messages[0].tool_calls[0].function.arguments",
            "no JSON",
        ),
        (
            message(json!({"role": "assistant", "tool_calls": [call("[]")]})),
            "messages[0].tool_calls[0].function.arguments",
            "a JSON object",
        ),
        (tool(json!({})), "tools[0].function.name", "missing"),
        (tool(json!({"name": "f", "parameters": []})), "tools[0].function.parameters", "a JSON schema"),
        (tool(json!({"name": "f", "parameters": {"type": "array"}})), "tools[0].function.parameters.type", "object"),
        (
            tool(json!({"name": "f", "parameters": {"properties": {"x": {"type": "strnig"}}}})),
            "tools[0].function.parameters",
            "the tool `f`",
        ),
        (with("tools", json!([weather(), weather()])), "tools[1].function.name", "two tools called `weather`"),
        (with("tools", json!([{"type": "retrieval"}])), "tools[0].type", "retrieval"),
        (with("tool_choice", json!("always")), "tool_choice", "`required`"),
        (with("tool_choice", json!({"function": {"name": "hammer"}})), "tool_choice", "[weather]"),
        (json!({"messages": question(), "tool_choice": "required"}), "tool_choice", "send the `tools`"),
        (with("temperature", json!("hot")), "temperature", "a number from 0 to 2, not \"hot\""),
        (with("temperature", json!(3)), "temperature", "not 3"),
        (with("top_p", json!(-0.1)), "top_p", "0 to 1"),
        (with("max_tokens", json!(0)), "max_tokens", "at least 1"),
        (with("max_completion_tokens", json!(1.5)), "max_completion_tokens", "whole number"),
        (with("stop", json!([1])), "stop", "a string, or an array"),
        (with("stop", json!("")), "stop", "none of them empty"),
        (with("n", json!(17)), "n", "from 1 to 16"),
        (with("presence_penalty", json!(2.5)), "presence_penalty", "from -2 to 2"),
        (with("frequency_penalty", json!("much")), "frequency_penalty", "from -2 to 2"),
        (with("logit_bias", json!([1])), "logit_bias", "token numbers"),
        (with("logit_bias", json!({"word": 1})), "logit_bias", "token numbers"),
        (with("logit_bias", json!({"7": 101})), "logit_bias", "-100 to 100"),
        (with("stream", json!("yes")), "stream", "true or false"),
        (with("stream_options", json!({"include_usage": 1})), "stream_options.include_usage", "true or false"),
        (with("top_logprobs", json!(3)), "top_logprobs", "needs `logprobs`"),
        (with("top_logprobs", json!(21)), "top_logprobs", "from 0 to 20"),
        (with("functions", json!([])), "functions", "send `tools`"),
        (with("response_format", json!("json")), "response_format", "an object"),
        (with("response_format", json!({"type": "xml"})), "response_format.type", "not \"xml\""),
        (with("response_format", json!({"type": "json_schema"})), "response_format.json_schema", "missing"),
        (
            with("response_format", json!({"type": "json_schema", "json_schema": {"name": "x"}})),
            "response_format.json_schema.schema",
            "a JSON schema",
        ),
        (
            with(
                "response_format",
                json!({"type": "json_schema", "json_schema": {"name": "x", "schema": {"type": 3}}}),
            ),
            "response_format.json_schema.schema",
            "the schema of `x`",
        ),
    ];
    for (body, param, says) in &cases {
        refused(body, server.ask(body).await, param, says);
    }
    let long = server.ask(&with("temperature", json!("x".repeat(5000)))).await.1;
    assert!(long["error"]["message"].as_str().unwrap().len() < 200, "{long}");
}

#[tokio::test]
async fn engine_errors_have_their_status() {
    let cases = [
        (EngineError::ContextFull { need: 9000, have: 4096 }, 400, "context_length_exceeded", "9000"),
        (EngineError::Constraint("tool `weather`: no".into()), 400, "invalid_schema", "tool `weather`: no"),
        (EngineError::Unsupported { parameter: "logit_bias", why: "no such".into() }, 400, "null", "no such"),
        (EngineError::Failed("the weights are gone".into()), 500, "engine_failed", "the weights are gone"),
        (EngineError::Cancelled, 503, "server_stopping", "stopping"),
    ];
    let engine = Player::ending(cases.iter().map(|c| Err(c.0.clone())).collect());
    let server = serve(engine, None).await;
    for (error, want, code, says) in &cases {
        let (status, body) = server.ask(&json!({"messages": question()})).await;
        let code = if *code == "null" { Value::Null } else { json!(code) };
        assert_eq!((status, &body["error"]["code"]), (*want, &code), "{error}");
        assert!(body["error"]["message"].as_str().unwrap().contains(says), "{body}");
        let kind = if *want < 500 { "invalid_request_error" } else { "server_error" };
        assert_eq!(body["error"]["type"], kind);
    }
}

#[tokio::test]
async fn an_engine_that_panics_fails_one_request() {
    // The player panics when it has nothing more to play.
    let server = serve(Player::ending(vec![]), None).await;
    for _ in 0..2 {
        let (status, body) = server.ask(&json!({"messages": question()})).await;
        assert_eq!((status, &body["error"]["type"]), (500, &json!("server_error")));
    }
}

#[tokio::test]
async fn the_served_model_is_listed_and_no_other_is_accepted() {
    let play = || Play { events: vec![Event::Text { delta: "ok".into() }], end: Ok(said("ok")) };
    let server = serve(Player::new((0..4).map(|_| play()).collect()), None).await;
    let (status, list) = server.get("/v1/models").await;
    assert_eq!((status, &list["object"]), (200, &json!("list")));
    let model = &list["data"][0];
    assert_eq!(
        (&model["id"], &model["object"], &model["owned_by"]),
        (&json!("player"), &json!("model"), &json!("polymath"))
    );
    assert_eq!(server.get("/v1/models/player").await.0, 200);
    assert_eq!(server.get("/v1/models/org/other").await.0, 404);
    for model in [json!("player"), json!("default"), json!(""), Value::Null] {
        let (status, body) = server.ask(&json!({"model": model, "messages": question()})).await;
        assert_eq!((status, &body["model"]), (200, &json!("player")));
    }
    for streamed in [false, true] {
        let (status, body) = server.ask(&json!({"model": "gpt-17", "messages": question(), "stream": streamed})).await;
        let error = &body["error"];
        assert_eq!((status, &error["code"], &error["param"]), (404, &json!("model_not_found"), &json!("model")));
        assert!(error["message"].as_str().unwrap().contains("`player`"), "{error}");
    }
}
