//! A server on a free port of 127.0.0.1, and engines to put behind it.

#![allow(dead_code)]

pub mod workspace;

use async_trait::async_trait;
use polymath_chat::{Completion, CompletionError, Event, Message};
use polymath_model::embed::Embedder;
use polymath_model::engine::{
    Engine, EngineError, Events, ModelInfo, Reply, ReplyRequest, ReplyStop, Rules, Sampling, TokenUsage,
};
use polymath_server::{Limits, Server, Service, Token};
use serde_json::Value;
use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use tokio_util::sync::CancellationToken;

/// A running server; it stops when this is dropped.
pub struct Running {
    pub base: String,
    pub port: u16,
    pub stop: CancellationToken,
}

impl Drop for Running {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

pub async fn serve(engine: Arc<dyn Engine>, token: Option<&str>) -> Running {
    serve_within(engine, token, Limits::default()).await
}

pub async fn serve_within(engine: Arc<dyn Engine>, token: Option<&str>, limits: Limits) -> Running {
    let token = token.map(|t| Token::new(t).unwrap());
    let server = Server::bind("127.0.0.1:0", token).await.unwrap();
    let address = server.address();
    let stop = CancellationToken::new();
    let sampling = Sampling { temperature: 0.3, ..Sampling::default() };
    tokio::spawn(
        server.limited(limits).run(Service { engine, sampling, embedder: None, workspace: None }, stop.clone()),
    );
    Running { base: format!("http://{address}"), port: address.port(), stop }
}

/// With a model for embeddings beside it.
pub async fn serve_embedding(engine: Arc<dyn Engine>, embedder: Arc<dyn Embedder>) -> Running {
    let server = Server::bind("127.0.0.1:0", None).await.unwrap();
    let address = server.address();
    let stop = CancellationToken::new();
    let service = Service { engine, sampling: Sampling::default(), embedder: Some(embedder), workspace: None };
    tokio::spawn(server.run(service, stop.clone()));
    Running { base: format!("http://{address}"), port: address.port(), stop }
}

/// Never through a proxy: everything is on this machine.
pub fn client() -> reqwest::Client {
    reqwest::Client::builder().no_proxy().build().unwrap()
}

impl Running {
    pub async fn post(&self, body: &Value) -> reqwest::Response {
        client().post(format!("{}/v1/chat/completions", self.base)).json(body).send().await.unwrap()
    }

    /// Status and JSON of a request that is not streamed.
    pub async fn ask(&self, body: &Value) -> (u16, Value) {
        let response = self.post(body).await;
        (response.status().as_u16(), response.json().await.unwrap())
    }

    /// Status and JSON of a request to a path.
    pub async fn post_to(&self, path: &str, body: &Value) -> (u16, Value) {
        let response = client().post(format!("{}{path}", self.base)).json(body).send().await.unwrap();
        (response.status().as_u16(), response.json().await.unwrap())
    }

    pub async fn get(&self, path: &str) -> (u16, Value) {
        let response = client().get(format!("{}{path}", self.base)).send().await.unwrap();
        (response.status().as_u16(), response.json().await.unwrap())
    }

    /// The `data:` lines of a stream.
    pub async fn stream(&self, body: &Value) -> Vec<String> {
        let response = self.post(body).await;
        assert_eq!(response.headers()["content-type"], "text/event-stream");
        let text = response.text().await.unwrap();
        text.lines().filter_map(|l| l.strip_prefix("data: ")).map(str::to_owned).collect()
    }
}

/// What an engine was asked.
#[derive(Debug, Clone)]
pub struct Asked {
    pub messages: Vec<Message>,
    pub tools: Vec<polymath_chat::ToolSpec>,
    pub rules: Rules,
    pub sampling: Sampling,
}

/// Events, then an end.
pub struct Play {
    pub events: Vec<Event>,
    pub end: Result<Reply, EngineError>,
}

/// Plays what it is given, in order, and keeps what it was asked.
pub struct Player {
    info: ModelInfo,
    plays: Mutex<VecDeque<Play>>,
    pub asked: Mutex<Vec<Asked>>,
}

impl Player {
    pub fn new(plays: Vec<Play>) -> Arc<Player> {
        Arc::new(Player { info: info("player"), plays: Mutex::new(plays.into()), asked: Mutex::default() })
    }

    /// Ends only, without events.
    pub fn ending(ends: Vec<Result<Reply, EngineError>>) -> Arc<Player> {
        Self::new(ends.into_iter().map(|end| Play { events: Vec::new(), end }).collect())
    }

    pub fn asked(&self) -> Vec<Asked> {
        self.asked.lock().unwrap().clone()
    }
}

pub fn info(name: &str) -> ModelInfo {
    ModelInfo { name: name.into(), context: 4096, parameters: 0, dialect: "generic", guided: false }
}

pub fn said(text: &str) -> Reply {
    Reply {
        message: Message::assistant(text),
        malformed: Vec::new(),
        usage: TokenUsage { prompt: 12, cached: 5, completion: 3 },
        stop: ReplyStop::End,
        logprobs: Vec::new(),
    }
}

#[async_trait]
impl Engine for Player {
    fn info(&self) -> &ModelInfo {
        &self.info
    }

    fn count_tokens(&self, text: &str) -> usize {
        text.len()
    }

    async fn reply(&self, request: ReplyRequest<'_>) -> Result<Reply, EngineError> {
        self.asked.lock().unwrap().push(Asked {
            messages: request.messages.to_vec(),
            tools: request.tools.to_vec(),
            rules: request.rules.clone(),
            sampling: request.sampling.clone(),
        });
        let play = self.plays.lock().unwrap().pop_front().expect("no further play");
        for event in play.events {
            let _ = request.events.send(event);
        }
        play.end
    }

    async fn complete(&self, _: Completion, _: CancellationToken, _: Events) -> Result<String, CompletionError> {
        unreachable!("the server asks for replies")
    }
}
