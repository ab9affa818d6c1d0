//! Where sentences end. A full stop ends one only where neither an abbreviation, an initial, an
//! ordinal nor a list's number stands before it.

use crate::lexicon::LEXICON;

/// Abbreviations that something must follow.
const LEADING: &[&str] = &[
    "dr", "mr", "mrs", "ms", "prof", "st", "no", "nr", "vs", "e.g", "i.e", "approx", "ca", "c", "cf", "fig", "figs",
    "vol", "pp", "p", "z.b", "bzw", "d.h", "abb", "mme", "mlle", "sr", "sra", "srta", "dra", "gen", "col", "lt", "sgt",
    "rev", "hon", "sec", "ch", "chap", "kap", "eq", "tab", "bd", "u.a", "s", "art", "núm", "pág", "nos", "ed", "eds",
    "mt", "ft", "hr", "fr", "av", "est",
];

/// Abbreviations that may end a sentence as well: one does if the next begins with a small word that
/// has a capital ("The", "It").
const EITHER: &[&str] = &[
    "inc", "ltd", "co", "corp", "jr", "etc", "usw", "mio", "mrd", "u.s", "u.k", "e.u", "u.n", "a.m", "p.m", "bros",
    "gmbh", "llc", "plc", "ph.d", "d.c", "s.a", "ee.uu", "max", "min", "tsd", "std", "jan", "feb", "apr", "jun", "jul",
    "aug", "sep", "sept", "oct", "nov", "dec", "al",
];

/// Words that begin sentences rather than names.
const OPENERS: &[&str] = &[
    "after", "all", "although", "and", "at", "before", "both", "but", "by", "das", "der", "die", "during", "each",
    "ein", "eine", "el", "es", "for", "from", "he", "her", "his", "how", "however", "if", "il", "in", "it", "its",
    "la", "las", "le", "les", "los", "most", "no", "on", "one", "our", "several", "she", "since", "so", "some", "that",
    "the", "their", "then", "there", "these", "they", "this", "those", "to", "un", "una", "une", "was", "we", "what",
    "when", "where", "which", "while", "who", "with", "you",
];

/// How far behind a full stop the next word may begin, in characters.
const REACH: usize = 16;

/// Splits `text` into sentences with the space behind them; nothing is lost. A line break ends one.
pub fn sentences(text: &str) -> Vec<&str> {
    let mut parts = Vec::new();
    let mut start = 0;
    let mut chars = text.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        let next = chars.peek().map(|(_, c)| *c);
        if !ends(text, start, at, c, next) {
            continue;
        }
        // Further stops, closing quotes and brackets, and the space behind belong to this one.
        let mut end = at + c.len_utf8();
        while let Some((at, c)) = chars.next_if(|(_, c)| is_tail(*c) || c.is_whitespace()) {
            end = at + c.len_utf8();
        }
        parts.push(&text[start..end]);
        start = end;
    }
    parts.push(&text[start..]);
    parts.retain(|part| !part.is_empty());
    parts
}

fn is_tail(c: char) -> bool {
    matches!(
        c,
        '.' | '!' | '?' | '。' | '！' | '？' | '；' | '"' | '”' | '’' | '»' | ')' | ']' | '」' | '』' | '）' | '】'
    )
}

fn ends(text: &str, start: usize, at: usize, c: char, next: Option<char>) -> bool {
    match c {
        '\n' | '。' | '！' | '？' | '；' => true,
        '!' | '?' => next.is_none_or(|c| c.is_whitespace() || is_tail(c) && spaced(text, at + 1)),
        '.' => {
            let stops = next.is_none_or(|c| c.is_whitespace() || is_tail(c) && spaced(text, at + 1));
            stops && !goes_on(&text[start..at], &text[at + 1..])
        }
        _ => false,
    }
}

/// Whether only stops, quotes and brackets stand between here and a space or the end.
fn spaced(text: &str, at: usize) -> bool {
    text[at..].chars().take(6).find(|c| !is_tail(*c)).is_none_or(char::is_whitespace)
}

/// Whether the sentence goes on behind the full stop between `before` and `after`.
fn goes_on(before: &str, after: &str) -> bool {
    let apart = |c: char| matches!(c, ' ' | '\u{a0}' | '"' | '”' | ')' | '«' | '(' | '.');
    let Some((at, _)) = after.char_indices().take(REACH).find(|(_, c)| !apart(*c)) else { return false };
    let following = &after[at..];
    if after.starts_with('\n') {
        return false;
    }
    if following.starts_with(char::is_lowercase) {
        return true;
    }
    let word = tail_word(before);
    let next: String = following.chars().take(16).take_while(|c| c.is_alphabetic()).collect();
    let opens = OPENERS.contains(&next.to_lowercase().as_str()) && next.starts_with(char::is_uppercase);
    if !word.is_empty() && word.len() <= 2 && word.bytes().all(|b| b.is_ascii_digit()) {
        // "1. Item" and "am 5. Juli": a list's number, an ordinal.
        let first = before[..before.len() - word.len()].chars().rev().all(char::is_whitespace);
        return first || LEXICON.month(&next).is_some();
    }
    let lower = word.to_lowercase();
    let initial = word.chars().count() == 1 && word.starts_with(char::is_uppercase);
    // "the answer is no. The …": a plain word that is written like an abbreviation.
    let plain = opens && lower == word && !word.contains('.');
    LEADING.contains(&lower.as_str()) && !plain || (initial || EITHER.contains(&lower.as_str())) && !opens
}

/// The last word, at most 12 characters of it: longer ones are no abbreviations.
fn tail_word(before: &str) -> &str {
    let apart = |c: char| c.is_whitespace() || matches!(c, '(' | '"' | '“' | '[' | '„' | '«');
    match before.char_indices().rev().take(12).find(|(_, c)| apart(*c)) {
        Some((at, c)) => &before[at + c.len_utf8()..],
        None if before.chars().nth(12).is_none() => before,
        None => "",
    }
}
