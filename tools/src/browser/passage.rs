//! Words of any language, and the passage of a text that answers a query best.
//!
//! The same words are what the local index holds. Chinese, Japanese and Korean text has no spaces:
//! it is cut into overlapping pairs of characters, which needs no dictionary and finds every
//! substring; everything else is cut at non-letters, lower-cased and stemmed as English.

use std::collections::{HashMap, HashSet};
use tantivy::tokenizer::{Language, LowerCaser, Stemmer, TextAnalyzer, Token, TokenStream, Tokenizer};

/// The analyzer of queries, snippets and the local index.
pub fn analyzer() -> TextAnalyzer {
    TextAnalyzer::builder(Words).filter(LowerCaser).filter(Stemmer::new(Language::English)).build()
}

/// The distinct words of `text`, as the analyzer writes them.
pub fn words(text: &str, analyzer: &mut TextAnalyzer) -> HashSet<String> {
    let mut found = HashSet::new();
    analyzer.token_stream(text).process(&mut |token| {
        found.insert(token.text.clone());
    });
    found
}

/// Characters of scripts written without spaces.
pub fn is_cjk(c: char) -> bool {
    matches!(c as u32, 0x3040..=0x30ff | 0x3400..=0x4dbf | 0x4e00..=0x9fff | 0xac00..=0xd7af | 0xf900..=0xfaff | 0x20000..=0x3ffff)
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
        if !cjk {
            push(start, end);
        } else if run.len() == 1 {
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
    let mut analyzer = analyzer();
    let wanted = words(query, &mut analyzer);
    let units: Vec<&str> = lines.iter().flat_map(|line| sentences(line)).collect();
    let found: Vec<HashSet<String>> =
        units.iter().map(|u| words(u, &mut analyzer).intersection(&wanted).cloned().collect()).collect();
    let mut spread: HashMap<&str, usize> = HashMap::new();
    for word in found.iter().flatten() {
        *spread.entry(word).or_default() += 1;
    }
    let weight = |word: &str| (1.0 + units.len() as f64 / spread.get(word).copied().unwrap_or(1) as f64).ln();
    let (mut best, mut best_score) = (0..0, -1.0);
    for start in 0..units.len() {
        let (mut length, mut seen, mut score) = (0, HashSet::new(), 0.0);
        for end in start..units.len() {
            length += units[end].chars().count() + 1;
            if length > limit + 1 && end > start {
                break;
            }
            score += found[end].iter().filter(|w| seen.insert(w.as_str())).map(|w| weight(w)).sum::<f64>();
            // of two windows with the same words the shorter one says less that nobody asked for,
            // but a passage that breaks off after its heading says nothing
            if score > best_score {
                (best, best_score) = (start..end + 1, score);
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
        if i >= range.end && length + more + 1 > limit {
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

/// Cuts a line after each full stop that ends a sentence.
pub fn sentences(line: &str) -> Vec<&str> {
    let mut parts = Vec::new();
    let mut start = 0;
    let mut chars = line.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        let next = chars.peek().map(|(_, c)| *c);
        let ends = match c {
            '。' | '！' | '？' | '；' => true,
            '.' | '!' | '?' => next.is_some_and(char::is_whitespace) && !is_abbreviation(&line[start..at]),
            _ => false,
        };
        if ends {
            parts.push(line[start..at + c.len_utf8()].trim());
            start = at + c.len_utf8();
        }
    }
    parts.push(line[start..].trim());
    parts.retain(|p| !p.is_empty());
    parts
}

/// "J." and "Inc." end no sentence; a short capitalised word before the stop is taken for one of these.
fn is_abbreviation(before: &str) -> bool {
    let word = before.rsplit(char::is_whitespace).next().unwrap_or("");
    let letters = word.chars().count();
    letters > 0 && letters <= 3 && word.chars().all(char::is_alphabetic) && word.starts_with(char::is_uppercase)
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
    fn no_match_gives_the_start_and_no_text_nothing() {
        assert_eq!(best(&["One thing. Another."], "zebra", 12), "One thing.");
        assert_eq!(best(&[], "zebra", 12), "");
        assert_eq!(best(&["abcdefghij"], "zebra", 5), "abcd…");
    }

    #[test]
    fn sentence_ends() {
        assert_eq!(
            sentences("Raised $4.5M. Led by J. Smith of Acme Inc. in May! 好。是"),
            ["Raised $4.5M.", "Led by J. Smith of Acme Inc. in May!", "好。", "是"]
        );
    }
}
