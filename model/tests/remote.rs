//! The engine for endpoints against servers that answer from a script, over loopback.

#![allow(clippy::unwrap_used)]

mod replay;

use polymath_chat::{Completion, CompletionError, Constraint, Event, Message, ToolSpec};
use polymath_model::engine::{Engine, EngineError, Reply, ReplyRequest, ReplyStop, Rules, Sampling, ToolChoice};
use polymath_model::remote::{Address, Key, Patience, RemoteEngine, RemoteOptions};
use replay::{Answer, Server, chunks, text};
use serde_json::{Value, json};
use std::time::Duration;
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};
use tokio_util::sync::CancellationToken;

const SECRET: &str = "sk-very-secret-0123456789";

fn calculator() -> ToolSpec {
    ToolSpec {
        name: "calculator".into(),
        description: "Calculates".into(),
        parameters: json!({"type": "object", "properties": {"expression": {"type": "string"}}, "required": ["expression"]}),
        raw_argument: None,
        stateful: false,
    }
}

/// Tries without long pauses.
fn patience() -> Patience {
    let (backoff, idle) = (Duration::from_millis(1), Duration::from_secs(5));
    Patience { backoff, idle, ..Patience::default() }
}

async fn connect(server: &Server, fragment: &str) -> Result<RemoteEngine, EngineError> {
    let address = Address::parse(&format!("http://{}/v1#{fragment}", server.address)).unwrap();
    let key = Key::new(SECRET, "POLYMATH_API_KEY").unwrap();
    RemoteEngine::connect(RemoteOptions { address, key, patience: patience() }, &CancellationToken::new()).await
}

/// What became of one request.
struct Asked {
    reply: Result<Reply, EngineError>,
    inbox: UnboundedReceiver<Event>,
}

impl Asked {
    fn events(&mut self) -> Vec<Event> {
        std::iter::from_fn(|| self.inbox.try_recv().ok()).collect()
    }

    fn error(&self) -> String {
        self.reply.as_ref().unwrap_err().to_string()
    }
}

async fn ask(engine: &RemoteEngine, rules: Rules) -> Asked {
    let (events, inbox) = unbounded_channel();
    let reply = engine
        .reply(ReplyRequest {
            conversation: "c",
            messages: &[Message::system("Be brief."), Message::user("Go")],
            tools: &[calculator()],
            rules,
            sampling: Sampling::default(),
            cancel: CancellationToken::new(),
            events,
        })
        .await;
    Asked { reply, inbox }
}

/// A server of one kind that gives these answers to chat completions, and a reply from it.
async fn replies(owner: &str, answers: Vec<Answer>) -> (Server, Asked) {
    let server = Server::start(owner, answers).await;
    let engine = connect(&server, "m").await.unwrap();
    let asked = ask(&engine, Rules::free(50)).await;
    (server, asked)
}

fn said(events: &[Event]) -> String {
    events.iter().filter_map(|e| if let Event::Text { delta } = e { Some(delta.as_str()) } else { None }).collect()
}

#[tokio::test]
async fn text_and_reasoning_stream() {
    let stream = chunks(&[
        json!({"choices": [{"delta": {"role": "assistant", "content": null}}]}),
        json!({"choices": [{"delta": {"reasoning_content": "Hm."}}]}),
        json!({"choices": [{"delta": {"content": "Good "}}]}),
        json!({"choices": [{"delta": {"content": "evening"}, "finish_reason": "stop"}]}),
        json!({"choices": [], "usage": {"prompt_tokens": 30, "completion_tokens": 4, "prompt_tokens_details": {"cached_tokens": 20}}}),
    ]);
    let (server, mut asked) = replies("openai", vec![stream]).await;
    let events = asked.events();
    assert_eq!(said(&events), "Good evening");
    assert!(events.contains(&Event::Reasoning { delta: "Hm.".into() }), "{events:?}");
    let prefill = |e: &&Event| matches!(e, Event::Prefill { new_tokens: 10, cached_tokens: 20, .. });
    assert_eq!(events.iter().filter(prefill).count(), 1, "{events:?}");
    let reply = asked.reply.unwrap();
    assert_eq!((reply.message.content.as_str(), reply.message.reasoning.as_deref()), ("Good evening", Some("Hm.")));
    assert_eq!(
        (reply.usage.prompt, reply.usage.cached, reply.usage.completion, reply.stop),
        (30, 20, 4, ReplyStop::End)
    );
    let sent = server.asked();
    assert_eq!(sent[0]["tools"][0]["function"]["name"], "calculator");
    assert_eq!((&sent[0]["stream"], &sent[0]["model"]), (&json!(true), &json!("m")));
    assert!(server.heads().iter().all(|h| h.contains(&format!("Bearer {SECRET}"))), "{:?}", server.heads());
}

