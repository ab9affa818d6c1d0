//! Tables out of files that the tests write: what becomes of them, and what is told.
#![allow(clippy::unwrap_used)]

mod books;
mod columns;
mod files;
mod layouts;
mod records;
mod texts;

use polymath_chat::{Cell, Table};
use polymath_tools::load::{Loaded, load};
use std::fs;

fn of_bytes(name: &str, bytes: &[u8]) -> Loaded {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(name);
    fs::write(&path, bytes).unwrap();
    load(&path).unwrap()
}

/// A cell as its number, its date behind an `@`, its text if it is neither, or `·`.
fn shown(cell: &Cell) -> String {
    match (cell.number, &cell.date, &cell.text) {
        (Some(number), Some(date), _) => format!("{number}@{date}"),
        (Some(number), None, _) => format!("{number}"),
        (None, Some(date), _) => format!("@{date}"),
        (None, None, Some(text)) => text.to_string(),
        (None, None, None) => "·".to_owned(),
    }
}

fn drawn(table: &Table) -> String {
    let line = |cells: Vec<String>| cells.join(" | ");
    let rows = table.rows.iter().map(|row| line(row.iter().map(shown).collect()));
    std::iter::once(line(table.columns.clone())).chain(rows).collect::<Vec<_>>().join("\n")
}

/// What a file of this name and content becomes (`want`, as [`drawn`]; empty for no table), and a part
/// of every notice.
#[track_caller]
fn check(name: &str, bytes: impl AsRef<[u8]>, want: &str, told: &[&str]) {
    let loaded = of_bytes(name, bytes.as_ref());
    assert_eq!(loaded.table.as_ref().map_or(String::new(), drawn), want, "{:?}", loaded.notices);
    if let Some(table) = &loaded.table {
        assert_eq!(table.title, name);
        assert!(table.rows.iter().all(|row| row.len() == table.columns.len()));
    }
    assert_eq!(loaded.notices.len(), told.len(), "{:?}", loaded.notices);
    for (notice, part) in loaded.notices.iter().zip(told) {
        assert!(notice.contains(part) && notice.starts_with(name), "{notice:?} without {part:?}");
        assert!(!notice.contains('\n') && notice.chars().count() <= 400, "{notice:?} is no line");
    }
}
