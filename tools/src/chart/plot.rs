//! A chart with two axes as data, and its drawing: frame, ticks, marks, legend. Which marks a chart has is
//! told in `marks.rs`.

use super::axis::Axis;
use super::names::Names;
use super::text::{Anchor, Label, NAME, TICK, TITLE, shorten, svg, wrap};
use super::ticks::{Tick, days, full, number, whole};
use crate::raster::widths;
use plotters::coord::Shift;
use plotters::element::DashedPathElement;
use plotters::prelude::*;

pub const WIDTH: u32 = 1440;
pub const HEIGHT: u32 = 900;
/// Size of the values at bars, in pixels.
const VALUE: f64 = 17.0;
/// Room at the picture's edge.
const EDGE: f64 = 24.0;
const LEGEND_ROW: f64 = 30.0;
/// How much wider bold letters are.
const BOLD: f64 = 1.15;
/// Ticks of an axis at most, where there is room.
const MOST_TICKS: usize = 10;

/// Colours of series (Tableau's ten, and two more).
pub const COLORS: [RGBColor; 12] = [
    RGBColor(31, 119, 180),
    RGBColor(255, 127, 14),
    RGBColor(44, 160, 44),
    RGBColor(214, 39, 40),
    RGBColor(148, 103, 189),
    RGBColor(140, 86, 75),
    RGBColor(227, 119, 194),
    RGBColor(188, 189, 34),
    RGBColor(23, 190, 207),
    RGBColor(57, 59, 121),
    RGBColor(173, 73, 74),
    RGBColor(99, 121, 57),
];
pub const GREY: RGBColor = RGBColor(127, 127, 127);

pub fn color(i: usize) -> RGBColor {
    COLORS[i % COLORS.len()]
}

/// A colour as what is estimated is filled with.
pub fn light(color: RGBColor) -> RGBColor {
    let mix = |c: u8| (f64::from(c) * 0.25 + 255.0 * 0.75) as u8;
    RGBColor(mix(color.0), mix(color.1), mix(color.2))
}

/// Something drawn between the axes, at places of theirs.
pub enum Mark {
    /// A rectangle between two corners.
    Bar {
        from: (f64, f64),
        to: (f64, f64),
        color: RGBColor,
        estimated: bool,
    },
    Line {
        points: Vec<(f64, f64)>,
        color: RGBColor,
        dashed: bool,
    },
    Dot {
        at: (f64, f64),
        color: RGBColor,
        radius: i32,
        estimated: bool,
    },
}

/// What stands at a bar: its value, and how much room there is for it, in units of the axis of names.
pub struct Value {
    pub at: (f64, f64),
    pub value: f64,
    pub room: f64,
}

/// How a row of the legend is marked.
#[derive(Clone, Copy)]
pub enum Sign {
    Box { estimated: bool },
    Line { dashed: bool },
    Dot { estimated: bool },
}

pub struct Entry {
    pub name: String,
    pub sign: Sign,
    pub color: RGBColor,
}

pub enum Scale {
    Numbers,
    /// Counted things: whole numbers only.
    Counts,
    Days {
        years: Option<Vec<f64>>,
    },
    Names(Vec<String>),
}

/// An axis with what is written at it.
pub struct Side {
    pub axis: Axis,
    pub scale: Scale,
    pub name: String,
}

impl Side {
    fn ticks(&self, most: usize) -> Vec<Tick> {
        match &self.scale {
            Scale::Numbers => self.axis.ticks(most),
            Scale::Counts => whole(self.axis.min, self.axis.max, most),
            Scale::Days { years } => days(self.axis.min, self.axis.max, most, years.as_deref()),
            Scale::Names(_) => Vec::new(),
        }
    }
}

pub struct Plot {
    pub title: String,
    pub across: Side,
    pub up: Side,
    pub marks: Vec<Mark>,
    pub values: Vec<Value>,
    pub legend: Vec<Entry>,
    pub grid: bool,
    /// The day that a line marks.
    pub today: Option<f64>,
    pub height: u32,
}

/// An SVG and its size in pixels.
pub struct Drawing {
    pub svg: String,
    pub width: u32,
    pub height: u32,
}

