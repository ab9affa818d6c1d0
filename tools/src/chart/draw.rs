//! Draws a chart with two axes: frame, ticks, marks, legend.

use super::axis::{Axis, Law};
use super::decimate::{Spots, thinned};
use super::labels::{SIZE as VALUE, write};
use super::layout::{EDGE, END, Layout, MARKED, is_lying, layout, legend_places, spaced, title};
use super::names::Names;
use super::palette::{Theme, hex};
use super::plot::{Drawing, Entry, MOST_TICKS, Mark, Plot, Scale, Sign, Value};
use super::spread::{END_LINE, spread};
use super::text::{Anchor, Label, NAME, TICK, shorten, svg};
use super::ticks::Tick;
use crate::raster::widths;
use plotters::coord::Shift;
use plotters::element::DashedPathElement;
use plotters::prelude::*;

pub type Failed = DrawingAreaErrorKind<std::io::Error>;
pub type Pixels<'a> = DrawingArea<SVGBackend<'a>, Shift>;
type Places<'a> = DrawingArea<SVGBackend<'a>, Cartesian2d<Axis, Axis>>;

/// Draws a chart. The error is plotters' own.
pub fn draw(plot: &Plot) -> Result<Drawing, String> {
    let mut labels = Vec::new();
    let width = plot.canvas.width;
    let top = title(&plot.title, width, &mut labels);
    let (entries, top) = legend_places(&plot.legend, width, top);
    let up = plot.up.ticks(MOST_TICKS - 2);
    let (layout, names) = layout(plot, &up, top);
    let across = spaced(&plot.across, &layout);
    let mut out = String::new();
    let unwritten;
    {
        let root = canvas(&mut out, plot)?;
        let (ticks, written) = ([across, up], [true; 2]);
        let mut panel = Panel { plot, layout: &layout, ticks, written, names: &names, labels: &mut labels };
        unwritten = panel.draw(&root).map_err(|e| e.to_string())?;
        legend(plot, &entries, &root, &mut labels).map_err(|e| e.to_string())?;
        root.present().map_err(|e| e.to_string())?;
    }
    side_names(plot, &layout, &mut labels);
    insert(&mut out, &svg(&labels, &hex(plot.theme.text)));
    Ok(Drawing { unwritten, ..plot.canvas.drawing(out) })
}

/// An empty picture.
pub fn canvas<'a>(out: &'a mut String, plot: &Plot) -> Result<Pixels<'a>, String> {
    let root = SVGBackend::with_string(out, (plot.canvas.width, plot.canvas.height)).into_drawing_area();
    root.fill(&plot.theme.background).map_err(|e| e.to_string())?;
    Ok(root)
}

/// The legend's signs, and what they mean.
pub fn legend(plot: &Plot, at: &[(f64, f64)], root: &Pixels<'_>, labels: &mut Vec<Label>) -> Result<(), Failed> {
    for (entry, at) in plot.legend.iter().zip(at) {
        sign(entry, *at, &plot.theme, root)?;
        labels.push(Label::new(&entry.name, (at.0 + 46.0, at.1), TICK, Anchor::Start));
    }
    Ok(())
}

/// What is between two axes and at them: the whole chart, or one small chart of several.
pub struct Panel<'a> {
    pub plot: &'a Plot,
    pub layout: &'a Layout,
    /// Across and up.
    pub ticks: [Vec<Tick>; 2],
    /// Whether these have their numbers.
    pub written: [bool; 2],
    pub names: &'a Names,
    pub labels: &'a mut Vec<Label>,
}

impl Panel<'_> {
    /// Draws it; says how many of the values that were asked for had no room.
    pub fn draw(&mut self, root: &Pixels<'_>) -> Result<usize, Failed> {
        let Panel { plot, layout, ticks: [across, up], written, names, labels } = self;
        let pixels = |at: f64| at.round() as i32;
        let area = root.apply_coord_spec(Cartesian2d::<Axis, Axis>::new(
            plot.across.axis.clone(),
            plot.up.axis.clone(),
            (pixels(layout.left)..pixels(layout.right), pixels(layout.bottom)..pixels(layout.top)),
        ));
        frame(plot, &area, root, (across, up))?;
        reference(plot, &area, layout, labels)?;
        let mut spots = Spots::default();
        for mark in &plot.marks {
            draw_mark(mark, &area, &plot.theme, &mut spots)?;
        }
        let shown = |ticks: &Vec<Tick>, written| if written { ticks.clone() } else { Vec::new() };
        tick_labels(&area, &shown(across, written[0]), &shown(up, written[1]), layout, labels);
        today(plot, &area, layout, labels)?;
        values(plot, &area, labels);
        ends(plot, &area, layout, labels);
        names.labels(|at| area.map_coordinate(&at), (layout.left, layout.bottom), labels);
        // Small charts have others beside them.
        let right = if layout.above { f64::from(plot.canvas.width) - 2.0 } else { layout.right + END };
        let bounds = (layout.left - 4.0, layout.top - END, right, layout.bottom);
        Ok(write(plot, |at| area.map_coordinate(at), bounds, labels))
    }
}

