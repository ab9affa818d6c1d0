//! DuckDuckGo's page for browsers without scripts; there is no official API.
//!
//! After a few searches it may answer 202 with a puzzle for people, or with an empty page: both are told
//! from a page without results, and count as failures.

use super::service::{Scope, SearchBackend, Surroundings, Trouble, unexpected, welcome, with_query};
use crate::browser::fetch::Fetcher;
use async_trait::async_trait;
use dom_query::{Document, NodeRef};
use polymath_chat::Hit;
use std::sync::Arc;
use url::Url;

struct DuckDuckGo {
    base: String,
    fetcher: Arc<Fetcher>,
}

pub fn build(_: &str, around: &Surroundings) -> Result<Box<dyn SearchBackend>, String> {
    let base = around.base("duckduckgo", "https://html.duckduckgo.com");
    Ok(Box::new(DuckDuckGo { base, fetcher: around.fetcher.clone() }))
}

#[async_trait]
impl SearchBackend for DuckDuckGo {
    fn name(&self) -> &str {
        "duckduckgo"
    }

    async fn search(&self, query: &str, limit: usize) -> Result<Vec<Hit>, Trouble> {
        let url = with_query(&self.base, "/html/", &[("q", query)])?;
        let reply = self.fetcher.ask(url, &[("Accept", "text/html"), ("Accept-Language", "en,*;q=0.5")]).await?;
        welcome(&reply)?;
        match reply.status.as_u16() {
            403 => Err(Trouble::refused("refuses automatic searches for now")),
            200..300 => read(&reply.text, limit).ok_or_else(|| unexpected("a page of results", &reply)),
            _ => Err(unexpected("results", &reply)),
        }
    }

    fn scope(&self) -> Scope {
        Scope::Web
    }
}

/// How a page says that there are no results.
const NOTHING: &str = ".no-results, .no-results-message, .result--no-result";

/// The results on a page; `None` when it is no page of results.
fn read(html: &str, limit: usize) -> Option<Vec<Hit>> {
    let page = Document::from(html);
    let results = page.select(".result");
    if !results.exists() {
        return page.select(NOTHING).exists().then(Vec::new);
    }
    let hits: Vec<Hit> = results.nodes().iter().filter_map(hit).take(limit).collect();
    // a page of nothing but advertisements says nothing either
    (!hits.is_empty() || page.select(NOTHING).exists()).then_some(hits)
}

fn hit(result: &NodeRef) -> Option<Hit> {
    if result.has_class("result--ad") {
        return None;
    }
    let result = dom_query::Selection::from(*result);
    let link = result.select(".result__a");
    let url = unwrap(&link.attr("href")?)?;
    let text = |t: &str| t.split_whitespace().collect::<Vec<_>>().join(" ");
    Some(Hit {
        title: text(&link.text()),
        url,
        snippet: text(&result.select(".result__snippet").text()),
        ..Hit::default()
    })
}

/// Results link to `//duckduckgo.com/l/?uddg=TARGET`; advertisements to `/y.js`.
fn unwrap(link: &str) -> Option<String> {
    let base = Url::parse("https://duckduckgo.com/").ok()?;
    let url = base.join(link).ok()?;
    let own = url.host_str().is_some_and(|h| h == "duckduckgo.com" || h.ends_with(".duckduckgo.com"));
    if !own {
        return matches!(url.scheme(), "http" | "https").then(|| url.into());
    }
    let target = url.query_pairs().find(|(k, _)| k == "uddg").map(|(_, v)| v.into_owned())?;
    let target = Url::parse(&target).ok()?;
    let advertisement = target.host_str().is_some_and(|h| h.ends_with("duckduckgo.com")) && target.path() == "/y.js";
    (matches!(target.scheme(), "http" | "https") && !advertisement).then(|| target.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_are_unwrapped() {
        let check = |link: &str, want: Option<&str>| assert_eq!(unwrap(link).as_deref(), want, "{link}");
        check(
            "//duckduckgo.com/l/?uddg=https%3A%2F%2Fexample.com%2Fa%3Fb%3D1&rut=abc",
            Some("https://example.com/a?b=1"),
        );
        check("https://example.com/x", Some("https://example.com/x"));
        check("//duckduckgo.com/y.js?ad_domain=x", None);
        check("//duckduckgo.com/l/?uddg=https%3A%2F%2Fduckduckgo.com%2Fy.js%3Fad", None);
        check("//duckduckgo.com/l/?uddg=javascript%3Aalert(1)", None);
    }
}
