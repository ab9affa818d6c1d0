//! A chart of the times since one, or until one: days, months, years and quarters.

use super::signs::{says, words, years};
use crate::notebook::Chart;
use polymath_chat::{Cell, Table};
use polymath_quantity::{figures, part_of_year};
use polymath_tools::in_sql;

pub const SINCE: &[&str] = &[
    "since",
    "from",
    "starting",
    "onwards",
    "after",
    "ab",
    "seit",
    "von",
    "depuis",
    "à partir",
    "desde",
    "a partir",
    "以后",
    "以来",
];
pub const UNTIL: &[&str] =
    &["until", "till", "up to", "to the end", "before", "through", "bis", "jusqu", "avant", "hasta", "之前", "以前"];

/// Since or until a day, a month or a year.
pub fn of_times(small: &str, chart: &Chart, table: &Table) -> Option<(String, Chart)> {
    // A trend until 2030 goes on behind what is drawn.
    const GOING_ON: [&str; 7] = ["trend", "tendance", "tendencia", "extrapol", "forecast", "prognose", "趋势"];
    if GOING_ON.iter().any(|word| small.contains(word)) {
        return None;
    }
    let (since, until) = (says(small, SINCE), UNTIL.iter().any(|word| small.contains(word)));
    let at = table.columns.iter().position(|column| *column == chart.x)?;
    let dates: Vec<&str> = table.rows.iter().filter_map(|row| row.get(at)?.date.as_deref()).collect();
    if since == until || dates.len() < table.rows.len() || dates.is_empty() {
        return None;
    }
    if table.rows.iter().filter_map(|row| row.get(at)).all(is_part) {
        return of_parts(small, since, chart);
    }
    let day = |text: &str| figures(text).into_iter().find_map(|figure| figure.date).map(|date| date.to_string());
    // A day without its year is of the only year there is.
    let year = dates[0].get(..4).filter(|year| dates.iter().all(|date| date.starts_with(year)));
    let given = day(small).filter(|date| !words(small).any(|w| w == date.as_str()) || year.is_none_or(|y| y != date));
    let said: Vec<&str> = words(small).collect();
    // "10 March" and "April", of that year; the year alone is no time since which there is anything less.
    let within = |year: &str| {
        let full = |length: usize, n: usize| {
            let all = said.windows(n).filter(|w| w.iter().any(|word| word.chars().all(char::is_alphabetic)));
            all.filter_map(|w| day(&format!("{} {year}", w.join(" ")))).find(|date| date.len() == length)
        };
        full("2031-03-10".len(), 2).or_else(|| full("2031-03".len(), 1))
    };
    let date = given.or_else(|| year.and_then(within))?;
    // Of a month and a year what both have is compared.
    let length = dates.iter().map(|date| date.len()).max().unwrap_or_default().min(date.len());
    let sign = if since { ">=" } else { "<=" };
    let query = format!(
        "SELECT * FROM {} WHERE substr({}, 1, {length}) {sign} '{}'",
        chart.table,
        in_sql(&chart.x),
        &date[..length]
    );
    Some((query, chart.clone()))
}

/// The days that a request names ("15 march", "March 15"), with the year that is meant where none is said.
pub fn days_said(request: &str, year: &str) -> Vec<String> {
    let said: Vec<&str> = words(request).collect();
    let dated = said.windows(2).map(|pair| format!("{} {year}", pair.join(" ")));
    let texts = [request.to_owned(), format!("{request} {year}")].into_iter().chain(dated);
    let mut days: Vec<String> = Vec::new();
    for day in texts.flat_map(|text| figures(&text).into_iter().filter_map(|figure| figure.date).collect::<Vec<_>>()) {
        let day = day.to_string();
        if day.len() == "2031-03-10".len() && !days.contains(&day) {
            days.push(day);
        }
    }
    days
}

/// Whether a cell names a quarter, or a half, of a year.
pub fn is_part(cell: &Cell) -> bool {
    cell.text.as_deref().is_some_and(|text| part_of_year(text).is_some())
}

/// Quarters since or until one, or a year.
fn of_parts(small: &str, since: bool, chart: &Chart) -> Option<(String, Chart)> {
    let said: Vec<&str> = words(small).collect();
    let part = (1..=2).rev().find_map(|n| said.windows(n).map(|w| w.join(" ")).find(|w| part_of_year(w).is_some()));
    let year = || years(small).first().map(|year| format!("{} {year}", if since { "Q1" } else { "Q4" }));
    let (bound, sign) = (part.or_else(year)?, if since { ">=" } else { "<=" });
    let query = format!("SELECT * FROM {} WHERE {} {sign} '{bound}'", chart.table, in_sql(&chart.x));
    Some((query, chart.clone()))
}
