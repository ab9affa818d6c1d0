//! `POST /v1/responses`, as OpenAI has it: a reply as a list of items, and conversations that the server keeps.
//!
//! Source: <https://platform.openai.com/docs/api-reference/responses> and
//! <https://platform.openai.com/docs/api-reference/responses-streaming>.

mod agent;
mod input;
mod output;
mod request;
mod store;

pub use store::Responses;

use crate::app::{App, check_model, json_body};
use crate::error::ApiError;
use crate::generation::Generation;
use crate::wire::stream::respond;
use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Json, Response};
use output::{Head, Keep, Writing};
use request::{Defaults, ResponsesRequest, Work};
use serde_json::{Value, json};

pub async fn create(State(app): State<App>, headers: HeaderMap, body: Body) -> Result<Response, ApiError> {
    let body = json_body(&headers, body, &app.limits).await?;
    let defaults = Defaults { sampling: app.sampling.clone(), max_tokens: app.engine.info().context };
    let ResponsesRequest { model, work, stream, previous, keep, echo } =
        request::read(&body, &defaults, &app.responses)?;
    check_model(&app, &model)?;
    let head = Head::new(&app.engine.info().name, echo);
    let store = app.responses.clone();
    let keep = |said| keep.then_some(Keep { store, previous, said });
    let (ask, said) = match work {
        Work::Turn(turn) => return agent::respond(&app, turn, stream, Writing::new(head, keep(Vec::new()))).await,
        Work::Reply { ask, said } => (ask, said),
    };
    let generation = Generation::start(app.engine, *ask, app.stop.child_token());
    let mut writing = Writing::new(head, keep(said));
    match stream {
        false => {
            writing.end(&generation.finish().await?);
            Ok(Json(writing.response()).into_response())
        }
        true => respond(generation, writing).await,
    }
}

pub async fn one(State(app): State<App>, Path(id): Path<String>) -> Result<Json<Value>, ApiError> {
    app.responses.response(&id).map(Json).ok_or_else(|| store::unknown(&id))
}

pub async fn remove(State(app): State<App>, Path(id): Path<String>) -> Result<Json<Value>, ApiError> {
    match app.responses.remove(&id) {
        true => Ok(Json(json!({"id": id, "object": "response", "deleted": true}))),
        false => Err(store::unknown(&id)),
    }
}
