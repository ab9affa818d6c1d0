//! A server that answers chat completions from a script and keeps what it was sent.

#![allow(clippy::unwrap_used)]
// Two test programs share this, and neither uses all of it.
#![allow(dead_code)]

use serde_json::{Value, json};
use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;

/// One answer, as bytes on the wire.
#[derive(Debug, Clone)]
pub struct Answer {
    status: u16,
    headers: Vec<String>,
    body: String,
    /// The connection ends before the body does.
    cut: bool,
    /// The connection stays open and nothing more comes.
    hang: bool,
    /// Nothing comes before [`Server::let_go`].
    held: bool,
}

impl Answer {
    pub fn status(status: u16, body: Value) -> Answer {
        let headers = vec!["content-type: application/json".to_owned()];
        Answer { status, headers, body: body.to_string(), cut: false, hang: false, held: false }
    }

    pub fn json(body: Value) -> Answer {
        Answer::status(200, body)
    }

    pub fn header(mut self, header: &str) -> Answer {
        self.headers.push(header.to_owned());
        self
    }

    pub fn cut(mut self) -> Answer {
        self.cut = true;
        self
    }

    pub fn hang(mut self) -> Answer {
        self.hang = true;
        self
    }

    pub fn held(mut self) -> Answer {
        self.held = true;
        self
    }

    fn head(&self) -> String {
        // A length that is never reached: the client cannot take the end for the end.
        let length = if self.cut || self.hang { 1 << 20 } else { self.body.len() };
        let headers: String = self.headers.iter().map(|h| format!("{h}\r\n")).collect();
        format!("HTTP/1.1 {} X\r\n{headers}content-length: {length}\r\nconnection: close\r\n\r\n", self.status)
    }
}

/// A stream of these chunks. Without a finish in the last it is not complete.
pub fn chunks(chunks: &[Value]) -> Answer {
    let finished = chunks.iter().any(|c| c.to_string().contains("finish_reason\":\""));
    let mut body: String = chunks.iter().map(|c| format!("data: {c}\n\n")).collect();
    if finished {
        body.push_str("data: [DONE]\n\n");
    }
    Answer { headers: vec!["content-type: text/event-stream".into()], body, ..Answer::json(Value::Null) }
}

/// A stream of this text, some letters at a time.
pub fn text(text: &str) -> Answer {
    let letters: Vec<char> = text.chars().collect();
    let pieces = letters.chunks(3).map(|c| json!({"choices": [{"delta": {"content": c.iter().collect::<String>()}}]}));
    let end = json!({"choices": [{"delta": {}, "finish_reason": "stop"}]});
    chunks(&pieces.chain([end]).collect::<Vec<_>>())
}

#[derive(Default)]
struct Kept {
    answers: VecDeque<Answer>,
    bodies: Vec<Value>,
    heads: Vec<String>,
    go: Arc<Notify>,
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
    /// Listens on a free port. `owner` is what the list of models says of its model.
    pub async fn start(owner: &str, answers: Vec<Answer>) -> Server {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let kept = Arc::new(Mutex::new(Kept { answers: answers.into(), ..Kept::default() }));
        let (owner, shared) = (owner.to_owned(), kept.clone());
        let task = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(stream, owner.clone(), shared.clone()));
            }
        });
        Server { address, kept, task }
    }

    /// Bodies of the chat completions that were asked for.
    pub fn asked(&self) -> Vec<Value> {
        self.kept.lock().unwrap().bodies.clone()
    }

    /// Lets one answer that is held go.
    pub fn let_go(&self) {
        self.kept.lock().unwrap().go.notify_one();
    }

    pub fn heads(&self) -> Vec<String> {
        self.kept.lock().unwrap().heads.clone()
    }
}

async fn serve(mut stream: TcpStream, owner: String, kept: Arc<Mutex<Kept>>) {
    let Some((head, body)) = request(&mut stream).await else { return };
    let path = head.split_whitespace().nth(1).unwrap_or_default().to_owned();
    let answer = {
        let mut kept = kept.lock().unwrap();
        kept.heads.push(head.replace("authorization", "Authorization"));
        match path.as_str() {
            "/v1/models" => Answer::json(json!({"data": [listed(&owner)]})),
            "/props" => Answer::json(json!({"default_generation_settings": {"n_ctx": 4096}})),
            "/v1/chat/completions" => {
                kept.bodies.push(serde_json::from_slice(&body).unwrap());
                kept.answers.pop_front().unwrap_or_else(|| Answer::status(410, json!("the script is over")))
            }
            _ => Answer::status(404, json!({})),
        }
    };
    if answer.held {
        let go = kept.lock().unwrap().go.clone();
        go.notified().await;
    }
    let _ = stream.write_all(format!("{}{}", answer.head(), answer.body).as_bytes()).await;
    let _ = stream.flush().await;
    if answer.hang {
        // Until the client leaves.
        let _ = stream.read(&mut [0]).await;
    }
}

/// What the list says of the server's model: only llama-server tells how large it is.
fn listed(owner: &str) -> Value {
    let mut model = json!({"id": "listed-model", "owned_by": owner});
    if owner == "llamacpp" {
        model["meta"] = json!({"n_params": 1_500_000_000u64});
    }
    model
}

async fn request(stream: &mut TcpStream) -> Option<(String, Vec<u8>)> {
    let mut bytes = Vec::new();
    loop {
        if let Some(at) = bytes.windows(4).position(|w| w == b"\r\n\r\n") {
            let head = String::from_utf8_lossy(&bytes[..at]).into_owned();
            let length =
                head.lines().find_map(|l| l.to_lowercase().strip_prefix("content-length:")?.trim().parse().ok());
            let length: usize = length.unwrap_or(0);
            if bytes.len() >= at + 4 + length {
                return Some((head, bytes[at + 4..at + 4 + length].to_vec()));
            }
        }
        let mut buffer = [0; 8192];
        match stream.read(&mut buffer).await {
            Ok(n) if n > 0 => bytes.extend_from_slice(&buffer[..n]),
            _ => return None,
        }
    }
}
