//! The numbers, words and signs of arithmetic text.

use super::error::CalcError;
use dashu_int::UBig;
use dashu_ratio::RBig;

#[derive(Debug, Clone, PartialEq)]
pub enum Token {
    Number(RBig),
    Word(String),
    Sign(char),
    FloorDivide,
}

impl Token {
    pub fn show(&self) -> String {
        match self {
            Token::Number(n) => format!("number {n}"),
            Token::Word(w) => format!("`{w}`"),
            Token::Sign(c) => format!("`{c}`"),
            Token::FloorDivide => "`//`".into(),
        }
    }
}

/// A token, and where it begins and ends, in bytes.
pub type Placed = (Token, usize, usize);

/// Errors: a sign that arithmetic does not have, or a number that can't be read.
pub fn tokens(text: &str) -> Result<Vec<Placed>, CalcError> {
    let mut out = Vec::new();
    let mut rest = text.trim_start();
    while let Some(first) = rest.chars().next() {
        let letter = |c: char| c.is_alphabetic() || c == 'µ';
        let scale = first == '°' && rest[first.len_utf8()..].starts_with(letter);
        let (token, length) = if first.is_ascii_digit() || first == '.' {
            let (value, length) = read_number(rest)?;
            (Token::Number(value), length)
        } else if first.eq_ignore_ascii_case(&'x') && is_times(out.last(), &rest[1..]) {
            (Token::Sign('*'), 1)
        } else if letter(first) || scale {
            let tail = first.len_utf8();
            let length = rest[tail..].find(|c: char| !(c.is_alphanumeric() || c == '_'));
            let length = length.map_or(rest.len(), |length| tail + length);
            (Token::Word(rest[..length].to_owned()), length)
        } else if rest.starts_with("//") {
            (Token::FloorDivide, 2)
        } else if "+-*/^%!(),°[]".contains(first) {
            (Token::Sign(first), first.len_utf8())
        } else {
            return Err(CalcError::Unknown(first.to_string()));
        };
        let start = text.len() - rest.len();
        out.push((token, start, start + length));
        rest = rest[length..].trim_start();
    }
    Ok(out)
}

/// Whether an `x` between these two is a times sign: `3 x 4`.
fn is_times(before: Option<&Placed>, behind: &str) -> bool {
    matches!(before, Some((Token::Number(_) | Token::Sign(')' | '%'), ..)))
        && behind.trim_start().starts_with(|c: char| c.is_ascii_digit() || "(.".contains(c))
}

/// Reads the number that `text` begins with, exactly, and its length; an exponent counts when digits follow
/// the `e`. Errors: a lone point, or an exponent beyond ±10,000.
fn read_number(text: &str) -> Result<(RBig, usize), CalcError> {
    let digits = |s: &str| s.find(|c: char| !c.is_ascii_digit()).unwrap_or(s.len());
    for (mark, radix) in [("0x", 16), ("0b", 2), ("0o", 8)] {
        let Some(rest) = text.strip_prefix(mark) else { continue };
        let length = rest.find(|c: char| !c.is_ascii_hexdigit()).unwrap_or(rest.len());
        if let Ok(value) = UBig::from_str_radix(&rest[..length], radix) {
            return Ok((RBig::from_parts(value.into(), UBig::ONE), length + mark.len()));
        }
    }
    let whole = digits(text);
    let fraction = text[whole..].strip_prefix('.').map_or(0, |rest| 1 + digits(rest));
    let mut length = whole + fraction;
    let mut power: i64 = 0;
    if let Some(exponent) = text[length..].strip_prefix(['e', 'E']) {
        let sign = usize::from(exponent.starts_with(['+', '-']));
        let count = digits(&exponent[sign..]);
        if count > 0 {
            length += 1 + sign + count;
            power = exponent[..sign + count].parse().unwrap_or(i64::MAX);
        }
    }
    if power.unsigned_abs() > 10_000 {
        return Err(CalcError::Arguments(format!("`{}` is out of range: exponents go to 10000", &text[..length])));
    }
    let value: UBig = text[..whole + fraction]
        .replace('.', "")
        .parse()
        .map_err(|_| CalcError::Arguments(format!("`{}` is not a number that can be read", &text[..length])))?;
    power -= fraction.saturating_sub(1) as i64;
    let scale = UBig::from(10u8).pow(power.unsigned_abs() as usize);
    let value = if power < 0 { (value, scale) } else { (value * scale, UBig::ONE) };
    Ok((RBig::from_parts(value.0.into(), value.1), length))
}
