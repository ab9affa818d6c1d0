//! Finding a conversation again by words of its questions, answers, tables and pages.

use super::error::StoreError;
use super::record::SessionInfo;
use super::schema::explain;
use super::store::SessionStore;
use super::words::{query, readable};
use rusqlite::{Connection, OptionalExtension, params};
use std::collections::{HashMap, HashSet};

/// The latest texts with the words that are compared: enough for a page of results, and so few that a
/// word of every conversation costs no more than a rare one.
const COMPARED: usize = 1_000;
/// Characters of the text that is shown around the first word.
const BEFORE: usize = 40;
const AFTER: usize = 100;

/// Where words were found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    Question,
    Answer,
    Table,
    Page,
}

/// A conversation that has the words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    pub info: SessionInfo,
    pub place: Place,
    /// Where the place is: a turn, or the number of a table or page; from 1.
    pub number: u32,
    /// The text around the first of the words.
    pub passage: String,
}

/// A text with the words: its session, kind and place, and how well it fits (less is better).
type Hit = (String, Place, u32, f64);

impl SessionStore {
    /// The conversations that have all these words, or longer ones that begin so, in one text, best first; where
    /// there are none, those that have them in several.
    ///
    /// # Errors
    /// `NoWords`; what the database says.
    pub fn search(&self, words: &str, limit: usize) -> Result<Vec<Found>, StoreError> {
        let asked = query(words).ok_or(StoreError::NoWords)?;
        let connection = self.database.connection();
        let failed = |e| explain(&self.database.path, e);
        let mut hits = hits(&connection, &asked).map_err(failed)?;
        if hits.is_empty() {
            hits = spread(&connection, words).map_err(failed)?;
        }
        let mut best = HashMap::<String, Hit>::new();
        for hit in hits {
            match best.get(&hit.0) {
                Some(known) if known.3 <= hit.3 => {}
                _ => drop(best.insert(hit.0.clone(), hit)),
            }
        }
        let mut best: Vec<Hit> = best.into_values().collect();
        best.sort_by(|a, b| a.3.total_cmp(&b.3).then_with(|| b.0.cmp(&a.0)));
        best.truncate(limit);
        let texts: Vec<String> =
            best.iter().map(|hit| text(&connection, hit)).collect::<Result<_, _>>().map_err(failed)?;
        drop(connection);
        let mut found = Vec::with_capacity(best.len());
        for ((session, place, number, _), text) in best.into_iter().zip(texts) {
            if let Some(info) = self.database.info(&session)? {
                let number = number + u32::from(matches!(place, Place::Table | Place::Page));
                found.push(Found { info, place, number, passage: passage(&text, words) });
            }
        }
        Ok(found)
    }
}

/// What the user said counts more than what was said to him, and that more than what was read.
fn weight(place: Place) -> f64 {
    match place {
        Place::Question => 4.0,
        Place::Answer => 2.0,
        Place::Table => 1.5,
        Place::Page => 1.0,
    }
}

fn hits(connection: &Connection, asked: &str) -> rusqlite::Result<Vec<Hit>> {
    let mut statement = connection.prepare_cached(
        "SELECT entry.session, entry.kind, entry.place, hit.score
         FROM (SELECT rowid AS row, bm25(words) AS score FROM words WHERE words MATCH ?1 ORDER BY rowid DESC LIMIT ?2) hit
         JOIN entry ON entry.row = hit.row",
    )?;
    let rows = statement.query_map(params![asked, COMPARED as i64], |row| {
        let place = match row.get_ref(1)?.as_str()? {
            "question" => Place::Question,
            "answer" => Place::Answer,
            "table" => Place::Table,
            _ => Place::Page,
        };
        let score: f64 = row.get(3)?;
        Ok((row.get(0)?, place, row.get(2)?, score * weight(place)))
    })?;
    rows.collect()
}

/// Texts with the first of the words, of conversations that have the others in others: among the latest
/// with each of them.
fn spread(connection: &Connection, words: &str) -> rusqlite::Result<Vec<Hit>> {
    let mut words = words.split_whitespace().filter_map(query);
    let Some(first) = words.next() else { return Ok(Vec::new()) };
    let mut found = hits(connection, &first)?;
    for word in words {
        let other: HashSet<String> = hits(connection, &word)?.into_iter().map(|hit| hit.0).collect();
        found.retain(|hit| other.contains(&hit.0));
    }
    Ok(found)
}

fn text(connection: &Connection, (session, place, number, _): &Hit) -> rusqlite::Result<String> {
    let (sql, item) = match place {
        Place::Question => ("SELECT text FROM question WHERE session = ?1 AND turn = ?2", false),
        Place::Answer => (
            "SELECT json ->> 'text' FROM event WHERE session = ?1 AND turn = ?2 AND json ->> 'type' = 'answer'
             ORDER BY seq DESC",
            false,
        ),
        Place::Table => ("SELECT json FROM item WHERE session = ?1 AND kind = 'table' AND position = ?2", true),
        Place::Page => ("SELECT json FROM item WHERE session = ?1 AND kind = 'source' AND position = ?2", true),
    };
    let text: Option<String> =
        connection.prepare_cached(sql)?.query_row(params![session, number], |row| row.get(0)).optional()?;
    let text = text.unwrap_or_default();
    Ok(if item { readable(&text) } else { text })
}

