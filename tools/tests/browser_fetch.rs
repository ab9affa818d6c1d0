//! Pages over HTTP, from loopback servers: what is read, what is refused, what happens when a server misbehaves.
#![allow(clippy::unwrap_used)]

mod browser_common;

use browser_common::{Bench, folder, pdf};
use polymath_tools::browser::{Limits, unpacked};
use std::time::Duration;
use wiremock::{
    Mock, MockServer, ResponseTemplate,
    matchers::{any, path},
};

/// A browser that may reach this server and nothing else that is private.
fn bench(server: &MockServer, change: impl FnOnce(&mut Limits)) -> Bench {
    Bench::new("duckduckgo", |c| {
        c.allow = vec![server.address().to_string()];
        change(&mut c.limits);
    })
}

async fn serve(server: &MockServer, at: &str, reply: ResponseTemplate) {
    Mock::given(path(at)).respond_with(reply).mount(server).await;
}

fn html(body: &str) -> ResponseTemplate {
    ResponseTemplate::new(200).set_body_raw(body, "text/html; charset=utf-8")
}

#[tokio::test]
async fn a_page_over_http_with_redirects() {
    let server = MockServer::start().await;
    serve(&server, "/old", ResponseTemplate::new(301).insert_header("location", "/mid?x=1")).await;
    serve(&server, "/mid", ResponseTemplate::new(302).insert_header("location", format!("{}/new", server.uri()))).await;
    serve(&server, "/new", html("<title>New place</title><p>Series A: $4.5M")).await;
    let bench = bench(&server, |_| {});
    let output = bench.open(&format!("{}/old#part", server.uri())).await.unwrap();
    assert_eq!(output.sources[0].url, format!("{}/new", server.uri()), "the address after redirects");
    assert_eq!(output.sources[0].title, "New place");
    assert!(output.content.ends_with("L1: Series A: $4.5M"), "{}", output.content);
}

/// What the record has of a page: its bytes by their hash, what its server said of it, nothing of who asked.
#[tokio::test]
async fn a_page_is_told_by_its_bytes_and_by_what_its_server_said() {
    let server = MockServer::start().await;
    let body = "<title>T</title><p>Series A: $4.5M";
    let page = |etag: &str| html(body).insert_header("etag", etag).insert_header("set-cookie", "id=1");
    serve(&server, "/old", ResponseTemplate::new(301).insert_header("location", "/a")).await;
    serve(&server, "/a", page("\"a\"")).await;
    serve(&server, "/b", page("\"b\"")).await;
    serve(&server, "/c", html("<title>T</title><p>Series A: $4.6M")).await;
    let bench = bench(&server, |_| {});
    let mut told = Vec::new();
    for (session, at) in [("one", "/old"), ("two", "/a"), ("two", "/b"), ("two", "/c")] {
        let target = serde_json::json!({"target": format!("{}{at}#part", server.uri())});
        let output = bench.call_in(session, "browser_open", target).await.unwrap();
        assert_eq!((output.retrieved.len(), &output.retrieved[0].url), (1, &output.sources[0].url));
        told.extend(output.retrieved);
    }
    let [moved, a, b, other] = &told[..] else { panic!("{told:?}") };
    let asked = format!("{}/old#part", server.uri());
    assert_eq!((moved.asked.as_deref(), &a.asked), (Some(asked.as_str()), &None));
    assert_eq!((&moved.page, &a.page), (&a.page, &b.page), "the same bytes, whichever session and address");
    assert_ne!(a.page, other.page);
    assert_eq!((a.bytes, a.rendered), (body.len() as u64, false));
    assert!(chrono::DateTime::parse_from_rfc3339(&a.at).is_ok(), "{}", a.at);
    let header = |name: &str| a.headers.get(name).map(String::as_str);
    assert_eq!((header("etag"), header("content-type")), (Some("\"a\""), Some("text/html; charset=utf-8")));
    assert_eq!(b.headers["etag"], "\"b\"");
    assert_eq!(header("set-cookie"), None);
    let packed = &a.body.as_ref().unwrap().0;
    assert_eq!(unpacked(&a.page, packed).unwrap(), body.as_bytes());
    assert_eq!(unpacked(&other.page, packed), None);
}

#[tokio::test]
async fn a_page_of_this_machine_is_told_by_its_text() {
    let (_folder, bench) = folder(&[("a.html", b"<title>T</title><p>Series A: $4.5M")]);
    let output = bench.open("local:a.html").await.unwrap();
    let [page] = &output.retrieved[..] else { panic!("{:?}", output.retrieved) };
    assert_eq!(
        (page.url.as_str(), page.headers["content-type"].as_str()),
        ("local:a.html", "text/plain; charset=utf-8")
    );
    let text = unpacked(&page.page, &page.body.as_ref().unwrap().0).unwrap();
    assert_eq!(text, output.sources[0].text.as_bytes());
}

