//! Requests to an endpoint: time-outs, retries with back-off, bounded bodies, errors in words.
//!
//! Knows nothing of models. A request is tried again only while nothing of its answer was read.

use super::address::Address;
use super::key::Key;
use reqwest::header::{AUTHORIZATION, LOCATION, RETRY_AFTER};
use reqwest::{Client, Method, Response, StatusCode, Url};
use serde_json::Value;
use std::error::Error;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// Bytes of a body read whole, and of one answer's stream.
pub const LONGEST_BODY: usize = 64 << 20;
/// Bytes of an error's body that are looked at.
const LONGEST_ERROR: usize = 64 << 10;
/// Characters of a server's own words in a message.
const LONGEST_QUOTE: usize = 400;
/// A server that wants to be left alone for longer is not waited for.
const LONGEST_PAUSE: Duration = Duration::from_secs(60);

/// How long to wait, and how often to try.
#[derive(Debug, Clone)]
pub struct Patience {
    /// Tries of a request, the first included.
    pub tries: u32,
    /// Pause before the second try; doubled before each further one.
    pub backoff: Duration,
    pub connect: Duration,
    /// Longest silence: long prompts take minutes on a processor.
    pub idle: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        let (connect, idle) = (Duration::from_secs(10), Duration::from_secs(300));
        Patience { tries: 4, backoff: Duration::from_secs(1), connect, idle }
    }
}

/// Why a request brought nothing.
#[derive(Debug, Clone, thiserror::Error)]
pub enum Failure {
    #[error("cancelled")]
    Cancelled,
    /// The server said no.
    #[error("{message}")]
    Status { status: u16, message: String, body: Value },
    /// No connection, or it broke.
    #[error("{0}")]
    Broken(String),
}

/// Speaks to one host.
pub struct Http {
    client: Client,
    key: Option<Key>,
    shown: String,
    patience: Patience,
}

impl Http {
    pub fn new(address: &Address, key: Option<Key>, patience: Patience) -> Result<Http, Failure> {
        let mut builder = Client::builder()
            .connect_timeout(patience.connect)
            .read_timeout(patience.idle)
            // A redirect would carry the conversation to a host that nobody named.
            .redirect(reqwest::redirect::Policy::none())
            .user_agent(concat!("polymath/", env!("CARGO_PKG_VERSION")));
        if address.is_loopback() {
            builder = builder.no_proxy();
        }
        let client = builder.build().map_err(|e| Failure::Broken(format!("cannot set up HTTP: {}", root_cause(&e))))?;
        Ok(Http { client, key, shown: address.shown(), patience })
    }

    /// A JSON document, by GET without a body and by POST with one.
    pub async fn json(&self, url: Url, body: Option<&Value>, cancel: &CancellationToken) -> Result<Value, Failure> {
        let response = self.send(url, body, cancel).await?;
        let text = cancelled_or(cancel, self.read(response, LONGEST_BODY)).await??;
        serde_json::from_slice(&text).map_err(|e| {
            let quote = quote(&String::from_utf8_lossy(&text));
            Failure::Broken(format!("{} answers with something that is not JSON ({e}): {quote}", self.shown))
        })
    }

    /// Sends a request until the server accepts it, as often as patience has it.
    pub async fn send(&self, url: Url, body: Option<&Value>, cancel: &CancellationToken) -> Result<Response, Failure> {
        let mut pause = self.patience.backoff;
        for attempt in 1.. {
            let (failure, wait) = match cancelled_or(cancel, self.once(url.clone(), body)).await? {
                Ok(response) => return Ok(response),
                Err(rejected) => rejected,
            };
            let Some(asked) = wait.filter(|_| attempt < self.patience.tries) else { return Err(failure) };
            if asked > LONGEST_PAUSE {
                return Err(failure);
            }
            tracing::info!("{failure}; trying again");
            self.pause(asked.max(pause), cancel).await?;
            pause *= 2;
        }
        Err(Failure::Cancelled)
    }

    /// Waits before the next try, unless it is cancelled.
    pub async fn pause(&self, time: Duration, cancel: &CancellationToken) -> Result<(), Failure> {
        cancelled_or(cancel, tokio::time::sleep(time)).await
    }

    pub fn patience(&self) -> &Patience {
        &self.patience
    }

    /// One try. With a failure comes how long the server wants to be left alone before the next one
    /// (zero when it doesn't say), or `None` when another would not help.
    async fn once(&self, url: Url, body: Option<&Value>) -> Result<Response, (Failure, Option<Duration>)> {
        let method = if body.is_some() { Method::POST } else { Method::GET };
        let mut request = self.client.request(method, url);
        if let Some(key) = self.key.as_ref().and_then(Key::header) {
            request = request.header(AUTHORIZATION, key);
        }
        if let Some(body) = body {
            request = request.json(body);
        }
        let response = request.send().await.map_err(|e| (self.unreachable(&e), None))?;
        let status = response.status();
        if status.is_success() {
            return Ok(response);
        }
        let passing = status == StatusCode::TOO_MANY_REQUESTS
            || status.is_server_error() && status != StatusCode::NOT_IMPLEMENTED;
        let asked = response.headers().get(RETRY_AFTER).and_then(|v| v.to_str().ok()).and_then(retry_after);
        let failure = self.rejected(response, asked).await;
        // Old versions of llama-server call it their own error that they were started without templates.
        let passing = passing && !matches!(&failure, Failure::Status { message, .. } if refuses_tools(message));
        Err((failure, passing.then(|| asked.unwrap_or_default())))
    }

