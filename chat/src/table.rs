//! Typed tables: how data travels between tools without being retyped by a model.
//!
//! A cell remembers where it came from, so that an answer can say of every figure whether a page
//! says so, a program computed it, or somebody guessed it.

use serde::{Deserialize, Serialize};
use std::fmt::Write;

/// Where a cell's value comes from.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "status", rename_all = "snake_case")]
pub enum Provenance {
    /// A page says so: its address, title and the passage.
    Sourced { url: String, title: String, quote: String },
    /// Worked out from other values; `how` says by what.
    Computed { how: String },
    /// Filled in for a value that was looked for and not found.
    Imputed { how: String },
    /// Beyond the data: a trend's value at another date, say.
    Extrapolated { how: String },
    /// The user said so.
    Given,
    /// A model wrote it, and nothing that was found says so.
    Unverified,
    /// Looked for and not found.
    Missing,
}

/// One value of a table.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Cell {
    /// As written at its origin; `None` is "n/a".
    pub text: Option<String>,
    /// Its magnitude in plain units (dollars, per cent as a fraction of 100, …), when it is a number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub number: Option<f64>,
    /// ISO date (`YYYY`, `YYYY-MM` or `YYYY-MM-DD`), when it is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub date: Option<String>,
    pub provenance: Provenance,
}

impl Cell {
    pub fn missing() -> Self {
        Cell { text: None, number: None, date: None, provenance: Provenance::Missing }
    }

    pub fn new(text: impl Into<String>, provenance: Provenance) -> Self {
        Cell { text: Some(text.into()), number: None, date: None, provenance }
    }

    /// What a reader sees: the text, or `n/a`.
    pub fn display(&self) -> &str {
        self.text.as_deref().unwrap_or("n/a")
    }
}

/// Rows of cells under named columns; every row has as many cells as there are columns.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Table {
    pub title: String,
    pub columns: Vec<String>,
    pub rows: Vec<Vec<Cell>>,
}

impl Table {
    /// GitHub-flavoured Markdown. `mark` may add a citation or a status behind a cell's text.
    pub fn markdown_with(&self, mark: impl Fn(&Cell) -> String) -> String {
        let mut out = String::new();
        let line = |out: &mut String, cells: &[String]| {
            let _ = writeln!(out, "| {} |", cells.join(" | "));
        };
        let escape = |s: &str| s.replace('|', "\\|").replace(['\n', '\r'], " ");
        line(&mut out, &self.columns.iter().map(|c| escape(c)).collect::<Vec<_>>());
        line(&mut out, &vec!["---".to_owned(); self.columns.len()]);
        for row in &self.rows {
            line(&mut out, &row.iter().map(|c| format!("{}{}", escape(c.display()), mark(c))).collect::<Vec<_>>());
        }
        out
    }

    pub fn markdown(&self) -> String {
        self.markdown_with(|_| String::new())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markdown_shows_missing_as_na_and_escapes_pipes() {
        let table = Table {
            title: "t".into(),
            columns: vec!["a".into(), "b".into()],
            rows: vec![vec![Cell::new("x|y", Provenance::Given), Cell::missing()]],
        };
        assert_eq!(table.markdown(), "| a | b |\n| --- | --- |\n| x\\|y | n/a |\n");
    }
}
