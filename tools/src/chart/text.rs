//! Text of a chart: measured, broken into lines, and set. Plotters knows no fonts here; resvg, which draws
//! the picture, does, and has those of all scripts.

use crate::raster::{escape, widths};
use std::fmt::Write;

/// Sizes of the title, of an axis' name and of what stands at its ticks, in pixels.
pub const TITLE: f64 = 32.0;
pub const NAME: f64 = 24.0;
pub const TICK: f64 = 22.0;

/// Where a label's place is on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Anchor {
    Start,
    Middle,
    End,
}

/// A line of text at a place in the picture, in pixels; `y` is the middle of its letters' height.
#[derive(Debug, Clone, PartialEq)]
pub struct Label {
    pub text: String,
    pub at: (f64, f64),
    pub size: f64,
    pub anchor: Anchor,
    /// Degrees that it is turned by around its place, clockwise.
    pub turned: f64,
    pub bold: bool,
    /// That of all text where it is empty.
    pub color: String,
    /// The colour of a border around its letters, where these may stand on lines.
    pub halo: Option<String>,
}

impl Label {
    pub fn new(text: impl Into<String>, at: (f64, f64), size: f64, anchor: Anchor) -> Label {
        Label { text: text.into(), at, size, anchor, turned: 0.0, bold: false, color: String::new(), halo: None }
    }
}

/// Labels as elements of an SVG; `color` is that of all text.
pub fn svg(labels: &[Label], color: &str) -> String {
    let mut out = String::new();
    for label in labels {
        let (x, y) = label.at;
        let anchor = match label.anchor {
            Anchor::Start => "start",
            Anchor::Middle => "middle",
            Anchor::End => "end",
        };
        let turn = match label.turned {
            0.0 => String::new(),
            turned => format!(" transform=\"rotate({turned} {x:.1} {y:.1})\""),
        };
        let halo = label.halo.as_ref().map_or(String::new(), |color| {
            format!(" stroke=\"{color}\" stroke-width=\"5\" stroke-linejoin=\"round\" paint-order=\"stroke\"")
        });
        let _ = writeln!(
            out,
            "<text x=\"{x:.1}\" y=\"{:.1}\" font-family=\"sans-serif\" font-size=\"{}\" font-weight=\"{}\" \
             text-anchor=\"{anchor}\" fill=\"{}\"{halo}{turn}>{}</text>",
            // Half the height of capital letters.
            y + label.size * 0.36,
            label.size,
            if label.bold { "bold" } else { "normal" },
            if label.color.is_empty() { color } else { &label.color },
            escape(&label.text)
        );
    }
    out
}

/// A text's lines, none wider than `width` pixels, at most `most` of them; `whole`: nothing was left out.
#[derive(Debug, Clone, PartialEq)]
pub struct Lines {
    pub lines: Vec<String>,
    pub whole: bool,
}

/// Breaks a text into lines at its spaces, and anywhere in scripts without spaces. What is still too wide
/// ends in `…`.
pub fn wrap(text: &str, size: f64, width: f64, most: usize) -> Lines {
    let pieces = pieces(text);
    let wide = widths(pieces.iter().map(|(piece, _)| piece.as_str()), size);
    // The width of a space alone is nothing that is drawn.
    let space = size * 0.32;
    let mut lines: Vec<(String, f64)> = Vec::new();
    for ((piece, spaced), wide) in pieces.iter().zip(wide) {
        let gap = if *spaced { space } else { 0.0 };
        match lines.last_mut() {
            Some((line, used)) if *used + gap + wide <= width => {
                line.push_str(if *spaced { " " } else { "" });
                line.push_str(piece);
                *used += gap + wide;
            }
            _ => lines.push((piece.clone(), wide)),
        }
    }
    let mut whole = true;
    if lines.len() > most {
        whole = false;
        let rest: Vec<String> = lines.drain(most.max(1) - 1..).map(|(line, _)| line).collect();
        lines.push((rest.join(" "), f64::INFINITY));
    }
    let mut cut = |(line, used): (String, f64)| {
        if used <= width {
            return line;
        }
        whole = false;
        shorten(&line, size, width)
    };
    let lines = lines.drain(..).map(&mut cut).collect();
    Lines { lines, whole }
}

/// Words, and single characters of scripts without spaces; whether a space stands before each.
fn pieces(text: &str) -> Vec<(String, bool)> {
    let mut all: Vec<(String, bool)> = Vec::new();
    for word in text.split_whitespace() {
        let mut spaced = !all.is_empty();
        let mut open = false;
        for c in word.chars() {
            let alone = polymath_quantity::text::is_cjk(c);
            match all.last_mut() {
                // Signs stay with what they follow.
                Some((piece, _)) if open && !alone || !spaced && !c.is_alphanumeric() => piece.push(c),
                _ => all.push((c.to_string(), std::mem::take(&mut spaced))),
            }
            open = !alone;
        }
    }
    all
}

/// As much of a text as fits, with `…` for the rest.
pub fn shorten(text: &str, size: f64, width: f64) -> String {
    let chars: Vec<String> = text.chars().map(|c| if c == ' ' { "n".to_owned() } else { c.to_string() }).collect();
    let wide = widths(chars.iter().map(String::as_str), size);
    if wide.iter().sum::<f64>() <= width {
        return text.to_owned();
    }
    let mut room = width - size;
    let fits = wide.iter().take_while(|w| {
        room -= **w;
        room >= 0.0
    });
    let kept: String = text.chars().take(fits.count().max(1)).collect();
    format!("{}…", kept.trim_end())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_broken_where_they_may_be() {
        let long = wrap("The Upper Varn hydroelectric power station", 18.0, 200.0, 4);
        assert!(long.whole && long.lines.len() > 1, "{long:?}");
        assert!(widths(long.lines.iter().map(String::as_str), 18.0).iter().all(|w| *w <= 201.0), "{long:?}");
        assert_eq!(long.lines.join(" "), "The Upper Varn hydroelectric power station");
        let cjk = wrap("翠岭茶厂二〇二一年的产量（吨）", 18.0, 100.0, 9);
        assert!(cjk.whole && cjk.lines.len() > 2 && cjk.lines.concat() == "翠岭茶厂二〇二一年的产量（吨）", "{cjk:?}");
        let short = wrap("one two three four five six seven", 18.0, 80.0, 2);
        assert!(!short.whole && short.lines.len() == 2 && short.lines[1].ends_with('…'), "{short:?}");
        assert_eq!(wrap("", 18.0, 80.0, 2).lines, Vec::<String>::new());
    }

    #[test]
    fn what_is_too_wide_ends_in_dots() {
        let got = shorten("Donaudampfschifffahrtsgesellschaft", 18.0, 120.0);
        assert!(got.ends_with('…') && widths([got.as_str()], 18.0)[0] <= 120.0, "{got}");
        assert_eq!(shorten("short", 18.0, 120.0), "short");
    }

    #[test]
    fn labels_cannot_leave_their_element() {
        let label = Label { turned: -35.0, ..Label::new("</text><script>", (1.0, 2.0), 10.0, Anchor::End) };
        let got = svg(&[label], "#222222");
        assert!(
            got.contains("&lt;/text&gt;") && !got.contains("<script>") && got.contains("rotate(-35 1.0 2.0)"),
            "{got}"
        );
    }
}