/// Names of lines at their ends and values of those across, moved apart where these are near each other.
fn ends(plot: &Plot, area: &Places<'_>, layout: &Layout, labels: &mut Vec<Label>) {
    let mut all: Vec<(f64, f64, Label)> = Vec::new();
    let label = |text: &str, color| Label { color: hex(color), ..Label::new(text, (0.0, 0.0), TICK, Anchor::Start) };
    for end in &plot.ends {
        let (x, y) = area.map_coordinate(&end.at);
        all.push((f64::from(x) + END, f64::from(y), label(&end.name, end.color)));
    }
    for at in plot.lines.iter().filter(|_| layout.beside && !is_lying(plot)) {
        let y = area.map_coordinate(&(plot.across.axis.min, *at)).1;
        all.push((layout.right + END, f64::from(y), label(&plot.up.style.full(*at), plot.theme.muted)));
    }
    let ups: Vec<f64> = all.iter().map(|(_, y, _)| *y).collect();
    let moved = spread(&ups, END_LINE, (layout.top, layout.bottom));
    labels.extend(all.into_iter().zip(moved).map(|((x, _, label), y)| Label { at: (x, y), ..label }));
}

/// Puts text behind all that is drawn.
pub fn insert(out: &mut String, text: &str) {
    let end = out.rfind("</svg>").unwrap_or(out.len());
    out.insert_str(end, text);
}

/// Grid, ticks and the lines of the axes.
fn frame(plot: &Plot, area: &Places<'_>, root: &Pixels<'_>, (across, up): (&[Tick], &[Tick])) -> Result<(), Failed> {
    let (x, y) = (&plot.across.axis, &plot.up.axis);
    let [strong, faint] = plot.theme.grid;
    let line = |points: [(f64, f64); 2], color: RGBColor| area.draw(&PathElement::new(points, color.stroke_width(1)));
    let shade = |tick: &Tick| if tick.label.is_empty() { faint } else { strong };
    if plot.grid {
        for tick in across {
            line([(tick.at, y.min), (tick.at, y.max)], shade(tick))?;
        }
        for tick in up {
            line([(x.min, tick.at), (x.max, tick.at)], shade(tick))?;
        }
    }
    let black = plot.theme.axis;
    let (left, bottom) = area.map_coordinate(&(x.min, y.min));
    let (right, top) = area.map_coordinate(&(x.max, y.max));
    root.draw(&PathElement::new(vec![(left, top), (left, bottom), (right, bottom)], black.stroke_width(2)))?;
    let long = |tick: &Tick| if tick.label.is_empty() { 4 } else { 8 };
    for tick in across {
        let at = area.map_coordinate(&(tick.at, y.min)).0;
        root.draw(&PathElement::new(vec![(at, bottom), (at, bottom + long(tick))], black.stroke_width(2)))?;
    }
    for tick in up {
        let at = area.map_coordinate(&(x.min, tick.at)).1;
        root.draw(&PathElement::new(vec![(left - long(tick), at), (left, at)], black.stroke_width(2)))?;
    }
    // Where bars of both signs meet.
    if y.min < 0.0 && y.max > 0.0 && y.law != Law::Log {
        line([(x.min, 0.0), (x.max, 0.0)], black)?;
    }
    if x.min < 0.0 && x.max > 0.0 && matches!(plot.up.scale, Scale::Names(_)) && x.law != Law::Log {
        line([(0.0, y.min), (0.0, y.max)], black)?;
    }
    Ok(())
}

fn tick_labels(area: &Places<'_>, across: &[Tick], up: &[Tick], layout: &Layout, labels: &mut Vec<Label>) {
    let (x, y) = (area.as_coord_spec().get_x_range(), area.as_coord_spec().get_y_range());
    for tick in across.iter().filter(|tick| !tick.label.is_empty()) {
        let at = f64::from(area.map_coordinate(&(tick.at, y.start)).0);
        labels.push(Label::new(&tick.label, (at, layout.bottom + 12.0 + TICK / 2.0), TICK, Anchor::Middle));
    }
    for tick in up.iter().filter(|tick| !tick.label.is_empty()) {
        let at = f64::from(area.map_coordinate(&(x.start, tick.at)).1);
        labels.push(Label::new(&tick.label, (layout.left - 14.0, at), TICK, Anchor::End));
    }
}

