//! Which marks a chart of bars, lines, areas or dots has. The other kinds are in `shapes.rs`.

use super::across::Across;
use super::axis::{Axis, Law};
use super::data::{Data, Point, Series};
use super::labels::{self, every, told};
use super::palette::Theme;
use super::plot::{End, Entry, Mark, Plot, Scale, Side, Sign, Value};
use super::shapes::{boxes, heat, histogram};
use super::sides::{FILLED, NAME_ROOM, TALLEST, names_of, numbers, sides};
use super::spread::{END_LINE, spread};
use super::text::TICK;
use super::trend::Trend;
use crate::raster::widths;
use plotters::style::RGBColor;
use polymath_chat::Chart;
use std::collections::HashMap;

/// Bars that have their values written at them, where there is room.
const MOST_VALUES: usize = 30;
/// Points of a line that are marked by dots.
const MOST_DOTS: usize = 60;
/// Dots of this size, in pixels; of many, smaller ones.
const RADIUS: i32 = 6;
const SMALL: i32 = 3;
const MANY: usize = 400;
/// Lines that have their names at their ends; more are in the legend.
const MOST_ENDS: usize = 8;

/// Everything that a chart of two axes shows.
pub fn plot(chart: &Chart, data: &Data, trends: &[Trend], today: Option<f64>, title: String) -> Plot {
    let mut plot = match chart.kind.as_str() {
        "bar" => bars(chart, data, false),
        "barh" => bars(chart, data, true),
        "hist" => histogram(chart, data),
        "box" => boxes(chart, data),
        "heat" => heat(chart, data),
        _ => points(chart, data, trends, today),
    };
    plot.title = title;
    plot
}

/// From where to where each point of each series reaches: series stand on those before them, values below zero
/// under them.
pub fn stacked(data: &Data) -> Vec<Vec<(f64, f64)>> {
    let mut reached: HashMap<(u64, bool), f64> = HashMap::new();
    let mut one = |point: &Point| {
        let end = reached.entry((point.x.to_bits(), point.y < 0.0)).or_insert(0.0);
        let from = *end;
        *end += point.y;
        (from, *end)
    };
    data.series.iter().map(|series| series.points.iter().map(&mut one).collect()).collect()
}

/// Values with what they may be off.
fn with_errors(data: &Data) -> Vec<f64> {
    data.points().flat_map(|p| [p.y, p.y - p.error, p.y + p.error]).collect()
}

fn bars(chart: &Chart, data: &Data, lying: bool) -> Plot {
    let names = names_of(data);
    let count = names.len() as f64;
    let groups = if chart.stack { 1 } else { data.series.len() };
    let (valued, every) = match chart.values {
        None => (names.len() * data.series.len() <= MOST_VALUES, 0),
        Some(asked) => (asked, if asked { every(chart, data) } else { 0 }),
    };
    let reach = stacked(data);
    let values: Vec<f64> = match chart.stack {
        true => reach.iter().flatten().flat_map(|(from, to)| [*from, *to]).collect(),
        false => with_errors(data),
    };
    let mut side = numbers(chart, data, &values, true);
    if lying && valued && !chart.stack {
        side.axis.widen(0.08);
    }
    let named = Side::names(names, lying, &data.labels.0);
    let mut plot = if lying { sides(chart, data, side, named) } else { sides(chart, data, named, side) };
    let base = if lying { plot.across.axis.base() } else { plot.up.axis.base() };
    let width = FILLED / groups as f64;
    let turned = |name: f64, value: f64| if lying { (value, name) } else { (name, value) };
    for (i, series) in data.series.iter().enumerate() {
        let off = if chart.stack { 0.0 } else { (i as f64 - (groups as f64 - 1.0) / 2.0) * width };
        for (n, (point, reach)) in series.points.iter().zip(&reach[i]).enumerate() {
            let middle = point.x + off;
            let (low, high) = if chart.stack { *reach } else { (base, point.y) };
            let (from, to) = (turned(middle - width / 2.0, low), turned(middle + width / 2.0, high));
            let color = plot.theme.color(i);
            plot.marks.push(Mark::Bar { from, to, color, estimated: point.estimated });
            if point.error > 0.0 {
                let ends = [-1.0, 1.0].map(|sign| turned(middle, point.y + sign * point.error));
                plot.marks.push(Mark::Whisker { from: ends[0], to: ends[1] });
            }
            if every > 0 && n % every == 0 && !(chart.stack && point.y == 0.0) {
                let beyond = if point.y < 0.0 { point.y - point.error } else { point.y + point.error };
                let (value, corners) = (told(chart, point.y), [from, to]);
                plot.written.push(match chart.stack {
                    true => labels::of_field(value, corners, color),
                    false => labels::of_bar(value, turned(middle, beyond), corners, lying, color),
                });
            } else if valued && every == 0 && point.error == 0.0 && !chart.stack {
                let room = if groups == 1 { 1.0 } else { width };
                plot.values.push(Value { at: turned(middle, point.y), value: point.y, room, within: None });
            }
        }
    }
    if data.series.len() > 1 {
        plot.legend = entries(data, &plot.theme, Sign::Box { estimated: false });
    }
    estimated(&mut plot, data, Sign::Box { estimated: true });
    if lying {
        let height = count * NAME_ROOM.max(NAME_ROOM * 0.6 * groups as f64) + 200.0;
        plot.canvas.grow(height, TALLEST);
    }
    plot
}

