//! The demo's web: its pages, its redirects, and a search endpoint like SearXNG's.

use anyhow::Context;
use axum::Router;
use axum::extract::{Path, Query, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Json, Redirect, Response};
use axum::routing::get;
use include_dir::{Dir, include_dir};
use polymath_tools::browser::Corpus;
use serde::Deserialize;
use serde_json::json;
use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::Arc;
use tempfile::TempDir;

static EXAMPLE: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/examples/scale-ai");

/// The running site; it ends when this is dropped.
pub struct Site {
    pub address: SocketAddr,
    server: tokio::task::JoinHandle<()>,
    /// The pages as files, which the index is made from.
    _files: TempDir,
}

impl Drop for Site {
    fn drop(&mut self) {
        self.server.abort();
    }
}

struct Content {
    address: SocketAddr,
    corpus: Corpus,
    redirects: HashMap<String, String>,
}

#[derive(Deserialize)]
struct Redirects {
    redirects: HashMap<String, String>,
}

impl Site {
    /// Serves on a free port of 127.0.0.1.
    pub async fn start() -> anyhow::Result<Site> {
        let files = tempfile::tempdir()?;
        EXAMPLE.extract(files.path())?;
        let corpus = Corpus::open(&files.path().join("pages"), files.path())?;
        let redirects =
            EXAMPLE.get_file("redirects.toml").and_then(|f| f.contents_utf8()).context("redirects.toml is missing")?;
        let redirects = toml::from_str::<Redirects>(redirects)?.redirects;
        let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await?;
        let address = listener.local_addr()?;
        let content = Arc::new(Content { address, corpus, redirects });
        let app = Router::new().route("/search", get(search)).route("/{*path}", get(page)).with_state(content);
        let server = tokio::spawn(async move {
            if let Err(e) = axum::serve(listener, app).await {
                tracing::error!("the demo's pages are gone: {e}");
            }
        });
        Ok(Site { address, server, _files: files })
    }
}

#[derive(Deserialize)]
struct SearchQuery {
    q: String,
}

async fn search(State(content): State<Arc<Content>>, Query(query): Query<SearchQuery>) -> Response {
    match content.corpus.search(&query.q, 10) {
        Ok(hits) => {
            let address = content.address;
            let results = hits.into_iter().map(|hit| {
                let path = hit.url.strip_prefix("local:").unwrap_or(&hit.url);
                json!({"url": format!("http://{address}/{path}"), "title": hit.title, "content": hit.snippet})
            });
            Json(json!({"query": query.q, "results": results.collect::<Vec<_>>()})).into_response()
        }
        Err(e) => (StatusCode::INTERNAL_SERVER_ERROR, e.to_string()).into_response(),
    }
}

async fn page(State(content): State<Arc<Content>>, Path(path): Path<String>) -> Response {
    if let Some(to) = content.redirects.get(&format!("/{path}")) {
        return Redirect::permanent(to).into_response();
    }
    let Some(file) = EXAMPLE.get_file(format!("pages/{path}")) else { return StatusCode::NOT_FOUND.into_response() };
    let mime = if path.ends_with(".pdf") { "application/pdf" } else { "text/html; charset=utf-8" };
    ([(header::CONTENT_TYPE, mime)], file.contents()).into_response()
}
