//! Reads the figures and dates that people write into table cells and sentences.
//!
//! Small models retype "$1.2 billion" as 1e10; read once, here, a figure travels as a number. What
//! could be read in two ways is not read at all: no value is better than a wrong one. This does not
//! convert currencies and does not read numbers written out in words.

use chrono::NaiveDate;
use regex::{Captures, Regex};
use std::sync::LazyLock;

/// Reads one value: `(number, date)`.
///
/// The number is in plain units: `"$1.2 billion"` is 1.2e9, `"3.25亿美元"` is 3.25e8, `"17.5%"` is
/// 0.175. The date is `YYYY`, `YYYY-MM` or `YYYY-MM-DD`, as exact as the text is (`"7/2017"` is
/// `2017-07`; `"3/4/2017"` is `2017`, since people disagree on the month). A bare year is both. A
/// text with two figures or two dates, such as a range, has none.
pub fn read_value(text: &str) -> (Option<f64>, Option<String>) {
    let text = normalise(text);
    if let Some(year) = YEAR.captures(&text) {
        return (if year[0].len() == 4 { year[1].parse().ok() } else { None }, Some(year[1].to_owned()));
    }
    let Some((date, rest)) = take_date(&text) else {
        let bracketed = text.starts_with('(') && text.ends_with(')'); // how accountants write a loss
        return (read_number(&text).map(|n| if bracketed { -n } else { n }), None);
    };
    if take_date(&rest).is_some() {
        return (None, None);
    }
    let date = (rest.chars().count() <= LONGEST_REST).then_some(date);
    (read_number(&rest), date)
}

/// Reads a value under its column's name: `"4.5"` under `"Amount (USD m)"` is 4.5e6, `"41"` under
/// `"Share, %"` is 0.41. A value with a scale of its own keeps it.
pub fn read_cell(text: &str, column: &str) -> (Option<f64>, Option<String>) {
    let (number, date) = read_value(text);
    if date.is_some() || number.is_none() || has_scale(&normalise(text)) {
        return (number, date);
    }
    (number.map(|n| if column_is_percent(column) { n / 100.0 } else { n * column_scale(column) }), None)
}

fn has_scale(text: &str) -> bool {
    FIGURE.captures(text).is_some_and(|found| {
        found.name("scale").is_some() || found.name("after").is_some_and(|a| is_percent(a.as_str()))
    })
}

fn is_percent(unit: &str) -> bool {
    unit.contains('%') || unit.to_lowercase().contains("cent")
}

static COLUMN_SCALE: LazyLock<Vec<Regex>> = LazyLock::new(|| {
    vec![
        // a short form only behind a currency: "USD m", "$bn"
        pattern(
            r"(?i)(?:\b(?:usd|eur|gbp|cny|rmb|jpy|inr|chf)\s?|[$€£¥₹₩]\s?)(?P<scale>bn|tn|mn|mln|mm|[tbmk])\s*[)\]]?$",
        ),
        pattern(
            r"(?i)(?:\bin |[(\[,/] ?|[$€£¥₹₩] ?|\b(?:usd|eur|gbp|cny|rmb|jpy|inr|chf) )(?:\w*[$€£¥₹₩] ?|(?:us|usd|eur|gbp) )?(?P<scale>trillion|billion|million|thousand)s?(?: of)?(?: us)?(?: (?:dollars|euros|pounds|yuan|yen|usd|eur|gbp))?\s*[)\]]?$",
        ),
        pattern(r"[（(：:]\s*(?P<scale>万亿|亿|千万|百万|万|千)(?:美元|美金|人民币|欧元|日元|元|人)?\s*[)）]?$"),
    ]
});

fn column_scale(column: &str) -> f64 {
    let found = COLUMN_SCALE.iter().find_map(|form| form.captures(column.trim()));
    found.map_or(1.0, |found| magnitude(&found["scale"]))
}

fn column_is_percent(column: &str) -> bool {
    column.trim().trim_end_matches([')', ']', '）']).ends_with(['%', '％'])
}

