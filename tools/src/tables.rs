//! Tables for people and for other programs: what a column's cells are, and a table as a file.
//!
//! A table keeps what its cells were written as; what they are together is worked out here whenever it is asked
//! for, by the reader of quantities that read them. Files carry where each value comes from: a workbook on a second
//! sheet, Markdown in footnotes, CSV in columns of their own, JSON beside each value.

mod csv;
mod json;
mod markdown;
mod origin;
mod types;
mod xlsx;

pub use types::{Range, Value, column_types, value};

use crate::files::write_new;
use polymath_chat::{Artifact, Table};
use std::path::Path;

/// A kind of file that a table can be written as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    Csv,
    Json,
    Markdown,
    Xlsx,
}

impl Format {
    /// All of them.
    pub const ALL: [Format; 4] = [Format::Csv, Format::Json, Format::Markdown, Format::Xlsx];

    /// How files of it end.
    pub fn extension(self) -> &'static str {
        match self {
            Format::Csv => "csv",
            Format::Json => "json",
            Format::Markdown => "md",
            Format::Xlsx => "xlsx",
        }
    }

    /// The format of a file of this name.
    ///
    /// # Errors
    /// Its name ends otherwise than those that can be written; says which these are.
    pub fn of(path: &Path) -> Result<Format, String> {
        let end = path.extension().map(|end| end.to_string_lossy().to_lowercase()).unwrap_or_default();
        let end = if end == "markdown" { "md" } else { &*end };
        let known = Format::ALL.into_iter().find(|format| format.extension() == end);
        known.ok_or_else(|| {
            let ends = Format::ALL.map(|format| format!(".{}", format.extension()));
            format!("{} is no table's file; its name has to end in {}", path.display(), ends.join(", "))
        })
    }
}

/// Tables as a file of this format, each with its name (`t1`). CSV has one table; of several, the first.
///
/// # Errors
/// A workbook holds 1,048,576 rows a sheet; says which table has more. CSV and JSON never fail.
pub fn bytes(tables: &[(String, &Table)], format: Format) -> Result<Vec<u8>, String> {
    match format {
        Format::Csv => Ok(tables.first().map(|(_, table)| csv::csv(table)).unwrap_or_default()),
        Format::Json => Ok(json::json(tables)),
        Format::Markdown => Ok(markdown::markdown(tables).into_bytes()),
        Format::Xlsx => xlsx::xlsx(tables),
    }
}

/// Writes tables into a folder as a file of this name without its end; an older one is left alone and this one
/// numbered.
///
/// # Errors
/// Says what cannot be written, and where.
pub fn save(folder: &Path, name: &str, tables: &[(String, &Table)], format: Format) -> Result<Artifact, String> {
    let bytes = bytes(tables, format)?;
    let failed = |e: std::io::Error| format!("the table can't be saved in {}: {e}", folder.display());
    std::fs::create_dir_all(folder).map_err(failed)?;
    write_new(folder, name, format.extension(), &bytes).map_err(failed)
}

#[cfg(test)]
mod tests;
