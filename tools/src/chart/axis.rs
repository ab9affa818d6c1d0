//! An axis: linear, logarithmic, or symmetrically logarithmic, with its ticks.

use super::ticks::{Tick, decades, linear, symmetric};
use plotters::coord::ranged1d::{KeyPointHint, NoDefaultFormatting, Ranged};
use std::ops::Range;

/// How much further than the data an axis goes, as a share of their extent.
const MARGIN: f64 = 0.05;

/// How values become lengths.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Law {
    Linear,
    Log,
    /// `sign(v) ln(1 + |v| / c)`: linear within `c` of zero, logarithmic beyond (Webber, A bi-symmetric log
    /// transformation for wide-range data, 2013; Vega's `symlog`).
    Symlog(f64),
}

impl Law {
    /// The law of a chart's values.
    pub fn of(log: bool, symlog: bool, values: impl Iterator<Item = f64>) -> Law {
        if !symlog {
            return if log { Law::Log } else { Law::Linear };
        }
        let least = values.map(f64::abs).filter(|v| *v > 0.0).fold(f64::INFINITY, f64::min);
        Law::Symlog(if least.is_finite() { 10f64.powf((least.log10() + 1e-9).floor()) } else { 1.0 })
    }

    fn length(self, value: f64) -> f64 {
        match self {
            Law::Linear => value,
            Law::Log => value.max(f64::MIN_POSITIVE).ln(),
            Law::Symlog(c) => value.signum() * (value.abs() / c).ln_1p(),
        }
    }

    fn value(self, length: f64) -> f64 {
        match self {
            Law::Linear => length,
            Law::Log => length.exp(),
            Law::Symlog(c) => length.signum() * c * length.abs().exp_m1(),
        }
    }
}

/// The scale of an axis.
#[derive(Debug, Clone, PartialEq)]
pub struct Axis {
    pub min: f64,
    pub max: f64,
    pub law: Law,
}

impl Axis {
    pub fn linear(min: f64, max: f64) -> Axis {
        Axis { min, max, law: Law::Linear }
    }

    /// An axis of numbers around these values. `base`: bars stand on it, so that it is within.
    pub fn around(values: impl Iterator<Item = f64>, law: Law, base: bool) -> Axis {
        let (mut min, mut max) =
            values.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), v| (low.min(v), high.max(v)));
        if law == Law::Log {
            // A bar of the smallest value is to be seen too.
            let low = if base { 10f64.powf((min * 0.9).log10().floor()) } else { min };
            let spare = (max / low).powf(MARGIN).max(1.15);
            return Axis { min: if base { low } else { low / spare }, max: max * spare, law };
        }
        if base {
            (min, max) = (min.min(0.0), max.max(0.0));
        }
        let (low, high) = (law.length(min), law.length(max));
        let spare = match high - low {
            // All of them are 0.
            0.0 if low == 0.0 => return Axis { min: 0.0, max: 1.0, law },
            0.0 => low.abs() * 0.2,
            span => span * MARGIN,
        };
        let from = if min >= 0.0 { (low - spare).max(0.0) } else { low - spare };
        let to = if max <= 0.0 { (high + spare).min(0.0) } else { high + spare };
        Axis { min: law.value(from), max: law.value(to), law }
    }

    /// An axis that reaches as far as all of these.
    pub fn union<'a>(all: impl Iterator<Item = &'a Axis>) -> Option<Axis> {
        let join = |a: Law, b: Law| match (a, b) {
            (Law::Symlog(a), Law::Symlog(b)) => Law::Symlog(a.min(b)),
            (law, _) => law,
        };
        let widest = |a: Axis, b: Axis| match a.min > a.max {
            // Lying bars have the first name on top.
            true => Axis { min: a.min.max(b.min), max: a.max.min(b.max), law: join(a.law, b.law) },
            false => Axis { min: a.min.min(b.min), max: a.max.max(b.max), law: join(a.law, b.law) },
        };
        all.cloned().reduce(widest)
    }

    /// The same with room at both ends, but where they are zero.
    pub fn roomy(self) -> Axis {
        let (low, high) = (self.law.length(self.min), self.law.length(self.max));
        let spare = (high - low) * MARGIN;
        let from = match self.law {
            Law::Log => low - spare,
            _ if low == 0.0 => low,
            _ if low > 0.0 => (low - spare).max(0.0),
            _ => low - spare,
        };
        let to = if high == 0.0 && self.law != Law::Log { high } else { high + spare };
        Axis { min: self.law.value(from), max: self.law.value(to), law: self.law }
    }

    pub fn ticks(&self, most: usize) -> Vec<Tick> {
        match self.law {
            Law::Linear => linear(self.min, self.max, most),
            Law::Log => decades(self.min, self.max),
            Law::Symlog(c) => symmetric(self.min, self.max, c, most),
        }
    }

    /// Makes room beyond what is farthest from where bars stand, as a share of the whole.
    pub fn widen(&mut self, share: f64) {
        let (low, high) = (self.law.length(self.min), self.law.length(self.max));
        let spare = (high - low) * share;
        if self.law == Law::Log || self.max > 0.0 {
            self.max = self.law.value(high + spare);
        }
        if self.law != Law::Log && self.min < 0.0 {
            self.min = self.law.value(low - spare);
        }
    }

    /// Where bars stand.
    pub fn base(&self) -> f64 {
        if self.law == Law::Log { self.min } else { 0.0 }
    }

    /// How far along the axis a value is: 0 at its beginning, 1 at its end.
    pub fn share(&self, value: f64) -> f64 {
        let (low, high) = (self.law.length(self.min), self.law.length(self.max));
        (self.law.length(value) - low) / (high - low)
    }
}

