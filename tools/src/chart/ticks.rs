//! Where an axis of numbers has its ticks, and how numbers are written at them.

/// A place on an axis, with what is written there; minor ticks say nothing.
#[derive(Debug, Clone, PartialEq)]
pub struct Tick {
    pub at: f64,
    pub label: String,
}

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

/// Ticks of an axis that is logarithmic on both sides of zero: zero, and the powers of ten from `c` on, as
/// many as `most` allows.
pub fn symmetric(min: f64, max: f64, c: f64, most: usize) -> Vec<Tick> {
    let first = c.log10().round() as i32;
    let last = (min.abs().max(max.abs()).log10() + 1e-9).floor() as i32;
    let side = |reach: f64| if reach >= c { (reach.log10() + 1e-9).floor() as i32 - first + 1 } else { 0 };
    let every = (f64::from(side(max) + side(-min)) / most.max(1) as f64).ceil().max(1.0) as usize;
    // The largest powers are kept: they are what the axis is wide for.
    let powers = (first..=last).rev().step_by(every).map(|power| 10f64.powi(power));
    let mut places: Vec<f64> = powers.flat_map(|at| [at, -at]).filter(|at| (min..=max).contains(at)).collect();
    places.extend((min..=max).contains(&0.0).then_some(0.0));
    places.sort_by(f64::total_cmp);
    places.into_iter().map(|at| Tick { at, label: number(at, 0.0) }).collect()
}

