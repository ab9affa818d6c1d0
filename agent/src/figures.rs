//! Finds the figures and dates in running text, and says whether two are the same.

use polymath_tools::read_value;
use regex::Regex;
use std::ops::Range;
use std::sync::LazyLock;

/// A number or date that stands in a text.
#[derive(Debug, Clone, PartialEq)]
pub struct Figure {
    pub text: String,
    /// Where it stands, in bytes.
    pub at: Range<usize>,
    pub number: Option<f64>,
    pub date: Option<String>,
}

const MONTH: &str = "(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Sept|Oct|Nov|Dec|January|February|March|April|June|July|August|September|October|November|December)";
const SCALE: &str = "(?:trillion|billion|million|thousand|hundred|tn|bn|mn|万亿|亿|千万|百万|万|千)";

static FIGURE: LazyLock<Option<Regex>> = LazyLock::new(|| {
    let date = format!(
        r"\b{MONTH}\.?\s+\d{{1,2}}(?:st|nd|rd|th)?,?\s+\d{{4}}\b|\b\d{{1,2}}(?:st|nd|rd|th)?\s+{MONTH}\.?,?\s+\d{{4}}\b|\b{MONTH}\.?,?\s+(?:of\s+)?\d{{4}}\b|\d{{4}}\s*年(?:\s*\d{{1,2}}\s*月(?:\s*\d{{1,2}}\s*[日号])?)?|\b\d{{4}}-\d{{1,2}}(?:-\d{{1,2}})?\b|\b\d{{1,2}}/\d{{4}}\b"
    );
    let number = format!(
        r"(?:(?:US|A|C|HK)?[$€£¥]\s?)?-?\d+(?:,\d{{3}})*(?:\.\d+)?(?:[eE][+-]?\d+)?(?:\s?{SCALE}\b|[kKmMbBT]\b|(?:万亿|亿|千万|百万|万|千))?(?:\s?(?:%|percent\b|per cent\b|US dollars|dollars|美元|元))?"
    );
    Regex::new(&format!("{date}|{number}")).ok()
});

/// All figures and dates of `text`, in order.
pub fn figures(text: &str) -> Vec<Figure> {
    let Some(pattern) = FIGURE.as_ref() else { return Vec::new() };
    pattern
        .find_iter(text)
        .filter_map(|found| {
            let inside_word =
                text[..found.start()].chars().next_back().is_some_and(|c| c.is_ascii_alphabetic() || c == '_')
                    || text[found.end()..].chars().next().is_some_and(|c| c.is_ascii_alphabetic() || c == '_');
            if inside_word {
                return None;
            }
            // The dash of a range is no minus.
            let range =
                found.as_str().starts_with('-') && text[..found.start()].ends_with(|c: char| c.is_alphanumeric());
            let shown = found.as_str().trim_start_matches(if range { '-' } else { ' ' }).trim();
            let shift = usize::from(range);
            let (number, date) = read_value(shown);
            (number.is_some() || date.is_some()).then(|| Figure {
                text: shown.to_owned(),
                at: found.start() + shift..found.start() + shift + shown.len(),
                number,
                date,
            })
        })
        .collect()
}

/// Whether `a` (as an answer gives it) and `b` (as the evidence does) say the same: dates when the
/// shorter is the beginning of the longer, numbers when they agree to the digits that `a` shows.
pub fn same(a: &Figure, b: &Figure) -> bool {
    if let (Some(x), Some(y)) = (&a.date, &b.date)
        && (x.starts_with(y.as_str()) || y.starts_with(x.as_str()))
    {
        return true;
    }
    let (Some(x), Some(y)) = (a.number, b.number) else { return false };
    if x == y {
        return true;
    }
    let digits = a.text.chars().filter(char::is_ascii_digit).collect::<String>();
    let significant = digits.trim_start_matches('0').len().max(1) as i32;
    // Half a unit of the last digit shown; a percentage counts in hundredths either way.
    let tolerance = 0.5 * 10f64.powi(1 - significant) * 10f64.powf(x.abs().log10().floor());
    significant > 1
        && ((x - y).abs() <= tolerance || (x * 100.0 - y).abs() <= tolerance * 100.0 && a.text.contains('%'))
}

/// `4500000` as `4.5 million`.
pub fn human(number: f64) -> String {
    let (scale, word) = match number.abs() {
        n if n >= 1e12 => (1e12, " trillion"),
        n if n >= 1e9 => (1e9, " billion"),
        n if n >= 1e6 => (1e6, " million"),
        _ => (1.0, ""),
    };
    let text = format!("{:.4}", number / scale);
    format!("{}{word}", text.trim_end_matches('0').trim_end_matches('.'))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[track_caller]
    fn check(text: &str, want: &[&str]) {
        let got: Vec<String> = figures(text).into_iter().map(|f| f.text).collect();
        assert_eq!(got, want, "{text}");
    }

    #[test]
    fn spots_money_dates_and_plain_numbers() {
        check("It raised $4.5 million in July 2017.", &["$4.5 million", "July 2017"]);
        check("2021年4月完成3.25亿美元的E轮融资", &["2021年4月", "3.25亿美元"]);
        check("Up 17.5% to 2,340 on 5 May 2020 (GPT4, v2x)", &["17.5%", "2,340", "5 May 2020"]);
        check("from 2010-2015, 3-4 of them", &["2010", "2015", "3", "4"]);
        check("| 2017-07 | US$100m | $3.5bn |", &["2017-07", "US$100m", "$3.5bn"]);
    }

    #[track_caller]
    fn check_same(a: &str, b: &str, want: bool) {
        let (x, y) = (figures(a).remove(0), figures(b).remove(0));
        assert_eq!(same(&x, &y), want, "{x:?} {y:?}");
    }

    #[test]
    fn equal_values_in_other_clothes() {
        check_same("$4.5M", "4.5 million US dollars", true);
        check_same("July 2017", "2017-07", true);
        check_same("17.5%", "17.5% of 2,340", true);
        check_same("41.6", "41.5873", true);
        check_same("$325 million", "3.25亿美元", true);
        check_same("7", "7.3", false);
        check_same("$155M", "$165M", false);
    }
}
