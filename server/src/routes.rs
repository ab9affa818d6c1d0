//! The server's paths. The chat completions are `openai/`'s; what is small stands here.

use crate::error::ApiError;
use crate::guard::{Guard, guard};
use crate::openai;
use axum::Router;
use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, Method, StatusCode, Uri, header};
use axum::response::{IntoResponse, Json, Response};
use axum::routing::{get, post};
use futures::StreamExt;
use polymath_model::engine::{Engine, Sampling};
use serde_json::{Value, json};
use std::sync::Arc;
use tokio_util::sync::CancellationToken;

/// Bytes of a request. The longest context there is holds less text.
const BODY_LIMIT: usize = 8 << 20;
/// Bytes of a request that is too large before its connection is closed.
const DRAIN_LIMIT: usize = 8 * BODY_LIMIT;

/// What is served.
pub struct Service {
    pub engine: Arc<dyn Engine>,
    /// How tokens are picked where a request does not say; its seed is not used (see the requests').
    pub sampling: Sampling,
}

/// What every handler sees.
#[derive(Clone)]
pub struct App {
    pub engine: Arc<dyn Engine>,
    pub sampling: Sampling,
    /// Seconds since 1970 at which the server began.
    pub started: i64,
    /// Cancelled when the server stops.
    pub stop: CancellationToken,
}

pub fn router(service: Service, wall: Guard, stop: CancellationToken) -> Router {
    let app = App { engine: service.engine, sampling: service.sampling, started: chrono::Utc::now().timestamp(), stop };
    Router::new()
        .route("/health", get(health))
        .route("/v1/models", get(models))
        .route("/v1/models/{*name}", get(model))
        .route("/v1/chat/completions", post(openai::completions))
        .fallback(no_such_path)
        .method_not_allowed_fallback(wrong_method)
        .layer(axum::middleware::from_fn_with_state(wall, guard))
        .with_state(app)
}

async fn health() -> Json<Value> {
    Json(json!({"status": "ok"}))
}

async fn models(State(app): State<App>) -> Json<Value> {
    Json(json!({"object": "list", "data": [about(&app)]}))
}

async fn model(State(app): State<App>, Path(name): Path<String>) -> Response {
    match check_model(&app, &name) {
        Ok(()) => Json(about(&app)).into_response(),
        Err(error) => error.into_response(),
    }
}

fn about(app: &App) -> Value {
    let info = app.engine.info();
    json!({
        "id": info.name,
        "object": "model",
        "created": app.started,
        "owned_by": "polymath",
        "context_length": info.context,
    })
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

async fn no_such_path(method: Method, uri: Uri) -> ApiError {
    ApiError::new(StatusCode::NOT_FOUND, "unknown_url", nothing_at(&method, &uri))
}

async fn wrong_method(method: Method, uri: Uri) -> ApiError {
    ApiError::new(StatusCode::METHOD_NOT_ALLOWED, "method_not_supported", nothing_at(&method, &uri))
}

fn nothing_at(method: &Method, uri: &Uri) -> String {
    let path = uri.path();
    format!("there is no {method} {path}; this server has GET /health, GET /v1/models and POST /v1/chat/completions")
}

/// A request's body as JSON. The content type is insisted on: a foreign web page cannot send it
/// without asking first, and would be told no.
pub async fn json_body(headers: &HeaderMap, body: Body) -> Result<Value, ApiError> {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|v| v.to_str().ok()).unwrap_or_default();
    let essence = kind.split(';').next().unwrap_or_default().trim();
    if !essence.eq_ignore_ascii_case("application/json") {
        let message = format!("the content type is `{kind}`; send JSON with `Content-Type: application/json`");
        return Err(ApiError::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "unsupported_content_type", message));
    }
    serde_json::from_slice(&read(body).await?).map_err(|e| {
        ApiError::new(StatusCode::BAD_REQUEST, "invalid_json", format!("the body is not valid JSON: {e}; correct it"))
    })
}

async fn read(body: Body) -> Result<Vec<u8>, ApiError> {
    let mut pieces = body.into_data_stream();
    let (mut whole, mut size) = (Vec::new(), 0);
    while let Some(piece) = pieces.next().await {
        let piece = piece.map_err(|e| {
            ApiError::new(StatusCode::BAD_REQUEST, "unreadable_body", format!("the body broke off: {e}; send it again"))
        })?;
        size += piece.len();
        if size <= BODY_LIMIT {
            whole.extend_from_slice(&piece);
        } else if size <= DRAIN_LIMIT {
            // Who is still sending reads no answer, so what is too much is taken and dropped, for a while.
            whole.clear();
        } else {
            break;
        }
    }
    if size <= BODY_LIMIT {
        return Ok(whole);
    }
    let message = format!("the request is larger than {} MB; send fewer or shorter messages", BODY_LIMIT >> 20);
    Err(ApiError::new(StatusCode::PAYLOAD_TOO_LARGE, "request_too_large", message))
}
