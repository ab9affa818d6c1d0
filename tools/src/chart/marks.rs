//! Which marks a chart has: the table's points as bars, lines, dots and bins.

use super::axis::Axis;
use super::data::{Across, Data};
use super::plot::{Entry, GREY, HEIGHT, Mark, Plot, Scale, Side, Sign, Value, color};
use super::trend::Trend;
use polymath_chat::Chart;

/// Share of a name's room that its bars take.
const FILLED: f64 = 0.8;
/// Bars that have their values written at them, where there is room.
const MOST_VALUES: usize = 30;
/// Points of a line that are marked by dots.
const MOST_DOTS: usize = 60;
/// Dots of this size, in pixels; of many, smaller ones.
const RADIUS: i32 = 6;
const SMALL: i32 = 3;
const MANY: usize = 400;
/// Room for a name beside a lying bar, in pixels, and the tallest that a chart of them becomes.
const NAME_ROOM: f64 = 30.0;
const TALLEST: u32 = 3000;

/// Everything that a chart of two axes shows.
pub fn plot(chart: &Chart, data: &Data, trends: &[Trend], today: Option<f64>, title: String) -> Plot {
    let mut plot = match chart.kind.as_str() {
        "bar" => bars(chart, data, false),
        "barh" => bars(chart, data, true),
        "hist" => histogram(chart, data),
        _ => points(chart, data, trends, today),
    };
    plot.title = title;
    plot
}

/// An empty plot of these sides.
fn sides(chart: &Chart, across: Side, up: Side) -> Plot {
    let (marks, values, legend) = (Vec::new(), Vec::new(), Vec::new());
    Plot { title: String::new(), across, up, marks, values, legend, grid: chart.grid, today: None, height: HEIGHT }
}

fn names_of(data: &Data) -> &[String] {
    if let Across::Names(names) = &data.across { names } else { &[] }
}

fn bars(chart: &Chart, data: &Data, lying: bool) -> Plot {
    let names = names_of(data);
    let (count, groups) = (names.len() as f64, data.series.len());
    let valued = names.len() * groups <= MOST_VALUES;
    let mut axis = Axis::around(data.points().map(|p| p.y), chart.log, true);
    if lying && valued {
        axis.widen(0.08);
    }
    let base = axis.base();
    let numbers = Side { axis, scale: Scale::Numbers, name: data.labels.1.clone() };
    let (min, max) = if lying { (count - 0.5, -0.5) } else { (-0.5, count - 0.5) };
    let named =
        Side { axis: Axis { min, max, log: false }, scale: Scale::Names(names.to_vec()), name: data.labels.0.clone() };
    let mut plot = if lying { sides(chart, numbers, named) } else { sides(chart, named, numbers) };
    let width = FILLED / groups as f64;
    let turned = |name: f64, value: f64| if lying { (value, name) } else { (name, value) };
    for (i, series) in data.series.iter().enumerate() {
        let off = (i as f64 - (groups as f64 - 1.0) / 2.0) * width;
        for point in &series.points {
            let middle = point.x + off;
            let (from, to) = (turned(middle - width / 2.0, base), turned(middle + width / 2.0, point.y));
            plot.marks.push(Mark::Bar { from, to, color: color(i), estimated: point.estimated });
            if valued {
                let room = if groups == 1 { 1.0 } else { width };
                plot.values.push(Value { at: turned(middle, point.y), value: point.y, room });
            }
        }
    }
    if groups > 1 {
        plot.legend = entries(data, Sign::Box { estimated: false });
    }
    estimated(&mut plot, data, Sign::Box { estimated: true });
    if lying {
        let height = count * NAME_ROOM.max(NAME_ROOM * 0.6 * groups as f64) + 200.0;
        plot.height = (height as u32).clamp(HEIGHT, TALLEST);
    }
    plot
}

fn points(chart: &Chart, data: &Data, trends: &[Trend], today: Option<f64>) -> Plot {
    let ends = trends.iter().flat_map(|t| [t.from, t.to].map(|x| (x, t.fit.at(x))));
    let places: Vec<(f64, f64)> = data.points().map(|p| (p.x, p.y)).chain(ends).collect();
    let up = Axis::around(places.iter().map(|p| p.1).filter(|y| !chart.log || *y > 0.0), chart.log, false);
    let across = match &data.across {
        Across::Names(names) => Side {
            axis: Axis { min: -0.5, max: names.len() as f64 - 0.5, log: false },
            scale: Scale::Names(names.clone()),
            name: data.labels.0.clone(),
        },
        other => {
            let scale = match other {
                Across::Dates { years } => Scale::Days { years: years.clone().filter(|_| trends.is_empty()) },
                _ => Scale::Numbers,
            };
            let mut axis = Axis::around(places.iter().map(|p| p.0).chain(today), false, false);
            if matches!(other, Across::Dates { .. }) && places.iter().all(|p| p.0 == places[0].0) && today.is_none() {
                // A single day, in its year.
                axis = Axis { min: places[0].0 - 183.0, max: places[0].0 + 183.0, log: false };
            }
            Side { axis, scale, name: data.labels.0.clone() }
        }
    };
    let numbers = Side { axis: up, scale: Scale::Numbers, name: data.labels.1.clone() };
    let mut plot = sides(chart, across, numbers);
    let lines = chart.kind == "line";
    let radius = if data.points().count() > MANY { SMALL } else { RADIUS };
    for (i, series) in data.series.iter().enumerate() {
        if lines {
            let points = series.points.iter().map(|p| (p.x, p.y)).collect();
            plot.marks.push(Mark::Line { points, color: color(i), dashed: false });
        }
        let dotted = !lines || series.points.len() <= MOST_DOTS;
        let dots = series.points.iter().filter(|p| dotted || p.estimated);
        let dot =
            |p: &super::data::Point| Mark::Dot { at: (p.x, p.y), color: color(i), radius, estimated: p.estimated };
        plot.marks.extend(dots.map(dot));
    }
    for trend in trends {
        let points = [trend.from, trend.to].map(|x| (x, trend.fit.at(x))).to_vec();
        let color = match data.series.iter().position(|s| s.name == trend.series) {
            Some(i) if data.series.len() > 1 => color(i),
            _ => color(3),
        };
        plot.marks.push(Mark::Line { points, color, dashed: true });
    }
    let sign = if lines { Sign::Line { dashed: false } } else { Sign::Dot { estimated: false } };
    if data.series.len() > 1 {
        plot.legend = entries(data, sign);
    } else if !trends.is_empty() {
        plot.legend.push(Entry { name: data.labels.1.clone(), sign, color: color(0) });
    }
    estimated(&mut plot, data, Sign::Dot { estimated: true });
    if !trends.is_empty() {
        let color = if data.series.len() > 1 { GREY } else { color(3) };
        plot.legend.push(Entry { name: "trend".into(), sign: Sign::Line { dashed: true }, color });
    }
    plot.today = today;
    plot
}