#[tokio::test]
async fn an_open_page_is_not_fetched_again() {
    let server = MockServer::start().await;
    Mock::given(path("/p")).respond_with(html("<p>words")).expect(1).mount(&server).await;
    let bench = bench(&server, |_| {});
    for _ in 0..3 {
        bench.open(&format!("{}/p", server.uri())).await.unwrap();
    }
}

#[tokio::test]
async fn private_addresses_are_refused_and_never_dialled() {
    let server = MockServer::start().await;
    Mock::given(any()).respond_with(html("secret")).expect(0).mount(&server).await;
    let bench = Bench::new("duckduckgo", |c| c.allow = vec!["127.0.0.1:1".into()]);
    let port = server.address().port();
    for address in
        [format!("http://127.0.0.1:{port}/"), format!("http://localhost:{port}/"), format!("127.0.0.1:{port}/x")]
    {
        let failure = bench.open(&address).await.unwrap_err();
        assert_eq!(failure.kind, "denied", "{address}: {}", failure.message);
        assert!(failure.message.contains("browser.allow"), "{}", failure.message);
    }
}

#[tokio::test]
async fn redirects_to_forbidden_places_are_refused() {
    let (outer, inner) = (MockServer::start().await, MockServer::start().await);
    Mock::given(any()).respond_with(html("secret")).expect(0).mount(&inner).await;
    let bench = bench(&outer, |_| {});
    let inner_port = inner.address().port();
    for (i, target) in [
        format!("http://127.0.0.1:{inner_port}/admin"),
        format!("http://localhost:{inner_port}/admin"),
        format!("//[::1]:{inner_port}/"),
        "http://169.254.169.254/latest/meta-data/".to_owned(),
        "http://user:pw@example.com/".to_owned(),
        "file:///etc/passwd".to_owned(),
        "data:text/html,hi".to_owned(),
    ]
    .into_iter()
    .enumerate()
    {
        serve(&outer, &format!("/{i}"), ResponseTemplate::new(302).insert_header("location", target.as_str())).await;
        let failure = bench.open(&format!("{}/{i}", outer.uri())).await.unwrap_err();
        assert_eq!(failure.kind, "denied", "{target}: {}", failure.message);
    }
}

#[tokio::test]
async fn redirects_end() {
    let server = MockServer::start().await;
    serve(&server, "/loop", ResponseTemplate::new(302).insert_header("location", "/loop")).await;
    serve(&server, "/nowhere", ResponseTemplate::new(302)).await;
    let bench = bench(&server, |_| {});
    let failure = bench.open(&format!("{}/loop", server.uri())).await.unwrap_err();
    assert!(failure.message.ends_with("redirects more than 5 times"), "{}", failure.message);
    let failure = bench.open(&format!("{}/nowhere", server.uri())).await.unwrap_err();
    assert!(failure.message.contains("without saying where to go"), "{}", failure.message);
}

#[tokio::test]
async fn a_page_that_hangs_ends_in_a_clear_error() {
    let server = MockServer::start().await;
    serve(&server, "/slow", html("late").set_delay(Duration::from_secs(60))).await;
    let bench = bench(&server, |l| l.total = Duration::from_millis(300));
    let failure = bench.open(&format!("{}/slow", server.uri())).await.unwrap_err();
    assert_eq!(failure.kind, "timeout");
    assert_eq!(failure.message, format!("{}/slow sent no complete answer in 300ms", server.uri()));
}

#[tokio::test]
async fn errors_of_the_server_are_told() {
    let server = MockServer::start().await;
    serve(&server, "/gone", ResponseTemplate::new(404)).await;
    serve(&server, "/broken", ResponseTemplate::new(503)).await;
    serve(&server, "/image", ResponseTemplate::new(200).set_body_raw("\u{89}PNG", "image/png")).await;
    serve(&server, "/empty", html("")).await;
    let bench = bench(&server, |_| {});
    for (at, kind, words) in [
        ("/gone", "not_found", "there is no page at"),
        ("/broken", "network", "503 Service Unavailable"),
        ("/image", "unsupported", "is image/png; only web pages"),
        ("/empty", "unsupported", "there is no text on it"),
    ] {
        let failure = bench.open(&format!("{}{at}", server.uri())).await.unwrap_err();
        assert_eq!(failure.kind, kind, "{}", failure.message);
        assert!(failure.message.contains(words), "{}", failure.message);
    }
    let nobody = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let bench = Bench::new("duckduckgo", |c| c.allow = vec![nobody.to_string()]);
    let failure = bench.open(&format!("http://{nobody}/")).await.unwrap_err();
    assert_eq!(failure.kind, "network");
    assert!(failure.message.starts_with(&format!("cannot reach http://{nobody}: ")), "{}", failure.message);
}

