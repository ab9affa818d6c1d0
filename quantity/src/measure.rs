//! Finds the name of a unit or a currency where one begins.

use crate::lexicon::{Habit, LEXICON};
use crate::text::{is_cjk, is_stop_word};
use crate::words::{ends_here, gap, next, word_at, word_end};
use crate::{Unit, UnitKind};

/// The longest unit written in characters without spaces that begins at `at`, and where it ends.
pub fn cjk_unit(text: &str, at: usize) -> Option<(Unit, Habit, usize)> {
    next(text, at).filter(|c| LEXICON.begins_unit(*c))?;
    let mut ends: Vec<usize> = text[at..].char_indices().skip(1).take(10).map(|(i, _)| at + i).collect();
    if text.len() - at <= 30 {
        ends.push(text.len());
    }
    ends.iter().rev().find_map(|end| LEXICON.unit(&text[at..*end]).map(|(unit, habit)| (unit, habit, *end)))
}

/// A unit in letters and signs: up to four words, the longest first.
pub fn spelled_unit(text: &str, at: usize, spaced: bool) -> Option<(Unit, Habit, usize)> {
    let mut ends = Vec::new();
    let mut end = at;
    for _ in 0..4 {
        let start = end;
        for c in text[end..].chars().take(24) {
            let is_part = c.is_alphabetic() && !is_cjk(c) || is_sign(c) || c.is_ascii_digit() && end > start;
            if !is_part {
                break;
            }
            end += c.len_utf8();
            if is_sign(c) || c == '/' {
                ends.push(end); // a sign ends a name, though another may follow: % or m/s
            }
        }
        if end == start {
            break;
        }
        ends.push(end);
        if text[end..].starts_with(['.', '-', '’', '\'']) {
            ends.push(end + next(text, end).map_or(0, char::len_utf8));
        }
        if start == at && !LEXICON.opens_unit(&text[at..end]) {
            break;
        }
        let Some(c) = next(text, end).filter(|c| matches!(c, ' ' | '\u{a0}' | '-' | '.')) else { break };
        end += c.len_utf8();
    }
    // Within the first word a unit may end before a slash: "5 m/2".
    ends.sort_unstable();
    ends.dedup();
    let known = |end: usize| {
        let name = &text[at..end];
        let (unit, habit) = LEXICON.unit(name)?;
        let closed = ends_here(text, end) || name.ends_with(|c: char| !c.is_alphanumeric());
        let doubtful = spaced && is_doubtful(name) && !alone(text, end);
        (closed && !doubtful).then_some((unit, habit, end))
    };
    let slash = text[at..].char_indices().take(8).find(|(_, c)| *c == '/').map(|(i, _)| at + i);
    ends.iter().rev().find_map(|end| known(*end)).or_else(|| slash.and_then(known))
}

fn is_sign(c: char) -> bool {
    matches!(
        c,
        '%' | '％'
            | '‰'
            | '°'
            | '℃'
            | '℉'
            | '²'
            | '³'
            | '/'
            | '€'
            | '$'
            | '£'
            | '¥'
            | '￥'
            | '₹'
            | '₩'
            | '₽'
            | '₺'
            | '₪'
            | '₫'
            | '₴'
            | '฿'
            | '₿'
            | '×'
            | '㎡'
            | '㎢'
            | '^'
    )
}

/// Letters that stand for units only where nothing follows: "5 A." but not "5 A levels".
fn is_doubtful(name: &str) -> bool {
    matches!(
        name,
        "A" | "T"
            | "N"
            | "B"
            | "J"
            | "d"
            | "h"
            | "x"
            | "Go"
            | "Mo"
            | "AU"
            | "bar"
            | "PS"
            | "Rs"
            | "TRY"
            | "Fr."
            | "mi"
            | "us"
    )
}

fn alone(text: &str, at: usize) -> bool {
    next(text, gap(text, at)).is_none_or(|c| !c.is_alphabetic()) || is_stop_word(word_at(text, gap(text, at)))
}

/// "/kg", " per kg", " pro Tonne", " par an": the unit below the line.
pub fn per(text: &str, at: usize) -> Option<(Unit, usize)> {
    let rest = &text[at..];
    let words = ["/", " / ", " per ", " a ", " pro ", " par ", " por "];
    let word = words.iter().find(|word| rest.starts_with(**word))?;
    let from = at + word.len();
    let (unit, _, end) = cjk_unit(text, from).or_else(|| spelled_unit(text, from, false))?;
    (unit.kind != UnitKind::Money && !unit.is("%") && (*word != " a " || unit.kind == UnitKind::Time))
        .then_some((unit, end))
}

/// A currency's sign, or its code, at `at`, and where it ends.
pub fn sign_of_money(text: &str, at: usize) -> Option<(Unit, usize)> {
    let c = next(text, at)?;
    let code = word_end(text, at);
    let end = if code > at { code } else { at + c.len_utf8() };
    let end = if code > at && text[code..].starts_with('$') { code + 1 } else { end };
    let name = &text[at..end];
    let is_sign = !name.contains(|c: char| c.is_lowercase()) && !is_cjk(c);
    LEXICON.unit(name).filter(|(unit, _)| unit.kind == UnitKind::Money && is_sign).map(|(unit, _)| (unit, end))
}
