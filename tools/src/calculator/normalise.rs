//! What people and models write, turned into plain arithmetic text.
//!
//! A pure function of the text: thousands separators, currency signs, scale words ("1.5 billion"),
//! typographic operators and a few English phrases become what the evaluator and fend both read.
//! It computes nothing, and leaves what it does not know as it is.

use super::error::CalcError;
use regex::Regex;
use std::{collections::BTreeSet, sync::LazyLock};

/// How exactly the result is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Precision {
    /// "to 20 digits": decimal places or significant digits, the asker did not say which.
    Digits(usize),
    /// Digits after the decimal point.
    Places(usize),
    /// Digits from the first one that is not zero.
    Significant(usize),
}

/// The expression without its decoration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Normalised {
    pub expression: String,
    pub precision: Option<Precision>,
}

/// The longest result anybody may ask for, in digits.
const MAX_DIGITS: usize = 1_000;

/// Errors: two currencies in one expression, or more than 1,000 digits asked for.
pub fn normalise(text: &str) -> Result<Normalised, CalcError> {
    let text: String = text.chars().map(plain_char).collect();
    let mut text = strip_wrapping(&text);
    for (pattern, replacement) in PHRASES.iter() {
        if pattern.is_match(&text) {
            text = pattern.replace_all(&text, *replacement).into_owned();
        }
    }
    let (text, precision) = take_precision(text.trim())?;
    let text = polymath_quantity::plainly(&text, |at| commas_separate(&text, at));
    let text = strip_currency(&text)?;
    let expression = SPACES.replace_all(text.trim(), " ").into_owned();
    Ok(Normalised { expression, precision })
}

/// Typographic variants of the characters arithmetic is written in.
fn plain_char(c: char) -> char {
    match c {
        '−' | '–' | '—' | '‐' | '‑' => '-',
        '×' | '·' | '∙' | '⋅' | '✕' | '∗' => '*',
        '÷' | '⁄' | '∕' => '/',
        '[' | '{' | '【' => '(',
        ']' | '}' | '】' => ')',
        '。' => '.',
        '\n' | '\r' | '\t' => ' ',
        // The full-width block mirrors ASCII.
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(c as u32 - 0xfee0).unwrap_or(c),
        c => c,
    }
}

