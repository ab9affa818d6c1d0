//! For those who run the server: counters, ids of requests, and the description of all paths.

#![allow(clippy::unwrap_used)]

mod common;

use common::workspace::{scripted, serve, serve_with};
use common::{Play, Player, client, said};
use polymath_chat::{Event, Message};
use serde_json::{Value, json};
use std::path::Path;
use std::sync::{Arc, Mutex};
use tempfile::TempDir;
use tracing_subscriber::fmt::MakeWriter;

async fn text(base: &str, path: &str) -> String {
    client().get(format!("{base}{path}")).send().await.unwrap().text().await.unwrap()
}

/// The value of a counter with these labels.
fn value(metrics: &str, name: &str) -> Option<f64> {
    metrics.lines().find_map(|line| line.strip_prefix(name)?.trim().parse().ok())
}

#[tokio::test]
async fn requests_and_tokens_are_counted() {
    let play = || Play { events: vec![Event::Text { delta: "ok".into() }], end: Ok(said("ok")) };
    let server = common::serve(Player::new(vec![play(), play()]), None).await;
    let hello = json!({"messages": [{"role": "user", "content": "secret words"}]});
    assert_eq!(server.ask(&hello).await.0, 200);
    assert_eq!(
        server.ask(&json!({"messages": [{"role": "user", "content": "x"}], "stream": false, "n": 0})).await.0,
        400
    );
    let anthropic = json!({"messages": [{"role": "user", "content": "x"}], "max_tokens": 3});
    assert_eq!(server.post_to("/v1/messages", &anthropic).await.0, 200);
    assert_eq!(server.get("/v1/models/secret-name").await.0, 404);
    assert_eq!(server.get("/secret/path").await.0, 404);
    let response = client().get(format!("{}/metrics", server.base)).send().await.unwrap();
    assert!(response.headers()["content-type"].to_str().unwrap().starts_with("text/plain"));
    let metrics = response.text().await.unwrap();
    let requests = |route: &str, status: &str, method: &str| {
        value(
            &metrics,
            &format!("polymath_http_requests_total{{method=\"{method}\",route=\"{route}\",status=\"{status}\"}}"),
        )
    };
    assert_eq!(requests("/v1/chat/completions", "200", "POST"), Some(1.0), "{metrics}");
    assert_eq!(requests("/v1/chat/completions", "400", "POST"), Some(1.0), "{metrics}");
    assert_eq!(requests("/v1/models/{*name}", "404", "GET"), Some(1.0), "{metrics}");
    assert_eq!(requests("none", "404", "GET"), Some(1.0), "{metrics}");
    assert_eq!(value(&metrics, "polymath_tokens_total{kind=\"prompt\"}"), Some(24.0), "{metrics}");
    assert_eq!(value(&metrics, "polymath_tokens_total{kind=\"completion\"}"), Some(6.0), "{metrics}");
    assert_eq!(value(&metrics, "polymath_replies_total{end=\"stop\"}"), Some(2.0), "{metrics}");
    assert_eq!(value(&metrics, "polymath_replies_in_flight"), Some(0.0), "{metrics}");
    assert_eq!(value(&metrics, "polymath_http_requests_in_flight"), Some(1.0), "this one: {metrics}");
    assert!(
        value(&metrics, "polymath_http_request_seconds_count{route=\"/v1/chat/completions\"}").is_some(),
        "{metrics}"
    );
    assert!(!metrics.contains("secret"), "{metrics}");
    // Every family says what it is.
    for line in metrics.lines().filter(|line| line.starts_with("# TYPE ")) {
        let name = line.split(' ').nth(2).unwrap();
        assert!(name.starts_with("polymath_") && metrics.contains(&format!("# HELP {name} ")), "{line}");
    }
}

#[tokio::test]
async fn counters_need_the_token_and_health_does_not() {
    let home = TempDir::new().unwrap();
    let server = serve(scripted(Vec::<Message>::new()), home.path(), Some("hunter2")).await;
    let status =
        async |path: &str| client().get(format!("{}{path}", server.base)).send().await.unwrap().status().as_u16();
    assert_eq!((status("/metrics").await, status("/health").await), (401, 200));
    for path in ["/api/openapi.json", "/api/docs", "/api/docs.css"] {
        assert_eq!(status(path).await, 200, "{path}");
    }
}

#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<u8>>>);

impl std::io::Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Lines {
    type Writer = Lines;

    fn make_writer(&'a self) -> Lines {
        self.clone()
    }
}

