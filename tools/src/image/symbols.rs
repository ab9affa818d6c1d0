//! Ready-made symbols, each on a canvas of 100 by 100.
//!
//! A model of one or two billion parameters knows what belongs into a picture, but not where a
//! cat's ears go. What there is a symbol for is therefore chosen, and only the rest is drawn.

use std::sync::LazyLock;

/// `symbols.svg` is a plain SVG file, one symbol a line: `<g id="NAME">…</g>`. `currentColor` stands
/// for the colour that the plan gives the object.
const FILE: &str = include_str!("symbols.svg");

static SYMBOLS: LazyLock<Vec<(&'static str, &'static str)>> = LazyLock::new(|| {
    FILE.lines().filter_map(|line| line.strip_prefix("<g id=\"")?.strip_suffix("</g>")?.split_once("\">")).collect()
});

/// The symbols' names, in the order of the file.
pub fn names() -> impl Iterator<Item = &'static str> {
    SYMBOLS.iter().map(|(name, _)| *name)
}

/// The shapes of a symbol in a colour.
pub fn shapes(name: &str, color: &str) -> Option<String> {
    let (_, shapes) = SYMBOLS.iter().find(|(known, _)| *known == name)?;
    Some(format!("{}\n", shapes.replace("currentColor", color)))
}
