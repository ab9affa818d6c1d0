//! Who may ask: holders of the token; without a token, programs of this machine.
//!
//! A web page that the user visits is not such a program, although it runs on this machine. Its
//! requests are told by their headers: a foreign `Origin`, or, when its name was made to resolve to
//! 127.0.0.1 (DNS rebinding), a foreign `Host`. No CORS headers are ever sent.

use crate::error::ApiError;
use crate::token::Token;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use std::net::IpAddr;
use std::sync::Arc;

/// Paths that need no token: a supervisor asks them.
const OPEN: &[&str] = &["/health"];

#[derive(Clone)]
pub struct Guard {
    token: Option<Arc<Token>>,
}

impl Guard {
    pub fn new(token: Option<Token>) -> Self {
        Guard { token: token.map(Arc::new) }
    }

    fn check(&self, path: &str, headers: &HeaderMap) -> Result<(), ApiError> {
        check_single(headers)?;
        match &self.token {
            Some(_) if OPEN.contains(&path) => Ok(()),
            Some(token) => check_token(token, headers),
            None => check_local(headers),
        }
    }
}

/// The middleware in front of every route.
pub async fn guard(State(guard): State<Guard>, request: Request, next: Next) -> Response {
    match guard.check(request.uri().path(), request.headers()) {
        Ok(()) => next.run(request).await,
        Err(error) => error.into_response(),
    }
}

/// Of several, each program on the way would believe another one (RFC 9112, section 3.2).
fn check_single(headers: &HeaderMap) -> Result<(), ApiError> {
    for name in [header::HOST, header::ORIGIN] {
        if headers.get_all(&name).iter().nth(1).is_some() {
            let message = format!("there is more than one header `{name}`; send one");
            return Err(ApiError::new(StatusCode::BAD_REQUEST, "repeated_header", message));
        }
    }
    Ok(())
}

fn check_token(token: &Token, headers: &HeaderMap) -> Result<(), ApiError> {
    let unauthorized = |message| ApiError::new(StatusCode::UNAUTHORIZED, "invalid_api_key", message);
    let given = headers.get(header::AUTHORIZATION).and_then(|v| v.to_str().ok()).and_then(|v| v.split_once(' '));
    let Some((_, given)) = given.filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer")) else {
        return Err(unauthorized(
            "this server wants a token: send `Authorization: Bearer TOKEN` (in OpenAI's clients: the API key) with the \
             content of the file that was given as --token-file",
        ));
    };
    match token.matches(given.trim()) {
        true => Ok(()),
        false => Err(unauthorized("this is not the server's token; it stands in the file given as --token-file")),
    }
}

fn check_local(headers: &HeaderMap) -> Result<(), ApiError> {
    let refused = |message: String| ApiError::new(StatusCode::FORBIDDEN, "not_local", message);
    let text = |name| headers.get(name).map(|v| String::from_utf8_lossy(v.as_bytes()).into_owned());
    let host = text(header::HOST).unwrap_or_default();
    if !is_local(&host) {
        return Err(refused(format!(
            "without a token only this machine is served, and `Host: {host}` is none of its names; ask 127.0.0.1 or \
             localhost, or start the server with --token-file"
        )));
    }
    let Some(origin) = text(header::ORIGIN) else { return Ok(()) };
    let from = origin.split_once("://").map_or("", |(_, host)| host);
    match is_local(from) {
        true => Ok(()),
        false => Err(refused(format!(
            "a page of `{origin}` may not ask this server; to allow other programs than those of this machine start it \
             with --token-file"
        ))),
    }
}

/// Whether `HOST` or `HOST:PORT` is this machine by a name that nobody else can give away.
fn is_local(authority: &str) -> bool {
    // `Url` reads brackets, ports and odd spellings of addresses as browsers do.
    let Ok(url) = url::Url::parse(&format!("http://{authority}/")) else { return false };
    let plain = url.path() == "/" && url.username().is_empty() && url.password().is_none() && url.query().is_none();
    let local = match url.host() {
        Some(url::Host::Domain(name)) => name == "localhost",
        Some(url::Host::Ipv4(ip)) => IpAddr::from(ip).is_loopback(),
        Some(url::Host::Ipv6(ip)) => IpAddr::from(ip).is_loopback(),
        None => false,
    };
    plain && local
}

#[cfg(test)]
mod tests {
    use super::is_local;

    #[test]
    fn only_names_of_this_machine_are_local() {
        for name in ["localhost", "LOCALHOST:8080", "127.0.0.1", "127.0.0.1:1", "127.8.8.8:80", "[::1]:8080"] {
            assert!(is_local(name), "{name}");
        }
        for name in [
            "",
            "evil.example",
            "localhost.evil.example",
            "127.0.0.1.evil.example:8080",
            "evil.example/127.0.0.1",
            "127.0.0.1@evil.example",
            "evil@127.0.0.1",
            "10.0.0.1:8080",
            "[2001:db8::1]",
            "null",
        ] {
            assert!(!is_local(name), "{name}");
        }
    }
}
