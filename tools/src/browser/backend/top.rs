//! The passages that score highest, over all segments of an index.
//!
//! As tantivy's own collector finds them, but for one thing: what a passage has to exceed is what the best of all
//! segments before have. The collector looks in each segment for as many as are wanted at all, which passes over few of
//! them: and an index is in several segments.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use tantivy::{
    DocAddress, Searcher,
    query::{EnableScoring, Query},
};

/// The passages with the highest scores, as many as `most`, best first.
///
/// # Errors
/// The index can't be read.
pub fn best(found: &Searcher, query: &dyn Query, most: usize) -> tantivy::Result<Vec<(f32, DocAddress)>> {
    let weight = query.weight(EnableScoring::enabled_from_searcher(found))?;
    // The worst of them on top, of two with one score the later one. Bits of scores, which are positive, are in their order.
    let mut best = BinaryHeap::<Reverse<(u32, Reverse<DocAddress>)>>::with_capacity(most + 1);
    let mut threshold = f32::MIN;
    for (number, segment) in (0..).zip(found.segment_readers()) {
        let alive = segment.alive_bitset();
        weight.for_each_pruning(threshold, segment, &mut |passage, score| {
            if alive.is_none_or(|alive| alive.is_alive(passage)) {
                best.push(Reverse((score.to_bits(), Reverse(DocAddress::new(number, passage)))));
                if best.len() > most {
                    best.pop();
                }
                if let (true, Some(Reverse((worst, _)))) = (best.len() == most, best.peek()) {
                    threshold = f32::from_bits(*worst);
                }
            }
            threshold
        })?;
    }
    let best = best.into_sorted_vec().into_iter();
    Ok(best.map(|Reverse((score, Reverse(place)))| (f32::from_bits(score), place)).collect())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use std::collections::BTreeSet;
    use tantivy::collector::TopDocs;
    use tantivy::query::QueryParser;
    use tantivy::schema::{STRING, Schema, TEXT};
    use tantivy::{Index, Term, doc};

    #[test]
    fn they_are_those_that_each_segment_by_itself_gives() {
        let mut schema = Schema::builder();
        let (id, text) = (schema.add_text_field("id", STRING), schema.add_text_field("text", TEXT));
        let index = Index::create_in_ram(schema.build());
        let mut writer = index.writer_with_num_threads(1, 20 << 20).unwrap();
        let words = ["barley", "quern", "sluice", "wheel", "stone"];
        for number in 0..600_u64 {
            // Many with one score, some with a rare word.
            let some = (0..5).filter(|bit| ((number * 7919 % 31) >> bit) & 1 == 1).map(|bit| words[bit]);
            let text_of = some.collect::<Vec<_>>().join(" ").repeat(1 + number as usize % 3);
            writer.add_document(doc!(id => number.to_string(), text => text_of)).unwrap();
            if number % 100 == 99 {
                writer.commit().unwrap();
            }
        }
        (0..600).step_by(7).for_each(|number| {
            writer.delete_term(Term::from_field_text(id, &number.to_string()));
        });
        writer.commit().unwrap();
        let found = index.reader().unwrap().searcher();
        assert!(found.segment_readers().len() > 1);
        for query in ["barley", "quern sluice", "barley quern sluice wheel stone", "nothing"] {
            let parsed = QueryParser::for_index(&index, vec![text]).parse_query(query).unwrap();
            for most in [1, 10, 100, 1000] {
                let want = found.search(&parsed, &TopDocs::with_limit(most).order_by_score()).unwrap();
                let got = best(&found, &parsed, most).unwrap();
                assert_eq!(got.len(), want.len(), "{query} {most}");
                // A sum has another last digit where its parts are added in another order.
                assert!(got.iter().zip(&want).all(|(a, b)| (a.0 - b.0).abs() < 1e-4), "{query} {most}");
                // Of several with the last score, either may have taken some.
                let last = want.last().map_or(0.0, |(score, _)| *score) + 1e-4;
                let above = |all: &[(f32, DocAddress)]| {
                    all.iter().filter(|(score, _)| *score > last).map(|(_, place)| *place).collect::<BTreeSet<_>>()
                };
                assert_eq!(above(&got), above(&want), "{query} {most}");
            }
        }
    }
}
