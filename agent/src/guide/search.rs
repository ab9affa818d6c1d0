//! Looking things up: what to search for, which results to open.

use super::state::{Guide, Hit, Plan, calling, object};
use crate::evidence::{clip, terms};
use crate::lead::Turn;
use polymath_chat::{Completion, Constraint, Event, Message};
use serde_json::json;
use std::collections::HashSet;

/// Pages opened for one search step.
const PAGES: usize = 6;

/// Reads the results out of `browser_search`'s text: `N. Title — address`.
pub fn add_hits(hits: &mut Vec<Hit>, content: &str) {
    for line in content.lines() {
        let numbered = line.split_once(". ").filter(|(n, _)| n.parse::<usize>().is_ok());
        let Some((title, address)) = numbered.and_then(|(_, rest)| rest.rsplit_once(" — ")) else { continue };
        if hits.iter().all(|h| h.address != address.trim()) {
            hits.push(Hit { title: title.to_owned(), address: address.trim().to_owned(), opened: false });
        }
    }
}

impl Guide {
    /// Writes the searches: one a fact that has to be found.
    pub(super) async fn search(&mut self, turn: &mut Turn<'_>) -> anyhow::Result<Message> {
        let searches = json!({"type": "array", "items": {"type": "string", "minLength": 2, "maxLength": 70}, "minItems": 1, "maxItems": 2});
        let schema = object(&[("searches", searches), ("form", json!({"enum": ["text", "table"]}))]);
        let prompt = format!(
            "Request: Is the Rhine longer than the Elbe?\n{{\"searches\":[\"Rhine length\",\"Elbe length\"],\"form\":\"text\"}}\n\n\
             Request: Make a table of the moons of Neptune (name, diameter, year of discovery)\n{{\"searches\":[\"moons of Neptune diameter discovery\"],\"form\":\"table\"}}\n\n\
             Request: 谁发明了活字印刷术？\n{{\"searches\":[\"活字印刷术 发明者\"],\"form\":\"text\"}}\n\n\
             Write the web searches for this request, names spelled as in it, and the form of its answer: table for several things with several facts each, else text.\nRequest: {}",
            clip(turn.question, 1500)
        );
        let task = Completion::new(prompt, 100).constrained(Constraint::JsonSchema(schema));
        let text = turn.complete(task).await?;
        let plan: Plan = serde_json::from_str(&text)?;
        let mut seen = HashSet::new();
        let searches: Vec<&String> = plan.searches.iter().filter(|s| seen.insert(s.to_lowercase())).collect();
        let message = calling(turn, searches.iter().map(|q| ("browser_search", json!({"query": q}))).collect());
        self.plan = Some(plan);
        Ok(message)
    }

    /// Opens the most promising results that were not opened before, if there are any.
    pub(super) fn open_hits(&mut self, turn: &Turn<'_>) -> Option<Message> {
        turn.agent.tools.get("browser_open")?;
        let wanted = self.wanted(turn);
        let known: HashSet<&str> = turn.chat.sources.iter().map(|s| s.url.as_str()).collect();
        let mut order: Vec<usize> = (0..self.hits.len()).collect();
        // By the question's words in the title first, then by the search engine's order.
        order.sort_by_key(|i| {
            let title: HashSet<String> = terms(&self.hits[*i].title).into_iter().collect();
            std::cmp::Reverse(title.intersection(&wanted).count().min(3))
        });
        let chosen: Vec<usize> = order
            .into_iter()
            .filter(|i| !self.hits[*i].opened && !known.contains(self.hits[*i].address.as_str()))
            .take(PAGES)
            .collect();
        if chosen.is_empty() {
            return None;
        }
        let calls = chosen.iter().map(|i| ("browser_open", json!({"target": self.hits[*i].address}))).collect();
        let message = calling(turn, calls);
        // One round of opening a search: what ranks lower stays closed.
        self.hits.iter_mut().for_each(|h| h.opened = true);
        Some(message)
    }

    /// Puts the facts found into a table, if the pages have them.
    pub(super) async fn collect(&mut self, turn: &mut Turn<'_>) -> anyhow::Result<()> {
        if let Some(plan) = &mut self.plan {
            plan.collected = true;
        }
        if let Some(table) = self.extract(turn).await? {
            let _ = turn.events.send(Event::Table { table: table.clone() });
            turn.tables.push(table.clone());
            turn.chat.tables.push(table);
        }
        Ok(())
    }

    /// The words that evidence is found by: the question's and the searches'.
    pub(super) fn wanted(&self, turn: &Turn<'_>) -> HashSet<String> {
        terms(&self.query(turn)).into_iter().collect()
    }

    pub(super) fn query(&self, turn: &Turn<'_>) -> String {
        let searches = self.plan.as_ref().map(|p| p.searches.join(" ")).unwrap_or_default();
        format!("{} {searches}", turn.question)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hits_are_read_once_each() {
        let mut hits = Vec::new();
        let content = "2 results for x\n1. A — title — http://a/1\n   snippet. 1. not one\n2. B — local:b.html\n";
        add_hits(&mut hits, content);
        add_hits(&mut hits, content);
        let got: Vec<(&str, &str)> = hits.iter().map(|h| (h.title.as_str(), h.address.as_str())).collect();
        assert_eq!(got, [("A — title", "http://a/1"), ("B", "local:b.html")]);
    }
}
