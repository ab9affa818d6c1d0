//! Words that stand next to each other in a passage as they do in the query: "Series A" is no series and some a.
//!
//! Looked for among the passages that have the most of the query's words, and not in the whole index: looking through
//! all places of common words takes most of a search's time.

use crate::browser::words::Word;
use tantivy::{
    DocAddress, DocSet, Searcher, SegmentReader, Term,
    postings::{Postings, SegmentPostings},
    schema::{Field, IndexRecordOption},
};

/// BM25's usual constants: how soon more of the same adds little, and how much less it says in a long text.
const K1: f32 = 1.2;
const B: f32 = 0.75;

/// A field, and how much a word in it weighs.
pub type Weighed = (Field, f32);

/// What is added to the score of each of these passages for pairs of the query that it has: BM25 of the pair, as
/// rare as its words are together.
///
/// # Errors
/// The index can't be read.
pub fn scores(
    found: &Searcher,
    fields: [Weighed; 2],
    pairs: &[(Word, Word)],
    places: &[DocAddress],
) -> tantivy::Result<Vec<f32>> {
    let mut scores = vec![0.0; places.len()];
    let mut order: Vec<usize> = (0..places.len()).collect();
    order.sort_by_key(|at| places[*at]);
    for (field, weight) in fields {
        let mean = mean_length(found, field)?;
        for (a, b) in pairs {
            let (rare_a, rare_b) = (rarity(found, field, a)?, rarity(found, field, b)?);
            for (number, segment) in (0..).zip(found.segment_readers()) {
                let here = order.iter().copied().filter(|at| places[*at].segment_ord == number);
                let lengths = segment.get_fieldnorms_reader(field)?;
                let (mut first, mut second) = (Forms::of(segment, field, a)?, Forms::of(segment, field, b)?);
                for at in here {
                    let times = times(&mut first, &mut second, places[at].doc_id, rare_a < rare_b);
                    let length = lengths.fieldnorm(places[at].doc_id) as f32 / mean;
                    let share = times * (K1 + 1.0) / (times + K1 * (1.0 - B + B * length));
                    scores[at] += weight * (rare_a + rare_b) * share;
                }
            }
        }
    }
    Ok(scores)
}

/// Words of the field in a passage.
fn mean_length(found: &Searcher, field: Field) -> tantivy::Result<f32> {
    let mut all = 0;
    for segment in found.segment_readers() {
        all += segment.inverted_index(field)?.total_num_tokens();
    }
    Ok((all as f32 / found.num_docs().max(1) as f32).max(1.0))
}

/// How much it says that a passage has a word in this field (BM25's inverse document frequency).
fn rarity(found: &Searcher, field: Field, word: &Word) -> tantivy::Result<f32> {
    let mut having = 0;
    for form in word {
        having += found.doc_freq(&Term::from_field_text(field, form))?;
    }
    let (all, having) = (found.num_docs() as f32, having as f32);
    Ok((1.0 + (all - having).max(0.0) / (having + 0.5)).ln())
}

/// How often the second word stands behind the first in a passage. The rarer one is looked for first.
fn times(first: &mut Forms, second: &mut Forms, passage: u32, second_first: bool) -> f32 {
    let (one, other) = if second_first { (&mut *second, &mut *first) } else { (&mut *first, &mut *second) };
    if !one.read(passage) || !other.read(passage) {
        return 0.0;
    }
    first.at.iter().filter(|at| second.at.contains(&(**at + 1))).count() as f32
}

/// The forms of a word in a segment, and where they stand in the passage that was read last.
struct Forms {
    forms: Vec<SegmentPostings>,
    at: Vec<u32>,
}

impl Forms {
    fn of(segment: &SegmentReader, field: Field, word: &Word) -> tantivy::Result<Self> {
        let index = segment.inverted_index(field)?;
        let mut forms = Vec::new();
        for form in word {
            let term = Term::from_field_text(field, form);
            forms.extend(index.read_postings(&term, IndexRecordOption::WithFreqsAndPositions)?);
        }
        Ok(Forms { forms, at: Vec::new() })
    }

    /// Reads where they stand in a passage behind the last one; whether they do.
    fn read(&mut self, passage: u32) -> bool {
        self.at.clear();
        let mut places = Vec::new();
        for form in &mut self.forms {
            if form.doc() < passage {
                form.seek(passage);
            }
            if form.doc() == passage {
                form.positions(&mut places);
                self.at.append(&mut places);
            }
        }
        !self.at.is_empty()
    }
}
