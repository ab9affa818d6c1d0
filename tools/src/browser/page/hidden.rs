//! Text that a page holds and no reader sees: hidden by attributes or styles, of no size, transparent, off the
//! screen, clipped away, or in the colour of its ground. Pages talk to models in such text.
//!
//! What a control on the page opens (`aria-controls`) is not hidden: readers see it when they ask for it.

use super::outline::Outline;
use super::style::Styles;
use dom_query::{Document, NodeId, NodeRef};
use std::collections::{HashMap, HashSet};
use std::str::FromStr;
use svgtypes::Color;

/// Text smaller than this (CSS pixels) is not for eyes.
const TINY: f64 = 3.0;
/// Further out than this (CSS pixels) nobody scrolls.
const OFF_SCREEN: f64 = -900.0;
/// Less than this of the ink is no ink.
const FAINT: f64 = 0.06;
/// Colours closer than this (sum over red, green and blue, 0 to 255 each) can't be told apart.
const SAME_COLOR: u32 = 12;
/// A browser's text without any style: pixels.
const ORDINARY: f64 = 16.0;

/// The nodes that are hidden, each the topmost of its kind, and how many characters are below them.
#[derive(Default)]
pub struct Hidden {
    pub nodes: HashSet<NodeId>,
    pub characters: usize,
}

/// What children inherit.
#[derive(Clone, Copy)]
struct Look {
    visible: bool,
    /// CSS pixels.
    size: f64,
    color: Color,
    /// The colour is the element's own word, not a sheet's.
    own: bool,
    /// `None`: a picture, or something that is not known.
    ground: Option<Color>,
    /// The ground is what the page itself says, or no sheet elsewhere can say otherwise.
    sure: bool,
}

/// Finds the hidden text of `outline`, the document's nodes without scripts and the like.
pub fn find(document: &Document, outline: &Outline) -> Hidden {
    let styles = Styles::of(document, outline.nodes.len());
    let opened = opened(outline);
    let (color, ground) = (Color::black(), Some(Color::white()));
    let look = Look { visible: true, size: ORDINARY, color, own: false, ground, sure: !styles.elsewhere };
    let mut looks = vec![look; outline.nodes.len()];
    let mut hidden = Hidden::default();
    let mut i = 1;
    while i < outline.nodes.len() {
        let (node, mut look) = (&outline.nodes[i], looks[outline.parents[i]]);
        if node.is_text() {
            if outline.text[i] > 0 && look.hides() {
                hidden.add(outline, i);
            }
        } else if node.is_element() {
            let mut style = styles.at(node);
            if matches!(&*outline.names[i], "html" | "body") {
                style.retain(|name, _| name.contains("color") || name.contains("background")); // scripts show the page
            } else if is_gone(node, &style, &opened) || is_out_of_sight(&style) {
                hidden.add(outline, i);
                i = outline.end[i];
                continue;
            }
            look.take(node, &style);
        }
        looks[i] = look;
        i += 1;
    }
    hidden
}

impl Hidden {
    fn add(&mut self, outline: &Outline, i: usize) {
        self.nodes.insert(outline.nodes[i].id);
        self.characters += outline.text[i];
    }
}

