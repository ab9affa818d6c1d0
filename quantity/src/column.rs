//! What a column's header says of its cells: unit, currency, scale, and how numbers are written.
//!
//! A header names a unit in brackets ("Length (m)", 估值（亿美元）), behind a comma, a slash or "in"
//! ("Mass, kg", "Dollars in millions"), or at its end beside a currency ("Amount USD m").

use crate::cell::{Reading, is_blank, read_in};
use crate::lexicon::{Habit, LEXICON, Topic};
use crate::print::behind;
use crate::scale::Letters;
use crate::scan::{Manner, scan};
use crate::text::is_cjk;
use crate::{Style, Unit, UnitKind, print};

/// A column as its header describes it.
#[derive(Debug, Clone)]
pub struct Column {
    /// What its cells are in, where they do not say so themselves.
    pub unit: Option<Unit>,
    /// The power of ten that its bare numbers are to be multiplied by.
    pub power: i32,
    pub style: Style,
    letters: Letters,
}

impl Default for Column {
    fn default() -> Self {
        Column { unit: None, power: 0, style: Style::Unknown, letters: Letters::Cell }
    }
}

/// Longer headers, in bytes, are text.
const LONGEST_HEADER: usize = 1000;
/// The longest end of a header, in bytes, that is looked at for a currency: "in millions of US dollars".
const LONGEST_SUFFIX: usize = 64;

/// Reads a cell of which no header is known.
pub fn read(text: &str) -> Reading {
    Column::default().read(text)
}

/// What a phrase of a header says.
#[derive(Debug, Default)]
struct Phrase {
    unit: Option<Unit>,
    power: Option<i32>,
    habit: Option<Habit>,
}

impl Column {
    /// Reads a header. What is too long for one says nothing of its cells.
    pub fn of(header: &str) -> Column {
        if header.len() > LONGEST_HEADER {
            return Column::default();
        }
        let header = header.trim();
        // The values of fields and values are of all kinds: 196 m of depth beside 5 m of money.
        let topic = topic(header).filter(|_| !header.eq_ignore_ascii_case("value"));
        let found = phrases(header).into_iter().find_map(|(text, alone)| phrase(text, topic, alone));
        let found = found.or_else(|| whole(header)).or_else(|| suffix(header)).unwrap_or_default();
        let habit = found.habit.into_iter().chain(habits(header)).find(|h| *h == Habit::Comma);
        let letters = match (&found.unit, topic) {
            (Some(unit), _) if unit.kind == UnitKind::Money => Letters::Money,
            // What is scaled already is no whole number any more.
            _ if found.power.is_some_and(|power| power != 0) => Letters::Cell,
            (Some(unit), _) if unit.kind == UnitKind::Count => Letters::Counted,
            (Some(_), _) => Letters::Unit,
            (None, Some(Topic::Money)) => Letters::Money,
            (None, Some(Topic::Counted)) => Letters::Counted,
            (None, Some(Topic::Physical)) => Letters::Unit,
            (None, None) => Letters::Cell,
        };
        let style = habit.map_or(Style::Unknown, |_| Style::Comma);
        Column { unit: found.unit, power: found.power.unwrap_or(0), style, letters }
    }

    /// Reads its cells in this style, unless its header says another.
    pub fn in_style(self, style: Style) -> Column {
        if self.style == Style::Unknown { Column { style, ..self } } else { self }
    }

