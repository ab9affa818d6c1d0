//! Wikidata's items by their names: <https://www.wikidata.org/w/api.php?action=help&modules=wbsearchentities>.

use super::service::{SearchBackend, Surroundings, Trouble, json, unexpected, with_query};
use crate::browser::fetch::Fetcher;
use async_trait::async_trait;
use polymath_chat::Hit;
use std::sync::Arc;

struct Wikidata {
    base: String,
    fetcher: Arc<Fetcher>,
}

pub fn build(_: &str, around: &Surroundings) -> Result<Box<dyn SearchBackend>, String> {
    let base = around.base("wikidata", "https://www.wikidata.org");
    Ok(Box::new(Wikidata { base, fetcher: around.fetcher.clone() }))
}

#[async_trait]
impl SearchBackend for Wikidata {
    fn name(&self) -> &str {
        "wikidata"
    }

    async fn search(&self, query: &str, limit: usize) -> Result<Vec<Hit>, Trouble> {
        let count = limit.min(50).to_string();
        let asked = [
            ("action", "wbsearchentities"),
            ("format", "json"),
            ("language", "en"),
            ("uselang", "en"),
            ("type", "item"),
            ("limit", &count),
            ("search", query),
        ];
        let reply = self.fetcher.ask(with_query(&self.base, "/w/api.php", &asked)?, &[]).await?;
        let body = json(&reply)?;
        if let Some(info) = body["error"]["info"].as_str() {
            return Err(Trouble::failed(format!("answered: {info}")));
        }
        let items = body["search"].as_array().ok_or_else(|| unexpected("items", &reply))?;
        let hits = items.iter().filter_map(|item| {
            let id = item["id"].as_str()?;
            Some(Hit {
                title: item["label"].as_str().unwrap_or(id).to_owned(),
                url: format!("{}/wiki/{id}", self.base),
                snippet: item["description"].as_str().unwrap_or("").to_owned(),
                ..Hit::default()
            })
        });
        Ok(hits.take(limit).collect())
    }
}
