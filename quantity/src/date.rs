//! Dates as people write them, exact as far as they are: `2017`, `2017-07`, `2017-07-05`.
//!
//! `3/4/2017` is only read as its year, since people disagree on the month.

use crate::lexicon::LEXICON;
use crate::numeral::{digit, digits};
use chrono::NaiveDate;
use std::fmt;

/// A date of the Gregorian calendar; a month and a day only where they are known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Date {
    pub year: u16,
    pub month: Option<u8>,
    pub day: Option<u8>,
}

impl fmt::Display for Date {
    /// ISO 8601: `2017`, `2017-07` or `2017-07-05`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}", self.year)?;
        self.month.map_or(Ok(()), |month| write!(f, "-{month:02}"))?;
        self.day.map_or(Ok(()), |day| write!(f, "-{day:02}"))
    }
}

impl Date {
    pub const fn year(year: u16) -> Date {
        Date { year, month: None, day: None }
    }

    fn month(year: u16, month: u8) -> Option<Date> {
        (1..=12).contains(&month).then_some(Date { year, month: Some(month), day: None })
    }

    fn day(year: u16, month: u8, day: u8) -> Option<Date> {
        NaiveDate::from_ymd_opt(year.into(), month.into(), day.into())?;
        Some(Date { year, month: Some(month), day: Some(day) })
    }

    /// `3/14/2017` can only be March; of `3/4/2017` only the year is sure.
    fn either_order(year: u16, a: u8, b: u8) -> Option<Date> {
        match (Date::day(year, a, b), Date::day(year, b, a)) {
            (Some(x), Some(y)) if x != y => Some(Date::year(year)),
            (one, other) => one.or(other),
        }
    }

    /// Reads what `Display` writes.
    pub fn parse(iso: &str) -> Option<Date> {
        let mut parts = iso.split('-');
        let year = parts.next()?.parse().ok()?;
        match (parts.next(), parts.next()) {
            (None, _) => Some(Date::year(year)),
            (Some(month), None) => Date::month(year, month.parse().ok()?),
            (Some(month), Some(day)) => Date::day(year, month.parse().ok()?, day.get(..2)?.parse().ok()?),
        }
    }

    pub fn is_year(&self) -> bool {
        self.month.is_none()
    }

    /// Whether one of the two is a part of the other: `2017` of `2017-07`.
    pub fn agrees(&self, other: &Date) -> bool {
        let same = |a: Option<u8>, b: Option<u8>| a.is_none() || b.is_none() || a == b;
        self.year == other.year && same(self.month, other.month) && same(self.day, other.day)
    }
}

/// A date that was found: `None` for one that is no day of any calendar, such as `2017-13-45`.
#[derive(Debug)]
pub struct Found {
    pub start: usize,
    pub end: usize,
    pub date: Option<Date>,
}

/// The date that has its first digits at `at`.
pub fn at(text: &str, at: usize) -> Option<Found> {
    let (end, count) = digits(text, at);
    let number = |from: usize| number(text, from);
    let found = |end: usize, date: Option<Date>| Some(Found { start: at, end, date });
    match count {
        4 => {
            let year = u16::try_from(number(at)).ok()?;
            if let Some((end, date)) = year_first(text, end, year).or_else(|| year_sign(text, end, year)) {
                return found(end, date);
            }
            let (start, month) = month_before(text, at, true)?;
            let date = Date::month(year, month).filter(|_| (1000..3000).contains(&year))?;
            Some(Found { start, end, date: Some(date) })
        }
        1 | 2 => {
            let first = u8::try_from(number(at)).ok()?;
            if let Some((base, start)) = era_before(text, at)
                && let Some((end, date)) = year_sign(text, end, base + u16::from(first))
            {
                return Some(Found { start, end, date });
            }
            if let Some((start, month)) = month_before(text, at, false)
                && let Some((end, year)) = year_after_day(text, end)
            {
                return Some(Found { start, end, date: Some(Date::day(year, month, first)?) });
            }
            let (end, date) = day_month_year(text, end, first).or_else(|| numbers_then_year(text, end, first))?;
            found(end, date)
        }
        _ => None,
    }
}

