//! Tables of numbers that stand in the request itself.

use crate::evidence::clip;
use polymath_chat::{Cell, Provenance, Table};
use polymath_quantity::Column;

/// A table of what the user gave; `None` when it is none.
pub fn table(title: &str, columns: Vec<String>, rows: Vec<Vec<String>>) -> Option<Table> {
    let cell = |(i, text): (usize, &String)| {
        let (number, date) = Column::of(&columns[i]).read(text).values();
        Cell { number, date, ..Cell::new(text.as_str(), Provenance::Given) }
    };
    let rows: Vec<Vec<Cell>> = rows
        .iter()
        .filter(|r| r.len() == columns.len())
        .map(|row| row.iter().enumerate().map(cell).collect())
        .collect();
    (columns.len() > 1 && !rows.is_empty()).then(|| Table { title: title.to_owned(), columns, rows })
}

/// What such a table is called: how the request begins.
pub fn title(request: &str) -> String {
    clip(request.lines().next().unwrap_or_default().split(':').next().unwrap_or_default(), 60)
}
