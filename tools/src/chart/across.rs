//! What goes across: numbers, days and times, or names.

use super::dates::{moment, moment_name};
use super::request::start_of;
use super::ticks::number;
use polymath_chat::{Cell, Chart, Table};
use polymath_quantity::part_of_year;
use std::collections::HashMap;

/// Share of a column's cells that have to be dates, or numbers, for the axis to be one.
const MOST_CELLS: f64 = 0.75;

/// What goes across.
#[derive(Debug, Clone, PartialEq)]
pub enum Across {
    Numbers,
    /// Days; `years`: those of the data, which are nothing but years.
    Dates {
        years: Option<Vec<f64>>,
    },
    /// Places of these names.
    Names(Vec<String>),
}

/// How a column is laid out across.
pub enum Scale {
    Numbers,
    Dates,
    Names,
    /// Bars over days or numbers, in their order.
    NamesOf(bool),
    /// Nothing goes across: a histogram.
    None,
}

pub fn scale_of(chart: &Chart, table: &Table, x: Option<usize>) -> Scale {
    let Some(x) = x else { return Scale::None };
    let cells: Vec<&Cell> = table.rows.iter().map(|row| &row[x]).filter(|cell| cell.text.is_some()).collect();
    let share =
        |has: &dyn Fn(&Cell) -> bool| cells.iter().filter(|cell| has(cell)).count() as f64 / cells.len().max(1) as f64;
    // A quarter has a name on the axis, and no day.
    let is_part = |cell: &Cell| cell.text.as_deref().is_some_and(|text| part_of_year(text).is_some());
    let is_moment = |cell: &Cell| cell.text.as_deref().is_some_and(|text| moment(text).is_some());
    let dated = |cell: &Cell| cell.date.is_some() && !is_part(cell) || is_moment(cell);
    let dates = if are_apart(&cells) { share(&dated) } else { 0.0 };
    let numbers = share(&|cell| cell.number.is_some());
    let bars = matches!(chart.kind.as_str(), "bar" | "barh" | "pie" | "box" | "heat");
    match () {
        // A row that is drawn by its name needs no date.
        () if dates >= if bars { 1.0 } else { MOST_CELLS } => {
            if bars {
                Scale::NamesOf(true)
            } else {
                Scale::Dates
            }
        }
        () if numbers >= if bars { 1.0 } else { MOST_CELLS } => {
            if bars {
                Scale::NamesOf(false)
            } else {
                Scale::Numbers
            }
        }
        () => Scale::Names,
    }
}

/// Whether cells that are written differently are different days: "Q1 2023" and "Q2 2023" are one year and
/// no days.
fn are_apart(cells: &[&Cell]) -> bool {
    let mut written: HashMap<&str, &str> = HashMap::new();
    let mut apart = 0;
    for cell in cells {
        let text = cell.text.as_deref().unwrap_or_default();
        let mut same = || cell.date.as_deref().is_none_or(|date| *written.entry(date).or_insert(text) == text);
        apart += usize::from(moment(text).is_some() || same());
    }
    apart as f64 >= MOST_CELLS * cells.len() as f64
}

impl Scale {
    /// Where a cell is, and what it is called.
    pub fn place(&self, cell: Option<&Cell>, factor: f64) -> Option<(f64, String)> {
        let Some(cell) = cell else { return Some((0.0, String::new())) };
        let day = || match cell.text.as_deref().and_then(moment) {
            Some(at) => Some((at, moment_name(at))),
            None => cell.date.as_deref().and_then(start_of).zip(cell.date.clone()),
        };
        let number = || cell.number.filter(|n| n.is_finite()).map(|n| n * factor);
        match self {
            Scale::Dates | Scale::NamesOf(true) => day(),
            Scale::NamesOf(false) => number().map(|n| (n, plain(n))),
            // A place on an axis of numbers has no name, which would be made a million times for nothing.
            Scale::Numbers => number().map(|n| (n, String::new())),
            Scale::Names | Scale::None => cell.text.as_ref().map(|text| (0.0, text.to_string())),
        }
    }

    pub fn what(&self) -> &'static str {
        match self {
            Scale::Dates | Scale::NamesOf(true) => "a date",
            Scale::Numbers | Scale::NamesOf(false) => "a number",
            Scale::Names | Scale::None => "a name",
        }
    }

    /// The axis of the rows' places and names.
    pub fn across<'a>(&self, rows: impl Iterator<Item = (f64, &'a str)>) -> Across {
        match self {
            Scale::None | Scale::Numbers => Across::Numbers,
            Scale::Dates => {
                let (mut years, names): (Vec<f64>, Vec<&str>) = rows.unzip();
                years.sort_by(f64::total_cmp);
                years.dedup();
                Across::Dates { years: names.iter().all(|name| name.len() == 4).then_some(years) }
            }
            Scale::Names | Scale::NamesOf(_) => Across::Names(Vec::new()),
        }
    }
}

/// A number as a name: a year stays a year.
fn plain(value: f64) -> String {
    if value.fract() == 0.0 && value.abs() < 1e9 { format!("{value}") } else { number(value, 0.0) }
}
