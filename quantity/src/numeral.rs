//! Digits with their separators, and what they can mean: `1,234.5`, `1.234,5`, `12 345`, `1'000`,
//! `1,00,000`, `2½`.

use crate::Style;
use crate::lexicon::Habit;

/// Groups of digits that a number may have before it is no number.
const MOST_GROUPS: usize = 16;

/// A run of digits and separators, not yet understood.
#[derive(Debug, Clone)]
pub struct Run {
    pub start: usize,
    /// Lengths of the groups of digits, and the separator before each: `,`, `.`, or `g` for one that
    /// can only group.
    groups: Vec<(char, usize)>,
    /// Where each group ends, in bytes.
    ends: Vec<usize>,
    zero: bool,
}

/// What the surroundings say about a run's meaning.
#[derive(Debug, Clone, Copy)]
pub struct Hints {
    pub style: Style,
    pub habit: Habit,
    /// A unit, a currency, a scale or a per cent sign stands beside it.
    pub marked: bool,
    /// What is counted is whole.
    pub whole: bool,
}

/// A number as it is written, before its scale.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Numeral {
    pub end: usize,
    /// Digits behind the decimal separator.
    pub places: usize,
    pub grouped: bool,
    pub style: Style,
}

/// A digit and its length in bytes; full-width forms are digits too.
pub fn digit(text: &str, at: usize) -> Option<(u8, usize)> {
    let bytes = text.as_bytes();
    match bytes.get(at)? {
        b @ b'0'..=b'9' => Some((b - b'0', 1)),
        0xef if bytes.get(at + 1) == Some(&0xbc) => {
            let last = *bytes.get(at + 2)?;
            (0x90..=0x99).contains(&last).then(|| (last - 0x90, 3))
        }
        _ => None,
    }
}

/// The end of the digits at `at`, and how many they are.
pub fn digits(text: &str, at: usize) -> (usize, usize) {
    let (mut end, mut count) = (at, 0);
    while let Some((_, length)) = digit(text, end) {
        end += length;
        count += 1;
    }
    (end, count)
}

/// The separator at `at`, if a digit follows it, and its length.
fn separator(text: &str, at: usize, spaces: bool) -> Option<(char, usize)> {
    let c = text[at..].chars().next()?;
    let kind = match c {
        ',' | '，' => ',',
        '.' | '．' => '.',
        '\'' | '’' | '_' | '\u{a0}' | '\u{202f}' | '\u{2009}' => 'g',
        ' ' if spaces => 'g',
        _ => return None,
    };
    let next = at + c.len_utf8();
    let (end, count) = digits(text, next);
    let fits = if kind == 'g' { count == 3 && digit(text, end).is_none() } else { count > 0 };
    fits.then(|| (kind, c.len_utf8()))
}

impl Run {
    /// The run that begins at `start`, where a digit stands. Plain `spaces` group only on demand.
    pub fn at(text: &str, start: usize, spaces: bool) -> Run {
        let (mut end, count) = digits(text, start);
        let zero = digit(text, start).is_some_and(|(d, _)| d == 0);
        let mut run = Run { start, groups: vec![(' ', count)], ends: vec![end], zero };
        let may_group = count <= 3 && !zero;
        while run.groups.len() <= MOST_GROUPS
            && let Some((kind, length)) = separator(text, end, spaces && may_group)
            && (kind != 'g' || may_group)
            && !(kind == 'g' && run.groups.iter().any(|(c, _)| matches!(c, ',' | '.')))
        {
            let (next, count) = digits(text, end + length);
            run.groups.push((kind, count));
            run.ends.push(next);
            end = next;
        }
        run
    }

    pub fn end(&self) -> usize {
        self.ends[self.ends.len() - 1]
    }

    /// The end of the first group.
    pub fn first_end(&self) -> usize {
        self.ends[0]
    }

    /// Whether these are four digits and nothing else.
    pub fn is_bare(&self, digits: usize) -> bool {
        self.groups.len() == 1 && self.groups[0].1 == digits
    }

    /// The first group alone.
    fn first(&self) -> Numeral {
        Numeral { end: self.ends[0], places: 0, grouped: false, style: Style::Unknown }
    }

    fn whole(&self, places: usize, grouped: bool, style: Style) -> Option<Numeral> {
        Some(Numeral { end: self.end(), places, grouped, style })
    }

