//! Papers of PubMed, in two steps: numbers, then what they are (NCBI's E-utilities,
//! <https://www.ncbi.nlm.nih.gov/books/NBK25499/>).

use super::service::{SearchBackend, Surroundings, Trouble, json, plain, unexpected, with_query};
use crate::browser::fetch::Fetcher;
use async_trait::async_trait;
use polymath_chat::Hit;
use serde_json::Value;
use std::sync::Arc;

struct PubMed {
    base: String,
    fetcher: Arc<Fetcher>,
}

pub fn build(_: &str, around: &Surroundings) -> Result<Box<dyn SearchBackend>, String> {
    let base = around.base("pubmed", "https://eutils.ncbi.nlm.nih.gov");
    Ok(Box::new(PubMed { base, fetcher: around.fetcher.clone() }))
}

#[async_trait]
impl SearchBackend for PubMed {
    fn name(&self) -> &str {
        "pubmed"
    }

    async fn search(&self, query: &str, limit: usize) -> Result<Vec<Hit>, Trouble> {
        let asked = [("term", query), ("sort", "relevance"), ("retmax", &limit.to_string())];
        let found = self.ask("esearch", &asked).await?;
        let ids =
            found["esearchresult"]["idlist"].as_array().ok_or_else(|| Trouble::failed("answered without numbers"))?;
        let ids: Vec<&str> = ids.iter().filter_map(Value::as_str).collect();
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        let about = self.ask("esummary", &[("id", &ids.join(","))]).await?;
        let hits = ids.iter().filter_map(|id| {
            let paper = &about["result"][*id];
            let text = |name: &str| paper[name].as_str().unwrap_or("").to_owned();
            let authors = paper["authors"].as_array().into_iter().flatten().filter_map(|a| a["name"].as_str());
            let authors = authors.take(3).collect::<Vec<_>>().join(", ");
            let about = [authors, text("fulljournalname"), text("pubdate")];
            Some(Hit {
                title: plain(paper["title"].as_str()?),
                url: format!("https://pubmed.ncbi.nlm.nih.gov/{id}/"),
                snippet: about.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(". "),
                ..Hit::default()
            })
        });
        Ok(hits.collect())
    }
}

impl PubMed {
    async fn ask(&self, tool: &str, query: &[(&str, &str)]) -> Result<Value, Trouble> {
        let query = [&[("db", "pubmed"), ("retmode", "json"), ("tool", "polymath")][..], query].concat();
        let url = with_query(&self.base, &format!("/entrez/eutils/{tool}.fcgi"), &query)?;
        let reply = self.fetcher.ask(url, &[]).await?;
        let body = json(&reply)?;
        // {"error":"API rate limit exceeded","count":"4"}
        match body["error"].as_str() {
            Some(why) if why.contains("rate limit") => {
                Err(Trouble::refused("answers no more than three times a second"))
            }
            Some(_) => Err(unexpected("results", &reply)),
            None => Ok(body),
        }
    }
}