fn entries(data: &Data, sign: Sign) -> Vec<Entry> {
    let entry = |(i, series): (usize, &super::data::Series)| {
        let name = if series.name.is_empty() { "n/a".to_owned() } else { series.name.clone() };
        Entry { name, sign, color: color(i) }
    };
    data.series.iter().enumerate().map(entry).collect()
}

/// Says what hollow and light marks mean, where there are any.
fn estimated(plot: &mut Plot, data: &Data, sign: Sign) {
    if data.points().any(|point| point.estimated) {
        let color = if data.series.len() > 1 { GREY } else { color(0) };
        plot.legend.push(Entry { name: "estimated".into(), sign, color });
    }
}

/// Edges of a histogram's bins: as many as Sturges's rule says (The Choice of a Class Interval, 1926),
/// of equal width; of equal ratio where `log`.
pub fn bins(values: &[f64], log: bool) -> Vec<f64> {
    let scaled = |v: f64| if log { v.log10() } else { v };
    let back = |v: f64| if log { 10f64.powf(v) } else { v };
    let (min, max) =
        values.iter().map(|v| scaled(*v)).fold((f64::INFINITY, f64::NEG_INFINITY), |(a, b), v| (a.min(v), b.max(v)));
    if min == max {
        let half = if log { 0.1 } else { (min.abs() * 0.1).max(0.5) };
        return vec![back(min - half), back(max + half)];
    }
    let count = (values.len() as f64).log2().ceil() as usize + 1;
    (0..=count).map(|i| back(min + (max - min) * i as f64 / count as f64)).collect()
}

/// How many values lie in each bin; the last bin holds its upper edge too.
pub fn counts(values: &[f64], edges: &[f64]) -> Vec<usize> {
    let mut counts = vec![0; edges.len() - 1];
    for value in values {
        let bin = edges[1..edges.len() - 1].partition_point(|edge| edge <= value);
        counts[bin] += 1;
    }
    counts
}

fn histogram(chart: &Chart, data: &Data) -> Plot {
    let values: Vec<f64> = data.points().map(|p| p.y).collect();
    let edges = bins(&values, chart.log);
    let counts = counts(&values, &edges);
    let most = counts.iter().copied().max().unwrap_or(0) as f64;
    let mut axis = Axis::around(edges.iter().copied(), chart.log, false);
    if !chart.log {
        // Bins that begin at the axis' end would hide it.
        let spare = (edges[edges.len() - 1] - edges[0]) * 0.03;
        axis = Axis { min: edges[0] - spare, max: edges[edges.len() - 1] + spare, log: false };
    }
    let across = Side { axis, scale: Scale::Numbers, name: data.labels.1.clone() };
    let up = Axis::around([0.0, most].into_iter(), false, true);
    let mut plot = sides(chart, across, Side { axis: up, scale: Scale::Counts, name: "count".into() });
    for (edges, count) in edges.windows(2).zip(&counts) {
        let (from, to) = ((edges[0], 0.0), (edges[1], *count as f64));
        plot.marks.push(Mark::Bar { from, to, color: color(0), estimated: false });
        let corners = vec![from, (edges[0], to.1), to, (edges[1], 0.0)];
        plot.marks.push(Mark::Line { points: corners, color: plotters::style::WHITE, dashed: false });
    }
    plot
}

#[cfg(test)]
mod tests {
    use super::*;

    // numpy.histogram([1, 2, 2, 3, 5, 8, 9, 9.5], bins="sturges")
    #[test]
    fn bins_are_numpys() {
        let values = [1.0, 2.0, 2.0, 3.0, 5.0, 8.0, 9.0, 9.5];
        let edges = bins(&values, false);
        assert_eq!(edges, [1.0, 3.125, 5.25, 7.375, 9.5]);
        assert_eq!(counts(&values, &edges), [4, 1, 0, 3]);
    }

    #[test]
    fn bins_of_one_value_and_of_ratios() {
        assert_eq!(bins(&[7.0, 7.0], false), [6.3, 7.7]);
        let edges = bins(&[1.0, 10.0, 100.0, 1000.0], true);
        assert!(edges.len() == 4 && (edges[1] - 10.0).abs() < 1e-9, "{edges:?}");
        assert_eq!(counts(&[7.0, 7.0], &bins(&[7.0, 7.0], false)), [2]);
    }
}
