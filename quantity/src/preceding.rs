//! What stands before a number: its sign, its currency, "about" and the like.

use crate::lexicon::LEXICON;
use crate::text::is_cjk;
use crate::{Qualifier, Unit, UnitKind};

/// How far before a number its qualifier may begin, in characters.
const REACH: usize = 24;

/// What belongs to a number and stands before it.
#[derive(Debug, Default)]
pub struct Before {
    /// Where the figure begins: at its sign or currency, if it has one.
    pub start: usize,
    pub negative: bool,
    pub money: Option<Unit>,
    /// `百分之` stands before it.
    pub percent: bool,
    /// It is a part of a name or a word (`GPT-4`, `A16Z`), and no number.
    pub in_name: bool,
}

fn last(text: &str) -> Option<char> {
    text.chars().next_back()
}

pub fn is_dash(c: char) -> bool {
    matches!(c, '-' | '−' | '–' | '‐' | '‑' | '－')
}

fn is_letter(c: char) -> bool {
    c.is_alphabetic() && !is_cjk(c) || c == '_'
}

/// Looks at what stands before the digits at `at`, but not before `from`, where another figure ends.
pub fn before(text: &str, at: usize, from: usize) -> Before {
    let mut found = Before { start: at, ..Before::default() };
    // "$-5": the sign inside.
    let inner = last(&text[from..at]).filter(|c| is_dash(*c)).map_or(at, |c| at - c.len_utf8());
    if let Some((start, unit)) = money(text, inner, from) {
        found.negative = inner < at;
        (found.start, found.money) = (start, Some(unit));
    } else if let Some((start, unit)) = money(text, at, from) {
        (found.start, found.money) = (start, Some(unit));
    } else if text[from..at].ends_with("百分之") {
        found.percent = true;
        found.start = at - "百分之".len();
    } else if last(&text[from..at]).is_some_and(is_letter) {
        found.in_name = true;
        return found;
    }
    let ahead = &text[from..found.start];
    if let Some(sign) = last(ahead).filter(|c| is_dash(*c)) {
        let further = last(&text[..found.start - sign.len_utf8()]);
        let touches = from == found.start - sign.len_utf8() && from > 0;
        if further.is_some_and(is_letter) && !touches {
            found.in_name = true;
        } else if !touches && !further.is_some_and(|c| c.is_alphanumeric() || is_dash(c)) {
            found.start -= sign.len_utf8();
            found.negative = true;
        }
    } else if let Some(word) = ["minus ", "负", "零下", "マイナス"].iter().find(|w| ends_with_word(ahead, w)) {
        found.start -= word.len();
        found.negative = true;
    }
    found
}

fn ends_with_word(text: &str, word: &str) -> bool {
    text.ends_with(word) && !text[..text.len() - word.len()].ends_with(char::is_alphabetic) || {
        !word.is_ascii() && text.ends_with(word)
    }
}

/// The currency that ends before `at`, with at most one space between, and where it begins.
fn money(text: &str, at: usize, from: usize) -> Option<(usize, Unit)> {
    let ahead = &text[from..at];
    let ahead = ahead.strip_suffix([' ', '\u{a0}', '\u{202f}']).unwrap_or(ahead);
    let end = from + ahead.len();
    let sign = last(ahead)?;
    let dot = usize::from(sign == '.');
    let mut start = if sign.is_ascii_alphabetic() { end } else { end - sign.len_utf8() };
    // Letters before the sign (US$), or a code (USD).
    let letters = text[from..start].bytes().rev().take(5).take_while(u8::is_ascii_alphabetic).count();
    let bare = start;
    start -= letters;
    let bounded = !last(&text[..start]).is_some_and(|c| is_letter(c) || c.is_ascii_digit());
    let as_money = |name: &str| {
        LEXICON.unit(name).map(|(unit, _)| unit).filter(|unit| unit.kind == UnitKind::Money && is_sign(name))
    };
    if letters > 0 && bounded {
        let name = text[start..end].trim_end_matches('.');
        if let Some(unit) = as_money(name).or_else(|| as_money(&text[start..end])) {
            return Some((start, unit));
        }
    }
    (bare < end && dot == 0).then(|| as_money(&text[bare..end]).map(|unit| (bare, unit)))?
}

/// Signs and codes stand before a number, words do not: "dollars 5".
fn is_sign(name: &str) -> bool {
    !name.contains(|c: char| c.is_ascii_lowercase()) && !name.starts_with(is_cjk)
        || matches!(name, "Rs" | "Fr." | "SFr." | "Fr")
}

/// The qualifier whose words stand before `at`: "more than", 约, über.
pub fn qualifier(text: &str, at: usize) -> (usize, Qualifier) {
    let ahead = text[..at].trim_end_matches([' ', '\u{a0}']);
    if !LEXICON.closes_before(ahead) {
        return (at, Qualifier::Exact);
    }
    let mut starts = Vec::new();
    let mut after: Option<char> = None;
    for (i, c) in ahead.char_indices().rev().take(REACH) {
        if c == '\n' {
            break;
        }
        // A word begins here if a letter does not run on into it.
        if after.is_some_and(|after| !(is_letter(c) && is_letter(after))) {
            starts.push(i + c.len_utf8());
        }
        after = Some(c);
        if i == 0 {
            starts.push(0);
        }
    }
    let found = starts.iter().rev().find_map(|start| Some((*start, LEXICON.before(&ahead[*start..])?)));
    found.unwrap_or((at, Qualifier::Exact))
}