type Phrase = (Regex, &'static str);

fn regex(pattern: &str) -> Regex {
    #[allow(clippy::expect_used)] // The patterns are constants of this file, each compiled by its tests.
    Regex::new(pattern).expect("a valid pattern")
}

static SPACES: LazyLock<Regex> = LazyLock::new(|| regex(r"\s+"));

/// In order; the left sides ignore case.
static PHRASES: LazyLock<Vec<Phrase>> = LazyLock::new(|| {
    [
        (r"(?i)\b(?:the )?(?:square root|sqrt) of\b", " sqrt "),
        (r"(?i)\b(?:the )?(?:cube root|cbrt) of\b", " cbrt "),
        (r"(?i)\b(?:the )?natural log(?:arithm)? of\b", " ln "),
        (r"(?i)\bsquare root\b", " sqrt "),
        (r"(?i)\bmath\.|\bnp\.", ""),
        (r"√", " sqrt "),
        (r"∛", " cbrt "),
        (r"π", " pi "),
        (r"½", "(1/2)"),
        (r"¼", "(1/4)"),
        (r"¾", "(3/4)"),
        (r"²", "^2"),
        (r"³", "^3"),
        (r"(?i)\bto the power of\b", "^"),
        (r"(?i)\bsquared\b", "^2"),
        (r"(?i)\bcubed\b", "^3"),
        (r"(?i)\bmultiplied by\b|\btimes\b|乘以", "*"),
        (r"(?i)\bdivided by\b|除以", "/"),
        (r"(?i)\bplus\b|加上?", "+"),
        (r"(?i)\bminus\b|减去?", "-"),
        (r"(?i)\bper ?cent\b|\bpct\b", "%"),
        (r"(?i)\bthe\b", " "),
        (r"\*\*", "^"),
    ]
    .into_iter()
    .map(|(pattern, replacement)| (regex(pattern), replacement))
    .collect()
});

/// Drops "What is …?", a leading or trailing "=", and code or maths delimiters around the whole.
fn strip_wrapping(text: &str) -> String {
    static LEAD: LazyLock<Regex> =
        LazyLock::new(|| regex(r"(?i)^\s*(?:(?:what(?:'s| is)|calculate|compute|evaluate|how much is)\b[:\s]*)?=?\s*"));
    let text = text.trim().trim_matches(['`', '"']).trim_end_matches(['?', '=', '.', ';', ' ', '？']);
    LEAD.replace(text, "").into_owned()
}

/// Takes "… to 20 digits" out: at the end, or after a part of the expression.
fn take_precision(text: &str) -> Result<(String, Option<Precision>), CalcError> {
    const AMOUNT: &str = concat!(
        r"(\d+)\s*(decimal places|decimal digits|decimals|d\.?p\.?|places|",
        r"significant (?:digits|figures)|sig(?:nificant)?\.? ?figs?|s\.?f\.?|digits)\b",
        r"(?:\s+of\s+precision|\s+after\s+decimal\s+point)?"
    );
    static FORMS: LazyLock<[Regex; 3]> = LazyLock::new(|| {
        [
            regex(&format!(r"(?i)\s*\(\s*(?:(?:rounded )?to |with )?{AMOUNT}\s*\)")),
            regex(&format!(r"(?i)[\s,]*(?:(?:rounded|accurate|correct)\s+)?\b(?:to|with|at)\s+{AMOUNT}")),
            regex(&format!(r"(?i)[\s,]+{AMOUNT}$")),
        ]
    });
    let Some(found) = FORMS.iter().find_map(|form| form.captures(text)) else { return Ok((text.to_owned(), None)) };
    let digits: usize = found[1].parse().unwrap_or(usize::MAX);
    if digits > MAX_DIGITS {
        return Err(CalcError::Arguments(format!(
            "{} digits were asked for and the limit is {MAX_DIGITS}; ask for fewer",
            &found[1]
        )));
    }
    let word = found[2].to_lowercase();
    let precision = match word.as_str() {
        "digits" if found[0].contains("after") => Precision::Places(digits),
        "digits" => Precision::Digits(digits.max(1)),
        w if w.starts_with('s') => Precision::Significant(digits.max(1)),
        _ => Precision::Places(digits),
    };
    Ok((text.replacen(&found[0], "", 1), Some(precision)))
}

/// Functions in whose arguments a comma separates, however the digits beside it look.
const COMMA_CALLS: &[&str] = &[
    "max", "min", "sum", "avg", "mean", "average", "median", "round", "log", "root", "pow", "gcd", "lcm", "mod",
    "comb", "choose", "ncr", "perm", "npr",
];

/// Whether the number at `at` stands directly in the argument list of a function of several
/// arguments. There `max(1,200)` has two; but where some commas are followed by a space, as in
/// `max(1,200, 3,400)`, those separate and the others group.
fn commas_separate(text: &str, at: usize) -> bool {
    let mut depth = 0usize;
    let Some(open) = text[..at].char_indices().rev().find_map(|(i, c)| match c {
        ')' => {
            depth += 1;
            None
        }
        '(' if depth == 0 => Some(i),
        '(' => {
            depth -= 1;
            None
        }
        _ => None,
    }) else {
        return false;
    };
    let name: String =
        text[..open].trim_end_matches(['(', ' ']).chars().rev().take_while(|c| c.is_alphanumeric()).collect();
    let name: String = name.chars().rev().collect::<String>().to_lowercase();
    let inside = text[open..].split(')').next().unwrap_or("");
    COMMA_CALLS.contains(&name.as_str()) && !inside.contains(", ")
}

/// Money is computed in its own unit: one currency's signs are dropped, two are refused, because
/// there are no exchange rates here.
fn strip_currency(text: &str) -> Result<String, CalcError> {
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
    let mut bare = text.to_owned();
    for (at, _) in marks.into_iter().rev() {
        bare.replace_range(at, "");
    }
    Ok(bare)
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
        check("$1.5 billion / $300 million", "1500000000 / 300000000");
        check("3.5B/7.3bn", "3500000000 /7300000000");
        check("$4.5m + 2", "4500000 + 2");
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
        assert_eq!(precision("2 + (sqrt(2) to 20 digits)"), want("2 + (sqrt(2))", Precision::Digits(20)));
        assert_eq!(precision("sqrt(2), 20 digits"), want("sqrt(2)", Precision::Digits(20)));
        assert_eq!(precision("2 + 20"), ("2 + 20".to_owned(), None));
        assert!(normalise("pi to 1000000 digits").is_err());
    }

    #[test]
    fn one_currency_is_dropped_two_are_refused() {
        check("$5 + $3", "5 + 3");
        check("US$100 * 2", "100 * 2");
        check("20% of 1.5 billion USD", "20% of 1500000000");
        assert!(normalise("5 USD to EUR").is_err());
        assert!(normalise("$5 + €3").is_err());
    }
}
