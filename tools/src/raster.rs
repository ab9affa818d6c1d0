//! SVG to PNG with resvg, for all tools that draw: no scripts, no network, no files but
//! the system's fonts, and before them those carried along: DejaVu Sans for Latin, Greek, Cyrillic, Hebrew and
//! Arabic, so that text is as wide everywhere, and Noto Sans CJK for common Chinese and kana.

use resvg::{
    tiny_skia::{Pixmap, Transform},
    usvg::{
        FontResolver, Group, ImageHrefResolver, Node, Options, Tree,
        fontdb::{Database, FaceInfo, ID},
    },
};
use std::fmt::Write;
use std::sync::{Arc, LazyLock};

/// Reading all fonts takes a while; they don't change during a run.
static FONTS: LazyLock<Arc<Database>> = LazyLock::new(|| {
    let mut fonts = Database::new();
    // Of two fonts of one name the first is taken.
    fonts.load_font_data(include_bytes!("fonts/DejaVuSans.ttf").to_vec());
    fonts.load_font_data(include_bytes!("fonts/DejaVuSans-Bold.ttf").to_vec());
    fonts.load_font_data(include_bytes!("fonts/NotoSansCJKsc-Regular.otf").to_vec());
    fonts.load_system_fonts();
    fonts.set_sans_serif_family("DejaVu Sans");
    Arc::new(fonts)
});

/// The font for a character that those `used` have not: one without serifs and of the same weight, where
/// there is one.
fn fallback(c: char, used: &[ID], fonts: &mut Arc<Database>) -> Option<ID> {
    let weight = used.first().and_then(|id| fonts.face(*id)).map(|face| face.weight);
    let choose = |fonts: &mut Arc<Database>, fits: &dyn Fn(&FaceInfo) -> bool| {
        let others = fonts.faces().filter(|face| !fits(face)).map(|face| face.id);
        let barred: Vec<ID> = used.iter().copied().chain(others).collect();
        FontResolver::default_fallback_selector()(c, &barred, fonts)
    };
    let plain =
        |face: &FaceInfo| face.families.iter().all(|(name, _)| !name.contains("Serif") && !name.contains("Mono"));
    choose(fonts, &|face| plain(face) && Some(face.weight) == weight)
        .or_else(|| choose(fonts, &plain))
        .or_else(|| choose(fonts, &|_| true))
}

fn options() -> Options<'static> {
    Options {
        fontdb: FONTS.clone(),
        font_resolver: FontResolver { select_fallback: Box::new(fallback), ..FontResolver::default() },
        font_family: "sans-serif".into(),
        resources_dir: None,
        // Drawings of models are checked for pictures inside the picture; this is the second wall.
        image_href_resolver: ImageHrefResolver {
            resolve_data: Box::new(|_, _, _| None),
            resolve_string: Box::new(|_, _| None),
        },
        ..Options::default()
    }
}

/// Renders a drawing at exactly this size, in pixels. The error says what resvg could not do.
pub fn render(svg: &str, width: u32, height: u32) -> Result<Vec<u8>, String> {
    let tree = Tree::from_str(svg, &options()).map_err(|e| format!("the drawing can't be read: {e}"))?;
    let mut pixmap =
        Pixmap::new(width, height).ok_or_else(|| format!("no picture can be {width} × {height} pixels large"))?;
    let (x, y) = (width as f32 / tree.size().width(), height as f32 / tree.size().height());
    resvg::render(&tree, Transform::from_scale(x, y), &mut pixmap.as_mut());
    pixmap.encode_png().map_err(|e| format!("the picture can't be written as PNG: {e}"))
}

/// What a drawing of 100 by 100 fills: left, top, right and bottom. None of an empty one.
pub fn extent(svg: &str) -> Option<[f64; 4]> {
    let tree = Tree::from_str(svg, &options()).ok()?;
    let bounds = tree.root().abs_stroke_bounding_box();
    let (x, y) = (100.0 / tree.size().width(), 100.0 / tree.size().height());
    let all = [bounds.left() * x, bounds.top() * y, bounds.right() * x, bounds.bottom() * y];
    (bounds.width() > 0.0 || bounds.height() > 0.0).then(|| all.map(f64::from))
}

/// How wide lines of text become when they are drawn in the sans-serif font at `size`, in pixels.
pub fn widths<'a>(texts: impl IntoIterator<Item = &'a str>, size: f64) -> Vec<f64> {
    let mut svg = String::from("<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"9\" height=\"9\">");
    let mut count = 0;
    for text in texts {
        let _ = write!(
            svg,
            "<text id=\"t{count}\" xml:space=\"preserve\" font-family=\"sans-serif\" font-size=\"{size}\">{}</text>",
            escape(text)
        );
        count += 1;
    }
    svg.push_str("</svg>");
    let Ok(tree) = Tree::from_str(&svg, &options()) else { return vec![0.0; count] };
    let width = |i| tree.node_by_id(&format!("t{i}")).map_or(0.0, |node| f64::from(node.bounding_box().width()));
    (0..count).map(width).collect()
}

/// The characters of a drawing's texts that no font has: boxes stand for them. Each once, in their order.
pub fn missing(svg: &str) -> Vec<char> {
    // The fonts carried along have these.
    if svg.chars().all(|c| c < '\u{250}') {
        return Vec::new();
    }
    let Ok(tree) = Tree::from_str(svg, &options()) else { return Vec::new() };
    let mut found = Vec::new();
    boxes(tree.root(), &mut found);
    found
}

fn boxes(group: &Group, found: &mut Vec<char>) {
    for node in group.children() {
        match node {
            Node::Group(group) => boxes(group, found),
            Node::Text(text) => {
                for glyph in text.layouted().iter().flat_map(|span| &span.positioned_glyphs) {
                    let absent = glyph.text.chars().filter(|c| !c.is_whitespace() && !c.is_control());
                    if glyph.id.0 == 0 {
                        absent.for_each(|c| {
                            if !found.contains(&c) {
                                found.push(c)
                            }
                        });
                    }
                }
            }
            _ => {}
        }
    }
}

/// Text as it stands in XML; what XML cannot hold is left out.
pub fn escape(text: &str) -> String {
    let text = text.replace(['\n', '\r', '\t'], " ").replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    text.chars().filter(|c| !c.is_control() && !matches!(c, '\u{fffe}' | '\u{ffff}')).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_measured_as_it_is_drawn() {
        let got = widths(["i", "MMMM", "", "a & <b>\u{1}", "营收"], 20.0);
        assert_eq!(got.len(), 5);
        assert!(got[0] > 2.0 && got[1] > 5.0 * got[0] && got[2] == 0.0 && got[3] > got[0], "{got:?}");
        let twice = widths(["MMMM"], 40.0);
        assert!((twice[0] - 2.0 * got[1]).abs() < 1.0, "{got:?} {twice:?}");
    }

    #[test]
    fn characters_without_a_font_are_told() {
        let drawn = |text: &str| {
            missing(&format!(
                "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"9\" height=\"9\"><g><text font-size=\"9\" \
                 font-family=\"sans-serif\">{text}</text></g></svg>"
            ))
        };
        // Places of Unicode that are given to no character.
        assert_eq!(drawn("a\u{50005} b\u{50006}\u{50005}"), ['\u{50005}', '\u{50006}']);
        assert!(drawn("Łódź Ωμέγα Тула القاهرة 产量").is_empty());
    }
}
