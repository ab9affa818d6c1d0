//! Small charts of one picture in a grid: the same axes for all, written at the outer ones only; one title and
//! one legend.

use super::draw::{Failed, Panel, Pixels, canvas, insert, legend, side_names};
use super::layout::{EDGE, END, Layout, is_lying, legend_places, spaced, title};
use super::names::Names;
use super::palette::hex;
use super::plot::{Drawing, Plot, Scale};
use super::text::{Anchor, Label, NAME, TICK, shorten, svg};
use super::ticks::Tick;
use crate::raster::widths;

/// Between two small charts, in pixels.
const GAP: f64 = 28.0;
/// Room for the name of one.
const CAPTION: f64 = TICK * 1.7;
/// The least width of one.
const NARROWEST: f64 = 300.0;
/// Height of one as a share of its width, and for each of its lying bars.
const RATIO: f64 = 0.66;
const BAR: f64 = 32.0;
/// The highest that a picture becomes.
const TALLEST: f64 = 4000.0;

/// How many stand side by side: as near to a square as there is room for.
pub fn columns(count: usize, width: f64) -> usize {
    let wanted = match count {
        0..=3 => count.max(1),
        4 => 2,
        5 | 6 | 9 => 3,
        _ => 4,
    };
    wanted.min((width / (NARROWEST + GAP)).floor().max(1.0) as usize)
}

/// Where everything is.
struct Grid {
    columns: usize,
    count: usize,
    /// The upper left corner of the first one between its axes, and the size of each.
    from: (f64, f64),
    size: (f64, f64),
    /// Names beside the axes of the first column, and below those that have nothing below them.
    beside: Names,
    below: Names,
}

impl Grid {
    fn layout(&self, i: usize) -> Layout {
        let (row, column) = (i / self.columns, i % self.columns);
        let left = self.from.0 + column as f64 * (self.size.0 + GAP);
        let top = self.from.1 + row as f64 * (self.size.1 + GAP + CAPTION);
        Layout {
            left,
            right: left + self.size.0,
            top,
            bottom: top + self.size.1,
            above: false,
            beside: self.ends_row(i),
        }
    }

    /// Whether nothing stands at its right.
    fn ends_row(&self, i: usize) -> bool {
        (i + 1).is_multiple_of(self.columns) || i + 1 == self.count
    }

    fn is_first(&self, i: usize) -> bool {
        i.is_multiple_of(self.columns)
    }

    /// Whether nothing stands below it.
    fn is_last(&self, i: usize) -> bool {
        i + self.columns >= self.count
    }
}

/// Draws plots of the same axes, each named by its title, below a title of all of them. The error is plotters' own.
pub fn draw(mut plots: Vec<Plot>, caption: &str) -> Result<Drawing, String> {
    let Some(first) = plots.first() else { return Err("there is nothing to draw".to_owned()) };
    let mut whole = Plot { title: caption.to_owned(), legend: Vec::new(), ..first.clone() };
    for plot in &mut plots {
        for entry in plot.legend.drain(..) {
            if whole.legend.iter().all(|known| known.name != entry.name) {
                whole.legend.push(entry);
            }
        }
    }
    let width = whole.canvas.width;
    let mut labels = Vec::new();
    let top = title(caption, width, &mut labels);
    let (entries, top) = legend_places(&whole.legend, width, top);
    let up = whole.up.ticks(5);
    let (grid, height) = arrange(&whole, plots.len(), &up, top);
    whole.canvas.height = height.min(TALLEST) as u32;
    let across = spaced(&whole.across, &grid.layout(0));
    let mut out = String::new();
    let mut unwritten = 0;
    {
        let root = canvas(&mut out, &whole)?;
        legend(&whole, &entries, &root, &mut labels).map_err(|e| e.to_string())?;
        for (i, plot) in plots.iter().enumerate() {
            unwritten += one(plot, i, &grid, [&across, &up], &root, &mut labels).map_err(|e| e.to_string())?;
        }
        root.present().map_err(|e| e.to_string())?;
    }
    let (from, to) = (grid.layout(0), grid.layout(grid.columns.min(plots.len()) - 1));
    let bottom = grid.layout(plots.len() - 1).bottom;
    side_names(
        &whole,
        &Layout { left: from.left, right: to.right, top: from.top, bottom, above: false, beside: false },
        &mut labels,
    );
    insert(&mut out, &svg(&labels, &hex(whole.theme.text)));
    Ok(Drawing { unwritten, ..whole.canvas.drawing(out) })
}

