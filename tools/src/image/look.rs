//! Puts drawn objects together, in one of the ways that a picture can look.
//!
//! All ways are made of the same shapes: flat ones keep their colours, lines keep their outlines, a badge is a round
//! sign, and a poster has a frame, rays and its name in large letters.

use super::painter::Style;
use super::plan::{NO_GROUND, Plan, is_dark};
use super::scene::{Area, HORIZON, Placed};
use regex::{Captures, Regex};
use std::fmt::Write;
use std::sync::LazyLock;

/// Ink and paper of line drawings.
const INK: &str = "#222222";
const PAPER: &str = "#fdfcf8";
/// The widest line of a thing that is made of lines, of 100.
const WIDEST: f64 = 4.5;
/// Height of the strip that a caption stands in, of a canvas of 100; that of a poster is higher.
const CAPTION: f64 = 13.0;
const TITLE: f64 = 20.0;

static PAINT: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r#"\b(fill|stroke|stroke-width)="([^"]+)""#).ok());

/// A canvas whose lesser side is 100, and what is to be seen on it.
pub struct Look<'a> {
    pub plan: &'a Plan,
    pub style: Style,
    pub width: f64,
    pub height: f64,
}

impl Look<'_> {
    /// Where the objects may be.
    pub fn area(&self) -> Area {
        let (width, height) = (self.width, self.height);
        let captioned = !self.plan.caption.is_empty();
        match self.style {
            Style::Badge => {
                // About the square within the ring, but for what the name takes: what is in a corner is smaller than it.
                let side = 66.0;
                let high = if captioned { side - 6.0 } else { side };
                Area { left: (width - side) / 2.0, top: (height - side) / 2.0, width: side, height: high }
            }
            Style::Poster => {
                let title = if captioned { TITLE } else { 5.0 };
                Area { left: 5.0, top: 5.0, width: width - 10.0, height: height - 5.0 - title }
            }
            Style::Flat | Style::Line => {
                let below = if captioned { CAPTION } else { 0.0 };
                Area { left: 0.0, top: 0.0, width, height: height - below }
            }
        }
    }

    fn is_grounded(&self) -> bool {
        self.plan.ground != NO_GROUND && self.plan.ground != self.plan.background
    }

    /// The whole drawing; `drawn` are the objects, farthest first. `size` is that of the picture, in pixels.
    pub fn compose(&self, drawn: &[(Placed, String)], size: (u32, u32)) -> String {
        let (w, h) = (self.width, self.height);
        let mut out = format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{}\" height=\"{}\" viewBox=\"0 0 {w:.2} {h:.2}\">\n",
            size.0, size.1
        );
        self.behind(&mut out);
        for (placed, shapes) in drawn {
            if let Some((x, y, half)) = placed.shadow.filter(|_| self.style != Style::Line) {
                let _ = writeln!(
                    out,
                    "<ellipse cx=\"{x:.2}\" cy=\"{y:.2}\" rx=\"{:.2}\" ry=\"{:.2}\" fill=\"black\" fill-opacity=\"0.16\"/>",
                    half * 1.02,
                    (half * 0.1).max(0.8)
                );
            }
            let shapes = if self.style == Style::Line { inked(shapes) } else { shapes.clone() };
            let outline = match self.style {
                // Width on paper, whatever the object's size.
                Style::Line => format!(" stroke=\"{INK}\" stroke-width=\"{:.2}\"", 60.0 / placed.square.side.max(1.0)),
                _ => String::new(),
            };
            let _ = writeln!(
                out,
                "<g transform=\"translate({:.2} {:.2}) scale({:.3})\" stroke-linejoin=\"round\" \
                 stroke-linecap=\"round\"{outline}>\n{shapes}</g>",
                placed.square.x,
                placed.square.y,
                placed.square.side / 100.0,
            );
        }
        self.in_front(&mut out);
        out.push_str("</svg>\n");
        out
    }

    /// Background and ground.
    fn behind(&self, out: &mut String) {
        let (w, h, plan) = (self.width, self.height, self.plan);
        let area = self.area();
        let line = area.top + area.height * HORIZON;
        let whole = |out: &mut String, fill: &str| {
            let _ = writeln!(out, "<rect width=\"{w:.2}\" height=\"{h:.2}\" fill=\"{fill}\"/>");
        };
        match self.style {
            Style::Flat => {
                let _ = writeln!(
                    out,
                    "<defs><linearGradient id=\"background\" x1=\"0\" y1=\"0\" x2=\"0\" y2=\"1\">\
                     <stop offset=\"0\" stop-color=\"{0}\"/><stop offset=\"1\" stop-color=\"{0}\" stop-opacity=\"0.65\"/>\
                     </linearGradient></defs>",
                    plan.background
                );
                whole(out, "white");
                whole(out, "url(#background)");
                if self.is_grounded() {
                    // A low hill, which says how far away the line is.
                    let _ = writeln!(
                        out,
                        "<path d=\"M0 {line:.2} Q{:.2} {:.2} {w:.2} {line:.2} L{w:.2} {h:.2} L0 {h:.2} Z\" fill=\"{}\"/>",
                        w / 2.0,
                        line - h * 0.03,
                        plan.ground
                    );
                }
            }
            Style::Line => {
                whole(out, PAPER);
                if self.is_grounded() {
                    let _ = writeln!(
                        out,
                        "<path d=\"M{:.2} {line:.2} L{:.2} {line:.2}\" fill=\"none\" stroke=\"{INK}\" stroke-width=\"0.6\"/>",
                        w * 0.04,
                        w * 0.96
                    );
                }
            }
            Style::Badge => {
                whole(out, "white");
                let (x, y) = (w / 2.0, h / 2.0);
                let _ = writeln!(out, "<circle cx=\"{x:.2}\" cy=\"{y:.2}\" r=\"47\" fill=\"{}\"/>", plan.background);
                if self.is_grounded() {
                    // The part of the circle below the line.
                    let down: f64 = line - y;
                    let half = (44.0f64.powi(2) - down.powi(2)).max(0.0).sqrt();
                    let _ = writeln!(
                        out,
                        "<path d=\"M{:.2} {line:.2} A44 44 0 0 0 {:.2} {line:.2} Z\" fill=\"{}\"/>",
                        x - half,
                        x + half,
                        plan.ground
                    );
                }
                let ring = if is_dark(&plan.background) { "white" } else { "#222222" };
                let _ = writeln!(
                    out,
                    "<circle cx=\"{x:.2}\" cy=\"{y:.2}\" r=\"44\" fill=\"none\" stroke=\"{ring}\" stroke-width=\"1.6\"/>"
                );
            }
            Style::Poster => {
                whole(out, &plan.background);
                let middle = (w / 2.0, line);
                for i in 0..12 {
                    let ray = |turn: f64| {
                        let (sin, cos) = (turn * std::f64::consts::TAU / 24.0).sin_cos();
                        (middle.0 + 2.0 * (w + h) * cos, middle.1 + 2.0 * (w + h) * sin)
                    };
                    let (a, b) = (ray(f64::from(2 * i)), ray(f64::from(2 * i + 1)));
                    let _ = writeln!(
                        out,
                        "<polygon points=\"{:.1},{:.1} {:.1},{:.1} {:.1},{:.1}\" fill=\"white\" fill-opacity=\"0.14\"/>",
                        middle.0, middle.1, a.0, a.1, b.0, b.1
                    );
                }
                if self.is_grounded() {
                    let _ = writeln!(
                        out,
                        "<rect y=\"{line:.2}\" width=\"{w:.2}\" height=\"{:.2}\" fill=\"{}\"/>",
                        h - line,
                        plan.ground
                    );
                }
            }
        }
    }

    /// The caption, and a poster's frame.
    fn in_front(&self, out: &mut String) {
        let (w, h, plan) = (self.width, self.height, self.plan);
        let below = if self.is_grounded() { &plan.ground } else { &plan.background };
        let contrast = if is_dark(below) { "white" } else { "black" };
        if self.style == Style::Poster {
            if !plan.caption.is_empty() {
                let _ = writeln!(
                    out,
                    "<rect y=\"{:.2}\" width=\"{w:.2}\" height=\"{TITLE:.2}\" fill=\"{}\"/>",
                    h - TITLE,
                    if is_dark(below) { "#222222" } else { "white" }
                );
            }
            let _ = writeln!(
                out,
                "<rect x=\"2\" y=\"2\" width=\"{:.2}\" height=\"{:.2}\" fill=\"none\" stroke=\"{contrast}\" stroke-width=\"1\"/>",
                w - 4.0,
                h - 4.0
            );
        }
        if plan.caption.is_empty() {
            return;
        }
        let (room, highest, y, color) = match self.style {
            Style::Flat => (0.9 * w, CAPTION * 0.6, h - CAPTION * 0.42, contrast),
            Style::Line => (0.9 * w, CAPTION * 0.6, h - CAPTION * 0.42, INK),
            Style::Badge => (46.0, 9.0, h / 2.0 + 35.5, contrast),
            Style::Poster => (0.84 * w, TITLE * 0.62, h - TITLE * 0.34, contrast),
        };
        // A word's width is about 0.7 of its height a letter in bold; scripts of wide letters need all of it.
        let letters: f64 = plan.caption.chars().map(|c| if c.is_ascii() { 0.7 } else { 1.0 }).sum();
        let size = (room / letters.max(1.0)).min(highest);
        let _ = writeln!(
            out,
            "<text x=\"{:.2}\" y=\"{y:.2}\" font-size=\"{size:.2}\" font-family=\"sans-serif\" font-weight=\"bold\" \
             text-anchor=\"middle\" fill=\"{color}\">{}</text>",
            w / 2.0,
            plan.caption.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
        );
    }
}

/// Shapes as lines on paper: what is black or dark stays filled where it is small, the rest is paper with an outline.
fn inked(shapes: &str) -> String {
    let Some(paint) = PAINT.as_ref() else { return shapes.to_owned() };
    let one = |found: &Captures<'_>| match (&found[1], &found[2]) {
        (name, "none") => format!("{name}=\"none\""),
        ("fill", "black") => format!("fill=\"{INK}\""),
        ("fill", _) => format!("fill=\"{PAPER}\""),
        ("stroke-width", width) => format!("stroke-width=\"{}\"", width.parse::<f64>().unwrap_or(1.0).min(WIDEST)),
        (name, _) => format!("{name}=\"{INK}\""),
    };
    paint.replace_all(shapes, one).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_keep_their_outlines() {
        let got = inked(
            r#"<rect fill="teal" stroke="none"/><circle fill="black"/><path fill="none" stroke="gold" stroke-width="12"/>"#,
        );
        let want = r##"<rect fill="#fdfcf8" stroke="none"/><circle fill="#222222"/><path fill="none" stroke="#222222" stroke-width="4.5"/>"##;
        assert_eq!(got, want);
    }
}