#[tokio::test]
async fn calls_come_in_pieces() {
    let piece = |call: Value| json!({"choices": [{"delta": {"tool_calls": [call]}}]});
    let stream = chunks(&[
        piece(json!({"index": 0, "id": "x", "function": {"name": "calculator", "arguments": "{\"expr"}})),
        piece(json!({"index": 0, "function": {"arguments": "ession\": \"1+1\"}"}})),
        piece(json!({"index": 1, "function": {"name": "calculator", "arguments": {"expression": "2+2"}}})),
        json!({"choices": [{"delta": {}, "finish_reason": "tool_calls"}]}),
    ]);
    let (_server, asked) = replies("vllm", vec![stream]).await;
    let calls = asked.reply.unwrap().message.calls;
    let got: Vec<(&str, &Value)> = calls.iter().map(|c| (c.id.as_str(), &c.arguments["expression"])).collect();
    assert_eq!(got, [("call00001", &json!("1+1")), ("call00002", &json!("2+2"))]);
}

#[tokio::test]
async fn calls_that_the_server_took_for_prose_are_read() {
    let prose =
        "```json\n{\"name\": \"calculator\", \"arguments\": {\"expression\": \"3*17\"}}\n```\nThe result is 51.";
    let (_server, mut asked) = replies("llamacpp", vec![text(prose)]).await;
    assert_eq!(said(&asked.events()), "", "a made-up result is not passed on");
    let message = asked.reply.unwrap().message;
    assert_eq!((message.calls.len(), message.content.as_str()), (1, ""));
    assert_eq!(message.calls[0].arguments, json!({"expression": "3*17"}));
}

#[tokio::test]
async fn tools_go_into_the_prompt_where_the_server_takes_none() {
    let refusal = Answer::status(400, json!({"error": {"message": "m does not support tools"}}));
    let call = "<tool_call>\n{\"name\": \"calculator\", \"arguments\": {\"expression\": \"1\"}}\n</tool_call>";
    let (server, mut asked) = replies("library", vec![refusal, text(call)]).await;
    assert!(asked.events().iter().any(|e| matches!(e, Event::Notice { .. })));
    assert_eq!(asked.reply.unwrap().message.calls.len(), 1);
    let sent = server.asked();
    assert!(sent[0]["tools"].is_array() && sent[1]["tools"].is_null());
    assert!(sent[1]["messages"][0]["content"].as_str().unwrap().starts_with("Be brief.\n\nYou can use these tools"));
}

#[tokio::test]
async fn a_dialect_in_the_address_is_used() {
    let call = "[TOOL_CALLS]calculator[ARGS]{\"expression\": \"1\"}";
    let server = Server::start("x", vec![text(call)]).await;
    let engine = connect(&server, "m,dialect=mistral").await.unwrap();
    assert_eq!(engine.info().dialect, "mistral");
    let asked = ask(&engine, Rules::free(50)).await;
    assert_eq!(asked.reply.unwrap().message.calls.len(), 1);
    assert!(server.asked()[0]["tools"].is_null());
}

