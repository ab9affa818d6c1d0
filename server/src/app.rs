//! What every handler is handed, and what several of them need: which model is served, and how a
//! request's body is read.

use crate::error::ApiError;
use crate::limits::Limits;
use crate::metrics::Metrics;
use crate::openai::responses::Responses;
use crate::runs::desk::Desk;
use axum::body::Body;
use axum::http::{HeaderMap, StatusCode, header};
use futures::StreamExt;
use polymath_model::embed::Embedder;
use polymath_model::engine::{Engine, Sampling};
use serde_json::Value;
use std::sync::Arc;
use tokio::time::{Instant, timeout_at};
use tokio_util::sync::CancellationToken;

/// Bytes of a request. The longest context there is holds less text.
pub const BODY_LIMIT: usize = 8 << 20;
/// How many times too large a request may be before its connection is closed.
const DRAIN: usize = 8;

/// What every handler sees.
#[derive(Clone)]
pub struct App {
    pub engine: Arc<dyn Engine>,
    pub sampling: Sampling,
    /// The model for embeddings, where there is one.
    pub embedder: Option<Arc<dyn Embedder>>,
    /// Seconds since 1970 at which the server began.
    pub started: i64,
    pub limits: Limits,
    /// The own API's; none where only the model is served.
    pub desk: Option<Arc<Desk>>,
    pub metrics: Metrics,
    /// Responses that later ones go on from.
    pub responses: Arc<Responses>,
    /// Cancelled when the server stops.
    pub stop: CancellationToken,
}

impl App {
    /// The desk, on a server that has one.
    pub fn desk(&self) -> Result<Arc<Desk>, ApiError> {
        self.desk.clone().ok_or_else(|| {
            let message = "this server has a model and no conversations; ask /v1";
            ApiError::new(StatusCode::NOT_FOUND, "no_sessions", message)
        })
    }
}

/// Whether a request for a model of this name is for the one that is served.
pub fn check_model(app: &App, name: &str) -> Result<(), ApiError> {
    let served = &app.engine.info().name;
    if name == served || name.is_empty() || name == "default" {
        return Ok(());
    }
    let message = format!("there is no model `{name}` here; this server has `{served}` (also called `default`)");
    let error = ApiError::new(StatusCode::NOT_FOUND, "model_not_found", message);
    Err(ApiError { param: Some("model".into()), ..error })
}

/// A request's body as JSON. The content type is insisted on: a foreign web page cannot send it
/// without asking first, and would be told no.
pub async fn json_body(headers: &HeaderMap, body: Body, limits: &Limits) -> Result<Value, ApiError> {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|v| v.to_str().ok()).unwrap_or_default();
    let essence = kind.split(';').next().unwrap_or_default().trim();
    if !essence.eq_ignore_ascii_case("application/json") {
        let message = format!("the content type is `{kind}`; send JSON with `Content-Type: application/json`");
        return Err(ApiError::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "unsupported_content_type", message));
    }
    serde_json::from_slice(&read_body(body, limits, BODY_LIMIT).await?).map_err(|e| {
        ApiError::new(StatusCode::BAD_REQUEST, "invalid_json", format!("the body is not valid JSON: {e}; correct it"))
    })
}

/// A request's body, of `most` bytes.
pub async fn read_body(body: Body, limits: &Limits, most: usize) -> Result<Vec<u8>, ApiError> {
    let end = Instant::now() + limits.body;
    let mut pieces = body.into_data_stream();
    let (mut whole, mut size) = (Vec::new(), 0);
    loop {
        let next = timeout_at(end.min(Instant::now() + limits.body_piece), pieces.next());
        let Some(piece) = next.await.map_err(|_| too_slow(limits))? else { break };
        let piece = piece.map_err(|e| {
            ApiError::new(StatusCode::BAD_REQUEST, "unreadable_body", format!("the body broke off: {e}; send it again"))
        })?;
        size += piece.len();
        if size <= most {
            whole.extend_from_slice(&piece);
        } else if size <= DRAIN * most {
            // Who is still sending reads no answer, so what is too much is taken and dropped, for a while.
            whole.clear();
        } else {
            break;
        }
    }
    if size <= most {
        return Ok(whole);
    }
    let message = format!("the request is larger than {} MB; send less at once", most >> 20);
    Err(ApiError::new(StatusCode::PAYLOAD_TOO_LARGE, "request_too_large", message))
}

fn too_slow(limits: &Limits) -> ApiError {
    let message = format!(
        "the body came too slowly: of a request there must be more every {} s, and all of it in {} s; send it again",
        limits.body_piece.as_secs(),
        limits.body.as_secs()
    );
    ApiError::new(StatusCode::REQUEST_TIMEOUT, "request_timeout", message)
}
