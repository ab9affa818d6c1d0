//! Words of any language, and the passage of a text that answers a query best.
//!
//! The same words are what the local index holds. Chinese, Japanese and Korean text has no spaces:
//! it is cut into overlapping pairs of characters, which needs no dictionary and finds every
//! substring; everything else is cut at non-letters, lower-cased and stemmed as English.

use polymath_quantity::text::{is_cjk, is_stop_word, sentences};
use std::collections::{HashMap, HashSet};
use tantivy::tokenizer::{Language, LowerCaser, Stemmer, TextAnalyzer, Token, TokenStream, Tokenizer};

/// Characters of a result's snippet.
pub const SNIPPET: usize = 240;

/// The analyzer of queries, snippets and the local index.
pub fn analyzer() -> TextAnalyzer {
    TextAnalyzer::builder(Words).filter(LowerCaser).filter(Stemmer::new(Language::English)).build()
}

/// What to look for: words, and words that stand next to each other in the query. "Series A" is
/// found by its pair: "a" alone says nothing.
#[derive(Debug, Default)]
pub struct Wanted {
    pub words: Vec<String>,
    pub pairs: Vec<(String, String)>,
}

/// What `query` asks for; empty words count when there are no others.
pub fn wanted(query: &str) -> Wanted {
    let mut all = Vec::new();
    analyzer().token_stream(query).process(&mut |token| {
        let written = query[token.offset_from..token.offset_to].to_lowercase();
        all.push((token.text.clone(), is_stop_word(&written)));
    });
    let none_full = all.iter().all(|(_, empty)| *empty);
    let mut wanted = Wanted::default();
    for (word, empty) in &all {
        if (!empty || none_full) && !wanted.words.contains(word) {
            wanted.words.push(word.clone());
        }
    }
    for pair in all.windows(2) {
        let both = (pair[0].0.clone(), pair[1].0.clone());
        let both_empty = pair[0].1 && pair[1].1;
        if !both_empty && !wanted.pairs.contains(&both) {
            wanted.pairs.push(both);
        }
    }
    wanted
}

/// Which of the words and pairs are in `text`: words by their index, then pairs.
fn found_in(text: &str, wanted: &Wanted, analyzer: &mut TextAnalyzer) -> HashSet<usize> {
    let mut found = HashSet::new();
    let mut last = String::new();
    analyzer.token_stream(text).process(&mut |token| {
        found.extend(wanted.words.iter().position(|w| *w == token.text));
        let pair = wanted.pairs.iter().position(|(a, b)| *a == last && *b == token.text);
        found.extend(pair.map(|i| wanted.words.len() + i));
        last.clone_from(&token.text);
    });
    found
}

#[derive(Clone)]
struct Words;

impl Tokenizer for Words {
    type TokenStream<'a> = Stream;

    fn token_stream<'a>(&'a mut self, text: &'a str) -> Stream {
        Stream { tokens: tokens(text), next: 0 }
    }
}

struct Stream {
    tokens: Vec<Token>,
    next: usize,
}

impl TokenStream for Stream {
    fn advance(&mut self) -> bool {
        self.next += 1;
        self.next <= self.tokens.len()
    }

    fn token(&self) -> &Token {
        &self.tokens[self.next - 1]
    }

    fn token_mut(&mut self) -> &mut Token {
        &mut self.tokens[self.next - 1]
    }
}

fn tokens(text: &str) -> Vec<Token> {
    let mut tokens = Vec::new();
    let mut push = |from: usize, to: usize| {
        let position = tokens.len();
        tokens.push(Token {
            offset_from: from,
            offset_to: to,
            position,
            text: text[from..to].to_owned(),
            position_length: 1,
        });
    };
    let mut chars = text.char_indices().peekable();
    while let Some((start, first)) = chars.next() {
        if !first.is_alphanumeric() {
            continue;
        }
        let cjk = is_cjk(first);
        let mut run = vec![start];
        let mut end = start + first.len_utf8();
        while let Some((at, c)) = chars.next_if(|(_, c)| c.is_alphanumeric() && is_cjk(*c) == cjk) {
            run.push(at);
            end = at + c.len_utf8();
        }
        if !cjk || run.len() == 1 {
            push(start, end);
        } else {
            for pair in 0..run.len() - 1 {
                push(run[pair], run.get(pair + 2).copied().unwrap_or(end));
            }
        }
    }
    tokens
}

/// The consecutive sentences of `lines` that hold the most of the query, rare words counting more,
/// in at most `limit` characters; the text's start when nothing of the query is in it.
pub fn best(lines: &[&str], query: &str, limit: usize) -> String {
    let (wanted, mut analyzer) = (wanted(query), analyzer());
    let units: Vec<&str> =
        lines.iter().flat_map(|line| sentences(line)).map(str::trim).filter(|s| !s.is_empty()).collect();
    let found: Vec<_> = units.iter().map(|u| found_in(u, &wanted, &mut analyzer)).collect();
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

    fn all(text: &str) -> Vec<String> {
        let mut found = Vec::new();
        analyzer().token_stream(text).process(&mut |t| found.push(t.text.clone()));
        found
    }

    #[test]
    fn words_of_both_kinds() {
        assert_eq!(all("Funding rounds, $7.3B!"), ["fund", "round", "7", "3b"]);
        assert_eq!(all("Scale的融资轮次"), ["scale", "的融", "融资", "资轮", "轮次"]);
        assert_eq!(all("融 资"), ["融", "资"]);
        assert!(all("").is_empty());
    }

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
        let wanted = wanted("What is the Series A of it?");
        assert_eq!(wanted.words, ["seri"]);
        assert_eq!(wanted.pairs, [("the".into(), "seri".into()), ("seri".into(), "a".into())]);
        assert_eq!(super::wanted("who are they").words, ["they"]);
        assert_eq!(super::wanted("what is it").words.len(), 3);
    }

    #[test]
    fn no_match_gives_the_start_and_no_text_nothing() {
        assert_eq!(best(&["One thing. Another."], "zebra", 12), "One thing.");
        assert_eq!(best(&[], "zebra", 12), "");
        assert_eq!(best(&["abcdefghij"], "zebra", 5), "abcd…");
    }
}
