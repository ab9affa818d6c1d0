//! Brave Search's API: needs a key (`BRAVE_API_KEY`).
//!
//! <https://api-dashboard.search.brave.com/app/documentation/web-search/get-started>

use super::service::{SearchBackend, Surroundings, plain, unexpected, with_query};
use crate::browser::fetch::Fetcher;
use async_trait::async_trait;
use polymath_chat::{Hit, ToolFailure};
use serde_json::Value;
use std::sync::Arc;

struct Brave {
    base: String,
    key: String,
    fetcher: Arc<Fetcher>,
}

pub fn build(_: &str, around: &Surroundings) -> Result<Box<dyn SearchBackend>, String> {
    let key = around.brave_key.clone().ok_or("search backend brave needs a key: set BRAVE_API_KEY")?;
    Ok(Box::new(Brave { base: around.endpoints.brave.clone(), key, fetcher: around.fetcher.clone() }))
}

#[async_trait]
impl SearchBackend for Brave {
    fn name(&self) -> &str {
        "brave"
    }

    async fn search(&self, query: &str, limit: usize) -> Result<Vec<Hit>, ToolFailure> {
        let count = limit.min(20).to_string(); // the API's own bound
        let url = with_query(&self.base, "/res/v1/web/search", &[("q", query), ("count", &count)])?;
        let reply =
            self.fetcher.ask(url, &[("X-Subscription-Token", &self.key), ("Accept", "application/json")]).await?;
        match reply.status.as_u16() {
            200 => {}
            401 | 403 | 422 => return Err(ToolFailure::new("network", "the key in BRAVE_API_KEY was refused")),
            429 => return Err(ToolFailure::new("network", "the key's quota is used up for now")),
            _ => return Err(unexpected("results", &reply)),
        }
        let body: Value = serde_json::from_str(&reply.text).map_err(|_| unexpected("JSON", &reply))?;
        // a reply without "web" is one without web results
        let results = body["web"]["results"].as_array().map(Vec::as_slice).unwrap_or_default();
        let hits = results.iter().filter_map(|r| {
            let (title, url) = (r["title"].as_str()?, r["url"].as_str()?);
            Some(Hit {
                title: plain(title),
                url: url.to_owned(),
                snippet: plain(r["description"].as_str().unwrap_or("")),
                ..Hit::default()
            })
        });
        Ok(hits.take(limit).collect())
    }
}
