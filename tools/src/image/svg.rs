//! Puts drawn objects together, and lets nothing through that a picture does not need.
//!
//! The check does not trust the grammar the drawing was written under: it is an allowlist of
//! elements, attributes and the shapes of their values, on the parsed document.

use super::plan::{CAPTION_HEIGHT, NO_GROUND, Plan, Square, is_dark};
use resvg::usvg::roxmltree::{Document, Node, ParsingOptions};
use std::fmt::Write;

/// The longest drawing, in bytes, and the most nodes it may have.
const MAX_BYTES: usize = 64 << 10;
const MAX_NODES: u32 = 1_000;
/// The largest number in an attribute.
const MAX_NUMBER: f64 = 10_000.0;

const ELEMENTS: &[&str] = &[
    "svg",
    "g",
    "rect",
    "circle",
    "ellipse",
    "line",
    "polyline",
    "polygon",
    "path",
    "text",
    "defs",
    "linearGradient",
    "stop",
];

/// How an attribute's value must look.
#[derive(Clone, Copy)]
enum Kind {
    Number,
    Numbers,
    Path,
    Color,
    Transform,
    /// One of our own names.
    Word,
}

const ATTRIBUTES: &[(&str, Kind)] = &[
    ("x", Kind::Number),
    ("y", Kind::Number),
    ("x1", Kind::Number),
    ("y1", Kind::Number),
    ("x2", Kind::Number),
    ("y2", Kind::Number),
    ("cx", Kind::Number),
    ("cy", Kind::Number),
    ("r", Kind::Number),
    ("rx", Kind::Number),
    ("ry", Kind::Number),
    ("width", Kind::Number),
    ("height", Kind::Number),
    ("offset", Kind::Number),
    ("opacity", Kind::Number),
    ("fill-opacity", Kind::Number),
    ("stroke-opacity", Kind::Number),
    ("stop-opacity", Kind::Number),
    ("stroke-width", Kind::Number),
    ("font-size", Kind::Number),
    ("viewBox", Kind::Numbers),
    ("points", Kind::Numbers),
    ("d", Kind::Path),
    ("fill", Kind::Color),
    ("stroke", Kind::Color),
    ("stop-color", Kind::Color),
    ("transform", Kind::Transform),
    ("id", Kind::Word),
    ("text-anchor", Kind::Word),
    ("font-family", Kind::Word),
    ("font-weight", Kind::Word),
    ("stroke-linecap", Kind::Word),
    ("stroke-linejoin", Kind::Word),
];

/// Parses a drawing and checks every part of it against the allowlist. The error says what was
/// found that may not be there.
pub fn check(svg: &str) -> Result<(), String> {
    if svg.len() > MAX_BYTES {
        return Err(format!("the drawing has {} bytes and the limit is {MAX_BYTES}", svg.len()));
    }
    // No DTD: no entities, so neither a bomb of them nor a file read through one.
    let options = ParsingOptions { allow_dtd: false, nodes_limit: MAX_NODES, ..ParsingOptions::default() };
    let document = Document::parse_with_options(svg, options).map_err(|e| format!("the drawing is no XML: {e}"))?;
    if document.root_element().tag_name().name() != "svg" {
        return Err("the drawing is no SVG".into());
    }
    document.descendants().try_for_each(|node| check_node(&node))
}

fn check_node(node: &Node) -> Result<(), String> {
    if node.is_pi() {
        return Err("the drawing has a processing instruction".into());
    }
    if !node.is_element() {
        return Ok(());
    }
    let name = node.tag_name().name();
    if !ELEMENTS.contains(&name) || node.tag_name().namespace() != Some("http://www.w3.org/2000/svg") {
        return Err(format!("the drawing has a <{name}>, which is not allowed"));
    }
    for attribute in node.attributes() {
        let (key, value) = (attribute.name(), attribute.value());
        let kind = ATTRIBUTES.iter().find(|(known, _)| *known == key && attribute.namespace().is_none());
        let Some((_, kind)) = kind else {
            return Err(format!("the drawing has an attribute {key} on <{name}>, which is not allowed"));
        };
        if !fits(*kind, value) {
            let shown: String = value.chars().take(40).collect();
            return Err(format!("the drawing has {key}=\"{shown}\" on <{name}>, which is not allowed"));
        }
    }
    Ok(())
}

