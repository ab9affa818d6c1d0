//! Over HTTP, as one path of the server. Who may ask is the guard's matter, as everywhere.

use super::connection::Connection;
use super::offer::Offer;
use crate::app::{App, BODY_LIMIT, read_body};
use crate::error::ApiError;
use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::Method;
use axum::response::{IntoResponse, Response};
use axum::routing::any;
use rmcp::model::ProtocolVersion;
use rmcp::transport::streamable_http_server::session::local::LocalSessionManager;
use rmcp::transport::streamable_http_server::{StreamableHttpServerConfig, StreamableHttpService};
use std::io;
use std::sync::Arc;
use std::time::Duration;

/// How long a connection is kept that nobody uses; longer than a turn may take.
const IDLE: Duration = Duration::from_secs(3600);
/// Connections at once: each may hold an interpreter.
const MOST: usize = 64;

type Service = StreamableHttpService<Connection, LocalSessionManager>;

/// `/mcp`, on a server that has tools.
pub fn routes(app: &App) -> Router<App> {
    let Some(desk) = app.desk.clone() else { return Router::new() };
    let offer = Arc::new(Offer::of(desk, app.stop.clone()));
    // A connection keeps what its calls left. From 2026-07-28 on the protocol knows none over HTTP.
    let versions = ProtocolVersion::known_up_to(&ProtocolVersion::V_2025_11_25);
    let mut sessions = LocalSessionManager::default();
    sessions.session_config.keep_alive = Some(IDLE);
    let connect = move || match Arc::strong_count(&offer) {
        ..=MOST => Ok(Connection::new(offer.clone(), versions)),
        _ => Err(io::Error::other(format!("{MOST} clients are connected; try again when one of them has left"))),
    };
    let config = StreamableHttpServerConfig::default()
        .disable_allowed_hosts()
        .with_max_request_body_bytes(BODY_LIMIT)
        .with_cancellation_token(app.stop.child_token());
    let service = Service::new(connect, Arc::new(sessions), config);
    Router::new().route("/mcp", any(move |State(app): State<App>, request: Request| answer(app, service, request)))
}

/// Bodies are read here, within the server's times.
async fn answer(app: App, service: Service, request: Request) -> Result<Response, ApiError> {
    let (head, body) = request.into_parts();
    let body = match head.method {
        Method::POST => Body::from(read_body(body, &app.limits, BODY_LIMIT).await?),
        _ => Body::empty(),
    };
    Ok(service.handle(Request::from_parts(head, body)).await.into_response())
}
