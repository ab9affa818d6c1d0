//! The description of all the server's paths, for programs (`/api/openapi.json`) and for people (`/api/docs`), who
//! get plain HTML: no script, and nothing from elsewhere.

mod description;
mod page;

use crate::app::App;
use crate::error::ApiError;
use axum::Router;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;

/// Paths that hold no secrets and need no token: a browser cannot send one here.
pub const OPEN: [&str; 3] = ["/api/openapi.json", "/api/docs", "/api/docs.css"];
/// Nothing runs, and nothing loads but the style.
const POLICY: &str =
    "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

pub fn routes() -> Router<App> {
    Router::new()
        .route("/api/openapi.json", get(|| async { answer(json(), "application/json") }))
        .route("/api/docs", get(|| async { answer(html(), "text/html; charset=utf-8") }))
        .route("/api/docs.css", get(|| async { answer(Ok(page::STYLE.to_owned()), "text/css; charset=utf-8") }))
}

fn json() -> Result<String, serde_json::Error> {
    description::description()?.to_json()
}

fn html() -> Result<String, serde_json::Error> {
    Ok(page::page(&serde_json::to_value(description::description()?)?))
}

fn answer(content: Result<String, serde_json::Error>, kind: &'static str) -> Response {
    let fixed = HeaderValue::from_static;
    let headers = [
        (header::CONTENT_TYPE, fixed(kind)),
        (header::CONTENT_SECURITY_POLICY, fixed(POLICY)),
        (header::X_CONTENT_TYPE_OPTIONS, fixed("nosniff")),
    ];
    match content {
        Ok(content) => (headers, content).into_response(),
        Err(e) => {
            let message = format!("the description cannot be written: {e}; report this");
            ApiError::new(StatusCode::INTERNAL_SERVER_ERROR, "internal_error", message).into_response()
        }
    }
}
