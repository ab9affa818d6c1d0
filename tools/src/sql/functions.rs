//! What SQLite lacks for data: median, quantile, stddev, corr, regression, REGEXP, times.

use regex::Regex;
use rusqlite::functions::{Aggregate, Context, FunctionFlags};
use rusqlite::{Connection, Error, Result};

const FLAGS: FunctionFlags = FunctionFlags::SQLITE_UTF8.union(FunctionFlags::SQLITE_DETERMINISTIC);

/// Adds them to a database.
pub fn add(connection: &Connection) -> Result<()> {
    connection.create_aggregate_function("median", 1, FLAGS, Sorted { quantile: Some(0.5) })?;
    connection.create_aggregate_function("quantile", 2, FLAGS, Sorted { quantile: None })?;
    for name in ["stddev", "stdev"] {
        connection.create_aggregate_function(name, 1, FLAGS, Moments(|m| m.variance_x().map(f64::sqrt)))?;
    }
    connection.create_aggregate_function("variance", 1, FLAGS, Moments(|m| m.variance_x()))?;
    connection.create_aggregate_function("corr", 2, FLAGS, Moments(Sums::correlation))?;
    connection.create_aggregate_function("regr_slope", 2, FLAGS, Moments(Sums::slope))?;
    connection.create_aggregate_function("regr_intercept", 2, FLAGS, Moments(Sums::intercept))?;
    connection.create_scalar_function("seconds", 1, FLAGS, |cx| {
        Ok(cx.get::<Option<String>>(0)?.and_then(|t| polymath_quantity::seconds(&t)))
    })?;
    for arguments in [1, 2] {
        connection.create_scalar_function("hms", arguments, FLAGS, |cx| {
            let parts = if cx.len() > 1 { cx.get::<i64>(1)? } else { 3 };
            Ok(cx.get::<Option<f64>>(0)?.map(|seconds| hms(seconds, parts)))
        })?;
    }
    connection.create_scalar_function("regexp", 2, FLAGS, |cx| {
        let (pattern, text) = (cx.get::<String>(0)?, cx.get::<Option<String>>(1)?);
        let pattern = Regex::new(&pattern).map_err(|e| Error::UserFunctionError(Box::new(e)))?;
        Ok(text.map(|text| pattern.is_match(&text)))
    })
}

/// Seconds as a time of so many parts, rounded to the last of them.
fn hms(seconds: f64, parts: i64) -> String {
    let (sign, size) = (if seconds < 0.0 { "-" } else { "" }, seconds.abs());
    if parts == 2 {
        let minutes = (size / 60.0).round() as u64;
        return format!("{sign}{}:{:02}", minutes / 60, minutes % 60);
    }
    let whole = size.round() as u64;
    format!("{sign}{}:{:02}:{:02}", whole / 3600, whole / 60 % 60, whole % 60)
}

/// A quantile by linear interpolation between the two nearest values, as numpy's default is.
struct Sorted {
    quantile: Option<f64>,
}

impl Aggregate<(Vec<f64>, f64), Option<f64>> for Sorted {
    fn init(&self, _: &mut Context<'_>) -> Result<(Vec<f64>, f64)> {
        Ok((Vec::new(), self.quantile.unwrap_or_default()))
    }

    fn step(&self, cx: &mut Context<'_>, (values, quantile): &mut (Vec<f64>, f64)) -> Result<()> {
        values.extend(cx.get::<Option<f64>>(0)?);
        if self.quantile.is_none() {
            *quantile = cx.get::<f64>(1)?.clamp(0.0, 1.0);
        }
        Ok(())
    }

    fn finalize(&self, _: &mut Context<'_>, gathered: Option<(Vec<f64>, f64)>) -> Result<Option<f64>> {
        let Some((mut values, quantile)) = gathered.filter(|(values, _)| !values.is_empty()) else { return Ok(None) };
        values.sort_by(f64::total_cmp);
        let at = quantile * (values.len() - 1) as f64;
        let (low, high) = (values[at.floor() as usize], values[at.ceil() as usize]);
        Ok(Some(low + (high - low) * at.fract()))
    }
}

/// Sums over the rows in which all arguments are there. For two arguments `y, x`, as in SQL's own
/// regression functions; for one only `x`.
#[derive(Default)]
struct Sums {
    n: f64,
    mean_x: f64,
    mean_y: f64,
    xx: f64,
    yy: f64,
    xy: f64,
}

impl Sums {
    /// Welford's update, which does not cancel where values are large and close together.
    fn add(&mut self, x: f64, y: f64) {
        self.n += 1.0;
        let (dx, dy) = (x - self.mean_x, y - self.mean_y);
        self.mean_x += dx / self.n;
        self.mean_y += dy / self.n;
        self.xx += dx * (x - self.mean_x);
        self.yy += dy * (y - self.mean_y);
        self.xy += dx * (y - self.mean_y);
    }

    /// Of the sample.
    fn variance_x(&self) -> Option<f64> {
        (self.n > 1.0).then(|| self.xx / (self.n - 1.0))
    }

    fn correlation(&self) -> Option<f64> {
        let both = (self.xx * self.yy).sqrt();
        (both > 0.0).then(|| self.xy / both)
    }

    fn slope(&self) -> Option<f64> {
        (self.xx > 0.0).then(|| self.xy / self.xx)
    }

    fn intercept(&self) -> Option<f64> {
        self.slope().map(|slope| self.mean_y - slope * self.mean_x)
    }
}

struct Moments(fn(&Sums) -> Option<f64>);

impl Aggregate<Sums, Option<f64>> for Moments {
    fn init(&self, _: &mut Context<'_>) -> Result<Sums> {
        Ok(Sums::default())
    }

    fn step(&self, cx: &mut Context<'_>, sums: &mut Sums) -> Result<()> {
        let first = cx.get::<Option<f64>>(0)?;
        let second = if cx.len() > 1 { cx.get::<Option<f64>>(1)? } else { first };
        if let (Some(y), Some(x)) = (first, second) {
            sums.add(x, y);
        }
        Ok(())
    }

    fn finalize(&self, _: &mut Context<'_>, sums: Option<Sums>) -> Result<Option<f64>> {
        Ok(sums.as_ref().and_then(self.0))
    }
}
