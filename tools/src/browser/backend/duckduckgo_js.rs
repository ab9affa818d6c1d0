//! DuckDuckGo's results as its own page loads them (`d.js`): a token from the page, then a script with the
//! results in it. It goes on answering where the page for browsers without scripts asks puzzles.
//!
//! No documented API; the form is what its page uses, as in the package `duckduckgo_search` (PyPI).

use super::service::{Scope, SearchBackend, Surroundings, Trouble, plain, unexpected, welcome, with_query};
use crate::browser::fetch::Fetcher;
use async_trait::async_trait;
use polymath_chat::Hit;
use serde_json::Value;
use std::sync::Arc;

struct DuckDuckGoJs {
    /// Where the page is, and where its script.
    page: String,
    script: String,
    fetcher: Arc<Fetcher>,
}

pub const NAME: &str = "duckduckgo-js";
const BEFORE: &str = "DDG.pageLayout.load('d',";

pub fn build(_: &str, around: &Surroundings) -> Result<Box<dyn SearchBackend>, String> {
    let page = around.base(NAME, "https://duckduckgo.com");
    let script = around.base(NAME, "https://links.duckduckgo.com");
    Ok(Box::new(DuckDuckGoJs { page, script, fetcher: around.fetcher.clone() }))
}

#[async_trait]
impl SearchBackend for DuckDuckGoJs {
    fn name(&self) -> &str {
        NAME
    }

    async fn search(&self, query: &str, limit: usize) -> Result<Vec<Hit>, Trouble> {
        let page = self.fetcher.ask(with_query(&self.page, "/", &[("q", query)])?, &[("Accept", "text/html")]).await?;
        welcome(&page)?;
        let token = token(&page.text).ok_or_else(|| unexpected("a page with a token", &page))?;
        let asked =
            [("q", query), ("kl", "wt-wt"), ("l", "wt-wt"), ("p", ""), ("s", "0"), ("vqd", token), ("ex", "-1")];
        let script = self.fetcher.ask(with_query(&self.script, "/d.js", &asked)?, &[("Accept", "*/*")]).await?;
        welcome(&script)?;
        let rows = rows(&script.text).ok_or_else(|| unexpected("a script with results", &script))?;
        Ok(rows.iter().filter_map(hit).take(limit).collect())
    }

    fn scope(&self) -> Scope {
        Scope::Web
    }
}

/// `vqd="4-123"`, `vqd='4-123'` or `vqd=4-123&`, somewhere in the page's scripts.
fn token(page: &str) -> Option<&str> {
    let ends = |c: char| !(c.is_ascii_alphanumeric() || matches!(c, '-' | '_'));
    page.split("vqd=").skip(1).find_map(|rest| {
        let rest = rest.strip_prefix(['"', '\'']).unwrap_or(rest);
        let token = &rest[..rest.find(ends).unwrap_or(rest.len())];
        (token.len() > 3 && token.starts_with(|c: char| c.is_ascii_digit())).then_some(token)
    })
}

/// The rows of the first argument that is an array of results.
fn rows(script: &str) -> Option<Vec<Value>> {
    let at = script.find(BEFORE)? + BEFORE.len();
    serde_json::Deserializer::from_str(&script[at..]).into_iter::<Vec<Value>>().next()?.ok()
}

/// The last row has the address of the next page, and no result.
fn hit(row: &Value) -> Option<Hit> {
    let url = row["u"].as_str().filter(|url| url.starts_with("http"))?;
    let snippet = plain(row["a"].as_str().unwrap_or(""));
    Some(Hit { title: plain(row["t"].as_str()?), url: url.to_owned(), snippet, ..Hit::default() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_as_pages_write_them() {
        for page in ["x vqd=\"4-12_a\" y", "vqd='4-12_a'", "&vqd=4-12_a&p=1", "vqd=&vqd=4-12_a"] {
            assert_eq!(token(page), Some("4-12_a"), "{page}");
        }
        assert_eq!(token("vqd=\"\""), None);
        assert_eq!(token("nothing"), None);
    }
}
