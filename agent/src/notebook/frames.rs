//! Tables as a Python program sees them, and back.

use crate::figures::human;
use polymath_chat::{Cell, Provenance, Table};

/// The conversation's tables as variables of the interpreter: the latest is `df`, the one before
/// `df2`, and so on; three at most.
pub fn frames(tables: &[Table]) -> Vec<(String, Table)> {
    let name = |i: usize| if i == 0 { "df".to_owned() } else { format!("df{}", i + 1) };
    tables.iter().rev().take(3).enumerate().map(|(i, table)| (name(i), table.clone())).collect()
}

/// What a program's author has to know of a table: its columns with their types, and its rows.
pub fn describe(table: &Table) -> String {
    let kinds: Vec<String> =
        (0..table.columns.len()).map(|i| format!("{} ({})", table.columns[i], kind(table, i))).collect();
    let rows: Vec<String> =
        table.rows.iter().take(8).map(|row| row.iter().map(value).collect::<Vec<_>>().join(" | ")).collect();
    format!("columns: {}\n{}", kinds.join(", "), rows.join("\n"))
}

fn kind(table: &Table, column: usize) -> &'static str {
    let mut cells = table.rows.iter().filter_map(|row| row.get(column)).filter(|c| c.text.is_some()).peekable();
    if cells.peek().is_none() {
        return "empty";
    }
    let cells: Vec<&Cell> = cells.collect();
    if cells.iter().all(|c| c.number.is_some()) {
        "float"
    } else if cells.iter().all(|c| c.date.is_some()) {
        "datetime"
    } else {
        "text"
    }
}

fn value(cell: &Cell) -> String {
    match (cell.number, &cell.date, &cell.text) {
        (Some(number), _, _) => format!("{number}"),
        (_, Some(date), _) => date.clone(),
        (_, _, Some(text)) => text.clone(),
        _ => "NaN".to_owned(),
    }
}

/// `new` (as a program left it) with the provenance of the cells that it took over from `old`:
/// what it filled in was imputed, what it added was computed.
pub fn inherit(old: &Table, new: Table) -> Table {
    let columns: Vec<Option<usize>> = new.columns.iter().map(|c| old.columns.iter().position(|o| o == c)).collect();
    let rows = new.rows.into_iter().zip(&old.rows).map(|(row, old_row)| {
        let cells = row.into_iter().enumerate().map(|(i, cell)| match columns.get(i).copied().flatten() {
            Some(at) if old_row[at].text.is_none() && cell.text.is_some() => imputed(cell, old, at),
            Some(at) if old_row[at].number == cell.number => old_row[at].clone(),
            _ => cell,
        });
        cells.collect()
    });
    Table { title: old.title.clone(), rows: rows.collect(), columns: new.columns }
}

/// An estimate, shown to three digits and in the way of its column's other cells.
fn imputed(cell: Cell, table: &Table, column: usize) -> Cell {
    let provenance = Provenance::Imputed { how: "python: filled in for a value that was not found".into() };
    let Some(number) = cell.number.filter(|n| *n != 0.0) else { return Cell { provenance, ..cell } };
    let digits = 10f64.powf(2.0 - number.abs().log10().floor());
    let currency = table.rows.iter().find_map(|row| row[column].text.as_deref()?.chars().find(|c| "$€£¥".contains(*c)));
    let text = format!("{}{}", currency.map_or(String::new(), String::from), human((number * digits).round() / digits));
    Cell { text: Some(text), provenance, ..cell }
}
