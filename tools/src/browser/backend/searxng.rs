//! A SearXNG instance, through its JSON API.
//!
//! <https://docs.searxng.org/dev/search_api.html>. The instance must have `json` among the
//! `search.formats` of its settings; most public ones don't.

use super::service::{SearchBackend, Surroundings, plain, unexpected, with_query};
use crate::browser::fetch::Fetcher;
use async_trait::async_trait;
use polymath_chat::{Hit, ToolFailure};
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
    let url = url::Url::parse(base).map_err(|e| format!("search backend searxng:{base}: not a web address: {e}"))?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err(format!("search backend searxng:{base}: the address must begin with http:// or https://"));
    }
    let base = base.trim_end_matches('/').trim_end_matches("/search").to_owned();
    Ok(Box::new(Searxng { name: format!("searxng:{base}"), base, fetcher: around.fetcher.clone() }))
}

#[async_trait]
impl SearchBackend for Searxng {
    fn name(&self) -> &str {
        &self.name
    }

    async fn search(&self, query: &str, limit: usize) -> Result<Vec<Hit>, ToolFailure> {
        let url = with_query(&self.base, "/search", &[("q", query), ("format", "json")])?;
        let reply = self.fetcher.ask(url, &[("Accept", "application/json")]).await?;
        match reply.status.as_u16() {
            200 => {}
            403 => {
                let message = "answered 403: its settings must list json under search.formats";
                return Err(ToolFailure::new("network", message));
            }
            429 => return Err(ToolFailure::new("network", "answered 429: too many searches for now")),
            _ => return Err(unexpected("results", &reply)),
        }
        let answer: Answer = serde_json::from_str(&reply.text).map_err(|_| unexpected("JSON results", &reply))?;
        let hits = answer.results.into_iter().filter(|r| !r.url.is_empty()).map(|r| Hit {
            title: plain(&r.title),
            snippet: plain(r.content.as_deref().unwrap_or("")),
            url: r.url,
            ..Hit::default()
        });
        Ok(hits.take(limit).collect())
    }
}