#[tokio::test]
async fn a_busy_server_is_asked_again() {
    let busy = Answer::status(429, json!({"error": {"message": "slow down"}})).header("retry-after: 0");
    let broken = Answer::status(503, json!({"error": {"message": "Loading model"}}));
    let (server, asked) = replies("x", vec![busy, broken, text("At last")]).await;
    assert_eq!(asked.reply.unwrap().message.content, "At last");
    assert_eq!(server.asked().len(), 3);
}

#[tokio::test]
async fn patience_ends() {
    let answers = vec![Answer::status(500, json!({"error": "out of memory"})); 9];
    let (server, asked) = replies("x", answers).await;
    assert!(asked.error().contains("500") && asked.error().contains("out of memory"), "{}", asked.error());
    assert_eq!(server.asked().len(), 4);
    let long = Answer::status(429, json!({})).header("retry-after: 3600");
    let (server, asked) = replies("x", vec![long, text("too soon")]).await;
    assert!(asked.error().contains("3600 s"), "{}", asked.error());
    assert_eq!(server.asked().len(), 1);
}

#[tokio::test]
async fn refusals_name_the_key_and_never_show_it() {
    let refusal = Answer::status(401, json!({"error": {"message": format!("bad key {SECRET}")}}));
    let (_server, asked) = replies("x", vec![refusal]).await;
    let error = asked.error();
    assert!(error.contains("POLYMATH_API_KEY") && error.contains("[key]") && !error.contains(SECRET), "{error}");
    let key = Key::new(SECRET, "POLYMATH_API_KEY").unwrap();
    assert!(!format!("{key:?}").contains(SECRET));
}

#[tokio::test]
async fn a_model_that_is_not_there_is_told_with_those_that_are() {
    let missing = Answer::status(404, json!({"error": {"message": "no such model"}}));
    let (_server, asked) = replies("x", vec![missing]).await;
    assert!(asked.error().contains("no such model") && asked.error().contains("listed-model"), "{}", asked.error());
}

#[tokio::test]
async fn redirects_are_not_followed() {
    let away = Answer::status(307, json!({})).header("location: http://192.0.2.1/v1");
    let (_server, asked) = replies("x", vec![away]).await;
    assert!(asked.error().contains("192.0.2.1"), "{}", asked.error());
}

#[tokio::test]
async fn parameters_that_a_server_does_not_know_are_left_out() {
    let unknown = |name: &str| {
        Answer::status(
            400,
            json!({"error": {"message": format!("Unsupported parameter: '{name}' is not supported with this model.")}}),
        )
    };
    let (server, asked) = replies("x", vec![unknown("max_tokens"), unknown("temperature"), text("Yes")]).await;
    assert_eq!(asked.reply.unwrap().message.content, "Yes");
    let last = &server.asked()[2];
    assert!(last["max_tokens"].is_null() && last["temperature"].is_null());
    assert_eq!(last["max_completion_tokens"], 50);
}

#[tokio::test]
async fn a_stream_that_breaks_is_an_error_and_not_an_answer() {
    let half = chunks(&[json!({"choices": [{"delta": {"content": "The result is"}}]})]).cut();
    let (server, mut asked) = replies("x", vec![half, text("again")]).await;
    assert!(asked.error().contains("in the middle of the answer"), "{}", asked.error());
    assert_eq!(said(&asked.events()), "The result is");
    assert_eq!(server.asked().len(), 1, "what was told once is not told again");
    // Nothing was told yet: another try does no harm.
    let (server, asked) = replies("x", vec![chunks(&[]).cut(), text("Whole")]).await;
    assert_eq!(asked.reply.unwrap().message.content, "Whole");
    assert_eq!(server.asked().len(), 2);
    let reported = chunks(&[json!({"error": {"message": format!("no memory for {SECRET}")}})]);
    let (_server, asked) = replies("x", vec![reported; 4]).await;
    assert!(asked.error().contains("no memory for [key]"), "{}", asked.error());
}

