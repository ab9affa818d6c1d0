//! A whole cell: one value, or none where it holds two or is about something else.

use crate::lexicon::LEXICON;
use crate::scan::{Manner, Scanned, scan};
use crate::{Date, Figure, Qualifier, Unit};

/// What a cell says.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Reading {
    /// In plain units; per cent as a fraction. A bare year is a number and a date.
    pub number: Option<f64>,
    pub date: Option<Date>,
    /// The cell's own, or its column's.
    pub unit: Option<Unit>,
    pub qualifier: Qualifier,
    /// Both ends where the cell holds a range, which is no number.
    pub range: Option<(f64, f64)>,
    /// Whether the cell is digits and signs alone, so that its column has to say what of.
    pub is_bare: bool,
}

impl Reading {
    /// Number and ISO date, as a table's cell holds them.
    pub fn values(&self) -> (Option<f64>, Option<String>) {
        (self.number, self.iso())
    }

    /// `YYYY`, `YYYY-MM` or `YYYY-MM-DD`.
    pub fn iso(&self) -> Option<String> {
        self.date.map(|date| date.to_string())
    }
}

/// A date in the middle of more text than this (characters) says nothing about the cell as a whole.
const LONGEST_REST: usize = 40;

/// Whether a cell holds a dash or a word for "no value".
pub fn is_blank(text: &str) -> bool {
    const WORDS: &[&str] = &[
        "n/a",
        "na",
        "n.a.",
        "n. a.",
        "nan",
        "unknown",
        "undisclosed",
        "not disclosed",
        "not available",
        "tba",
        "tbd",
        "k. a.",
        "k.a.",
        "keine angabe",
        "n.d.",
        "s/d",
        "无",
        "未披露",
        "不详",
        "未知",
        "不明",
    ];
    let text = text.trim();
    text.chars().all(|c| "-–—−‐‑?.…*/".contains(c)) || WORDS.contains(&text.to_lowercase().as_str())
}

/// Reads a cell's own text in a manner that its column gives.
pub(crate) fn read_in(text: &str, manner: Manner) -> Reading {
    let text = without_footnotes(text);
    let text = text.trim();
    let scanned = scan(text, manner);
    if let Some(date) = month_alone(text) {
        return Reading { date: Some(date), ..Reading::default() };
    }
    let (dates, numbers): (Vec<&Figure>, Vec<&Figure>) = scanned.figures.iter().partition(|f| f.number.is_none());
    match (dates.as_slice(), numbers.as_slice()) {
        ([], [one]) if one.date.is_some() => year(text, one),
        ([], [one]) => number(text, one, &scanned),
        ([], [low, high]) => range(text, low, high),
        ([date], numbers) => {
            let rest = text.chars().count() - text[date.at.clone()].chars().count();
            let day = date.date.filter(|_| rest <= LONGEST_REST);
            let found = match numbers {
                [one] if one.date.is_none() && one.is_marked => number(text, one, &scanned),
                [one] if one.date.is_none() => beside(text, date, one, &scanned),
                _ => Reading::default(),
            };
            let two = numbers.iter().any(|n| n.date.is_some());
            if two { Reading::default() } else { Reading { date: day, ..found } }
        }
        _ => Reading::default(),
    }
}

/// A bare number and a date: the number counts when it makes a cell of its own without the date.
fn beside(text: &str, date: &Figure, one: &Figure, scanned: &Scanned) -> Reading {
    let (before, after) = if one.at.start < date.at.start {
        (&text[..one.at.start], &text[one.span.end..date.at.start])
    } else {
        (&text[date.at.end..one.at.start], &text[one.span.end..])
    };
    if scanned.others || !is_qualifier(before) || !is_label(after) {
        Reading::default()
    } else {
        value(one, one.number)
    }
}

/// `[3]`, `[a]` and trailing daggers are marks of footnotes.
fn without_footnotes(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('[') {
        let inner = &rest[at + 1..];
        let length = inner.bytes().take(4).take_while(|b| b.is_ascii_digit() || b.is_ascii_lowercase()).count();
        let mark = (1..=3).contains(&length) && inner[length..].starts_with(']');
        let end = if mark { at + length + 2 } else { at + 1 };
        out.push_str(&rest[..if mark { at } else { end }]);
        rest = &rest[end..];
    }
    out.push_str(rest);
    out.trim_end_matches(['†', '‡', '*', ' ']).to_owned()
}

