//! Files that the user gives to a conversation: programs find them, read-only, in their working
//! directory, and models are told what is in them. A table of moderate size is a typed table of the
//! conversation from the start, so that no model has to write the code that loads it.

use super::Chat;
use crate::evidence::clip;
use anyhow::{Context, bail};
use polymath_chat::{Cell, Provenance, Table};
use polymath_tools::read_cell;
use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};

/// Largest table that becomes one of the conversation's.
const ROWS: usize = 2_000;
const BYTES: u64 = 2 << 20;
/// What a model reads of a file that is text.
const LINES: usize = 4;
const LINE: usize = 160;

impl Chat {
    /// Takes in a file that was not given before.
    ///
    /// # Errors
    /// It cannot be read, is no regular file, or has the name of another one.
    pub fn give(&mut self, path: &Path) -> anyhow::Result<()> {
        let cannot = || format!("cannot read the file {}", path.display());
        let full = path.canonicalize().with_context(cannot)?;
        // Under the name that the user wrote, though it may be a link.
        let path = match (full.parent(), path.file_name()) {
            (Some(folder), Some(name)) if folder.join(name).exists() => folder.join(name),
            _ => full.clone(),
        };
        if self.files.contains(&path) {
            return Ok(());
        }
        let file = File::open(&full).with_context(cannot)?;
        if !file.metadata().with_context(cannot)?.is_file() {
            bail!("{} is not a file; folders can be searched: --search local:FOLDER", path.display());
        }
        let name = name_of(&path);
        if name.starts_with('.') || self.files.iter().any(|other| name_of(other) == name) {
            bail!("a program cannot have two files named {name}, nor one whose name begins with a dot: rename it");
        }
        if let Some(table) = table(&full, &name) {
            self.tables.push(table);
        }
        self.files.push(path);
        Ok(())
    }
}

fn name_of(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

/// The file as a table, if it is one and not too large.
fn table(path: &Path, name: &str) -> Option<Table> {
    let extension = path.extension()?.to_str()?.to_lowercase();
    if !["csv", "tsv"].contains(&extension.as_str()) || path.metadata().ok()?.len() > BYTES {
        return None;
    }
    let mut reader = csv::ReaderBuilder::new().delimiter(delimiter(path)?).flexible(false).from_path(path).ok()?;
    let header: Vec<String> =
        reader.headers().ok()?.iter().map(|c| c.trim_start_matches('\u{feff}').trim().to_owned()).collect();
    let cell = |(index, text): (usize, &str)| match text.trim() {
        "" => Cell::missing(),
        text => {
            let (number, date) = read_cell(text, &header[index]);
            Cell { number, date, ..Cell::new(text, Provenance::Given) }
        }
    };
    let mut rows: Vec<Vec<Cell>> = Vec::new();
    for record in reader.records() {
        rows.push(record.ok()?.iter().enumerate().map(cell).collect());
        if rows.len() > ROWS {
            return None;
        }
    }
    let columns = plain(&header);
    (columns.len() > 1 && !rows.is_empty()).then(|| Table { title: name.to_owned(), columns, rows })
}

/// Column names without the units in brackets behind them, where they stay apart: the cells' numbers
/// are in plain units, and small models leave the brackets out.
fn plain(header: &[String]) -> Vec<String> {
    let short = |name: &String| match name.find(['(', '[']) {
        Some(at) if at > 0 && name.ends_with([')', ']']) => name[..at].trim().to_owned(),
        _ => name.clone(),
    };
    let names: Vec<String> = header.iter().map(short).collect();
    let apart = names.iter().enumerate().all(|(i, name)| !name.is_empty() && !names[..i].contains(name));
    if apart { names } else { header.to_vec() }
}

/// The separator that the first line has most of.
fn delimiter(path: &Path) -> Option<u8> {
    let line = first_lines(path, 1).pop()?;
    [b',', b';', b'\t', b'|'].into_iter().max_by_key(|d| line.bytes().filter(|b| b == d).count())
}

/// Lines of a text file, each clipped; none of anything else.
fn first_lines(path: &Path, count: usize) -> Vec<String> {
    let Ok(file) = File::open(path) else { return Vec::new() };
    let mut reader = BufReader::new(file.take(1 << 16));
    let mut lines = Vec::new();
    let mut line = String::new();
    while lines.len() < count && matches!(reader.read_line(&mut line), Ok(n) if n > 0) {
        lines.push(clip(line.trim_end(), LINE));
        line.clear();
    }
    lines
}

/// What a model has to know of the files: names, sizes, first lines. Empty without files.
pub fn describe(files: &[PathBuf]) -> String {
    if files.is_empty() {
        return String::new();
    }
    let mut text = "Files of the user's, in the working directory of python:\n".to_owned();
    for path in files {
        let bytes = path.metadata().map_or(0, |m| m.len());
        text.push_str(&format!("- {} ({bytes} bytes)\n", name_of(path)));
        for line in first_lines(path, LINES) {
            text.push_str(&format!("    {line}\n"));
        }
    }
    text
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use std::fs;

    #[test]
    fn a_small_table_is_typed_and_any_file_is_described() {
        let folder = tempfile::tempdir().unwrap();
        let sales = folder.path().join("sales.csv");
        fs::write(&sales, "\u{feff}Month;Sales (USD m);Note\n2024-01;4.5;\"a; b\"\n2024-02;;c\n").unwrap();
        let picture = folder.path().join("p.bin");
        fs::write(&picture, [0xff, 0xfe, 0]).unwrap();
        let mut chat = Chat::new("c");
        chat.give(&sales).unwrap();
        chat.give(&picture).unwrap();
        chat.give(&sales).unwrap();
        assert_eq!((chat.files.len(), chat.tables.len()), (2, 1));
        let table = &chat.tables[0];
        assert_eq!(table.columns, ["Month", "Sales", "Note"]);
        assert_eq!((table.rows[0][1].number, table.rows[0][0].date.as_deref()), (Some(4.5e6), Some("2024-01")));
        assert_eq!(table.rows[1][1], Cell::missing());
        let told = describe(&chat.files);
        assert!(told.contains("- sales.csv (") && told.contains("\n    2024-01;4.5;") && told.contains("- p.bin (3"));
        assert_eq!(describe(&[]), "");
    }

    #[test]
    fn what_is_no_file_or_has_the_name_of_another_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("sub")).unwrap();
        let (one, two) = (folder.path().join("a.txt"), folder.path().join("sub/a.txt"));
        fs::write(&one, "1").unwrap();
        fs::write(&two, "2").unwrap();
        let mut chat = Chat::new("c");
        chat.give(&one).unwrap();
        assert!(chat.give(&two).unwrap_err().to_string().contains("two files named a.txt"));
        assert!(chat.give(&folder.path().join("sub")).unwrap_err().to_string().contains("not a file"));
        assert!(format!("{:#}", chat.give(&folder.path().join("none")).unwrap_err()).contains("cannot read"));
        assert_eq!(chat.files.len(), 1);
    }
}