impl Look {
    fn take(&mut self, node: &NodeRef, style: &HashMap<String, String>) {
        match style.get("visibility").map(String::as_str) {
            Some("hidden" | "collapse") => self.visible = false,
            Some("visible") => self.visible = true,
            _ => {}
        }
        let size = style.get("font-size").cloned();
        let short = || style.get("font")?.split_whitespace().map(|w| w.split('/').next().unwrap_or(w)).find_map(sized);
        if let Some(size) = size.or_else(|| short().map(str::to_owned)).and_then(|size| pixels(&size, self.size)) {
            self.size = size;
        }
        let written = |name: &str| node.attr(name).map(|v| v.trim().to_lowercase());
        let ink = style.get("color").cloned().or_else(|| written("color").filter(|_| node.has_name("font")));
        if let Some(color) = ink.and_then(|value| color(&value)) {
            self.color = color;
            self.own = node.has_name("font") || node.attr("style").is_some_and(|style| style.contains("color"));
        }
        let ground = ["background-color", "background"].iter().filter_map(|name| style.get(*name)).next().cloned();
        if style.get("background-image").is_some_and(|image| image != "none") {
            self.ground = None;
        } else if let Some(ground) = ground.or_else(|| written("bgcolor")) {
            match ground.split_whitespace().find_map(color).or_else(|| color(&ground)) {
                Some(color) if color.alpha > 0 => {
                    self.ground = Some(color);
                    self.sure = true;
                }
                None if ground.contains('(') => self.ground = None, // a picture, a gradient, a variable
                _ => {}
            }
        }
    }

    /// Text that looks like this can't be seen.
    fn hides(&self) -> bool {
        let apart = |a: u8, b: u8| u32::from(a.abs_diff(b));
        let same = self.ground.filter(|_| self.sure || self.own).is_some_and(|ground| {
            let ink = self.color;
            apart(ink.red, ground.red) + apart(ink.green, ground.green) + apart(ink.blue, ground.blue) <= SAME_COLOR
        });
        !self.visible || self.size < TINY || same || f64::from(self.color.alpha) < FAINT * 255.0
    }
}

/// The ids that a control with words on it opens.
fn opened(outline: &Outline) -> HashSet<String> {
    let controls = outline.nodes.iter().zip(&outline.text).filter(|(_, text)| **text > 0);
    let ids = controls.filter_map(|(node, _)| node.attr("aria-controls"));
    ids.flat_map(|ids| ids.split_whitespace().map(str::to_owned).collect::<Vec<_>>()).collect()
}

/// Takes no room on the page, with all that is below.
fn is_gone(node: &NodeRef, style: &HashMap<String, String>, opened: &HashSet<String>) -> bool {
    let gone = node.has_attr("hidden") && style.get("display").is_none_or(|v| v == "none")
        || node.attr("aria-hidden").is_some_and(|v| &*v == "true")
        || style.get("display").is_some_and(|v| v == "none")
        || style.get("content-visibility").is_some_and(|v| v == "hidden");
    gone && !node.id_attr().is_some_and(|id| opened.contains(&*id))
}

/// Takes room where nobody sees it, or is made invisible with all that is below.
fn is_out_of_sight(style: &HashMap<String, String>) -> bool {
    let get = |name: &str| style.get(name).map(String::as_str);
    let length = |name: &str| get(name).and_then(|v| pixels(v, ORDINARY));
    let placed = get("position").is_some_and(|v| matches!(v, "absolute" | "fixed" | "relative"));
    let outside = placed && ["left", "right", "top", "bottom"].iter().any(|side| length(side).is_some_and(is_off))
        || ["margin-left", "margin-top", "text-indent"].iter().any(|side| length(side).is_some_and(is_off));
    let cut = ["overflow", "overflow-x", "overflow-y"]
        .iter()
        .any(|n| get(n).is_some_and(|v| v.contains("hidden") || v.contains("clip")));
    let flat = ["width", "height", "max-width", "max-height"].iter().any(|n| length(n).is_some_and(|v| v <= 1.0));
    let clipped = get("clip").is_some_and(is_empty_rectangle) || get("clip-path").is_some_and(is_empty_shape);
    let faint = get("opacity").and_then(ratio).is_some_and(|v| v < FAINT)
        || get("filter").and_then(|v| argument(v, "opacity(")).and_then(ratio).is_some_and(|v| v < FAINT);
    let moved = get("transform").is_some_and(|v| {
        let away = ["translate(", "translatex(", "translatey(", "translate3d("].iter().filter_map(|f| argument(v, f));
        let shrunk = ["scale(", "scale3d(", "scalex(", "scaley("].iter().filter_map(|f| argument(v, f));
        away.flat_map(|a| a.split(',')).filter_map(|a| pixels(a.trim(), ORDINARY)).any(is_off)
            || shrunk.flat_map(|a| a.split(',')).take(2).filter_map(|a| ratio(a.trim())).any(|a| a < FAINT)
    });
    outside || (cut && flat) || clipped || faint || moved
}

