//! Wikipedia, through MediaWiki's search API: <https://www.mediawiki.org/wiki/API:Search>.

use super::service::{SearchBackend, Surroundings, Trouble, json, plain, unexpected, with_query};
use crate::browser::fetch::Fetcher;
use async_trait::async_trait;
use polymath_chat::Hit;
use polymath_quantity::text::is_cjk;
use std::sync::Arc;

struct Wikipedia {
    name: String,
    /// `{lang}` becomes the language's code.
    base: String,
    /// `None`: the query's own.
    language: Option<String>,
    fetcher: Arc<Fetcher>,
}

pub fn build(language: &str, around: &Surroundings) -> Result<Box<dyn SearchBackend>, String> {
    let language = language.to_lowercase();
    if !language.chars().all(|c| c.is_ascii_lowercase() || c == '-') {
        return Err(format!("search backend wikipedia:{language}: the language must be a code such as en or zh"));
    }
    let name = if language.is_empty() { "wikipedia".into() } else { format!("wikipedia:{language}") };
    let base = around.base("wikipedia", "https://{lang}.wikipedia.org");
    Ok(Box::new(Wikipedia {
        name,
        base,
        language: Some(language).filter(|l| !l.is_empty()),
        fetcher: around.fetcher.clone(),
    }))
}

/// The Wikipedia that a query's script points to; English unless it is plainly another.
fn language_of(query: &str) -> &'static str {
    let any = |range: std::ops::RangeInclusive<char>| query.chars().any(|c| range.contains(&c));
    if any('\u{3040}'..='\u{30ff}') {
        "ja"
    } else if any('\u{ac00}'..='\u{d7af}') {
        "ko"
    } else if query.chars().any(is_cjk) {
        "zh"
    } else {
        "en"
    }
}

#[async_trait]
impl SearchBackend for Wikipedia {
    fn name(&self) -> &str {
        &self.name
    }

    async fn search(&self, query: &str, limit: usize) -> Result<Vec<Hit>, Trouble> {
        let language = self.language.as_deref().unwrap_or_else(|| language_of(query));
        let base = self.base.replace("{lang}", language);
        let count = limit.min(50).to_string();
        let asked = [
            ("action", "query"),
            ("list", "search"),
            ("format", "json"),
            ("utf8", "1"),
            ("srlimit", &count),
            ("srprop", "snippet"),
            ("srsearch", query),
        ];
        let reply = self.fetcher.ask(with_query(&base, "/w/api.php", &asked)?, &[]).await?;
        let body = json(&reply)?;
        if let Some(info) = body["error"]["info"].as_str() {
            let busy = matches!(body["error"]["code"].as_str(), Some("ratelimited" | "maxlag"));
            let why = format!("answered: {info}");
            return Err(if busy { Trouble::refused(why) } else { Trouble::failed(why) });
        }
        let results = body["query"]["search"].as_array().ok_or_else(|| unexpected("results", &reply))?;
        let hits = results.iter().filter_map(|r| {
            let title = r["title"].as_str()?;
            let mut url = url::Url::parse(&base).ok()?;
            url.path_segments_mut().ok()?.extend(["wiki", &title.replace(' ', "_")]);
            Some(Hit {
                title: title.to_owned(),
                url: url.into(),
                snippet: plain(r["snippet"].as_str().unwrap_or("")),
                ..Hit::default()
            })
        });
        Ok(hits.collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_script_names_the_language() {
        assert_eq!(language_of("funding rounds"), "en");
        assert_eq!(language_of("融资轮次"), "zh");
        assert_eq!(language_of("日本の会社"), "ja");
        assert_eq!(language_of("투자 유치"), "ko");
    }
}
