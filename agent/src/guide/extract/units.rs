//! Units that a table's header gives once for a whole column: "Amount (USD m)", "in thousands".

use super::shape::Kind;
use crate::figures::human;
use polymath_chat::Cell;
use polymath_tools::read_value;

const SCALES: &[(&[&str], f64)] = &[
    (&["trillion", "trillions", "tn", "万亿"], 1e12),
    (&["billion", "billions", "bn", "b"], 1e9),
    (&["亿"], 1e8),
    (&["million", "millions", "m", "mn", "mln", "百万"], 1e6),
    (&["万"], 1e4),
    (&["thousand", "thousands", "k", "千"], 1e3),
];

const CURRENCIES: &[(&[&str], &str)] = &[
    (&["usd", "$", "us$", "dollars", "美元"], "$"),
    (&["eur", "€", "euro", "euros", "欧元"], "€"),
    (&["gbp", "£"], "£"),
    (&["cny", "rmb", "¥", "人民币", "元"], "¥"),
];

/// A cell as a reader of our table needs it: with what its header said of it.
pub fn with_header(cell: &Cell, header: &str, kind: Kind) -> Cell {
    let Some(text) = cell.text.as_deref().map(str::trim).filter(|t| !is_blank(t)) else { return Cell::missing() };
    let mut out = cell.clone();
    let bare = text.trim_start_matches(['>', '<', '~', '≈', '≥', '≤', '+', ' ']);
    let sign = text[..text.len() - bare.len()].trim();
    let (number, date) = read_value(bare);
    match kind {
        Kind::Text => (out.number, out.date) = (None, None),
        Kind::Date => (out.number, out.date) = (None, date),
        Kind::Number => {
            let words: Vec<String> = header
                .to_lowercase()
                .split(|c: char| c.is_whitespace() || "()[],/".contains(c))
                .filter(|w| !w.is_empty())
                .map(str::to_owned)
                .collect();
            let named = |names: &[&str]| words.iter().any(|w| names.contains(&w.as_str()));
            let currency = CURRENCIES.iter().find(|(names, _)| named(names)).map_or("", |(_, sign)| sign);
            // A letter is a scale beside money only: `Length (m)` is in metres, `Group B` is a name.
            let scale = SCALES.iter().find(|(names, _)| {
                words.iter().any(|w| {
                    names.contains(&w.as_str()) && (w.chars().count() > 2 || !currency.is_empty() || !w.is_ascii())
                })
            });
            let scale = scale.map(|(_, scale)| *scale);
            (out.number, out.date) = (number, None);
            let is_bare = bare.chars().all(|c| c.is_ascii_digit() || ",. ".contains(c));
            if let (Some(number), true) = (number, is_bare && (scale.is_some() || !currency.is_empty())) {
                let number = number * scale.unwrap_or(1.0);
                out.number = Some(number);
                let space = if sign.is_empty() { "" } else { " " };
                out.text = Some(format!("{sign}{space}{currency}{}", human(number)));
            }
        }
    }
    out
}

/// Dashes and the like stand for "no figure".
fn is_blank(text: &str) -> bool {
    text.is_empty()
        || text.chars().all(|c| "-–—−?.…*".contains(c))
        || ["n/a", "na", "none", "unknown", "undisclosed", "not disclosed", "nil", "无", "未披露"]
            .contains(&text.to_lowercase().as_str())
}

#[cfg(test)]
mod tests {
    use super::*;
    use polymath_chat::Provenance;

    #[track_caller]
    fn check(text: &str, header: &str, want: &str, number: Option<f64>) {
        let got = with_header(&Cell::new(text, Provenance::Given), header, Kind::Number);
        assert_eq!((got.display(), got.number), (want, number), "{text} under {header}");
    }

    #[test]
    fn header_units_reach_the_cells() {
        check("4.5", "Amount raised (USD m)", "$4.5 million", Some(4.5e6));
        check("> 1,000", "Valuation (USD m)", "> $1 billion", Some(1e9));
        check("$325M", "Amount", "$325M", Some(325e6));
        check("12", "Length in km", "12", Some(12.0));
        check("1,268", "Length (m)", "1,268", Some(1268.0));
        check("7", "Group B", "7", Some(7.0));
        check("—", "Valuation", "n/a", None);
    }
}
