//! Trends: the fitted curve of each series, how far it is drawn, and what it says.

use super::across::Across;
use super::data::{Data, Series};
use super::dates::moment_name;
use super::fit::{Fit, METHODS, MOST_DEGREE, Method};
use super::request::end_of;
use super::schema::TRENDS;
use super::ticks::rounded;
use polymath_chat::{Cell, Chart, Provenance, Table};
use polymath_quantity::{Date, human, short};

/// Days of a year on average.
const YEAR: f64 = 365.25;

/// The curve of a series.
#[derive(Debug, Clone)]
pub struct Trend {
    /// The series' name, empty where there is one only.
    pub series: String,
    pub fit: Fit,
    /// Where the points begin and end, and where the curve does.
    pub from: f64,
    pub last: f64,
    pub to: f64,
    /// Points that it is fitted to, and how many of them are estimated.
    points: (usize, usize),
    /// Where its value is wanted.
    places: Vec<f64>,
}

/// The day that a chart marks as today.
pub fn today(chart: &Chart, data: &Data) -> Option<f64> {
    let dated = matches!(data.across, Across::Dates { .. });
    chart.today.as_deref().filter(|_| dated && has_lines(chart)).and_then(end_of)
}

/// Whether a kind of chart has a scale across that a curve can be fitted on.
pub fn has_lines(chart: &Chart) -> bool {
    TRENDS.contains(&chart.kind.as_str())
}

/// Where the trend is drawn to.
fn until(chart: &Chart, data: &Data) -> Option<f64> {
    let until = chart.until.as_deref()?;
    match data.across {
        Across::Dates { .. } => end_of(until),
        Across::Numbers => until.parse().ok().or_else(|| Date::parse(until).map(|date| f64::from(date.year))),
        Across::Names(_) => None,
    }
}

/// How a chart's trend follows its points. What is a line in the picture is exponential on a logarithmic axis.
fn method(chart: &Chart) -> Result<Method, String> {
    let name = chart.fit.as_deref().unwrap_or("linear");
    let method = Method::named(name, chart.order)
        .ok_or_else(|| format!("`fit` is `{name}` and must be one of {}", METHODS.join(", ")))?;
    match method {
        Method::Linear if chart.log => Ok(Method::Exponential),
        Method::Polynomial(degree) if !(1..=MOST_DEGREE).contains(&degree) => {
            Err(format!("`order` is {degree}; a polynomial's degree is 1 to {MOST_DEGREE}"))
        }
        Method::Average(0) => Err("`order` is 0; a moving average is of 1 point at least".to_owned()),
        method => Ok(method),
    }
}

/// The trends of a chart that asks for them. The error says why one cannot be had.
pub fn trends(chart: &Chart, data: &Data) -> Result<Vec<Trend>, String> {
    if !chart.trend {
        return Ok(Vec::new());
    }
    if !has_lines(chart) || matches!(data.across, Across::Names(_)) {
        return Err(format!(
            "a trend needs kind line, area or scatter, and dates or numbers across; this is {} over {}",
            chart.kind, chart.x
        ));
    }
    let method = method(chart)?;
    if matches!(method, Method::Exponential | Method::Power) && data.points().any(|p| p.y <= 0.0) {
        return Err(format!(
            "an exponential or power trend is of logarithms, and {} is not above zero everywhere; use fit linear",
            chart.y
        ));
    }
    let wanted: Vec<f64> = today(chart, data).into_iter().chain(until(chart, data)).collect();
    let one = |series: &Series| {
        let points: Vec<(f64, f64)> = series.points.iter().map(|p| (p.x, p.y)).collect();
        let fit = Fit::of(&points, method)?;
        let (from, last) = (points.first()?.0, points.last()?.0);
        // A curve without an equation ends with its points.
        let places: Vec<f64> = wanted.iter().copied().filter(|x| method.is_equation() || *x <= last).collect();
        let to = places.iter().copied().fold(last, f64::max);
        let estimated = series.points.iter().filter(|p| p.estimated).count();
        let points = (points.len(), estimated);
        Some(Trend { series: series.name.clone(), fit, from, last, to, points, places })
    };
    let all: Vec<Trend> = data.series.iter().filter_map(one).collect();
    if all.is_empty() {
        let (needed, above) = match method {
            Method::Polynomial(degree) => ((degree + 1).to_string(), ""),
            Method::Power => ("two".to_owned(), " above zero"),
            _ => ("two".to_owned(), ""),
        };
        return Err(format!("a trend needs points at {needed} different {} at least{above}", chart.x));
    }
    Ok(all)
}

fn digits(value: f64) -> String {
    match value.abs() {
        size if size >= 1e6 => short(value),
        size if size > 0.0 && size < 1e-4 => format!("{:e}", rounded(value, 7)),
        _ => human(rounded(value, 7)),
    }
}

