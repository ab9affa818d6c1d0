//! Moments as numbers, and the ticks of an axis of them: from minutes to centuries.

use super::ticks::{Tick, linear};
use chrono::{Datelike, NaiveDate, NaiveDateTime, NaiveTime, Timelike};

/// Days of data that hold nothing but years that get a tick each.
const YEARS: usize = 15;
/// Minutes of a day.
const DAY: f64 = 1440.0;

/// Ticks between two days (numbered from the first of January of the year 1): years, months or days.
/// `years`: the data's own, where they hold nothing finer.
pub fn days(min: f64, max: f64, most: usize, years: Option<&[f64]>) -> Vec<Tick> {
    if let Some(years) = years.filter(|years| years.len() <= YEARS.min(most + 3)) {
        let label = |at: f64| date(at).map_or(String::new(), |d| d.year().to_string());
        return years.iter().map(|at| Tick { at: *at, label: label(*at) }).collect();
    }
    let (Some(from), Some(to)) = (date(min), date(max)) else { return Vec::new() };
    let span = max - min;
    let most = most.max(1) as f64;
    let minutes =
        [1, 2, 5, 10, 15, 30, 60, 120, 180, 360, 720].into_iter().find(|m| span * DAY / f64::from(*m) <= most);
    if let (Some(step), None) = (minutes, years) {
        return clock(min, max, step);
    }
    let within = |at: &f64| *at >= min && *at <= max;
    let months = [1, 2, 3, 6].into_iter().find(|step| span / 30.44 / *step as f64 <= most);
    let weeks = [1, 2, 7, 14].into_iter().find(|step| span / *step as f64 <= most);
    let places: Vec<(f64, String)> = if let (Some(step), None) = (weeks, years) {
        let first = min.ceil() as i64;
        let places = (first..=max.floor() as i64).step_by(step).map(|day| day as f64);
        places.map(|at| (at, date(at).map_or(String::new(), |d| d.to_string()))).collect()
    } else if let (Some(step), None) = (months, years) {
        let all = (from.year()..=to.year()).flat_map(|year| (1..=12).step_by(step).map(move |month| (year, month)));
        all.map(|(year, month)| (first_day(year, month), format!("{year:04}-{month:02}"))).collect()
    } else {
        let ticks = linear(f64::from(from.year()), f64::from(to.year()) + 1.0, most as usize);
        let whole: Vec<i32> = ticks.iter().filter(|t| t.at.fract() == 0.0).map(|t| t.at as i32).collect();
        whole.into_iter().map(|year| (first_day(year, 1), year.to_string())).collect()
    };
    places.into_iter().filter(|(at, _)| within(at)).map(|(at, label)| Tick { at, label }).collect()
}

/// Ticks `step` minutes apart; where a day begins, its date.
fn clock(min: f64, max: f64, step: u16) -> Vec<Tick> {
    let step = f64::from(step);
    let (first, last) = ((min * DAY / step - 1e-6).ceil() as i64, (max * DAY / step + 1e-6).floor() as i64);
    let tick = |i: i64| {
        let at = i as f64 * step / DAY;
        let label = moment_name(at);
        let time = label.split_once(' ').map(|(_, time)| time.to_owned());
        Tick { at, label: time.unwrap_or(label) }
    };
    (first..=last).map(tick).collect()
}

fn first_day(year: i32, month: u32) -> f64 {
    NaiveDate::from_ymd_opt(year, month, 1).map_or(f64::NAN, day)
}

/// A day as its number from the first of January of the year 1.
pub fn day(date: NaiveDate) -> f64 {
    f64::from(date.num_days_from_ce())
}

/// The day of that number.
pub fn date(day: f64) -> Option<NaiveDate> {
    NaiveDate::from_num_days_from_ce_opt(day.floor() as i32)
}

/// A day and a time of it, as `2024-05-01T13:30` or `2024-05-01 13:30:05`; a zone at its end is not counted.
pub fn moment(text: &str) -> Option<f64> {
    let text = text.trim();
    let (date, time) = text.split_once(['T', ' '])?;
    let date = date.parse::<NaiveDate>().ok()?;
    let clock: String = time.chars().take_while(|c| c.is_ascii_digit() || matches!(c, ':' | '.')).collect();
    let time = ["%H:%M:%S%.f", "%H:%M"].iter().find_map(|form| NaiveTime::parse_from_str(&clock, form).ok())?;
    let seconds = f64::from(time.num_seconds_from_midnight()) + f64::from(time.nanosecond()) * 1e-9;
    Some(day(date) + seconds / 86_400.0)
}

/// A moment as it is written: its day, and the time of it where that is not midnight.
pub fn moment_name(at: f64) -> String {
    let minutes = (at.fract() * DAY).round();
    let (at, minutes) = if minutes >= DAY { (at.floor() + 1.0, 0.0) } else { (at.floor(), minutes) };
    let Some(date) = date(at) else { return String::new() };
    let clock = NaiveTime::from_num_seconds_from_midnight_opt(minutes as u32 * 60, 0);
    match clock.filter(|_| minutes > 0.0) {
        Some(clock) => NaiveDateTime::new(date, clock).format("%Y-%m-%d %H:%M").to_string(),
        None => date.to_string(),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn check(ticks: &[Tick], want: &str) {
        let labels: Vec<&str> = ticks.iter().map(|t| t.label.as_str()).collect();
        assert_eq!(labels.join(" "), want);
    }

    #[track_caller]
    fn check_days(from: &str, to: &str, want: &str) {
        let at = |text: &str| day(text.parse::<NaiveDate>().unwrap());
        check(&days(at(from), at(to), 8, None), want);
    }

    #[test]
    fn dates_are_years_months_or_days() {
        check_days("2016-08-23", "2025-06-12", "2018 2020 2022 2024");
        check_days("2024-01-10", "2024-09-30", "2024-03 2024-05 2024-07 2024-09");
        check_days(
            "2024-02-27",
            "2024-03-04",
            "2024-02-27 2024-02-28 2024-02-29 2024-03-01 2024-03-02 2024-03-03 2024-03-04",
        );
        check_days("1700-05-01", "2020-01-01", "1750 1800 1850 1900 1950 2000");
        let years: Vec<f64> = (2018..=2022).map(|y| first_day(y, 1)).collect();
        check(&days(years[0] - 50.0, years[4] + 50.0, 8, Some(&years)), "2018 2019 2020 2021 2022");
        let many: Vec<f64> = (1900..=2020).map(|y| first_day(y, 1)).collect();
        check(&days(many[0], many[120], 7, Some(&many)), "1900 1920 1940 1960 1980 2000 2020");
    }

    #[test]
    fn hours_have_their_dates_where_days_begin() {
        let at = |text: &str| moment(text).unwrap();
        let ticks = days(at("2024-02-28 20:30"), at("2024-02-29T09:10:30"), 8, None);
        check(&ticks, "22:00 2024-02-29 02:00 04:00 06:00 08:00");
        assert_eq!(moment_name(at("2024-02-29 09:10")), "2024-02-29 09:10");
        assert_eq!([moment("2024-02-29"), moment("at 9:10"), moment("2024-02-29 25:00")], [None; 3]);
    }
}
