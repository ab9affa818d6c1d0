//! Of what kind a value has to be: a year, a number, a name, no money.

use crate::guide::dimension;
use crate::guide::plan::years;
use crate::guide::roles::is_of_person;
use crate::notebook::Fact;
use polymath_quantity::{UnitKind, read};

/// Words of look-ups that ask for a day or a year.
pub const YEAR: &[&str] =
    &["when", "year", "date", "jahr", "datum", "année", "date", "año", "fecha", "founded", "opened"];
/// Phrases of other languages that do.
const SINCE: &[&str] = &[
    "哪年",
    "哪一年",
    "年份",
    "since when",
    "eit wann",
    "epuis quand",
    "esde cuándo",
    "n welchem Jahr",
    "qué año",
    "quelle année",
];
/// Words of look-ups that ask for a number.
pub const NUMBER: &[&str] = &[
    "number",
    "many",
    "population",
    "inhabitants",
    "high",
    "tall",
    "long",
    "deep",
    "wide",
    "heavy",
    "hoch",
    "lang",
    "tief",
    "height",
    "length",
    "width",
    "depth",
    "area",
    "weight",
    "capacity",
    "cost",
    "price",
    "output",
    "turnover",
    "revenue",
    "age",
    "anzahl",
    "nombre",
    "número",
];

/// Whether a value can be what is wanted: a year has a date in it, a number of things a number, and
/// neither is money unless money is asked for.
pub fn is_of_kind(what: &str, fact: &Fact) -> bool {
    if is_of_person(what) {
        return fact.number.is_none() && fact.date.is_none();
    }
    if dimension::is_of_another(what, &fact.text) {
        return false;
    }
    let words: Vec<String> = what.to_lowercase().split(|c: char| !c.is_alphanumeric()).map(str::to_owned).collect();
    let says = |known: &[&str]| words.iter().any(|w| known.contains(&w.as_str()));
    let chinese = |known: &[&str]| known.iter().any(|k| what.contains(k));
    let (year, number) = (says(YEAR) || chinese(SINCE), says(NUMBER) || chinese(&["多少", "人数"]));
    // "In the year 2019" asks for no year.
    let year = year && years(what).is_empty();
    // A turnover is in no hectolitres.
    const MONEY: &[&str] =
        &["turnover", "revenue", "price", "cost", "budget", "salary", "profit", "umsatz", "preis", "kosten"];
    // A height is in metres: a bare year is none.
    const PHYSICAL: &[&str] = &[
        "high",
        "tall",
        "height",
        "long",
        "length",
        "deep",
        "depth",
        "wide",
        "width",
        "heavy",
        "weight",
        "area",
        "hoch",
        "höhe",
        "lang",
        "länge",
        "tief",
        "tiefe",
        "haut",
        "hauteur",
        "longueur",
        "profondeur",
        "altura",
        "longitud",
    ];
    if says(PHYSICAL) && fact.date.is_some() {
        return false;
    }
    let measured = read(&fact.text).unit.is_some_and(|unit| unit.kind == UnitKind::Measure && !unit.name.contains('/'));
    if says(MONEY) && measured {
        return false;
    }
    // An age is a number of years.
    let old = what.to_lowercase().starts_with("how old") || what.to_lowercase().starts_with("wie alt");
    if old && (fact.is_money() || fact.date.is_some() || measured) {
        return false;
    }
    const PERCENT: &[&str] = &["percent", "percentage", "prozent", "pourcentage", "porcentaje"];
    if says(PERCENT) && (fact.is_money() || measured) {
        return false;
    }
    // "Who founded", "where was it founded": what follows tells no kind.
    let first = words.iter().find(|w| !w.is_empty()).map(String::as_str);
    match (year, number) {
        _ if first.is_some_and(|w| ["who", "wer", "qui", "quién"].contains(&w)) => {
            fact.number.is_none() && fact.date.is_none()
        }
        _ if first.is_some_and(|w| ["where", "wo", "où", "dónde"].contains(&w)) => fact.date.is_none(),
        (true, false) => fact.date.is_some(),
        (false, true) => {
            let costs = says(&["cost", "price", "turnover", "revenue", "budget", "output", "value"]);
            fact.number.is_some() && fact.date.as_deref().is_none_or(|d| d.len() == 4) && (costs || !fact.is_money())
        }
        _ => true,
    }
}
