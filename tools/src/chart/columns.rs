//! Columns of a table by the names that a model gives them, and what they are in.

use super::ticks::Style;
use polymath_chat::Table;
use polymath_quantity::text::{is_cjk, terms};
use polymath_quantity::{Column, Unit, UnitKind, read};
use std::collections::HashSet;

/// The column of `table` that is meant by `name`: the one of that name, or the one that shares most words
/// with it. `numeric`: it has to hold numbers.
pub fn column(table: &Table, name: &str, numeric: bool) -> Option<String> {
    let fits = |i: &usize| !numeric || has_numbers(table, *i);
    let all: Vec<usize> = (0..table.columns.len()).collect();
    let exact = all.iter().find(|i| table.columns[**i].eq_ignore_ascii_case(name)).filter(|i| fits(i));
    let wanted: HashSet<String> = terms(name).into_iter().collect();
    let shared = |i: &usize| {
        let words: HashSet<String> = terms(&table.columns[*i]).into_iter().collect();
        words.intersection(&wanted).count()
    };
    // Of columns that share as many words, the first.
    let near = all.iter().rev().filter(|i| fits(i) && shared(i) > 0).max_by_key(|i| shared(i));
    exact.or(near).map(|i| table.columns[*i].clone())
}

/// Whether a column holds numbers.
pub fn has_numbers(table: &Table, column: usize) -> bool {
    table.rows.iter().any(|row| row.get(column).is_some_and(|cell| cell.number.is_some()))
}

/// Place of a column that is there.
pub fn place(table: &Table, column: &str) -> Option<usize> {
    table.columns.iter().position(|c| c == column)
}

/// How a column is written on an axis.
pub struct Labelled {
    /// Its name with the unit of its cells, where its name does not say it.
    pub label: String,
    /// What its numbers are multiplied by: per cent are fractions in cells.
    pub factor: f64,
    pub style: Style,
}

/// The signs that numbers of a unit have on an axis.
fn style(unit: Option<&Unit>, factor: f64, column: &str) -> Style {
    let signs =
        [("USD", "$"), ("EUR", "€"), ("GBP", "£"), ("CNY", "¥"), ("JPY", "¥"), ("¥", "¥"), ("INR", "₹"), ("KRW", "₩")];
    let before = unit.filter(|u| u.kind == UnitKind::Money).and_then(|u| signs.iter().find(|(name, _)| u.is(name)));
    let per_cent = unit.is_some_and(|u| u.kind == UnitKind::Share && u.is("%")) && factor == 100.0;
    Style {
        before: before.map_or(String::new(), |(_, sign)| (*sign).to_owned()),
        after: if per_cent { "%".to_owned() } else { String::new() },
        myriads: column.chars().any(is_cjk),
        bare: false,
    }
}

/// The longest unit that is written behind each number.
const LONGEST_UNIT: usize = 4;

/// How a column is written on an axis, from its name and its cells.
pub fn labelled(table: &Table, column: &str) -> Labelled {
    let plain = || Labelled { label: column.to_owned(), factor: 1.0, style: Style::default() };
    let Some(at) = place(table, column) else { return plain() };
    let header = Column::of(column);
    let cells = || table.rows.iter().filter_map(|row| row.get(at)).filter(|cell| cell.number.is_some());
    let mut units = cells().filter_map(|cell| cell.text.as_deref()).map(|text| read(text).unit);
    let first = units.next().flatten();
    let own = first.filter(|first| units.all(|unit| unit.as_ref() == Some(first)));
    let per = match own.as_ref().or(header.unit.as_ref()) {
        Some(unit) if unit.kind == UnitKind::Share && unit.is("%") => 100.0,
        Some(unit) if unit.kind == UnitKind::Share => 1000.0,
        _ => 1.0,
    };
    // A program or a query may have made per cent of it already: its cell is then no fraction of what is written.
    let as_written = |cell: &polymath_chat::Cell| {
        let reading = header.read(cell.text.as_deref().unwrap_or_default());
        reading.number.zip(cell.number).is_some_and(|(a, b)| (a - b).abs() <= 1e-9 * b.abs())
    };
    let factor = if per == 1.0 || !cells().all(as_written) { 1.0 } else { per };
    let mut style = style(own.as_ref().or(header.unit.as_ref()), factor, column);
    style.bare = own.is_none() && header.unit.is_none() && are_years(cells());
    let label = match own {
        Some(unit) if header.unit.is_none() && !column.contains(&*unit.name) => {
            let short = unit.kind == UnitKind::Measure && unit.name.chars().count() <= LONGEST_UNIT;
            if short && !style.myriads {
                style.after = format!(" {}", unit.name);
                column.to_owned()
            } else {
                format!("{column} ({})", unit.name)
            }
        }
        _ => column.to_owned(),
    };
    Labelled { label, factor, style }
}

