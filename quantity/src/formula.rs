//! Amounts within arithmetic: `$1.5 billion / $300 million` with its numbers as bare digits.
//!
//! A formula is no prose: a dash subtracts, and a letter that touches its number is a scale unless
//! it is a small one, which is a unit (metre, bit) where no money stands before it.

use crate::follow::after;
use crate::lexicon::{Habit, LEXICON};
use crate::numeral::{Decimal, Hints, Run, digit};
use crate::preceding::before;
use crate::scale::Letters;
use crate::{Style, UnitKind};
use std::ops::Range;

/// `text` with thousands separators taken out and scales multiplied out, exactly. Everything else
/// stays as it is, units and currencies included. `separates` says of a number with commas, by where
/// it begins in bytes, whether they part arguments there.
pub fn plainly(text: &str, separates: impl Fn(usize) -> bool) -> String {
    let mut out = String::with_capacity(text.len());
    let (mut at, mut done) = (0, 0);
    while at < text.len() {
        if digit(text, at).is_none() {
            at += text[at..].chars().next().map_or(1, char::len_utf8);
            continue;
        }
        let run = Run::at(text, at, false);
        let hints = Hints { style: Style::Point, habit: Habit::Any, marked: false, whole: false };
        let around = before(text, at, done);
        let number = run.resolve(hints).filter(|n| !(n.grouped && text[at..n.end].contains(',') && separates(at)));
        let Some(number) = number.filter(|_| !around.in_name) else {
            at = run.first_end();
            continue;
        };
        let mut amount = Decimal::of(&text[at..number.end], number.places);
        let behind = after(text, number.end, around.money.is_some(), Letters::Cell);
        let mut end = number.end;
        let mut apart = "";
        if behind.is_scaled() {
            amount = amount.shift(behind.power);
            end = behind.scale;
            apart = " ";
        }
        // A bare fraction: its digits stand behind the point.
        let point =
            usize::from(text[done..at].ends_with('.') && !text[..at - 1].ends_with(|c: char| c.is_ascii_digit()));
        if point == 1 {
            amount = Decimal::of(&text[at..number.end], number.end - at).shift(behind.power);
        }
        if number.grouped || behind.is_scaled() {
            let sum = behind.more.iter().try_fold(amount.clone(), add).unwrap_or(amount);
            out.push_str(&text[done..at - point]);
            out.push_str(&sum.plain());
            out.push_str(apart);
            done = end;
        }
        at = end;
    }
    out.push_str(&text[done..]);
    out
}

fn add(sum: Decimal, more: &Decimal) -> Option<Decimal> {
    let power = sum.power.min(more.power);
    let whole = |d: &Decimal| -> Option<u128> {
        let scale = 10u128.checked_pow(u32::try_from(d.power - power).ok()?)?;
        d.digits.parse::<u128>().ok()?.checked_mul(scale)
    };
    Some(Decimal { digits: whole(&sum)?.checked_add(whole(more)?)?.to_string(), power })
}

/// The currencies that `text` names, and where: signs, codes and words.
pub fn currencies(text: &str) -> Vec<(Range<usize>, &'static str)> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(c) = text[at..].chars().next() {
        let end = token_end(text, at);
        if end == at {
            at += c.len_utf8();
            continue;
        }
        let two = text[end..].strip_prefix(' ').map(|_| token_end(text, end + 1)).filter(|two| *two > end + 1);
        let name = two.and_then(|two| Some((two, money(&text[at..two])?)));
        match name.or_else(|| Some((end, money(&text[at..end])?))) {
            Some((end, name)) => {
                found.push((at..end, name));
                at = end;
            }
            None => at = end,
        }
    }
    found
}

/// The end of the word or sign at `at`; letters before a dollar sign belong to it.
fn token_end(text: &str, at: usize) -> usize {
    let mut end = at;
    for c in text[at..].chars().take(40) {
        let sign = "$€£¥￥₹₩₽".contains(c);
        if sign {
            return end + c.len_utf8();
        }
        if !c.is_alphabetic() {
            break;
        }
        end += c.len_utf8();
    }
    end
}

fn money(name: &str) -> Option<&'static str> {
    let known = |name: &str| LEXICON.unit(name).filter(|(unit, _)| unit.kind == UnitKind::Money);
    let (unit, _) = known(name).or_else(|| known(&name.to_uppercase()).filter(|_| name.len() == 3))?;
    match unit.name {
        std::borrow::Cow::Borrowed(name) => Some(name),
        std::borrow::Cow::Owned(_) => None,
    }
}
