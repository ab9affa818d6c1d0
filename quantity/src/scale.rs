//! Scales behind a number: words, the characters of Chinese, Japanese and Korean, and letters.
//!
//! Here is the one rule for letters. `K`, `M`, `B`, `T`, `m`, `b` behind a number are scales beside
//! money (`$5m`, `5M€`, a column of revenues) or a counted thing (`5m users`, a column of views).
//! Where the header or the cell names a unit they never are. Alone, a letter that is no unit's (`10k`,
//! `5M`, `7B`) is a scale when it touches the number; one that is (`777m`, `300K`, `3T`) is that unit,
//! save in a cell whose column says nothing of units, where capitals are scales.

use crate::lexicon::{Habit, LEXICON, Topic};
use crate::measure::{cjk_unit, sign_of_money};
use crate::numeral::{Decimal, Hints, Run, digit};
use crate::words::{counts, ends_here, gap, next, word_at, word_end};
use crate::{Style, UnitKind};

/// What is known of a lone letter before it is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Letters {
    /// Running text: what stands around it decides.
    Text,
    /// A cell whose column says nothing of units.
    Cell,
    /// A sum of money.
    Money,
    /// A number of things.
    Counted,
    /// The column names a unit.
    Unit,
}

/// A scale, and where it ends.
#[derive(Debug)]
pub struct Scale {
    pub end: usize,
    /// The power of ten.
    pub power: i32,
    /// What comes on top: the 5,000万 of 3亿5000万.
    pub more: Vec<Decimal>,
    pub habit: Habit,
}

impl Scale {
    fn of(end: usize, power: i32) -> Option<Scale> {
        Some(Scale { end, power, more: Vec::new(), habit: Habit::Any })
    }
}

/// The scale at `at`, of a number beside which letters mean what `letters` says.
pub fn scale(text: &str, at: usize, letters: Letters) -> Option<Scale> {
    if let Some(found) = cjk_scale(text, at).or_else(|| cjk_scale(text, gap(text, at))) {
        return Some(found);
    }
    let (mut from, mut found) = (gap(text, at), None);
    for _ in 0..2 {
        // "mil millones", "hundred thousand"
        let stop = word_end(text, from);
        let Some((power, habit)) = LEXICON.scale(&text[from..stop]).filter(|_| ends_here(text, stop)) else { break };
        // An English mil is a unit of length; a Spanish one stands before what it counts.
        if text[from..stop].eq_ignore_ascii_case("mil") && !counts(text, stop) {
            break;
        }
        let abbreviated =
            matches!(text[from..stop].to_lowercase().as_str(), "mio" | "mrd" | "tsd" | "mia" | "mill" | "bn");
        let stop = stop + usize::from(abbreviated && text[stop..].starts_with('.'));
        let scale = found.get_or_insert(Scale { end: stop, power: 0, more: Vec::new(), habit: Habit::Any });
        (scale.end, scale.power) = (stop, scale.power + power);
        scale.habit = if habit == Habit::Any { scale.habit } else { habit };
        from = gap(text, stop);
    }
    found.or_else(|| letter(text, at, letters))
}

/// A letter, or two, that may be a scale: `5m`, `$5 bn`, `10 k€`, `3 Md€`, `5 MEUR`.
fn letter(text: &str, at: usize, letters: Letters) -> Option<Scale> {
    let from = gap(text, at);
    let stop = word_end(text, from);
    let word = &text[from..stop];
    let money_behind = || {
        let unit = sign_of_money(text, gap(text, stop));
        unit.is_some()
    };
    let power = match word {
        "k" | "K" => 3,
        "m" | "M" => 6,
        "b" | "B" => 9,
        "t" | "T" => 12,
        "mm" | "MM" if letters == Letters::Money => 6,
        "Md" | "Mds" if letters == Letters::Money || money_behind() => {
            return Some(Scale { habit: Habit::Comma, ..Scale::of(stop, 9)? });
        }
        _ => return joined(text, from, stop),
    };
    if !ends_here(text, stop) {
        return None;
    }
    let touches = from == at;
    let signed = next(text, stop).is_some_and(|_| sign_of_money(text, stop).is_some());
    let counted = || {
        let next = word_at(text, gap(text, stop));
        LEXICON.topic(next).is_some_and(|(topic, _)| topic == Topic::Counted)
    };
    let is_unit = matches!(word, "K" | "m" | "b" | "t" | "T");
    let capital = word != "m" && word != "b" && word != "t";
    let scales = match letters {
        Letters::Money => word != "t" || touches,
        _ if signed => capital,
        Letters::Unit => false,
        Letters::Counted => touches || capital,
        _ if counted() => word != "t",
        Letters::Cell => touches && capital,
        Letters::Text => touches && !is_unit,
    };
    // German accountants write T€ for a thousand.
    let power = if word == "T" && signed { 3 } else { power };
    if scales { Scale::of(stop, power) } else { None }
}

/// `MEUR`, `kUSD`: a letter and a currency's code in one word.
fn joined(text: &str, from: usize, stop: usize) -> Option<Scale> {
    let word = &text[from..stop];
    let power = match word.chars().next()? {
        'k' | 'K' | 'T' => 3,
        'M' => 6,
        _ => return None,
    };
    let code = word.get(1..).filter(|code| code.len() == 3 && code.bytes().all(|b| b.is_ascii_uppercase()))?;
    LEXICON.unit(code).filter(|(unit, _)| unit.kind == UnitKind::Money)?;
    Scale::of(from + 1, power)
}

/// `万`, `千万`, `万亿`, and what is added behind: `3亿5000万`.
fn cjk_scale(text: &str, at: usize) -> Option<Scale> {
    let (mut end, power) = chain(text, at)?;
    let (mut least, mut added) = (power, Vec::new());
    while digit(text, end).is_some() {
        let run = Run::at(text, end, false);
        let hints = Hints { style: Style::Point, habit: Habit::Any, marked: false, whole: false };
        let Some(number) = run.resolve(hints).filter(|n| n.end == run.end() && n.places == 0) else { break };
        let (stop, power) = chain(text, number.end).unwrap_or((number.end, 0));
        let is_date = next(text, stop).is_some_and(|c| "年月日".contains(c));
        if power >= least || power == 0 && (is_date || !ends_here(text, stop)) {
            break;
        }
        added.push(Decimal::of(&text[run.start..number.end], 0).shift(power));
        (end, least) = (stop, power);
    }
    Some(Scale { more: added, ..Scale::of(end, power)? })
}

/// Chinese, Japanese and Korean scale characters multiply: 千 and 万 are ten million.
fn chain(text: &str, at: usize) -> Option<(usize, i32)> {
    let (mut end, mut power) = (at, 0);
    while let Some(c) = next(text, end) {
        let more = match c {
            '十' | '십' => 1,
            '百' | '백' => 2,
            '千' | '천' => 3,
            '万' | '萬' | '만' => 4,
            '亿' | '億' | '억' => 8,
            '兆' | '조' => 12,
            _ => break,
        };
        // 千米 is a kilometre, 百分 per cent, 兆瓦 a megawatt.
        if matches!(c, '千' | '百' | '兆') && (cjk_unit(text, end).is_some() || text[end..].starts_with("百分")) {
            break;
        }
        power += more;
        end += c.len_utf8();
    }
    (end > at).then_some((end, power))
}