/// A date in the middle of more text than this (characters) says nothing about the cell as a whole.
const LONGEST_REST: usize = 40;

/// A constant pattern: that it compiles is what the tests of this module show.
fn pattern(text: &str) -> Regex {
    Regex::new(text).unwrap_or_else(|e| unreachable!("constant pattern {text}: {e}"))
}

macro_rules! month {
    () => {
        "(jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)"
    };
}

static FOOTNOTE: LazyLock<Regex> = LazyLock::new(|| pattern(r"\[[0-9a-z]{1,3}\]"));
static GROUP_SPACE: LazyLock<Regex> = LazyLock::new(|| pattern("([0-9])[\u{a0}\u{202f}\u{2009}]([0-9]{3})"));
static YEAR: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?i)^(?:(?:early|mid|late|spring|summer|fall|autumn|winter|q[1-4]|h[12]|circa|ca?\.|about|in|since)[\s-]*)?((?:1[5-9]|20|21)[0-9]{2})(?:\s*q[1-4])?$",
    )
});

/// A way of writing a date: its pattern, and which group holds what.
struct DateForm {
    pattern: Regex,
    read: fn(&Captures) -> Option<String>,
}

static DATE_FORMS: LazyLock<Vec<DateForm>> = LazyLock::new(|| {
    let form = |text: &str, read: fn(&Captures) -> Option<String>| DateForm { pattern: pattern(text), read };
    vec![
        form(r"\b([0-9]{4})([-/.])([0-9]{1,2})([-/.])([0-9]{1,2})(?:[T ][0-9]{1,2}:[0-9]{2}[0-9:.Z+-]*|\b)", |c| {
            if c[2] == c[4] { day(&c[1], &c[3], &c[5]) } else { None }
        }),
        form(r"^([0-9]{4})[-/]([0-9]{2})$", |c| month(&c[1], &c[2])),
        form(r"([0-9]{4})\s*年\s*([0-9]{1,2})\s*月\s*([0-9]{1,2})\s*[日号]", |c| day(&c[1], &c[2], &c[3])),
        form(r"([0-9]{4})\s*年\s*([0-9]{1,2})\s*月", |c| month(&c[1], &c[2])),
        form(r"([0-9]{4})\s*年", |c| Some(c[1].to_owned())),
        form(concat!(r"(?i)\b", month!(), r"\.?\s+([0-9]{1,2})(?:st|nd|rd|th)?,?\s+([0-9]{4})\b"), |c| {
            day(&c[3], month_number(&c[1])?, &c[2])
        }),
        form(
            concat!(r"(?i)\b([0-9]{1,2})(?:st|nd|rd|th)?(?:\s+of)?[\s-]+", month!(), r"\.?,?[\s-]+([0-9]{4})\b"),
            |c| day(&c[3], month_number(&c[2])?, &c[1]),
        ),
        form(concat!(r"(?i)\b", month!(), r"\.?,?[\s-]+(?:of\s+)?([0-9]{4})\b"), |c| {
            month(&c[2], month_number(&c[1])?)
        }),
        form(r"^([0-9]{1,2})[-/.]([0-9]{4})$", |c| month(&c[2], &c[1])),
        form(r"\b([0-9]{1,2})\.\s?([0-9]{1,2})\.\s?([0-9]{4})\b", |c| day(&c[3], &c[2], &c[1])),
        form(r"\b([0-9]{1,2})/([0-9]{1,2})/([0-9]{4})\b", |c| either_order(&c[3], &c[1], &c[2])),
    ]
});

/// The first date in `text`, and the text without it.
fn take_date(text: &str) -> Option<(String, String)> {
    DATE_FORMS.iter().find_map(|form| {
        let found = form.pattern.captures(text)?;
        let whole = found.get(0)?;
        let date = (form.read)(&found)?;
        Some((date, format!("{} {}", &text[..whole.start()], &text[whole.end()..]).trim().to_owned()))
    })
}

