//! How exactly a result is wanted: `… to 20 digits`, `… rounded to 2 decimal places`.

use super::{error::CalcError, pattern::regex};
use regex::Regex;
use std::sync::LazyLock;

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

/// The longest result anybody may ask for, in digits.
pub const MAX_DIGITS: usize = 1_000;

/// Takes "… to 20 digits" out: at the end, or after a part of the expression.
pub fn take_precision(text: &str) -> Result<(String, Option<Precision>), CalcError> {
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