/// The text around the first of the words, in one line.
fn passage(text: &str, words: &str) -> String {
    let text: Vec<char> = text.split_whitespace().collect::<Vec<_>>().join(" ").chars().collect();
    // One character for one, so that places stay the same.
    let fold = |c: &char| c.to_lowercase().next().unwrap_or(*c);
    let lower: Vec<char> = text.iter().map(fold).collect();
    let starts = |at: usize| at == 0 || !lower[at - 1].is_alphanumeric() || !lower[at].is_ascii();
    let place = |word: &str| {
        let word: Vec<char> = word.chars().map(|c| fold(&c)).collect();
        lower.windows(word.len().max(1)).enumerate().find(|(at, w)| **w == *word && starts(*at)).map(|(at, _)| at)
    };
    let first = words.split_whitespace().filter_map(place).min().unwrap_or(0);
    let (from, to) = (first.saturating_sub(BEFORE), (first + AFTER).min(text.len()));
    let cut: String = text[from..to].iter().collect();
    let (left, right) = (if from > 0 { "…" } else { "" }, if to < text.len() { "…" } else { "" });
    format!("{left}{}{right}", cut.trim())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use polymath_chat::{Cell, Event, Provenance, Source, Table};

    fn answer(text: &str) -> Event {
        Event::Answer { text: text.into(), citations: vec![], figures: vec![] }
    }

    /// Two conversations: about a mill, and about Tokyo.
    fn filled(folder: &tempfile::TempDir) -> SessionStore {
        let store = SessionStore::open(&folder.path().join("sessions.db")).unwrap();
        let mut mill = store.create_named("mill", "").unwrap();
        let turn = mill.begin("How high is the mill?").unwrap();
        mill.append(turn, &answer("It is twelve metres high [1].")).unwrap();
        let mut chat = mill.chat().unwrap();
        chat.sources.push(Source {
            url: "http://h/m".into(),
            title: "Mills".into(),
            text: "A grist mill of Café Ürün".into(),
        });
        let cell = |text: &str| Cell::new(text, Provenance::Given);
        chat.tables.push(Table {
            title: "t".into(),
            columns: vec!["Wing".into()],
            rows: vec![vec![cell("sailcloth")]],
        });
        mill.save(&chat).unwrap();
        let mut tokyo = store.create_named("tokyo", "").unwrap();
        tokyo.begin("東京の人口は？").unwrap();
        store
    }

    #[track_caller]
    fn check(store: &SessionStore, words: &str, want: &[(&str, Place, u32)]) {
        let found = store.search(words, 10).unwrap();
        let got: Vec<_> = found.iter().map(|f| (f.info.id.as_str(), f.place, f.number)).collect();
        assert_eq!(got, want, "{words}");
    }

    #[test]
    fn words_are_found_wherever_they_stand() {
        let folder = tempfile::tempdir().unwrap();
        let store = filled(&folder);
        check(&store, "HIGH mill", &[("mill", Place::Question, 1)]);
        check(&store, "twelve", &[("mill", Place::Answer, 1)]);
        check(&store, "grist cafe", &[("mill", Place::Page, 1)]);
        check(&store, "sailc", &[("mill", Place::Table, 1)]);
        check(&store, "twelve grist", &[("mill", Place::Answer, 1)]);
        check(&store, "twelve 東京", &[]);
        check(&store, "東京", &[("tokyo", Place::Question, 1)]);
        check(&store, "京東", &[]);
        check(&store, "mill OR NEAR(", &[]);
        assert!(matches!(store.search("?!", 10), Err(StoreError::NoWords)));
        assert_eq!(store.search("cafe", 1).unwrap()[0].passage, "Mills http://h/m A grist mill of Café Ürün");
    }

    #[test]
    fn what_was_changed_or_taken_back_is_not_found_any_more() {
        let folder = tempfile::tempdir().unwrap();
        let store = filled(&folder);
        let mut mill = store.resume("mill").unwrap();
        let mut chat = mill.chat().unwrap();
        chat.sources[0].text = "A windmill".into();
        chat.tables.clear();
        mill.save(&chat).unwrap();
        check(&store, "grist", &[]);
        check(&store, "sailcloth", &[]);
        check(&store, "windmill", &[("mill", Place::Page, 1)]);
        drop(mill);
        store.remove("mill").unwrap();
        check(&store, "windmill", &[]);
        check(&store, "人口", &[("tokyo", Place::Question, 1)]);
    }

    #[test]
    fn a_passage_is_around_the_first_word() {
        let text = format!("{} The needle is here. {}", "hay ".repeat(50), "hay ".repeat(50));
        let got = passage(&text, "needle nowhere");
        assert!(got.starts_with('…') && got.ends_with('…') && got.contains("needle is here"), "{got}");
        assert_eq!(passage("İstanbul", "x"), "İstanbul");
        assert_eq!(passage("", "x"), "");
    }
}