fn month_number(name: &str) -> Option<&'static str> {
    const MONTHS: [(&str, &str); 12] = [
        ("jan", "1"),
        ("feb", "2"),
        ("mar", "3"),
        ("apr", "4"),
        ("may", "5"),
        ("jun", "6"),
        ("jul", "7"),
        ("aug", "8"),
        ("sep", "9"),
        ("oct", "10"),
        ("nov", "11"),
        ("dec", "12"),
    ];
    let name = name.to_lowercase();
    MONTHS.iter().find(|(start, _)| name.starts_with(start)).map(|(_, number)| *number)
}

fn day(year: &str, month: &str, day: &str) -> Option<String> {
    let date = NaiveDate::from_ymd_opt(year.parse().ok()?, month.parse().ok()?, day.parse().ok()?)?;
    Some(date.format("%Y-%m-%d").to_string())
}

fn month(year: &str, month: &str) -> Option<String> {
    let date = NaiveDate::from_ymd_opt(year.parse().ok()?, month.parse().ok()?, 1)?;
    Some(date.format("%Y-%m").to_string())
}

/// `3/14/2017` can only be March; of `3/4/2017` only the year is sure.
fn either_order(year: &str, a: &str, b: &str) -> Option<String> {
    match (day(year, a, b), day(year, b, a)) {
        (Some(x), Some(y)) if x == y => Some(x),
        (Some(_), Some(_)) => Some(year.to_owned()),
        (Some(one), None) | (None, Some(one)) => Some(one),
        (None, None) => None,
    }
}

fn normalise(text: &str) -> String {
    let text = FOOTNOTE.replace_all(text, "");
    let mut text = text.into_owned();
    while GROUP_SPACE.is_match(&text) {
        text = GROUP_SPACE.replace_all(&text, "$1$2").into_owned();
    }
    let plain = text.chars().map(|c| match c {
        '−' | '–' | '‐' | '‑' => '-',
        '０'..='９' | '．' | '，' | '％' | '＄' | '～' => {
            char::from_u32(c as u32 - 0xfee0).unwrap_or(c) // full-width forms lie at a fixed distance
        }
        '￥' => '¥',
        c if c.is_whitespace() => ' ',
        c => c,
    });
    plain.collect::<String>().trim().to_owned()
}

static FIGURE: LazyLock<Regex> = LazyLock::new(|| {
    pattern(concat!(
        r"(?i)(?P<sign>-\s?)?",
        r"(?P<money>(?:us|a|c|hk|nt|s)?\$\s?|[€£¥₹₩]\s?|\b(?:usd|eur|gbp|cny|rmb|jpy|inr|chf)\b\s?)?(?P<inner>-)?",
        r"(?P<digits>[0-9](?:[0-9.,]*[0-9])?)",
        r"(?P<gap>[ -]?)(?P<scale>trillion|billion|million|thousand|bn|tn|mn|mln|mm|[tbmk]|万亿|亿|千万|百万|万|千)?",
        r"(?P<after>\s?(?:%|percent\b|per cent\b|美元|美金|欧元|英镑|日元|人民币|元|(?:usd|eur|gbp|cny|rmb|jpy|dollars|euros|yuan)\b))?",
    ))
});
static QUALIFIER: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?i)^(?:about|approx(?:imately|\.)?|around|over|more than|nearly|almost|at least|at most|up to|under|less than|roughly|some|an?|est(?:imated|\.)?|reported(?:ly)?|circa|ca?\.|at|only|just|约|大约|超过|超|近|逾|将近|至少|不到|[~≈<>≤≥+(:\s])*$",
    )
});
static UNIT: LazyLock<Regex> = LazyLock::new(|| pattern(r"^\+?\s*(?:[\p{L}-]+\.?\s*){0,2}\)?$"));