    /// Learns from its cells whether they are written with decimal commas: some can only be read so,
    /// and none can only be read otherwise.
    pub fn learn<'a>(mut self, cells: impl IntoIterator<Item = &'a str>) -> Column {
        let (mut commas, mut points) = (0, 0);
        for cell in cells {
            let (comma, point) = (cell.rfind(','), cell.rfind('.'));
            let decimals = |at: usize| cell[at + 1..].bytes().take_while(u8::is_ascii_digit).count();
            let sure = |at: usize| !matches!(decimals(at), 0 | 3) && cell[..at].ends_with(|c: char| c.is_ascii_digit());
            match (comma, point) {
                (Some(c), Some(p)) if c > p => commas += 1,
                (Some(_), Some(_)) => points += 1,
                (Some(c), None) => commas += usize::from(sure(c) && cell.matches(',').count() == 1),
                (None, Some(p)) => points += usize::from(sure(p) && cell.matches('.').count() == 1),
                (None, None) => {}
            }
        }
        match (commas, points) {
            (0, 0) => {}
            (_, 0) => self.style = Style::Comma,
            (0, _) => self.style = Style::Point,
            _ => self.style = Style::Unknown,
        }
        self
    }

    /// Reads a cell of this column. A cell with a scale or a unit of its own keeps it.
    pub fn read(&self, text: &str) -> Reading {
        if is_blank(text) {
            return Reading::default();
        }
        let mut found = read_in(
            text,
            Manner { style: self.style, letters: self.letters, marked: self.unit.is_some() || self.power != 0 },
        );
        if self.unit.is_some() || self.power != 0 {
            // Under a header that names a unit, four digits are no year.
            found.date = found.date.filter(|date| !(date.is_year() && found.number.is_some()));
        }
        let scales = found.is_bare || self.is_money() && found.unit == self.unit && !scaled(text);
        if scales && let Some(number) = found.number {
            found.number = Some(shifted(number, self.power + self.share()));
        }
        if let (Some((low, high)), None) = (found.range, &found.unit) {
            let power = self.power + self.share();
            found.range = Some((shifted(low, power), shifted(high, power)));
        }
        if found.unit.is_none() && (found.number.is_some() || found.range.is_some()) && found.date.is_none() {
            found.unit.clone_from(&self.unit);
        }
        found
    }

    /// A bare cell with what its header says of it: `$4.5 million` for the `4.5` under "USD m",
    /// `412 m` for the `412` under "Length (m)". `None` when the cell says it all itself, or its
    /// number is one of things or a year.
    pub fn restate(&self, text: &str) -> Option<String> {
        let found = self.read(text);
        if !found.is_bare {
            return None;
        }
        let text = text.trim();
        let number = found.number?;
        if self.is_money() || self.power != 0 {
            let bare = text.trim_start_matches(['>', '<', '~', '≈', '≥', '≤', '+', ' ']);
            let sign = text[..text.len() - bare.len()].trim();
            let space = if sign.is_empty() { "" } else { " " };
            return Some(format!("{sign}{space}{}", print(number, self.unit.as_ref())));
        }
        let unit = self.unit.as_ref()?;
        let year = (1000.0..3000.0).contains(&number);
        match unit.kind {
            UnitKind::Money | UnitKind::Count => None,
            UnitKind::Time if year => None,
            _ => Some(format!("{text}{}", behind(unit, number))),
        }
    }

    fn is_money(&self) -> bool {
        self.unit.as_ref().is_some_and(|unit| unit.kind == UnitKind::Money)
    }

    fn share(&self) -> i32 {
        self.unit.as_ref().map_or(0, Unit::share)
    }
}

/// The nearest double to `number` × 10^`power`, by its decimal digits.
fn shifted(number: f64, power: i32) -> f64 {
    if power == 0 { number } else { format!("{number}e{power}").parse().unwrap_or(number) }
}

fn scaled(text: &str) -> bool {
    let found = scan(text, Manner { style: Style::Unknown, letters: Letters::Money, marked: false });
    found.figures.iter().any(|f| f.number.is_some() && f.step > 1.0)
}

/// What a header is about: its words outside of brackets.
fn topic(header: &str) -> Option<Topic> {
    let bare = header.split(['(', '（', '[']).next().unwrap_or(header);
    let words = bare.split(|c: char| !c.is_alphanumeric()).filter(|w| !w.is_empty());
    let mut found = words.filter_map(|word| LEXICON.topic(word)).map(|(topic, _)| topic).peekable();
    if found.peek().is_some() {
        return found.next();
    }
    // Words without spaces: what the header ends in.
    let starts = bare.trim().char_indices().filter(|(_, c)| is_cjk(*c)).map(|(i, _)| &bare.trim()[i..]);
    starts.into_iter().find_map(|word| LEXICON.topic(word)).map(|(topic, _)| topic)
}

fn habits(header: &str) -> Vec<Habit> {
    let words = header.split(|c: char| !c.is_alphanumeric());
    words.filter_map(|word| LEXICON.topic(word)).map(|(_, habit)| habit).collect()
}

/// The parts of a header that may name a unit, and whether they stand in brackets.
fn phrases(header: &str) -> Vec<(&str, bool)> {
    let mut found = Vec::new();
    for (open, close) in [('(', ')'), ('（', '）'), ('[', ']'), ('（', ')')] {
        if let Some(at) = header.rfind(open)
            && let inner = &header[at + open.len_utf8()..]
            && let Some(end) = inner.find(close).or(Some(inner.len()))
        {
            found.push((&inner[..end], true));
        }
    }
    for word in [" in ", " en ", ", ", "，", ": ", "：", " / ", "/", ","] {
        if let Some(at) = header.rfind(word) {
            found.push((&header[at + word.len()..], false));
        }
    }
    for word in ["in ", "In ", "en ", "En "] {
        found.extend(header.strip_prefix(word).map(|rest| (rest, false)));
    }
    found
}

/// A header that is nothing but a unit; "Year" and "People" are names of what is told.
fn whole(header: &str) -> Option<Phrase> {
    let found = phrase(header, None, false)?;
    let named = found.unit.as_ref().is_some_and(|u| matches!(u.kind, UnitKind::Time | UnitKind::Count));
    (!named).then_some(found)
}

