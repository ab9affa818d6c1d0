//! Options of a chart that a request says by a word, in several languages: on a log axis, with a grid, called so.

use super::colors::{color, of_drawing};
use super::kinds::kind_of;
use super::signs::{says, words};

/// Words of what an option says by more than itself.
pub const ELSE: &[&str] = &[
    "today",
    "until",
    "since",
    "extrapolate",
    "heute",
    "bis",
    "seit",
    "aujourd",
    "hoy",
    "hasta",
    "average",
    "exponential",
    "polynomial",
    "band",
    "axis label",
    "both",
    "and a",
    "error",
    "stack",
    "stacked",
];

/// Words of a request for a colour and nothing else, at most.
const ALONE: usize = 3;

const LOG: &[&str] = &[
    "log",
    "logarithmic",
    "logarithmisch",
    "logarithmische",
    "logarithmischer",
    "logarithmique",
    "logarítmica",
    "logarítmico",
    "对数",
];
const GRID: &[&str] =
    &["grid", "gridlines", "quadrillage", "grille", "gitter", "gitterlinien", "raster", "cuadrícula", "网格"];
pub const TREND: &[&str] = &["trend", "trendline", "trendlinie", "tendance", "tendencia", "趋势线", "趋势"];
const SORTED: &[&str] = &[
    "sort",
    "sorted",
    "biggest first",
    "largest first",
    "highest first",
    "descending",
    "sortiert",
    "sortiere",
    "größte zuerst",
    "absteigend",
    "trié",
    "triées",
    "trie",
    "décroissant",
    "ordena",
    "ordenado",
    "de mayor a menor",
    "从大到小",
];
pub const TITLE: &[&str] = &[
    "title",
    "titled",
    "call",
    "name",
    "heading",
    "headline",
    "caption",
    "titel",
    "überschrift",
    "nenne",
    "titre",
    "intitule",
    "título",
    "encabezado",
    "标题",
];
const AXES: &[&str] = &["axis", "axes", "achse", "achsen", "axe", "eje", "ejes"];
/// All of them.
pub const LISTS: &[&[&str]] = &[LOG, GRID, TREND, SORTED, TITLE];

/// Whether a request in small letters speaks of logarithms: no axis has them unasked.
pub fn says_log(small: &str) -> bool {
    words(small).any(|word| word.starts_with("log") || word.starts_with("semilog"))
        || [
            "对数",
            "對數",
            "powers of ten",
            "orders of magnitude",
            "zehnerpotenz",
            "puissances de dix",
            "potencias de diez",
        ]
        .iter()
        .any(|said| small.contains(said))
}

/// Options of a chart that a request says by a word.
pub fn options(request: &str, small: &str) -> Vec<(String, String)> {
    // By what else it is sorted is a query's.
    const BY: &[&str] = &["by", "nach", "par", "por"];
    let linear = says(small, &["linear", "linéaire", "lineal"]);
    let mut found = Vec::new();
    let mut add = |name: &str, value: &str| found.push((name.to_owned(), value.to_owned()));
    for (name, list) in [("log", LOG), ("grid", GRID), ("trend", TREND), ("sort", SORTED)] {
        let said = says(small, list)
            && !(name == "log" && linear)
            && !(name == "sort" && (says(small, UPWARDS) || says(small, BY)));
        if said {
            add(name, if is_denied(small, list) { "no" } else { "yes" });
        }
    }
    if let Some(kind) = kind_of(small)
        .filter(|kind| *kind != "line" || !says(small, TREND) && !says(small, &["gridlines", "gitterlinien"]))
    {
        add("kind", kind);
    }
    let quotes = [('"', '"'), ('“', '”'), ('«', '»'), ('„', '“')];
    let title = quotes.iter().find_map(|(open, close)| {
        let (_, behind) = request.split_once(*open)?;
        behind.split_once(*close).map(|(title, _)| title.trim())
    });
    let named =
        || request.split_once(':').filter(|(before, _)| words(before).count() < 3).map(|(_, title)| title.trim());
    // What an axis is called is no title.
    if says(small, TITLE) && says(small, AXES) {
        return Vec::new();
    }
    if says(small, TITLE) {
        // A title without quotes is the model's to find.
        let Some(title) = title.or_else(named).filter(|title| !title.is_empty()) else { return Vec::new() };
        add("title", title);
    }
    // "Green, please": in more words a colour has to be one of what is drawn.
    let alone = words(small).count() <= ALONE;
    if let Some(color) = of_drawing(small).or_else(|| color(small).filter(|_| alone)) {
        add("color", &color);
    }
    found
}

/// Whether a request says of an option that it is not wanted: "without the grid".
fn is_denied(small: &str, option: &[&str]) -> bool {
    const NOT: &[&str] = &["no", "not", "without", "remove", "drop", "ohne", "kein", "keine", "sans", "sin"];
    /// Words between the two: "without the grid".
    const NEAR: usize = 2;
    let all: Vec<&str> = words(small).collect();
    let at = all.iter().position(|word| option.contains(word));
    at.is_some_and(|at| all[at.saturating_sub(NEAR)..at].iter().any(|word| NOT.contains(word)))
}

/// Words for the smallest first.
pub const UPWARDS: &[&str] = &[
    "smallest first",
    "lowest first",
    "ascending",
    "aufsteigend",
    "kleinste zuerst",
    "croissant",
    "de menor a mayor",
    "从小到大",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_are_said_by_words() {
        let said = |request: &str| {
            let all = options(request, &request.to_lowercase());
            all.into_iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join(" ")
        };
        assert_eq!(said("ponlo en escala logarítmica, que las pequeñas no se ven"), "log=yes");
        assert_eq!(said("mit Gitter, als Balken"), "grid=yes kind=bar");
        assert_eq!(said("call it \"Newsletter growth\" and add a trend line"), "trend=yes title=Newsletter growth");
        assert_eq!(said("biggest first"), "sort=yes");
        assert_eq!(said("without the grid"), "grid=no");
        assert_eq!(said("on a linear axis, not log"), "");
        assert_eq!(said("green please"), "color=green");
        assert_eq!(said("make it a pie and call it Pets"), "");
        assert_eq!(said("call the y axis \"Pets\""), "");
        assert_eq!(said("only the green party"), "");
        assert_eq!(said("sort it by name"), "");
    }
}
