//! The server's paths. The chat completions are `openai/`'s, the messages `anthropic/`'s, the own API is `runs/`'s; what is small stands
//! here.

use crate::app::{App, check_model};
use crate::error::ApiError;
use crate::guard::{Guard, guard};
use crate::limits::Limits;
use crate::measured::Measured;
use crate::metrics::Metrics;
use crate::observe;
use crate::openai::responses;
use crate::runs::desk::Desk;
use crate::runs::{self, Workspace};
use crate::{anthropic, api, mcp, openai, page};
use axum::Router;
use axum::extract::{Path, State};
use axum::http::{Method, StatusCode, Uri};
use axum::response::{IntoResponse, Json, Response};
use axum::routing::{get, post};
use polymath_model::embed::{Embedder, EmbedderInfo};
use polymath_model::engine::{Engine, Sampling};
use serde_json::{Value, json};
use std::sync::Arc;
use tokio_util::sync::CancellationToken;

/// What is served.
pub struct Service {
    pub engine: Arc<dyn Engine>,
    /// How tokens are picked where a request does not say; its seed is not used (see the requests').
    pub sampling: Sampling,
    /// For embeddings; without it there are none.
    pub embedder: Option<Arc<dyn Embedder>>,
    /// For the own API and the page; without it only the model is served.
    pub workspace: Option<Workspace>,
}

/// # Errors
/// Two counters have one name.
pub fn app(service: Service, limits: Limits, stop: CancellationToken) -> Result<App, prometheus::Error> {
    let Service { engine, sampling, embedder, workspace } = service;
    let metrics = Metrics::new()?;
    let measured = |engine| Arc::new(Measured { engine, metrics: metrics.clone() }) as Arc<dyn Engine>;
    let engine = measured(engine);
    let workspace = workspace.map(|mut workspace| {
        workspace.agent.engine = measured(workspace.agent.engine);
        workspace
    });
    let desk = workspace.map(|workspace| Arc::new(Desk::new(workspace, stop.clone())));
    Ok(App {
        engine,
        sampling,
        embedder,
        started: chrono::Utc::now().timestamp(),
        limits,
        desk,
        metrics,
        responses: Arc::default(),
        stop,
    })
}

pub fn router(app: App, wall: Guard) -> Router {
    Router::new()
        .merge(page::routes())
        .merge(runs::routes())
        .merge(mcp::routes(&app))
        .merge(api::routes())
        .route("/health", get(health))
        .route("/metrics", get(observe::metrics))
        .route("/v1/models", get(models))
        .route("/v1/models/{*name}", get(model))
        .route("/v1/chat/completions", post(openai::completions))
        .route("/v1/responses", post(responses::create))
        .route("/v1/responses/{id}", get(responses::one).delete(responses::remove))
        .route("/v1/embeddings", post(openai::embeddings::create))
        .route("/v1/images/generations", post(openai::images::generate))
        .route("/v1/files", get(openai::files::list).post(openai::files::upload))
        .route("/v1/files/{id}", get(openai::files::one).delete(openai::files::remove))
        .route("/v1/files/{id}/content", get(openai::files::content))
        .route(anthropic::PATH, post(anthropic::create))
        .fallback(no_such_path)
        .method_not_allowed_fallback(wrong_method)
        .layer(axum::middleware::from_fn_with_state(wall, guard))
        .layer(axum::middleware::from_fn_with_state(app.clone(), observe::observe))
        .with_state(app)
}

async fn health() -> Json<Value> {
    Json(json!({"status": "ok"}))
}

async fn models(State(app): State<App>) -> Json<Value> {
    let embedding = app.embedder.as_ref().map(|embedder| about_embedder(&app, embedder.info()));
    let data: Vec<Value> = std::iter::once(about(&app)).chain(embedding).collect();
    Json(json!({"object": "list", "data": data}))
}

async fn model(State(app): State<App>, Path(name): Path<String>) -> Response {
    if let Some(info) = app.embedder.as_ref().map(|embedder| embedder.info()).filter(|info| info.name == name) {
        return Json(about_embedder(&app, info)).into_response();
    }
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

fn about_embedder(app: &App, info: &EmbedderInfo) -> Value {
    json!({
        "id": info.name,
        "object": "model",
        "created": app.started,
        "owned_by": "polymath",
        "context_length": info.context,
        "embedding_dimensions": info.dimensions,
    })
}

async fn no_such_path(method: Method, uri: Uri) -> ApiError {
    ApiError::new(StatusCode::NOT_FOUND, "unknown_url", nothing_at(&method, &uri))
}

async fn wrong_method(method: Method, uri: Uri) -> ApiError {
    ApiError::new(StatusCode::METHOD_NOT_ALLOWED, "method_not_supported", nothing_at(&method, &uri))
}

fn nothing_at(method: &Method, uri: &Uri) -> String {
    let path = uri.path();
    format!(
        "there is no {method} {path}; this server has GET / (the page), GET /health, GET /v1/models, \
         POST /v1/chat/completions, POST /v1/responses, POST /v1/messages, /mcp (the Model Context Protocol), its own API \
         below /api, and more: GET /api/docs has all of it"
    )
}
