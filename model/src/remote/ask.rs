//! One chat completion: asking for it, and reading what comes.

use super::address::Address;
use super::http::{Failure, Http, LONGEST_BODY, cancelled_or, refuses_tools};
use super::reading::{Reading, Wanted};
use super::server::{self, Server};
use super::wire;
use crate::constrain::Compiler;
use crate::engine::{EngineError, ReplyStop, Sampling};
use reqwest::Response;
use reqwest::header::CONTENT_TYPE;
use serde_json::{Map, Value, json};
use std::sync::Mutex;
use std::time::Instant;
use tokio_util::sync::CancellationToken;

/// Parameters that a reply can do without: a server that knows one of them not is asked without it.
const OPTIONAL: &[&str] = &[
    "parallel_tool_calls",
    "repetition_penalty",
    "response_format",
    "repeat_penalty",
    "stream_options",
    "top_logprobs",
    "temperature",
    "max_tokens",
    "logprobs",
    "min_p",
    "top_k",
    "top_p",
    "seed",
    "stop",
];

/// What a request asks for that it cannot do without.
const STEERING: &[&str] = &["presence_penalty", "frequency_penalty", "logit_bias"];

/// The server, and what was found out about it.
pub struct Endpoint {
    pub address: Address,
    pub http: Http,
    pub server: Server,
    /// Parameters that the server turned out not to know.
    refused: Mutex<Vec<&'static str>>,
    /// For checking replies here, byte by byte.
    pub compiler: Compiler,
}

impl Endpoint {
    pub fn new(address: Address, http: Http, server: Server) -> Result<Self, EngineError> {
        Ok(Endpoint { address, http, server, refused: Mutex::default(), compiler: Compiler::of_bytes()? })
    }

    /// Posts a chat completion. Parameters that the server does not know are left out from then on.
    pub(super) async fn post(
        &self,
        mut body: Map<String, Value>,
        cancel: &CancellationToken,
    ) -> Result<Response, Failure> {
        loop {
            self.leave_out(&mut body);
            let url = self.address.api("chat/completions");
            let failure = match self.http.send(url, Some(&Value::Object(body.clone())), cancel).await {
                Ok(response) => return Ok(response),
                Err(failure) => failure,
            };
            match unknown_parameter(&failure, &body) {
                Some(name) => self.refused.lock().unwrap_or_else(|e| e.into_inner()).push(name),
                None => return Err(failure),
            }
        }
    }

    fn leave_out(&self, body: &mut Map<String, Value>) {
        for name in self.refused.lock().unwrap_or_else(|e| e.into_inner()).iter() {
            let value = body.remove(*name);
            // OpenAI's newer name for it, which others do not know.
            if let (&"max_tokens", Some(value)) = (name, value) {
                body.insert("max_completion_tokens".into(), value);
            }
        }
    }

    pub(super) fn refuses(&self, parameter: &str) -> bool {
        self.refused.lock().unwrap_or_else(|e| e.into_inner()).contains(&parameter)
    }

    /// The parts that every request has.
    pub(super) fn body(
        &self,
        messages: Vec<Value>,
        sampling: &Sampling,
        (max_tokens, stop): (usize, &[String]),
    ) -> Map<String, Value> {
        let mut body = wire::sampling(sampling, self.server.kind);
        body.insert("model".into(), json!(self.server.model));
        body.insert("messages".into(), json!(messages));
        body.insert("max_tokens".into(), json!(max_tokens));
        if !stop.is_empty() {
            body.insert("stop".into(), json!(stop));
        }
        body
    }

