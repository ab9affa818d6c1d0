//! Powers of ten behind a number, and times of day, which are no numbers.

use crate::numeral::digits;

/// The end of a time of day: `12:30`, `9:05:00`.
pub fn clock(text: &str, at: usize) -> Option<usize> {
    let (mut end, count) = digits(text, at);
    let mut parts = 0;
    while text[end..].starts_with(':')
        && let (next, 2) = digits(text, end + 1)
    {
        end = next;
        parts += 1;
    }
    (parts > 0 && count <= 2).then_some(end)
}

/// The power of ten behind a number that ends at `end`: `e9`, `×10^9`, `×10⁹`, and where it ends.
pub fn exponent(text: &str, start: usize, end: usize) -> (Option<i32>, usize) {
    let none = (None, end);
    let rest = &text[end..];
    if let Some(tail) = rest.strip_prefix(['e', 'E']) {
        let sign = usize::from(tail.starts_with(['+', '-']));
        let count = tail[sign..].bytes().take(5).take_while(u8::is_ascii_digit).count();
        let stop = end + 1 + sign + count;
        let closed = !text[stop..].starts_with(|c: char| c.is_ascii_alphanumeric());
        return match tail[..sign + count].trim_start_matches('+').parse() {
            Ok(power) if (1..=4).contains(&count) && closed => (Some(power), stop),
            _ => none,
        };
    }
    let trimmed = rest.trim_start_matches([' ', '\u{a0}']);
    let times = trimmed.chars().next().filter(|c| matches!(c, '×' | '·' | '⋅' | 'x' | '*'));
    let (ten, own) = match times {
        Some(c) if rest.len() - trimmed.len() <= 2 => {
            let ten = trimmed[c.len_utf8()..].trim_start_matches(' ');
            match ten.strip_prefix("10") {
                Some(tail) => (tail, false),
                None => return none,
            }
        }
        _ if &text[start..end] == "10" => (rest, true),
        _ => return none,
    };
    let (power, tail) = match ten.strip_prefix('^') {
        Some(tail) => {
            let tail = tail.strip_prefix(['{', '(']).unwrap_or(tail);
            let sign = usize::from(tail.starts_with(['-', '−', '+'])) * tail.chars().next().map_or(0, char::len_utf8);
            let count = tail[sign..].bytes().take(5).take_while(u8::is_ascii_digit).count();
            let power: Option<i32> = tail[sign..sign + count].parse().ok();
            let power = power.map(|p| if tail.starts_with(['-', '−']) { -p } else { p });
            (power, tail[sign + count..].strip_prefix(['}', ')']).unwrap_or(&tail[sign + count..]))
        }
        None => raised(ten),
    };
    match power {
        // Ten itself is the number: it counts as one factor of the power.
        Some(power) => (Some(if own { power - 1 } else { power }), text.len() - tail.len()),
        None => none,
    }
}

/// `⁹`, `⁻¹²`.
fn raised(text: &str) -> (Option<i32>, &str) {
    const DIGITS: [char; 10] = ['⁰', '¹', '²', '³', '⁴', '⁵', '⁶', '⁷', '⁸', '⁹'];
    let tail = text.strip_prefix('⁻').unwrap_or(text);
    let mut value = None;
    let mut length = 0;
    for c in tail.chars().take(4) {
        let Some(digit) = DIGITS.iter().position(|d| *d == c) else { break };
        value = Some(value.unwrap_or(0) * 10 + digit as i32);
        length += c.len_utf8();
    }
    let value = if tail.len() < text.len() { value.map(|v: i32| -v) } else { value };
    (value, &tail[length..])
}
