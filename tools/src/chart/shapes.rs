//! The marks of distributions and of tables: histograms, boxes and heat maps.

use super::axis::{Axis, Law};
use super::data::Data;
use super::labels::{of_bar, of_field, step};
use super::palette;
use super::plot::{Entry, Mark, Plot, Scale, Side, Sign, Value};
use super::sides::{FILLED, NAME_ROOM, TALLEST, names_of, numbers, sides};
use super::ticks::linear;
use polymath_chat::Chart;

/// Edges of a histogram's bins: as wide as was asked, at multiples of that; else as many as Sturges's rule says (The
/// Choice of a Class Interval, 1926), of equal width, of equal ratio where `log`.
fn bins(values: &[f64], log: bool, width: Option<f64>) -> Vec<f64> {
    if let Some(width) = width.filter(|_| !values.is_empty()) {
        let (min, max) = values.iter().fold((f64::INFINITY, f64::NEG_INFINITY), |(a, b), v| (a.min(*v), b.max(*v)));
        let (first, last) = ((min / width).floor(), (max / width).floor() + 1.0);
        return (0..=(last - first) as usize).map(|i| (first + i as f64) * width).collect();
    }
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
fn counts(values: &[f64], edges: &[f64]) -> Vec<usize> {
    let mut counts = vec![0; edges.len() - 1];
    for value in values {
        let bin = edges[1..edges.len() - 1].partition_point(|edge| edge <= value);
        counts[bin] += 1;
    }
    counts
}

/// The bins of a histogram: their edges, and how many values are in each.
pub fn binned(chart: &Chart, data: &Data) -> (Vec<f64>, Vec<usize>) {
    let values: Vec<f64> = data.points().map(|p| p.y).collect();
    // Small charts of one picture have the same bins.
    let edges = bins(data.shared.as_ref().map_or(&values, |shared| &shared.values), chart.log, chart.bin);
    let counts = counts(&values, &edges);
    (edges, counts)
}

pub fn histogram(chart: &Chart, data: &Data) -> Plot {
    let (edges, counts) = binned(chart, data);
    let most = counts.iter().copied().max().unwrap_or(0) as f64;
    let mut axis = Axis::around(edges.iter().copied(), if chart.log { Law::Log } else { Law::Linear }, false);
    if !chart.log {
        // Bins that begin at the axis' end would hide it.
        let spare = (edges[edges.len() - 1] - edges[0]) * 0.03;
        axis = Axis::linear(edges[0] - spare, edges[edges.len() - 1] + spare);
    }
    let across = Side { style: data.styles.1.clone(), ..Side::new(axis, Scale::Numbers, &data.labels.1) };
    let up = Axis::around([0.0, most].into_iter(), Law::Linear, true);
    let (chart, asked) = (Chart { lines: Vec::new(), ..chart.clone() }, chart.values == Some(true));
    let mut plot =
        sides(&chart, data, across, Side::new(up, Scale::Counts, chart.y_title.as_deref().unwrap_or("count")));
    let (color, background) = (plot.theme.color(0), plot.theme.background);
    let every = step(counts.len());
    for (n, (edges, count)) in edges.windows(2).zip(&counts).enumerate() {
        let (from, to) = ((edges[0], 0.0), (edges[1], *count as f64));
        if asked && *count > 0 && n % every == 0 {
            let end = ((edges[0] + edges[1]) / 2.0, to.1);
            plot.written.push(of_bar(to.1, end, [from, to], false, color));
        }
        plot.marks.push(Mark::Bar { from, to, color, estimated: false });
        let corners = vec![from, (edges[0], to.1), to, (edges[1], 0.0)];
        plot.marks.push(Mark::Line { points: corners, color: background, dashed: false });
    }
    plot
}

/// What a box shows of values: quartiles, where the whiskers end, and what lies beyond them.
#[derive(Debug, Clone, PartialEq)]
pub struct Quartiles {
    pub low: f64,
    pub quartiles: [f64; 3],
    pub high: f64,
    pub outliers: Vec<f64>,
}

impl Quartiles {
    /// Quartiles between the two nearest values (numpy's and R's default), whiskers to the last values within 1.5
    /// times the distance of the quartiles (Tukey, Exploratory Data Analysis, 1977).
    pub fn of(values: &[f64]) -> Option<Quartiles> {
        let mut values = values.to_vec();
        values.sort_by(f64::total_cmp);
        let quartile = |share: f64| {
            let at = share * (values.len() - 1) as f64;
            let (i, part) = (at.floor() as usize, at.fract());
            values[i] + part * (values.get(i + 1).unwrap_or(&values[i]) - values[i])
        };
        values.first()?;
        let quartiles = [0.25, 0.5, 0.75].map(quartile);
        let reach = 1.5 * (quartiles[2] - quartiles[0]);
        let within = |v: &&f64| (quartiles[0] - reach..=quartiles[2] + reach).contains(*v);
        let (low, high) = (*values.iter().find(within)?, *values.iter().rev().find(within)?);
        let outliers = values.iter().filter(|v| !within(v)).copied().collect();
        Some(Quartiles { low, quartiles, high, outliers })
    }
}

/// The values of each name of a series.
pub fn by_name(data: &Data, series: usize) -> Vec<Vec<f64>> {
    let mut all = vec![Vec::new(); names_of(data).len()];
    data.series[series].points.iter().for_each(|p| all[p.x as usize].push(p.y));
    all
}

pub fn boxes(chart: &Chart, data: &Data) -> Plot {
    let values: Vec<f64> = data.points().map(|p| p.y).collect();
    let named = Side::names(names_of(data), false, &data.labels.0);
    let mut plot = sides(chart, data, named, numbers(chart, data, &values, false));
    let background = plot.theme.background;
    let groups = data.series.len() as f64;
    let width = FILLED / groups * if groups > 1.0 { 0.85 } else { 0.6 };
    for (i, series) in data.series.iter().enumerate() {
        let off = (i as f64 - (groups - 1.0) / 2.0) * FILLED / groups;
        let color = plot.theme.color(i);
        for (name, values) in by_name(data, i).iter().enumerate() {
            let Some(got) = Quartiles::of(values) else { continue };
            let (x, [lower, median, upper]) = (name as f64 + off, got.quartiles);
            let (left, right) = (x - width / 2.0, x + width / 2.0);
            plot.marks.push(Mark::Whisker { from: (x, got.low), to: (x, lower) });
            plot.marks.push(Mark::Whisker { from: (x, upper), to: (x, got.high) });
            plot.marks.push(Mark::Bar { from: (left, lower), to: (right, upper), color, estimated: false });
            let points = vec![(left, median), (right, median)];
            plot.marks.push(Mark::Line { points, color: background, dashed: false });
            let dot = |y: &f64| Mark::Dot { at: (x, *y), color, radius: 4, estimated: false };
            plot.marks.extend(got.outliers.iter().map(dot));
        }
        if groups > 1.0 {
            let sign = Sign::Box { estimated: false };
            plot.legend.push(Entry { name: series.name.clone(), sign, color });
        }
    }
    plot
}

/// A field for each name and series, shaded by its value.
pub fn heat(chart: &Chart, data: &Data) -> Plot {
    let rows: Vec<String> = data.series.iter().map(|s| s.name.clone()).collect();
    let across = Side::names(names_of(data), false, &data.labels.0);
    let mut up = Side::names(&rows, true, chart.series.as_deref().unwrap_or_default());
    up.style = data.styles.1.clone();
    let mut plot = sides(chart, data, across, up);
    let own: Vec<f64> = data.points().map(|p| p.y).collect();
    let all = data.shared.as_ref().map_or(&own, |shared| &shared.values).iter().copied();
    let (min, max) = all.fold((f64::INFINITY, f64::NEG_INFINITY), |(a, b), y| (a.min(y), b.max(y)));
    for (i, series) in data.series.iter().enumerate() {
        for point in &series.points {
            let color = plot.theme.heat(point.y, min, max);
            let (x, y) = (point.x, i as f64);
            let (from, to) = ((x - 0.49, y - 0.48), (x + 0.49, y + 0.48));
            plot.marks.push(Mark::Bar { from, to, color, estimated: false });
            match chart.values {
                None => {
                    let within = Some(palette::on(color));
                    plot.values.push(Value { at: (x, y), value: point.y, room: 1.0, within });
                }
                Some(true) => plot.written.push(of_field(point.y, [from, to], color)),
                Some(false) => {}
            }
        }
    }
    for tick in linear(min, max, 5) {
        let name = data.styles.1.number(tick.at, 0.0);
        let sign = Sign::Box { estimated: false };
        plot.legend.push(Entry { name, sign, color: plot.theme.heat(tick.at, min, max) });
    }
    let height = rows.len() as f64 * NAME_ROOM + 260.0;
    plot.canvas.grow(height, TALLEST);
    plot.lines.clear();
    plot
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    // numpy.histogram([1, 2, 2, 3, 5, 8, 9, 9.5], bins="sturges")
    #[test]
    fn bins_are_numpys() {
        let values = [1.0, 2.0, 2.0, 3.0, 5.0, 8.0, 9.0, 9.5];
        let edges = bins(&values, false, None);
        assert_eq!(edges, [1.0, 3.125, 5.25, 7.375, 9.5]);
        assert_eq!(counts(&values, &edges), [4, 1, 0, 3]);
    }

    #[test]
    fn bins_as_wide_as_was_asked() {
        let edges = bins(&[4.0, 27.0, 10.0, 29.9], false, Some(10.0));
        assert_eq!(edges, [0.0, 10.0, 20.0, 30.0]);
        // What lies on an edge is counted above it.
        assert_eq!(counts(&[4.0, 27.0, 10.0, 29.9], &edges), [1, 1, 2]);
        assert_eq!(bins(&[-3.0, 5.0], false, Some(5.0)), [-5.0, 0.0, 5.0, 10.0]);
    }

    #[test]
    fn bins_of_one_value_and_of_ratios() {
        assert_eq!(bins(&[7.0, 7.0], false, None), [6.3, 7.7]);
        let edges = bins(&[1.0, 10.0, 100.0, 1000.0], true, None);
        assert!(edges.len() == 4 && (edges[1] - 10.0).abs() < 1e-9, "{edges:?}");
        assert_eq!(counts(&[7.0, 7.0], &bins(&[7.0, 7.0], false, None)), [2]);
    }

    // numpy.percentile([1, 2, 3, 4, 5, 6, 7, 30], [25, 50, 75])
    #[test]
    fn quartiles_are_numpys() {
        let got = Quartiles::of(&[7.0, 30.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0]).unwrap();
        assert_eq!((got.quartiles, got.low, got.high, got.outliers), ([2.75, 4.5, 6.25], 1.0, 7.0, vec![30.0]));
        assert_eq!(Quartiles::of(&[4.0]).unwrap().quartiles, [4.0; 3]);
        assert_eq!(Quartiles::of(&[]), None);
    }
}