    /// What the run means; `None` for versions, addresses and the like, which are no numbers.
    pub fn resolve(&self, hints: Hints) -> Option<Numeral> {
        let n = self.groups.len() - 1;
        if n > MOST_GROUPS {
            return None;
        }
        let commas = self.groups.iter().filter(|(c, _)| *c == ',').count();
        let dots = self.groups.iter().filter(|(c, _)| *c == '.').count();
        let last = self.groups[n].1;
        match (commas, dots) {
            (0, 0) => self.whole(0, n > 0, Style::Unknown),
            (1, 0) if n == 1 => Some(self.one_comma(hints)),
            (0, 1) if n == 1 => self.one_point(hints),
            (_, 0) if commas == n => {
                let grouped = self.in_groups(n + 1) || self.in_indian_groups(n + 1);
                if grouped { self.whole(0, true, Style::Point) } else { Some(self.first()) }
            }
            (0, _) if dots == n => {
                let sure = hints.marked || hints.whole || hints.style == Style::Comma;
                if self.in_groups(n + 1) && sure { self.whole(0, true, Style::Comma) } else { None }
            }
            // The last separator differs from those before it: it is the decimal one.
            _ => {
                let decimal = self.groups[n].0;
                let once = self.groups.iter().filter(|(c, _)| *c == decimal).count() == 1;
                let kinds = usize::from(commas > 0) + usize::from(dots > 0);
                let spaced = self.groups[1..n].iter().all(|(c, _)| *c == 'g');
                let even = self.groups[1..n].windows(2).all(|w| w[0].0 == w[1].0);
                let style = if decimal == ',' { Style::Comma } else { Style::Point };
                let grouped = self.in_groups(n) || decimal == '.' && self.in_indian_groups(n);
                if once && decimal != 'g' && (kinds == 2 || spaced) && even && grouped {
                    return self.whole(last, true, style);
                }
                if commas > 0 { Some(self.first()) } else { None }
            }
        }
    }

    fn one_comma(&self, hints: Hints) -> Numeral {
        let places = self.groups[1].1;
        let decimal = Numeral { end: self.end(), places, grouped: false, style: Style::Comma };
        if self.in_groups(2) {
            let comma = hints.style == Style::Comma && hints.habit != Habit::Groups;
            let grouped = Numeral { end: self.end(), places: 0, grouped: true, style: Style::Unknown };
            return if comma && !hints.whole { decimal } else { grouped };
        }
        let leading_zero = self.zero && self.groups[0].1 == 1;
        if hints.style == Style::Comma || hints.marked && !hints.whole || leading_zero { decimal } else { self.first() }
    }

    fn one_point(&self, hints: Hints) -> Option<Numeral> {
        let thousands = self.in_groups(2)
            && (hints.style == Style::Comma
                || hints.habit == Habit::Groups
                || hints.whole && hints.style == Style::Unknown);
        if thousands { self.whole(0, true, Style::Unknown) } else { self.whole(self.groups[1].1, false, self.point()) }
    }

    /// `12.5` shows a decimal point; `1.234` may as well be a thousand.
    fn point(&self) -> Style {
        if self.groups[1].1 == 3 { Style::Unknown } else { Style::Point }
    }

    /// Whether the first `n` groups are thousands.
    fn in_groups(&self, n: usize) -> bool {
        self.groups[0].1 <= 3 && !self.zero && self.groups[1..n].iter().all(|(_, length)| *length == 3)
    }

    /// Whether they are lakhs and crores: `12,34,567`.
    fn in_indian_groups(&self, n: usize) -> bool {
        n > 2
            && self.groups[0].1 <= 2
            && !self.zero
            && self.groups[n - 1].1 == 3
            && self.groups[1..n - 1].iter().all(|(c, length)| *c == ',' && *length == 2)
    }
}

/// A decimal number: digits and the power of ten of the last of them.
#[derive(Debug, Clone, PartialEq)]
pub struct Decimal {
    /// ASCII digits.
    pub digits: String,
    pub power: i32,
}

impl Decimal {
    /// The digits of `text`, the last `places` of them behind the point.
    pub fn of(text: &str, places: usize) -> Decimal {
        let plain = |c: char| match c {
            '0'..='9' => Some(c),
            '０'..='９' => char::from_u32(c as u32 - 0xfee0),
            _ => None,
        };
        let digits: String = text.chars().filter_map(plain).collect();
        Decimal { digits, power: -i32::try_from(places).unwrap_or(i32::MAX) }
    }

    pub fn shift(mut self, power: i32) -> Decimal {
        self.power = self.power.saturating_add(power);
        self
    }

    /// The nearest double.
    pub fn value(&self) -> f64 {
        // Both factors are exact, so there is one rounding: the fast way of Clinger (1990).
        const EXACT: u64 = 1 << 53;
        if let (Ok(digits), true) = (self.digits.parse::<u64>(), self.power.abs() <= 22)
            && digits < EXACT
        {
            let ten = 10f64.powi(self.power.abs());
            return if self.power < 0 { digits as f64 / ten } else { digits as f64 * ten };
        }
        format!("{}e{}", self.digits, self.power).parse().unwrap_or(0.0)
    }

    /// How many digits are shown from the first that is not zero.
    pub fn shown(&self) -> u32 {
        self.digits.trim_start_matches('0').len().try_into().unwrap_or(u32::MAX)
    }

    /// Without an exponent, exactly: `0.0005`.
    pub fn plain(&self) -> String {
        let digits = self.digits.trim_start_matches('0');
        let places = usize::try_from(-i64::from(self.power)).unwrap_or(0);
        if places == 0 {
            let zeros = "0".repeat(usize::try_from(self.power).unwrap_or(0).min(400));
            return if digits.is_empty() { "0".to_owned() } else { format!("{digits}{zeros}") };
        }
        let padded = format!("{digits:0>width$}", width = places + 1);
        let (whole, fraction) = padded.split_at(padded.len() - places);
        format!("{whole}.{fraction}")
    }
}
