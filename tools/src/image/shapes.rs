//! The grammar of one drawn object: a handful of shapes on a canvas of 100 by 100, and nothing else.
//!
//! Every number is bounded, every list has an end, and there is no element that could refer to
//! anything, so that neither a bad nor an endless drawing can be written.

use super::plan::colors;

/// Shapes of one object at most.
pub const MAX_SHAPES: usize = 9;

/// In llguidance's variant of Lark. The reply is the inside of a `<g>` that is open already, and
/// its closing tag.
pub fn grammar() -> String {
    let colors = colors().map(|c| format!("\"{c}\"")).collect::<Vec<_>>().join(" | ");
    format!(
        r#"start: shape{{2,{MAX_SHAPES}}} "</g>"
shape: (rect | circle | ellipse | line | polygon | path) "/>\n"
rect: "<rect x=\"" NUMBER "\" y=\"" NUMBER "\" width=\"" LENGTH "\" height=\"" LENGTH "\"" (" rx=\"" SMALL "\"")? paint
circle: "<circle cx=\"" NUMBER "\" cy=\"" NUMBER "\" r=\"" RADIUS "\"" paint
ellipse: "<ellipse cx=\"" NUMBER "\" cy=\"" NUMBER "\" rx=\"" RADIUS "\" ry=\"" RADIUS "\"" paint
line: "<line x1=\"" NUMBER "\" y1=\"" NUMBER "\" x2=\"" NUMBER "\" y2=\"" NUMBER "\"" stroke
polygon: "<polygon points=\"" NUMBER "," NUMBER (" " NUMBER "," NUMBER){{2,9}} "\"" paint
path: "<path d=\"M" pair command{{1,8}} " Z"? "\"" (paint | " fill=\"none\"" stroke)
command: " L" pair | " Q" pair " " pair | " C" pair " " pair " " pair
pair: NUMBER " " NUMBER
paint: " fill=\"" COLOR "\"" stroke?
stroke: " stroke=\"" COLOR "\" stroke-width=\"" SMALL "\""
COLOR: {colors}
NUMBER: /[0-9]|[1-9][0-9]|100/
LENGTH: /[1-9]|[1-9][0-9]|100/
RADIUS: /[1-9]|[1-4][0-9]|50/
SMALL: /[1-9]|1[0-2]/
"#
    )
}
