//! Kagi's search API: needs a key (`KAGI_API_KEY`).
//!
//! <https://help.kagi.com/kagi/api/search.html>

use super::service::{Scope, SearchBackend, Surroundings, Trouble, json, plain, with_query};
use crate::browser::fetch::Fetcher;
use async_trait::async_trait;
use polymath_chat::Hit;
use std::sync::Arc;

struct Kagi {
    base: String,
    key: String,
    fetcher: Arc<Fetcher>,
}

pub fn build(_: &str, around: &Surroundings) -> Result<Box<dyn SearchBackend>, String> {
    let key = around.keys.get("kagi").cloned().ok_or("search backend kagi needs a key: set KAGI_API_KEY")?;
    let base = around.base("kagi", "https://kagi.com");
    Ok(Box::new(Kagi { base, key, fetcher: around.fetcher.clone() }))
}

#[async_trait]
impl SearchBackend for Kagi {
    fn name(&self) -> &str {
        "kagi"
    }

    async fn search(&self, query: &str, limit: usize) -> Result<Vec<Hit>, Trouble> {
        let url = with_query(&self.base, "/api/v0/search", &[("q", query), ("limit", &limit.to_string())])?;
        let key = format!("Bot {}", self.key);
        let reply = self.fetcher.ask(url, &[("Authorization", &key), ("Accept", "application/json")]).await?;
        if matches!(reply.status.as_u16(), 401 | 403) {
            return Err(Trouble::refused("does not take the key in KAGI_API_KEY"));
        }
        let body = json(&reply)?;
        if let Some(why) = body["error"][0]["msg"].as_str() {
            return Err(Trouble::failed(format!("answered: {why}")));
        }
        let rows = body["data"].as_array().map(Vec::as_slice).unwrap_or_default();
        // type 0 is a result, type 1 a list of related searches
        let hits = rows.iter().filter(|row| row["t"] == 0).filter_map(|row| {
            Some(Hit {
                title: plain(row["title"].as_str()?),
                url: row["url"].as_str()?.to_owned(),
                snippet: plain(row["snippet"].as_str().unwrap_or("")),
                ..Hit::default()
            })
        });
        Ok(hits.take(limit).collect())
    }

    fn scope(&self) -> Scope {
        Scope::Web
    }
}
