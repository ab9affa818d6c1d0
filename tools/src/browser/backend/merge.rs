//! One list out of several: results of one page are one result, and what several backends and the
//! query's own words agree on comes first.
//!
//! Each backend votes by rank, 1/(60 + rank) (reciprocal rank fusion: Cormack, Clarke, Büttcher, SIGIR 2009);
//! BM25 of the titles and snippets against the query votes like one more backend.

use crate::browser::ranked;
use polymath_chat::Hit;
use std::collections::{HashMap, HashSet};
use url::Url;

/// The constant of the paper.
const RANK: f64 = 60.0;
/// Of the vote by words, beside 1 for a backend of the web.
const WORDS: f64 = 0.5;
/// Parameters that say where a visitor came from, and nothing about the page.
const TRACKING: &[&str] = &["gclid", "fbclid", "msclkid", "mc_cid", "mc_eid", "igshid", "ref_src", "yclid", "dclid"];

/// What one backend found, and what its vote counts.
pub struct Answer {
    pub weight: f64,
    pub hits: Vec<Hit>,
}

/// The best `limit` results of all answers, best first. One answer alone keeps its order: what its
/// backend knows about its results is more than their words.
pub fn merged(query: &str, answers: Vec<Answer>, limit: usize) -> Vec<Hit> {
    let several = answers.iter().filter(|answer| !answer.hits.is_empty()).count() > 1;
    let mut places = HashMap::<String, usize>::new();
    let mut pool: Vec<(Hit, f64)> = Vec::new();
    for answer in answers {
        let mut seen = HashSet::new();
        for hit in answer.hits {
            let at = *places.entry(canonical(&hit.url)).or_insert(pool.len());
            if !seen.insert(at) {
                continue;
            }
            let vote = answer.weight / (RANK + seen.len() as f64);
            match pool.get_mut(at) {
                Some((known, votes)) => {
                    *votes += vote;
                    if known.snippet.is_empty() {
                        known.snippet = hit.snippet;
                    }
                }
                None => pool.push((hit, vote)),
            }
        }
    }
    if several {
        for (rank, at) in by_words(query, &pool).into_iter().enumerate() {
            pool[at].1 += WORDS / (RANK + rank as f64 + 1.0);
        }
        pool.sort_by(|a, b| b.1.total_cmp(&a.1));
    }
    pool.into_iter().map(|(hit, _)| hit).take(limit).collect()
}

/// The results that have words of the query, best first, by BM25 within these results.
fn by_words(query: &str, pool: &[(Hit, f64)]) -> Vec<usize> {
    let texts: Vec<String> = pool.iter().map(|(hit, _)| format!("{}\n{}", hit.title, hit.snippet)).collect();
    ranked(query, &texts).into_iter().map(|text| text.at).collect()
}

/// What addresses of one page have in common: no scheme, `www.`, `m.`, fragment, tracking, index page,
/// or last slash, and one way of escaping.
pub fn canonical(address: &str) -> String {
    let Ok(mut url) = Url::parse(address) else { return address.to_owned() };
    let Some(host) = url.host_str() else { return address.to_owned() };
    let host = host.strip_prefix("www.").unwrap_or(host).to_owned();
    let host: Vec<&str> = host.split('.').collect();
    // en.m.wikipedia.org, m.example.com
    let bare = |(at, part): (usize, &&str)| !(*part == "m" && at + 2 < host.len());
    let host: Vec<&str> =
        host.iter().enumerate().filter(|(at, part)| bare((*at, part))).map(|(_, part)| *part).collect();
    let port = url.port().map(|port| format!(":{port}")).unwrap_or_default();
    let mut pairs: Vec<(String, String)> = url.query_pairs().into_owned().collect();
    pairs.retain(|(name, _)| !name.starts_with("utm_") && !TRACKING.contains(&name.as_str()));
    pairs.sort();
    let query = if pairs.is_empty() {
        url.set_query(None);
        String::new()
    } else {
        format!("?{}", pairs.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("&"))
    };
    let path = percent_encoding::percent_decode_str(url.path()).decode_utf8_lossy().into_owned();
    let path = ["/index.html", "/index.htm", "/index.php"].iter().find_map(|i| path.strip_suffix(i)).unwrap_or(&path);
    format!("{}{port}{}{query}", host.join("."), path.trim_end_matches('/'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_of_one_page() {
        let same = |a: &str, b: &str| assert_eq!(canonical(a), canonical(b));
        same("https://www.example.com/a/", "http://example.com/a#part");
        same("https://example.com/?utm_source=x&b=1&a=2", "https://example.com/?a=2&b=1&gclid=9");
        same("https://en.m.wikipedia.org/wiki/Caf%C3%A9", "https://en.wikipedia.org/wiki/Café");
        same("https://example.com/index.html", "https://example.com");
        let other = |a: &str, b: &str| assert_ne!(canonical(a), canonical(b));
        other("https://example.com/a", "https://example.com/b");
        other("https://example.com/?id=1", "https://example.com/?id=2");
        other("https://m.com/", "https://com/");
        other("http://127.0.0.1:81/", "http://127.0.0.1:82/");
        other("local:a/index.html", "local:a");
    }

    fn answer(weight: f64, hits: &[(&str, &str)]) -> Answer {
        let hit = |(url, title): &(&str, &str)| Hit { url: (*url).into(), title: (*title).into(), ..Hit::default() };
        Answer { weight, hits: hits.iter().map(hit).collect() }
    }

    #[track_caller]
    fn check(query: &str, answers: Vec<Answer>, want: &[&str]) {
        let got: Vec<String> = merged(query, answers, 5).into_iter().map(|hit| hit.url).collect();
        assert_eq!(got, want);
    }

    #[test]
    fn what_several_found_comes_first() {
        let first = answer(1.0, &[("http://a/", "x"), ("http://b/", "x"), ("http://c/", "x")]);
        let second = answer(0.5, &[("http://c/#top", "x"), ("http://d/", "x")]);
        check("q", vec![first, second], &["http://c/", "http://a/", "http://b/", "http://d/"]);
    }

    #[test]
    fn words_of_the_query_decide_between_equals() {
        let first = answer(1.0, &[("http://a/", "Giraffes of the plains")]);
        let second = answer(1.0, &[("http://b/", "Zebra stripes")]);
        check("striped zebras", vec![first, second], &["http://b/", "http://a/"]);
    }

    #[test]
    fn one_answer_keeps_its_order_and_loses_its_doubles() {
        let only = answer(1.0, &[("http://a/", "x"), ("http://b/", "zebra"), ("http://a", "zebra")]);
        check("zebra", vec![only, answer(1.0, &[])], &["http://a/", "http://b/"]);
    }
}
