//! What strangers cannot do: hold the server by opening connections, sending slowly or not reading.

#![allow(clippy::unwrap_used)]

mod common;

use common::{Play, Player, Running, said, serve_within};
use polymath_chat::Event;
use polymath_server::Limits;
use serde_json::json;
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

const HALF_A_HEAD: &str = "GET /health HTTP/1.1\r\nHost: localhost\r\nX-Slow: ";

fn millis(n: u64) -> Duration {
    Duration::from_millis(n)
}

async fn connect(server: &Running) -> TcpStream {
    TcpStream::connect(("127.0.0.1", server.port)).await.unwrap()
}

async fn send(server: &Running, text: &str) -> TcpStream {
    let mut stream = connect(server).await;
    stream.write_all(text.as_bytes()).await.unwrap();
    stream
}

/// What comes until the connection is closed, and how long that takes.
async fn rest(stream: &mut TcpStream) -> (String, Duration) {
    let (started, mut bytes) = (Instant::now(), Vec::new());
    // A reset is an end, too.
    let _ = tokio::time::timeout(Duration::from_secs(60), stream.read_to_end(&mut bytes)).await.expect("it stays open");
    (String::from_utf8_lossy(&bytes).into_owned(), started.elapsed())
}

/// Asks `/health` on a connection of its own.
async fn health(server: &Running) -> (String, Duration) {
    let started = Instant::now();
    let mut stream = send(server, "GET /health HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n").await;
    (rest(&mut stream).await.0, started.elapsed())
}

async fn usual(limits: Limits) -> Running {
    serve_within(Player::ending(vec![Ok(said("ok"))]), None, limits).await
}

#[tokio::test(flavor = "multi_thread")]
async fn slow_connections_give_way_to_those_that_ask() {
    let limits = Limits { connections: 60, per_address: 50, ..Limits::default() };
    let server = usual(limits).await;
    let mut slow = Vec::new();
    for i in 0..300 {
        slow.push(if i % 2 == 0 { connect(&server).await } else { send(&server, HALF_A_HEAD).await });
    }
    for _ in 0..9 {
        let (answer, _) = health(&server).await;
        assert!(answer.ends_with("{\"status\":\"ok\"}"), "{answer}");
    }
    // All but those that have a place are closed.
    let mut closed = 0;
    for stream in &mut slow {
        closed += usize::from(tokio::time::timeout(millis(1), stream.read_u8()).await.is_ok());
    }
    assert!(closed >= 300 - limits.per_address, "{closed} were closed");
}

#[tokio::test]
async fn headers_and_bodies_must_come_in_time() {
    let limits = Limits { head: millis(300), body_piece: millis(300), body: millis(900), ..Limits::default() };
    let server = usual(limits).await;
    for beginning in ["", HALF_A_HEAD] {
        let (answer, time) = rest(&mut send(&server, beginning).await).await;
        assert!(answer.is_empty() && time >= millis(250), "{beginning:?}: {answer} after {time:?}");
    }
    // A connection that has had its answer is idle.
    let mut idle = send(&server, "GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n").await;
    let (answer, time) = rest(&mut idle).await;
    assert!(answer.ends_with("{\"status\":\"ok\"}") && time >= millis(250), "{answer} after {time:?}");
    let head = "POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n\
                Content-Length: 1000\r\n\r\n{";
    let (answer, _) = rest(&mut send(&server, head).await).await;
    assert!(answer.starts_with("HTTP/1.1 408 ") && answer.contains("request_timeout"), "{answer}");
    // A byte now and then is no better.
    let mut dripping = send(&server, head).await;
    let started = Instant::now();
    while started.elapsed() < Duration::from_secs(30) && dripping.write_all(b" ").await.is_ok() {
        tokio::time::sleep(millis(100)).await;
        if dripping.try_read(&mut [0; 12]).is_ok_and(|n| n > 0) {
            break;
        }
    }
    assert!((millis(800)..Duration::from_secs(20)).contains(&started.elapsed()), "{:?}", started.elapsed());
}

#[tokio::test]
async fn while_all_places_work_others_are_told_so() {
    let slow = Play { events: vec![Event::Text { delta: "x".repeat(8 << 20) }], end: Ok(said("ok")) };
    let limits = Limits { connections: 1, per_address: 1, write: millis(500), ..Limits::default() };
    let server = serve_within(Player::new(vec![slow]), None, limits).await;
    let body = json!({"messages": [{"role": "user", "content": "hi"}], "stream": true}).to_string();
    let head = format!(
        "POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n\
         Content-Length: {}\r\n\r\n{body}",
        body.len()
    );
    // It reads nothing of its answer, which is larger than what the sockets hold.
    let _greedy = send(&server, &head).await;
    tokio::time::sleep(millis(200)).await;
    let (answer, _) = rest(&mut connect(&server).await).await;
    assert!(answer.starts_with("HTTP/1.1 503 ") && answer.contains("too_many_connections"), "{answer}");
    // And for that it is closed in the end.
    let started = Instant::now();
    while !health(&server).await.0.starts_with("HTTP/1.1 200") {
        assert!(started.elapsed() < Duration::from_secs(30), "it keeps its place");
        tokio::time::sleep(millis(50)).await;
    }
}