/// The one figure of `text`, if there is exactly one and nothing makes it doubtful.
fn read_number(text: &str) -> Option<f64> {
    let found = FIGURE.captures(text)?;
    let whole = found.get(0)?;
    let (before, mut after) = (&text[..whole.start()], &text[whole.end()..]);
    if before.contains(|c: char| c.is_ascii_digit()) || after.contains(|c: char| c.is_ascii_digit()) {
        return None;
    }
    let marked = found.name("money").is_some() || found.name("after").is_some();
    let mut scale = found.name("scale").map_or("", |m| m.as_str());
    let spelled = scale.chars().count() > 1 || !scale.is_ascii();
    // "5 members" is not five million: a one-letter scale ends its word
    if scale.is_ascii() && after.starts_with(char::is_alphabetic) && found.name("after").is_none() {
        let start = found.name("gap").map_or(whole.end(), |m| m.end());
        (scale, after) = ("", &text[start..]);
    }
    if !scale.is_empty() && !spelled && !marked && !letter_is_scale(scale, &found["gap"]) {
        return None;
    }
    // With a currency, a per cent sign or a scale the figure speaks for itself; a bare one must be
    // all there is besides a qualifier ("about") and a unit ("employees").
    let plain = marked || !scale.is_empty() || (QUALIFIER.is_match(before) && UNIT.is_match(after));
    if !plain || before.ends_with(|c: char| c.is_alphanumeric() && c.is_ascii()) {
        return None;
    }
    let number = plain_digits(&found["digits"])? * magnitude(scale);
    let percent = found.name("after").is_some_and(|m| is_percent(m.as_str()));
    let dashed = (found.name("sign").is_some() && (before.is_empty() || before.ends_with([' ', '('])))
        || found.name("inner").is_some();
    let number = if percent { number / 100.0 } else { number };
    Some(if dashed { -number } else { number })
}

/// "5M" and "10k" are scales; "5 m" and "5m" may as well be metres.
fn letter_is_scale(scale: &str, gap: &str) -> bool {
    gap.is_empty() && (scale == "k" || scale.chars().all(char::is_uppercase))
}

/// Digits with nothing in them or with commas before every third one; `4,5` and `1.2.3` are no
/// number that everybody reads alike.
fn plain_digits(digits: &str) -> Option<f64> {
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let mut groups = whole.split(',');
    let first = groups.next()?;
    let mut grouped = false;
    for group in groups {
        grouped = true;
        if group.len() != 3 {
            return None;
        }
    }
    if (grouped && first.len() > 3) || fraction.contains(['.', ',']) {
        return None;
    }
    digits.replace(',', "").parse().ok()
}

