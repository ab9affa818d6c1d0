//! Several replies to one request, and what steers which words come: in effect, or refused.

#![allow(clippy::unwrap_used)]

mod common;

use common::{Play, Player, said, serve};
use polymath_chat::{Event, Message};
use polymath_model::engine::{EngineError, Reply, ReplyStop, TokenLogprob};
use serde_json::{Value, json};

fn question() -> Value {
    json!([{"role": "user", "content": "Name a colour."}])
}

fn telling(text: &str) -> Play {
    let half = text.len() / 2;
    let pieces = [&text[..half], &text[half..]].map(|delta| Event::Text { delta: delta.into() });
    let prefill = Event::Prefill { new_tokens: 7, cached_tokens: 5, ms: 1 };
    Play { events: std::iter::once(prefill).chain(pieces).collect(), end: Ok(said(text)) }
}

#[tokio::test]
async fn several_replies_come_from_seeds_of_their_own() {
    let cut = Reply { stop: ReplyStop::Length, ..said("blue") };
    let engine = Player::ending(vec![Ok(said("red")), Ok(cut), Ok(said("green"))]);
    let server = serve(engine.clone(), None).await;
    let (status, body) = server.ask(&json!({"messages": question(), "n": 3, "seed": 41})).await;
    assert_eq!(status, 200, "{body}");
    let told: Vec<_> = body["choices"].as_array().unwrap().iter().collect();
    let one = |i: usize| (&told[i]["index"], &told[i]["message"]["content"], &told[i]["finish_reason"]);
    assert_eq!(one(0), (&json!(0), &json!("red"), &json!("stop")));
    assert_eq!(one(1), (&json!(1), &json!("blue"), &json!("length")));
    assert_eq!(one(2), (&json!(2), &json!("green"), &json!("stop")));
    let usage = &body["usage"];
    let tokens = (&usage["prompt_tokens"], &usage["completion_tokens"], &usage["total_tokens"]);
    assert_eq!(tokens, (&json!(12), &json!(9), &json!(21)), "the prompt was read once, three replies were written");
    let seeds: Vec<u32> = engine.asked().iter().map(|asked| asked.sampling.seed).collect();
    assert_eq!(seeds, [41, 42, 43]);
}

#[tokio::test]
async fn a_stream_of_several_replies_ends_once() {
    let engine = Player::new(vec![telling("a dark red"), telling("sky blue")]);
    let server = serve(engine, None).await;
    let body = json!({"messages": question(), "n": 2, "stream": true, "stream_options": {"include_usage": true}});
    let lines = server.stream(&body).await;
    assert_eq!(lines.last().unwrap(), "[DONE]");
    assert_eq!(lines.iter().filter(|line| *line == "[DONE]").count(), 1);
    let chunks: Vec<Value> = lines.iter().filter_map(|line| serde_json::from_str(line).ok()).collect();
    let of = |index: usize| chunks.iter().filter(move |chunk| chunk["choices"][0]["index"] == index);
    let text = |index| of(index).filter_map(|c| c["choices"][0]["delta"]["content"].as_str()).collect::<String>();
    assert_eq!((text(0).as_str(), text(1).as_str()), ("a dark red", "sky blue"));
    for index in [0, 1] {
        let ends = of(index).filter(|chunk| chunk["choices"][0]["finish_reason"] == "stop").count();
        assert_eq!((of(index).next().unwrap()["choices"][0]["delta"]["role"].as_str(), ends), (Some("assistant"), 1));
    }
    let last = chunks.last().unwrap();
    assert_eq!((&last["choices"], &last["usage"]["completion_tokens"]), (&json!([]), &json!(6)));
    assert!(chunks.iter().all(|chunk| chunk["id"] == last["id"]));
}

#[tokio::test]
async fn a_reply_that_fails_fails_the_request() {
    let failing = || vec![Ok(said("red")), Err(EngineError::Failed("the weights are gone".into())), Ok(said("blue"))];
    let server = serve(Player::ending(failing()), None).await;
    let (status, body) = server.ask(&json!({"messages": question(), "n": 3})).await;
    assert_eq!((status, &body["error"]["code"]), (500, &json!("engine_failed")), "{body}");
    let server = serve(Player::ending(failing()), None).await;
    let lines = server.stream(&json!({"messages": question(), "n": 3, "stream": true})).await;
    assert!(lines.last().unwrap().contains("the weights are gone"), "{lines:?}");
}

#[tokio::test]
async fn what_steers_words_reaches_the_engine() {
    let engine = Player::ending(vec![Ok(said("ok")), Ok(said("ok"))]);
    let server = serve(engine.clone(), None).await;
    let body = json!({
        "messages": question(), "presence_penalty": 0.5, "frequency_penalty": -1.5, "logit_bias": {"17": -100, "4": 2.5},
    });
    assert_eq!(server.ask(&body).await.0, 200);
    assert_eq!(server.ask(&json!({"messages": question(), "logit_bias": null})).await.0, 200);
    let asked = engine.asked();
    let sampling = &asked[0].sampling;
    assert_eq!((sampling.presence_penalty, sampling.frequency_penalty), (0.5, -1.5));
    assert_eq!(sampling.logit_bias, [(17, -100.0), (4, 2.5)]);
    assert_eq!((asked[1].sampling.presence_penalty, asked[1].sampling.logit_bias.len()), (0.0, 0));
}

#[tokio::test]
async fn log_probabilities_stand_with_their_reply() {
    let with = |text: &str, logprob| {
        let logprobs = vec![TokenLogprob { bytes: text.as_bytes().to_vec(), logprob, top: Vec::new() }];
        Ok(Reply { message: Message::assistant(text), logprobs, ..said("") })
    };
    let server = serve(Player::ending(vec![with("red", -0.25), with("blue", -0.5)]), None).await;
    let (_, body) = server.ask(&json!({"messages": question(), "n": 2, "logprobs": true})).await;
    let one = |i: usize| &body["choices"][i]["logprobs"]["content"][0];
    assert_eq!((&one(0)["token"], &one(0)["logprob"]), (&json!("red"), &json!(-0.25)));
    assert_eq!((&one(1)["token"], &one(1)["logprob"]), (&json!("blue"), &json!(-0.5)));
}

#[tokio::test]
async fn what_an_engine_cannot_do_is_a_clear_refusal() {
    let error =
        || EngineError::Unsupported { parameter: "presence_penalty", why: "calls are decided, not drawn".into() };
    let server = serve(Player::ending(vec![Err(error()), Err(error())]), None).await;
    for stream in [false, true] {
        let (status, body) =
            server.ask(&json!({"messages": question(), "presence_penalty": 1, "stream": stream})).await;
        let error = &body["error"];
        assert_eq!((status, &error["param"]), (400, &json!("presence_penalty")), "{body}");
        assert_eq!(error["type"], "invalid_request_error");
        assert!(error["message"].as_str().unwrap().contains("decided, not drawn"), "{body}");
    }
}
