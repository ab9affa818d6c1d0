//! Who may ask: holders of the token; without a token, programs of this machine.
//!
//! A web page that the user visits is not such a program, although it runs on this machine. Its
//! requests are told by their headers: a foreign `Origin` (one of another port of this machine is foreign
//! too), a `Sec-Fetch-Site` of another site, or, when its name was made to resolve to
//! 127.0.0.1 (DNS rebinding), a foreign `Host`. No CORS headers are ever sent.

use crate::anthropic;
use crate::api;
use crate::error::ApiError;
use crate::page::is_page;
use crate::token::Token;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, Uri, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use std::net::IpAddr;
use std::sync::Arc;

/// Paths that need no token: a supervisor asks them.
const OPEN: &[&str] = &["/health"];

fn is_open(path: &str) -> bool {
    OPEN.contains(&path) || api::OPEN.contains(&path) || is_page(path)
}

#[derive(Clone)]
pub struct Guard {
    token: Option<Arc<Token>>,
}

impl Guard {
    pub fn new(token: Option<Token>) -> Self {
        Guard { token: token.map(Arc::new) }
    }

    fn check(&self, uri: &Uri, headers: &HeaderMap) -> Result<(), ApiError> {
        check_single(headers)?;
        if uri.authority().is_some() {
            let message = "the request's target names a host; send its path only, as to any server that is no proxy";
            return Err(ApiError::new(StatusCode::BAD_REQUEST, "absolute_target", message));
        }
        match &self.token {
            Some(_) if is_open(uri.path()) => Ok(()),
            Some(token) => check_token(token, headers),
            None => check_local(headers),
        }
    }
}

/// The middleware in front of every route.
pub async fn guard(State(guard): State<Guard>, request: Request, next: Next) -> Response {
    match guard.check(request.uri(), request.headers()) {
        Ok(()) => next.run(request).await,
        Err(error) if request.uri().path() == anthropic::PATH => anthropic::answer(error),
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
    let text = |name| headers.get(name).and_then(|v: &HeaderValue| v.to_str().ok());
    let bearer = text(header::AUTHORIZATION).and_then(|v| v.split_once(' '));
    let bearer = bearer.filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer")).map(|(_, token)| token);
    // Anthropic's clients send a key so.
    let Some(given) = bearer.or_else(|| text(HeaderName::from_static("x-api-key"))) else {
        return Err(unauthorized(
            "this server wants a token: send `Authorization: Bearer TOKEN` (in OpenAI's and Anthropic's clients: the API \
             key) with the content of the file that was given as --token-file",
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
    let page = |from: &str| {
        refused(format!(
            "a page of {from} may not ask this server; to allow other programs than those of this machine start it with \
             --token-file"
        ))
    };
    // What a browser says of every request, those without an `Origin` included.
    let site = text(HeaderName::from_static("sec-fetch-site"));
    if site.is_some_and(|site| !matches!(site.as_str(), "same-origin" | "none")) {
        return Err(page("another site"));
    }
    match text(header::ORIGIN) {
        Some(origin) if !is_own(&origin, &host) => Err(page(&format!("`{origin}`"))),
        _ => Ok(()),
    }
}

/// Whether an `Origin` is this server's own: its scheme, and the host and port that were asked. Another
/// program of this machine that shows pages is another origin.
fn is_own(origin: &str, host: &str) -> bool {
    let own = url::Url::parse(&format!("http://{host}/"));
    let from = url::Url::parse(origin);
    matches!((own, from), (Ok(own), Ok(from)) if own.origin() == from.origin())
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
    use super::{is_local, is_own};

    #[test]
    fn an_origin_is_scheme_host_and_port() {
        assert!(is_own("http://127.0.0.1:8080", "127.0.0.1:8080") && is_own("http://localhost", "LOCALHOST:80"));
        for origin in [
            "https://127.0.0.1:8080",
            "http://127.0.0.1:8081",
            "http://127.0.0.1",
            "http://localhost:8080",
            "null",
            "file://",
            "",
        ] {
            assert!(!is_own(origin, "127.0.0.1:8080"), "{origin}");
        }
    }

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