fn draw_mark(mark: &Mark, area: &Places<'_>, theme: &Theme, spots: &mut Spots) -> Result<(), Failed> {
    match mark {
        Mark::Bar { from, to, color, estimated } => {
            let fill = if *estimated { theme.pale(*color) } else { *color };
            area.draw(&Rectangle::new([*from, *to], fill.filled()))?;
            if *estimated {
                area.draw(&Rectangle::new([*from, *to], color.stroke_width(2)))?;
            }
        }
        Mark::Line { points, color, dashed: false } => {
            let points = thinned(points, |at| area.map_coordinate(at).0);
            area.draw(&PathElement::new(points, color.stroke_width(3)))?;
        }
        Mark::Line { points, color, dashed: true } => {
            area.draw(&DashedPathElement::new(points.clone(), 12, 8, color.stroke_width(3)))?;
        }
        Mark::Area { outline, color, opacity } => {
            area.draw(&Polygon::new(outline.clone(), color.mix(*opacity).filled()))?;
        }
        Mark::Dot { at, color, radius, estimated } => {
            if *estimated || spots.is_new(area.map_coordinate(at), *color) {
                let inside = if *estimated { theme.background } else { *color };
                dot(area, *at, (*color, inside), *radius)?;
            }
        }
        Mark::Whisker { from, to } => {
            let style = theme.axis.stroke_width(2);
            let upright = from.0 == to.0;
            area.draw(&PathElement::new(vec![*from, *to], style))?;
            for end in [from, to] {
                let off = |by: i32| if upright { (by, 0) } else { (0, by) };
                let cap = PathElement::new(vec![off(-6), off(6)], style);
                area.draw(&(EmptyElement::at(*end) + cap))?;
            }
        }
    }
    Ok(())
}

/// Lines at values of their own; the values of those that go down are written above them, those of the others by
/// [`ends`].
fn reference(plot: &Plot, area: &Places<'_>, layout: &Layout, labels: &mut Vec<Label>) -> Result<(), Failed> {
    let lying = is_lying(plot);
    let (x, y) = (&plot.across.axis, &plot.up.axis);
    let mut written = Vec::new();
    for at in &plot.lines {
        let ends = if lying { vec![(*at, y.min), (*at, y.max)] } else { vec![(x.min, *at), (x.max, *at)] };
        area.draw(&DashedPathElement::new(ends.clone(), 4, 4, plot.theme.muted.stroke_width(2)))?;
        let style = if lying { &plot.across.style } else { &plot.up.style };
        let (x, y) = area.map_coordinate(&ends[1]);
        written.push(((f64::from(x), f64::from(y)), style.full(*at)));
    }
    let color = hex(plot.theme.muted);
    if layout.above && lying {
        let wide = widths(written.iter().map(|(_, text)| text.as_str()), TICK).into_iter().fold(0.0, f64::max) + 14.0;
        let places: Vec<f64> = written.iter().map(|((x, _), _)| *x).collect();
        let moved = spread(&places, wide, (wide / 2.0, f64::from(plot.canvas.width) - wide / 2.0));
        for (x, (_, text)) in moved.into_iter().zip(written) {
            let place = (x, layout.top - MARKED / 2.0);
            labels.push(Label { color: color.clone(), ..Label::new(text, place, TICK, Anchor::Middle) });
        }
    }
    Ok(())
}

fn dot<CT: plotters::coord::CoordTranslate>(
    area: &DrawingArea<SVGBackend<'_>, CT>,
    at: CT::From,
    (color, inside): (RGBColor, RGBColor),
    radius: i32,
) -> Result<(), Failed>
where
    CT::From: Clone,
{
    if color != inside {
        area.draw(&Circle::new(at.clone(), radius + 1, inside.filled()))?;
        return area.draw(&Circle::new(at, radius + 1, color.stroke_width(3)));
    }
    area.draw(&Circle::new(at, radius, color.filled()))
}

fn sign(entry: &Entry, (x, y): (f64, f64), theme: &Theme, root: &Pixels<'_>) -> Result<(), Failed> {
    let (x, y) = (x.round() as i32, y.round() as i32);
    let path = vec![(x, y), (x + 36, y)];
    match entry.sign {
        Sign::Box { estimated } => {
            let corners = [(x + 12, y - 9), (x + 36, y + 9)];
            let fill = if estimated { theme.pale(entry.color) } else { entry.color };
            root.draw(&Rectangle::new(corners, fill.filled()))?;
            root.draw(&Rectangle::new(corners, entry.color.stroke_width(2)))
        }
        Sign::Line { dashed: false } => root.draw(&PathElement::new(path, entry.color.stroke_width(4))),
        Sign::Line { dashed: true } => root.draw(&DashedPathElement::new(path, 9, 5, entry.color.stroke_width(3))),
        Sign::Dot { estimated } => {
            let inside = if estimated { theme.background } else { entry.color };
            dot(root, (x + 26, y), (entry.color, inside), 6)
        }
    }
}

