//! What people and models write, turned into plain arithmetic text.
//!
//! A pure function of the text: LaTeX, thousands separators, currency signs, scale words ("1.5 billion"),
//! typographic operators and English phrases become what the parser reads. It computes nothing, and leaves what it
//! does not know as it is.

use super::{
    error::CalcError,
    parse::function,
    pattern::{Rewrites, regex},
    precision::{Precision, take_precision},
    units::MONEY,
};
use regex::Regex;
use std::{collections::BTreeSet, sync::LazyLock};

/// The expression without its decoration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Normalised {
    pub expression: String,
    pub precision: Option<Precision>,
    /// How it was read, where it could be read otherwise.
    pub note: Option<String>,
    /// The one currency, as it was written; in the expression it is [`MONEY`].
    pub currency: Option<String>,
}

static SPACES: LazyLock<Regex> = LazyLock::new(|| regex(r"\s+"));
static LATEX: LazyLock<Rewrites> = LazyLock::new(|| Rewrites::new(include_str!("latex.txt")));
static PHRASES: LazyLock<Rewrites> = LazyLock::new(|| Rewrites::new(include_str!("phrases.txt")));

/// How deep LaTeX's braces may be nested.
const MAX_BRACES: usize = 16;

/// Errors: two currencies in one expression, or more than 1,000 digits asked for.
pub fn normalise(text: &str) -> Result<Normalised, CalcError> {
    let mut text = text.replace(['\n', '\r', '\t'], " ");
    if text.contains('\\') || text.trim().ends_with('$') {
        for _ in 0..MAX_BRACES {
            text = LATEX.apply(text);
        }
    }
    let text = strip_wrapping(&superscripts(&text.chars().map(plain_char).collect::<String>()));
    let note = one_number(&text);
    let (text, precision) = take_precision(PHRASES.apply(text).trim())?;
    let text = match (text.strip_prefix("round "), precision) {
        (Some(rest), Some(_)) => rest.trim_start_matches("off ").to_owned(),
        _ => text,
    };
    let text = polymath_quantity::plainly(&text, |at| commas_separate(&text, at));
    let (text, currency) = take_currency(&text)?;
    let expression = SPACES.replace_all(text.trim(), " ").into_owned();
    Ok(Normalised { expression, precision, note, currency })
}

/// Typographic variants of the characters arithmetic is written in.
fn plain_char(c: char) -> char {
    match c {
        '−' | '–' | '—' | '‐' | '‑' => '-',
        '✕' => '×',
        '·' | '∙' | '⋅' | '∗' => '*',
        '÷' | '⁄' | '∕' => '/',
        '{' | '【' => '(',
        '}' | '】' => ')',
        '。' => '.',
        // The full-width block mirrors ASCII.
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(c as u32 - 0xfee0).unwrap_or(c),
        c => c,
    }
}

/// `10⁻³` as `10^-3`.
fn superscripts(text: &str) -> String {
    const RAISED: &str = "⁰¹²³⁴⁵⁶⁷⁸⁹";
    let mut out = String::with_capacity(text.len());
    let mut raised = false;
    for c in text.chars() {
        let digit = RAISED.chars().zip('0'..='9').find(|(sign, _)| *sign == c).map(|(_, digit)| digit);
        let plain = digit.or((c == '⁻').then_some('-'));
        if plain.is_some() && !raised {
            out.push('^');
        }
        raised = plain.is_some();
        out.push(plain.unwrap_or(c));
    }
    out
}

/// What is said of `5×10^2` behind a stroke: every page writes one number so, but it could be two.
fn one_number(text: &str) -> Option<String> {
    static DIVISOR: LazyLock<Regex> = LazyLock::new(|| regex(r"/\s*(\d[\d.,]*(?: ?[×x] ?|\*)10 ?\^ ?\(?[+-]?\d+)"));
    DIVISOR.captures(text).map(|found| format!("`{}` was read as one number.", &found[1]))
}

/// Drops "What is …?", a leading or trailing "=", and code or maths delimiters around the whole.
fn strip_wrapping(text: &str) -> String {
    static LEAD: LazyLock<Regex> = LazyLock::new(|| {
        regex(r"(?i)^\s*(?:(?:what(?:'s| is)|calculate|compute|evaluate|convert|how much is)\b[:\s]*)?=?\s*")
    });
    let text = text.trim().trim_matches(['`', '"']).trim_end_matches(['?', '=', '.', ';', ' ', '？']);
    LEAD.replace(text, "").into_owned()
}

/// Whether a comma in the number at `at` separates: in the arguments of a function, or in a list. There
/// `max(1,200)` has two; but where some commas are followed by a space, as in `max(1,200, 3,400)`, those separate
/// and the others group.
fn commas_separate(text: &str, at: usize) -> bool {
    let mut depth = 0usize;
    let Some(open) = text[..at].char_indices().rev().find_map(|(i, c)| match c {
        ')' | ']' => {
            depth += 1;
            None
        }
        '(' | '[' if depth == 0 => Some(i),
        '(' | '[' => {
            depth -= 1;
            None
        }
        _ => None,
    }) else {
        return false;
    };
    let before = text[..open].trim_end_matches(['(', ' ']);
    let name = before.rsplit(|c: char| !(c.is_alphanumeric() || c == '_')).next().unwrap_or_default();
    let takes_several = text[open..].starts_with('[') || function(name).is_some_and(|f| f.most > 1);
    let inside = text[open..].split([')', ']']).next().unwrap_or_default();
    takes_several && !inside.contains(", ")
}

