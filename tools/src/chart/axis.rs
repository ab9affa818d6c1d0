//! An axis: linear or logarithmic, with its ticks.

use super::ticks::{Tick, decades, linear};
use plotters::coord::ranged1d::{KeyPointHint, NoDefaultFormatting, Ranged};
use std::ops::Range;

/// How much further than the data an axis goes, as a share of their extent.
const MARGIN: f64 = 0.05;

/// The scale of an axis.
#[derive(Debug, Clone, PartialEq)]
pub struct Axis {
    pub min: f64,
    pub max: f64,
    pub log: bool,
}

impl Axis {
    /// An axis of numbers around these values. `base`: bars stand on it, so that it is within.
    pub fn around(values: impl Iterator<Item = f64>, log: bool, base: bool) -> Axis {
        let (mut min, mut max) =
            values.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), v| (low.min(v), high.max(v)));
        if log {
            // A bar of the smallest value is to be seen too.
            let low = if base { 10f64.powf((min * 0.9).log10().floor()) } else { min };
            let spare = (max / low).powf(MARGIN).max(1.15);
            return Axis { min: if base { low } else { low / spare }, max: max * spare, log };
        }
        if base {
            (min, max) = (min.min(0.0), max.max(0.0));
        }
        let spare = match max - min {
            // All of them are 0.
            0.0 if min == 0.0 => return Axis { min, max: 1.0, log },
            0.0 => min.abs() * 0.2,
            span => span * MARGIN,
        };
        let low = if min >= 0.0 { (min - spare).max(0.0) } else { min - spare };
        let high = if max <= 0.0 { (max + spare).min(0.0) } else { max + spare };
        Axis { min: low, max: high, log }
    }

    pub fn ticks(&self, most: usize) -> Vec<Tick> {
        if self.log { decades(self.min, self.max) } else { linear(self.min, self.max, most) }
    }

    /// Makes room beyond what is farthest from where bars stand, as a share of the whole.
    pub fn widen(&mut self, share: f64) {
        if self.log {
            self.max *= (self.max / self.min).powf(share);
            return;
        }
        let span = self.max - self.min;
        self.max += if self.max > 0.0 { span * share } else { 0.0 };
        self.min -= if self.min < 0.0 { span * share } else { 0.0 };
    }

    /// Where bars stand.
    pub fn base(&self) -> f64 {
        if self.log { self.min } else { 0.0 }
    }

    fn share(&self, value: f64) -> f64 {
        match self.log {
            true => (value.max(f64::MIN_POSITIVE) / self.min).ln() / (self.max / self.min).ln(),
            false => (value - self.min) / (self.max - self.min),
        }
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
        let around = |values: &[f64], log, base| {
            let axis = Axis::around(values.iter().copied(), log, base);
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
        let linear = Axis { min: 0.0, max: 10.0, log: false };
        assert_eq!((linear.map(&0.0, (100, 300)), linear.map(&5.0, (100, 300))), (100, 200));
        assert_eq!(linear.map(&2.5, (300, 100)), 250);
        let log = Axis { min: 1.0, max: 1e4, log: true };
        assert_eq!((log.map(&100.0, (0, 400)), log.map(&1e3, (400, 0))), (200, 100));
        assert_eq!(log.base(), 1.0);
        let far = Axis { min: 1e12, max: 1e12 + 1.0, log: false };
        assert_eq!(far.map(&0.0, (800, 100)), i32::MAX);
    }
}
