//! `POST /v1/chat/completions`, as OpenAI has it.

mod fields;
mod messages;
mod request;
mod response;
mod tools;

use crate::app::{App, check_model, json_body};
use crate::error::ApiError;
use crate::generation::{Generation, Progress};
use axum::body::Body;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Json, Response};
use futures::stream::{self, Stream, StreamExt};
use polymath_model::engine::ToolChoice;
use request::{ChatRequest, Defaults};
use response::{Chunks, Head};
use serde_json::Value;
use std::convert::Infallible;
use std::time::Duration;

/// How long a stream waits for its first sign of life before it begins with status 200. What is
/// wrong with a request shows in that time and gets a status of its own; a long prompt takes longer,
/// and its client wants to see that it is being worked on.
const FIRST_SIGN: Duration = Duration::from_secs(2);

pub async fn completions(State(app): State<App>, headers: HeaderMap, body: Body) -> Result<Response, ApiError> {
    let body = json_body(&headers, body, &app.limits).await?;
    let defaults = Defaults { sampling: app.sampling.clone(), max_tokens: app.engine.info().context };
    let ChatRequest { model, ask, stream, include_usage } = request::read(&body, &defaults)?;
    check_model(&app, &model)?;
    let head = Head::new(&app.engine.info().name);
    let demanded = matches!(ask.rules.tool_choice, ToolChoice::Required | ToolChoice::Named(_));
    let mut generation = Generation::start(app.engine, ask, app.stop.child_token());
    if !stream {
        return Ok(Json(head.completion(&generation.finish().await?)).into_response());
    }
    let first = match tokio::time::timeout(FIRST_SIGN, generation.next()).await {
        Ok(Some(Progress::Failed(error))) => return Err(error.into()),
        Ok(first) => first,
        Err(_) => None,
    };
    let (chunks, opening) = Chunks::begin(head, include_usage, demanded);
    let events = stream::once(async move { data(&opening) }).chain(events(generation, first, chunks));
    Ok(Sse::new(events.map(Ok::<_, Infallible>)).keep_alive(KeepAlive::default()).into_response())
}

/// The events of a generation to its end; dropping the stream cancels it.
fn events(generation: Generation, first: Option<Progress>, chunks: Chunks) -> impl Stream<Item = Event> {
    let state = (generation, first, chunks);
    stream::unfold(state, |(mut generation, mut first, mut chunks)| async move {
        let progress = match first.take() {
            Some(first) => first,
            None => generation.next().await?,
        };
        let events = render(progress, &mut chunks);
        Some((stream::iter(events), (generation, first, chunks)))
    })
    .flatten()
}

fn render(progress: Progress, chunks: &mut Chunks) -> Vec<Event> {
    match progress {
        Progress::Started => Vec::new(),
        Progress::Text(delta) => vec![data(&chunks.text(&delta))],
        Progress::Reasoning(delta) => vec![data(&chunks.reasoning(&delta))],
        Progress::Done(reply) => {
            let mut events: Vec<Event> = chunks.end(&reply).iter().map(data).collect();
            events.push(Event::default().data("[DONE]"));
            events
        }
        // The status is sent; clients look for an `error` in the data.
        Progress::Failed(error) => vec![data(&ApiError::from(error).body())],
    }
}

fn data(value: &Value) -> Event {
    Event::default().data(value.to_string())
}
