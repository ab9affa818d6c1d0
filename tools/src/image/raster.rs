//! SVG to PNG with resvg: no scripts, no network, no files but the system's fonts.

use resvg::{
    tiny_skia::{Pixmap, Transform},
    usvg::{ImageHrefResolver, Options, Tree, fontdb::Database},
};
use std::sync::{Arc, LazyLock};

/// Reading all fonts takes a while; they don't change during a run.
static FONTS: LazyLock<Arc<Database>> = LazyLock::new(|| {
    let mut fonts = Database::new();
    fonts.load_system_fonts();
    // "sans-serif" is a name that not every system gives a font.
    let known = |name: &str| fonts.faces().any(|f| f.families.iter().any(|(family, _)| family == name));
    let names = ["DejaVu Sans", "Noto Sans", "Liberation Sans", "Helvetica", "Arial", "Segoe UI"];
    if let Some(name) = names.into_iter().find(|name| known(name)) {
        fonts.set_sans_serif_family(name);
    }
    Arc::new(fonts)
});

/// Renders a checked drawing at exactly this size, in pixels. The error says what resvg could not do.
pub fn render(svg: &str, width: u32, height: u32) -> Result<Vec<u8>, String> {
    let options = Options {
        fontdb: FONTS.clone(),
        font_family: "sans-serif".into(),
        resources_dir: None,
        // The check has refused pictures inside the picture already; this is the second wall.
        image_href_resolver: ImageHrefResolver {
            resolve_data: Box::new(|_, _, _| None),
            resolve_string: Box::new(|_, _| None),
        },
        ..Options::default()
    };
    let tree = Tree::from_str(svg, &options).map_err(|e| format!("the drawing can't be read: {e}"))?;
    let mut pixmap =
        Pixmap::new(width, height).ok_or_else(|| format!("no picture can be {width} × {height} pixels large"))?;
    let (x, y) = (width as f32 / tree.size().width(), height as f32 / tree.size().height());
    resvg::render(&tree, Transform::from_scale(x, y), &mut pixmap.as_mut());
    pixmap.encode_png().map_err(|e| format!("the picture can't be written as PNG: {e}"))
}
