//! SVG to PNG with resvg, for all tools that draw: no scripts, no network, no files but
//! the system's fonts, and before them DejaVu Sans for Latin, Greek and Cyrillic, so that text is as wide everywhere.

use resvg::{
    tiny_skia::{Pixmap, Transform},
    usvg::{
        FontResolver, ImageHrefResolver, Options, Tree,
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
}
