//! Where searches go: one small trait, one file a backend, one table of them.
//!
//! Several backends are asked in the order given until there are enough results; one that is down
//! is passed over and named. Nothing is asked twice in a run.

mod brave;
pub mod corpus;
mod duckduckgo;
mod local;
mod searxng;
mod spec;
mod wikipedia;

pub use spec::{SearchSpec, SearchSpecError};

use super::fetch::Fetcher;
use async_trait::async_trait;
use corpus::Corpus;
use polymath_chat::ToolFailure;
use std::{
    collections::{HashMap, HashSet},
    path::PathBuf,
    sync::{Arc, Mutex, PoisonError},
};

/// One result of a search.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Hit {
    pub title: String,
    /// Something `browser_open` accepts.
    pub url: String,
    /// Plain text.
    pub snippet: String,
}

/// A service or index that answers queries.
#[async_trait]
pub trait SearchBackend: Send + Sync {
    /// As the user wrote it: `searxng:http://…`.
    fn name(&self) -> &str;

    /// At most `limit` results, best first; none is no error.
    ///
    /// # Errors
    /// `network` or `timeout` when the service can't answer; one line.
    async fn search(&self, query: &str, limit: usize) -> Result<Vec<Hit>, ToolFailure>;

    /// The folder whose pages this backend's `local:` addresses mean.
    fn corpus(&self) -> Option<&Arc<Corpus>> {
        None
    }
}

/// Base addresses of the public services; tests put their own server here.
#[derive(Debug, Clone)]
pub struct Endpoints {
    pub brave: String,
    pub duckduckgo: String,
    /// `{lang}` becomes the language's code.
    pub wikipedia: String,
}

impl Default for Endpoints {
    fn default() -> Self {
        Endpoints {
            brave: "https://api.search.brave.com".into(),
            duckduckgo: "https://html.duckduckgo.com".into(),
            wikipedia: "https://{lang}.wikipedia.org".into(),
        }
    }
}

/// What backends are made from.
pub struct Surroundings {
    pub fetcher: Arc<Fetcher>,
    pub endpoints: Endpoints,
    pub brave_key: Option<String>,
    /// The SearXNG that `auto` asks first.
    pub searxng: Option<String>,
    /// Where named corpora and the index cache are.
    pub home: PathBuf,
}

type Build = fn(&str, &Surroundings) -> Result<Box<dyn SearchBackend>, String>;

/// A row of the table: the name before the colon, what may stand behind it, how to make one.
struct Row {
    name: &'static str,
    argument: Argument,
    build: Build,
}

enum Argument {
    None,
    Optional(&'static str),
    Required(&'static str),
}

const BACKENDS: &[Row] = &[
    Row { name: "local", argument: Argument::Required("NAME_OR_FOLDER"), build: local::build },
    Row { name: "searxng", argument: Argument::Required("URL"), build: searxng::build },
    Row { name: "brave", argument: Argument::None, build: brave::build },
    Row { name: "duckduckgo", argument: Argument::None, build: duckduckgo::build },
    Row { name: "wikipedia", argument: Argument::Optional("LANG"), build: wikipedia::build },
];

/// What a search found, and one line about each backend that could not be asked.
#[derive(Debug, Clone, Default)]
pub struct Found {
    pub hits: Vec<Hit>,
    pub down: Vec<String>,
}

/// The backends of a run, in order, and what they have answered so far.
pub struct Search {
    backends: Vec<Box<dyn SearchBackend>>,
    answered: Mutex<HashMap<String, Vec<Hit>>>,
}

impl Search {
    /// # Errors
    /// Says which backend can't be set up and why.
    pub fn new(spec: &SearchSpec, around: &Surroundings) -> Result<Self, String> {
        let mut backends = Vec::new();
        for (name, argument) in spec.resolve(around) {
            let row = BACKENDS.iter().find(|row| row.name == name).ok_or(format!("no search backend {name}"))?;
            backends.push((row.build)(&argument, around)?);
        }
        Ok(Search { backends, answered: Mutex::default() })
    }

    pub fn corpora(&self) -> impl Iterator<Item = &Arc<Corpus>> {
        self.backends.iter().filter_map(|b| b.corpus())
    }

    /// # Errors
    /// When no backend could be asked: `network` (or what the only one said), one line.
    pub async fn search(&self, query: &str, limit: usize) -> Result<Found, ToolFailure> {
        let key = query.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase();
        if let Some(hits) = self.answered.lock().unwrap_or_else(PoisonError::into_inner).get(&key) {
            return Ok(Found { hits: hits.clone(), down: Vec::new() });
        }
        let (mut found, mut failures) = (Found::default(), Vec::new());
        let mut seen = HashSet::new();
        for backend in &self.backends {
            match backend.search(query, limit).await {
                Ok(hits) => found.hits.extend(hits.into_iter().filter(|h| seen.insert(same_page(&h.url)))),
                Err(failure) => {
                    tracing::warn!(backend = backend.name(), "{failure}");
                    found.down.push(format!("{}: {}", backend.name(), failure.message));
                    failures.push(failure);
                }
            }
            if found.hits.len() >= limit {
                break;
            }
        }
        found.hits.truncate(limit);
        if failures.len() == self.backends.len() {
            let kind = if let [one] = failures.as_slice() { one.kind.clone() } else { "network".into() };
            return Err(ToolFailure::new(&kind, format!("search failed: {}", found.down.join("; "))));
        }
        // an answer that misses a backend is worth asking for again
        if found.down.is_empty() || !found.hits.is_empty() {
            self.answered.lock().unwrap_or_else(PoisonError::into_inner).insert(key, found.hits.clone());
        }
        Ok(found)
    }
}

/// Addresses that differ in scheme, `www.`, fragment or a last slash only are of one page.
fn same_page(url: &str) -> String {
    let url = url.split('#').next().unwrap_or(url);
    let url = url.strip_prefix("https://").or(url.strip_prefix("http://")).unwrap_or(url);
    url.strip_prefix("www.").unwrap_or(url).trim_end_matches('/').to_owned()
}

/// The base address with a path and a query; parameters are escaped.
fn with_query(base: &str, path: &str, query: &[(&str, &str)]) -> Result<url::Url, ToolFailure> {
    let address = format!("{}{path}", base.trim_end_matches('/'));
    url::Url::parse_with_params(&address, query)
        .map_err(|e| ToolFailure::new("network", format!("{address:?} is not a web address: {e}")))
}

/// The fragment of HTML that some services put in titles and snippets, as plain text.
fn plain(html: &str) -> String {
    let text = dom_query::Document::fragment(html).text();
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// An answer that is not the one that was asked for.
fn unexpected(what: &str, reply: &super::fetch::Reply) -> ToolFailure {
    let start: String = reply.text.chars().take(80).collect();
    let start = start.split_whitespace().collect::<Vec<_>>().join(" ");
    ToolFailure::new("network", format!("answered {} with {start:?} instead of {what}", reply.status))
}