/// The axis of what goes across, with room for these places.
fn across(data: &Data, places: &[f64], trends: &[Trend]) -> Side {
    let scale = match &data.across {
        Across::Names(names) => return Side::names(names, false, &data.labels.0),
        Across::Dates { years } => Scale::Days { years: years.clone().filter(|_| trends.is_empty()) },
        Across::Numbers => Scale::Numbers,
    };
    let mut axis = Axis::around(places.iter().copied(), Law::Linear, false);
    if matches!(data.across, Across::Dates { .. }) && places.iter().all(|place| *place == places[0]) {
        // A single day, in its year.
        axis = Axis::linear(places[0] - 183.0, places[0] + 183.0);
    }
    Side { style: data.styles.0.clone(), ..Side::new(axis, scale, &data.labels.0) }
}

fn points(chart: &Chart, data: &Data, trends: &[Trend], today: Option<f64>) -> Plot {
    let curve = |t: &Trend| t.fit.places(t.from, t.to).into_iter().map(|x| t.fit.at(x)).collect::<Vec<f64>>();
    let stack = if chart.stack { stacked(data) } else { Vec::new() };
    let mut values = with_errors(data);
    values.extend(trends.iter().flat_map(curve));
    values.extend(stack.iter().flatten().flat_map(|(from, to)| [*from, *to]));
    let places: Vec<f64> = data.points().map(|p| p.x).chain(trends.iter().map(|t| t.to)).chain(today).collect();
    let area = chart.kind == "area";
    let up = numbers(chart, data, &values, area);
    let mut plot = sides(chart, data, across(data, &places, trends), up);
    let (base, theme) = (plot.up.axis.base(), plot.theme);
    let lines = chart.kind == "line";
    let radius = if data.points().count() > MANY { SMALL } else { RADIUS };
    for trend in trends.iter().filter(|_| chart.band) {
        band(trend, &mut plot);
    }
    for (i, series) in data.series.iter().enumerate() {
        if area {
            let reach = |n: usize, p: &Point| stack.get(i).map_or((base, p.y), |reach| reach[n]);
            let ends: Vec<(f64, (f64, f64))> =
                series.points.iter().enumerate().map(|(n, p)| (p.x, reach(n, p))).collect();
            areas(&mut plot, i, &ends, series, if chart.stack || data.series.len() == 1 { 0.85 } else { 0.4 });
        } else if lines {
            plot.marks.extend(parts(&series.points, &series.gaps, |p| p.x).map(|part| Mark::Line {
                points: part.iter().map(|p| (p.x, p.y)).collect(),
                color: theme.color(i),
                dashed: false,
            }));
        }
        for point in series.points.iter().filter(|p| p.error > 0.0) {
            let (from, to) = ((point.x, point.y - point.error), (point.x, point.y + point.error));
            plot.marks.push(Mark::Whisker { from, to });
        }
        if chart.values == Some(true) {
            let written = |n: usize| {
                let value = told(chart, series.points[n].y);
                match stack.get(i).map(|reach| reach[n]) {
                    Some(reach) => labels::of_band(value, &series.points, n, reach, plot.theme.color(i)),
                    None => labels::of_point(value, &series.points, n),
                }
            };
            let shown = |n: &usize| !(chart.stack && series.points[*n].y == 0.0);
            let places = (0..series.points.len()).step_by(every(chart, data)).filter(shown);
            let all: Vec<_> = places.map(written).collect();
            plot.written.extend(all);
        }
        let dotted = !area && (!lines || series.points.len() <= MOST_DOTS) || series.points.len() == 1;
        let dots = series.points.iter().filter(|p| dotted || p.estimated && !area);
        let dot = |p: &Point| Mark::Dot { at: (p.x, p.y), color: theme.color(i), radius, estimated: p.estimated };
        plot.marks.extend(dots.map(dot));
    }
    trends.iter().for_each(|trend| trend_lines(trend, data, &mut plot));
    name_series(chart, data, trends, &mut plot);
    plot.today = today;
    plot
}

