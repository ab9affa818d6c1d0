//! Two thousand connections that only sit there, and a process that may have 1,024 descriptors: it goes on answering, and a
//! server without limits does not. Both play in copies of this program, since such a limit is a process's.

#![cfg(unix)]
#![allow(clippy::unwrap_used)]

mod common;

use common::{Player, said, serve};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// What a copy plays.
const ROLE: &str = "POLYMATH_TEST_ROLE";
/// Where the server is that it asks.
const ADDRESS: &str = "POLYMATH_TEST_ADDRESS";
const SLOW: usize = 2_000;
const ASKED: usize = 9;
/// How long an answer is waited for.
const PATIENCE: Duration = Duration::from_secs(5);

/// This program once more, with at most so many descriptors.
fn copy(role: &str, descriptors: usize) -> Command {
    let mut command = Command::new("sh");
    command.args(["-c", &format!("ulimit -n {descriptors} && exec \"$0\" --exact plays --nocapture")]);
    command.arg(std::env::current_exe().unwrap()).env(ROLE, role).stdin(Stdio::piped()).stdout(Stdio::piped());
    command
}

/// Ended when it is dropped.
struct Ended(Child);

impl Drop for Ended {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// What stands behind `begins` in the line of a copy that has it.
#[track_caller]
fn told(child: &mut Child, begins: &str) -> String {
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok);
    let line = lines.find(|line| line.contains(begins)).unwrap_or_else(|| panic!("it did not say `{begins}`"));
    line.split(begins).nth(1).unwrap().to_owned()
}

#[test]
fn plays() {
    match std::env::var(ROLE).as_deref() {
        Ok("ours") => serves(async {
            let server = serve(Player::ending(vec![Ok(said("ok"))]), None).await;
            println!("port {}", server.port);
            std::future::pending::<()>().await;
        }),
        Ok("without limits") => serves(async {
            let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
            println!("port {}", listener.local_addr().unwrap().port());
            let health = axum::Router::new().route("/health", axum::routing::get(async || "{\"status\":\"ok\"}"));
            axum::serve(listener, health).await.unwrap();
        }),
        Ok("crowd") => crowd(std::env::var(ADDRESS).unwrap().parse().unwrap()),
        _ => {}
    }
}

fn serves(server: impl Future<Output = ()>) {
    tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap().block_on(server);
}

/// Opens the connections, half of them silent and half with half a request, and asks while they are open.
fn crowd(server: SocketAddr) {
    let open = |n: usize| {
        let mut stream = TcpStream::connect_timeout(&server, Duration::from_millis(300)).ok()?;
        if n % 2 == 1 {
            stream.write_all(b"GET /health HTTP/1.1\r\nHost: localhost\r\nX-Slow: ").ok()?;
        }
        Some(stream)
    };
    let mut slow = Vec::new();
    // Where the server takes no more, the system does not for long.
    let mut refused = 0;
    while slow.len() < SLOW && refused < 10 {
        match open(slow.len()) {
            Some(stream) => {
                slow.push(stream);
                refused = 0;
            }
            None => refused += 1,
        }
    }
    let mut times = Vec::new();
    while times.len() < ASKED {
        let began = Instant::now();
        if !answers(server) {
            break;
        }
        times.push(began.elapsed());
    }
    times.sort();
    let median = times.get(times.len() / 2).map_or("none".to_owned(), |time| format!("{time:?}"));
    println!("asked among {} slow ones: {} answers, the median after {median}", slow.len(), times.len());
}

fn answers(server: SocketAddr) -> bool {
    let ask = || -> std::io::Result<String> {
        let mut stream = TcpStream::connect_timeout(&server, PATIENCE)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        stream.write_all(b"GET /health HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer)?;
        Ok(answer)
    };
    ask().is_ok_and(|answer| answer.starts_with("HTTP/1.1 200 ") && answer.ends_with("{\"status\":\"ok\"}"))
}

#[track_caller]
fn among_the_crowd(role: &str) -> String {
    let mut server = Ended(copy(role, 1_024).spawn().unwrap());
    let port = told(&mut server.0, "port ");
    let mut asks = Ended(copy("crowd", 2 * SLOW).env(ADDRESS, format!("127.0.0.1:{port}")).spawn().unwrap());
    let told = told(&mut asks.0, "asked among ");
    println!("{role}: {told}");
    told
}

#[test]
fn two_thousand_slow_connections_keep_nobody_out() {
    let ours = among_the_crowd("ours");
    assert!(ours.starts_with(&format!("{SLOW} slow ones: {ASKED} answers")), "{ours}");
    // The control.
    let without = among_the_crowd("without limits");
    assert!(without.contains(" 0 answers"), "{without}");
}
