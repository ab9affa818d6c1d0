//! Curves through points: least squares of a line, of a polynomial, and of what is a line once logarithms are
//! taken; a moving average; loess.

/// How a curve follows points.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    Linear,
    /// y = a · 10^(b x): a line of log10(y).
    Exponential,
    /// y = a · x^b: a line of log10(y) over log10(x).
    Power,
    /// Of this degree.
    Polynomial(usize),
    /// Mean of this many points around each.
    Average(usize),
    Loess,
}

/// The names of the methods.
pub const METHODS: [&str; 6] = ["linear", "exponential", "power", "polynomial", "average", "loess"];
/// A polynomial's degree at most: higher ones swing between the points.
pub const MOST_DEGREE: usize = 5;
/// Share of the points that loess looks at around each place.
const SPAN: f64 = 0.5;
/// Points from where on loess takes too long for a value at each.
const MANY: usize = 2_000;

impl Method {
    /// The method of a name, and of a degree or number of points.
    pub fn named(name: &str, order: Option<usize>) -> Option<Method> {
        Some(match name {
            "linear" => Method::Linear,
            "exponential" => Method::Exponential,
            "power" => Method::Power,
            "polynomial" => Method::Polynomial(order.unwrap_or(2)),
            "average" => Method::Average(order.unwrap_or(3)),
            "loess" => Method::Loess,
            _ => return None,
        })
    }

    /// Whether the curve is an equation, which goes on beyond the points.
    pub fn is_equation(self) -> bool {
        !matches!(self, Method::Average(_) | Method::Loess)
    }

    fn across(self, x: f64) -> f64 {
        if self == Method::Power { x.log10() } else { x }
    }

    fn up(self, y: f64) -> f64 {
        if matches!(self, Method::Exponential | Method::Power) { y.log10() } else { y }
    }

    fn back(self, up: f64) -> f64 {
        if matches!(self, Method::Exponential | Method::Power) { 10f64.powf(up) } else { up }
    }

    fn degree(self) -> usize {
        if let Method::Polynomial(degree) = self { degree } else { 1 }
    }
}

/// A fitted curve.
#[derive(Debug, Clone, PartialEq)]
pub struct Fit {
    pub method: Method,
    /// Of the powers of (x - centre) / scale, x and y as the method takes them; empty where there is no equation.
    coefficients: Vec<f64>,
    pub centre: f64,
    scale: f64,
    /// Share of the variance, of y as the method takes it, that the curve explains; `None` where there is none
    /// to explain.
    pub r2: Option<f64>,
    /// Variance of the residuals, with the inverse of the normal equations and how many degrees of freedom are left.
    spread: Option<(f64, Vec<Vec<f64>>, usize)>,
    /// The points of a curve without an equation.
    points: Vec<(f64, f64)>,
}

impl Fit {
    /// Least squares (Draper and Smith, Applied Regression Analysis, chapters 1 and 12), with x centred and scaled
    /// first, so that dates in days lose no digits. Exponential and power fits are of the logarithms: y has to be
    /// positive, and for a power x too. `None` for fewer different x than the curve needs.
    pub fn of(points: &[(f64, f64)], method: Method) -> Option<Fit> {
        if !method.is_equation() {
            return Fit::smooth(points, method);
        }
        let points: Vec<(f64, f64)> = points.iter().map(|p| (method.across(p.0), method.up(p.1))).collect();
        let count = points.len() as f64;
        let centre = points.iter().map(|p| p.0).sum::<f64>() / count;
        let scale = points.iter().map(|p| (p.0 - centre).abs()).fold(0.0, f64::max);
        let mut places: Vec<f64> = points.iter().map(|p| p.0).collect();
        places.sort_by(f64::total_cmp);
        places.dedup();
        let size = method.degree() + 1;
        if places.len() < size || points.iter().any(|p| !p.0.is_finite() || !p.1.is_finite()) {
            return None;
        }
        let powers = |x: f64| (0..size).map(|i| ((x - centre) / scale).powi(i as i32)).collect::<Vec<f64>>();
        let mut normal = vec![vec![0.0; size]; size];
        let mut right = vec![0.0; size];
        let mean = points.iter().map(|p| p.1).sum::<f64>() / count;
        for (x, y) in &points {
            let row = powers(*x);
            for (i, line) in normal.iter_mut().enumerate() {
                right[i] += row[i] * (y - mean);
                line.iter_mut().zip(&row).for_each(|(sum, one)| *sum += row[i] * one);
            }
        }
        let inverse = inverse(normal)?;
        let mut coefficients: Vec<f64> = inverse.iter().map(|row| dot(row, &right)).collect();
        coefficients[0] += mean;
        let residual: f64 = points.iter().map(|(x, y)| (y - dot(&coefficients, &powers(*x))).powi(2)).sum();
        let total: f64 = points.iter().map(|p| (p.1 - mean).powi(2)).sum();
        let free = points.len() - size;
        let spread = (free > 0).then(|| (residual / free as f64, inverse, free));
        let r2 = (total > 0.0).then_some(1.0 - residual / total);
        Some(Fit { method, coefficients, centre, scale, r2, spread, points: Vec::new() })
    }