#[tokio::test]
async fn a_server_that_is_not_there_is_told() {
    let server = Server::start("x", vec![]).await;
    let engine = connect(&server, "m").await.unwrap();
    let address = server.address;
    drop(server);
    let asked = ask(&engine, Rules::free(5)).await;
    assert!(
        asked.error().contains(&address.to_string()) && asked.error().contains("cannot reach"),
        "{}",
        asked.error()
    );
}

#[tokio::test]
async fn cancelling_ends_a_stream_at_once() {
    let endless = chunks(&[json!({"choices": [{"delta": {"content": "One, two"}}]})]).hang();
    let server = Server::start("x", vec![endless]).await;
    let engine = connect(&server, "m").await.unwrap();
    let (events, mut inbox) = unbounded_channel();
    let cancel = CancellationToken::new();
    let messages = [Message::user("Count")];
    let reply = engine.reply(ReplyRequest {
        conversation: "c",
        messages: &messages,
        tools: &[],
        rules: Rules::free(50),
        sampling: Sampling::default(),
        cancel: cancel.clone(),
        events,
    });
    let stop = async {
        inbox.recv().await.unwrap();
        cancel.cancel();
    };
    let (reply, ()) = tokio::join!(reply, stop);
    let reply = reply.unwrap();
    assert_eq!((reply.stop, reply.message.content.as_str()), (ReplyStop::Cancelled, "One, two"));
}

async fn complete(server: &Server, constraint: Constraint) -> Result<String, CompletionError> {
    let engine = connect(server, "m").await.unwrap();
    let task = Completion::new("Go", 40).constrained(constraint);
    engine.complete(task, CancellationToken::new(), unbounded_channel().0).await
}

fn schema() -> Constraint {
    Constraint::JsonSchema(
        json!({"type": "object", "properties": {"n": {"type": "integer", "maximum": 9}}, "required": ["n"], "additionalProperties": false}),
    )
}

#[tokio::test]
async fn constrained_replies_are_checked_and_asked_for_again() {
    let server =
        Server::start("x", vec![text("n is 4"), text("{\"n\": 44}"), text("```json\n{\n  \"n\": 4\n}\n```")]).await;
    assert_eq!(complete(&server, schema()).await.unwrap(), "{\"n\":4}");
    let sent = server.asked();
    assert_eq!(sent[0]["response_format"]["json_schema"]["schema"]["required"], json!(["n"]));
    let last = sent[2]["messages"].as_array().unwrap().last().unwrap();
    assert!(last["content"].as_str().unwrap().contains("does not fit"), "{last}");
    let server = Server::start("x", vec![text("no"); 3]).await;
    let error = complete(&server, schema()).await.unwrap_err().to_string();
    assert!(error.contains("does not keep to the format"), "{error}");
}

#[tokio::test]
async fn a_choice_is_one_of_the_choices() {
    let choice = Constraint::Choice(vec!["search".into(), "search, python".into()]);
    let server = Server::start("x", vec![text("{\"choice\": \"search, python\"}")]).await;
    assert_eq!(complete(&server, choice.clone()).await.unwrap(), "search, python");
    let server = Server::start("llamacpp", vec![text("search")]).await;
    assert_eq!(complete(&server, choice).await.unwrap(), "search");
    assert_eq!(server.asked()[0]["grammar"], "root ::= \"search\" | \"search, python\"");
}

/// Tokens with what else was likely at their places.
fn tokens(tokens: &[(&str, &[&str])]) -> Answer {
    let entry = |t: &str, p: f64| json!({"token": t, "bytes": t.as_bytes(), "logprob": p});
    let content = tokens.iter().map(|(token, others)| {
        let mut one = entry(token, -0.1);
        one["top_logprobs"] = others.iter().enumerate().map(|(i, o)| entry(o, -1.0 - i as f64)).collect();
        one
    });
    let content: Vec<Value> = content.collect();
    let text: String = tokens.iter().map(|t| t.0).collect();
    Answer::json(
        json!({"choices": [{"message": {"content": text}, "logprobs": {"content": content}, "finish_reason": "length"}]}),
    )
}

