//! Brave Search's API: needs a key (`BRAVE_API_KEY`).
//!
//! <https://api-dashboard.search.brave.com/app/documentation/web-search/get-started>

use super::service::{Scope, SearchBackend, Surroundings, Trouble, json, plain, with_query};
use crate::browser::fetch::Fetcher;
use async_trait::async_trait;
use polymath_chat::Hit;
use std::sync::Arc;

struct Brave {
    base: String,
    key: String,
    fetcher: Arc<Fetcher>,
}

pub fn build(_: &str, around: &Surroundings) -> Result<Box<dyn SearchBackend>, String> {
    let key = around.keys.get("brave").cloned().ok_or("search backend brave needs a key: set BRAVE_API_KEY")?;
    let base = around.base("brave", "https://api.search.brave.com");
    Ok(Box::new(Brave { base, key, fetcher: around.fetcher.clone() }))
}

#[async_trait]
impl SearchBackend for Brave {
    fn name(&self) -> &str {
        "brave"
    }

    async fn search(&self, query: &str, limit: usize) -> Result<Vec<Hit>, Trouble> {
        let count = limit.min(20).to_string(); // the API's own bound
        let url = with_query(&self.base, "/res/v1/web/search", &[("q", query), ("count", &count)])?;
        let reply =
            self.fetcher.ask(url, &[("X-Subscription-Token", &self.key), ("Accept", "application/json")]).await?;
        match reply.status.as_u16() {
            401 | 403 | 422 => return Err(Trouble::refused("does not take the key in BRAVE_API_KEY")),
            429 => {
                return Err(Trouble::Refused { why: "the key's quota is used up".into(), wait: reply.retry_after });
            }
            _ => {}
        }
        let body = json(&reply)?;
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
    fn scope(&self) -> Scope {
        Scope::Web
    }
}
