//! The own API: conversations and the turns in them. Every turn is a run that goes on whoever looks
//! on, and is looked at from any place in its events, while it runs and ever after.
//!
//! ```text
//! GET    /api/status                           model, tools, version
//! GET    /api/sessions                         all conversations, the one used last first
//! GET    /api/sessions/ID                      one: its turns with their events so far
//! PATCH  /api/sessions/ID                      {"title"}
//! DELETE /api/sessions/ID
//! GET    /api/sessions/ID/pages/N              the text of the page that answers cite as [N]
//! GET    /api/sessions/ID/artifacts/NAME       a file that a tool made
//! POST   /api/runs                             {"question", "session"?, "files"?} -> {"session", "turn"}
//! GET    /api/sessions/ID/runs/TURN/events     SSE, from `Last-Event-ID` or ?from=
//! POST   /api/sessions/ID/runs/TURN/cancel
//! POST   /api/sessions/ID/runs/TURN/say        {"message"}: taken up at the run's next step
//! POST   /api/sessions/ID/runs/TURN/approve    {"id", "answer"}: what an event `approval` asks
//! POST   /api/uploads?name=NAME                the body is a file -> {"id", "name", "bytes"}
//! ```
//!
//! Runs of other processes are among them: `elsewhere.rs`.

mod cursor;
pub(crate) mod desk;
mod elsewhere;
pub(crate) mod files;
pub(crate) mod follow;
pub(crate) mod live;
mod sessions;
mod stream;
mod view;

pub use desk::Workspace;

use crate::app::{App, json_body};
use crate::error::ApiError;
use axum::Router;
use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Json;
use axum::routing::{get, post};
use desk::Ask;
use polymath_chat::Consent;
use serde::Deserialize;
use serde_json::{Value, json};

pub fn routes() -> Router<App> {
    Router::new()
        .route("/api/status", get(status))
        .route("/api/sessions", get(sessions::list))
        .route("/api/sessions/{id}", get(sessions::one).patch(sessions::rename).delete(sessions::remove))
        .route("/api/sessions/{id}/pages/{n}", get(sessions::page))
        .route("/api/sessions/{id}/artifacts/{name}", get(files::artifact))
        .route("/api/sessions/{id}/runs/{turn}/events", get(stream::events))
        .route("/api/sessions/{id}/runs/{turn}/cancel", post(cancel))
        .route("/api/sessions/{id}/runs/{turn}/say", post(say))
        .route("/api/sessions/{id}/runs/{turn}/approve", post(approve))
        .route("/api/runs", post(start))
        .route("/api/uploads", post(files::upload))
}

async fn status(State(app): State<App>) -> Result<Json<Value>, ApiError> {
    let desk = app.desk()?;
    let info = app.engine.info();
    let tools = desk.agent.tools.specs();
    let tools: Vec<Value> = tools.iter().map(|t| json!({"name": t.name, "description": t.description})).collect();
    Ok(Json(json!({
        "version": env!("CARGO_PKG_VERSION"),
        "model": info.name,
        "context_length": info.context,
        "tools": tools,
    })))
}

async fn start(State(app): State<App>, headers: HeaderMap, body: Body) -> Result<(StatusCode, Json<Value>), ApiError> {
    let body = json_body(&headers, body, &app.limits).await?;
    let ask: Ask = serde_json::from_value(body)
        .map_err(|e| ApiError::invalid("question", format!("this is no run: {e}; send {{\"question\": \"…\"}}")))?;
    let (session, live) = app.desk()?.start(ask).await?;
    Ok((StatusCode::CREATED, Json(json!({"session": session, "turn": live.turn}))))
}

async fn cancel(
    State(app): State<App>,
    Path((id, turn)): Path<(String, u32)>,
) -> Result<(StatusCode, Json<Value>), ApiError> {
    let desk = app.desk()?;
    match desk.live(&id).filter(|live| live.turn == turn) {
        Some(live) => live.cancel.cancel(),
        None => elsewhere::cancel(desk, id, turn).await?,
    }
    Ok((StatusCode::ACCEPTED, Json(json!({"cancelled": true}))))
}

async fn say(
    State(app): State<App>,
    Path((id, turn)): Path<(String, u32)>,
    headers: HeaderMap,
    body: Body,
) -> Result<(StatusCode, Json<Value>), ApiError> {
    let body = json_body(&headers, body, &app.limits).await?;
    let Some(message) = body["message"].as_str() else {
        return Err(ApiError::invalid("message", "something is said to a run with {\"message\": \"…\"}"));
    };
    desk::check_words("message", message)?;
    let desk = app.desk()?;
    match desk.live(&id).filter(|live| live.turn == turn) {
        Some(live) => live.say(message),
        None => elsewhere::say(desk, id, turn, message.to_owned()).await?,
    }
    Ok((StatusCode::ACCEPTED, Json(json!({"said": true}))))
}

/// The user's word on a call that waits for it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Word {
    id: String,
    answer: Consent,
}

async fn approve(
    State(app): State<App>,
    Path((id, turn)): Path<(String, u32)>,
    headers: HeaderMap,
    body: Body,
) -> Result<(StatusCode, Json<Value>), ApiError> {
    let word: Word = serde_json::from_value(json_body(&headers, body, &app.limits).await?).map_err(|e| {
        let usage = "{\"id\": \"…\", \"answer\": \"once\", \"always\" or \"refused\"}";
        ApiError::invalid("answer", format!("this is no answer: {e}; send {usage}"))
    })?;
    let desk = app.desk()?;
    match desk.live(&id).filter(|live| live.turn == turn) {
        Some(live) if live.consent(&word.id, word.answer) => {}
        Some(_) => return Err(elsewhere::not_asked(&id, turn, &word.id)),
        None => elsewhere::consent(desk, id, turn, word.id, word.answer).await?,
    }
    Ok((StatusCode::ACCEPTED, Json(json!({"answered": true}))))
}