/// `12500` as `12.5k`, `3.5e9` as `3.5B`, in the digits that ticks `step` apart need (0: that the number
/// itself needs, four).
pub fn number(value: f64, step: f64) -> String {
    let size = value.abs();
    if value == 0.0 || size < step * 1e-6 {
        return "0".to_owned();
    }
    if !(1e-4..1e15).contains(&size) {
        return power(value);
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
    format!("{}{letter}", grouped(trimmed(scaled, decimals.clamp(0, 9) as usize)))
}

/// With a comma before each third digit of the whole part.
fn grouped(text: String) -> String {
    let (sign, digits) = text.strip_prefix('-').map_or(("", &*text), |digits| ("-", digits));
    let (whole, part) = digits.split_once('.').map_or((digits, String::new()), |(w, p)| (w, format!(".{p}")));
    if whole.len() <= 3 {
        return text;
    }
    let mut out = String::new();
    for (i, digit) in whole.chars().enumerate() {
        if i > 0 && (whole.len() - i).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    format!("{sign}{out}{part}")
}

/// A number too large or too small for names: `3×10⁻⁷`.
fn power(value: f64) -> String {
    let text = format!("{:e}", rounded(value, 4));
    let (digits, power) = text.split_once('e').unwrap_or((&text, "0"));
    let raised = power.chars().map(|c| match c.to_digit(10) {
        Some(digit) => ['⁰', '¹', '²', '³', '⁴', '⁵', '⁶', '⁷', '⁸', '⁹'][digit as usize],
        None => '⁻',
    });
    format!("{digits}×10{}", raised.collect::<String>())
}

/// What stands before and behind the numbers of an axis, and whether they are counted in 万 and 亿.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Style {
    pub before: String,
    pub after: String,
    pub myriads: bool,
    /// Years and the like, which have no commas.
    pub bare: bool,
}

impl Style {
    /// A number as [`number`] writes it, in this style.
    pub fn number(&self, value: f64, step: f64) -> String {
        let size = value.abs();
        let text = match size {
            s if self.myriads && (0.99999e8..1e15).contains(&s) => format!("{}亿", number(size / 1e8, step / 1e8)),
            s if self.myriads && (0.99999e4..1e15).contains(&s) => format!("{}万", number(size / 1e4, step / 1e4)),
            s if self.bare && s < 1e4 => number(size, step).replace(',', ""),
            // `12,500 m`, since "12.5k m" is nothing that is written.
            s if self.after.starts_with(' ') && (1e4..1e6).contains(&s) && (step == 0.0 || step >= 1.0) => {
                grouped(trimmed(rounded(s, 6), 0))
            }
            _ => number(size, step),
        };
        self.around(value, text)
    }

    /// This style without a unit behind its numbers, where there is one that can be left out.
    pub fn unitless(&self) -> Option<Style> {
        self.after.starts_with(' ').then(|| Style { after: String::new(), ..self.clone() })
    }

    /// A number as [`full`] writes it, in this style.
    pub fn full(&self, value: f64) -> String {
        if self.myriads || self.bare { self.number(value, 0.0) } else { self.around(value, full(value.abs())) }
    }

    fn around(&self, value: f64, text: String) -> String {
        let sign = if value < 0.0 && text != "0" { "-" } else { "" };
        format!("{sign}{}{text}{}", self.before, self.after)
    }
}

/// A value as it stands at its bar: thousands in full where there is room.
pub fn full(value: f64) -> String {
    let size = value.abs();
    match (1e-4..1e6).contains(&size) {
        true => grouped(rounded(value, 6).to_string()),
        false => number(value, 0.0),
    }
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
        check(&linear(1e-7, 4e-7, 3), "1×10⁻⁷ 2×10⁻⁷ 3×10⁻⁷ 4×10⁻⁷");
        check(&linear(999.2, 999.8, 3), "999.2 999.4 999.6 999.8");
        check(&linear(5.0, 5.0, 4), "5");
        check(&whole(0.0, 3.0, 6), "0 1 2 3");
    }

    #[test]
    fn decades_are_labelled() {
        check(&decades(0.5, 2e4), "1 10 100 1,000 10k");
        check(&decades(1e9, 6e10), "1B 2B 5B 10B 20B 50B");
        check(&decades(30.0, 70.0), "30 40 50 60 70");
        check(&decades(1e-3, 1e12), "0.01 1 100 10k 1M 100M 10B 1T");
        assert!(decades(1.0, 100.0).iter().any(|t| t.at == 30.0 && t.label.is_empty()), "no minor ticks");
        check(&decades(31.0, 38.0), "32 34 36 38");
    }

    #[test]
    fn values_are_short() {
        let all = [412.5, 1200.0, 184_300.0, 1_234_567.0, -0.25, 0.0, 3.5e9, 2e-6].map(full);
        assert_eq!(all, ["412.5", "1,200", "184,300", "1.235M", "-0.25", "0", "3.5B", "2×10⁻⁶"]);
        assert_eq!([2318.0, -1234.5, 999.0].map(|v| number(v, 0.0)), ["2,318", "-1,234", "999"]);
        assert_eq!(number(12_500.0, 0.0), "12.5k");
        assert_eq!(number(999_999.0, 0.0), "1M");
    }

    #[test]
    fn both_sides_of_zero_have_powers_of_ten() {
        check(&symmetric(-2000.0, 3e5, 10.0, 10), "-1,000 -100 -10 0 10 100 1,000 10k 100k");
        check(&symmetric(-5.0, 3e5, 1.0, 4), "0 10 1,000 100k");
    }

    #[test]
    fn numbers_have_their_units() {
        let style = |before: &str, after: &str, myriads| Style {
            before: before.into(),
            after: after.into(),
            myriads,
            bare: false,
        };
        assert_eq!(style("$", "", false).number(-3.5e9, 0.0), "-$3.5B");
        assert_eq!(style("", "%", false).number(35.0, 5.0), "35%");
        let metres = style("", " m", false);
        assert_eq!(
            [2318.0, 12_500.0, 0.5, 2.5e6].map(|v| metres.number(v, 0.0)),
            ["2,318 m", "12,500 m", "0.5 m", "2.5M m"]
        );
        assert_eq!(Style { bare: true, ..Style::default() }.number(1987.0, 1.0), "1987");
        let myriads = style("¥", "", true);
        assert_eq!([3.5e8, 25e4, 9000.0, -2e8].map(|v| myriads.full(v)), ["¥3.5亿", "¥25万", "¥9,000", "-¥2亿"]);
    }
}
