//! Typed tables: how data travels between tools without being retyped by a model.
//!
//! A cell remembers where it came from, so that an answer can say of every figure whether a page
//! says so, a program computed it, or somebody guessed it. A file can have millions of cells: short
//! texts stand in the cell itself, and cells of one origin share it.

use compact_str::CompactString;
use serde::{Deserialize, Deserializer, Serialize};
use std::fmt::Write;
use std::ops::Deref;
use std::sync::{Arc, LazyLock};

/// Where a cell's value comes from.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
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

/// A provenance that any number of cells have in common.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct SharedProvenance(Arc<Provenance>);

impl From<Provenance> for SharedProvenance {
    fn from(provenance: Provenance) -> Self {
        static GIVEN: LazyLock<Arc<Provenance>> = LazyLock::new(|| Arc::new(Provenance::Given));
        static UNVERIFIED: LazyLock<Arc<Provenance>> = LazyLock::new(|| Arc::new(Provenance::Unverified));
        static MISSING: LazyLock<Arc<Provenance>> = LazyLock::new(|| Arc::new(Provenance::Missing));
        SharedProvenance(match provenance {
            Provenance::Given => GIVEN.clone(),
            Provenance::Unverified => UNVERIFIED.clone(),
            Provenance::Missing => MISSING.clone(),
            told => Arc::new(told),
        })
    }
}

impl Deref for SharedProvenance {
    type Target = Provenance;

    fn deref(&self) -> &Provenance {
        &self.0
    }
}

impl PartialEq<Provenance> for SharedProvenance {
    fn eq(&self, other: &Provenance) -> bool {
        *self.0 == *other
    }
}

impl std::fmt::Debug for SharedProvenance {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

impl Serialize for SharedProvenance {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for SharedProvenance {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Provenance::deserialize(deserializer).map(Self::from)
    }
}

/// One value of a table.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Cell {
    /// As written at its origin; `None` is "n/a".
    pub text: Option<CompactString>,
    /// Its magnitude in plain units (dollars, per cent as a fraction of 100, …), when it is a number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub number: Option<f64>,
    /// ISO date (`YYYY`, `YYYY-MM` or `YYYY-MM-DD`), when it is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub date: Option<String>,
    pub provenance: SharedProvenance,
}

impl Cell {
    pub fn missing() -> Self {
        Cell { text: None, number: None, date: None, provenance: Provenance::Missing.into() }
    }

    pub fn new(text: impl Into<CompactString>, provenance: impl Into<SharedProvenance>) -> Self {
        Cell { text: Some(text.into()), number: None, date: None, provenance: provenance.into() }
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
    fn cells_are_small_and_share_their_origin() {
        assert!(size_of::<Cell>() <= 72, "{}", size_of::<Cell>());
        let told = SharedProvenance::from(Provenance::Computed { how: "sql".into() });
        let cells = [told.clone(), told.clone(), Provenance::Given.into(), Provenance::Given.into()];
        assert!(Arc::ptr_eq(&cells[0].0, &cells[1].0) && Arc::ptr_eq(&cells[2].0, &cells[3].0));
        assert_eq!(cells[0], Provenance::Computed { how: "sql".into() });
    }

    #[test]
    fn a_cell_is_kept_as_it_always_was() {
        let cell = Cell { number: Some(1.5), ..Cell::new("1.5 m", Provenance::Computed { how: "sql".into() }) };
        let kept = r#"{"text":"1.5 m","number":1.5,"provenance":{"status":"computed","how":"sql"}}"#;
        assert_eq!(serde_json::to_string(&cell).ok().as_deref(), Some(kept));
        assert_eq!(serde_json::from_str::<Cell>(kept).ok(), Some(cell));
    }

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
