//! Lets nothing through that a picture does not need.
//!
//! The check does not trust the grammar the drawing was written under: it is an allowlist of
//! elements, attributes and the shapes of their values, on the parsed document.

use resvg::usvg::roxmltree::{Document, Node, ParsingOptions};

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
