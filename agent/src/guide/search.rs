//! Looking things up: searches, and which of their results are opened.

use super::state::{Guide, Hit, Want, calling};
use crate::evidence::terms;
use crate::lead::Turn;
use polymath_chat::Message;
use serde_json::json;
use std::collections::HashSet;

/// Adds a search's results to those that are known.
pub fn add_hits(hits: &mut Vec<Hit>, found: &[polymath_chat::Hit]) {
    for hit in found {
        if hits.iter().all(|known| known.address != hit.url) {
            hits.push(Hit { title: hit.title.clone(), address: hit.url.clone(), opened: false });
        }
    }
}

impl Guide {
    /// One search for each thing that is wanted.
    pub(super) fn search(&self, turn: &Turn<'_>, wants: &[Want]) -> Message {
        let mut seen = HashSet::new();
        let queries = wants.iter().flat_map(Want::queries).filter(|q| seen.insert(q.to_lowercase()));
        calling(turn, queries.map(|q| ("browser_search", json!({"query": q}))).collect())
    }

    /// Opens the most promising results for each want that were not opened before, if there are any.
    pub(super) fn open(&mut self, turn: &Turn<'_>, wants: &[Want]) -> Option<Message> {
        turn.agent.tools.get("browser_open")?;
        let known: HashSet<&str> = turn.chat.sources.iter().map(|s| s.url.as_str()).collect();
        let mut chosen: Vec<usize> = Vec::new();
        for (query, pages) in
            wants.iter().flat_map(|want| want.queries().into_iter().map(|query| (query, want.pages())))
        {
            let wanted: HashSet<String> = terms(&query).into_iter().collect();
            let mut order: Vec<usize> = (0..self.hits.len()).collect();
            // By the words in the title first, then by the search engine's order.
            order.sort_by_key(|i| {
                let title: HashSet<String> = terms(&self.hits[*i].title).into_iter().collect();
                std::cmp::Reverse(title.intersection(&wanted).count().min(3))
            });
            chosen.extend(order.into_iter().take(pages));
        }
        let mut seen = HashSet::new();
        chosen.retain(|i| {
            let hit = &self.hits[*i];
            seen.insert(*i) && !hit.opened && !known.contains(hit.address.as_str())
        });
        if chosen.is_empty() {
            return None;
        }
        let calls = chosen.iter().map(|i| ("browser_open", json!({"target": self.hits[*i].address}))).collect();
        for i in chosen {
            self.hits[i].opened = true;
        }
        Some(calling(turn, calls))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_are_taken_once_each_and_as_they_are() {
        let found =
            |title: &str, url: &str| polymath_chat::Hit { title: title.into(), url: url.into(), ..Default::default() };
        let found =
            [found("A — title", "http://a/1"), found("2. A — B", "local:a — b.html"), found("B", "local:b.html")];
        let mut hits = Vec::new();
        add_hits(&mut hits, &found);
        add_hits(&mut hits, &found);
        let got: Vec<(&str, &str)> = hits.iter().map(|h| (h.title.as_str(), h.address.as_str())).collect();
        assert_eq!(got, [("A — title", "http://a/1"), ("2. A — B", "local:a — b.html"), ("B", "local:b.html")]);
    }
}
