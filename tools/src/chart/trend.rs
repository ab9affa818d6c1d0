//! Trends: the fitted line of each series, how far it is drawn, and what it says.

use super::data::{Across, Data, Series, day_name};
use super::fit::Fit;
use super::request::end_of;
use super::ticks::rounded;
use polymath_chat::{Cell, Chart, Provenance, Table};
use polymath_quantity::{Date, human, short};

/// Days of a year on average.
const YEAR: f64 = 365.25;

/// The line of a series.
#[derive(Debug, Clone)]
pub struct Trend {
    /// The series' name, empty where there is one only.
    pub series: String,
    pub fit: Fit,
    /// Where the points begin, and where the line ends.
    pub from: f64,
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

/// Whether a kind of chart has a scale across that a line can be fitted on.
pub fn has_lines(chart: &Chart) -> bool {
    matches!(chart.kind.as_str(), "line" | "scatter")
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

/// The trends of a chart that asks for them. The error says why one cannot be had.
pub fn trends(chart: &Chart, data: &Data) -> Result<Vec<Trend>, String> {
    if !chart.trend {
        return Ok(Vec::new());
    }
    if !has_lines(chart) || matches!(data.across, Across::Names(_)) {
        return Err(format!(
            "a trend needs kind line or scatter, and dates or numbers across; this is {} over {}",
            chart.kind, chart.x
        ));
    }
    let places: Vec<f64> = today(chart, data).into_iter().chain(until(chart, data)).collect();
    let one = |series: &Series| {
        let points: Vec<(f64, f64)> = series.points.iter().map(|p| (p.x, p.y)).collect();
        let fit = Fit::of(&points, chart.log)?;
        let (from, last) = (points.first()?.0, points.last()?.0);
        let to = places.iter().copied().fold(last, f64::max);
        let estimated = series.points.iter().filter(|p| p.estimated).count();
        let points = (points.len(), estimated);
        Some(Trend { series: series.name.clone(), fit, from, to, points, places: places.clone() })
    };
    let all: Vec<Trend> = data.series.iter().filter_map(one).collect();
    if all.is_empty() {
        return Err(format!("a trend needs points at two different {} at least", chart.x));
    }
    Ok(all)
}

impl Trend {
    /// The equation and how well it fits, as a model reads it.
    pub fn told(&self, chart: &Chart, data: &Data) -> String {
        let digits = |value: f64| if value.abs() < 1e6 { human(rounded(value, 7)) } else { short(value) };
        let (origin, across) = match data.across {
            Across::Dates { .. } => (self.from, format!("(days since {})", day_name(self.from))),
            _ => (0.0, chart.x.clone()),
        };
        let up = if self.fit.log { format!("log10({})", chart.y) } else { chart.y.clone() };
        let sign = if self.fit.slope < 0.0 { '-' } else { '+' };
        let start = self.fit.height(origin);
        let mut text = format!("{up} = {} {sign} {} × {across}", digits(start), digits(self.fit.slope.abs()));
        let factor = |days: f64| digits(10f64.powf(self.fit.slope * days));
        match (&data.across, self.fit.log) {
            (Across::Dates { .. }, true) => text.push_str(&format!(", × {} a year", factor(YEAR))),
            (Across::Dates { .. }, false) => text.push_str(&format!(", {} a year", digits(self.fit.slope * YEAR))),
            (_, true) => text.push_str(&format!(", × {} for each 1", factor(1.0))),
            (_, false) => {}
        }
        if let Some(r2) = self.fit.r2 {
            text.push_str(&format!("; R² = {r2:.4}"));
        }
        let (count, estimated) = self.points;
        text.push_str(&format!("; least squares over {count} rows"));
        if estimated > 0 {
            text.push_str(&format!(", {estimated} of them estimated"));
        }
        if self.series.is_empty() { text } else { format!("{}: {text}", self.series) }
    }
}

/// The values of the trends where they are wanted, as cells that say what they are. `None` where no value is.
pub fn values(trends: &[Trend], chart: &Chart, data: &Data) -> Option<Table> {
    let dated = matches!(data.across, Across::Dates { .. });
    let named = trends.iter().any(|trend| !trend.series.is_empty());
    let series = chart.series.clone().filter(|_| named);
    let columns = series.into_iter().chain([chart.x.clone(), format!("trend of {}", data.labels.1)]).collect();
    let mut rows = Vec::new();
    for trend in trends {
        let how = format!("trend: {}", trend.told(chart, data));
        for place in &trend.places {
            let value = trend.fit.at(*place);
            let given = |text: String| Cell::new(text, Provenance::Given);
            let place = match dated {
                true => Cell { date: Some(day_name(*place)), ..given(day_name(*place)) },
                false => Cell { number: Some(*place), ..given(human(*place)) },
            };
            let value =
                Cell { number: Some(value), ..Cell::new(short(value), Provenance::Extrapolated { how: how.clone() }) };
            let name = named.then(|| given(trend.series.clone()));
            rows.push(name.into_iter().chain([place, value]).collect());
        }
    }
    (!rows.is_empty()).then(|| Table { title: format!("trend of {} over {}", chart.y, chart.x), columns, rows })
}
