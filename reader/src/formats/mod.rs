//! One file a format, over the crate that knows it. These run in the program; in another process only
//! tests and fuzzers call them.

mod book;
mod columns;
mod office;
mod parquet;
mod pdf;
mod tables;

use crate::wire::{Contents, Format, Reply};

/// Reads a file of that format.
///
/// # Errors
/// Why it can't be read, in words. Some damage panics, aborts, or takes all memory.
pub fn read(format: Format, bytes: Vec<u8>) -> Reply {
    match format {
        Format::Pdf => pdf::read(&bytes).map(Contents::Document),
        Format::Docx => office::docx(&bytes).map(Contents::Prose),
        Format::Epub => office::epub(&bytes).map(Contents::Prose),
        Format::Parquet => parquet::read(bytes).map(Contents::Grid),
        Format::Xlsx | Format::Xlsb | Format::Xls | Format::Ods => book::read(&bytes, format).map(Contents::Grid),
    }
}
