//! What a collected table is to look like.

use polymath_chat::Cell;
use polymath_quantity::{Column as Units, is_blank, read};
use serde::Deserialize;
use std::collections::HashSet;

/// What a column holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    Text,
    Number,
    Date,
}

impl Kind {
    /// What a page's column holds: dates and numbers are none the less so for having been taken for text.
    pub fn settled<'a>(self, cells: impl Iterator<Item = &'a Cell>) -> Kind {
        let there = cells.filter_map(|c| Some((c, c.text.as_deref().filter(|t| !is_blank(t))?)));
        let values: Vec<_> = there
            .map(|(cell, text)| {
                let (number, date) = read(text).values();
                // Its page may write numbers otherwise: 268,4.
                (number.or(cell.number), date)
            })
            .collect();
        let dated = !values.is_empty() && values.iter().all(|(_, date)| date.is_some());
        let numbered = !values.is_empty() && values.iter().all(|(number, _)| number.is_some());
        match self {
            // Four digits may be a year or a number: there the column's kind stands.
            Kind::Number if dated && values.iter().any(|(n, _)| n.is_none()) => Kind::Date,
            Kind::Text if dated => Kind::Date,
            Kind::Text if numbered => Kind::Number,
            own => own,
        }
    }

    /// A page's cell as a reader of our table needs it: with what its header said of it.
    pub fn read(self, cell: &Cell, header: &str) -> Cell {
        let Some(text) = cell.text.as_deref().filter(|t| !is_blank(t)) else { return Cell::missing() };
        let units = Units::of(header);
        let (number, date) = units.read(text).values();
        // A page's cell was read in its page's style already.
        let number = cell.number.or(number);
        let mut out = cell.clone();
        match self {
            Kind::Text => (out.number, out.date) = (None, None),
            Kind::Date => (out.number, out.date) = (None, date),
            Kind::Number => {
                (out.number, out.date) = (number, None);
                out.text = units.restate(text).map(Into::into).or(out.text);
            }
        }
        out
    }
}

/// A column that is wanted.
#[derive(Debug, Clone, Deserialize)]
pub struct Column {
    pub name: String,
    pub kind: Kind,
}

/// What the table is to hold.
#[derive(Debug, Clone, Deserialize)]
pub struct Shape {
    /// Whom or what the question is about, in its own words.
    pub subject: String,
    pub columns: Vec<Column>,
}

/// A row as it is put together.
pub type Row = Vec<Cell>;

/// Whether no two rows have the same first cell.
pub fn are_distinct(rows: &[Row]) -> bool {
    let mut seen = HashSet::new();
    rows.iter().all(|row| row.first().is_some_and(|c| c.text.is_some() && seen.insert(c.display().to_lowercase())))
}

#[cfg(test)]
mod tests {
    use super::*;
    use polymath_chat::Provenance;

    #[track_caller]
    fn check(text: &str, header: &str, want: &str, number: Option<f64>) {
        let got = Kind::Number.read(&Cell::new(text, Provenance::Given), header);
        assert_eq!((got.display(), got.number), (want, number), "{text} under {header}");
    }

    #[test]
    fn a_columns_cells_say_what_it_holds() {
        let settled = |kind: Kind, texts: &[&str]| {
            let cells: Vec<Cell> = texts.iter().map(|t| Cell::new(*t, Provenance::Given)).collect();
            kind.settled(cells.iter())
        };
        assert_eq!(settled(Kind::Text, &["1931", "June 1958", "2004-09"]), Kind::Date);
        assert_eq!(settled(Kind::Number, &["1931", "June 1958"]), Kind::Date);
        assert_eq!(settled(Kind::Text, &["412 m", "—", "1,268 m"]), Kind::Number);
        assert_eq!(settled(Kind::Text, &["North Span", "1931"]), Kind::Text);
        assert_eq!(settled(Kind::Number, &["1268", "1931"]), Kind::Number);
        let cell = Cell { number: Some(268.4), ..Cell::new("268,4", Provenance::Given) };
        assert_eq!(Kind::Text.settled([&cell].into_iter()), Kind::Number);
    }

    #[test]
    fn header_units_reach_the_cells() {
        check("4.5", "Amount raised (USD m)", "$4.5 million", Some(4.5e6));
        check("> 1,000", "Valuation (USD m)", "> $1 billion", Some(1e9));
        check("$325M", "Amount", "$325M", Some(325e6));
        check("12", "Length in km", "12 km", Some(12.0));
        check("1,268", "Length (m)", "1,268 m", Some(1268.0));
        check("7", "Group B", "7", Some(7.0));
        check("—", "Valuation", "n/a", None);
    }
}