#[tokio::test]
async fn a_grammar_is_kept_to_by_correcting_tokens() {
    let lark = Constraint::Lark("start: \"[\" WORD \"]\"\nWORD: \"red\" | \"green\"".into());
    // The bracket is forced, the colour is corrected, and what follows is forced again.
    let server = Server::start("llamacpp", vec![tokens(&[("blue", &["black", "gre", "red"]), ("!", &[])])]).await;
    assert_eq!(complete(&server, lark.clone()).await.unwrap(), "[green]");
    let first = &server.asked()[0]["messages"].as_array().unwrap().last().unwrap().clone();
    assert_eq!((&first["role"], &first["content"]), (&json!("assistant"), &json!("[")));
    // What may begin the stop is held back, and given with the token behind it.
    let held = tokens(&[("", &["re"]), ("red", &["d"])]);
    let server = Server::start("llamacpp", vec![held]).await;
    assert_eq!(complete(&server, lark.clone()).await.unwrap(), "[red]");
    // Nothing likely fits: it is asked for in words.
    let mut answers = vec![tokens(&[("blue", &[])]), tokens(&[("blue", &[])])];
    answers.push(text("[red]"));
    let server = Server::start("llamacpp", answers).await;
    assert_eq!(complete(&server, lark).await.unwrap(), "[red]");
}

#[tokio::test]
async fn a_demanded_call_is_made() {
    let server = Server::start(
        "llamacpp",
        vec![text("I would rather talk."), text("{\"name\": \"calculator\", \"arguments\": {\"expression\": \"1\"}}")],
    )
    .await;
    let engine = connect(&server, "m").await.unwrap();
    let rules = Rules { tool_choice: ToolChoice::Named("calculator".into()), ..Rules::free(50) };
    let calls = ask(&engine, rules).await.reply.unwrap().message.calls;
    assert_eq!((calls.len(), &calls[0].arguments), (1, &json!({"expression": "1"})));
    assert_eq!(server.asked()[0]["tool_choice"], "required");
}

#[tokio::test]
async fn a_demanded_call_that_is_cut_is_no_text() {
    let cut =
        json!({"choices": [{"delta": {"content": "{\"name\": \"calculator\", \"argu"}, "finish_reason": "length"}]});
    let server = Server::start("llamacpp", vec![text("I would rather talk."), chunks(&[cut])]).await;
    let engine = connect(&server, "m").await.unwrap();
    let rules = Rules { tool_choice: ToolChoice::Required, ..Rules::free(8) };
    let reply = ask(&engine, rules).await.reply.unwrap();
    assert_eq!((reply.message.content.as_str(), reply.message.calls.len()), ("", 0));
    assert_eq!((reply.malformed.len(), reply.stop), (1, ReplyStop::Length));
}

#[tokio::test]
async fn a_server_tells_of_its_model() {
    let server = Server::start("llamacpp", vec![]).await;
    let engine = connect(&server, "").await.unwrap();
    let info = engine.info();
    assert_eq!((info.name.as_str(), info.parameters, info.context), ("listed-model", 1_500_000_000, 4096));
    assert!(info.guided);
    let engine = connect(&Server::start("openai", vec![]).await, "").await.unwrap();
    assert!(!engine.info().guided);
}

#[tokio::test]
async fn a_conversation_that_is_too_long_is_told_as_such() {
    let refusals = [
        json!({"error": {"message": "This model's maximum context length is 4096 tokens. However, your messages resulted in 5000 tokens.", "code": "context_length_exceeded"}}),
        json!({"object": "error", "message": "This model's maximum context length is 4096 tokens. However, you requested 5000 tokens (3000 in the messages, 2000 in the completion)."}),
        json!({"error": {"message": "too long", "n_prompt_tokens": 5000, "n_ctx": 4096}}),
    ];
    for refusal in refusals {
        let (_server, asked) = replies("openai", vec![Answer::status(400, refusal)]).await;
        let error = asked.reply.unwrap_err();
        assert!(matches!(error, EngineError::ContextFull { need: 5000, have: 4096 }), "{error}");
    }
}
