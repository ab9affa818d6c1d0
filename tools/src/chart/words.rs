//! A chart in words: for models, and for people who cannot see it.

use super::across::Across;
use super::data::{Data, Point, told};
use super::dates::moment_name;
use super::labels::{every, told as told_as};
use super::trend::{Trend, place_name};
use polymath_chat::{Chart, Table};

/// Series whose values are told.
const MOST_SERIES: usize = 6;
/// Small charts whose values are told.
const MOST_PARTS: usize = 12;

/// A chart of the picture: the only one, or a small one with its name.
pub struct Part<'a> {
    pub name: &'a str,
    pub data: &'a Data,
    pub trends: &'a [Trend],
}

/// What was drawn: what is on the axes, from where to where, the extremes and the last values, the fits and
/// their values where these are wanted.
pub fn words(chart: &Chart, data: &Data, parts: &[Part<'_>], today: Option<f64>, values: Option<&Table>) -> String {
    let mut lines = vec![head(chart, data)];
    lines.extend(range(chart, data));
    for part in parts.iter().take(MOST_PARTS) {
        let named = |line: String| if part.name.is_empty() { line } else { format!("{}: {line}", part.name) };
        lines.extend(extremes(chart, part.data).into_iter().map(named));
    }
    if parts.len() > MOST_PARTS {
        lines.push(format!("and {} more small charts", parts.len() - MOST_PARTS));
    }
    if !data.dropped.is_empty() {
        lines.push(format!("rows left out: {}", told(&data.dropped)));
    }
    let estimated = data.points().filter(|point| point.estimated).count();
    if estimated > 0 {
        lines.push(format!("estimated values, marked so: {estimated}"));
    }
    if !chart.lines.is_empty() && !matches!(chart.kind.as_str(), "pie" | "heat" | "hist") {
        let marked: Vec<String> = chart.lines.iter().map(|at| data.styles.1.full(*at)).collect();
        lines.push(format!("lines are drawn at {}", marked.join(", ")));
    }
    let every = every(chart, data);
    if chart.values == Some(true) && every > 1 && !matches!(chart.kind.as_str(), "pie" | "hist") {
        lines.push(format!("values at one of {every} marks: there are too many"));
    }
    if let Some(day) = today {
        lines.push(format!("today is marked: {}", moment_name(day)));
    } else if chart.today.is_some() {
        lines.push("today is not marked: there are no dates across, or bars".to_owned());
    }
    for part in parts {
        let of = if part.name.is_empty() { String::new() } else { format!(" of {}", part.name) };
        lines.extend(part.trends.iter().map(|trend| format!("trend{of}: {}", trend.told(chart, part.data))));
    }
    let mut fits = parts.iter().flat_map(|part| part.trends);
    if fits.any(|trend| !trend.fit.method.is_equation()) && chart.until.is_some() {
        lines.push(
            "the trend ends with the data: an average and loess say nothing of what follows; fit linear does"
                .to_owned(),
        );
    }
    if let Some(values) = values {
        lines.push(format!("values of the trend (extrapolated):\n{}", values.markdown().trim_end()));
    }
    lines.join("\n")
}

/// From where to where the data go across, where that is no list of names.
fn range(chart: &Chart, data: &Data) -> Option<String> {
    if matches!(data.across, Across::Names(_)) || chart.kind == "hist" {
        return None;
    }
    let ends = |(a, b): (f64, f64), x: f64| (a.min(x), b.max(x));
    let (from, to) = data.points().map(|p| p.x).fold((f64::INFINITY, f64::NEG_INFINITY), ends);
    Some(format!("{} from {} to {}", along(chart), place_name(from, data), place_name(to, data)))
}

/// What goes across, by its column where it has no title of its own.
fn along(chart: &Chart) -> &str {
    chart.x_title.as_deref().filter(|title| !title.is_empty()).unwrap_or(&chart.x)
}

fn head(chart: &Chart, data: &Data) -> String {
    let across = match &data.across {
        _ if chart.kind == "hist" => String::new(),
        Across::Dates { .. } => format!(" over {} (dates)", along(chart)),
        Across::Numbers => format!(" over {} (numbers)", along(chart)),
        Across::Names(_) => format!(" by {}", along(chart)),
    };
    let count = data.points().count();
    let mut line = format!("{} chart of {}: {}{across}, {count} rows drawn", chart.kind, chart.table, data.called());
    if let Some(series) = &chart.series {
        line.push_str(&format!(", {} series by {series}", data.series.len()));
    }
    if let Some(facet) = &chart.facet {
        line.push_str(&format!(", a small chart for each {facet}"));
    }
    let axis = [(chart.log, "logarithmic axis"), (chart.symlog, "axis logarithmic on both sides of zero")];
    let stacked = if chart.share { "stacked to 100%" } else { "stacked" };
    let written =
        [(chart.values == Some(true), "values at the marks"), (chart.values == Some(false), "no values at the marks")];
    let marks = [(chart.grid, "grid"), (chart.sort, "sorted"), (chart.stack, stacked), (chart.zero, "axis from zero")];
    for (_, what) in axis.into_iter().chain(marks).chain(written).filter(|(on, _)| *on) {
        line.push_str(&format!(", {what}"));
    }
    line
}

/// The range of each series with where its ends are, and its last value.
fn extremes(chart: &Chart, data: &Data) -> Vec<String> {
    let value = |y: f64| data.styles.1.full(told_as(chart, y));
    let at = |p: &Point| match chart.kind.as_str() {
        "hist" => value(p.y),
        _ => format!("{} ({})", value(p.y), place_name(p.x, data)),
    };
    let mut lines = Vec::new();
    for series in data.series.iter().take(MOST_SERIES) {
        let by_value = |a: &&Point, b: &&Point| a.y.total_cmp(&b.y);
        let (least, most) = (series.points.iter().min_by(by_value), series.points.iter().max_by(by_value));
        let Some((least, most)) = least.zip(most) else { continue };
        let name = if series.name.is_empty() { data.called() } else { &series.name };
        let mut line = format!("{name}: {} to {}", at(least), at(most));
        let ordered = !matches!(data.across, Across::Names(_)) && chart.kind != "hist";
        if let (true, Some(last)) = (ordered, series.points.last()) {
            line.push_str(&format!(", last {}", at(last)));
        }
        lines.push(line);
    }
    if data.series.len() > MOST_SERIES {
        lines.push(format!("and {} more series", data.series.len() - MOST_SERIES));
    }
    lines
}
