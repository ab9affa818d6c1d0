//! What steers a model behind an endpoint: handed on, or refused where the server would leave it out.

#![allow(clippy::unwrap_used)]

mod replay;

use polymath_chat::{Constraint, Message};
use polymath_model::engine::{Engine, EngineError, Reply, ReplyRequest, Rules, Sampling};
use polymath_model::remote::{Address, Patience, RemoteEngine, RemoteOptions};
use replay::{Answer, Server, text};
use serde_json::json;
use tokio::sync::mpsc::unbounded_channel;
use tokio_util::sync::CancellationToken;

async fn connect(server: &Server) -> RemoteEngine {
    let address = Address::parse(&format!("http://{}/v1#m", server.address)).unwrap();
    let options = RemoteOptions { address, key: None, patience: Patience::default() };
    RemoteEngine::connect(options, &CancellationToken::new()).await.unwrap()
}

async fn ask(engine: &RemoteEngine, rules: Rules, sampling: Sampling) -> Result<Reply, EngineError> {
    let (messages, (events, _inbox)) = ([Message::user("Go")], unbounded_channel());
    let cancel = CancellationToken::new();
    engine
        .reply(ReplyRequest { conversation: "", messages: &messages, tools: &[], rules, sampling, cancel, events })
        .await
}

#[track_caller]
fn unsupported(result: Result<Reply, EngineError>, parameter: &str) {
    match result {
        Err(EngineError::Unsupported { parameter: named, .. }) => assert_eq!(named, parameter),
        other => panic!("{other:?}"),
    }
}

fn steered() -> Sampling {
    let logit_bias = vec![(17, -100.0)];
    Sampling { presence_penalty: 0.5, frequency_penalty: -1.5, logit_bias, ..Sampling::default() }
}

#[tokio::test]
async fn penalties_and_biases_are_handed_on() {
    let server = Server::start("vllm", vec![text("ok"), text("ok")]).await;
    let engine = connect(&server).await;
    ask(&engine, Rules::free(9), steered()).await.unwrap();
    ask(&engine, Rules::free(9), Sampling::default()).await.unwrap();
    let sent = server.asked();
    assert_eq!((&sent[0]["presence_penalty"], &sent[0]["frequency_penalty"]), (&json!(0.5), &json!(-1.5)));
    assert_eq!(sent[0]["logit_bias"], json!({"17": -100.0}));
    assert!(["presence_penalty", "frequency_penalty", "logit_bias"].iter().all(|name| sent[1].get(name).is_none()));
}

#[tokio::test]
async fn what_a_server_does_not_know_is_no_longer_asked_of_it() {
    let refusal =
        |name: &str| Answer::status(400, json!({"error": {"message": format!("Unsupported parameter: {name}")}}));
    let server = Server::start("openai", vec![refusal("logit_bias"), refusal("logprobs"), text("ok")]).await;
    let engine = connect(&server).await;
    unsupported(ask(&engine, Rules::free(9), steered()).await, "logit_bias");
    let rules = Rules { top_logprobs: Some(0), ..Rules::free(9) };
    // Left out where a reply can do without, and this one cannot: told after its first answer, and at once from then on.
    unsupported(ask(&engine, rules.clone(), Sampling::default()).await, "logprobs");
    let requests = server.asked().len();
    unsupported(ask(&engine, rules, Sampling::default()).await, "logprobs");
    assert_eq!(server.asked().len(), requests, "nothing was sent");
    // Ollama takes this one and does nothing with it.
    let server = Server::start("library", vec![]).await;
    unsupported(ask(&connect(&server).await, Rules::free(9), steered()).await, "logit_bias");
    assert_eq!(server.asked().len(), 0);
}

#[tokio::test]
async fn log_probabilities_come_or_are_an_error() {
    let server = Server::start("vllm", vec![text("ok")]).await;
    let engine = connect(&server).await;
    let rules = Rules { top_logprobs: Some(2), ..Rules::free(9) };
    unsupported(ask(&engine, rules.clone(), Sampling::default()).await, "logprobs");
    let held = Rules { constraint: Some(Constraint::Choice(vec!["yes".into(), "no".into()])), ..rules };
    unsupported(ask(&engine, held, Sampling::default()).await, "logprobs");
    assert_eq!(server.asked().len(), 1, "a reply held to a format is not asked for");
}
