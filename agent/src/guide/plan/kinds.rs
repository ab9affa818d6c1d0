//! Kinds of charts, by the words for them in several languages.

use super::signs::{is_form_of, says, words};

/// Beginnings of words by which a kind of chart is asked for.
pub const KINDS: &[(&str, &[&str])] = &[
    ("pie", &["pie", "torte", "kreis", "camembert", "tarta", "饼", "餅", "円グラフ"]),
    ("scatter", &["scatter", "streu", "nuage", "dispers", "散点", "散布"]),
    ("hist", &["histo", "直方"]),
    ("barh", &["horizontal", "waager", "liegend", "quer"]),
    ("area", &["flächen", "面积图"]),
    ("bar", &["bar", "balken", "säule", "colonne", "柱", "条形", "棒"]),
    ("line", &["line", "linie", "kurve", "courbe", "línea", "curva", "折线", "線", "线"]),
];

/// The kind of chart that a request names.
pub fn kind_of(request: &str) -> Option<&'static str> {
    let names_it =
        |name: &&str| words(request).any(|word| is_form_of(word, name)) || !name.is_ascii() && request.contains(*name);
    // Columns alone are a table's.
    const COLUMNS: &[&str] = &["column chart", "column graph", "as columns", "into columns", "columns instead"];
    // A lake has an area too.
    const AREAS: &[&str] = &[
        "area chart",
        "area graph",
        "area plot",
        "filled area",
        "gráfico de áreas",
        "gráfico de área",
        "graphique en aires",
    ];
    let upright = || says(request, COLUMNS).then_some("bar").or_else(|| says(request, AREAS).then_some("area"));
    KINDS.iter().find(|(_, names)| names.iter().any(names_it)).map(|(kind, _)| *kind).or_else(upright)
}
