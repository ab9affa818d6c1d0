//! OpenAI's API: `POST /v1/chat/completions` here, `POST /v1/responses` in `responses/`, files, pictures and embeddings
//! in a file each.

pub mod embeddings;
pub mod files;
pub mod images;
mod messages;
mod request;
mod response;
pub mod responses;
mod tools;

use crate::app::{App, check_model, json_body};
use crate::error::ApiError;
use crate::generation::{Generations, Progress};
use crate::wire::stream::{Writer, respond};
use crate::wire::tools::is_demand;
use axum::body::Body;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::sse::Event;
use axum::response::{IntoResponse, Json, Response};
use polymath_model::engine::TokenUsage;
use request::{ChatRequest, Defaults};
use response::{Chunks, Head};
use serde_json::Value;
use std::collections::BTreeMap;

pub async fn completions(State(app): State<App>, headers: HeaderMap, body: Body) -> Result<Response, ApiError> {
    let body = json_body(&headers, body, &app.limits).await?;
    let defaults = Defaults { sampling: app.sampling.clone(), max_tokens: app.engine.info().context };
    let ChatRequest { model, ask, choices, stream, include_usage } = request::read(&body, &defaults)?;
    check_model(&app, &model)?;
    let head = Head::new(&app.engine.info().name);
    let demanded = is_demand(&ask.rules.tool_choice);
    let generations = Generations::start(app.engine, ask, choices, app.stop.child_token());
    if !stream {
        return Ok(Json(head.completion(&generations.finish().await?)).into_response());
    }
    let chunks = |index| Chunks::new(head.clone(), index, include_usage, demanded);
    let chunks = (0..choices).map(chunks).collect();
    respond(generations, Choices { head, chunks, include_usage, done: BTreeMap::new() }).await
}

/// The stream of one reply or several.
struct Choices {
    head: Head,
    chunks: Vec<Chunks>,
    include_usage: bool,
    /// What those that are over took.
    done: BTreeMap<usize, TokenUsage>,
}

impl Writer for Choices {
    fn begin(&mut self) -> Vec<Event> {
        self.chunks.iter().map(|chunks| data(&chunks.first())).collect()
    }

    fn write(&mut self, reply: usize, progress: Progress) -> Vec<Event> {
        let chunks = &mut self.chunks[reply];
        match progress {
            Progress::Started => Vec::new(),
            Progress::Text(delta) => vec![data(&chunks.text(&delta))],
            Progress::Reasoning(delta) => vec![data(&chunks.reasoning(&delta))],
            Progress::Done(whole) => {
                let mut events: Vec<Event> = chunks.end(&whole).iter().map(data).collect();
                self.done.insert(reply, whole.usage);
                if self.done.len() == self.chunks.len() {
                    if self.include_usage {
                        events.push(data(&self.head.usage_chunk(self.done.values().copied())));
                    }
                    events.push(Event::default().data("[DONE]"));
                }
                events
            }
            // The status is sent; clients look for an `error` in the data.
            Progress::Failed(error) => vec![data(&ApiError::from(error).body())],
        }
    }
}

fn data(value: &Value) -> Event {
    Event::default().data(value.to_string())
}
