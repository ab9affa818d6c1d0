//! What a search backend is, what it is made from, and what the web services among them share.

use super::corpus::Corpus;
use crate::browser::fetch::{Fetcher, Reply};
use async_trait::async_trait;
use polymath_chat::{Hit, ToolFailure};
use std::{path::PathBuf, sync::Arc};

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

/// The base address with a path and a query; parameters are escaped.
pub fn with_query(base: &str, path: &str, query: &[(&str, &str)]) -> Result<url::Url, ToolFailure> {
    let address = format!("{}{path}", base.trim_end_matches('/'));
    url::Url::parse_with_params(&address, query)
        .map_err(|e| ToolFailure::new("network", format!("{address:?} is not a web address: {e}")))
}

/// The fragment of HTML that some services put in titles and snippets, as plain text.
pub fn plain(html: &str) -> String {
    let text = dom_query::Document::fragment(html).text();
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// An answer that is not the one that was asked for.
pub fn unexpected(what: &str, reply: &Reply) -> ToolFailure {
    let start: String = reply.text.chars().take(80).collect();
    let start = start.split_whitespace().collect::<Vec<_>>().join(" ");
    ToolFailure::new("network", format!("answered {} with {start:?} instead of {what}", reply.status))
}
