//! Where the parts of a chart go: title, legend, axes and what is written at them.

use super::names::Names;
use super::plot::{Entry, MOST_TICKS, Plot, Scale, Side};
use super::text::{Anchor, Label, NAME, TICK, TITLE, wrap};
use super::ticks::Tick;
use crate::raster::widths;

/// Room at the picture's edge.
pub const EDGE: f64 = 24.0;
const LEGEND_ROW: f64 = 34.0;
/// How much wider bold letters are.
const BOLD: f64 = 1.15;
/// Between a line's end and its name.
pub const END: f64 = 12.0;

/// Room above the axes for what lines from there down say.
pub const MARKED: f64 = TICK * 1.25;

/// Whether the values go across: bars lie.
pub fn is_lying(plot: &Plot) -> bool {
    matches!(plot.up.scale, Scale::Names(_))
}

/// Where what is between the axes is, in pixels.
pub struct Layout {
    pub left: f64,
    pub right: f64,
    pub top: f64,
    pub bottom: f64,
    /// Whether there is room above it, and at its right, for what is written there.
    pub above: bool,
    pub beside: bool,
}

/// Sets the title; returns where it ends.
pub fn title(title: &str, width: u32, labels: &mut Vec<Label>) -> f64 {
    // Bold letters are wider than the ones that are measured.
    let lines = wrap(title, TITLE, (f64::from(width) - 4.0 * EDGE) / BOLD, 3).lines;
    let mut y = EDGE + TITLE / 2.0;
    for line in lines {
        labels.push(Label { bold: true, ..Label::new(line, (f64::from(width) / 2.0, y), TITLE, Anchor::Middle) });
        y += TITLE * 1.3;
    }
    y - TITLE * 0.5
}

/// Where the legend's rows stand, side by side as far as there is room, and where it ends.
pub fn legend_places(legend: &[Entry], width: u32, top: f64) -> (Vec<(f64, f64)>, f64) {
    let wide = widths(legend.iter().map(|entry| entry.name.as_str()), TICK);
    let most = f64::from(width) - 4.0 * EDGE;
    let mut rows: Vec<(Vec<f64>, f64)> = Vec::new();
    for wide in wide.iter().map(|w| w + 80.0) {
        match rows.last_mut() {
            Some((places, used)) if *used + wide <= most => {
                places.push(*used);
                *used += wide;
            }
            _ => rows.push((vec![0.0], wide)),
        }
    }
    let mut places = Vec::new();
    let mut y = top + 8.0;
    for (row, used) in rows {
        let left = (f64::from(width) - used) / 2.0 + 20.0;
        places.extend(row.into_iter().map(|x| (left + x, y + LEGEND_ROW / 2.0)));
        y += LEGEND_ROW;
    }
    (places, if legend.is_empty() { top } else { y })
}

/// Where the axes are, and the names that stand there. `top`: where title and legend end.
pub fn layout(plot: &Plot, up_ticks: &[Tick], top: f64) -> (Layout, Names) {
    let (width, height) = (f64::from(plot.canvas.width), f64::from(plot.canvas.height));
    let top = top + 14.0 + if plot.today.is_some() || is_lying(plot) && !plot.lines.is_empty() { MARKED } else { 0.0 };
    let below = EDGE + if plot.across.name.is_empty() { 0.0 } else { NAME + 12.0 };
    let beside = EDGE + if plot.up.name.is_empty() { 0.0 } else { NAME + 16.0 };
    let widest = |texts: &mut dyn Iterator<Item = &str>| widths(texts, TICK).into_iter().fold(0.0, f64::max);
    let lines: Vec<String> = match is_lying(plot) {
        true => Vec::new(),
        false => plot.lines.iter().map(|at| plot.up.style.full(*at)).collect(),
    };
    let ends = widest(&mut plot.ends.iter().map(|end| end.name.as_str()).chain(lines.iter().map(String::as_str)));
    let right = width - if ends > 0.0 { ends + END + EDGE } else { 1.8 * EDGE };
    let numbers = widest(&mut up_ticks.iter().map(|tick| tick.label.as_str()));
    // What is below is as high as its names, which depend on how wide the picture is, and that on those beside it.
    let upright = match &plot.up.scale {
        Scale::Names(names) => Names::beside(names, height - below - TICK - 16.0 - top, width * 0.4),
        _ => Names::none(),
    };
    let left = beside + numbers.max(upright.size()) + 14.0;
    let lying = match &plot.across.scale {
        Scale::Names(names) => Names::below(names, right - left, left),
        _ => Names::none(),
    };
    let shown = if lying.size() > 0.0 { lying.size() } else { TICK };
    let layout = Layout { left, right, top, bottom: height - below - shown - 16.0, above: true, beside: true };
    (layout, upright.and(lying))
}

/// As many ticks across as can be written beside each other.
pub fn spaced(side: &Side, layout: &Layout) -> Vec<Tick> {
    let width = layout.right - layout.left;
    let mut last = Vec::new();
    for most in (2..=MOST_TICKS).rev() {
        last = side.ticks(most);
        let wide = widths(last.iter().map(|tick| tick.label.as_str()), TICK);
        let shown: Vec<(f64, f64)> = last
            .iter()
            .zip(wide)
            .filter(|(t, _)| !t.label.is_empty())
            .map(|(t, w)| (side.axis.share(t.at) * width, w))
            .collect();
        if shown.windows(2).all(|two| two[0].0 + two[0].1 / 2.0 + 16.0 <= two[1].0 - two[1].1 / 2.0) {
            break;
        }
    }
    last
}
