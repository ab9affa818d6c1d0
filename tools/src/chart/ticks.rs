//! Where an axis has its ticks, and how numbers and dates are written at them.

use chrono::{Datelike, NaiveDate};

/// A place on an axis, with what is written there; minor ticks say nothing.
#[derive(Debug, Clone, PartialEq)]
pub struct Tick {
    pub at: f64,
    pub label: String,
}

/// Days of data that hold nothing but years that get a tick each.
const YEARS: usize = 15;

/// About `most` round numbers between two: steps of 1, 2, 2.5 or 5 times a power of ten (as Heckbert's
/// "nice numbers" in Graphics Gems, 1990).
pub fn linear(min: f64, max: f64, most: usize) -> Vec<Tick> {
    let span = max - min;
    if span.is_nan() || span <= 0.0 || !span.is_finite() {
        return vec![Tick { at: min, label: number(min, 0.0) }];
    }
    let rough = span / most.max(1) as f64;
    let power = 10f64.powf(rough.log10().floor());
    let step = [1.0, 2.0, 2.5, 5.0, 10.0].map(|m| m * power).into_iter().find(|s| *s >= rough * 0.999);
    let step = step.unwrap_or(10.0 * power);
    let (first, last) = ((min / step - 1e-9).ceil() as i64, (max / step + 1e-9).floor() as i64);
    let places = (first..=last).map(|i| i as f64 * step);
    places.map(|at| Tick { at, label: number(at, step) }).collect()
}

/// Ticks of whole numbers only.
pub fn whole(min: f64, max: f64, most: usize) -> Vec<Tick> {
    linear(min, max, most).into_iter().filter(|tick| tick.at.fract() == 0.0).collect()
}

/// Ticks of a logarithmic axis: decades, with 2 and 5 between few of them; minor ones at the rest.
pub fn decades(min: f64, max: f64) -> Vec<Tick> {
    let (low, high) = (min.log10(), max.log10());
    let (first, last) = ((low - 1e-9).floor() as i32, (high + 1e-9).floor() as i32);
    let full = last - (low - 1e-9).ceil() as i32 + 1;
    let every = (f64::from(full) / 8.0).ceil().max(1.0) as i32;
    let inside = |at: f64| at >= min * (1.0 - 1e-9) && at <= max * (1.0 + 1e-9);
    let all = (first..=last).flat_map(|power| (1..10).map(move |digit| (power, digit)));
    let places: Vec<(f64, i32, i32)> = all
        .map(|(power, digit)| (f64::from(digit) * 10f64.powi(power), power, digit))
        .filter(|(at, ..)| inside(*at))
        .collect();
    let shown = |digits: &'static [i32]| {
        move |(_, power, digit): &&(f64, i32, i32)| digits.contains(digit) && power % every == 0
    };
    let digits = [&[1][..], &[1, 2, 5], &[1, 2, 3, 4, 5, 6, 7, 8, 9]]
        .into_iter()
        .find(|digits| places.iter().filter(shown(digits)).count() > 2)
        .unwrap_or(&[1, 2, 3, 4, 5, 6, 7, 8, 9]);
    if places.len() < 2 {
        return linear(min, max, 4);
    }
    let is_shown = shown(digits);
    let tick = |place: &(f64, i32, i32)| {
        let label = if is_shown(&place) { number(place.0, 0.0) } else { String::new() };
        Tick { at: place.0, label }
    };
    places.iter().filter(|p| every == 1 || p.2 == 1).map(tick).collect()
}

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

/// `12500` as `12.5k`, `3.5e9` as `3.5B`, in the digits that ticks `step` apart need (0: that the number
/// itself needs, four).
pub fn number(value: f64, step: f64) -> String {
    let size = value.abs();
    if value == 0.0 || size < step * 1e-6 {
        return "0".to_owned();
    }
    if !(1e-4..1e15).contains(&size) {
        return format!("{:e}", rounded(value, 4));
    }
    let (unit, letter) = match size {
        s if s >= 0.99999e12 => (1e12, "T"),
        s if s >= 0.99999e9 => (1e9, "B"),
        s if s >= 0.99999e6 => (1e6, "M"),
        s if s >= 0.99999e4 => (1e3, "k"),
        _ => (1.0, ""),
    };
    let scaled = value / unit;
    let decimals = match step > 0.0 {
        true => 1 - (step / unit).log10().floor() as i32,
        false => 3 - scaled.abs().log10().floor() as i32,
    };
    format!("{}{letter}", trimmed(scaled, decimals.clamp(0, 9) as usize))
}

/// A value as it stands at its bar: thousands in full where there is room.
pub fn full(value: f64) -> String {
    let size = value.abs();
    if !(1e-4..1e6).contains(&size) { number(value, 0.0) } else { polymath_quantity::human(rounded(value, 6)) }
}

/// To so many significant digits.
pub fn rounded(value: f64, digits: usize) -> f64 {
    format!("{value:.*e}", digits.saturating_sub(1)).parse().unwrap_or(value)
}

fn trimmed(value: f64, decimals: usize) -> String {
    let text = format!("{value:.decimals$}");
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').to_owned() } else { text }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn labels(ticks: &[Tick]) -> String {
        ticks.iter().filter(|t| !t.label.is_empty()).map(|t| t.label.as_str()).collect::<Vec<_>>().join(" ")
    }

    #[track_caller]
    fn check(ticks: &[Tick], want: &str) {
        assert_eq!(labels(ticks), want);
    }

    #[test]
    fn numbers_are_round() {
        check(&linear(0.0, 489.6, 5), "0 100 200 300 400");
        check(&linear(-3.2, 7.9, 5), "-2.5 0 2.5 5 7.5");
        check(&linear(0.0, 1.0, 5), "0 0.2 0.4 0.6 0.8 1");
        check(&linear(0.0, 29e9, 6), "0 5B 10B 15B 20B 25B");
        check(&linear(0.0, 26_000.0, 5), "0 10k 20k");
        check(&linear(1e-7, 4e-7, 3), "1e-7 2e-7 3e-7 4e-7");
        check(&linear(999.2, 999.8, 3), "999.2 999.4 999.6 999.8");
        check(&linear(5.0, 5.0, 4), "5");
        check(&whole(0.0, 3.0, 6), "0 1 2 3");
    }

    #[test]
    fn decades_are_labelled() {
        check(&decades(0.5, 2e4), "1 10 100 1000 10k");
        check(&decades(1e9, 6e10), "1B 2B 5B 10B 20B 50B");
        check(&decades(30.0, 70.0), "30 40 50 60 70");
        check(&decades(1e-3, 1e12), "0.01 1 100 10k 1M 100M 10B 1T");
        assert!(decades(1.0, 100.0).iter().any(|t| t.at == 30.0 && t.label.is_empty()), "no minor ticks");
        check(&decades(31.0, 38.0), "32 34 36 38");
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
    fn values_are_short() {
        let all = [412.5, 184_300.0, 1_234_567.0, -0.25, 0.0, 3.5e9, 2e-6].map(full);
        assert_eq!(all, ["412.5", "184,300", "1.235M", "-0.25", "0", "3.5B", "2e-6"].map(str::to_owned));
        assert_eq!(number(12_500.0, 0.0), "12.5k");
        assert_eq!(number(999_999.0, 0.0), "1M");
    }
}