impl Trend {
    /// Places where the curve's value is wanted: today, and where it is drawn to.
    pub fn wanted(&self) -> &[f64] {
        &self.places
    }

    /// The equation and how well it fits, as a model reads it.
    pub fn told(&self, chart: &Chart, data: &Data) -> String {
        let mut text = match self.fit.method {
            Method::Average(window) => format!("moving average of {window} points of {}", chart.y),
            Method::Loess => format!("loess of {} (local lines through half of the points)", chart.y),
            _ => self.equation(chart, data),
        };
        if let Some(r2) = self.fit.r2 {
            text.push_str(&format!("; R² = {r2:.4}"));
        }
        let (count, estimated) = self.points;
        let how = if self.fit.method.is_equation() { "least squares over " } else { "" };
        text.push_str(&format!("; {how}{count} rows"));
        if estimated > 0 {
            text.push_str(&format!(", {estimated} of them estimated"));
        }
        if chart.log && self.fit.method == Method::Exponential {
            text.push_str("; straight on the logarithmic axis (exponential)");
        }
        if let Some((low, high)) = chart.band.then(|| self.fit.band(self.to)).flatten() {
            let place = place_name(self.to, data);
            text.push_str(&format!("; 95% confidence at {place}: {} to {}", short(low), short(high)));
        }
        if self.series.is_empty() { text } else { format!("{}: {text}", self.series) }
    }

    fn equation(&self, chart: &Chart, data: &Data) -> String {
        let dated = matches!(data.across, Across::Dates { .. }) && self.fit.method != Method::Power;
        let (origin, across) = match dated {
            true => (self.from, format!("(days since {})", moment_name(self.from))),
            false => (0.0, chart.x.clone()),
        };
        let logged = matches!(self.fit.method, Method::Exponential | Method::Power);
        let up = if logged { format!("log10({})", chart.y) } else { chart.y.clone() };
        let across = if self.fit.method == Method::Power { format!("log10({across})") } else { across };
        let all = self.fit.coefficients(origin);
        let mut text = format!("{up} = {}", digits(all[0]));
        for (power, coefficient) in all.iter().enumerate().skip(1) {
            let sign = if *coefficient < 0.0 { '-' } else { '+' };
            let raised = if power > 1 { format!("^{power}") } else { String::new() };
            text.push_str(&format!(" {sign} {} × {across}{raised}", digits(coefficient.abs())));
        }
        let factor = |by: f64| digits(10f64.powf(all[1] * by));
        match (self.fit.method, dated) {
            (Method::Exponential, true) => text.push_str(&format!(", × {} a year", factor(YEAR))),
            (Method::Exponential, false) => text.push_str(&format!(", × {} for each 1", factor(1.0))),
            (Method::Linear, true) => text.push_str(&format!(", {} a year", digits(all[1] * YEAR))),
            _ => {}
        }
        text
    }
}

/// A place across as it is written.
pub fn place_name(at: f64, data: &Data) -> String {
    match &data.across {
        // What is written as years is told as years.
        Across::Dates { years: Some(years) } if years.contains(&at) => moment_name(at).chars().take(4).collect(),
        Across::Dates { .. } => moment_name(at),
        Across::Names(names) => names.get(at as usize).cloned().unwrap_or_default(),
        Across::Numbers => human(rounded(at, 7)),
    }
}

/// The values of the trends where they are wanted, as cells that say what they are. `None` where no value is.
pub fn values(trends: &[Trend], chart: &Chart, data: &Data) -> Option<Table> {
    let dated = matches!(data.across, Across::Dates { .. });
    let named = trends.iter().any(|trend| !trend.series.is_empty());
    let series = chart.series.clone().filter(|_| named);
    let columns = series.into_iter().chain([chart.x.clone(), format!("trend of {}", data.measure)]).collect();
    let mut rows = Vec::new();
    for trend in trends {
        let how = format!("trend: {}", trend.told(chart, data));
        for place in &trend.places {
            let value = trend.fit.at(*place);
            let given = |text: String| Cell::new(text, Provenance::Given);
            let name = place_name(*place, data);
            let place = match dated {
                true => Cell { date: Some(name.clone()), ..given(name) },
                false => Cell { number: Some(*place), ..given(name) },
            };
            let value =
                Cell { number: Some(value), ..Cell::new(short(value), Provenance::Extrapolated { how: how.clone() }) };
            let name = named.then(|| given(trend.series.clone()));
            rows.push(name.into_iter().chain([place, value]).collect());
        }
    }
    (!rows.is_empty()).then(|| Table { title: format!("trend of {} over {}", chart.y, chart.x), columns, rows })
}
