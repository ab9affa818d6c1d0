//! Many points as few marks: what would be drawn over itself is drawn once.

use plotters::style::RGBColor;
use std::collections::HashSet;

/// Points of a line from where on it is thinned, per column of pixels.
const MOST: usize = 4_000;
/// Dots closer than this, in pixels, are one where there are many.
const NEAR: i32 = 3;
/// Dots that are all drawn.
const ALL: usize = 5_000;

/// Of the points of a line in each column of pixels the first, the lowest, the highest and the last: the
/// picture is the same (M4: Jugel and others, VLDB 2014). `column` finds a point's.
pub fn thinned(points: &[(f64, f64)], column: impl Fn(&(f64, f64)) -> i32) -> Vec<(f64, f64)> {
    if points.len() <= MOST {
        return points.to_vec();
    }
    let mut kept = Vec::new();
    for group in points.chunk_by(|a, b| column(a) == column(b)) {
        let by_height = |a: &usize, b: &usize| group[*a].1.total_cmp(&group[*b].1);
        let low = (0..group.len()).min_by(by_height).unwrap_or(0);
        let high = (0..group.len()).max_by(by_height).unwrap_or(0);
        let mut places = vec![0, low, high, group.len() - 1];
        places.sort_unstable();
        places.dedup();
        kept.extend(places.into_iter().map(|i| group[i]));
    }
    kept
}

/// Where dots are already.
#[derive(Default)]
pub struct Spots {
    seen: HashSet<(i32, i32, (u8, u8, u8))>,
}

impl Spots {
    /// Whether a dot here shows something new.
    pub fn is_new(&mut self, at: (i32, i32), color: RGBColor) -> bool {
        let near = if self.seen.len() < ALL { 1 } else { NEAR };
        let color = (color.0, color.1, color.2);
        self.seen.insert((at.0.div_euclid(near) * near, at.1.div_euclid(near) * near, color))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_line_keeps_its_peaks() {
        let points: Vec<(f64, f64)> = (0..100_000).map(|i| (f64::from(i), f64::from(i * 7919 % 1000))).collect();
        let got = thinned(&points, |at| (at.0 / 100.0) as i32);
        assert!(got.len() <= 4000 && got.len() > 2000, "{}", got.len());
        let range =
            |points: &[(f64, f64)]| points.iter().fold((f64::MAX, f64::MIN), |(a, b), p| (a.min(p.1), b.max(p.1)));
        assert_eq!((range(&got), got[0], got[got.len() - 1]), (range(&points), points[0], points[99_999]));
        assert_eq!(thinned(&points[..9], |_| 0), &points[..9]);
    }

    #[test]
    fn dots_over_each_other_are_one() {
        let mut spots = Spots::default();
        let (a, b) = (RGBColor(0, 0, 0), RGBColor(1, 0, 0));
        assert_eq!(
            [(3, 4, a), (3, 4, a), (3, 5, a), (3, 4, b)].map(|(x, y, c)| spots.is_new((x, y), c)),
            [true, false, true, true]
        );
    }
}
