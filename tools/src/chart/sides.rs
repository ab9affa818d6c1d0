//! What the charts of two axes have in common: an empty plot, and the axes of names and of values.

use super::across::Across;
use super::axis::{Axis, Law};
use super::data::Data;
use super::plot::{HEIGHT, Plot, Scale, Side, WIDTH};
use polymath_chat::Chart;

/// Share of a name's room that its bars take.
pub const FILLED: f64 = 0.8;
/// Room for a name beside a lying bar, in pixels, and the tallest that a chart of them becomes.
pub const NAME_ROOM: f64 = 34.0;
pub const TALLEST: u32 = 3000;

/// An empty plot of these sides.
pub fn sides(chart: &Chart, across: Side, up: Side) -> Plot {
    let (marks, values, legend, ends) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    let width = chart.width.unwrap_or(WIDTH);
    let height = (f64::from(width) * f64::from(HEIGHT) / f64::from(WIDTH)) as u32;
    let (grid, lines) = (chart.grid, chart.lines.clone());
    Plot { title: String::new(), across, up, marks, values, legend, ends, grid, today: None, lines, width, height }
}

pub fn names_of(data: &Data) -> &[String] {
    if let Across::Names(names) = &data.across { names } else { &[] }
}

/// The axis of a chart's values, with room for what stands around them.
pub fn numbers(chart: &Chart, data: &Data, values: &[f64], base: bool) -> Side {
    let law = Law::of(chart.log, chart.symlog, values.iter().copied());
    let shown = values.iter().chain(&chart.lines).copied().filter(|v| law != Law::Log || *v > 0.0);
    let axis = Axis::around(shown, law, base);
    Side { style: data.styles.1.clone(), ..Side::new(axis, Scale::Numbers, &data.labels.1) }
}
