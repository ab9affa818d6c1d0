//! Colours that a request wants a chart in, as CSS names them.

use super::signs::words;

/// Colours, by the words for them.
const COLORS: &[(&str, &[&str])] = &[
    ("red", &["red", "rot", "rote", "roten", "rouge", "rouges", "rojo", "roja", "rojas"]),
    ("green", &["green", "grün", "grüne", "grünen", "vert", "verte", "verts", "vertes", "verde", "verdes"]),
    ("blue", &["blue", "blau", "blaue", "blauen", "bleu", "bleue", "bleus", "bleues", "azul", "azules"]),
    ("orange", &["orange", "naranja"]),
    ("purple", &["purple", "lila", "violett", "morado", "morada"]),
    ("pink", &["pink", "rosa", "rose"]),
    ("brown", &["brown", "braun", "braune", "brun", "marron", "marrón"]),
    ("black", &["black", "schwarz", "schwarze", "noir", "noire", "negro", "negra"]),
    ("gray", &["gray", "grey", "grau", "graue", "gris"]),
    ("gold", &["gold", "golden", "doré", "dorado"]),
    ("teal", &["teal", "türkis", "turquoise", "turquesa"]),
    ("navy", &["navy"]),
];
/// Shades, by the words before or behind a colour.
const SHADES: &[(&str, &[&str])] = &[
    ("dark", &["dark", "deep", "dunkel", "foncé", "foncée", "oscuro", "oscura"]),
    ("light", &["light", "pale", "hell", "clair", "claire", "claro", "clara"]),
];
/// Those that CSS has.
const SHADED: &[&str] = &[
    "darkred",
    "darkgreen",
    "darkblue",
    "darkorange",
    "darkgray",
    "lightgreen",
    "lightblue",
    "lightgray",
    "lightpink",
];
/// What is drawn, behind its colour: green bars.
const DRAWN: &[&str] = &[
    "bar", "bars", "line", "lines", "ones", "column", "columns", "dots", "points", "balken", "linie", "säulen",
    "punkte",
];

/// All colours, as CSS names them.
pub fn names() -> Vec<String> {
    COLORS.iter().map(|(name, _)| *name).chain(SHADED.iter().copied()).map(str::to_owned).collect()
}

/// Whether a word says something of a colour.
pub fn is_of_color(word: &str) -> bool {
    base(word).is_some() || SHADES.iter().any(|(_, names)| names.contains(&word))
}

/// The colour that a request in small letters names.
pub fn color(request: &str) -> Option<String> {
    let all: Vec<&str> = words(request).collect();
    let mut found = all.iter().enumerate().filter_map(|(i, word)| Some((i, base(word)?)));
    let ((i, (own, color)), None) = (found.next()?, found.next()) else { return None };
    let shade_of = |word: &&str| SHADES.iter().find(|(_, names)| names.contains(word)).map(|(shade, _)| *shade);
    let before = i.checked_sub(1).and_then(|before| shade_of(&all[before]));
    let shade = own.or(before).or_else(|| all.get(i + 1).and_then(shade_of)).unwrap_or_default();
    let shaded = format!("{shade}{color}");
    Some(if SHADED.contains(&shaded.as_str()) { shaded } else { color.to_owned() })
}

/// The colour of what is to be drawn: in green, green bars; green tea has none.
pub fn of_drawing(request: &str) -> Option<String> {
    let all: Vec<&str> = words(request).collect();
    let at = all.iter().position(|word| base(word).is_some())?;
    let first = (0..at).rev().find(|i| !is_of_color(all[*i]));
    let within = first.is_some_and(|i| ["in", "en"].contains(&all[i]));
    let behind = all[at + 1..].iter().find(|word| !is_of_color(word));
    let drawn = behind.is_some_and(|word| DRAWN.contains(word));
    let ends =
        behind.is_none_or(|word| ["please", "bitte", "s", "por", "instead", "now", "and", "with"].contains(word));
    (drawn || within && ends).then(|| color(request)).flatten()
}

/// A colour without its shade, and the shade that stands in one word with it: `dunkelgrün`.
fn base(word: &str) -> Option<(Option<&'static str>, &'static str)> {
    let plain = |word: &str| COLORS.iter().find(|(_, names)| names.contains(&word)).map(|(color, _)| *color);
    let compound = || {
        let cut = |(shade, names): &(&'static str, &[&str])| {
            names.iter().find_map(|name| Some((Some(*shade), plain(word.strip_prefix(name)?)?)))
        };
        SHADES.iter().find_map(cut)
    };
    plain(word).map(|color| (None, color)).or_else(compound)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colors_have_shades_before_behind_and_within() {
        let is = |request: &str, want: &str| assert_eq!(color(request).as_deref(), Some(want), "{request}");
        is("same thing as a line please, dark green", "darkgreen");
        is("in vert foncé", "darkgreen");
        is("als hellblaue linie", "lightblue");
        is("deep purple bars", "purple");
        assert_eq!(color("red and blue"), None);
        assert_eq!(color("as a line"), None);
    }

    #[test]
    fn what_is_drawn_has_a_color_and_what_is_sold_has_none() {
        assert_eq!(of_drawing("plot the sales as green bars").as_deref(), Some("green"));
        assert_eq!(of_drawing("plot the sales in dark green, please").as_deref(), Some("darkgreen"));
        assert_eq!(of_drawing("plot the sales of green tea"), None);
        assert_eq!(of_drawing("bar chart of the fish in red sea"), None);
    }
}
