//! The tables of a conversation as files: for `--out`, and for `/tables`.

use anyhow::{Context, bail};
use polymath_chat::{Artifact, Table};
use polymath_tools::tables::{Format, bytes, save};
use std::path::Path;

/// Tables under the names by which programs and queries know them.
fn named(tables: &[Table]) -> Vec<(String, &Table)> {
    tables.iter().enumerate().map(|(i, table)| (format!("t{}", i + 1), table)).collect()
}

/// Rows of a table that goes into the workbook unasked. A longer one is a file of the user's, who has it already, and
/// a workbook of it would take longer than the answer.
const ROWS: usize = 50_000;

/// All tables as one workbook in a folder that was asked for, but for the very long ones; none where there are none.
pub fn workbook(out: &Path, tables: &[Table]) -> anyhow::Result<Option<Artifact>> {
    let chosen: Vec<(String, &Table)> = named(tables).into_iter().filter(|(_, t)| t.rows.len() <= ROWS).collect();
    if chosen.is_empty() {
        return Ok(None);
    }
    save(out, "tables", &chosen, Format::Xlsx).map(Some).map_err(anyhow::Error::msg)
}

/// Writes tables into a file whose name says how: `t1 FILE` one of them, `FILE` all.
///
/// # Errors
/// There is no such table, the file's name is none of a table, or it cannot hold several or be written.
pub fn write(tables: &[Table], words: &str) -> anyhow::Result<String> {
    let all = named(tables);
    let known = |word: &str| all.iter().find(|(name, _)| name.eq_ignore_ascii_case(word));
    let (chosen, file) = match words.split_once(char::is_whitespace) {
        Some((name, file)) if known(name).is_some() => (known(name).into_iter().cloned().collect(), file.trim()),
        _ => (all.clone(), words),
    };
    if known(file).is_some() {
        bail!("say where: /tables {file} FILE.xlsx, .csv, .json or .md");
    }
    let path = Path::new(file);
    let format = Format::of(path).map_err(anyhow::Error::msg)?;
    if chosen.is_empty() {
        bail!("there are no tables yet");
    }
    if format == Format::Csv && chosen.len() > 1 {
        bail!("a CSV file holds one table; say which: /tables {} {file}, or write .xlsx", chosen[0].0);
    }
    let bytes = bytes(&chosen, format).map_err(anyhow::Error::msg)?;
    std::fs::write(path, bytes).with_context(|| format!("cannot write {}", path.display()))?;
    Ok(file.to_owned())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use polymath_chat::{Cell, Provenance};

    fn table(title: &str) -> Table {
        let cell = |text: &str| Cell::new(text, Provenance::Given);
        Table { title: title.into(), columns: vec!["Town".into()], rows: vec![vec![cell("Oslo")]] }
    }

    #[test]
    fn a_name_and_a_file_are_told_apart() {
        let folder = tempfile::tempdir().unwrap();
        let file = |name: &str| folder.path().join(name).display().to_string();
        let tables = [table("a"), table("b")];
        write(&tables, &format!("t2 {}", file("one.csv"))).unwrap();
        assert_eq!(std::fs::read_to_string(file("one.csv")).unwrap(), "Town\nOslo\n");
        write(&tables, &file("with space.md")).unwrap();
        assert!(std::fs::read_to_string(file("with space.md")).unwrap().contains("## t2: b"));
        let fails = |words: &str| write(&tables, words).unwrap_err().to_string();
        assert!(fails(&file("all.csv")).contains("say which: /tables t1"));
        assert!(fails("t1").contains("say where"));
        assert!(fails("t1 notes.txt").contains(".csv, .json, .md, .xlsx"));
        assert!(write(&[], "x.md").unwrap_err().to_string().contains("no tables yet"));
        let first = workbook(folder.path(), &tables).unwrap().unwrap();
        let second = workbook(folder.path(), &tables).unwrap().unwrap();
        assert_eq!((first.name.as_str(), second.name.as_str()), ("tables.xlsx", "tables-2.xlsx"));
        assert!(workbook(folder.path(), &[]).unwrap().is_none());
        let long = Table { rows: vec![tables[0].rows[0].clone(); ROWS + 1], ..table("long") };
        assert!(workbook(folder.path(), &[long]).unwrap().is_none());
    }
}
