//! A SearXNG instance, through its JSON API.
//!
//! <https://docs.searxng.org/dev/search_api.html>. The instance must have `json` among the
//! `search.formats` of its settings; most public ones don't.

use super::service::{Scope, SearchBackend, Surroundings, Trouble, json, plain, unexpected, web_address, with_query};
use crate::browser::fetch::Fetcher;
use async_trait::async_trait;
use polymath_chat::Hit;
use serde::Deserialize;
use std::sync::Arc;

struct Searxng {
    name: String,
    base: String,
    fetcher: Arc<Fetcher>,
}

#[derive(Deserialize)]
struct Answer {
    results: Vec<Row>,
    /// Engines that did not answer, each with why.
    #[serde(default)]
    unresponsive_engines: Vec<(String, String)>,
}

#[derive(Deserialize)]
struct Row {
    url: String,
    #[serde(default)]
    title: String,
    #[serde(default)]
    content: Option<String>,
}

pub fn build(base: &str, around: &Surroundings) -> Result<Box<dyn SearchBackend>, String> {
    let base = web_address("searxng", base)?.trim_end_matches("/search").to_owned();
    Ok(Box::new(Searxng { name: format!("searxng:{base}"), base, fetcher: around.fetcher.clone() }))
}

#[async_trait]
impl SearchBackend for Searxng {
    fn name(&self) -> &str {
        &self.name
    }

    async fn search(&self, query: &str, limit: usize) -> Result<Vec<Hit>, Trouble> {
        let url = with_query(&self.base, "/search", &[("q", query), ("format", "json")])?;
        let reply = self.fetcher.ask(url, &[("Accept", "application/json")]).await?;
        if reply.status == 403 {
            return Err(Trouble::failed("answered 403: its settings must list json under search.formats"));
        }
        let answer: Answer = serde_json::from_value(json(&reply)?).map_err(|_| unexpected("JSON results", &reply))?;
        if answer.results.is_empty() && !answer.unresponsive_engines.is_empty() {
            let engines = answer.unresponsive_engines.iter().map(|(name, why)| format!("{name} ({why})"));
            let engines = engines.collect::<Vec<_>>().join(", ");
            return Err(Trouble::failed(format!(
                "none of its engines found anything; these did not answer: {engines}"
            )));
        }
        let hits = answer.results.into_iter().filter(|r| !r.url.is_empty()).map(|r| Hit {
            title: plain(&r.title),
            snippet: plain(r.content.as_deref().unwrap_or("")),
            url: r.url,
            ..Hit::default()
        });
        Ok(hits.take(limit).collect())
    }

    fn scope(&self) -> Scope {
        Scope::Meta
    }
}
