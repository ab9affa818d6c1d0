//! Numbers as text: exact where that is short enough, otherwise rounded, and saying which.

use super::{
    error::CalcError,
    evaluate::Outcome,
    number::{Arithmetic, Number, decimal_magnitude},
    precision::{MAX_DIGITS, Precision},
};
use dashu_base::{BitTest, Signed, UnsignedAbs};
use dashu_float::DBig;
use dashu_int::{IBig, UBig};
use dashu_ratio::RBig;

/// Significant digits of a rounded result nobody gave a precision for.
pub const DEFAULT_DIGITS: usize = 12;
/// Exact results up to this long are written in full.
const MAX_EXACT_DIGITS: usize = 350;
/// Exact decimals up to this many places are written in full.
const MAX_EXACT_PLACES: usize = 20;

/// Up to this many digits, "to n digits" is answered in both of its meanings.
const BOTH_READINGS: usize = 60;

/// The significant digits that must be right for the result to be printed.
pub fn digits_needed(precision: Option<Precision>, magnitude: isize) -> usize {
    match precision {
        None => DEFAULT_DIGITS,
        Some(Precision::Significant(n)) => n,
        // Places go on from the digits before the point.
        Some(Precision::Digits(n) | Precision::Places(n)) => n + magnitude.max(0) as usize + 1,
    }
}

/// The result as the model reads it: the number first with its `unit`, then how exact it is, then, a line each, how
/// the expression was read.
pub fn print(outcome: &Outcome, precision: Option<Precision>, unit: &str) -> Result<String, CalcError> {
    let value = &outcome.value;
    let unit = if unit.is_empty() { String::new() } else { format!(" {unit}") };
    let mut text = match (precision, &value.number) {
        (None, number) if value.percent => {
            let percent = default(&hundredfold(number)?, "%")?;
            format!("{percent} (= {})", default(number, "")?.trim_start_matches("approx. "))
        }
        (None, number) => default(number, &unit)?,
        (Some(precision), number) if value.percent => rounded(&hundredfold(number)?, precision, "%")?,
        (Some(precision), number) => rounded(number, precision, &unit)?,
    };
    for note in &outcome.notes {
        text.push('\n');
        text.push_str(note);
    }
    Ok(text)
}

fn hundredfold(number: &Number) -> Result<Number, CalcError> {
    Arithmetic::new(2 * MAX_DIGITS).multiply(number, &Number::Exact(RBig::from(100u8)))
}

fn default(number: &Number, unit: &str) -> Result<String, CalcError> {
    let exact = match number {
        Number::Exact(x) => exact_text(x).map(|text| (text, in_words(x))),
        Number::Approximate(_) => None,
    };
    Ok(match exact {
        Some((text, Some(words))) => format!("{text}{unit} ({words}{unit})"),
        Some((text, None)) => format!("{text}{unit}"),
        None => format!("{}{unit}", approximate(number)?),
    })
}

fn approximate(number: &Number) -> Result<String, CalcError> {
    let float = Arithmetic::new(DEFAULT_DIGITS + 8).float(number)?;
    let text = significant(&float, DEFAULT_DIGITS);
    let text = if text.contains('.') && !text.contains('e') {
        text.trim_end_matches('0').trim_end_matches('.').to_owned()
    } else {
        text
    };
    Ok(format!("approx. {text}"))
}

/// All digits of an integer or terminating decimal, when there are not too many.
fn exact_text(x: &RBig) -> Option<String> {
    if x.numerator().bit_len() > 4 * MAX_EXACT_DIGITS || x.denominator().bit_len() > 4 * MAX_EXACT_PLACES {
        return None;
    }
    let ten = UBig::from(10u8);
    let mut scale = UBig::ONE;
    for places in 0..=MAX_EXACT_PLACES {
        if (&scale % x.denominator()).is_zero() {
            let digits = x.numerator() * IBig::from(scale / x.denominator());
            let text = place_point(&digits, places);
            return (text.len() <= MAX_EXACT_DIGITS).then_some(text);
        }
        scale *= &ten;
    }
    None
}

/// `1.5 billion` for 1500000000: small models mistake rows of zeros.
fn in_words(x: &RBig) -> Option<String> {
    let number = x.numerator();
    if !x.denominator().is_one() || number.bit_len() > 60 {
        return None;
    }
    let number = i64::try_from(number).ok()?;
    let (unit, name) = match number.unsigned_abs() {
        1_000_000..1_000_000_000 => (1_000_000u64, "million"),
        1_000_000_000..1_000_000_000_000 => (1_000_000_000, "billion"),
        1_000_000_000_000..1_000_000_000_000_000 => (1_000_000_000_000, "trillion"),
        _ => return None,
    };
    let short = exact_text(&RBig::from_parts(number.into(), UBig::from(unit)))?;
    (short.len() <= 6).then(|| format!("{short} {name}"))
}

