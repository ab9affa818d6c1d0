//! Replies that nobody waits for any more are cancelled.

#![allow(clippy::unwrap_used)]

mod common;

use async_trait::async_trait;
use common::{client, info, serve};
use polymath_chat::{Completion, CompletionError, Event};
use polymath_model::engine::{Engine, EngineError, Events, ModelInfo, Reply, ReplyRequest};
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio_util::sync::CancellationToken;

/// Writes one word, then for ever nothing, until it is cancelled.
struct Endless {
    info: ModelInfo,
    tells: UnboundedSender<&'static str>,
}

#[async_trait]
impl Engine for Endless {
    fn info(&self) -> &ModelInfo {
        &self.info
    }

    fn count_tokens(&self, _: &str) -> usize {
        1
    }

    async fn reply(&self, request: ReplyRequest<'_>) -> Result<Reply, EngineError> {
        let _ = request.events.send(Event::Text { delta: "Once".into() });
        let _ = self.tells.send("started");
        request.cancel.cancelled().await;
        let _ = self.tells.send("cancelled");
        Err(EngineError::Cancelled)
    }

    async fn complete(&self, _: Completion, _: CancellationToken, _: Events) -> Result<String, CompletionError> {
        unreachable!("the server asks for replies")
    }
}

fn endless() -> (Arc<Endless>, UnboundedReceiver<&'static str>) {
    let (tells, told) = unbounded_channel();
    (Arc::new(Endless { info: info("endless"), tells }), told)
}

async fn next(told: &mut UnboundedReceiver<&'static str>) -> &'static str {
    tokio::time::timeout(Duration::from_secs(60), told.recv()).await.expect("nothing happened").unwrap()
}

fn body(stream: bool) -> Value {
    json!({"messages": [{"role": "user", "content": "hi"}], "stream": stream})
}

#[tokio::test]
async fn a_client_that_leaves_cancels_its_reply() {
    let (engine, mut told) = endless();
    let server = serve(engine, None).await;
    for stream in [false, true] {
        let request = client().post(format!("{}/v1/chat/completions", server.base)).json(&body(stream)).send();
        let waiting = tokio::spawn(async move { request.await.unwrap().text().await });
        assert_eq!(next(&mut told).await, "started");
        waiting.abort();
        assert_eq!(next(&mut told).await, "cancelled", "stream: {stream}");
    }
}

#[tokio::test]
async fn a_client_that_leaves_in_the_middle_of_a_stream_cancels_its_reply() {
    let (engine, mut told) = endless();
    let server = serve(engine, None).await;
    let mut response = server.post(&body(true)).await;
    let mut seen = String::new();
    while !seen.contains("Once") {
        seen.push_str(&String::from_utf8_lossy(&response.chunk().await.unwrap().unwrap()));
    }
    assert_eq!(next(&mut told).await, "started");
    assert!(told.try_recv().is_err(), "it was cancelled too early");
    drop(response);
    assert_eq!(next(&mut told).await, "cancelled");
}

#[tokio::test]
async fn a_server_that_stops_cancels_what_is_being_written() {
    for stream in [false, true] {
        let (engine, mut told) = endless();
        let server = serve(engine, None).await;
        let asking = async {
            let response = server.post(&body(stream)).await;
            (response.status().as_u16(), response.text().await.unwrap())
        };
        let stopping = async {
            assert_eq!(next(&mut told).await, "started");
            server.stop.cancel();
            assert_eq!(next(&mut told).await, "cancelled");
        };
        let ((status, text), ()) = tokio::join!(asking, stopping);
        assert_eq!(status, if stream { 200 } else { 503 });
        assert!(text.contains("server_stopping"), "{text}");
        let again = client().get(format!("{}/health", server.base)).send().await;
        assert!(again.is_err(), "it still answers");
    }
}