/// The grid of so many, and how high the picture is with it.
fn arrange(whole: &Plot, count: usize, up: &[Tick], top: f64) -> (Grid, f64) {
    let width = f64::from(whole.canvas.width);
    let side = EDGE + if whole.up.name.is_empty() { 0.0 } else { NAME + 16.0 };
    let foot = EDGE + if whole.across.name.is_empty() { 0.0 } else { NAME + 12.0 };
    let numbers = widths(up.iter().map(|tick| tick.label.as_str()), TICK).into_iter().fold(0.0, f64::max);
    let columns = columns(count, width - side - numbers);
    let lines: Vec<String> = match is_lying(whole) {
        true => Vec::new(),
        false => whole.lines.iter().map(|at| whole.up.style.full(*at)).collect(),
    };
    let lines = widths(lines.iter().map(String::as_str), TICK).into_iter().fold(0.0, f64::max);
    let right = if lines > 0.0 { lines + END + EDGE } else { EDGE };
    let wide = |left: f64| (width - left - right - GAP * (columns as f64 - 1.0)) / columns as f64;
    let mut high = wide(side + numbers + 14.0) * RATIO;
    let beside = match &whole.up.scale {
        Scale::Names(names) => {
            high = high.max(names.len() as f64 * BAR);
            Names::beside(names, high, width * 0.25)
        }
        _ => Names::none(),
    };
    let left = side + numbers.max(beside.size()) + 14.0;
    let size = (wide(left), high);
    let below = match &whole.across.scale {
        Scale::Names(names) => Names::below(names, size.0, left),
        _ => Names::none(),
    };
    let rows = count.div_ceil(columns) as f64;
    let from = (left, top + CAPTION + 10.0);
    let shown = if below.size() > 0.0 { below.size() } else { TICK };
    let height = from.1 + rows * high + (rows - 1.0) * (GAP + CAPTION) + shown + 16.0 + foot;
    (Grid { columns, count, from, size, beside, below }, height)
}

fn one(
    plot: &Plot,
    i: usize,
    grid: &Grid,
    [across, up]: [&[Tick]; 2],
    root: &Pixels<'_>,
    labels: &mut Vec<Label>,
) -> Result<usize, Failed> {
    let layout = grid.layout(i);
    let written = [grid.is_last(i), grid.is_first(i)];
    let beside = if grid.is_first(i) { grid.beside.clone() } else { Names::none() };
    let below = if grid.is_last(i) { grid.below.clone() } else { Names::none() };
    let ticks = [across.to_vec(), up.to_vec()];
    let unwritten = Panel { plot, layout: &layout, ticks, written, names: &beside.and(below), labels }.draw(root)?;
    let middle = (layout.left + layout.right) / 2.0;
    let name = shorten(&plot.title, TICK, (layout.right - layout.left) / 1.15);
    labels.push(Label { bold: true, ..Label::new(name, (middle, layout.top - CAPTION / 2.0), TICK, Anchor::Middle) });
    Ok(unwritten)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn grids_are_near_squares() {
        let all: Vec<usize> = [1, 2, 3, 4, 5, 6, 7, 9, 10, 24].map(|count| columns(count, 1320.0)).to_vec();
        assert_eq!(all, [1, 2, 3, 2, 3, 3, 4, 3, 4, 4]);
        assert_eq!((columns(9, 500.0), columns(9, 100.0)), (1, 1));
    }
}