/// Where everything goes, in pixels.
struct Layout {
    left: f64,
    right: f64,
    top: f64,
    bottom: f64,
}

type Pixels<'a> = DrawingArea<SVGBackend<'a>, Shift>;
type Places<'a> = DrawingArea<SVGBackend<'a>, Cartesian2d<Axis, Axis>>;

/// Draws a chart. The error is plotters' own.
pub fn draw(plot: &Plot) -> Result<Drawing, String> {
    let mut labels = Vec::new();
    let top = title(&plot.title, &mut labels);
    let (entries, top) = legend_places(&plot.legend, top);
    let up_ticks = plot.up.ticks(MOST_TICKS - 2);
    let (left, bottom, names) = margins(plot, &up_ticks, top);
    let layout = Layout { left, right: f64::from(WIDTH) - 1.8 * EDGE, top: top + 14.0, bottom };
    let across_ticks = spaced(&plot.across, &layout);
    let mut out = String::new();
    {
        let root = SVGBackend::with_string(&mut out, (WIDTH, plot.height)).into_drawing_area();
        let failed = |e: DrawingAreaErrorKind<std::io::Error>| e.to_string();
        root.fill(&WHITE).map_err(failed)?;
        let pixels = |at: f64| at.round() as i32;
        let area = root.apply_coord_spec(Cartesian2d::<Axis, Axis>::new(
            plot.across.axis.clone(),
            plot.up.axis.clone(),
            (pixels(layout.left)..pixels(layout.right), pixels(layout.bottom)..pixels(layout.top)),
        ));
        frame(plot, &area, &root, (&across_ticks, &up_ticks)).map_err(failed)?;
        for mark in &plot.marks {
            draw_mark(mark, &area).map_err(failed)?;
        }
        for (entry, at) in plot.legend.iter().zip(&entries) {
            sign(entry, *at, &root).map_err(failed)?;
            labels.push(Label::new(&entry.name, (at.0 + 46.0, at.1), TICK, Anchor::Start));
        }
        tick_labels(&area, &across_ticks, &up_ticks, &layout, &mut labels);
        today(plot, &area, &layout, &mut labels).map_err(failed)?;
        values(plot, &area, &mut labels);
        names.labels(|at| area.map_coordinate(&at), (layout.left, layout.bottom), &mut labels);
        root.present().map_err(failed)?;
    }
    side_names(plot, &layout, &mut labels);
    insert(&mut out, &svg(&labels));
    Ok(Drawing { svg: out, width: WIDTH, height: plot.height })
}

/// Puts text behind all that is drawn.
pub fn insert(out: &mut String, text: &str) {
    let end = out.rfind("</svg>").unwrap_or(out.len());
    out.insert_str(end, text);
}

/// Sets the title; returns where it ends.
pub fn title(title: &str, labels: &mut Vec<Label>) -> f64 {
    // Bold letters are wider than the ones that are measured.
    let lines = wrap(title, TITLE, (f64::from(WIDTH) - 4.0 * EDGE) / BOLD, 3).lines;
    let mut y = EDGE + TITLE / 2.0;
    for line in lines {
        labels.push(Label { bold: true, ..Label::new(line, (f64::from(WIDTH) / 2.0, y), TITLE, Anchor::Middle) });
        y += TITLE * 1.3;
    }
    y - TITLE * 0.5
}

/// Where the legend's rows stand, side by side as far as there is room, and where it ends.
fn legend_places(legend: &[Entry], top: f64) -> (Vec<(f64, f64)>, f64) {
    let wide = widths(legend.iter().map(|entry| entry.name.as_str()), TICK);
    let most = f64::from(WIDTH) - 4.0 * EDGE;
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
        let left = (f64::from(WIDTH) - used) / 2.0 + 20.0;
        places.extend(row.into_iter().map(|x| (left + x, y + LEGEND_ROW / 2.0)));
        y += LEGEND_ROW;
    }
    (places, if legend.is_empty() { top } else { y })
}

