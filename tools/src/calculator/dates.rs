//! Days between two dates, and dates so many days, weeks, months or years apart.

use super::{error::CalcError, pattern::regex};
use chrono::{Days, Months, NaiveDate};
use regex::Regex;
use std::sync::LazyLock;

static DATE: LazyLock<Regex> = LazyLock::new(|| regex(r"\b\d{4}-\d{2}-\d{2}\b"));

/// The result of arithmetic with dates; `None` when the text is about something else. Read before the
/// arithmetic, for which `2021-04-01` is a subtraction.
pub fn dates(text: &str) -> Option<Result<String, CalcError>> {
    static DIFFERENCE: LazyLock<Regex> = LazyLock::new(|| {
        regex(
            r"(?i)^\W*(?:(?:how many )?(days|weeks|years) )?(?:are )?(?:there )?(?:between |from )?(\d{4}-\d\d-\d\d)\s*(-|−|–|and|to|until)\s*(\d{4}-\d\d-\d\d)\W*(?:(?:in|to) (days|weeks|years))?\W*$",
        )
    });
    static SHIFT: LazyLock<Regex> = LazyLock::new(|| {
        regex(r"(?i)^\W*(\d{4}-\d\d-\d\d)\s*(\+|-|−|–|plus|minus)\s*(\d{1,6})\s*(day|week|month|year)s?\W*$")
    });
    static AWAY: LazyLock<Regex> = LazyLock::new(|| {
        regex(r"(?i)^\W*(\d{1,6})\s*(day|week|month|year)s?\s+(after|from|before)\s+(\d{4}-\d\d-\d\d)\W*$")
    });
    let text = in_figures(text.trim());
    if !DATE.is_match(&text) {
        return None;
    }
    if let Some(parts) = SHIFT.captures(&text) {
        return Some(shifted(&parts[1], !matches!(&parts[2], "+" | "plus"), &parts[3], &parts[4].to_lowercase()));
    }
    if let Some(parts) = AWAY.captures(&text) {
        return Some(shifted(&parts[4], &parts[3] == "before", &parts[1], &parts[2].to_lowercase()));
    }
    if let Some(parts) = DIFFERENCE.captures(&text) {
        let unit = parts.get(5).or(parts.get(1)).map_or("days", |unit| unit.as_str());
        // "between A and B" counts forwards, "A - B" backwards.
        let forwards = parts[3].chars().all(char::is_alphabetic);
        let (from, to) = if forwards { (&parts[2], &parts[4]) } else { (&parts[4], &parts[2]) };
        return Some(between(from, to, unit));
    }
    Some(Err(CalcError::Arguments(
        "dates can be subtracted, as in `2021-04-01 - 2018-08-07`, and days, weeks, months or years added, as in `2021-04-01 + 39 days`; \
         use the python tool for more"
            .into(),
    )))
}

/// The text with its days that name a month as ISO dates.
fn in_figures(text: &str) -> String {
    let mut plain = text.to_owned();
    for figure in polymath_quantity::figures(text).into_iter().rev() {
        let day = figure.date.filter(|date| date.day.is_some() && figure.text.contains(char::is_alphabetic));
        if let Some(day) = day {
            plain.replace_range(figure.at, &day.to_string());
        }
    }
    plain
}

fn read(date: &str) -> Result<NaiveDate, CalcError> {
    NaiveDate::parse_from_str(date, "%Y-%m-%d")
        .map_err(|_| CalcError::Arguments(format!("there is no date {date}; check its month and day")))
}

fn between(from: &str, to: &str, unit: &str) -> Result<String, CalcError> {
    let days = (read(to)? - read(from)?).num_days();
    let weeks = format!("{} weeks", days as f64 / 7.0);
    Ok(match unit.to_lowercase().as_str() {
        "weeks" if days % 7 == 0 => format!("{weeks} ({days} days)"),
        "weeks" => format!("approx. {:.4} weeks ({days} days)", days as f64 / 7.0),
        // As ages are told: those that are over.
        "years" => format!("{} years ({days} days)", whole_years(read(from)?, read(to)?)),
        // The mean Gregorian year has 365.2425 days.
        _ => format!("{days} days (approx. {:.4} years)", days as f64 / 365.2425),
    })
}

fn whole_years(from: NaiveDate, to: NaiveDate) -> i64 {
    let between = |a: NaiveDate, b: NaiveDate| b.years_since(a).map(i64::from);
    between(from, to).or_else(|| between(to, from).map(|years| -years)).unwrap_or_default()
}

/// The day so many days, weeks, months or years after another, or before it. A month's end stays one.
fn shifted(from: &str, back: bool, count: &str, unit: &str) -> Result<String, CalcError> {
    let wrong = || CalcError::Arguments(format!("there is no date {count} {unit}s from {from}; check it"));
    let from = read(from)?;
    let count: u32 = count.parse().map_err(|_| wrong())?;
    let (days, months) = match unit {
        "day" => (u64::from(count), 0),
        "week" => (u64::from(count) * 7, 0),
        "month" => (0, count),
        _ => (0, count.saturating_mul(12)),
    };
    let (days, months) = (Days::new(days), Months::new(months));
    let to = match back {
        false => from.checked_add_days(days).and_then(|d| d.checked_add_months(months)),
        true => from.checked_sub_days(days).and_then(|d| d.checked_sub_months(months)),
    };
    to.map(|day| day.to_string()).ok_or_else(wrong)
}