    /// A curve without an equation.
    fn smooth(points: &[(f64, f64)], method: Method) -> Option<Fit> {
        let (first, last) = (points.first()?.0, points.last()?.0);
        if first == last {
            return None;
        }
        let curve: Vec<(f64, f64)> = match method {
            Method::Average(window) => averages(points, window),
            _ if points.len() <= MANY => points.iter().map(|p| (p.0, loess(points, p.0))).collect(),
            _ => (0..=200)
                .map(|i| first + (last - first) * f64::from(i) / 200.0)
                .map(|x| (x, loess(points, x)))
                .collect(),
        };
        // One place is no curve.
        if curve.len() < 2 {
            return None;
        }
        Some(Fit { method, coefficients: Vec::new(), centre: 0.0, scale: 1.0, r2: None, spread: None, points: curve })
    }

    /// The curve's value, in y's unit; between the points of one without an equation, on the straight line.
    pub fn at(&self, x: f64) -> f64 {
        if self.method.is_equation() {
            return self.method.back(self.height(x));
        }
        let i = self.points.partition_point(|p| p.0 < x).clamp(1, self.points.len() - 1);
        let (a, b) = (self.points[i - 1], self.points[i]);
        if b.0 > a.0 { a.1 + (b.1 - a.1) * (x - a.0) / (b.0 - a.0) } else { b.1 }
    }

    /// What the equation has at x: y, or its logarithm.
    fn height(&self, x: f64) -> f64 {
        dot(&self.coefficients, &self.powers(x))
    }

    fn powers(&self, x: f64) -> Vec<f64> {
        let at = (self.method.across(x) - self.centre) / self.scale;
        (0..self.coefficients.len()).map(|i| at.powi(i as i32)).collect()
    }

    /// Coefficients of the powers of (x - origin), the constant first, of x and y as the method takes them.
    pub fn coefficients(&self, origin: f64) -> Vec<f64> {
        let off = (origin - self.centre) / self.scale;
        let size = self.coefficients.len();
        let choose = |n: usize, k: usize| (0..k).fold(1.0, |all, i| all * (n - i) as f64 / (i + 1) as f64);
        let one = |k: usize| {
            let sum: f64 = (k..size).map(|n| self.coefficients[n] * choose(n, k) * off.powi((n - k) as i32)).sum();
            sum / self.scale.powi(k as i32)
        };
        (0..size).map(one).collect()
    }

    /// Between which values the curve's own value lies with 95% confidence (Draper and Smith, section 3.1). `None`
    /// without an equation, and where no point is left to tell how far they scatter.
    pub fn band(&self, x: f64) -> Option<(f64, f64)> {
        let (variance, inverse, free) = self.spread.as_ref()?;
        let row = self.powers(x);
        let leverage: f64 = inverse.iter().zip(&row).map(|(line, one)| one * dot(line, &row)).sum();
        let off = student(*free) * (variance * leverage).max(0.0).sqrt();
        let height = self.height(x);
        Some((self.method.back(height - off), self.method.back(height + off)))
    }