    /// Reads an answer to its end, or until it is cancelled or enough: leaving it tells the server.
    pub(super) async fn follow(
        &self,
        mut response: Response,
        reading: &mut Reading,
        cancel: &CancellationToken,
    ) -> Result<ReplyStop, Failure> {
        let started = Instant::now();
        let kind = response.headers().get(CONTENT_TYPE).and_then(|k| k.to_str().ok()).unwrap_or_default();
        let streams = !kind.contains("application/json");
        let (mut lines, mut whole, mut length) = (wire::Lines::default(), Vec::new(), 0);
        loop {
            let chunk = match cancelled_or(cancel, response.chunk()).await {
                Ok(Ok(Some(chunk))) => chunk,
                Ok(Ok(None)) => break,
                Ok(Err(_)) if reading.finish.is_some() => break,
                Ok(Err(e)) => return Err(Failure::Broken(self.http.broken_off(Some(&e)))),
                Err(_) => return Ok(ReplyStop::Cancelled),
            };
            length += chunk.len();
            if length > LONGEST_BODY {
                return Err(Failure::Broken(format!("the answer has more than {LONGEST_BODY} bytes")));
            }
            if !streams {
                whole.extend_from_slice(&chunk);
                continue;
            }
            for payload in lines.push(&chunk).map_err(Failure::Broken)? {
                if payload == "[DONE]" {
                    return Ok(reading.finish.unwrap_or(ReplyStop::End));
                }
                if self.take(payload.as_bytes(), reading)? == Wanted::Enough {
                    return Ok(ReplyStop::End);
                }
                if reading.begun && reading.prefill_ms.is_none() {
                    reading.prefill_ms = Some(started.elapsed().as_millis() as u64);
                }
            }
        }
        if !streams {
            self.take(&whole, reading)?;
            return Ok(reading.finish.unwrap_or(ReplyStop::End));
        }
        reading.finish.ok_or_else(|| Failure::Broken(self.http.broken_off(None)))
    }

    fn take(&self, payload: &[u8], reading: &mut Reading) -> Result<Wanted, Failure> {
        let host = self.address.shown();
        let chunk: Value = serde_json::from_slice(payload)
            .map_err(|e| Failure::Broken(format!("{host} streams something that is not JSON: {e}")))?;
        reading.take(&chunk).map_err(|why| {
            let when = if reading.begun { " in the middle of the answer" } else { "" };
            Failure::Broken(self.http.redacted(&format!("{host} reports an error{when}: {why}")))
        })
    }

    /// A failure in the engine's words; for a model that is not there, with those that are.
    pub(super) async fn explain(&self, failure: Failure) -> EngineError {
        let (status, message, body) = match failure {
            Failure::Cancelled => return EngineError::Cancelled,
            Failure::Broken(why) => return EngineError::Failed(why),
            Failure::Status { status, message, body } => (status, message, body),
        };
        let count = |path: &str| body.pointer(path).and_then(Value::as_u64).and_then(|n| usize::try_from(n).ok());
        if let (Some(need), Some(have)) = (count("/error/n_prompt_tokens"), count("/error/n_ctx")) {
            return EngineError::ContextFull { need, have };
        }
        if let Some((need, have)) = too_long(&message) {
            return EngineError::ContextFull { need, have };
        }
        if let (400 | 422, Some(parameter)) = (status, named(STEERING, &body)) {
            return EngineError::Unsupported { parameter, why: message };
        }
        if status != 404 {
            return EngineError::Failed(message);
        }
        let listed = server::listed(&self.http, &self.address, &CancellationToken::new()).await.unwrap_or_default();
        let names: Vec<&str> = server::names(&listed).into_iter().take(20).collect();
        EngineError::Failed(match names.as_slice() {
            [] => message,
            names => format!("{message}; it was asked for `{}` and has {}", self.server.model, names.join(", ")),
        })
    }
}

/// How many tokens a request needs, and how many the context has, in the words of OpenAI and vLLM.
fn too_long(message: &str) -> Option<(usize, usize)> {
    let (_, said) = message.split_once("maximum context length is ")?;
    let mut numbers = said.split(|c: char| !c.is_ascii_digit()).filter_map(|n| n.parse::<usize>().ok());
    let have = numbers.next()?;
    // The parts of the sum stand behind it.
    Some((numbers.max().unwrap_or_default().max(have + 1), have))
}

/// The first of these names that an answer says.
fn named(names: &[&'static str], body: &Value) -> Option<&'static str> {
    let said = body.to_string();
    let words: Vec<&str> = said.split(|c: char| !c.is_ascii_alphanumeric() && c != '_').collect();
    names.iter().copied().find(|name| words.contains(name))
}

/// The parameter that a refusal is about, if the request can do without it.
fn unknown_parameter(failure: &Failure, sent: &Map<String, Value>) -> Option<&'static str> {
    let Failure::Status { status: 400 | 422, message, body } = failure else { return None };
    if refuses_tools(message) {
        return None;
    }
    let said = body.to_string().to_lowercase();
    let is_unknown =
        ["unsupported", "not support", "unrecognized", "unknown", "not permitted", "forbidden", "unexpected"]
            .iter()
            .any(|w| said.contains(w));
    let words: Vec<&str> = said.split(|c: char| !c.is_ascii_alphanumeric() && c != '_').collect();
    OPTIONAL.iter().copied().find(|name| is_unknown && sent.contains_key(*name) && words.contains(name))
}
