//! What a reader of a format hands on: rows of cells as the file has them, not yet a table.
//!
//! What a cell means is not decided here: whether `1.234` is about one or about a thousand can only be
//! said of a whole column.

use compact_str::CompactString;
use serde::{Deserialize, Serialize};

/// Largest table that becomes one of a conversation's, in rows.
pub const ROWS: usize = 2_000_000;
/// The same in cells: each takes 72 bytes with its text, its value and its origin, and half as much on the way.
pub const CELLS: usize = 10_000_000;
/// Largest file that is read for a table, in bytes.
pub const BYTES: u64 = 256 << 20;
/// Rows below the header's in which notes on the file may stand above the table.
pub const SLACK: usize = 100;

/// One cell as the file has it; empty if there is nothing in it.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Raw {
    pub text: CompactString,
    /// Written by the format itself (a number of a Parquet file, a date of a workbook) with a decimal
    /// point or as an ISO date: not subject to how people write.
    pub exact: bool,
}

impl Raw {
    /// As somebody wrote it.
    pub fn written(text: &str) -> Raw {
        Raw { text: text.trim().into(), exact: false }
    }

    pub fn exact(text: impl Into<CompactString>) -> Raw {
        Raw { text: text.into(), exact: true }
    }

    pub fn is_empty(&self) -> bool {
        self.text.is_empty()
    }
}

/// A row, and its line or row number in the file, from 1.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Row {
    pub line: usize,
    pub cells: Vec<Raw>,
}

impl Row {
    /// Cells that have something in them.
    pub fn filled(&self) -> usize {
        self.cells.iter().filter(|c| !c.is_empty()).count()
    }

    /// Cells up to the last one that has something in it.
    pub fn width(&self) -> usize {
        self.cells.iter().rposition(|c| !c.is_empty()).map_or(0, |at| at + 1)
    }
}

/// All of a file's rows.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Grid {
    /// Names of the columns, where the format has them apart from the rows.
    pub header: Option<Vec<String>>,
    pub rows: Vec<Row>,
    /// What stands between the cells of a text. Semicolons do where commas are decimal.
    pub separator: Option<u8>,
    /// What the user should know about the reading so far.
    pub notices: Vec<String>,
}

/// What was found in a file: a grid, or nothing that is meant as a table (`None`).
///
/// The error says why what should be a table is none, and what to do, without the file's name.
pub type Found = Result<Option<Grid>, String>;

/// Why a table of so many rows and cells is not taken.
pub fn too_large() -> String {
    format!("it has more than {} rows or {} cells", thousands(ROWS as u64), thousands(CELLS as u64))
}

/// With commas before every third digit.
pub fn thousands(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// A number as text that reads back as it, with an exponent where there would be many zeros.
pub fn number_text(number: f64) -> String {
    let size = number.abs();
    if size != 0.0 && !(1e-7..1e16).contains(&size) { format!("{number:e}") } else { number.to_string() }
}