/// `7.2017` and `7-2017`, which stand for a month where nothing else stands.
fn month_alone(text: &str) -> Option<Date> {
    let (month, year) = text.split_once(['.', '-'])?;
    let plain = |s: &str, most: usize| (1..=most).contains(&s.len()) && s.bytes().all(|b| b.is_ascii_digit());
    let fits = plain(month, 2) && plain(year, 4) && year.len() == 4;
    let date = fits.then(|| Date::parse(&format!("{year}-{month}")))?;
    date.filter(|d| (1000..3000).contains(&d.year))
}

fn value(figure: &Figure, number: Option<f64>) -> Reading {
    Reading {
        number,
        date: None,
        unit: figure.unit.clone(),
        qualifier: figure.qualifier,
        range: None,
        is_bare: figure.unit.is_none() && !figure.is_marked,
    }
}

/// A year: alone it is a number as well, with "Q3" or "late" before it a date only.
fn year(text: &str, one: &Figure) -> Reading {
    let (before, after) = (text[..one.at.start].trim(), text[one.at.end..].trim());
    if before.is_empty() && after.is_empty() {
        return Reading { number: one.number, date: one.date, is_bare: true, ..Reading::default() };
    }
    let season = |text: &str| {
        let word = text.trim_matches(['-', '.', ' ', '(', ')', ',']).to_lowercase();
        let part = word.len() == 2 && word.starts_with(['q', 'h', 't', 's']) && word.ends_with(['1', '2', '3', '4']);
        const WORDS: &[&str] = &[
            "",
            "early",
            "mid",
            "late",
            "spring",
            "summer",
            "fall",
            "autumn",
            "winter",
            "circa",
            "c",
            "ca",
            "about",
            "in",
            "since",
            "est",
            "fy",
            "frühjahr",
            "sommer",
            "herbst",
            "anfang",
            "mitte",
            "ende",
            "seit",
            "um",
            "début",
            "fin",
            "depuis",
            "vers",
            "en",
            "desde",
            "principios de",
            "finales de",
            "约",
            "約",
            "early in",
            "late in",
        ];
        part || WORDS.contains(&word.as_str())
    };
    if season(before) && season(after) {
        return Reading { date: one.date, ..Reading::default() };
    }
    // Words behind it: a count of something, unless a name stands before.
    let counted = is_qualifier(before) && is_label(after) && !after.starts_with('(');
    if counted { Reading { is_bare: false, ..value(one, one.number) } } else { Reading::default() }
}

/// A number: with a currency, a per cent sign or a scale it speaks for itself; a bare one must be all
/// there is besides a qualifier ("about") and a unit ("employees").
fn number(text: &str, one: &Figure, scanned: &Scanned) -> Reading {
    let (before, after) = (&text[..one.at.start], &text[one.span.end..]);
    let alone = is_qualifier(before) && is_label(after);
    if !(one.is_marked || alone && !scanned.others) {
        return Reading::default();
    }
    // Accountants write a loss in brackets; "- 5" is negative at the start of a cell.
    let bracketed = before.trim() == "(" && after.trim() == ")";
    let dashed = matches!(before.trim(), "-" | "−" | "–") && before.len() <= 4;
    let negative = (bracketed || dashed) && one.number.is_some_and(|n| n > 0.0);
    value(one, one.number.map(|n| if negative { -n } else { n }))
}

/// `10–20 km`: no number, but a range, if nothing else stands in the cell.
fn range(text: &str, low: &Figure, high: &Figure) -> Reading {
    let ends = low.number.zip(high.number).filter(|(a, b)| a <= b);
    let alone = is_qualifier(&text[..low.at.start]) && is_label(&text[high.span.end..]);
    let range = ends.filter(|_| alone && low.qualifier == Qualifier::From && low.date.is_none());
    let unit = high.unit.clone().filter(|_| range.is_some());
    Reading { range, unit, ..Reading::default() }
}

/// Whether only words stand here that may stand before a number.
fn is_qualifier(text: &str) -> bool {
    let text = text.trim_matches(|c: char| c.is_whitespace() || "~≈∼<>≤≥=+(:-−–".contains(c));
    text.is_empty()
        || LEXICON.before(text).is_some()
        || text.split_whitespace().all(|word| LEXICON.before(word).is_some())
}

/// Whether at most two words stand here, as behind a number: "employees", "(seed)" is more than that.
fn is_label(text: &str) -> bool {
    let text = text.trim().trim_start_matches('+').trim().trim_end_matches(')');
    let word = |word: &str| word.chars().all(|c| c.is_alphabetic() || matches!(c, '-' | '.'));
    text.split_whitespace().count() <= 2 && text.split_whitespace().all(word)
}