/// The digits at `at` as a number, capped: dates have none beyond four digits.
fn number(text: &str, at: usize) -> u32 {
    let (mut at, mut value) = (at, 0u32);
    while let Some((digit, length)) = digit(text, at) {
        value = (value * 10 + u32::from(digit)).min(99_999);
        at += length;
    }
    value
}

/// One or two digits at `at`.
fn small(text: &str, at: usize) -> Option<(usize, u8)> {
    let (end, count) = digits(text, at);
    (1..=2).contains(&count).then(|| u8::try_from(number(text, at)).ok().map(|n| (end, n)))?
}

fn four(text: &str, at: usize) -> Option<(usize, u16)> {
    let (end, count) = digits(text, at);
    (count == 4).then(|| u16::try_from(number(text, at)).ok().map(|n| (end, n)))?
}

fn next(text: &str, at: usize) -> Option<char> {
    text.get(at..)?.chars().next()
}

/// What stands behind a year in figures: `-07`, `-07-05T10:00Z`, `/2018`, `-18`.
fn year_first(text: &str, at: usize, year: u16) -> Option<(usize, Option<Date>)> {
    let sign = next(text, at).filter(|c| matches!(c, '-' | '/' | '.' | '‑' | '‐'))?;
    let (month_end, month) = small(text, at + sign.len_utf8())?;
    if next(text, month_end) == Some(sign)
        && let Some((end, day)) = small(text, month_end + sign.len_utf8())
    {
        let end = time_after(text, end);
        return Some((end, Date::day(year, month, day)));
    }
    let ends = !next(text, month_end).is_some_and(|c| c.is_alphanumeric() && !crate::text::is_cjk(c));
    let two = month_end - at - sign.len_utf8() == 2;
    if sign == '.' || !two || !ends {
        return None;
    }
    if let Some(date) = Date::month(year, month) {
        return Some((month_end, Some(date)));
    }
    // A season: 2019/20.
    (u16::from(month) == (year + 1) % 100).then_some((month_end, Some(Date::year(year))))
}

/// `T10:00:00Z` and the like behind a day.
fn time_after(text: &str, at: usize) -> usize {
    let Some(rest) = text.get(at..).and_then(|rest| rest.strip_prefix(['T', ' '])) else { return at };
    let length = rest.bytes().take(40).take_while(|b| b.is_ascii_digit() || b":.Z+-".contains(b)).count();
    let time = &rest.as_bytes()[..length];
    let is_time = time.len() >= 4 && time.contains(&b':') && time[0].is_ascii_digit();
    if is_time { at + 1 + length - time.iter().rev().take_while(|b| b".+-:".contains(b)).count() } else { at }
}

/// `年`, and what may follow: `2021年4月13日`.
fn year_sign(text: &str, at: usize, year: u16) -> Option<(usize, Option<Date>)> {
    let at = spaces(text, at);
    let end = sign(text, at, "年년")?;
    if next(text, end) == Some('代') {
        return Some((end + '代'.len_utf8(), None)); // a decade is no year
    }
    let month =
        small(text, spaces(text, end)).and_then(|(at, month)| Some((sign(text, spaces(text, at), "月월")?, month)));
    let Some((month_end, month)) = month else { return Some((end, Some(Date::year(year)))) };
    let day = small(text, spaces(text, month_end))
        .and_then(|(at, day)| Some((sign(text, spaces(text, at), "日号號일")?, day)));
    Some(match day {
        Some((end, day)) => (end, Date::day(year, month, day)),
        None => (month_end, Date::month(year, month)),
    })
}

fn sign(text: &str, at: usize, signs: &str) -> Option<usize> {
    next(text, at).filter(|c| signs.contains(*c)).map(|c| at + c.len_utf8())
}

/// Behind at most one space.
fn spaces(text: &str, at: usize) -> usize {
    next(text, at).filter(|c| matches!(c, ' ' | '\u{a0}' | '\u{202f}')).map_or(at, |c| at + c.len_utf8())
}

/// The year that an era of Japan begins before, and where its name stands.
fn era_before(text: &str, at: usize) -> Option<(u16, usize)> {
    let eras = [("令和", 2018), ("平成", 1988), ("昭和", 1925), ("大正", 1911), ("明治", 1867)];
    eras.iter().find(|(name, _)| text[..at].ends_with(name)).map(|(name, base)| (*base, at - name.len()))
}

