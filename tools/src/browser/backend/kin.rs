//! Results about another thing of the same kind: of a question about the district of Ostby, the pages of all other
//! districts have every word but one.
//!
//! Such a page says what was asked, of something else, and readers take it for the answer. So a result is left out
//! when it lacks a rare word of the query that the best result has in its title, and has no word of the query that the
//! best one lacks. It is also left out when it has that word in passing and a title of the same form without it. A page
//! about the second of two things that are compared has a word of its own, and stays.

use crate::browser::words::{self, Language, Word};
use std::collections::HashSet;
use tantivy::{DocAddress, DocSet, Searcher, Term, schema::Field, schema::IndexRecordOption};

/// A word of a query is rare where at most one passage in so many has it: a name.
const RARE: u64 = 50;
/// Words of a query that are told apart.
const MOST_WORDS: usize = 64;

/// Some of a query's words, a bit each.
pub type Set = u64;

pub struct Kin<'a> {
    pub found: &'a Searcher,
    pub fields: [Field; 2],
    pub words: &'a [Word],
}

impl Kin<'_> {
    fn numbered(&self) -> impl Iterator<Item = (Set, &Word)> {
        self.words.iter().take(MOST_WORDS).enumerate().map(|(bit, word)| (1 << bit, word))
    }

    /// Those of the words that each of these passages has.
    ///
    /// # Errors
    /// The index can't be read.
    pub fn having(&self, places: &[DocAddress]) -> tantivy::Result<Vec<Set>> {
        let mut has = vec![0; places.len()];
        let mut order: Vec<usize> = (0..places.len()).collect();
        order.sort_by_key(|at| places[*at]);
        for (number, segment) in (0..).zip(self.found.segment_readers()) {
            let here: Vec<usize> = order.iter().copied().filter(|at| places[*at].segment_ord == number).collect();
            for field in self.fields.into_iter().filter(|_| !here.is_empty()) {
                let index = segment.inverted_index(field)?;
                for (bit, form) in self.numbered().flat_map(|(bit, word)| word.iter().map(move |form| (bit, form))) {
                    let term = Term::from_field_text(field, form);
                    let Some(mut passages) = index.read_postings(&term, IndexRecordOption::Basic)? else { continue };
                    for at in &here {
                        let wanted = places[*at].doc_id;
                        let next = if passages.doc() < wanted { passages.seek(wanted) } else { passages.doc() };
                        has[*at] |= if next == wanted { bit } else { 0 };
                    }
                }
            }
        }
        Ok(has)
    }

    /// The rare ones of the words that stand in this title.
    ///
    /// # Errors
    /// The index can't be read.
    pub fn naming(&self, title: &str, languages: &[Language]) -> tantivy::Result<Set> {
        let stems = languages.iter().flat_map(|language| words::tokens(title, *language));
        let stems: HashSet<String> = stems.map(|token| token.text).collect();
        let mut set = 0;
        for (bit, word) in self.numbered().filter(|(_, word)| word.iter().any(|form| stems.contains(form))) {
            let mut most = 0;
            for (form, field) in word.iter().flat_map(|form| self.fields.map(|field| (form, field))) {
                most = most.max(self.found.doc_freq(&Term::from_field_text(field, form))?);
            }
            set |= if most * RARE <= self.found.num_docs() { bit } else { 0 };
        }
        Ok(set)
    }
}

/// Whether a page that has these words is about something else than the best one, in whose title `names` stand.
pub fn is_kin(has: Set, best: Set, names: Set) -> bool {
    names & !has != 0 && has & !best == 0
}

/// Words in which the titles of two things of a kind differ, at most, and those that they share, at least.
const MOST_OWN: usize = 2;
const LEAST_SHARED: usize = 2;

/// Whether two titles are of one form, with another name in it: "District of Ostby: work", "District of Harrow: work".
pub fn are_of_one_form(a: &str, b: &str) -> bool {
    let words = |title| words::tokens(title, Language::English).into_iter().map(|token| token.text);
    let (a, b): (HashSet<String>, HashSet<String>) = (words(a).collect(), words(b).collect());
    let own = 1..=MOST_OWN;
    own.contains(&a.difference(&b).count())
        && own.contains(&b.difference(&a).count())
        && a.intersection(&b).count() >= LEAST_SHARED
}
