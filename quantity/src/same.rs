//! Whether two figures say the same.

use crate::{Date, Figure, Qualifier, UnitKind, figures};

impl Figure {
    /// The figure that a cell holds whose value was read before; its places mean nothing.
    pub fn of(text: &str, number: Option<f64>, date: Option<&str>) -> Self {
        let unit = figures(text).into_iter().find(|f| f.number.is_some()).and_then(|f| f.unit);
        Figure {
            at: 0..text.len(),
            span: 0..text.len(),
            text: text.to_owned(),
            number,
            date: date.and_then(Date::parse),
            unit,
            noun: None,
            qualifier: Qualifier::Exact,
            step: 0.0,
            digits: 0,
            is_marked: false,
        }
    }
}

/// Whether `a` (as an answer gives it) and `b` (as the evidence does) say the same: dates when the
/// shorter is a part of the longer, numbers when they agree to the digits that `a` shows and neither
/// has a unit that the other's contradicts.
///
/// A single digit is not rounded: `7` is not `7.3`. Per cent are compared as such with a plain number
/// too, since tables give the sign in their header.
pub fn same(a: &Figure, b: &Figure) -> bool {
    if let (Some(x), Some(y)) = (&a.date, &b.date)
        && x.agrees(y)
    {
        return true;
    }
    let (Some(x), Some(y)) = (a.number, b.number) else { return false };
    if let (Some(unit), Some(other)) = (&a.unit, &b.unit)
        && !unit.agrees(other)
        && !(unit.kind == UnitKind::Count || other.kind == UnitKind::Count)
    {
        return false;
    }
    if close(x, y, a) {
        return true;
    }
    let percent = |f: &Figure| f.unit.as_ref().is_some_and(|u| u.is("%"));
    let hundredfold = a.step * 100.0;
    match (percent(a), percent(b)) {
        (true, false) => close(x * 100.0, y, &Figure { step: hundredfold, ..a.clone() }),
        (false, true) if b.unit.is_some() && a.unit.is_none() => close(x, y * 100.0, a),
        _ => false,
    }
}

/// Whether `y` is `x` to half a unit of the last digit that `shown` shows.
fn close(x: f64, y: f64, shown: &Figure) -> bool {
    // What a decimal fraction is off as a double.
    let rounding = x.abs() * 1e-12;
    (x - y).abs() <= rounding || shown.digits > 1 && (x - y).abs() <= 0.5 * shown.step + rounding
}
