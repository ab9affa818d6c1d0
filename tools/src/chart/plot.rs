//! A chart with two axes as data. Which marks a chart has is told in `marks.rs` and `shapes.rs`; `draw.rs`
//! draws them.

use super::axis::Axis;
use super::dates::days;
use super::palette::Theme;
use super::schema::WIDTHS;
use super::text::TICK;
use super::ticks::{Style, Tick, whole};
use plotters::style::RGBColor;
use polymath_chat::Chart;

pub const WIDTH: u32 = 1440;
pub const HEIGHT: u32 = 900;
/// Ticks of an axis at most, where there is room.
pub const MOST_TICKS: usize = 10;

/// Something drawn between the axes, at places of theirs.
#[derive(Debug, Clone)]
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
    /// What lies within an outline.
    Area {
        outline: Vec<(f64, f64)>,
        color: RGBColor,
        /// 1 covers what is below.
        opacity: f64,
    },
    Dot {
        at: (f64, f64),
        color: RGBColor,
        radius: i32,
        estimated: bool,
    },
    /// How far a value may be off.
    Whisker {
        from: (f64, f64),
        to: (f64, f64),
    },
}

/// What stands at a bar: its value, and how much room there is for it, in units of the axis of names.
#[derive(Clone)]
pub struct Value {
    pub at: (f64, f64),
    pub value: f64,
    pub room: f64,
    /// Its colour within a field; at the end of a bar there is none.
    pub within: Option<&'static str>,
}

/// A value that is to be written at its mark.
#[derive(Clone)]
pub struct Written {
    pub value: f64,
    /// Where it may stand, the best place first.
    pub spots: Vec<Spot>,
}

/// A place of a value, on one side of a point or in the middle of what lies between two corners.
#[derive(Clone, Copy)]
pub struct Spot {
    pub at: (f64, f64),
    pub side: Away,
    /// Corners of the mark that it has to fit into, and its colour there.
    pub within: Option<([(f64, f64); 2], &'static str)>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Away {
    Above,
    Below,
    Left,
    Right,
    None,
}

/// How a row of the legend is marked.
#[derive(Clone, Copy)]
pub enum Sign {
    Box { estimated: bool },
    Line { dashed: bool },
    Dot { estimated: bool },
}

#[derive(Clone)]
pub struct Entry {
    pub name: String,
    pub sign: Sign,
    pub color: RGBColor,
}

/// The name of a line, at its right end.
#[derive(Clone)]
pub struct End {
    pub at: (f64, f64),
    pub name: String,
    pub color: RGBColor,
}

#[derive(Clone)]
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
#[derive(Clone)]
pub struct Side {
    pub axis: Axis,
    pub scale: Scale,
    pub name: String,
    pub style: Style,
}

impl Side {
    pub fn new(axis: Axis, scale: Scale, name: &str) -> Side {
        Side { axis, scale, name: name.to_owned(), style: Style::default() }
    }

    /// An axis of names, which stand at 0, 1, …; lying bars have the first on top.
    pub fn names(names: &[String], downwards: bool, name: &str) -> Side {
        let count = names.len() as f64;
        let (min, max) = if downwards { (count - 0.5, -0.5) } else { (-0.5, count - 0.5) };
        Side::new(Axis::linear(min, max), Scale::Names(names.to_vec()), name)
    }

    pub fn ticks(&self, most: usize) -> Vec<Tick> {
        let plain = match &self.scale {
            Scale::Numbers => self.axis.ticks(most),
            Scale::Counts => whole(self.axis.min, self.axis.max, most),
            Scale::Days { years } => return days(self.axis.min, self.axis.max, most, years.as_deref()),
            Scale::Names(_) => return Vec::new(),
        };
        if self.style == Style::default() {
            return plain;
        }
        let step =
            if self.axis.law == super::axis::Law::Linear && plain.len() > 1 { plain[1].at - plain[0].at } else { 0.0 };
        let styled = |tick: Tick| match tick.label.is_empty() {
            true => tick,
            false => Tick { label: self.style.number(tick.at, step), ..tick },
        };
        plain.into_iter().map(styled).collect()
    }
}

#[derive(Clone)]
pub struct Plot {
    pub title: String,
    pub across: Side,
    pub up: Side,
    pub marks: Vec<Mark>,
    /// Values that are all written where all of them fit.
    pub values: Vec<Value>,
    /// Values that were asked for.
    pub written: Vec<Written>,
    pub legend: Vec<Entry>,
    pub ends: Vec<End>,
    pub grid: bool,
    /// The day that a line marks.
    pub today: Option<f64>,
    /// Values that lines across mark.
    pub lines: Vec<f64>,
    pub canvas: Canvas,
    pub theme: Theme,
}

/// What is drawn on. Letters have the same size everywhere here; narrow pictures are made smaller as a whole,
/// so that a line of them holds enough letters, and these can be read.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Canvas {
    pub width: u32,
    pub height: u32,
    /// Of the picture, in pixels.
    pub pixels: u32,
}

impl Canvas {
    /// Height of letters at ticks in a picture of the least and of the usual width, in pixels.
    const LETTERS: [f64; 2] = [12.0, TICK];

    /// The canvas of a chart that says nothing of its height: the narrower, the taller.
    pub fn of(chart: &Chart) -> Canvas {
        let pixels = chart.width.unwrap_or(WIDTH);
        let (least, usual) = (f64::from(*WIDTHS.start()), f64::from(WIDTH));
        let share = ((f64::from(pixels) - least) / (usual - least)).clamp(0.0, 1.0);
        let [small, large] = Canvas::LETTERS;
        let width = f64::from(pixels) * large / (small + (large - small) * share);
        let ratio = f64::from(HEIGHT) / usual + 0.3 * (1.0 - share);
        Canvas { width: width.round() as u32, height: (width * ratio).round() as u32, pixels }
    }

    /// Makes it as high as its contents need.
    pub fn grow(&mut self, height: f64, most: u32) {
        self.height = (height as u32).clamp(self.height, most.max(self.height));
    }

    /// A drawing on it as it is shown.
    pub fn drawing(&self, svg: String) -> Drawing {
        let Canvas { width, height, pixels } = *self;
        let high = (f64::from(height) * f64::from(pixels) / f64::from(width)).round() as u32;
        let svg = match pixels == width {
            true => svg,
            false => svg.replacen(
                &format!("width=\"{width}\" height=\"{height}\" viewBox"),
                // Rounded to whole pixels, its shape is not quite the canvas': no edge is to be half transparent.
                &format!("width=\"{pixels}\" height=\"{high}\" preserveAspectRatio=\"none\" viewBox"),
                1,
            ),
        };
        Drawing { svg, width: pixels, height: high, unwritten: 0 }
    }
}

/// An SVG and its size in pixels.
#[derive(Debug)]
pub struct Drawing {
    pub svg: String,
    pub width: u32,
    pub height: u32,
    /// Values that were asked for and had no room.
    pub unwritten: usize,
}