fn magnitude(scale: &str) -> f64 {
    match scale.to_lowercase().as_str() {
        "trillion" | "tn" | "t" | "万亿" => 1e12,
        "billion" | "bn" | "b" => 1e9,
        "亿" => 1e8,
        "千万" => 1e7,
        "million" | "mn" | "mln" | "mm" | "m" | "百万" => 1e6,
        "万" => 1e4,
        "thousand" | "k" | "千" => 1e3,
        _ => 1.0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, number: Option<f64>, date: Option<&str>) {
        let (got_number, got_date) = read_value(text);
        assert_eq!(got_date.as_deref(), date, "date of {text:?}");
        match (got_number, number) {
            (Some(got), Some(want)) => {
                assert!((got - want).abs() <= want.abs() * 1e-12, "number of {text:?}: {got}, not {want}")
            }
            (got, want) => assert_eq!(got, want, "number of {text:?}"),
        }
    }

    #[test]
    fn money() {
        check("$1.2 billion", Some(1.2e9), None);
        check("$325M", Some(325e6), None);
        check("US$7.3bn", Some(7.3e9), None);
        check("over $1 billion", Some(1e9), None);
        check("€ 450,000", Some(450_000.0), None);
        check("100 million USD", Some(100e6), None);
        check("$18 m", Some(18e6), None);
        check("$4.5M (seed)", Some(4.5e6), None);
        check("$325 million[3]", Some(325e6), None);
        check("valued at $7.3B", Some(7.3e9), None);
        check("£10k", Some(10e3), None);
        check("$1B+", Some(1e9), None);
        check("$100-million", Some(100e6), None);
    }

    #[test]
    fn chinese_money() {
        check("3.25亿美元", Some(3.25e8), None);
        check("约1.55亿美元", Some(1.55e8), None);
        check("超过10亿美元", Some(1e9), None);
        check("450万美元", Some(4.5e6), None);
        check("1.2万亿元", Some(1.2e12), None);
        check("１２％", Some(0.12), None);
    }

    #[test]
    fn plain_numbers_and_percent() {
        check("1,234", Some(1234.0), None);
        check("17.5%", Some(0.175), None);
        check("about 20 percent", Some(0.2), None);
        check("-3.5", Some(-3.5), None);
        check("−12 %", Some(-0.12), None);
        check("(1,234)", Some(-1234.0), None);
        check("1,234 employees", Some(1234.0), None);
        check("5 members", Some(5.0), None);
        check("~900", Some(900.0), None);
        check("12\u{a0}345\u{a0}678", Some(12_345_678.0), None);
        check("10k", Some(10_000.0), None);
        check("0", Some(0.0), None);
    }

    #[test]
    fn doubtful_numbers_are_not_read() {
        for text in [
            "",
            "n/a",
            "—",
            "Series A",
            "Series 7",
            "10–20",
            "$100 million at a $1 billion valuation",
            "12:30",
            "1.2.3",
            "4,5",
            "1.234.567",
            "5m",
            "100 m",
            "GPT4",
            "+1 555-1234",
            "A16Z",
        ] {
            check(text, None, None);
        }
    }

    #[test]
    fn dates() {
        check("July 2017", None, Some("2017-07"));
        check("Jul 5, 2017", None, Some("2017-07-05"));
        check("Sept. 3rd, 2019", None, Some("2019-09-03"));
        check("2017-07", None, Some("2017-07"));
        check("2017年7月", None, Some("2017-07"));
        check("2021年4月13日", None, Some("2021-04-13"));
        check("2016年", None, Some("2016"));
        check("5 July 2017", None, Some("2017-07-05"));
        check("7/2017", None, Some("2017-07"));
        check("2021-04-13T10:00:00Z", None, Some("2021-04-13"));
        check("3/14/2017", None, Some("2017-03-14"));
        check("14/3/2017", None, Some("2017-03-14"));
        check("3/4/2017", None, Some("2017"));
        check("13.4.2021", None, Some("2021-04-13"));
        check("2020", Some(2020.0), Some("2020"));
        check("late 2020", None, Some("2020"));
        check("Q3 2019", None, Some("2019"));
    }

    #[test]
    fn date_and_figure_together() {
        check("July 2017 ($4.5M)", Some(4.5e6), Some("2017-07"));
        check("2021年4月融资3.25亿美元", Some(3.25e8), Some("2021-04"));
    }

    #[test]
    fn columns_give_scale() {
        #[track_caller]
        fn under(column: &str, text: &str, want: Option<f64>) {
            assert_eq!(read_cell(text, column).0, want, "{text:?} under {column:?}");
        }
        for column in
            ["Amount raised (USD m)", "Raised, $m", "Amount (in millions of US dollars)", "Sum (US$ million)", "USD mn"]
        {
            under(column, "18", Some(18e6));
        }
        under("Valuation (€bn)", "7.5", Some(7.5e9));
        under("估值（亿美元）", "35", Some(35e8));
        under("Share (%)", "25", Some(0.25));
        under("Amount (USD m)", "> 1,000", Some(1e9));
        under("Amount (USD m)", "$1.2 billion", Some(1.2e9));
        under("Amount (USD m)", "17.5%", Some(0.175));
        under("Amount (USD m)", "2017", Some(2017.0)); // a year as well as a figure: left as it stands
        for column in ["Length (m)", "Round", "Team", "In May", "Amount", "Million Dollar Baby"] {
            under(column, "18", Some(18.0));
        }
    }

    #[test]
    fn doubtful_dates_are_not_read() {
        check("July 2017 – August 2018", None, None);
        check("2017-13-45", None, None);
        check("February 30, 2020", None, None);
        check("May I", None, None);
        check("marching 2017 times round the very same old building again", None, None);
    }
}
