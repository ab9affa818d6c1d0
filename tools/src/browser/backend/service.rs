//! What a search backend is, what it is made from, and what the web services among them share.

use crate::browser::fetch::{Fetcher, Reply};
use crate::browser::page::Page;
use async_trait::async_trait;
use polymath_chat::{Hit, ToolFailure};
use std::{collections::BTreeMap, path::PathBuf, sync::Arc, time::Duration};

/// A service or index that answers queries.
#[async_trait]
pub trait SearchBackend: Send + Sync {
    /// As the user wrote it: `searxng:http://…`.
    fn name(&self) -> &str;

    /// At most `limit` results, best first; none is no error.
    ///
    /// # Errors
    /// When the service can't answer.
    async fn search(&self, query: &str, limit: usize) -> Result<Vec<Hit>, Trouble>;

    fn scope(&self) -> Scope {
        Scope::Reference
    }

    /// The pages that are at hand here, and not on the web.
    fn shelf(&self) -> Option<Arc<dyn Shelf>> {
        None
    }
}

/// How much of the world a backend knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// Asks several engines of the web itself.
    Meta,
    /// The web.
    Web,
    /// One collection.
    Reference,
}

/// Pages that are read from this machine.
pub trait Shelf: Send + Sync {
    /// The page at this address, as results show it; `None` when it is none of the shelf's. Blocks.
    ///
    /// # Errors
    /// When the page is there and can't be read.
    fn page(&self, address: &str) -> Option<Result<Page, ToolFailure>>;

    fn contains(&self, address: &str) -> bool;
}

/// Why a service gave no answer.
#[derive(Debug)]
pub enum Trouble {
    /// It wants to be left alone, for as long as it says.
    Refused {
        why: String,
        wait: Option<Duration>,
    },
    Failed(ToolFailure),
}

impl Trouble {
    pub fn refused(why: impl Into<String>) -> Self {
        Trouble::Refused { why: why.into(), wait: None }
    }

    /// `network`, one line.
    pub fn failed(why: impl Into<String>) -> Self {
        Trouble::Failed(ToolFailure::new("network", why))
    }
}

impl From<ToolFailure> for Trouble {
    fn from(failure: ToolFailure) -> Self {
        Trouble::Failed(failure)
    }
}

/// Base addresses of public services by the backends' names, where they are others than the services'
/// own: tests put their own server here.
#[derive(Debug, Clone, Default)]
pub struct Endpoints(BTreeMap<String, String>);

impl Endpoints {
    pub fn set(&mut self, backend: &str, base: impl Into<String>) {
        self.0.insert(backend.to_owned(), base.into());
    }
}

/// What backends are made from.
pub struct Surroundings {
    pub fetcher: Arc<Fetcher>,
    pub endpoints: Endpoints,
    /// The users' keys for services, by the backends' names.
    pub keys: BTreeMap<String, String>,
    /// The SearXNG that `auto` asks first.
    pub searxng: Option<String>,
    /// Where named corpora and the index cache are.
    pub home: PathBuf,
}

impl Surroundings {
    /// The base address of a backend's service.
    pub fn base(&self, backend: &str, own: &str) -> String {
        self.endpoints.0.get(backend).map_or(own, String::as_str).to_owned()
    }
}

/// The base address with a path and a query; parameters are escaped.
pub fn with_query(base: &str, path: &str, query: &[(&str, &str)]) -> Result<url::Url, ToolFailure> {
    let address = format!("{}{path}", base.trim_end_matches('/'));
    url::Url::parse_with_params(&address, query)
        .map_err(|e| ToolFailure::new("network", format!("{address:?} is not a web address: {e}")))
}

/// A web address that a user wrote behind a backend's name, without a last slash.
///
/// # Errors
/// One line that names the backend and what is wrong.
pub fn web_address(backend: &str, written: &str) -> Result<String, String> {
    let url =
        url::Url::parse(written).map_err(|e| format!("search backend {backend}:{written}: not a web address: {e}"))?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err(format!("search backend {backend}:{written}: the address must begin with http:// or https://"));
    }
    Ok(written.trim_end_matches('/').to_owned())
}

/// The fragment of HTML that some services put in titles and snippets, as plain text.
pub fn plain(html: &str) -> String {
    let text = dom_query::Document::fragment(html).text();
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The parts of pages that ask whether there is a person.
const PUZZLES: &[&str] = &[
    "anomaly-modal",
    "anomaly.js",
    "challenge-form",
    "g-recaptcha",
    "h-captcha",
    "hcaptcha",
    "cf-chl",
    "cf-turnstile",
];

/// Whether a service refuses: by its status, or with a page that wants to know whether there is a person.
///
/// # Errors
/// It does.
pub fn welcome(reply: &Reply) -> Result<(), Trouble> {
    let page = reply.text.trim_start().starts_with('<');
    let puzzle = page && PUZZLES.iter().any(|sign| reply.text.contains(sign));
    if puzzle || matches!(reply.status.as_u16(), 202 | 418 | 429) {
        return Err(Trouble::Refused { why: "refuses automatic searches for now".into(), wait: reply.retry_after });
    }
    Ok(())
}

/// The JSON of a service that answered as it should.
///
/// # Errors
/// It refuses, or the reply is something else.
pub fn json(reply: &Reply) -> Result<serde_json::Value, Trouble> {
    welcome(reply)?;
    if !reply.status.is_success() {
        return Err(unexpected("results", reply));
    }
    serde_json::from_str(&reply.text).map_err(|_| unexpected("JSON", reply))
}

/// An answer that is not the one that was asked for.
pub fn unexpected(what: &str, reply: &Reply) -> Trouble {
    let start: String = reply.text.chars().take(80).collect();
    let start = start.split_whitespace().collect::<Vec<_>>().join(" ");
    Trouble::failed(format!("answered {} with {start:?} instead of {what}", reply.status))
}