/// What a series' points are between its gaps.
fn parts<'a, T>(points: &'a [T], gaps: &'a [f64], x: impl Fn(&T) -> f64 + 'a) -> impl Iterator<Item = &'a [T]> {
    points.chunk_by(move |a, b| !gaps.iter().any(|gap| x(a) < *gap && *gap < x(b)))
}

fn areas(plot: &mut Plot, i: usize, ends: &[(f64, (f64, f64))], series: &Series, opacity: f64) {
    for part in parts(ends, &series.gaps, |end| end.0) {
        let top = part.iter().map(|(x, (_, to))| (*x, *to));
        let outline = top.clone().chain(part.iter().rev().map(|(x, (from, _))| (*x, *from))).collect();
        let color = plot.theme.color(i);
        plot.marks.push(Mark::Area { outline, color, opacity });
        plot.marks.push(Mark::Line { points: top.collect(), color, dashed: false });
    }
}

/// The band of confidence of a trend, as far as the axis goes.
fn band(trend: &Trend, plot: &mut Plot) {
    let (floor, ceiling) = (plot.up.axis.min, plot.up.axis.max);
    let within = |(low, high): (f64, f64)| (low.clamp(floor, ceiling), high.clamp(floor, ceiling));
    let places = trend.fit.places(trend.from, trend.to);
    let ends: Vec<(f64, (f64, f64))> =
        places.into_iter().filter_map(|x| Some((x, within(trend.fit.band(x)?)))).collect();
    let low = ends.iter().map(|(x, (low, _))| (*x, *low));
    let outline = low.chain(ends.iter().rev().map(|(x, (_, high))| (*x, *high))).collect();
    plot.marks.push(Mark::Area { outline, color: plot.theme.trend(), opacity: 0.15 });
}

/// A trend's curve: whole between the points, dashed beyond them.
fn trend_lines(trend: &Trend, data: &Data, plot: &mut Plot) {
    let color = trend_color(trend, data, &plot.theme);
    let through = |from: f64, to: f64| -> Vec<(f64, f64)> {
        trend.fit.places(from, to).into_iter().map(|x| (x, trend.fit.at(x))).collect()
    };
    plot.marks.push(Mark::Line { points: through(trend.from, trend.last), color, dashed: false });
    if trend.to > trend.last {
        plot.marks.push(Mark::Line { points: through(trend.last, trend.to), color, dashed: true });
    }
}

fn trend_color(trend: &Trend, data: &Data, theme: &Theme) -> RGBColor {
    match data.series.iter().position(|s| s.name == trend.series) {
        Some(i) if data.series.len() > 1 => theme.color(i),
        _ => theme.trend(),
    }
}

