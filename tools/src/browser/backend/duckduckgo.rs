//! DuckDuckGo's page for browsers without scripts; there is no official API.
//!
//! After a few searches it may answer 202 with a puzzle for people. That is recognised, and the
//! service is then left alone for a while, longer each time, so that the next backend gets its turn
//! at once.

use super::service::{SearchBackend, Surroundings, unexpected, with_query};
use crate::browser::fetch::{Fetcher, Reply};
use async_trait::async_trait;
use dom_query::{Document, NodeRef};
use polymath_chat::{Hit, ToolFailure};
use std::{
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};
use url::Url;

struct DuckDuckGo {
    base: String,
    fetcher: Arc<Fetcher>,
    pause: Mutex<Pause>,
}

/// For how long not to ask.
#[derive(Default)]
struct Pause {
    until: Option<Instant>,
    last: Duration,
}

const FIRST_PAUSE: Duration = Duration::from_secs(15);
const LONGEST_PAUSE: Duration = Duration::from_secs(240);

pub fn build(_: &str, around: &Surroundings) -> Result<Box<dyn SearchBackend>, String> {
    let (base, fetcher) = (around.endpoints.duckduckgo.clone(), around.fetcher.clone());
    Ok(Box::new(DuckDuckGo { base, fetcher, pause: Mutex::default() }))
}

#[async_trait]
impl SearchBackend for DuckDuckGo {
    fn name(&self) -> &str {
        "duckduckgo"
    }

    async fn search(&self, query: &str, limit: usize) -> Result<Vec<Hit>, ToolFailure> {
        if let Some(left) = self.left() {
            return Err(refused(left));
        }
        let url = with_query(&self.base, "/html/", &[("q", query)])?;
        let reply = self.fetcher.ask(url, &[("Accept", "text/html"), ("Accept-Language", "en,*;q=0.5")]).await?;
        if is_refusal(&reply) {
            return Err(refused(self.pause_longer()));
        }
        if !reply.status.is_success() {
            return Err(unexpected("results", &reply));
        }
        *self.pause.lock().unwrap_or_else(PoisonError::into_inner) = Pause::default();
        read(&reply.text, limit).ok_or_else(|| unexpected("a page of results", &reply))
    }
}

impl DuckDuckGo {
    fn left(&self) -> Option<Duration> {
        let pause = self.pause.lock().unwrap_or_else(PoisonError::into_inner);
        pause.until?.checked_duration_since(Instant::now()).filter(|d| !d.is_zero())
    }

    fn pause_longer(&self) -> Duration {
        let mut pause = self.pause.lock().unwrap_or_else(PoisonError::into_inner);
        pause.last = (pause.last * 2).clamp(FIRST_PAUSE, LONGEST_PAUSE);
        pause.until = Some(Instant::now() + pause.last);
        pause.last
    }
}

fn refused(wait: Duration) -> ToolFailure {
    let seconds = wait.as_secs().max(1);
    ToolFailure::new("network", format!("refuses automatic searches for now; try again in {seconds} s"))
}

fn is_refusal(reply: &Reply) -> bool {
    matches!(reply.status.as_u16(), 202 | 403 | 418 | 429)
        || ["anomaly-modal", "anomaly.js", "challenge-form"].iter().any(|sign| reply.text.contains(sign))
}

/// The results on a page; `None` when it is no page of results.
fn read(html: &str, limit: usize) -> Option<Vec<Hit>> {
    let page = Document::from(html);
    let results = page.select(".result");
    if !results.exists() {
        return page.select(".no-results, .no-results-message, #links").exists().then(Vec::new);
    }
    let hits = results.nodes().iter().filter_map(hit);
    Some(hits.take(limit).collect())
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