/// The month whose name stands before `at`: `July 5`, `July, 2017`, `julio de 2017`.
fn month_before(text: &str, at: usize, year: bool) -> Option<(usize, u8)> {
    let gap = |c: char| c.is_whitespace() && c != '\n' || matches!(c, ',' | '.' | '-' | '/' | '‑');
    let (mut start, mut word) = word_before(text, at, gap)?;
    if year && matches!(word.to_lowercase().as_str(), "of" | "de" | "del") {
        (start, word) = word_before(text, start, gap)?;
    }
    LEXICON.month(word).map(|month| (start, month))
}

/// The word that ends before `at`, behind a gap of one to three characters, and where it begins.
fn word_before(text: &str, at: usize, gap: impl Fn(char) -> bool) -> Option<(usize, &str)> {
    let mut end = at;
    for c in text[..at].chars().rev().take(4) {
        if !gap(c) {
            break;
        }
        end -= c.len_utf8();
    }
    let mut start = end;
    for c in text[..end].chars().rev().take(16) {
        if !c.is_alphanumeric() || crate::text::is_cjk(c) {
            break;
        }
        start -= c.len_utf8();
    }
    (end < at && start < end).then(|| (start, &text[start..end]))
}

/// Behind the day of `July 5th, 2017`.
fn year_after_day(text: &str, at: usize) -> Option<(usize, u16)> {
    let mut at = ordinal(text, at);
    for c in text[at..].chars().take(3) {
        if !matches!(c, ',' | ' ' | '-' | '\u{a0}') {
            break;
        }
        at += c.len_utf8();
    }
    four(text, at)
}

fn ordinal(text: &str, at: usize) -> usize {
    let endings = ["st", "nd", "rd", "th", "er", "º", "°", "."];
    let found = endings.iter().find(|e| text[at..].starts_with(**e));
    found.map_or(at, |e| at + e.len())
}

/// `5. Juli 2017`, `5 de julio de 2017`, `5-Jul-2017`, behind the day.
fn day_month_year(text: &str, at: usize, day: u8) -> Option<(usize, Option<Date>)> {
    let mut at = ordinal(text, at);
    let mut word = next_word(text, at)?;
    if matches!(word.1.to_lowercase().as_str(), "of" | "de" | "del") {
        at = word.0;
        word = next_word(text, at)?;
    }
    let month = LEXICON.month(word.1)?;
    let mut end = word.0;
    end = sign(text, end, ".").unwrap_or(end);
    end = sign(text, end, ",").unwrap_or(end);
    if let Some((after, "of" | "de" | "del")) = next_word(text, end) {
        end = after;
    }
    let gap = next(text, end).filter(|c| matches!(c, ' ' | '-' | '\u{a0}' | '/'))?;
    let (end, year) = four(text, end + gap.len_utf8())?;
    Some((end, Date::day(year, month, day)))
}

/// The word behind one separator, and where it ends.
fn next_word(text: &str, at: usize) -> Option<(usize, &str)> {
    let gap = next(text, at).filter(|c| matches!(c, ' ' | '-' | '\u{a0}' | '/'))?;
    let start = at + gap.len_utf8();
    let length: usize = text[start..].chars().take(16).take_while(|c| c.is_alphabetic()).map(char::len_utf8).sum();
    (length > 0).then(|| (start + length, &text[start..start + length]))
}

/// `13.4.2021`, `3/14/2017`, `7/2017`, behind the first number.
fn numbers_then_year(text: &str, at: usize, first: u8) -> Option<(usize, Option<Date>)> {
    let sign = next(text, at).filter(|c| matches!(c, '/' | '.' | '-'))?;
    let after = at + sign.len_utf8();
    if sign == '/'
        && let Some((end, year)) = four(text, after)
        && (1000..3000).contains(&year)
    {
        return Date::month(year, first).map(|date| (end, Some(date)));
    }
    let gap = |at: usize| if sign == '.' { spaces(text, at) } else { at };
    let (end, second) = small(text, gap(after))?;
    let (end, year) = (next(text, end) == Some(sign)).then(|| four(text, gap(end + sign.len_utf8())))??;
    if digit(text, end).is_some() {
        return None;
    }
    let date = if sign == '.' { Date::day(year, second, first) } else { Date::either_order(year, first, second) };
    Some((end, date))
}
