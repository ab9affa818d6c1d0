//! A server that makes pictures: one request, its JSON, and errors that say what the server said.
//!
//! The user has named the server, so it may be on this machine. No redirect is followed: the key is for this
//! server and no other.

use crate::ToolError;
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use futures::StreamExt;
use reqwest::{Client, RequestBuilder, StatusCode, redirect};
use serde_json::Value;
use std::time::Duration;
use url::Url;

/// A picture on a slow machine takes minutes.
const LONGEST: Duration = Duration::from_secs(900);
/// The largest answer: four pictures of 2,048 pixels as base64 are less.
const BYTES: usize = 96 << 20;
/// Characters of a server's own words that are told.
const TOLD: usize = 300;

/// Where a backend sends its requests.
#[derive(Debug, Clone)]
pub struct Endpoint {
    base: Url,
    client: Client,
}

impl Endpoint {
    /// A server at `address`, such as `http://127.0.0.1:7860`.
    ///
    /// # Errors
    /// It is no http(s) address, or has a name or a password in it: these are for the environment.
    pub fn at(address: &str) -> Result<Endpoint, String> {
        let base = Url::parse(address).map_err(|e| format!("`{address}` is no address of a picture server: {e}"))?;
        if !matches!(base.scheme(), "http" | "https") || base.host().is_none() {
            return Err(format!("`{address}` is no address of a picture server; write http(s)://HOST:PORT"));
        }
        if !base.username().is_empty() || base.password().is_some() {
            return Err("an address of a picture server has no password in it; set POLYMATH_IMAGE_KEY".to_owned());
        }
        let client = Client::builder().redirect(redirect::Policy::none()).timeout(LONGEST).build();
        Ok(Endpoint { base, client: client.map_err(|e| format!("no connection can be set up: {e}"))? })
    }

    /// Whether it is this host, as its certificate has it.
    pub fn is_host(&self, host: &str) -> bool {
        self.base.scheme() == "https" && self.base.host_str() == Some(host)
    }

    /// A request to a path below its address.
    pub fn post(&self, path: &str) -> RequestBuilder {
        let mut url = self.base.clone();
        url.set_path(&format!("{}/{path}", self.base.path().trim_end_matches('/')));
        self.client.post(url)
    }

    /// The answer's JSON.
    ///
    /// # Errors
    /// The model is told what went wrong: nobody answers, the key is not taken, the server's own words.
    pub async fn ask(&self, request: RequestBuilder) -> Result<Value, ToolError> {
        let host = self.base.host_str().unwrap_or_default().to_owned();
        let gone = |e: reqwest::Error| {
            // Without the address, which a log may keep longer than it should.
            ToolError::tell("unavailable", format!("the picture server {host} does not answer: {}", cause(&e)))
        };
        let response = request.send().await.map_err(gone)?;
        let status = response.status();
        let mut body = Vec::new();
        let mut pieces = response.bytes_stream();
        while let Some(piece) = pieces.next().await {
            body.extend_from_slice(&piece.map_err(gone)?);
            if body.len() > BYTES {
                return Err(ToolError::tell(
                    "output_limit",
                    format!("the picture server {host} sent over {BYTES} bytes"),
                ));
            }
        }
        let json: Option<Value> = serde_json::from_slice(&body).ok();
        match (status, json) {
            (StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN, _) => Err(ToolError::tell(
                "denied",
                format!("the picture server {host} does not take the key ({status}); set POLYMATH_IMAGE_KEY"),
            )),
            (status, Some(json)) if status.is_success() => Ok(json),
            (status, json) => {
                let own = json.as_ref().and_then(words).unwrap_or_default();
                let said: String = own.chars().filter(|c| !c.is_control()).take(TOLD).collect();
                let said = if said.is_empty() { String::new() } else { format!(": {said}") };
                Err(ToolError::tell("exception", format!("the picture server {host} answered {status}{said}")))
            }
        }
    }
}

/// The innermost reason of an error, which says more than "error sending request".
fn cause(error: &reqwest::Error) -> String {
    let mut reason: &dyn std::error::Error = error;
    while let Some(inner) = reason.source() {
        reason = inner;
    }
    reason.to_string()
}

/// What a server says of an error: OpenAI's `error.message`, FastAPI's `detail`, others' `error` or `message`.
fn words(json: &Value) -> Option<&str> {
    let places = ["/error/message", "/detail", "/error", "/message"];
    places.into_iter().find_map(|place| json.pointer(place)?.as_str())
}

/// A picture as JSON holds it: base64, with or without `data:image/png;base64,` before it.
pub fn decoded(text: &str) -> Result<Vec<u8>, ToolError> {
    let digits = text.split_once("base64,").map_or(text, |(_, digits)| digits);
    let bytes = BASE64_STANDARD.decode(digits.trim());
    let bytes = bytes.map_err(|e| ToolError::tell("exception", format!("the picture server sent no base64: {e}")))?;
    match super::metadata::is_png(&bytes) {
        true => Ok(bytes),
        false => Err(ToolError::tell("exception", "the picture server sent a file that is no PNG")),
    }
}
