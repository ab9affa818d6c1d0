//! Pages that scripts build: rendered behind the fetcher's guard where a Chromium is installed, told where none is.
//! Everything is on loopback; without a Chromium (or where it gets no sandbox) what needs it is skipped, and says so.
#![allow(clippy::unwrap_used)]

mod browser_common;

use browser_common::Bench;
use polymath_tools::browser::chromium;
use std::path::PathBuf;
use wiremock::{
    Mock, MockServer, ResponseTemplate,
    matchers::{any, path},
};

const DATA: &str = "{\"kilograms\": 250, \"text\": \"A grown tapir weighs as much as three men.\"}";

/// A page whose text comes from `/data.json`, after `before` was run.
fn app(before: &str) -> String {
    format!(
        "<!DOCTYPE html><title>Animals</title><div id=root></div><noscript>Please enable JavaScript.</noscript><script>
         {before}
         fetch('/data.json').then(reply => reply.json()).then(data => {{
             document.getElementById('root').innerHTML =
                 `<h1>Tapirs</h1><p>${{data.text}}</p><p>Weight: ${{data.kilograms}} kg</p>`;
         }});
         </script>"
    )
}

async fn serve(server: &MockServer, at: &str, body: &str, kind: &str) {
    Mock::given(path(at)).respond_with(ResponseTemplate::new(200).set_body_raw(body, kind)).mount(server).await;
}

async fn site(before: &str) -> MockServer {
    let server = MockServer::start().await;
    serve(&server, "/", &app(before), "text/html").await;
    serve(&server, "/data.json", DATA, "application/json").await;
    server
}

fn bench(server: &MockServer, chromium: Option<PathBuf>) -> Bench {
    Bench::new("duckduckgo", |c| {
        c.allow = vec![server.address().to_string()];
        c.chromium = chromium;
    })
}

/// What the model sees of the page, rendered; `None` where that cannot be tried.
async fn rendered(server: &MockServer) -> Option<String> {
    let Some(chromium) = chromium() else {
        println!("skipped: no Chromium is installed");
        return None;
    };
    match bench(server, Some(chromium)).open(&server.uri()).await {
        Ok(output) => Some(output.content),
        Err(failure) if failure.message.contains("sandbox") => {
            println!("skipped: {}", failure.message);
            None
        }
        Err(failure) => panic!("{}", failure.message),
    }
}

#[tokio::test]
async fn what_scripts_put_on_a_page_is_read() {
    let server = site("").await;
    let Some(content) = rendered(&server).await else { return };
    for says in ["Tapirs", "as much as three men", "Weight: 250 kg", "(its scripts were run)"] {
        assert!(content.contains(says), "{says}: {content}");
    }
    assert!(!content.contains("enable JavaScript"), "{content}");
}

#[tokio::test]
async fn scripts_reach_nothing_that_the_fetcher_does_not_reach() {
    let inner = MockServer::start().await;
    Mock::given(any()).respond_with(ResponseTemplate::new(200)).expect(0).mount(&inner).await;
    let place = inner.address().to_string();
    let port = inner.address().port();
    let before = format!(
        "for (const where of ['http://{place}/x', 'http://localhost:{port}/x', 'http://[::1]:{port}/x',
                              'https://{place}/x', 'http://169.254.169.254/latest/'])
             fetch(where, {{mode: 'no-cors'}}).catch(() => 0);
         new Image().src = 'http://{place}/picture';
         try {{ new WebSocket('ws://{place}/socket'); }} catch {{}}
         navigator.sendBeacon('http://{place}/beacon', 'secret');
         document.write('<iframe src=\"http://{place}/frame\"></iframe><iframe src=\"file:///etc/passwd\"></iframe>');
         document.write('<link rel=preconnect href=\"http://{place}\"><link rel=dns-prefetch href=\"//{place}\">');"
    );
    let server = site(&before).await;
    let Some(content) = rendered(&server).await else { return };
    assert!(content.contains("Weight: 250 kg"), "{content}");
    let refused = content.lines().find(|line| line.contains("was refused")).unwrap();
    assert!(refused.contains(&place) && refused.contains("169.254.169.254:80"), "{refused}");
    assert!(!refused.contains("google"), "{refused}");
    assert!(!content.contains("root:"), "{content}");
}

#[tokio::test]
async fn a_page_that_leads_away_is_not_followed_there() {
    let inner = MockServer::start().await;
    Mock::given(any()).respond_with(ResponseTemplate::new(200)).expect(0).mount(&inner).await;
    let server = site(&format!("location = '{}/';", inner.uri())).await;
    if let Some(chromium) = chromium() {
        // whatever comes of it, the other server is not asked
        _ = bench(&server, Some(chromium)).open(&server.uri()).await;
    }
}

#[tokio::test]
async fn without_a_chromium_it_is_told_that_scripts_build_the_page() {
    let server = site("").await;
    let failure = bench(&server, None).open(&server.uri()).await.unwrap_err();
    assert_eq!(failure.kind, "unsupported");
    assert!(failure.message.contains("without its scripts: no Chromium is installed"), "{}", failure.message);
    let frame = "<title>Shop</title><p>One moment, please.</p><script src=/app.js></script>";
    serve(&server, "/frame", frame, "text/html").await;
    let content = bench(&server, None).open(&format!("{}/frame", server.uri())).await.unwrap().content;
    assert!(content.contains("One moment") && content.contains("(scripts build this page, and this is"), "{content}");
}

#[tokio::test]
async fn short_pages_and_pages_with_data_in_scripts_are_taken_as_they_are() {
    let server = MockServer::start().await;
    let data = "<title>Note</title><p>Closed on Monday.</p><script type=application/ld+json>{\"a\": 1}</script>";
    serve(&server, "/short", "<title>Note</title><p>Closed on Monday.</p>", "text/html").await;
    serve(&server, "/data", data, "text/html").await;
    for page in ["/short", "/data"] {
        let content = bench(&server, None).open(&format!("{}{page}", server.uri())).await.unwrap().content;
        assert!(content.ends_with("L1: Closed on Monday."), "{content}");
    }
}

#[tokio::test]
async fn a_chromium_that_does_not_start_is_told() {
    let server = site("").await;
    for program in ["/no/such/chromium", "/bin/true"] {
        let failure = bench(&server, Some(program.into())).open(&server.uri()).await.unwrap_err();
        assert!(failure.message.contains("without its scripts: "), "{}", failure.message);
    }
}