/// The left and the bottom edge of what is between the axes, and the names that stand there.
fn margins(plot: &Plot, up_ticks: &[Tick], top: f64) -> (f64, f64, Names) {
    let height = f64::from(plot.height);
    let below = EDGE + if plot.across.name.is_empty() { 0.0 } else { NAME + 12.0 };
    let beside = EDGE + if plot.up.name.is_empty() { 0.0 } else { NAME + 16.0 };
    if let Scale::Names(names) = &plot.up.scale {
        let bottom = height - below - TICK - 16.0;
        let names = Names::beside(names, bottom - top);
        return (beside + names.size() + 14.0, bottom, names);
    }
    let wide = widths(up_ticks.iter().map(|tick| tick.label.as_str()), TICK).into_iter().fold(0.0, f64::max);
    let left = beside + wide + 14.0;
    let names = match &plot.across.scale {
        Scale::Names(names) => Names::below(names, f64::from(WIDTH) - 1.8 * EDGE - left, left),
        _ => Names::none(),
    };
    let shown = if names.size() > 0.0 { names.size() } else { TICK };
    (left, height - below - shown - 16.0, names)
}

/// As many ticks across as can be written beside each other.
fn spaced(side: &Side, layout: &Layout) -> Vec<Tick> {
    let place = |at: f64| f64::from(plotters::coord::ranged1d::Ranged::map(&side.axis, &at, (0, 10_000))) / 10_000.0;
    let width = layout.right - layout.left;
    let mut last = Vec::new();
    for most in (2..=MOST_TICKS).rev() {
        last = side.ticks(most);
        let wide = widths(last.iter().map(|tick| tick.label.as_str()), TICK);
        let shown: Vec<(f64, f64)> =
            last.iter().zip(wide).filter(|(t, _)| !t.label.is_empty()).map(|(t, w)| (place(t.at) * width, w)).collect();
        if shown.windows(2).all(|two| two[0].0 + two[0].1 / 2.0 + 16.0 <= two[1].0 - two[1].1 / 2.0) {
            break;
        }
    }
    last
}

