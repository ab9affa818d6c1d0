//! Of a page's table, the rows of the kind that is wanted: the cow's milk cheeses, where a column says which milk.

use crate::evidence::terms;
use polymath_chat::Table;
use std::collections::HashSet;

/// Kinds that a column tells, at most.
const KINDS: usize = 12;

/// The table with those of its rows whose kind the subject names, where a column of kinds has it for some rows and not for
/// others.
pub fn of_the_kind(mut table: Table, subject: &str) -> Table {
    let wanted: HashSet<String> = terms(subject).into_iter().collect();
    let of_cell = |row: &[polymath_chat::Cell], at: usize| -> Vec<String> {
        let cell = row.get(at).filter(|cell| cell.number.is_none() && cell.date.is_none());
        cell.and_then(|cell| cell.text.as_deref()).map(terms).unwrap_or_default()
    };
    // The first column has the names of the things themselves.
    let told = (1..table.columns.len()).find_map(|at| {
        let kinds: HashSet<Vec<String>> =
            table.rows.iter().map(|row| of_cell(row, at)).filter(|kind| !kind.is_empty()).collect();
        let said: HashSet<Vec<String>> =
            kinds.iter().filter(|kind| kind.iter().all(|term| wanted.contains(term))).cloned().collect();
        let few = kinds.len() < table.rows.len() && kinds.len() <= KINDS;
        (few && !said.is_empty() && said.len() < kinds.len()).then_some((at, said))
    });
    if let Some((at, said)) = told {
        table.rows.retain(|row| said.contains(&of_cell(row, at)));
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;
    use polymath_chat::{Cell, Provenance};

    #[test]
    fn rows_are_of_the_kind_that_is_wanted() {
        let rows = [["Ost Blue", "cow", "9"], ["Vell", "goat", "4"], ["Brand", "cow", "7"], ["Chib", "sheep", "3"]];
        let row =
            |row: [&str; 3]| row.map(|text| Cell { number: text.parse().ok(), ..Cell::new(text, Provenance::Given) });
        let columns = ["Cheese", "Milk", "Months"].map(str::to_owned).to_vec();
        let table = Table { title: "cheeses".into(), columns, rows: rows.map(|own| row(own).to_vec()).to_vec() };
        let left = |subject: &str| -> Vec<String> {
            of_the_kind(table.clone(), subject).rows.iter().map(|row| row[0].display().to_owned()).collect()
        };
        assert_eq!(left("cow's milk cheeses of Ost"), ["Ost Blue", "Brand"]);
        assert_eq!(left("goat and sheep cheeses"), ["Vell", "Chib"]);
        assert_eq!(left("cheeses of the dairy").len(), 4);
    }
}