fn is_off(pixels: f64) -> bool {
    pixels < OFF_SCREEN
}

/// `rect(0 0 0 0)`, `rect(1px, 1px, 1px, 1px)`.
fn is_empty_rectangle(clip: &str) -> bool {
    let sides = argument(clip, "rect(").unwrap_or_default();
    let sides: Vec<f64> =
        sides.split([',', ' ']).filter(|s| !s.is_empty()).filter_map(|s| pixels(s, ORDINARY)).collect();
    matches!(sides[..], [top, right, bottom, left] if bottom - top <= 1.0 || right - left <= 1.0)
}

/// `inset(50%)`, `circle(0)`, `polygon(0 0, 0 0, 0 0)`.
fn is_empty_shape(path: &str) -> bool {
    let percent = |text: &str| text.trim().strip_suffix('%').and_then(|n| n.parse::<f64>().ok());
    let inset = argument(path, "inset(")
        .is_some_and(|a| a.split_whitespace().next().and_then(percent).is_some_and(|n| n >= 50.0));
    let circle = argument(path, "circle(")
        .is_some_and(|a| a.split_whitespace().next().and_then(ratio).is_some_and(|n| n == 0.0));
    let points: Vec<&str> =
        argument(path, "polygon(").map(|a| a.split(',').map(str::trim).collect()).unwrap_or_default();
    inset || circle || (points.len() > 1 && points.iter().all(|point| *point == points[0]))
}

/// What stands in the brackets of a function: `argument("scale(0)", "scale(")` is `0`.
fn argument<'a>(value: &'a str, function: &str) -> Option<&'a str> {
    let (_, rest) = value.split_once(function)?;
    Some(rest.split(')').next().unwrap_or(rest))
}

/// `0.5`, `50%`, `0px`.
fn ratio(text: &str) -> Option<f64> {
    let text = text.trim();
    match text.strip_suffix('%') {
        Some(percent) => percent.parse::<f64>().ok().map(|n| n / 100.0),
        None => text.trim_end_matches("px").parse().ok(),
    }
}

/// A word of `font` that is a size: `12px`, `1.5em`, `0`; a weight such as `700` is none.
fn sized(word: &str) -> Option<&str> {
    let is_number = word.starts_with(|c: char| c.is_ascii_digit() || c == '.');
    (is_number && (word == "0" || word.ends_with(char::is_alphabetic) || word.ends_with('%'))).then_some(word)
}

/// A CSS length in pixels; relative ones are relative to `font` pixels, those of the window to one of
/// 1280 by 800.
fn pixels(text: &str, font: f64) -> Option<f64> {
    let text = text.trim();
    let digits = text.find(|c: char| !(c.is_ascii_digit() || matches!(c, '.' | '-' | '+'))).unwrap_or(text.len());
    let (number, unit) = text.split_at(digits);
    let number: f64 = number.parse().ok()?;
    Some(match unit {
        "" | "px" => number,
        "pt" => number * 4.0 / 3.0,
        "em" => number * font,
        "rem" => number * ORDINARY,
        "%" => number * font / 100.0,
        "vw" => number * 12.8,
        "vh" => number * 8.0,
        "cm" => number * 37.8,
        "mm" => number * 3.78,
        "in" => number * 96.0,
        "ex" | "ch" => number * font / 2.0,
        _ => return None,
    })
}

fn color(text: &str) -> Option<Color> {
    match text.trim() {
        "transparent" => Some(Color::new_rgba(0, 0, 0, 0)),
        text => Color::from_str(text).ok(),
    }
}
