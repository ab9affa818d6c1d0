//! Tables with a row for each property and a column for each thing, as data sheets have them.

use super::shape::Shape;
use crate::evidence::terms;
use polymath_chat::{Cell, Provenance, Table};
use polymath_quantity::read;
use std::collections::HashSet;

/// A table with a row for each thing: one whose rows are called like the columns that are wanted, and whose columns are not, is
/// turned.
pub fn upright(table: Table, shape: &Shape) -> Table {
    let stems = |text: &str| -> HashSet<String> { terms(text).into_iter().collect() };
    let wanted: Vec<HashSet<String>> = shape.columns.iter().map(|column| stems(&column.name)).collect();
    let called = |text: &str| {
        let own = stems(text);
        !own.is_empty() && wanted.iter().any(|stems| *stems == own || own.len() > 1 && stems.is_superset(&own))
    };
    let Some(first) = table.columns.first() else { return table };
    let heads: Vec<&str> = table.rows.iter().filter_map(|row| row.first()?.text.as_deref()).collect();
    let names = heads.len() == table.rows.len() && heads.iter().all(|head| read(head).values() == (None, None));
    let turned = names && heads.iter().any(|head| called(head)) && !table.columns.iter().any(|column| called(column));
    if !turned || table.columns.len() < 3 {
        return table;
    }
    let columns = [first.clone()].into_iter().chain(heads.iter().map(|head| (*head).to_owned())).collect();
    let rows = (1..table.columns.len()).map(|at| {
        let cells: Vec<Cell> =
            table.rows.iter().map(|row| row.get(at).cloned().unwrap_or_else(Cell::missing)).collect();
        let from = table.rows.iter().find_map(|row| row.get(at)).map_or(Provenance::Given, |c| (*c.provenance).clone());
        [Cell::new(table.columns[at].as_str(), from)].into_iter().chain(cells).collect()
    });
    Table { columns, rows: rows.collect(), title: table.title.clone() }
}

#[cfg(test)]
mod tests {
    use super::super::shape::{Column, Kind};
    use super::*;

    #[test]
    fn a_data_sheet_has_a_row_for_each_thing() {
        let table = |columns: &[&str], rows: &[&[&str]]| Table {
            title: "Data sheet".into(),
            columns: columns.iter().map(|c| (*c).to_owned()).collect(),
            rows: rows.iter().map(|r| r.iter().map(|t| Cell::new(*t, Provenance::Given)).collect()).collect(),
        };
        let column = |name: &str| Column { name: name.into(), kind: Kind::Number };
        let shape = |names: &[&str]| Shape { subject: "s".into(), columns: names.iter().map(|n| column(n)).collect() };
        let sheet = table(
            &["Property", "Ost 3", "Ost 3 Plus"],
            &[&["Range", "47 km", "63 km"], &["Charging time", "5.5 h", "7 h"]],
        );
        let want = table(
            &["Property", "Range", "Charging time"],
            &[&["Ost 3", "47 km", "5.5 h"], &["Ost 3 Plus", "63 km", "7 h"]],
        );
        assert_eq!(upright(sheet.clone(), &shape(&["Range", "Charging time"])), want);
        assert_eq!(upright(sheet.clone(), &shape(&["Name", "Weight"])), sheet);
        assert_eq!(upright(want.clone(), &shape(&["Range", "Charging time"])), want);
    }
}