/// Whether numbers are years: four digits each, as years are written.
fn are_years<'a>(cells: impl Iterator<Item = &'a polymath_chat::Cell>) -> bool {
    let mut some = false;
    let mut year = |cell: &polymath_chat::Cell| {
        some = true;
        cell.number.is_some_and(|n| n.fract() == 0.0 && (1500.0..2200.0).contains(&n))
            && cell.text.as_deref().is_some_and(|text| text.trim().len() == 4)
    };
    let mut cells = cells;
    cells.all(&mut year) && some
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::super::testing::table;
    use super::*;

    #[test]
    fn columns_are_found_by_their_words() {
        let t = table("Station | Output (GWh) | Turbines\nA | 412.5 | 3");
        let find = |name: &str, numeric| column(&t, name, numeric);
        assert_eq!(find("station", false).as_deref(), Some("Station"));
        assert_eq!(find("yearly output", true).as_deref(), Some("Output (GWh)"));
        assert_eq!(find("turbine", true).as_deref(), Some("Turbines"));
        assert_eq!(find("Station", true), None);
        assert_eq!(find("height", false), None);
    }

    #[test]
    fn units_stand_in_labels() {
        let check = |text: &str, column: &str, want: (&str, f64)| {
            let got = labelled(&table(text), column);
            assert_eq!((got.label.as_str(), got.factor), want, "{text}");
        };
        check("Day | Price\n2020 | $3.5 billion\n2021 | $4 million", "Price", ("Price (USD)", 1.0));
        check("Day | Price\n2020 | $3\n2021 | €4", "Price", ("Price", 1.0));
        check("Dam | Height (m)\nA | 58", "Height (m)", ("Height (m)", 1.0));
        check("Dam | Height\nA | 58 m", "Height", ("Height", 1.0));
        check("Dam | Age\nA | 58 years", "Age", ("Age (year)", 1.0));
        check("Town | Share\nA | 17.5%", "Share", ("Share (%)", 100.0));
        check("Town | Share (%)\nA | 17.5", "Share (%)", ("Share (%)", 100.0));
    }

    #[test]
    fn numbers_have_the_signs_of_their_units() {
        let check = |text: &str, column: &str, want: [&str; 2], myriads| {
            let got = labelled(&table(text), column).style;
            assert_eq!(([got.before.as_str(), got.after.as_str()], got.myriads), (want, myriads), "{text}");
        };
        check("Day | Price\n2020 | $3.5 billion", "Price", ["$", ""], false);
        check("Town | Share\nA | 17.5%", "Share", ["", "%"], false);
        check("Dam | Height\nA | 58 m", "Height", ["", " m"], false);
        check("Dam | Height (m)\nA | 58", "Height (m)", ["", ""], false);
        check("年份 | 产量\n2020 | 350000000", "产量", ["", ""], true);
    }

    #[test]
    fn per_cent_that_were_worked_out_are_left_as_they_are() {
        let mut t = table("Town | percent\nA | 17.5");
        t.rows[0][1].number = Some(17.5);
        let got = labelled(&t, "percent");
        assert_eq!((got.label.as_str(), got.factor, got.style), ("percent", 1.0, Style::default()));
    }
}
