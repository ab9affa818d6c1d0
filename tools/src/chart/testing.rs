//! Tables for the tests.

use polymath_chat::{Cell, Chart, Provenance, Table};
use polymath_quantity::Column;

/// A table as text: a line a row, cells between ` | `, empty ones are missing, `~` before estimated ones.
pub fn table(text: &str) -> Table {
    let split = |line: &str| line.split('|').map(|cell| cell.trim().to_owned()).collect::<Vec<String>>();
    let mut lines = text.lines();
    let columns = split(lines.next().unwrap_or_default());
    let cell = |(i, text): (usize, &String)| {
        let provenance = match text.starts_with('~') {
            true => Provenance::Imputed { how: "a guess".into() },
            false => Provenance::Given,
        };
        let text = text.trim_start_matches('~');
        let (number, date) = Column::of(&columns[i]).read(text).values();
        if text.is_empty() { Cell::missing() } else { Cell { number, date, ..Cell::new(text, provenance) } }
    };
    let rows = lines.map(|line| split(line).iter().enumerate().map(cell).collect()).collect();
    Table { title: "data".into(), columns, rows }
}

pub fn chart(kind: &str, x: &str, y: &str) -> Chart {
    Chart { table: "t1".into(), kind: kind.into(), x: x.into(), y: y.into(), ..Chart::default() }
}