    async fn rejected(&self, response: Response, asked: Option<Duration>) -> Failure {
        let status = response.status();
        let location = response.headers().get(LOCATION).and_then(|l| l.to_str().ok()).map(quote);
        let text = self.read(response, LONGEST_ERROR).await.unwrap_or_default();
        let text = String::from_utf8_lossy(&text);
        let body: Value = serde_json::from_str(&text).unwrap_or_default();
        let said = self.redacted(&said(&body).unwrap_or_else(|| quote(&text)));
        let said = if said.is_empty() { String::new() } else { format!(": {said}") };
        let host = &self.shown;
        let message = match (status.as_u16(), location) {
            (300..=399, Some(to)) => {
                format!("{host} sends on to {to}, which is not followed; give that address if it is right")
            }
            (401 | 403, _) => format!("{host} refuses the request ({status}{said}); {}", self.about_key()),
            (429, _) => match asked.filter(|a| *a > LONGEST_PAUSE) {
                Some(asked) => format!("{host} takes no requests for {} s ({status}{said})", asked.as_secs()),
                None => format!("{host} takes no more requests for now ({status}{said}); try again later"),
            },
            _ => format!("{host} answers {status}{said}"),
        };
        Failure::Status { status: status.as_u16(), message, body }
    }

    fn about_key(&self) -> String {
        match &self.key {
            Some(key) => format!("the key is that of {}", key.source),
            None => "put a key into POLYMATH_API_KEY, or its file into POLYMATH_API_KEY_FILE".to_owned(),
        }
    }

    fn unreachable(&self, error: &reqwest::Error) -> Failure {
        let (host, cause) = (&self.shown, root_cause(error));
        let seconds = |time: Duration| time.as_secs_f64();
        Failure::Broken(match (error.is_connect(), error.is_timeout()) {
            (true, true) => format!("{host} did not accept a connection within {} s", seconds(self.patience.connect)),
            (true, false) => format!("cannot reach {host}: {cause}; is the server running, and is the address right?"),
            (false, true) => format!("{host} said nothing for {} s", seconds(self.patience.idle)),
            (false, false) => format!("the request to {host} failed: {cause}"),
        })
    }

    /// Why a stream broke off.
    pub fn broken_off(&self, error: Option<&reqwest::Error>) -> String {
        let host = &self.shown;
        match error {
            Some(e) if e.is_timeout() => {
                format!("{host} said nothing for {} s in the middle of its answer", self.patience.idle.as_secs_f64())
            }
            Some(e) => {
                format!(
                    "the connection to {host} broke in the middle of the answer ({}); is the server still running?",
                    root_cause(e)
                )
            }
            None => format!("{host} ended the connection in the middle of the answer; is the server still running?"),
        }
    }

    async fn read(&self, mut response: Response, most: usize) -> Result<Vec<u8>, Failure> {
        let mut bytes = Vec::new();
        loop {
            match response.chunk().await {
                Ok(Some(chunk)) if bytes.len() + chunk.len() <= most => bytes.extend_from_slice(&chunk),
                Ok(Some(_)) => {
                    return Err(Failure::Broken(format!("{} answers with more than {most} bytes", self.shown)));
                }
                Ok(None) => return Ok(bytes),
                Err(e) => return Err(Failure::Broken(self.broken_off(Some(&e)))),
            }
        }
    }

    pub fn redacted(&self, text: &str) -> String {
        self.key.as_ref().map_or_else(|| text.to_owned(), |key| key.redact(text))
    }
}

/// Whether an error says that the server, or the model there, takes no tools: llama-server without
/// its templates, Ollama with a model that has none, vLLM without a parser.
pub fn refuses_tools(message: &str) -> bool {
    let message = message.to_lowercase();
    let why = [
        "--jinja",
        "does not support",
        "not supported",
        "doesn't support",
        "--enable-auto-tool-choice",
        "tool-call-parser",
    ];
    message.contains("tool") && why.iter().any(|w| message.contains(w))
}

/// The future's result, unless it is cancelled first.
pub async fn cancelled_or<T>(cancel: &CancellationToken, work: impl Future<Output = T>) -> Result<T, Failure> {
    tokio::select! {
        biased;
        () = cancel.cancelled() => Err(Failure::Cancelled),
        done = work => Ok(done),
    }
}

/// A server's own words, in the shapes that servers use.
pub fn said(body: &Value) -> Option<String> {
    let error = body.get("error").unwrap_or(body);
    let texts = [error.get("message"), Some(error), body.get("message"), body.get("detail")];
    texts.into_iter().flatten().find_map(Value::as_str).map(quote)
}

fn quote(text: &str) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(LONGEST_QUOTE) {
        Some((at, _)) => format!("{}…", &line[..at]),
        None => line,
    }
}

/// Seconds, or a date. Source: RFC 9110, section 10.2.3.
fn retry_after(value: &str) -> Option<Duration> {
    if let Ok(seconds) = value.trim().parse::<f64>() {
        return Duration::try_from_secs_f64(seconds.max(0.0)).ok();
    }
    let date = chrono::DateTime::parse_from_rfc2822(value.trim()).ok()?;
    Some((date.to_utc() - chrono::Utc::now()).to_std().unwrap_or_default())
}

/// The innermost error's words: the outer ones only say that something was tried.
fn root_cause(error: &reqwest::Error) -> String {
    let mut cause: &dyn Error = error;
    while let Some(inner) = cause.source() {
        cause = inner;
    }
    cause.to_string()
}
