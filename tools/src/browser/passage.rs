//! The passage of a text that answers a query best.

use super::words::{self, Wanted};
use polymath_quantity::text::sentences;
use std::collections::{HashMap, HashSet};
use tantivy::tokenizer::Language;

/// Characters of a result's snippet.
pub const SNIPPET: usize = 240;

/// Which of the words and pairs are in `text`: words by their index, then pairs.
fn found_in(text: &str, wanted: &Wanted, language: Language) -> HashSet<usize> {
    let mut found = HashSet::new();
    let mut last = String::new();
    for token in words::tokens(text, language) {
        found.extend(wanted.words.iter().position(|word| word.contains(&token.text)));
        let is_pair = |(a, b): &(words::Word, words::Word)| a.contains(&last) && b.contains(&token.text);
        found.extend(wanted.pairs.iter().position(is_pair).map(|i| wanted.words.len() + i));
        if !words::is_amount(&token.text) {
            last = token.text;
        }
    }
    found
}

/// The consecutive sentences of `lines` that hold the most of the query, rare words counting more,
/// in at most `limit` characters; the text's start when nothing of the query is in it.
pub fn best(lines: &[&str], query: &str, limit: usize) -> String {
    let language = words::language(&lines.join("\n"));
    let wanted = words::wanted(query, &[language]);
    let units: Vec<&str> =
        lines.iter().flat_map(|line| sentences(line)).map(str::trim).filter(|s| !s.is_empty()).collect();
    let found: Vec<_> = units.iter().map(|u| found_in(u, &wanted, language)).collect();
    let mut spread: HashMap<usize, usize> = HashMap::new();
    for part in found.iter().flatten() {
        *spread.entry(*part).or_default() += 1;
    }
    let weight = |part: &usize| (1.0 + units.len() as f64 / spread.get(part).copied().unwrap_or(1) as f64).ln();
    let (mut best, mut best_score, mut best_length) = (0..0, 0.0, 0);
    for start in 0..units.len() {
        let (mut length, mut seen, mut score) = (0, HashSet::new(), 0.0);
        for end in start..units.len() {
            length += units[end].chars().count() + 1;
            if length > limit + 1 && end > start {
                break;
            }
            score += found[end].iter().filter(|part| seen.insert(**part)).map(weight).sum::<f64>();
            // of two windows with the same words the shorter one says less that nobody asked for
            if score > best_score + 1e-9 || (score > 0.0 && score > best_score - 1e-9 && length < best_length) {
                (best, best_score, best_length) = (start..end + 1, score, length);
            }
        }
    }
    fill(&units, best, limit)
}

/// Joins the units of `range`, and those behind them that still fit.
fn fill(units: &[&str], range: std::ops::Range<usize>, limit: usize) -> String {
    let mut text = String::new();
    let mut length = 0;
    for (i, unit) in units.iter().enumerate().skip(range.start) {
        let more = unit.chars().count();
        if i >= range.end && !text.is_empty() && length + more + 1 > limit {
            break;
        }
        if !text.is_empty() {
            text.push(' ');
        }
        text.push_str(unit);
        length += more + 1;
    }
    shorten(&text, limit)
}

/// At most `limit` characters, an ellipsis for what is cut.
pub fn shorten(text: &str, limit: usize) -> String {
    if text.chars().count() <= limit {
        return text.to_owned();
    }
    let cut: String = text.chars().take(limit.saturating_sub(1)).collect();
    format!("{}…", cut.trim_end())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_best_passage_is_not_the_start() {
        let lines = [
            "Welcome to our long introduction about the company and its founders.",
            "It has an office. In April 2021 the company raised $325 million at a valuation of $7.3 billion. Staff were glad.",
            "Weather was fine.",
        ];
        let passage = best(&lines, "valuation 2021", 90);
        assert!(passage.contains("$7.3 billion"), "{passage}");
        assert!(passage.chars().count() <= 90);
        assert_eq!(
            best(&["只有一句。", "2021年4月的估值为73亿美元。"], "估值是多少", 40),
            "2021年4月的估值为73亿美元。"
        );
    }

    #[test]
    fn neighbours_in_the_query_are_looked_for_together() {
        let lines = ["Start a free trial of Scale.", "2017 | Series A | 4.5", "2018 | Series B | 18"];
        assert_eq!(best(&lines, "Scale series A", 24), "2017 | Series A | 4.5");
    }

    #[test]
    fn no_match_gives_the_start_and_no_text_nothing() {
        assert_eq!(best(&["One thing. Another."], "zebra", 12), "One thing.");
        assert_eq!(best(&[], "zebra", 12), "");
        assert_eq!(best(&["abcdefghij"], "zebra", 5), "abcd…");
    }
}