/// A currency or a scale and a currency at the end of a header.
fn suffix(header: &str) -> Option<Phrase> {
    let ends = header.char_indices().rev().take_while(|(i, _)| header.len() - i <= LONGEST_SUFFIX);
    let mut starts: Vec<(usize, char)> = ends.collect();
    starts.reverse();
    let starts = starts.into_iter().filter(|(i, c)| {
        let after_space = header[..*i].ends_with(char::is_whitespace);
        *i > 0 && (after_space || "$€£¥₹₩%％".contains(*c))
    });
    let found = starts.filter_map(|(at, _)| phrase(&header[at..], None, false));
    found.into_iter().find(|p| p.unit.as_ref().is_some_and(|u| matches!(u.kind, UnitKind::Money | UnitKind::Share)))
}

/// Reads a phrase that is nothing but scale, currency and unit, by reading the number one before it
/// and behind its currency.
fn phrase(text: &str, topic: Option<Topic>, in_brackets: bool) -> Option<Phrase> {
    let text = text.trim().trim_end_matches(['.', ')', '）', ']']);
    let text = ["in ", "en ", "als ", "单位：", "单位:", "単位：", "単位:"]
        .iter()
        .find_map(|w| text.strip_prefix(w))
        .unwrap_or(text);
    let letters = match topic {
        Some(Topic::Money) => Letters::Money,
        Some(Topic::Counted) => Letters::Counted,
        _ => Letters::Text,
    };
    let letters = if in_brackets { letters } else { Letters::Text };
    let lone = text.chars().count() == 1;
    if lone && !in_brackets && !text.starts_with(|c: char| "m%％$€£¥".contains(c)) {
        return None; // "Group B", "Vitamin, C"
    }
    money_first(text).or_else(|| scale_first(text, letters, in_brackets))
}

/// "USD m", "$bn", "US$ million", "€", "USD per kg".
fn money_first(text: &str) -> Option<Phrase> {
    let end = text.char_indices().find(|(i, c)| {
        *i > 0 && (c.is_whitespace() || *c == '/' || text[..*i].ends_with(['$', '€', '£', '¥', '₹', '₩']))
    });
    let (name, rest) = text.split_at(end.map_or(text.len(), |(i, _)| i));
    let (unit, _) = LEXICON.unit(name).filter(|(unit, _)| unit.kind == UnitKind::Money)?;
    let rest = rest.trim();
    if rest.is_empty() {
        return Some(Phrase { unit: Some(unit), ..Phrase::default() });
    }
    let apart = if rest.starts_with('/') { "" } else { " " };
    let read = format!("{name} 1{apart}{rest}");
    let figure = one(&read, Letters::Money)?;
    let own = figure.unit.clone().unwrap_or(unit);
    let covered = read.len() <= figure.span.end + usize::from(read.ends_with('.'));
    covered.then(|| Phrase { unit: Some(own), power: power(&figure), habit: None })
}

/// "million US$", "Mio. €", 百万円, "thousands", "km/h".
fn scale_first(text: &str, letters: Letters, in_brackets: bool) -> Option<Phrase> {
    let first = text.chars().next()?;
    if first.is_ascii_digit() {
        return None;
    }
    let lone = text.len() == first.len_utf8();
    let apart = if first.is_alphabetic() && !is_cjk(first) && !lone { " " } else { "" };
    let read = format!("1{apart}{text}");
    let figure = one(&read, letters)?;
    // 万人次: a scale, and what is counted.
    let counted = in_brackets && is_cjk(first) && figure.step > 1.0 && read[figure.span.end..].chars().all(is_cjk);
    let covered = figure.span.end == read.len() || counted;
    let ignorable =
        in_brackets && read[figure.span.end..].starts_with([',', ' ', ';', '.']) && figure.span.end > 1 + apart.len();
    let sure = figure.unit.as_ref().is_some_and(|u| !u.is("in") && u.kind != UnitKind::Count);
    if !(covered || ignorable && sure) || figure.span.end <= 1 + apart.len() {
        return None;
    }
    let habit = LEXICON.scale(text.split([' ', '.']).next().unwrap_or(text)).map(|(_, habit)| habit);
    Some(Phrase { power: power(&figure), unit: figure.unit, habit })
}

fn one(text: &str, letters: Letters) -> Option<crate::Figure> {
    let mut figures = scan(text, Manner { style: Style::Point, letters, marked: false }).figures;
    (figures.len() == 1).then(|| figures.pop())?.filter(|f| f.number.is_some())
}

/// The power of ten that a figure of one shows.
fn power(figure: &crate::Figure) -> Option<i32> {
    let share = figure.unit.as_ref().map_or(0, Unit::share);
    figure.number.map(|n| n.log10().round() as i32 - share)
}
