//! Where searches go: one small trait, one file a backend, one table of them.
//!
//! Several backends are asked in the order given until there are enough results; one that is down
//! is passed over and named. Nothing is asked twice in a run.

mod brave;
pub mod corpus;
mod duckduckgo;
mod local;
mod searxng;
mod service;
mod spec;
mod table;
mod wikipedia;

pub use service::{Endpoints, Surroundings};
pub use spec::{SearchSpec, SearchSpecError};

use corpus::Corpus;
use lru::LruCache;
use polymath_chat::{Hit, ToolFailure};
use service::SearchBackend;
use std::{
    collections::HashSet,
    num::NonZeroUsize,
    sync::{Arc, Mutex, PoisonError},
};
use table::BACKENDS;

/// Queries whose answers are kept.
const KEPT: NonZeroUsize = NonZeroUsize::MIN.saturating_add(255);

/// What a search found, and one line about each backend that could not be asked.
#[derive(Debug, Clone, Default)]
pub struct Found {
    pub hits: Vec<Hit>,
    pub down: Vec<String>,
}

/// The backends of a run, in order, and what they have answered so far.
pub struct Search {
    backends: Vec<Box<dyn SearchBackend>>,
    answered: Mutex<LruCache<String, Vec<Hit>>>,
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
        Ok(Search { backends, answered: Mutex::new(LruCache::new(KEPT)) })
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
            self.answered.lock().unwrap_or_else(PoisonError::into_inner).put(key, found.hits.clone());
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