#[tokio::test]
async fn too_large_pages_are_refused_compressed_or_not() {
    let server = MockServer::start().await;
    serve(&server, "/large", html(&"x".repeat(5000))).await;
    // 100,000 times the letter a, compressed to 130 bytes
    serve(
        &server,
        "/bomb",
        ResponseTemplate::new(200).insert_header("content-encoding", "gzip").set_body_raw(GZIPPED, "text/html"),
    )
    .await;
    let bench = bench(&server, |l| l.bytes = 4096);
    for at in ["/large", "/bomb"] {
        let failure = bench.open(&format!("{}{at}", server.uri())).await.unwrap_err();
        assert_eq!(failure.kind, "unsupported");
        assert!(failure.message.contains("is larger than 0.0 MiB"), "{}", failure.message);
    }
}

/// A loopback server that answers each request with `head`, the end of the headers and a page.
async fn answering(head: String) -> std::net::SocketAddr {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut request = [0; 4096];
            let _ = stream.read(&mut request).await;
            let _ = stream.write_all(format!("{head}\r\nConnection: close\r\n\r\n<p>words").as_bytes()).await;
        }
    });
    address
}

#[tokio::test]
async fn large_headers_and_status_lines_are_refused() {
    let type_ = "Content-Type: text/html";
    let many: String = (0..60).map(|i| format!("X-{i}: {}\r\n", "x".repeat(1600))).collect();
    for (head, taken) in [
        (format!("HTTP/1.1 200 OK\r\nX: {}\r\n{type_}", "x".repeat(8 << 10)), true),
        (format!("HTTP/1.1 200 OK\r\nX: {}\r\n{type_}", "x".repeat(64 << 10)), false),
        (format!("HTTP/1.1 200 OK\r\n{many}{type_}"), false),
        (format!("HTTP/1.1 200 {}\r\n{type_}", "x".repeat(64 << 10)), false),
    ] {
        let server = answering(head).await;
        let bench = Bench::new("duckduckgo", |c| c.allow = vec![server.to_string()]);
        match bench.open(&format!("http://{server}/")).await {
            Ok(output) => assert!(taken, "{}", output.content),
            Err(failure) => {
                assert!(!taken, "{}", failure.message);
                assert_eq!(failure.kind, "network");
                assert!(failure.message.contains("KiB of headers, more than 32"), "{}", failure.message);
            }
        }
    }
}

#[tokio::test]
async fn other_formats_over_http() {
    let server = MockServer::start().await;
    serve(
        &server,
        "/r",
        ResponseTemplate::new(200).set_body_raw(pdf("Report", &[&["Revenue $58 million"]]), "application/pdf"),
    )
    .await;
    serve(&server, "/j", ResponseTemplate::new(200).set_body_raw(r#"{"round":"A"}"#, "application/json")).await;
    let gbk = b"\xc8\xda\xd7\xca".to_vec();
    serve(&server, "/g", ResponseTemplate::new(200).set_body_raw(gbk, "text/plain; charset=gbk")).await;
    let bench = bench(&server, |_| {});
    for (at, words) in [("/r", "Revenue $58 million"), ("/j", "\"round\": \"A\""), ("/g", "L1: 融资")] {
        let content = bench.open(&format!("{}{at}", server.uri())).await.unwrap().content;
        assert!(content.contains(words), "{content}");
    }
}

#[tokio::test]
async fn no_cookie_and_no_referrer_is_sent() {
    let server = MockServer::start().await;
    serve(
        &server,
        "/a",
        ResponseTemplate::new(302).insert_header("location", "/b").insert_header("set-cookie", "id=1; Path=/"),
    )
    .await;
    serve(&server, "/b", html("<p>words")).await;
    bench(&server, |_| {}).open(&format!("{}/a", server.uri())).await.unwrap();
    for request in server.received_requests().await.unwrap() {
        assert!(!request.headers.contains_key("cookie") && !request.headers.contains_key("referer"), "{request:?}");
    }
}

const GZIPPED: &[u8] = &[
    31, 139, 8, 0, 0, 0, 0, 0, 2, 3, 237, 193, 49, 1, 0, 0, 0, 194, 160, 172, 235, 95, 194, 26, 30, 64, 1, 0, 0, 0, 0,
    0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
    0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
    0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 175, 6, 135, 250, 226, 27, 160, 134, 1, 0,
];
