//! What stands behind a number: its scale, currency, per cent sign, unit, or the thing counted.

use crate::lexicon::{Habit, LEXICON, Topic};
use crate::measure::{cjk_unit, per, spelled_unit};
use crate::numeral::{Decimal, digit};
use crate::scale::{Letters, scale};
use crate::text::{is_cjk, is_stop_word};
use crate::words::{gap, next, word_end};
use crate::{Qualifier, Unit, UnitKind};
use std::borrow::Cow;

/// What belongs to a number and stands behind it.
#[derive(Debug, Clone, PartialEq)]
pub struct After {
    /// Where the scale ends, or the number if it has none.
    pub scale: usize,
    /// Where currency, scale and per cent sign end.
    pub end: usize,
    /// Where the unit ends.
    pub span: usize,
    /// The scale's power of ten.
    pub power: i32,
    /// What comes on top: the 5,000万 of 3亿5000万.
    pub more: Vec<Decimal>,
    pub unit: Option<Unit>,
    /// What money is counted by: the kilogram of `$5/kg`.
    pub per: Option<Unit>,
    pub noun: Option<String>,
    pub habit: Habit,
    pub qualifier: Qualifier,
    /// Letters run on: the digits are part of a word.
    pub in_word: bool,
}

impl After {
    pub fn is_scaled(&self) -> bool {
        self.power != 0 || !self.more.is_empty()
    }

    pub fn is_marked(&self) -> bool {
        self.is_scaled() || self.unit.as_ref().is_some_and(|u| matches!(u.kind, UnitKind::Money | UnitKind::Share))
    }
}

/// Looks behind the number that ends at `end`.
pub fn after(text: &str, end: usize, money: bool, letters: Letters) -> After {
    let mut found = After {
        scale: end,
        end,
        span: end,
        power: 0,
        more: Vec::new(),
        unit: None,
        per: None,
        noun: None,
        habit: Habit::Any,
        qualifier: Qualifier::Exact,
        in_word: false,
    };
    let letters = if money { Letters::Money } else { letters };
    let mut at = exceeding(text, end, &mut found);
    if let Some(scale) = scale(text, at, letters) {
        (found.scale, found.end, found.span) = (scale.end, scale.end, scale.end);
        (found.power, found.more, found.habit) = (scale.power, scale.more, scale.habit);
        at = exceeding(text, found.end, &mut found);
    }
    match per(text, at).filter(|_| money) {
        Some((unit, end)) => (found.per, found.span) = (Some(unit), end),
        None => unit(text, at, money, letters, &mut found),
    }
    if found.span == end && next(text, end).is_some_and(|c| c == '_' || c.is_alphabetic() && !is_cjk(c)) {
        found.in_word = true;
    }
    if found.unit.is_none() && !money && !found.in_word {
        found.noun = noun(text, found.span);
    }
    for suffix in suffixes(text, found.span) {
        if let Some(qualifier) = LEXICON.after(suffix) {
            found.qualifier = qualifier;
            break;
        }
    }
    found
}

/// `多` and `余` between a number and its scale: a little more.
fn exceeding(text: &str, at: usize, found: &mut After) -> usize {
    match next(text, at).filter(|c| matches!(c, '多' | '余' | '餘' | '几')) {
        Some(c) => {
            found.qualifier = Qualifier::Over;
            at + c.len_utf8()
        }
        None => at,
    }
}

/// Reads currency, per cent or unit at `at`.
fn unit(text: &str, at: usize, money: bool, letters: Letters, found: &mut After) {
    let scaled = found.is_scaled();
    let from = gap(text, at);
    let from = if scaled { connector(text, from, found) } else { from };
    let Some((unit, habit, mut end)) = cjk_unit(text, from).or_else(|| spelled_unit(text, from, from > at)) else {
        return;
    };
    // "€5m-€10m": the sign belongs to the next number.
    if unit.kind == UnitKind::Money && digit(text, end).is_some() {
        return;
    }
    let mut unit = unit;
    // A million pounds is money; so is whatever a scale stands before in a column of money.
    if unit.is("lb") && scaled {
        unit = Unit { name: Cow::Borrowed("GBP"), kind: UnitKind::Money };
    }
    if unit.kind != UnitKind::Money && (money || letters == Letters::Money && unit.is("m")) && !unit.is("%") {
        return;
    }
    if habit != Habit::Any {
        found.habit = habit;
    }
    let is_amount = matches!(unit.kind, UnitKind::Money | UnitKind::Share);
    found.end = if is_amount { end } else { found.end };
    if let Some((per, stop)) = per(text, end) {
        unit = Unit { name: Cow::Owned(format!("{}/{}", unit.name, per.name)), kind: unit.kind };
        end = stop;
    }
    (found.span, found.unit) = (end, Some(unit));
}

/// Behind "of", "de", "d'" and "US": "3 millions d'euros".
fn connector(text: &str, at: usize, found: &mut After) -> usize {
    let known = [("d'", true), ("d’", true), ("de ", false), ("of ", false)];
    match known.iter().find(|(word, _)| text[at..].starts_with(word)) {
        Some((word, comma)) => {
            found.habit = if *comma { Habit::Comma } else { found.habit };
            at + word.len()
        }
        None => at,
    }
}

/// What is counted: the first plural among the next three words, else the first of them.
fn noun(text: &str, at: usize) -> Option<String> {
    let mut at = next(text, at).filter(|c| matches!(c, ' ' | '\u{a0}' | '-'))?.len_utf8() + at;
    let mut first: Option<&str> = None;
    for _ in 0..3 {
        let end = word_end(text, at);
        let word = &text[at..end];
        if word.chars().nth(1).is_none() || is_stop_word(&word.to_lowercase()) {
            break;
        }
        let plural = word.len() > 3 && word.ends_with('s') && !word.ends_with("ss");
        if plural {
            return Some(word.to_lowercase());
        }
        first = first.or(Some(word));
        match next(text, end) {
            Some(' ') => at = end + 1,
            _ => break,
        }
    }
    first.map(str::to_lowercase)
}

/// Texts that a qualifier behind the number may be: 左右, "or more", "+".
fn suffixes(text: &str, at: usize) -> Vec<&str> {
    let from = next(text, at).filter(|c| *c == ' ').map_or(at, |c| at + c.len_utf8());
    if !next(text, from).is_some_and(|c| LEXICON.begins_after(c)) {
        return Vec::new();
    }
    let mut ends: Vec<usize> = text[from..].char_indices().skip(1).take(2).map(|(i, _)| from + i).collect();
    let mut end = word_end(text, from);
    if end > from && text[end..].starts_with(' ') {
        end = word_end(text, end + 1);
        ends.push(end);
    }
    if text.len() - from <= 8 {
        ends.push(text.len());
    }
    ends.into_iter().rev().filter(|end| *end > from).map(|end| &text[from..end]).collect()
}

/// What a word for a property is about: `cost` is about money.
pub fn topic_of(word: &str) -> Option<Topic> {
    LEXICON.topic(word).map(|(topic, _)| topic)
}

/// Whether a noun names things that are counted in large numbers: users, people, copies.
pub fn counted_noun(noun: &str) -> bool {
    LEXICON.topic(noun).is_some_and(|(topic, _)| topic == Topic::Counted)
}
