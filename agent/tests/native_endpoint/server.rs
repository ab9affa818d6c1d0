//! A strong model behind OpenAI's API, played from a script over loopback: it streams its replies
//! in pieces, keeps what it was asked, and refuses a conversation that breaks the protocol.
//!
//! Bounded: a request of at most `MOST_BYTES`, read within `PATIENCE`; when the script is over each
//! request is refused.

use serde_json::{Value, json};
use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

const MOST_BYTES: usize = 1 << 20;
const PATIENCE: Duration = Duration::from_secs(10);

/// What the model says to one request.
#[derive(Clone)]
pub enum Says {
    Text(String),
    /// Text that the limit of tokens cuts.
    Cut(String),
    /// Calls, each a tool's name and its arguments as they are written.
    Calls(Vec<(&'static str, String)>),
    /// It refuses the request, with this reason.
    Refuses(&'static str),
}

pub fn text(text: &str) -> Says {
    Says::Text(text.to_owned())
}

pub fn calls(calls: &[(&'static str, Value)]) -> Says {
    Says::Calls(calls.iter().map(|(name, arguments)| (*name, arguments.to_string())).collect())
}

struct Kept {
    script: VecDeque<Says>,
    asked: Vec<Value>,
    context: usize,
}

pub struct Server {
    pub address: SocketAddr,
    kept: Arc<Mutex<Kept>>,
    task: tokio::task::JoinHandle<()>,
}

impl Drop for Server {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Server {
    /// Listens on a free port and says that its model has `context` tokens.
    pub async fn start(context: usize, script: Vec<Says>) -> Server {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let kept = Arc::new(Mutex::new(Kept { script: script.into(), asked: Vec::new(), context }));
        let shared = kept.clone();
        let task = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let shared = shared.clone();
                tokio::spawn(async move { tokio::time::timeout(PATIENCE, serve(stream, shared)).await });
            }
        });
        Server { address, kept, task }
    }

    /// Bodies of the requests, in order.
    pub fn asked(&self) -> Vec<Value> {
        self.kept.lock().unwrap().asked.clone()
    }

    /// Replies that nobody asked for.
    pub fn left(&self) -> usize {
        self.kept.lock().unwrap().script.len()
    }
}

async fn serve(mut stream: TcpStream, kept: Arc<Mutex<Kept>>) {
    let Some((path, body)) = request(&mut stream).await else { return };
    let pieces = match path.as_str() {
        "/v1/models" => {
            let context = kept.lock().unwrap().context;
            whole("200 OK", json!({"data": [{"id": "strong", "owned_by": "test", "max_model_len": context}]}))
        }
        "/v1/chat/completions" => {
            let mut kept = kept.lock().unwrap();
            let wrong = protocol(&body).err();
            let says = kept.script.pop_front().filter(|_| wrong.is_none());
            kept.asked.push(body);
            match says {
                Some(says) => stream_of(&says),
                None => refusal(&wrong.unwrap_or_else(|| "the script is over".to_owned())),
            }
        }
        _ => whole("404 Not Found", json!({})),
    };
    for piece in pieces {
        if stream.write_all(piece.as_bytes()).await.is_err() {
            return;
        }
        let _ = stream.flush().await;
    }
    let _ = stream.shutdown().await;
}

fn whole(status: &str, body: Value) -> Vec<String> {
    vec![format!("{}{body}", head(status, "application/json"))]
}

fn refusal(why: &str) -> Vec<String> {
    whole("400 Bad Request", json!({"error": {"message": why}}))
}

fn head(status: &str, kind: &str) -> String {
    format!("HTTP/1.1 {status}\r\ncontent-type: {kind}\r\nconnection: close\r\n\r\n")
}

/// Each call has its result directly behind it, and each result its call before it.
fn protocol(body: &Value) -> Result<(), String> {
    let mut open: Vec<String> = Vec::new();
    for message in body["messages"].as_array().into_iter().flatten() {
        if message["role"] == "tool" {
            let id = message["tool_call_id"].as_str().unwrap_or_default();
            let at = open.iter().position(|o| o == id).ok_or(format!("a result for `{id}`, which is not open"))?;
            open.remove(at);
            continue;
        }
        if !open.is_empty() {
            break;
        }
        let calls = message["tool_calls"].as_array().into_iter().flatten();
        open = calls.map(|c| c["id"].as_str().unwrap_or_default().to_owned()).collect();
    }
    if open.is_empty() { Ok(()) } else { Err(format!("no result for {open:?}")) }
}

/// The reply as server-sent events, one a piece.
fn stream_of(says: &Says) -> Vec<String> {
    let delta = |delta: Value| json!({"choices": [{"index": 0, "delta": delta}]});
    let content = |text: &str| -> Vec<Value> {
        let letters: Vec<char> = text.chars().collect();
        letters.chunks(7).map(|c| delta(json!({"content": c.iter().collect::<String>()}))).collect()
    };
    let (mut chunks, finish) = match says {
        Says::Text(text) => (content(text), "stop"),
        Says::Cut(text) => (content(text), "length"),
        Says::Refuses(why) => return refusal(why),
        Says::Calls(calls) => {
            let pieces = |(i, (name, arguments)): (usize, &(&str, String))| {
                let middle = arguments.char_indices().nth(arguments.chars().count() / 2).map_or(0, |(at, _)| at);
                let begin = json!({"index": i, "id": format!("x{i}"), "type": "function", "function": {"name": name, "arguments": ""}});
                let more = |part: &str| json!({"index": i, "function": {"arguments": part}});
                [begin, more(&arguments[..middle]), more(&arguments[middle..])]
                    .map(|c| delta(json!({"tool_calls": [c]})))
            };
            (calls.iter().enumerate().flat_map(pieces).collect(), "tool_calls")
        }
    };
    chunks.push(json!({"choices": [{"index": 0, "delta": {}, "finish_reason": finish}]}));
    chunks.push(json!({"choices": [], "usage": {"prompt_tokens": 100, "completion_tokens": 10}}));
    let events = chunks.iter().map(|c| format!("data: {c}\n\n"));
    std::iter::once(head("200 OK", "text/event-stream")).chain(events).chain(["data: [DONE]\n\n".to_owned()]).collect()
}

/// Path and body of a request.
async fn request(stream: &mut TcpStream) -> Option<(String, Value)> {
    let mut bytes = Vec::new();
    let mut buffer = [0; 8192];
    while bytes.len() < MOST_BYTES {
        if let Some(at) = bytes.windows(4).position(|w| w == b"\r\n\r\n") {
            let head = String::from_utf8_lossy(&bytes[..at]).to_lowercase();
            let length = head.lines().find_map(|l| l.strip_prefix("content-length:")?.trim().parse().ok());
            let body = &bytes[at + 4..];
            if body.len() >= length.unwrap_or(0) {
                let path = head.split_whitespace().nth(1)?.to_owned();
                return Some((path, serde_json::from_slice(body).unwrap_or_default()));
            }
        }
        match stream.read(&mut buffer).await {
            Ok(n) if n > 0 => bytes.extend_from_slice(&buffer[..n]),
            _ => return None,
        }
    }
    None
}
