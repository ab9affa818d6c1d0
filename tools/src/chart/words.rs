//! A chart in words: for models, and for people who cannot see it.

use super::across::Across;
use super::data::{Data, Point, told};
use super::dates::moment_name;
use super::trend::{Trend, place_name, values};
use polymath_chat::Chart;

/// Series whose values are told.
const MOST_SERIES: usize = 6;

/// What was drawn: what is on the axes, from where to where, the extremes and the last values, the fits.
pub fn words(chart: &Chart, data: &Data, trends: &[Trend], today: Option<f64>) -> String {
    let mut lines = vec![head(chart, data)];
    lines.extend(extremes(chart, data));
    if !data.dropped.is_empty() {
        lines.push(format!("rows left out: {}", told(&data.dropped)));
    }
    let estimated = data.points().filter(|point| point.estimated).count();
    if estimated > 0 {
        lines.push(format!("estimated values, marked so: {estimated}"));
    }
    if let Some(day) = today {
        lines.push(format!("today is marked: {}", moment_name(day)));
    } else if chart.today.is_some() {
        lines.push("today is not marked: there are no dates across, or bars".to_owned());
    }
    lines.extend(trends.iter().map(|trend| format!("trend: {}", trend.told(chart, data))));
    if trends.iter().any(|trend| !trend.fit.method.is_equation()) && chart.until.is_some() {
        lines.push(
            "the trend ends with the data: an average and loess say nothing of what follows; fit linear does"
                .to_owned(),
        );
    }
    if let Some(values) = values(trends, chart, data) {
        lines.push(format!("values of the trend (extrapolated):\n{}", values.markdown().trim_end()));
    }
    lines.join("\n")
}

fn head(chart: &Chart, data: &Data) -> String {
    let across = match &data.across {
        _ if chart.kind == "hist" => String::new(),
        Across::Dates { .. } => format!(" over {} (dates)", chart.x),
        Across::Numbers => format!(" over {} (numbers)", chart.x),
        Across::Names(_) => format!(" by {}", chart.x),
    };
    let count = data.points().count();
    let mut line = format!("{} chart of {}: {}{across}, {count} rows drawn", chart.kind, chart.table, data.labels.1);
    if let Some(series) = &chart.series {
        line.push_str(&format!(", {} series by {series}", data.series.len()));
    }
    let axis = [(chart.log, "logarithmic axis"), (chart.symlog, "axis logarithmic on both sides of zero")];
    let marks = [(chart.grid, "grid"), (chart.sort, "sorted"), (chart.stack, "stacked")];
    for (_, what) in axis.into_iter().chain(marks).filter(|(on, _)| *on) {
        line.push_str(&format!(", {what}"));
    }
    line
}

/// The range of each series with where its ends are, and its last value.
fn extremes(chart: &Chart, data: &Data) -> Vec<String> {
    let value = |y: f64| data.styles.1.full(y);
    let at = |p: &Point| match chart.kind.as_str() {
        "hist" => value(p.y),
        _ => format!("{} ({})", value(p.y), place_name(p.x, data)),
    };
    let mut lines = Vec::new();
    for series in data.series.iter().take(MOST_SERIES) {
        let by_value = |a: &&Point, b: &&Point| a.y.total_cmp(&b.y);
        let (least, most) = (series.points.iter().min_by(by_value), series.points.iter().max_by(by_value));
        let Some((least, most)) = least.zip(most) else { continue };
        let name = if series.name.is_empty() { &data.labels.1 } else { &series.name };
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