/// The one test of this file that sets what is logged, for the whole process.
#[tokio::test]
async fn every_answer_has_an_id_that_the_log_knows() {
    let lines = Lines::default();
    tracing_subscriber::fmt()
        .with_env_filter("polymath_server=info")
        .with_writer(lines.clone())
        .with_ansi(false)
        .init();
    let server = common::serve(Player::ending(vec![Ok(said("a secret answer"))]), None).await;
    let body = json!({"messages": [{"role": "user", "content": "a secret question"}]});
    let mut ids = Vec::new();
    for path in ["/v1/chat/completions", "/v1/files/secret-file", "/health"] {
        let url = format!("{}{path}", server.base);
        let request = if path.ends_with("completions") { client().post(url).json(&body) } else { client().get(url) };
        let response = request.send().await.unwrap();
        ids.push((path, response.headers()["x-request-id"].to_str().unwrap().to_owned()));
    }
    let log = String::from_utf8(lines.0.lock().unwrap().clone()).unwrap();
    for (path, id) in ids {
        let line = log.lines().find(|line| line.contains(&id) && line.contains("answered"));
        let line = line.unwrap_or_else(|| panic!("{path} {id}: {log}"));
        assert!(line.contains("status=") && line.contains("ms=") && line.contains("route="), "{line}");
    }
    assert!(!log.contains("secret"), "{log}");
}

/// Paths of routes in the sources, as they are written there.
fn routes() -> Vec<String> {
    let mut found = Vec::new();
    let mut folders = vec![Path::new(&std::env::var("CARGO_MANIFEST_DIR").unwrap()).join("src")];
    while let Some(folder) = folders.pop() {
        for path in std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let code = std::fs::read_to_string(&path).unwrap();
            let parts = code.split(".route(").skip(1).filter_map(|part| part.trim_start().strip_prefix('"'));
            found.extend(parts.map(|part| part.split('"').next().unwrap().replace("{*", "{")));
        }
    }
    found
}

#[tokio::test]
async fn the_description_has_every_path_and_each_is_there() {
    let home = TempDir::new().unwrap();
    let server = serve_with(scripted(Vec::<Message>::new()), home.path(), Vec::new()).await;
    let description: Value = serde_json::from_str(&text(&server.base, "/api/openapi.json").await).unwrap();
    assert!(description["openapi"].as_str().unwrap().starts_with("3."), "{description}");
    let paths = description["paths"].as_object().unwrap();
    let written = routes();
    assert!(written.len() > 20, "{written:?}");
    // The page's own files are no API.
    for path in written.iter().filter(|path| !["/", "/assets/{name}", "/api/docs.css"].contains(&path.as_str())) {
        assert!(paths.contains_key(path), "{path} is not described");
    }
    assert!(paths.contains_key("/v1/messages"), "its path is a constant");
    let mut asked = 0;
    for (path, item) in paths {
        for (method, operation) in item.as_object().unwrap() {
            assert!(operation["summary"].is_string() && operation["responses"]["default"].is_object(), "{path}");
            let filled: String =
                path.split('/').map(|p| if p.starts_with('{') { "7" } else { p }).collect::<Vec<_>>().join("/");
            let request = client().request(method.to_uppercase().parse().unwrap(), format!("{}{filled}", server.base));
            let response = request.send().await.unwrap();
            let (status, body) = (response.status().as_u16(), response.text().await.unwrap());
            assert!(status != 405 && !body.contains("unknown_url"), "{method} {path}: {status} {body}");
            asked += 1;
        }
    }
    assert!(asked > 30, "{asked} operations");
}

#[tokio::test]
async fn shapes_are_named_and_come_out_as_they_were_written() {
    let server = common::serve(Player::ending(vec![]), None).await;
    let description: Value = serde_json::from_str(&text(&server.base, "/api/openapi.json").await).unwrap();
    let written = Path::new(&std::env::var("CARGO_MANIFEST_DIR").unwrap()).join("src/api/schemas.json");
    let written: Value = serde_json::from_str(&std::fs::read_to_string(written).unwrap()).unwrap();
    let schemas = &description["components"]["schemas"];
    for (name, schema) in written.as_object().unwrap() {
        assert_eq!(&schemas[name], schema, "{name}");
    }
    let whole = description.to_string();
    for reference in whole.split("\"#/components/schemas/").skip(1) {
        let name = reference.split('"').next().unwrap();
        assert!(written.get(name).is_some(), "there is no schema {name}");
    }
    for name in written.as_object().unwrap().keys() {
        assert!(whole.contains(&format!("\"#/components/schemas/{name}\"")), "nothing has the shape {name}");
    }
}

#[tokio::test]
async fn the_page_about_it_runs_and_fetches_nothing() {
    let server = common::serve(Player::ending(vec![]), None).await;
    let response = client().get(format!("{}/api/docs", server.base)).send().await.unwrap();
    let policy = response.headers()["content-security-policy"].to_str().unwrap().to_owned();
    assert!(policy.contains("default-src 'none'") && !policy.contains("script"), "{policy}");
    let page = response.text().await.unwrap();
    for wanted in ["<h1>polymath", "POST /v1/chat/completions", "GET /api/sessions/{id}", "logit_bias"] {
        assert!(page.contains(wanted), "`{wanted}` is missing");
    }
    for unwanted in ["<script", "http://", "https://", "style=\"", "src="] {
        assert!(!page.contains(unwanted), "there is `{unwanted}`");
    }
    // Each link within the page leads somewhere.
    for link in page.split("href=\"#").skip(1).map(|rest| rest.split('"').next().unwrap()) {
        assert!(page.contains(&format!("id=\"{link}\"")), "#{link}");
    }
    assert!(text(&server.base, "/api/docs.css").await.contains("body"));
}