impl Ranged for Axis {
    type FormatOption = NoDefaultFormatting;
    type ValueType = f64;

    fn map(&self, value: &f64, limit: (i32, i32)) -> i32 {
        // A place far beyond the axis is at the end of the integers.
        limit.0.saturating_add((self.share(*value) * f64::from(limit.1 - limit.0)).round() as i32)
    }

    fn key_points<Hint: KeyPointHint>(&self, hint: Hint) -> Vec<f64> {
        self.ticks(hint.max_num_points()).into_iter().map(|tick| tick.at).collect()
    }

    fn range(&self) -> Range<f64> {
        self.min..self.max
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_axis_holds_its_values() {
        let around = |values: &[f64], log: bool, base| {
            let law = if log { Law::Log } else { Law::Linear };
            let axis = Axis::around(values.iter().copied(), law, base);
            (axis.min, axis.max)
        };
        assert_eq!(around(&[10.0, 20.0], false, false), (9.5, 20.5));
        assert_eq!(around(&[10.0, 20.0], false, true), (0.0, 21.0));
        assert_eq!(around(&[-10.0, 30.0], false, true), (-12.0, 32.0));
        assert_eq!(around(&[7.0], false, false), (5.6, 8.4));
        assert_eq!(around(&[0.0], false, true), (0.0, 1.0));
        assert_eq!(around(&[30.0, 4000.0], true, true).0, 10.0);
        let (min, max) = around(&[1.0, 1000.0], true, false);
        assert!(min < 1.0 && min > 0.5 && max > 1000.0 && max < 2000.0, "{min} {max}");
    }

    #[test]
    fn places_are_in_proportion() {
        let linear = Axis::linear(0.0, 10.0);
        assert_eq!((linear.map(&0.0, (100, 300)), linear.map(&5.0, (100, 300))), (100, 200));
        assert_eq!(linear.map(&2.5, (300, 100)), 250);
        let log = Axis { min: 1.0, max: 1e4, law: Law::Log };
        assert_eq!((log.map(&100.0, (0, 400)), log.map(&1e3, (400, 0))), (200, 100));
        assert_eq!(log.base(), 1.0);
        let far = Axis::linear(1e12, 1e12 + 1.0);
        assert_eq!(far.map(&0.0, (800, 100)), i32::MAX);
    }

    #[test]
    fn both_signs_are_logarithmic_around_zero() {
        let law = Law::of(false, true, [0.0, -350.0, 40.0, 1e6].into_iter());
        assert_eq!(law, Law::Symlog(10.0));
        let axis = Axis { min: -1000.0, max: 1000.0, law };
        assert_eq!((axis.share(0.0), axis.share(-1000.0), axis.base()), (0.5, 0.0, 0.0));
        // 1/2 + ln(11) / (2 ln(101))
        assert!((axis.share(100.0) - 0.759_786_853_241_220_4).abs() < 1e-9, "{}", axis.share(100.0));
    }
}