    /// Where a curve has to be drawn at, from one place to another.
    pub fn places(&self, from: f64, to: f64) -> Vec<f64> {
        if !self.method.is_equation() {
            return self.points.iter().map(|p| p.0).filter(|x| (from..=to).contains(x)).collect();
        }
        (0..=100).map(|i| from + (to - from) * f64::from(i) / 100.0).collect()
    }
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

/// The inverse of a small matrix by Gauss and Jordan's elimination with pivots; `None` where there is none.
fn inverse(mut a: Vec<Vec<f64>>) -> Option<Vec<Vec<f64>>> {
    let size = a.len();
    for (i, row) in a.iter_mut().enumerate() {
        row.extend((0..size).map(|j| if i == j { 1.0 } else { 0.0 }));
    }
    for i in 0..size {
        let pivot = (i..size).max_by(|p, q| a[*p][i].abs().total_cmp(&a[*q][i].abs()))?;
        a.swap(i, pivot);
        let by = a[i][i];
        if by.abs() < 1e-12 {
            return None;
        }
        a[i].iter_mut().for_each(|v| *v /= by);
        let row = a[i].clone();
        for (_, other) in a.iter_mut().enumerate().filter(|(j, _)| *j != i) {
            let by = other[i];
            other.iter_mut().zip(&row).for_each(|(v, r)| *v -= by * r);
        }
    }
    Some(a.into_iter().map(|row| row[size..].to_vec()).collect())
}

/// How many standard errors hold 95% of Student's distribution with these degrees of freedom (Abramowitz and
/// Stegun, 26.7.5; the first two in closed form).
fn student(free: usize) -> f64 {
    let z = 1.959_963_984_540_054_f64;
    let n = free as f64;
    match free {
        1 => 12.706_204_736_174_7,
        2 => 4.302_652_729_696_14,
        _ => {
            let g = [
                (z.powi(3) + z) / 4.0,
                (5.0 * z.powi(5) + 16.0 * z.powi(3) + 3.0 * z) / 96.0,
                (3.0 * z.powi(7) + 19.0 * z.powi(5) + 17.0 * z.powi(3) - 15.0 * z) / 384.0,
                (79.0 * z.powi(9) + 776.0 * z.powi(7) + 1482.0 * z.powi(5) - 1920.0 * z.powi(3) - 945.0 * z) / 92_160.0,
            ];
            z + g.iter().enumerate().map(|(i, g)| g / n.powi(i as i32 + 1)).sum::<f64>()
        }
    }
}

/// Means of `window` points around each place; none where so many are not there.
fn averages(points: &[(f64, f64)], window: usize) -> Vec<(f64, f64)> {
    let window = window.clamp(1, points.len());
    let middle = |group: &[(f64, f64)]| (group[0].0 + group[window - 1].0) / 2.0;
    let mean = |group: &[(f64, f64)]| group.iter().map(|p| p.1).sum::<f64>() / window as f64;
    points
        .windows(window)
        .map(|group| (if window % 2 == 1 { group[window / 2].0 } else { middle(group) }, mean(group)))
        .collect()
}

/// The value at x of a line through the nearest points, weighted by their distance (Cleveland, Robust Locally
/// Weighted Regression, JASA 1979, without its robust steps).
fn loess(points: &[(f64, f64)], x: f64) -> f64 {
    let count = ((points.len() as f64 * SPAN).ceil() as usize).clamp(2.min(points.len()), points.len());
    // The nearest ones stand together, since points are in order.
    let mut from = points.partition_point(|p| p.0 < x).min(points.len() - 1).saturating_sub(count);
    while from + count < points.len() && (points[from].0 - x).abs() > (points[from + count].0 - x).abs() {
        from += 1;
    }
    let near = &points[from..from + count];
    let reach = near.iter().map(|p| (p.0 - x).abs()).fold(0.0, f64::max) * 1.000_001;
    let weight = |p: &(f64, f64)| if reach > 0.0 { (1.0 - ((p.0 - x).abs() / reach).powi(3)).powi(3) } else { 1.0 };
    let sum = |f: &dyn Fn(f64, f64) -> f64| near.iter().map(|p| weight(p) * f(p.0 - x, p.1)).sum::<f64>();
    let (w, wx, wy) = (sum(&|_, _| 1.0), sum(&|x, _| x), sum(&|_, y| y));
    let (wxx, wxy) = (sum(&|x, _| x * x), sum(&|x, y| x * y));
    let below = w * wxx - wx * wx;
    if below.abs() > 1e-12 * w * wxx { (wxx * wy - wx * wxy) / below } else { wy / w }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    const POINTS: [(f64, f64); 5] = [(1.0, 3.1), (2.0, 4.9), (4.0, 9.2), (7.0, 14.8), (11.0, 23.3)];

    #[track_caller]
    fn close(got: f64, want: f64) {
        assert!((got - want).abs() <= 1e-9 * want.abs().max(1e-9), "{got} is not {want}");
    }

    // Exact fractions, and numpy.polyfit([1, 2, 4, 7, 11], [3.1, 4.9, 9.2, 14.8, 23.3], 1)
    #[test]
    fn a_line_is_numpys() {
        let fit = Fit::of(&POINTS, Method::Linear).unwrap();
        close(fit.coefficients(0.0)[1], 2.0166666666666666);
        close(fit.at(0.0), 0.9766666666666667);
        close(fit.r2.unwrap(), 0.9994278380967984);
    }

    // Exact fractions (of 50 digits of the logarithms), and numpy.polyfit: log10 of 7.3e9, 13.8e9, 14e9 and 29e9
    // over the ordinals of 2021-04-13, 2024-05-21, 2025-03-01 and 2025-06-12, at 2026-12-31.
    #[test]
    fn a_line_through_logarithms_is_numpys() {
        let points = [(737893.0, 7.3e9), (739027.0, 13.8e9), (739311.0, 14e9), (739414.0, 29e9)];
        let fit = Fit::of(&points, Method::Exponential).unwrap();
        close(fit.coefficients(0.0)[1], 0.0003050664544961566);
        close(fit.at(739981.0), 30149272334.5835);
    }

    #[test]
    fn no_line_through_one_place() {
        let none = |points: &[(f64, f64)], method| assert_eq!(Fit::of(points, method), None);
        none(&[(2.0, 1.0), (2.0, 5.0)], Method::Linear);
        none(&[(2.0, 1.0)], Method::Linear);
        none(&[], Method::Loess);
        none(&[(1.0, 1.0), (2.0, 5.0)], Method::Polynomial(2));
        none(&[(0.0, 1.0), (2.0, 5.0)], Method::Power);
        assert_eq!(Fit::of(&[(1.0, 4.0), (2.0, 4.0)], Method::Linear).unwrap().r2, None);
    }

    // numpy.polyfit of degree 2, and of log10(y) over log10(x); Student's 97.5% for 3 is 3.182446305284263
    #[test]
    fn polynomials_powers_and_bands_are_numpys() {
        let fit = Fit::of(&POINTS, Method::Polynomial(2)).unwrap();
        let near = |got: f64, want: f64, share: f64| assert!((got / want - 1.0).abs() < share, "{got} is not {want}");
        fit.coefficients(0.0)
            .iter()
            .zip([1.17738927739, 1.90617715618, 0.00920745920746])
            .for_each(|(a, b)| near(*a, b, 1e-8));
        near(fit.at(13.0), 27.5137529138, 1e-9);
        let fit = Fit::of(&POINTS, Method::Power).unwrap();
        near(fit.coefficients(0.0)[1], 0.845901331761, 1e-8);
        near(fit.at(13.0), 25.523298805, 1e-9);
        let (low, high) = Fit::of(&POINTS, Method::Linear).unwrap().band(13.0).unwrap();
        near(low, 26.41435213552321, 1e-3);
        near(high, 27.972314531143468, 1e-3);
        near(student(3), 3.182446305284263, 2e-3);
        near(student(30), 2.0422724563012, 1e-6);
    }

    #[test]
    fn averages_and_loess_follow_the_points() {
        let fit = Fit::of(&POINTS, Method::Average(3)).unwrap();
        assert_eq!(fit.places(0.0, 20.0), [2.0, 4.0, 7.0]);
        close(fit.at(4.0), (4.9 + 9.2 + 14.8) / 3.0);
        let line: Vec<(f64, f64)> = (0..40).map(|i| (f64::from(i), 3.0 + 0.5 * f64::from(i))).collect();
        let fit = Fit::of(&line, Method::Loess).unwrap();
        close(fit.at(0.0), 3.0);
        close(fit.at(20.5), 13.25);
        assert!(fit.band(3.0).is_none() && !fit.method.is_equation());
    }
}
