//! Small steps through a text: the next character, a gap, a word.

use crate::lexicon::LONGEST;
use crate::text::{is_cjk, is_stop_word};

pub fn next(text: &str, at: usize) -> Option<char> {
    text.get(at..)?.chars().next()
}

/// Behind at most one space or hyphen.
pub fn gap(text: &str, at: usize) -> usize {
    next(text, at)
        .filter(|c| matches!(c, ' ' | '\u{a0}' | '\u{202f}' | '\u{2009}' | '-' | '‑'))
        .map_or(at, |c| at + c.len_utf8())
}

/// The end of the word at `at`: letters of scripts with spaces, and a hyphen or point within.
pub fn word_end(text: &str, at: usize) -> usize {
    let mut end = at;
    for c in text[at..].chars() {
        if !c.is_alphabetic() || is_cjk(c) || end - at > LONGEST {
            break;
        }
        end += c.len_utf8();
    }
    end
}

pub fn word_at(text: &str, at: usize) -> &str {
    &text[at..word_end(text, at)]
}

pub fn ends_here(text: &str, at: usize) -> bool {
    !next(text, at).is_some_and(|c| c.is_alphanumeric() && !is_cjk(c) || c == '_')
}

/// Whether a word that says something stands behind `at`.
pub fn counts(text: &str, at: usize) -> bool {
    let word = word_at(text, gap(text, at));
    !word.is_empty() && !is_stop_word(&word.to_lowercase())
}
