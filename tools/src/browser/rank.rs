//! Which of several texts have the words of a query, and how much that says: BM25 over stemmed words, within
//! these texts.

use super::words;
use std::collections::BTreeMap;

/// BM25's usual constants.
const K1: f64 = 1.2;
const B: f64 = 0.75;

/// A text that has words of a query.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Ranked {
    /// Its place among the texts.
    pub at: usize,
    /// BM25; sizes mean something within one query alone.
    pub score: f64,
    /// Words of the query that it has, each counted once.
    pub words: usize,
}

/// The texts that have words of `query`, best first. Empty words ("the") count where there are no others.
pub fn ranked(query: &str, texts: &[String]) -> Vec<Ranked> {
    let language = words::language(&texts.join("\n"));
    let stems = |text: &String| words::tokens(text, language).into_iter().map(|token| token.text).collect();
    let texts: Vec<Vec<String>> = texts.iter().map(stems).collect();
    let mean = texts.iter().map(Vec::len).sum::<usize>() as f64 / texts.len().max(1) as f64;
    let mut found = BTreeMap::<usize, Ranked>::new();
    for word in words::wanted(query, &[language]).words {
        let counts: Vec<usize> =
            texts.iter().map(|text| text.iter().filter(|stem| word.contains(stem)).count()).collect();
        let having = counts.iter().filter(|count| **count > 0).count() as f64;
        let rarity = (1.0 + (texts.len() as f64 - having + 0.5) / (having + 0.5)).ln();
        for (at, count) in counts.into_iter().enumerate().filter(|(_, count)| *count > 0) {
            let (count, length) = (count as f64, texts[at].len() as f64);
            let part = count * (K1 + 1.0) / (count + K1 * (1.0 - B + B * length / mean.max(1.0)));
            let text = found.entry(at).or_insert(Ranked { at, score: 0.0, words: 0 });
            (text.score, text.words) = (text.score + rarity * part, text.words + 1);
        }
    }
    let mut order: Vec<Ranked> = found.into_values().collect();
    order.sort_by(|a, b| b.score.total_cmp(&a.score));
    order
}

/// How many words of a text count when it is looked for, or looked in: each once.
pub fn full_words(text: &str) -> usize {
    words::wanted(text, &[words::language(text)]).words.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rare_words_weigh_more_and_forms_are_one_word() {
        let texts = ["Trains and stations".to_owned(), "Trains to the sea".to_owned(), "Cooking".to_owned()];
        let found = ranked("Which train goes to a station?", &texts);
        assert_eq!(found.iter().map(|f| (f.at, f.words)).collect::<Vec<_>>(), [(0, 2), (1, 1)]);
        assert!(found[0].score > found[1].score && ranked("zebra", &texts).is_empty());
    }

    #[test]
    fn empty_words_are_not_counted() {
        assert_eq!((full_words("Which of the trains, the train?"), full_words("")), (1, 0));
    }
}
