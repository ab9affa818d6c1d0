//! The straight line of least squares through points.

/// A fitted line, of y or of its common logarithm.
#[derive(Debug, Clone, PartialEq)]
pub struct Fit {
    /// Change of y (or of its logarithm to base 10) per unit of x.
    pub slope: f64,
    /// Means of x and of what is fitted: the line goes through them.
    centre: (f64, f64),
    /// Whether the logarithm of y was fitted.
    pub log: bool,
    /// Share of the variance that the line explains; `None` where there is none to explain.
    pub r2: Option<f64>,
}

impl Fit {
    /// Ordinary least squares of y over x (Draper and Smith, Applied Regression Analysis, chapter 1),
    /// with both centred first, so that dates in days lose no digits. `log`: of log10(y), which is a
    /// straight line on a logarithmic axis; all y have to be positive then. `None` for fewer than two
    /// different x.
    pub fn of(points: &[(f64, f64)], log: bool) -> Option<Fit> {
        let up = |y: f64| if log { y.log10() } else { y };
        let count = points.len() as f64;
        let mean_x = points.iter().map(|p| p.0).sum::<f64>() / count;
        let mean_y = points.iter().map(|p| up(p.1)).sum::<f64>() / count;
        let sum = |f: &dyn Fn(f64, f64) -> f64| points.iter().map(|p| f(p.0 - mean_x, up(p.1) - mean_y)).sum::<f64>();
        let (xx, xy, yy) = (sum(&|x, _| x * x), sum(&|x, y| x * y), sum(&|_, y| y * y));
        let slope = xy / xx;
        let r2 = (yy > 0.0).then(|| xy * xy / (xx * yy));
        (xx > 0.0 && slope.is_finite()).then_some(Fit { slope, centre: (mean_x, mean_y), log, r2 })
    }

    /// The line's value, in y's unit.
    pub fn at(&self, x: f64) -> f64 {
        let up = self.height(x);
        if self.log { 10f64.powf(up) } else { up }
    }

    /// What the line has at x: y, or its logarithm.
    pub fn height(&self, x: f64) -> f64 {
        self.centre.1 + self.slope * (x - self.centre.0)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[track_caller]
    fn close(got: f64, want: f64) {
        assert!((got - want).abs() <= 1e-9 * want.abs().max(1e-9), "{got} is not {want}");
    }

    // Exact fractions, and numpy.polyfit([1, 2, 4, 7, 11], [3.1, 4.9, 9.2, 14.8, 23.3], 1)
    #[test]
    fn a_line_is_numpys() {
        let fit = Fit::of(&[(1.0, 3.1), (2.0, 4.9), (4.0, 9.2), (7.0, 14.8), (11.0, 23.3)], false).unwrap();
        close(fit.slope, 2.0166666666666666);
        close(fit.at(0.0), 0.9766666666666667);
        close(fit.r2.unwrap(), 0.9994278380967984);
    }

    // Exact fractions (of 50 digits of the logarithms), and numpy.polyfit: log10 of 7.3e9, 13.8e9, 14e9 and 29e9
    // over the ordinals of 2021-04-13, 2024-05-21, 2025-03-01 and 2025-06-12, at 2026-12-31.
    #[test]
    fn a_line_through_logarithms_is_numpys() {
        let points = [(737893.0, 7.3e9), (739027.0, 13.8e9), (739311.0, 14e9), (739414.0, 29e9)];
        let fit = Fit::of(&points, true).unwrap();
        close(fit.slope, 0.0003050664544961566);
        close(fit.at(739981.0), 30149272334.5835);
    }

    #[test]
    fn no_line_through_one_place() {
        assert_eq!(Fit::of(&[(2.0, 1.0), (2.0, 5.0)], false), None);
        assert_eq!(Fit::of(&[(2.0, 1.0)], false), None);
        assert_eq!(Fit::of(&[], false), None);
        assert_eq!(Fit::of(&[(1.0, 4.0), (2.0, 4.0)], false).unwrap().r2, None);
    }
}
