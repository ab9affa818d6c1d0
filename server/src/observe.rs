//! Gives each request an id, counts it, and logs that it was answered: when, how, for how long, and nothing of what
//! it said. `RUST_LOG=polymath_server=info` shows the lines.

use crate::app::App;
use axum::extract::{MatchedPath, Request, State};
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use std::time::Instant;
use tracing::Instrument;

/// What OpenAI calls it.
const ID: HeaderName = HeaderName::from_static("x-request-id");

/// The middleware around every route and the guard.
pub async fn observe(State(app): State<App>, request: Request, next: Next) -> Response {
    let id = format!("req_{:032x}", rand::random::<u128>());
    let method = request.method().clone();
    // Not the path, which may name a file or a conversation.
    let route = request.extensions().get::<MatchedPath>().map_or("none", |path| path.as_str()).to_owned();
    let began = Instant::now();
    let mut response = {
        let _during = app.metrics.answering();
        next.run(request).instrument(tracing::info_span!("request", %id)).await
    };
    let (status, seconds) = (response.status().as_u16(), began.elapsed().as_secs_f64());
    // A method may be any word.
    let known = ["GET", "POST", "PATCH", "DELETE", "HEAD", "PUT", "OPTIONS"];
    let method = known.into_iter().find(|known| *known == method.as_str()).unwrap_or("other");
    app.metrics.answered(method, &route, status, seconds);
    tracing::info!(%id, method, route, status, ms = (seconds * 1000.0) as u64, "answered");
    if let Ok(id) = HeaderValue::from_str(&id) {
        response.headers_mut().insert(ID, id);
    }
    response
}

/// `GET /metrics`.
pub async fn metrics(State(app): State<App>) -> Response {
    let runs = app.desk.as_ref().map_or(0, |desk| desk.running());
    match app.metrics.text(runs) {
        Ok(text) => ([(header::CONTENT_TYPE, crate::metrics::TEXT)], text).into_response(),
        Err(e) => (StatusCode::INTERNAL_SERVER_ERROR, format!("the counters cannot be written: {e}\n")).into_response(),
    }
}