#[tokio::test]
async fn idle_connections_do_not_keep_a_server_that_stops() {
    let server = usual(Limits::default()).await;
    let mut open = vec![connect(&server).await, send(&server, HALF_A_HEAD).await];
    open.push(send(&server, "GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n").await);
    tokio::time::sleep(millis(100)).await;
    server.stop.cancel();
    for stream in &mut open {
        assert!(rest(stream).await.1 < Duration::from_secs(5));
    }
}

#[tokio::test]
async fn heads_that_programs_read_differently_are_refused() {
    let server = usual(Limits::default()).await;
    for (head, code) in [
        ("GET http://localhost/health HTTP/1.1\r\nHost: localhost\r\n\r\n", "absolute_target"),
        ("GET http://evil.example/health HTTP/1.1\r\nHost: localhost\r\n\r\n", "absolute_target"),
        ("GET /health HTTP/1.1\nHost: localhost\n\n", "bare_line_feed"),
        ("GET /health HTTP/1.1\r\nHost: localhost\nX: y\r\n\r\n", "bare_line_feed"),
    ] {
        let (answer, _) =
            rest(&mut send(&server, &head.replacen("\r\nHost", "\r\nConnection: close\r\nHost", 1)).await).await;
        assert!(answer.starts_with("HTTP/1.1 400 ") && answer.contains(code), "{head:?}: {answer}");
    }
    // One after another on a connection, and a body with such lines is none of it.
    let mut stream = send(&server, "GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n").await;
    tokio::time::sleep(millis(100)).await;
    let body = "{\n\n}";
    let next = format!("POST /health HTTP/1.1\r\nHost: localhost\r\nContent-Length: {}\r\n\r\n{body}", body.len());
    stream.write_all(next.as_bytes()).await.unwrap();
    tokio::time::sleep(millis(100)).await;
    stream.write_all(b"GET /health HTTP/1.1\nHost: localhost\n\n").await.unwrap();
    let (answers, _) = rest(&mut stream).await;
    let statuses: Vec<&str> = answers.split("HTTP/1.1 ").skip(1).map(|a| &a[..3]).collect();
    assert_eq!(statuses, ["200", "405", "400"], "{answers}");
}

/// Heads that do not wait for the answer before.
#[tokio::test]
async fn a_head_behind_another_request_is_looked_at_too() {
    let server = usual(Limits::default()).await;
    let whole = "GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n";
    let last = "GET /health HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
    let bare = "GET /health HTTP/1.1\nHost: localhost\n\n";
    // Its body is read, and is no request.
    let post = "POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json";
    let with_body = format!("{post}\r\nContent-Length: 4\r\n\r\n{{\n\n}}");
    let chunked = format!("{post}\r\nTransfer-Encoding: chunked\r\n\r\n4\r\n{{\n\n}}\r\n0\r\n\r\n");
    for (sent, want, refused) in [
        (format!("{whole}{bare}{whole}"), &["200", "400"][..], true),
        (format!("{whole}{with_body}{bare}"), &["200", "400", "400"], true),
        // The controls: line ends as they should be, and line feeds in a body.
        (format!("{whole}{whole}{last}"), &["200", "200", "200"], false),
        (format!("{with_body}{with_body}{last}"), &["400", "400", "200"], false),
        // Behind chunks nothing is read.
        (format!("{chunked}{bare}"), &["400"], false),
    ] {
        for piece in [1, 7, sent.len()] {
            let mut stream = connect(&server).await;
            for bytes in sent.as_bytes().chunks(piece) {
                // Where it is closed, that is what is looked at.
                if stream.write_all(bytes).await.is_err() {
                    break;
                }
            }
            let (answers, _) = rest(&mut stream).await;
            let statuses: Vec<&str> = answers.split("HTTP/1.1 ").skip(1).map(|a| &a[..3]).collect();
            assert_eq!(statuses, want, "{sent:?} in pieces of {piece}: {answers}");
            assert_eq!(answers.contains("bare_line_feed"), refused, "{sent:?} in pieces of {piece}: {answers}");
        }
    }
}

#[tokio::test]
async fn a_header_that_says_who_asks_is_sent_once() {
    let server = usual(Limits::default()).await;
    for twice in
        ["Host: localhost\r\nHost: evil.example", "Host: localhost\r\nOrigin: null\r\nOrigin: http://localhost"]
    {
        let head = format!("GET /health HTTP/1.1\r\n{twice}\r\nConnection: close\r\n\r\n");
        let (answer, _) = rest(&mut send(&server, &head).await).await;
        assert!(answer.starts_with("HTTP/1.1 400 ") && answer.contains("repeated_header"), "{twice}: {answer}");
    }
}
