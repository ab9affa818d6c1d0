//! A model behind an endpoint that does what the question says, slowly, and the pages it opens: a server of
//! the test's own that counts.

use serde_json::{Value, json};
use std::collections::HashMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// What the answer says of its page.
const SENTENCES: &str = "The page was opened. It tells of a mill. The mill is 12 m high! Is that much? It is not.";

#[derive(Default)]
struct Heard {
    /// How often each page was fetched.
    fetched: HashMap<String, usize>,
    /// Bodies of the chat completions that were asked for.
    asked: Vec<Value>,
}

/// Asked to "Open page N", the model opens it and then tells of it.
pub struct Scripted {
    pub address: SocketAddr,
    heard: Arc<Mutex<Heard>>,
}

impl Scripted {
    pub fn start() -> Scripted {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let heard = Arc::new(Mutex::new(Heard::default()));
        let shared = heard.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let heard = shared.clone();
                // Whoever asked may be gone.
                std::thread::spawn(move || answer(stream, address, &heard));
            }
        });
        Scripted { address, heard }
    }

    pub fn model(&self) -> String {
        format!("http://{}/v1#m", self.address)
    }

    /// Pages that were fetched more than once.
    pub fn fetched_twice(&self) -> Vec<String> {
        let heard = self.heard.lock().unwrap();
        heard.fetched.iter().filter(|(_, times)| **times > 1).map(|(page, _)| page.clone()).collect()
    }

    /// What the last request for a reply said.
    pub fn last_asked(&self) -> String {
        self.heard.lock().unwrap().asked.last().map_or(String::new(), Value::to_string)
    }
}

fn answer(stream: TcpStream, address: SocketAddr, heard: &Mutex<Heard>) -> std::io::Result<()> {
    let mut reader = BufReader::new(stream.try_clone()?);
    let (mut line, mut length, mut header) = (String::new(), 0, String::new());
    reader.read_line(&mut line)?;
    while reader.read_line(&mut header)? > 2 {
        if let Some(value) = header.to_lowercase().strip_prefix("content-length:") {
            length = value.trim().parse().unwrap_or(0);
        }
        header.clear();
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body)?;
    let path = line.split(' ').nth(1).unwrap_or_default().to_owned();
    match path.as_str() {
        "/v1/models" => {
            send(stream, "application/json", &json!({"data": [{"id": "m", "owned_by": "vllm"}]}).to_string())
        }
        "/v1/chat/completions" => {
            let request: Value = serde_json::from_slice(&body).unwrap_or_default();
            heard.lock().unwrap().asked.push(request.clone());
            reply(stream, address, &request)
        }
        page if page.starts_with("/page/") => {
            *heard.lock().unwrap().fetched.entry(page.to_owned()).or_default() += 1;
            send(stream, "text/html", "<title>Mill</title><p>The mill is 12 m high and stands at the river.</p>")
        }
        _ => write!(&stream, "HTTP/1.1 404 X\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"),
    }
}

fn send(mut stream: TcpStream, kind: &str, body: &str) -> std::io::Result<()> {
    let head = format!("HTTP/1.1 200 OK\r\ncontent-type: {kind}\r\ncontent-length: {}\r\n", body.len());
    write!(stream, "{head}connection: close\r\n\r\n{body}")
}

/// A call for the page where the user has just asked for one, else the answer, some letters at a time.
fn reply(mut stream: TcpStream, address: SocketAddr, request: &Value) -> std::io::Result<()> {
    let last = request["messages"].as_array().and_then(|m| m.last()).cloned().unwrap_or_default();
    let page =
        last["content"].as_str().and_then(|text| text.split("Open page ").nth(1)).filter(|_| last["role"] == "user");
    let mut deltas: Vec<Value> = Vec::new();
    let finish = match page {
        Some(page) => {
            let arguments = json!({"target": format!("http://{address}/page/{}", page.trim())}).to_string();
            let function = json!({"name": "browser_open", "arguments": arguments});
            deltas.push(json!({"tool_calls": [{"index": 0, "id": "c", "type": "function", "function": function}]}));
            "tool_calls"
        }
        None => {
            let letters: Vec<char> = SENTENCES.chars().collect();
            deltas.extend(letters.chunks(6).map(|c| json!({"content": c.iter().collect::<String>()})));
            "stop"
        }
    };
    let head = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nconnection: close\r\n\r\n";
    stream.write_all(head.as_bytes())?;
    for delta in deltas {
        write!(stream, "data: {}\n\n", json!({"choices": [{"delta": delta}]}))?;
        stream.flush()?;
        std::thread::sleep(Duration::from_millis(2));
    }
    write!(stream, "data: {}\n\ndata: [DONE]\n\n", json!({"choices": [{"delta": {}, "finish_reason": finish}]}))
}