/// Puts one name for the one currency of an expression. Two are refused: there are no exchange rates here.
fn take_currency(text: &str) -> Result<(String, Option<String>), CalcError> {
    let marks = polymath_quantity::currencies(text);
    let mut seen: BTreeSet<&str> = marks.iter().map(|(_, name)| *name).collect();
    if seen.contains("CNY") || seen.contains("JPY") {
        seen.remove("¥"); // the sign of both
    }
    if seen.len() > 1 {
        let names = seen.into_iter().collect::<Vec<_>>().join(" and ");
        return Err(CalcError::Arguments(format!(
            "the expression mixes {names} and there are no exchange rates here; write the rate into the expression, as in `100 * 1.08`"
        )));
    }
    let written = marks.first().map(|(at, _)| text[at.clone()].to_owned());
    let mut text = text.to_owned();
    for (at, _) in marks.into_iter().rev() {
        let letter = |c: Option<char>| if c.is_some_and(char::is_alphanumeric) { " " } else { "" };
        let (before, after) = (letter(text[..at.start].chars().next_back()), letter(text[at.end..].chars().next()));
        text.replace_range(at, &format!("{before}{MONEY}{after}"));
    }
    Ok((text, written))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[track_caller]
    fn check(text: &str, want: &str) {
        assert_eq!(normalise(text).unwrap().expression, want, "{text}");
    }

    #[test]
    fn writes_numbers_plainly() {
        check("17.5% of 2,340", "17.5% of 2340");
        check("1,234,567.89 * 2", "1234567.89 * 2");
        check("1,00,000 / 4", "100000 / 4");
        check("max(1,200)", "max(1,200)");
        check("max(1,200, 3,400)", "max(1200, 3400)");
        check("1_000_000 + 1", "1000000 + 1");
        check("$1.5 billion / $300 million", "currency 1500000000 / currency 300000000");
        check("3.5B/7.3bn", "3500000000 /7300000000");
        check("$4.5m + 2", "currency 4500000 + 2");
        check("4.5 m to ft", "4.5 m to ft");
        check("0.0005k", "0.5");
        check("0.0000005 thousand", "0.0005");
        check("1.5亿 / 3万", "150000000 / 30000");
        check("5 km to miles", "5 km to miles");
        check("2e9 / 3", "2e9 / 3");
    }

    #[test]
    fn understands_typography_and_phrases() {
        check("√2", "sqrt 2");
        check("2 × 3 ÷ 4 − 1", "2 * 3 / 4 - 1");
        check("2**10", "2^10");
        check("１２＋３", "12+3");
        check("What is 17.5% of 2,340 plus the square root of 2?", "17.5% of 2340 + sqrt 2");
        check("5 squared times π", "5 ^2 * pi");
        check("=2+2", "2+2");
        check("2+2=", "2+2");
        check("`math.sqrt(16)`", "sqrt(16)");
    }

    #[test]
    fn takes_the_precision_off() {
        let precision = |text: &str| {
            let n = normalise(text).unwrap();
            (n.expression, n.precision)
        };
        let want = |e: &str, p| (e.to_owned(), Some(p));
        assert_eq!(precision("sqrt(2) to 20 digits"), want("sqrt(2)", Precision::Digits(20)));
        assert_eq!(precision("sqrt(2) to 20 decimal places"), want("sqrt(2)", Precision::Places(20)));
        assert_eq!(precision("sqrt(2), rounded to 5 dp"), want("sqrt(2)", Precision::Places(5)));
        assert_eq!(precision("pi to 10 significant digits"), want("pi", Precision::Significant(10)));
        assert_eq!(precision("pi (12 sf)"), want("pi", Precision::Significant(12)));
        assert_eq!(precision("1/3 with 8 digits after the decimal point"), want("1/3", Precision::Places(8)));
        assert_eq!(precision("2 + (sqrt(2) to 20 digits)"), want("2 + ( sqrt(2))", Precision::Digits(20)));
        assert_eq!(precision("sqrt(2), 20 digits"), want("sqrt(2)", Precision::Digits(20)));
        assert_eq!(precision("2 + 20"), ("2 + 20".to_owned(), None));
        assert!(normalise("pi to 1000000 digits").is_err());
    }

    #[test]
    fn one_currency_has_one_name_and_two_are_refused() {
        check("$5 + $3", "currency 5 + currency 3");
        check("US$100 * 2", "currency 100 * 2");
        check("2 €/kg", "2 currency/kg");
        assert!(normalise("5 USD to EUR").is_err());
        assert!(normalise("$5 + €3").is_err());
    }
}
