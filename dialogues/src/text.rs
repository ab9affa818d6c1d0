//! What an answer's text shows: without its markup, its lines, its numbers, its tables.

use fancy_regex::Regex;
use polymath_chat::{Cell, Event};
use std::sync::LazyLock;
use unicode_normalization::UnicodeNormalization;

/// Words behind a number that multiply it.
const SCALES: [(&str, f64); 10] = [
    ("thousand", 1e3),
    ("k", 1e3),
    ("million", 1e6),
    ("m", 1e6),
    ("mio", 1e6),
    ("billion", 1e9),
    ("bn", 1e9),
    ("千", 1e3),
    ("万", 1e4),
    ("亿", 1e8),
];

static MARKUP: LazyLock<Regex> = LazyLock::new(|| constant(r"\[\d{1,3}\]|\*\*|`"));
static NUMBER: LazyLock<Regex> = LazyLock::new(|| constant(r"-?\d[\d,.' ]*"));
static GROUPING: LazyLock<Regex> = LazyLock::new(|| constant(r"[,' ](?=\d{3}(?!\d))|\.(?=\d{3}[.,])"));
static WORD: LazyLock<Regex> = LazyLock::new(|| constant(r"\A\s*([a-z]+|[千万亿])"));
static RULE: LazyLock<Regex> = LazyLock::new(|| constant(r"\A[|:\- ]+\z"));

fn constant(pattern: &str) -> Regex {
    Regex::new(pattern).unwrap_or_else(|e| unreachable!("constant pattern: {e}"))
}

/// The text without markup, markers of citations, and other ways to write a space or a minus.
pub fn plain(text: &str) -> String {
    let text = text.nfkc().collect::<String>().replace('−', "-");
    MARKUP.replace_all(&text, "").into_owned()
}

/// The number that a figure's text shows: "€1,234.50" is 1234.5, "3.2 million" 3.2e6.
pub fn amount(text: &str) -> Option<f64> {
    let text = plain(text);
    let found = NUMBER.find(&text).ok()??;
    let digits = GROUPING.replace_all(found.as_str().trim_matches([' ', ',', '.', '\'']), "").replace(',', ".");
    let behind = text[found.end()..].to_lowercase();
    let word = WORD.captures(&behind).ok()?.and_then(|c| c.get(1));
    let scale = SCALES.iter().find(|(name, _)| word.is_some_and(|w| w.as_str() == *name)).map_or(1.0, |(_, by)| *by);
    Some(digits.parse::<f64>().ok()? * scale)
}

/// The lines of a text, by any sign that Unicode has for their ends.
pub fn lines(text: &str) -> Vec<&str> {
    let ends = ['\n', '\r', '\x0b', '\x0c', '\x1c', '\x1d', '\x1e', '\u{85}', '\u{2028}', '\u{2029}'];
    let mut out = Vec::new();
    let mut rest = text;
    while let Some(at) = rest.find(ends) {
        out.push(&rest[..at]);
        let behind = &rest[at..];
        let end = if behind.starts_with("\r\n") { 2 } else { behind.chars().next().map_or(1, char::len_utf8) };
        rest = &behind[end..];
    }
    if !rest.is_empty() {
        out.push(rest);
    }
    out
}

/// The rows, without the header, of each table of the text and each table that an event has.
pub fn tables(text: &str, events: &[Event]) -> Vec<Vec<String>> {
    let mut found = Vec::new();
    let mut block: Vec<&str> = Vec::new();
    for line in lines(text).into_iter().chain([""]) {
        if line.trim_start().starts_with('|') {
            block.push(line.trim());
        } else if !block.is_empty() {
            let rows = block.drain(..).skip(1).filter(|row| !RULE.is_match(row).unwrap_or(false));
            found.push(rows.map(str::to_owned).collect());
        }
    }
    let of_events = events.iter().filter_map(|event| match event {
        Event::Table { table } => Some(table),
        _ => None,
    });
    let shown = |row: &Vec<Cell>| row.iter().map(Cell::display).collect::<Vec<_>>().join(" | ");
    found.extend(of_events.map(|table| table.rows.iter().map(shown).collect()));
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markup_and_odd_signs_go() {
        assert_eq!(plain("**12\u{202f}m**² [3] `−5` [x] １"), "12 m2  -5 [x] 1");
    }

    #[test]
    fn amounts_are_read_in_any_spelling() {
        let cases = [
            ("€1,234.50", Some(1234.5)),
            ("3.2 million", Some(3.2e6)),
            ("1.234,50 €", Some(1234.5)),
            ("12万", Some(120_000.0)),
            ("−7 %", Some(-7.0)),
            ("1 234", Some(1234.0)),
            ("2,5 km", Some(2.5)),
            ("1.2.3", None),
            ("none", None),
        ];
        for (text, want) in cases {
            assert_eq!(amount(text), want, "{text}");
        }
    }

    #[test]
    fn tables_are_found_without_header_and_rule() {
        let text = "Here:\n| a | b |\r\n|---|:-:|\r\n| 1 | 2 |\n\n  | c |\n| 3 |";
        assert_eq!(tables(text, &[]), [vec!["| 1 | 2 |"], vec!["| 3 |"]]);
        assert_eq!(lines("a\r\n\nb\u{2028}c\n"), ["a", "", "b", "c"]);
    }
}
