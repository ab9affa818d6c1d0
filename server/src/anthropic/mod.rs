//! `POST /v1/messages`, as Anthropic has it, for the clients that speak it.
//!
//! Source: <https://docs.anthropic.com/en/api/messages> and
//! <https://docs.anthropic.com/en/docs/build-with-claude/streaming>.

mod error;
mod messages;
mod request;
mod response;

pub use error::answer;

use crate::app::{App, check_model, json_body};
use crate::error::ApiError;
use crate::generation::Generation;
use crate::wire::stream::respond;
use axum::body::Body;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Json, Response};
use request::MessagesRequest;
use response::{Blocks, Head};

/// The path; errors below it have Anthropic's shape.
pub const PATH: &str = "/v1/messages";

pub async fn create(State(app): State<App>, headers: HeaderMap, body: Body) -> Response {
    reply(app, headers, body).await.unwrap_or_else(answer)
}

async fn reply(app: App, headers: HeaderMap, body: Body) -> Result<Response, ApiError> {
    let body = json_body(&headers, body, &app.limits).await?;
    let MessagesRequest { model, ask, stream } = request::read(&body, &app.sampling)?;
    check_model(&app, &model)?;
    let head = Head::new(&app.engine.info().name);
    let generation = Generation::start(app.engine, ask, app.stop.child_token());
    match stream {
        false => Ok(Json(head.message(&generation.finish().await?)).into_response()),
        true => respond(generation, Blocks::new(head)).await,
    }
}
