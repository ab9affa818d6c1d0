//! OpenAI's API: `POST /v1/chat/completions` here, `POST /v1/responses` in `responses/`.

mod messages;
mod request;
mod response;
pub mod responses;
mod tools;

use crate::app::{App, check_model, json_body};
use crate::error::ApiError;
use crate::generation::{Generation, Progress};
use crate::wire::stream::{Writer, respond};
use crate::wire::tools::is_demand;
use axum::body::Body;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::sse::Event;
use axum::response::{IntoResponse, Json, Response};
use request::{ChatRequest, Defaults};
use response::{Chunks, Head};
use serde_json::Value;

pub async fn completions(State(app): State<App>, headers: HeaderMap, body: Body) -> Result<Response, ApiError> {
    let body = json_body(&headers, body, &app.limits).await?;
    let defaults = Defaults { sampling: app.sampling.clone(), max_tokens: app.engine.info().context };
    let ChatRequest { model, ask, stream, include_usage } = request::read(&body, &defaults)?;
    check_model(&app, &model)?;
    let head = Head::new(&app.engine.info().name);
    let demanded = is_demand(&ask.rules.tool_choice);
    let generation = Generation::start(app.engine, ask, app.stop.child_token());
    match stream {
        false => Ok(Json(head.completion(&generation.finish().await?)).into_response()),
        true => respond(generation, Chunks::new(head, include_usage, demanded)).await,
    }
}

impl Writer for Chunks {
    fn begin(&mut self) -> Vec<Event> {
        vec![data(&self.first())]
    }

    fn write(&mut self, progress: Progress) -> Vec<Event> {
        match progress {
            Progress::Started => Vec::new(),
            Progress::Text(delta) => vec![data(&self.text(&delta))],
            Progress::Reasoning(delta) => vec![data(&self.reasoning(&delta))],
            Progress::Done(reply) => {
                let mut events: Vec<Event> = self.end(&reply).iter().map(data).collect();
                events.push(Event::default().data("[DONE]"));
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