fn fits(kind: Kind, value: &str) -> bool {
    let number = |s: &str| s.trim().parse::<f64>().is_ok_and(|n| n.is_finite() && n.abs() <= MAX_NUMBER);
    let words = |s: &str, extra: &str| s.chars().all(|c| c.is_ascii_alphanumeric() || extra.contains(c));
    let numbers = |s: &str| {
        s.split(|c: char| c.is_ascii_alphabetic() || " ,()\n".contains(c)).filter(|n| !n.is_empty()).all(number)
    };
    match kind {
        Kind::Number => number(value),
        Kind::Numbers => value.chars().all(|c| c.is_ascii_digit() || " ,.-\n".contains(c)) && numbers(value),
        Kind::Path => {
            value.chars().all(|c| c.is_ascii_digit() || "MmLlHhVvCcSsQqTtAaZz ,.-\n".contains(c)) && numbers(value)
        }
        Kind::Color => {
            value == "none"
                || value == "url(#background)"
                || value.strip_prefix('#').map_or(words(value, ""), |hex| hex.chars().all(|c| c.is_ascii_hexdigit()))
        }
        Kind::Transform => {
            words(value, " ,.-()") && numbers(value) && ["translate", "scale"].iter().any(|t| value.starts_with(t))
        }
        Kind::Word => words(value, " -_,") && value.len() <= 40,
    }
}

/// The whole drawing: background, ground, each object in its square, the caption.
pub fn compose(plan: &Plan, drawn: &[(Square, String)], width: u32, height: u32) -> String {
    let unit = f64::from(width.min(height)) / 100.0;
    let (w, h) = (f64::from(width) / unit, f64::from(height) / unit);
    let mut out = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" viewBox=\"0 0 {w:.2} {h:.2}\">\n\
         <defs><linearGradient id=\"background\" x1=\"0\" y1=\"0\" x2=\"0\" y2=\"1\">\
         <stop offset=\"0\" stop-color=\"{0}\"/><stop offset=\"1\" stop-color=\"{0}\" stop-opacity=\"0.65\"/>\
         </linearGradient></defs>\n\
         <rect width=\"{w:.2}\" height=\"{h:.2}\" fill=\"white\"/>\n\
         <rect width=\"{w:.2}\" height=\"{h:.2}\" fill=\"url(#background)\"/>\n",
        plan.background
    );
    if plan.ground != NO_GROUND && plan.ground != plan.background {
        let top = h * 0.72;
        let _ =
            writeln!(out, "<rect y=\"{top:.2}\" width=\"{w:.2}\" height=\"{:.2}\" fill=\"{}\"/>", h - top, plan.ground);
    }
    for (square, shapes) in drawn {
        let _ = writeln!(
            out,
            "<g transform=\"translate({:.2} {:.2}) scale({:.3})\" stroke-linejoin=\"round\" stroke-linecap=\"round\">\n{}</g>",
            square.x,
            square.y,
            square.side / 100.0,
            shapes
        );
    }
    if !plan.caption.is_empty() {
        let below = if plan.ground == NO_GROUND { &plan.background } else { &plan.ground };
        // A word's width is about 0.6 of its height a letter; scripts of wide letters need all of it.
        let letters: f64 = plan.caption.chars().map(|c| if c.is_ascii() { 0.62 } else { 1.0 }).sum();
        let size = (0.9 * w / letters.max(1.0)).min(CAPTION_HEIGHT * 0.6);
        let _ = writeln!(
            out,
            "<text x=\"{:.2}\" y=\"{:.2}\" font-size=\"{size:.2}\" font-family=\"sans-serif\" font-weight=\"bold\" \
             text-anchor=\"middle\" fill=\"{}\">{}</text>",
            w / 2.0,
            h - CAPTION_HEIGHT * 0.42,
            if is_dark(below) { "white" } else { "black" },
            plan.caption.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
        );
    }
    out.push_str("</svg>\n");
    out
}

/// What is drawn inside `<g>`: identical shapes once, since a model that loops repeats itself.
pub fn distinct_shapes(reply: &str) -> Vec<&str> {
    let inside = reply.split("</g>").next().unwrap_or("");
    let mut shapes: Vec<&str> = Vec::new();
    for line in inside.lines().map(str::trim).filter(|line| !line.is_empty()) {
        if !shapes.contains(&line) {
            shapes.push(line);
        }
    }
    shapes
}
