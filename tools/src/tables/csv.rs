//! A table as CSV (RFC 4180): plain numbers, ISO dates, texts; behind each column whose values have an origin,
//! one that tells it.

use super::origin::{is_told, told};
use super::types::{Value, column_types, value};
use polymath_chat::Table;
use polymath_quantity::Column;

/// What a spreadsheet would take for a formula is made a text by an apostrophe (OWASP, CSV Injection).
const FORMULA: [char; 6] = ['=', '+', '-', '@', '\t', '\r'];

pub fn csv(table: &Table) -> Vec<u8> {
    let types = column_types(table);
    let headers: Vec<Column> = table.columns.iter().map(|name| Column::of(name)).collect();
    let has_origin = |at: usize| table.rows.iter().any(|row| row.get(at).is_some_and(is_told));
    let origins: Vec<bool> = (0..table.columns.len()).map(has_origin).collect();
    let mut file = csv::Writer::from_writer(Vec::new());
    let head = table.columns.iter().zip(&origins).flat_map(|(name, origin)| {
        let second = origin.then(|| format!("{name} (origin)"));
        std::iter::once(safe(name)).chain(second)
    });
    // Writing into memory never fails.
    let _ = file.write_record(head);
    for row in &table.rows {
        let mut record = Vec::new();
        for (at, cell) in row.iter().enumerate() {
            record.push(match value(cell, &types[at].kind, &headers[at]).0 {
                Value::Missing => String::new(),
                Value::Number(number) => number.to_string(),
                Value::Boolean(value) => value.to_string(),
                Value::Date(date) => date,
                Value::Text(text) => safe(&text),
            });
            if origins[at] {
                record.push(if is_told(cell) { safe(&told(cell)) } else { String::new() });
            }
        }
        let _ = file.write_record(record);
    }
    file.into_inner().unwrap_or_default()
}

fn safe(text: &str) -> String {
    if text.starts_with(FORMULA) { format!("'{text}") } else { text.to_owned() }
}
