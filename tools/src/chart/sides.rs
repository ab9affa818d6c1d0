//! What the charts of two axes have in common: an empty plot, and the axes of names and of values.

use super::across::Across;
use super::axis::{Axis, Law};
use super::data::Data;
use super::palette::Theme;
use super::plot::{Canvas, Plot, Scale, Side};
use polymath_chat::Chart;

/// Share of a name's room that its bars take.
pub const FILLED: f64 = 0.8;
/// Room for a name beside a lying bar, in pixels, and the tallest that a chart of them becomes.
pub const NAME_ROOM: f64 = 34.0;
pub const TALLEST: u32 = 3000;

/// An empty plot of these sides.
pub fn sides(chart: &Chart, data: &Data, mut across: Side, mut up: Side) -> Plot {
    let (marks, values, written, legend, ends) = (Vec::new(), Vec::new(), Vec::new(), Vec::new(), Vec::new());
    if let Some((x, y)) = data.shared.as_ref().and_then(|shared| shared.axes.clone()) {
        (across.axis, up.axis) = (x, y);
    }
    let canvas = Canvas::of(chart);
    let (grid, lines, theme) = (chart.grid, chart.lines.clone(), Theme::of(chart));
    let title = String::new();
    Plot { title, across, up, marks, values, written, legend, ends, grid, today: None, lines, canvas, theme }
}

pub fn names_of(data: &Data) -> &[String] {
    if let Across::Names(names) = &data.across { names } else { &[] }
}

/// The axis of a chart's values, with room for what stands around them.
pub fn numbers(chart: &Chart, data: &Data, values: &[f64], base: bool) -> Side {
    let law = Law::of(chart.log, chart.symlog, values.iter().copied());
    let shown = values.iter().chain(&chart.lines).copied().filter(|v| law != Law::Log || *v > 0.0);
    let axis = match chart.share {
        true => Axis::linear(0.0, 100.0),
        false => Axis::around(shown, law, base || chart.zero),
    };
    Side { style: data.styles.1.clone(), ..Side::new(axis, Scale::Numbers, &data.labels.1) }
}