/// The line of today, with its name above it; small charts have the line alone.
fn today(plot: &Plot, area: &Places<'_>, layout: &Layout, labels: &mut Vec<Label>) -> Result<(), Failed> {
    let Some(day) = plot.today else { return Ok(()) };
    let (low, high) = (plot.up.axis.min, plot.up.axis.max);
    area.draw(&DashedPathElement::new(vec![(day, low), (day, high)], 6, 6, plot.theme.grey.stroke_width(2)))?;
    if layout.above {
        let half = TICK * 2.0;
        let x = f64::from(area.map_coordinate(&(day, high)).0).clamp(half, f64::from(plot.canvas.width) - half);
        let color = hex(plot.theme.muted);
        let place = (x, layout.top - MARKED / 2.0);
        labels.push(Label { color, ..Label::new("today", place, TICK, Anchor::Middle) });
    }
    Ok(())
}

/// Values at the ends of bars: all of them in full, all of them short, or none.
fn values(plot: &Plot, area: &Places<'_>, labels: &mut Vec<Label>) {
    let beside = matches!(plot.up.scale, Scale::Names(_));
    let pixels = |value: &Value| {
        let (a, b) = match beside && value.within.is_none() {
            true => ((value.at.0, 0.0), (value.at.0, value.room)),
            false => ((0.0, value.at.1), (value.room, value.at.1)),
        };
        let (a, b) = (area.map_coordinate(&a), area.map_coordinate(&b));
        f64::from(((a.0 - b.0) + (a.1 - b.1)).abs())
    };
    let style =
        if beside && plot.values.iter().all(|v| v.within.is_none()) { &plot.across.style } else { &plot.up.style };
    let written = |write: &dyn Fn(f64) -> String| plot.values.iter().map(|v| write(v.value)).collect::<Vec<String>>();
    let mut texts = vec![written(&|value| style.full(value)), written(&|value| style.number(value, 0.0))];
    // The axis says the unit too.
    if let Some(bare) = style.unitless() {
        texts.extend([written(&|value| bare.full(value)), written(&|value| bare.number(value, 0.0))]);
    }
    let fits = |texts: &&Vec<String>| {
        let wide = widths(texts.iter().map(String::as_str), VALUE);
        let upright = |value: &Value| beside && value.within.is_none();
        plot.values
            .iter()
            .zip(wide)
            .all(|(value, wide)| pixels(value) >= if upright(value) { VALUE } else { wide + 4.0 })
    };
    let Some(texts) = texts.iter().find(fits) else { return };
    for (value, text) in plot.values.iter().zip(texts) {
        let (x, y) = area.map_coordinate(&value.at);
        if let Some(color) = value.within {
            let at = (f64::from(x), f64::from(y));
            labels.push(Label { color: color.to_owned(), ..Label::new(text, at, VALUE, Anchor::Middle) });
            continue;
        }
        let sign = if value.value < 0.0 { -1.0 } else { 1.0 };
        let (at, anchor) = match beside {
            true => ((f64::from(x) + 6.0 * sign, f64::from(y)), if sign < 0.0 { Anchor::End } else { Anchor::Start }),
            false => ((f64::from(x), f64::from(y) - (VALUE * 0.5 + 6.0) * sign), Anchor::Middle),
        };
        labels.push(Label { halo: Some(hex(plot.theme.background)), ..Label::new(text, at, VALUE, anchor) });
    }
}

/// What the axes are of.
pub fn side_names(plot: &Plot, layout: &Layout, labels: &mut Vec<Label>) {
    let middle = (layout.left + layout.right) / 2.0;
    let across = shorten(&plot.across.name, NAME, layout.right - layout.left);
    labels.push(Label::new(across, (middle, f64::from(plot.canvas.height) - EDGE - NAME / 2.0), NAME, Anchor::Middle));
    let up = shorten(&plot.up.name, NAME, layout.bottom - layout.top);
    let at = (EDGE + NAME / 2.0, (layout.top + layout.bottom) / 2.0);
    labels.push(Label { turned: -90.0, ..Label::new(up, at, NAME, Anchor::Middle) });
}
