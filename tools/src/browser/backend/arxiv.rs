//! Papers of arXiv: <https://info.arxiv.org/help/api/user-manual.html>.

use super::service::{SearchBackend, Surroundings, Trouble, unexpected, welcome, with_query};
use crate::browser::fetch::Fetcher;
use async_trait::async_trait;
use polymath_chat::Hit;
use std::sync::Arc;

struct Arxiv {
    base: String,
    fetcher: Arc<Fetcher>,
}

pub fn build(_: &str, around: &Surroundings) -> Result<Box<dyn SearchBackend>, String> {
    let base = around.base("arxiv", "https://export.arxiv.org");
    Ok(Box::new(Arxiv { base, fetcher: around.fetcher.clone() }))
}

#[async_trait]
impl SearchBackend for Arxiv {
    fn name(&self) -> &str {
        "arxiv"
    }

    async fn search(&self, query: &str, limit: usize) -> Result<Vec<Hit>, Trouble> {
        // Marks of its query language are left out: all words, in any field.
        let plain = |word: &str| word.chars().filter(|c| c.is_alphanumeric() || *c == '-').collect::<String>();
        let words = query.split_whitespace().map(plain).filter(|word| !word.is_empty());
        let all = words.map(|word| format!("all:{word}")).collect::<Vec<_>>().join(" AND ");
        if all.is_empty() {
            return Ok(Vec::new());
        }
        let asked = [("search_query", all.as_str()), ("start", "0"), ("max_results", &limit.to_string())];
        let reply = self.fetcher.ask(with_query(&self.base, "/api/query", &asked)?, &[]).await?;
        welcome(&reply)?;
        let feed = feed_rs::parser::parse(reply.text.as_bytes()).ok().filter(|_| reply.status.is_success());
        let feed = feed.ok_or_else(|| unexpected("a feed", &reply))?;
        let line = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
        let hits = feed.entries.into_iter().filter_map(|entry| {
            let title = line(&entry.title?.content);
            let summary = line(&entry.summary.map(|summary| summary.content).unwrap_or_default());
            // What is wrong with a query comes as an entry of this address.
            let is_paper = !entry.id.contains("/api/errors");
            let url = entry.id.replacen("http://", "https://", 1);
            is_paper.then(|| Hit { title, url, snippet: summary, ..Hit::default() })
        });
        Ok(hits.take(limit).collect())
    }
}