/// Says which line is which: at their ends where these are apart, else in a legend.
fn name_series(chart: &Chart, data: &Data, trends: &[Trend], plot: &mut Plot) {
    let several = data.series.len() > 1;
    let sign = match chart.kind.as_str() {
        "line" => Sign::Line { dashed: false },
        "area" => Sign::Box { estimated: false },
        _ => Sign::Dot { estimated: false },
    };
    if several {
        plot.ends = ends(chart, data, plot);
        plot.legend = if plot.ends.is_empty() { entries(data, &plot.theme, sign) } else { Vec::new() };
    } else if !trends.is_empty() {
        plot.legend.push(Entry { name: data.called().to_owned(), sign, color: plot.theme.color(0) });
    }
    estimated(plot, data, Sign::Dot { estimated: true });
    let theme = plot.theme;
    let grey = |trend: &Trend| if several { theme.grey } else { trend_color(trend, data, &theme) };
    if let Some(trend) = trends.first() {
        plot.legend.push(Entry { name: "trend".into(), sign: Sign::Line { dashed: false }, color: grey(trend) });
        if chart.band && trend.fit.band(trend.to).is_some() {
            let sign = Sign::Box { estimated: true };
            plot.legend.push(Entry { name: "95% confidence".into(), sign, color: grey(trend) });
        }
    }
    if let Some(trend) = trends.iter().find(|trend| trend.to > trend.last) {
        plot.legend.push(Entry { name: "extrapolated".into(), sign: Sign::Line { dashed: true }, color: grey(trend) });
    }
}

/// The names of lines at their ends; none where some would overlap, or a line ends far from the right edge.
fn ends(chart: &Chart, data: &Data, plot: &Plot) -> Vec<End> {
    let nameless = data.series.iter().any(|s| s.name.is_empty() || s.points.is_empty());
    if chart.kind != "line" || data.series.len() > MOST_ENDS || nameless || data.shared.is_some() {
        return Vec::new();
    }
    let last = |(i, series): (usize, &Series)| {
        let point = series.points[series.points.len() - 1];
        End { at: (point.x, point.y), name: series.name.clone(), color: plot.theme.color(i) }
    };
    let all: Vec<End> = data.series.iter().enumerate().map(last).collect();
    // About two thirds of the picture's height are between the axes.
    let height = f64::from(plot.canvas.height) * 0.65;
    let places: Vec<f64> = all.iter().map(|end| plot.up.axis.share(end.at.1) * height).collect();
    let moved = spread(&places, END_LINE, (0.0, height));
    // A name that stands far from its line's end is nobody's.
    let near = places.iter().zip(&moved).all(|(at, to)| (at - to).abs() <= END_LINE * 1.5);
    let right = all.iter().all(|end| plot.across.axis.share(end.at.0) > 0.9);
    let wide = widths(all.iter().map(|end| end.name.as_str()), TICK).into_iter().fold(0.0, f64::max);
    let narrow = wide <= f64::from(plot.canvas.width) * 0.22;
    if near && right && narrow { all } else { Vec::new() }
}

fn entries(data: &Data, theme: &Theme, sign: Sign) -> Vec<Entry> {
    let entry = |(i, series): (usize, &Series)| {
        let name = if series.name.is_empty() { "n/a".to_owned() } else { series.name.clone() };
        Entry { name, sign, color: theme.color(i) }
    };
    data.series.iter().enumerate().map(entry).collect()
}

/// Says what hollow and light marks mean, where there are any.
fn estimated(plot: &mut Plot, data: &Data, sign: Sign) {
    if data.points().any(|point| point.estimated) {
        let color = if data.series.len() > 1 { plot.theme.grey } else { plot.theme.color(0) };
        plot.legend.push(Entry { name: "estimated".into(), sign, color });
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::super::testing::{chart, table};
    use super::*;

    #[test]
    fn series_stand_on_each_other() {
        let t = table("Year | Town | N\n2018 | A | 1\n2018 | B | 4\n2018 | C | -2\n2018 | D | -3");
        let data = Data::of(&Chart { series: Some("Town".into()), ..chart("bar", "Year", "N") }, &t).unwrap();
        let flat: Vec<(f64, f64)> = stacked(&data).concat();
        assert_eq!(flat, [(0.0, 1.0), (1.0, 5.0), (0.0, -2.0), (-2.0, -5.0)]);
    }

    #[test]
    fn lines_break_at_gaps() {
        let got: Vec<&[f64]> = parts(&[1.0, 2.0, 4.0, 5.0], &[3.0, 9.0], |x| *x).collect();
        assert_eq!(got, [[1.0, 2.0], [4.0, 5.0]]);
    }
}