fn rounded(number: &Number, precision: Precision, unit: &str) -> Result<String, CalcError> {
    let note = |text: String, n: usize, kind: &str, exact: bool| {
        if exact { format!("{text}{unit} (exact)") } else { format!("{text}{unit} (approx.: rounded to {n} {kind})") }
    };
    match precision {
        Precision::Places(n) => {
            let (text, exact) = places(number, n)?;
            Ok(note(text, n, "decimal places", exact))
        }
        Precision::Significant(n) => {
            let (text, exact) = significant_of(number, n)?;
            Ok(note(text, n, "significant digits", exact))
        }
        // Both readings, the longer one first; of very long ones that one alone.
        Precision::Digits(n) => {
            let (long, exact) = places(number, n)?;
            let (short, _) = significant_of(number, n)?;
            if exact || long == short {
                return Ok(note(short, n, "digits", exact));
            }
            let count = |s: &str| {
                let mantissa = s.split('e').next().unwrap_or(s);
                mantissa.chars().filter(char::is_ascii_digit).skip_while(|c| *c == '0').count()
            };
            let (first, kind, second, other) = if count(&long) > count(&short) {
                (long, "decimal places", short, "significant digits")
            } else {
                (short, "significant digits", long, "decimal places")
            };
            if n > BOTH_READINGS {
                return Ok(note(first, n, kind, false));
            }
            Ok(format!("{first}{unit} (approx.: rounded to {n} {kind}; to {n} {other} it is {second})"))
        }
    }
}

/// `n` digits after the point, and whether nothing was lost.
fn places(number: &Number, n: usize) -> Result<(String, bool), CalcError> {
    match number {
        Number::Exact(x) => {
            let scaled = x * RBig::from_parts(IBig::from(10u8).pow(n), UBig::ONE);
            let exact = scaled.denominator().is_one();
            Ok((place_point(&scaled.round(), n), exact))
        }
        Number::Approximate(x) => {
            let magnitude = decimal_magnitude(x);
            if magnitude > 1_000 {
                return Ok((significant(x, n.max(1)), false));
            }
            let keep = magnitude + n as isize;
            if keep < 0 {
                return Ok((place_point(&IBig::ZERO, n), false));
            }
            // One digit more than asked when everything is rounded away, so that 0.6 becomes 1.
            let rounded = if keep == 0 {
                let first = x.clone().with_precision(1).value();
                let up = first.repr().significand().unsigned_abs() >= UBig::from(5u8);
                let unit = if up { IBig::ONE } else { IBig::ZERO };
                if first.repr().significand().is_negative() { -unit } else { unit }
            } else {
                let r = x.clone().with_precision(keep as usize).value();
                let shift = r.repr().exponent() + n as isize;
                r.repr().significand() * IBig::from(10u8).pow(shift.max(0) as usize)
            };
            Ok((place_point(&rounded, n), false))
        }
    }
}

fn significant_of(number: &Number, n: usize) -> Result<(String, bool), CalcError> {
    let exact = match number {
        Number::Exact(x) => exact_text(x),
        Number::Approximate(_) => None,
    };
    if let Some(text) = exact
        && text.chars().filter(char::is_ascii_digit).count() <= n
    {
        return Ok((text, true));
    }
    // Exact fractions are rounded once, directly to the digits asked for.
    let float = Arithmetic::new(n).float(number)?;
    Ok((significant(&float, n), false))
}

/// `n` significant digits, as a plain decimal or, far from one, in scientific notation.
fn significant(x: &DBig, n: usize) -> String {
    let rounded = x.clone().with_precision(n).value();
    let digits = rounded.repr().significand().unsigned_abs().to_string();
    if digits == "0" {
        return "0".into();
    }
    let sign = if rounded.repr().significand().is_negative() { "-" } else { "" };
    let padded = format!("{digits}{}", "0".repeat(n.saturating_sub(digits.len())));
    let magnitude = decimal_magnitude(&rounded);
    if magnitude > n.max(21) as isize || magnitude < -5 {
        let (first, rest) = padded.split_at(1);
        let rest = rest.trim_end_matches('0');
        let point = if rest.is_empty() { "" } else { "." };
        return format!("{sign}{first}{point}{rest}e{}", magnitude - 1);
    }
    if magnitude >= padded.len() as isize {
        return format!("{sign}{padded}{}", "0".repeat(magnitude as usize - padded.len()));
    }
    if magnitude <= 0 {
        return format!("{sign}0.{}{padded}", "0".repeat(magnitude.unsigned_abs()));
    }
    let (whole, fraction) = padded.split_at(magnitude as usize);
    format!("{sign}{whole}.{fraction}")
}

/// `digits` × 10^-`places`, written out.
fn place_point(digits: &IBig, places: usize) -> String {
    let text = digits.unsigned_abs().to_string();
    let sign = if digits.is_negative() { "-" } else { "" };
    if places == 0 {
        return format!("{sign}{text}");
    }
    let text = format!("{}{text}", "0".repeat((places + 1).saturating_sub(text.len())));
    let (whole, fraction) = text.split_at(text.len() - places);
    format!("{sign}{whole}.{fraction}")
}