/// Grid, ticks and the lines of the axes.
fn frame(
    plot: &Plot,
    area: &Places<'_>,
    root: &Pixels<'_>,
    (across, up): (&[Tick], &[Tick]),
) -> Result<(), DrawingAreaErrorKind<std::io::Error>> {
    let (x, y) = (&plot.across.axis, &plot.up.axis);
    let (strong, faint) = (RGBColor(215, 215, 215), RGBColor(238, 238, 238));
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
    let black = RGBColor(60, 60, 60);
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
    if y.min < 0.0 && y.max > 0.0 && !y.log {
        line([(x.min, 0.0), (x.max, 0.0)], black)?;
    }
    if x.min < 0.0 && x.max > 0.0 && matches!(plot.up.scale, Scale::Names(_)) && !x.log {
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

fn draw_mark(mark: &Mark, area: &Places<'_>) -> Result<(), DrawingAreaErrorKind<std::io::Error>> {
    match mark {
        Mark::Bar { from, to, color, estimated } => {
            let fill = if *estimated { light(*color) } else { *color };
            area.draw(&Rectangle::new([*from, *to], fill.filled()))?;
            if *estimated {
                area.draw(&Rectangle::new([*from, *to], color.stroke_width(2)))?;
            }
        }
        Mark::Line { points, color, dashed: false } => {
            area.draw(&PathElement::new(points.clone(), color.stroke_width(3)))?;
        }
        Mark::Line { points, color, dashed: true } => {
            area.draw(&DashedPathElement::new(points.clone(), 12, 8, color.stroke_width(3)))?;
        }
        Mark::Dot { at, color, radius, estimated } => {
            dot(area, *at, *color, *radius, *estimated)?;
        }
    }
    Ok(())
}

fn dot<CT: plotters::coord::CoordTranslate>(
    area: &DrawingArea<SVGBackend<'_>, CT>,
    at: CT::From,
    color: RGBColor,
    radius: i32,
    estimated: bool,
) -> Result<(), DrawingAreaErrorKind<std::io::Error>>
where
    CT::From: Clone,
{
    if estimated {
        area.draw(&Circle::new(at.clone(), radius + 1, WHITE.filled()))?;
        return area.draw(&Circle::new(at, radius + 1, color.stroke_width(3)));
    }
    area.draw(&Circle::new(at, radius, color.filled()))
}

fn sign(entry: &Entry, (x, y): (f64, f64), root: &Pixels<'_>) -> Result<(), DrawingAreaErrorKind<std::io::Error>> {
    let (x, y) = (x.round() as i32, y.round() as i32);
    let path = vec![(x, y), (x + 36, y)];
    match entry.sign {
        Sign::Box { estimated } => {
            let corners = [(x + 12, y - 9), (x + 36, y + 9)];
            let fill = if estimated { light(entry.color) } else { entry.color };
            root.draw(&Rectangle::new(corners, fill.filled()))?;
            root.draw(&Rectangle::new(corners, entry.color.stroke_width(2)))
        }
        Sign::Line { dashed: false } => root.draw(&PathElement::new(path, entry.color.stroke_width(4))),
        Sign::Line { dashed: true } => root.draw(&DashedPathElement::new(path, 9, 5, entry.color.stroke_width(3))),
        Sign::Dot { estimated } => dot(root, (x + 26, y), entry.color, 6, estimated),
    }
}

/// The line of today, with its name beside its upper end.
fn today(
    plot: &Plot,
    area: &Places<'_>,
    layout: &Layout,
    labels: &mut Vec<Label>,
) -> Result<(), DrawingAreaErrorKind<std::io::Error>> {
    let Some(day) = plot.today else { return Ok(()) };
    let (low, high) = (plot.up.axis.min, plot.up.axis.max);
    area.draw(&DashedPathElement::new(vec![(day, low), (day, high)], 6, 6, GREY.stroke_width(2)))?;
    let (x, y) = area.map_coordinate(&(day, high));
    let left = f64::from(x) > layout.right - 90.0;
    let (at, anchor) = if left { (-8.0, Anchor::End) } else { (8.0, Anchor::Start) };
    labels.push(Label {
        color: "#555555",
        ..Label::new("today", (f64::from(x) + at, f64::from(y) + 10.0), TICK, anchor)
    });
    Ok(())
}

/// Values at the ends of bars: all of them in full, all of them short, or none.
fn values(plot: &Plot, area: &Places<'_>, labels: &mut Vec<Label>) {
    let beside = matches!(plot.up.scale, Scale::Names(_));
    let pixels = |value: &Value| {
        let (a, b) = match beside {
            true => ((value.at.0, 0.0), (value.at.0, value.room)),
            false => ((0.0, value.at.1), (value.room, value.at.1)),
        };
        let (a, b) = (area.map_coordinate(&a), area.map_coordinate(&b));
        f64::from(((a.0 - b.0) + (a.1 - b.1)).abs())
    };
    let texts = [full, |value: f64| number(value, 0.0)]
        .map(|write| plot.values.iter().map(|value| write(value.value)).collect::<Vec<String>>());
    let fits = |texts: &&Vec<String>| {
        let wide = widths(texts.iter().map(String::as_str), VALUE);
        plot.values.iter().zip(wide).all(|(value, wide)| pixels(value) >= if beside { VALUE } else { wide + 4.0 })
    };
    let Some(texts) = texts.iter().find(fits) else { return };
    for (value, text) in plot.values.iter().zip(texts) {
        let (x, y) = area.map_coordinate(&value.at);
        let sign = if value.value < 0.0 { -1.0 } else { 1.0 };
        let (at, anchor) = match beside {
            true => ((f64::from(x) + 6.0 * sign, f64::from(y)), if sign < 0.0 { Anchor::End } else { Anchor::Start }),
            false => ((f64::from(x), f64::from(y) - (VALUE * 0.5 + 6.0) * sign), Anchor::Middle),
        };
        labels.push(Label::new(text, at, VALUE, anchor));
    }
}

/// What the axes are of.
fn side_names(plot: &Plot, layout: &Layout, labels: &mut Vec<Label>) {
    let middle = (layout.left + layout.right) / 2.0;
    let across = shorten(&plot.across.name, NAME, layout.right - layout.left);
    labels.push(Label::new(across, (middle, f64::from(plot.height) - EDGE - NAME / 2.0), NAME, Anchor::Middle));
    let up = shorten(&plot.up.name, NAME, layout.bottom - layout.top);
    let at = (EDGE + NAME / 2.0, (layout.top + layout.bottom) / 2.0);
    labels.push(Label { turned: -90.0, ..Label::new(up, at, NAME, Anchor::Middle) });
}
