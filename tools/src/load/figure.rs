//! Figures as people write them with points, commas, apostrophes and spaces, before anybody knows
//! which of these is the decimal mark.

use std::borrow::Cow;

/// The decimal mark.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mark {
    Point,
    Comma,
}

/// The one figure of a cell, with what stands around it (a currency, a unit).
#[derive(Debug)]
pub struct Figure<'a> {
    before: &'a str,
    after: &'a str,
    /// Digits with points and commas only.
    digits: Cow<'a, str>,
    says: Says,
}

/// What a figure says about the decimal mark.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Says {
    /// Digits only.
    Nothing,
    Mark(Mark),
    /// Three digits behind the only mark: `1.234`.
    Either,
}

/// Longest currency before and unit behind a figure, in characters.
const BEFORE: usize = 8;
const AFTER: usize = 20;
const SPACES: [char; 6] = [' ', '\u{a0}', '\u{202f}', '\u{2009}', '\'', '’'];

/// The figure of `text`, if it is one figure that can be read with one of the marks.
pub fn figure(text: &str) -> Option<Figure<'_>> {
    let first = text.find(|c: char| c.is_ascii_digit())?;
    let last = text.rfind(|c: char| c.is_ascii_digit())?;
    // ".5" and ",5" begin with their mark.
    let start = match text[..first].chars().last() {
        Some('.' | ',') if !text[..first - 1].ends_with(char::is_alphanumeric) => first - 1,
        _ => first,
    };
    let (before, after) = (&text[..start], &text[last + 1..]);
    if before.chars().count() > BEFORE || after.chars().count() > AFTER || names_something(before) {
        return None;
    }
    let digits = without_spaces(&text[start..=last])?;
    let says = says(&digits)?;
    Some(Figure { before, after, digits, says })
}

impl Figure<'_> {
    /// The decimal mark that this figure can only have.
    pub fn mark(&self) -> Option<Mark> {
        match self.says {
            Says::Mark(mark) => Some(mark),
            _ => None,
        }
    }

    /// It can be read with either mark, as two numbers.
    pub fn is_ambiguous(&self) -> bool {
        self.says == Says::Either
    }

    /// The same with a decimal point and nothing between its thousands.
    pub fn plain(&self, mark: Mark) -> String {
        let digits = match mark {
            Mark::Point => self.digits.replace(',', ""),
            Mark::Comma => self.digits.replace('.', "").replace(',', "."),
        };
        // Half of Europe writes the currency behind the figure; in front everybody reads it.
        match self.after.trim() {
            sign @ ("€" | "$" | "£" | "¥" | "₹") if self.before.is_empty() => format!("{sign}{digits}"),
            _ => format!("{}{digits}{}", self.before, self.after),
        }
    }
}

/// A number of digits alone, or with one decimal point among them, and a minus or not: whether it has the point, and
/// whether a mark before three digits can be one of thousands. Most figures of large files are written so.
pub fn simple(text: &str) -> Option<(bool, bool)> {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let all = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
    match digits.split_once('.') {
        None => all(digits).then_some((false, false)),
        Some((whole, fraction)) => {
            (all(whole) && all(fraction)).then(|| (true, alone(digits, '.', Mark::Point) == Says::Either))
        }
    }
}

/// "v1.2" and "A4" name something; "EUR1.20" and "R$5" don't.
fn names_something(before: &str) -> bool {
    let word: String = before.chars().rev().take_while(|c| c.is_alphanumeric()).collect();
    let word: String = word.chars().rev().collect();
    let currency =
        ["EUR", "USD", "GBP", "CHF", "CNY", "RMB", "JPY", "INR", "SEK", "NOK", "DKK", "PLN", "CZK", "KR", "RS"];
    word.chars().any(|c| c.is_ascii_alphanumeric()) && !currency.contains(&word.to_uppercase().as_str())
}

/// Without spaces and apostrophes before three digits each; `None` if they stand anywhere else.
fn without_spaces(digits: &str) -> Option<Cow<'_, str>> {
    let plain = |digits: &str| digits.bytes().all(|b| b.is_ascii_digit() || b".,".contains(&b));
    if plain(digits) {
        return Some(Cow::Borrowed(digits));
    }
    let groups: Vec<&str> = digits.split(SPACES).collect();
    let end = groups.len() - 1;
    let right = groups.iter().enumerate().all(|(at, group)| {
        let whole = if at == end { group.split(['.', ',']).next().unwrap_or("") } else { group };
        let fits = if at == 0 { (1..=3).contains(&whole.len()) } else { whole.len() == 3 };
        fits && whole.chars().all(|c| c.is_ascii_digit())
    });
    let joined = groups.concat();
    (right && plain(&joined)).then_some(Cow::Owned(joined))
}

fn says(digits: &str) -> Option<Says> {
    let (points, commas) = (digits.matches('.').count(), digits.matches(',').count());
    let decimal = |mark| Some(Says::Mark(mark));
    match (points, commas) {
        (0, 0) => Some(Says::Nothing),
        (1, 0) => Some(alone(digits, '.', Mark::Point)),
        (0, 1) => Some(alone(digits, ',', Mark::Comma)),
        (0, _) if grouped(digits, ',') => decimal(Mark::Point),
        (_, 0) if grouped(digits, '.') => decimal(Mark::Comma),
        (1, _) if digits.rfind(',') < digits.find('.') => {
            grouped(digits.split('.').next()?, ',').then_some(Says::Mark(Mark::Point))
        }
        (_, 1) if digits.rfind('.') < digits.find(',') => {
            grouped(digits.split(',').next()?, '.').then_some(Says::Mark(Mark::Comma))
        }
        _ => None,
    }
}

/// What one mark in all says.
fn alone(digits: &str, sign: char, mark: Mark) -> Says {
    let (whole, fraction) = digits.split_once(sign).unwrap_or((digits, ""));
    let thousands = fraction.len() == 3 && (1..=3).contains(&whole.len()) && !whole.starts_with('0');
    if thousands { Says::Either } else { Says::Mark(mark) }
}

/// Groups of three digits behind the first, or of two but for the last (India's lakhs).
fn grouped(digits: &str, sign: char) -> bool {
    let groups: Vec<usize> = digits.split(sign).map(str::len).collect();
    let Some((last, rest)) = groups.split_last() else { return false };
    let Some((first, middle)) = rest.split_first() else { return false };
    let even = |size: usize| middle.iter().all(|n| *n == size);
    *last == 3 && (1..=3).contains(first) && (even(3) || (*first <= 2 && even(2)))
}
