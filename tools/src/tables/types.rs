//! What the cells of a column are: read again under their header, all together.

use polymath_chat::{Cell, ColumnKind, ColumnType, Precision, Table};
use polymath_quantity::text::terms;
use polymath_quantity::{Column, Qualifier, Reading, Unit, UnitKind, is_blank};

/// Words for yes and for no, in lower case.
const YES: [&str; 14] =
    ["yes", "true", "y", "ja", "wahr", "oui", "vrai", "sí", "si", "verdadero", "是", "有", "✓", "✔"];
const NO: [&str; 13] = ["no", "false", "n", "nein", "falsch", "non", "faux", "falso", "否", "无", "無", "✗", "✘"];
/// Words of headers under which four digits are a year.
const YEARS: [&str; 22] = [
    "year", "date", "since", "founded", "built", "opened", "born", "died", "season", "jahr", "datum", "année", "date",
    "año", "fecha", "ano", "data", "anno", "年", "年份", "年度", "日期",
];

/// Both ends of a value that is a range, or how it is meant.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Range {
    /// "3 to 5".
    Between(f64, f64),
    /// "about 5".
    About,
    /// "over 5".
    Over,
    /// "under 5".
    Under,
    /// "at least 5".
    AtLeast,
    /// "at most 5".
    AtMost,
}

/// A cell as a value of its column's type.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    Missing,
    Text(String),
    Boolean(bool),
    /// Per cent are fractions.
    Number(f64),
    /// ISO: `YYYY`, `YYYY-MM`, `YYYY-MM-DD`.
    Date(String),
}

/// The types of a table's columns, in their order.
pub fn column_types(table: &Table) -> Vec<ColumnType> {
    (0..table.columns.len()).map(|at| column_type(table, at)).collect()
}

fn column_type(table: &Table, at: usize) -> ColumnType {
    let header = Column::of(&table.columns[at]);
    let cells: Vec<&Cell> = table.rows.iter().filter_map(|row| row.get(at)).filter(|cell| !is_missing(cell)).collect();
    let missing = table.rows.len() - cells.len();
    let readings: Vec<Reading> = cells.iter().map(|cell| header.read(cell.display())).collect();
    let qualified = cells.iter().zip(&readings).filter(|(_, reading)| range_of(reading).is_some()).count();
    let typed = |kind, unit| ColumnType { kind, unit, missing, qualified };
    if cells.is_empty() {
        return typed(ColumnKind::Empty, None);
    }
    if cells.iter().all(|cell| boolean(cell).is_some()) {
        return typed(ColumnKind::Boolean, None);
    }
    if let Some(precision) = dates(&table.columns[at], &cells) {
        return typed(ColumnKind::Date { precision }, None);
    }
    let numeric = |(cell, reading): (&&Cell, &Reading)| cell.number.is_some() || reading.range.is_some();
    if !cells.iter().zip(&readings).all(numeric) {
        return typed(ColumnKind::Text, None);
    }
    let (kind, unit) = numbers(&cells, &readings, &header);
    typed(kind, unit)
}

/// What numbers are of.
fn numbers(cells: &[&Cell], readings: &[Reading], header: &Column) -> (ColumnKind, Option<String>) {
    let units: Vec<Option<&Unit>> = readings.iter().map(|r| r.unit.as_ref().or(header.unit.as_ref())).collect();
    let of = |kind: UnitKind| !units.is_empty() && units.iter().all(|unit| unit.is_some_and(|unit| unit.kind == kind));
    let first = units.first().copied().flatten();
    let same = first.filter(|first| units.iter().all(|unit| *unit == Some(first))).map(|unit| unit.name.to_string());
    if of(UnitKind::Money) {
        return (ColumnKind::Money { currency: same }, None);
    }
    if of(UnitKind::Share) && same.as_deref() == Some("%") {
        return (ColumnKind::Percent, None);
    }
    let whole = |cell: &&Cell| cell.number.is_none_or(|number| number.fract() == 0.0 && number.abs() < 1e15);
    // "2.5 million" is a whole number that nobody counted; with decimals it is written as one that is measured.
    let written = |cell: &&Cell| !cell.display().contains('.') || cell.display().matches('.').count() > 1;
    let kind =
        if cells.iter().all(whole) && cells.iter().all(written) { ColumnKind::Integer } else { ColumnKind::Decimal };
    (kind, same)
}

/// How finely cells are dates, where all of them are.
fn dates(header: &str, cells: &[&Cell]) -> Option<Precision> {
    let precision = |cell: &&Cell| {
        let text = cell.display();
        if has_time(text) {
            return Some(Precision::Time);
        }
        match cell.date.as_deref()?.len() {
            4 => Some(Precision::Year),
            7 => Some(Precision::Month),
            _ => Some(Precision::Day),
        }
    };
    let all: Vec<Precision> = cells.iter().map(precision).collect::<Option<_>>()?;
    let coarsest = all.into_iter().min()?;
    // Four digits alone are a year where the header says so, or no number is meant.
    let bare = cells.iter().all(|cell| cell.display().trim().bytes().all(|b| b.is_ascii_digit()));
    let of_years = || terms(header).iter().any(|term| YEARS.contains(&term.as_str())) || YEARS.contains(&header.trim());
    (coarsest != Precision::Year || !bare || of_years()).then_some(coarsest)
}

/// Whether a text is a day with a time of it, as ISO has them.
fn has_time(text: &str) -> bool {
    let text = text.trim();
    let Some((day, time)) = text.split_once(['T', ' ']) else { return false };
    day.len() == 10 && day.parse::<chrono::NaiveDate>().is_ok() && time.contains(':')
}

fn is_missing(cell: &Cell) -> bool {
    cell.text.as_deref().is_none_or(|text| cell.number.is_none() && cell.date.is_none() && is_blank(text))
}

fn boolean(cell: &Cell) -> Option<bool> {
    let text = cell.text.as_deref()?.trim().to_lowercase();
    match (YES.contains(&&*text), NO.contains(&&*text)) {
        (true, _) => Some(true),
        (_, true) => Some(false),
        _ => None,
    }
}

fn range_of(reading: &Reading) -> Option<Range> {
    if let Some((low, high)) = reading.range {
        return Some(Range::Between(low, high));
    }
    match reading.qualifier {
        Qualifier::About => Some(Range::About),
        Qualifier::Over => Some(Range::Over),
        Qualifier::Under => Some(Range::Under),
        Qualifier::AtLeast | Qualifier::From => Some(Range::AtLeast),
        Qualifier::AtMost | Qualifier::To => Some(Range::AtMost),
        Qualifier::Exact => None,
    }
}

/// A cell as a value of its column, and how that is meant where it is not exact. A range has no number: it is
/// its text.
pub fn value(cell: &Cell, kind: &ColumnKind, header: &Column) -> (Value, Option<Range>) {
    if is_missing(cell) {
        return (Value::Missing, None);
    }
    let text = || Value::Text(cell.display().to_owned());
    let value = match kind {
        ColumnKind::Boolean => boolean(cell).map_or_else(text, Value::Boolean),
        ColumnKind::Date { precision: Precision::Time } => text(),
        ColumnKind::Date { .. } => cell.date.clone().map_or_else(text, Value::Date),
        ColumnKind::Text | ColumnKind::Empty => text(),
        _ => cell.number.map_or_else(text, Value::Number),
    };
    let range = matches!(value, Value::Number(_) | Value::Text(_)).then(|| range_of(&header.read(cell.display())));
    (value, range.flatten())
}
