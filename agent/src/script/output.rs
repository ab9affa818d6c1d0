//! What a step came to, and how texts of other steps see it.

use crate::notebook::Chat;
use minijinja::Value;
use minijinja::value::{Object, ObjectRepr};
use polymath_chat::{Artifact, Cell, Citation, Figure, Provenance, Retrieval, Table};
use polymath_quantity::figures;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

/// What a step came to. On disk, in the cache.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Output {
    /// What the report calls it.
    #[serde(default)]
    pub title: String,
    /// An answer, a program's output: what `{{ step }}` gives.
    pub text: String,
    /// The one value that it found or worked out.
    #[serde(default)]
    pub cell: Option<Cell>,
    #[serde(default)]
    pub table: Option<Table>,
    #[serde(default)]
    pub figures: Vec<Figure>,
    #[serde(default)]
    pub citations: Vec<Citation>,
    /// Pages that its call opened.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub retrieved: Vec<Retrieval>,
    #[serde(default)]
    pub artifacts: Vec<Artifact>,
    /// A question's conversation, which another may go on with.
    #[serde(default)]
    pub chat: Option<Chat>,
    /// Tokens that the model wrote for it.
    #[serde(default)]
    pub tokens: usize,
    /// What the report shows: names of steps.
    #[serde(default)]
    pub show: Vec<String>,
}

impl Output {
    pub fn of_table(table: Table) -> Output {
        let cell = match table.rows.as_slice() {
            [row] if row.len() == 1 => row.first().cloned(),
            _ => None,
        };
        let text = cell.as_ref().map_or_else(|| table.markdown(), |cell| cell.display().to_owned());
        Output { text, cell, table: Some(table), ..Output::default() }
    }

    /// What a program or tool said, with the first figure of it where it begins with one.
    pub fn of_text(text: String) -> Output {
        let first = text.trim().lines().next().unwrap_or_default().to_owned();
        let figure = figures(&first).into_iter().find(|figure| figure.number.is_some() && figure.span.start == 0);
        let computed = || Cell::new(first.clone(), Provenance::Computed { how: "a step of the script".into() });
        let cell = figure.map(|figure| Cell { number: figure.number, ..computed() });
        Output { text, cell, ..Output::default() }
    }
    /// The figure that it is about, in plain units.
    pub fn number(&self) -> Option<f64> {
        self.cell.as_ref().and_then(|cell| cell.number)
    }

    /// As templates see it: its text, with `number`, `rows` (how many), `columns` and `table` (a list
    /// of rows by column).
    pub fn value(&self) -> Value {
        Value::from_object(Shown(self.clone()))
    }
}

/// A row by its columns' names, as texts.
pub fn row(table: &Table, row: &[Cell]) -> Value {
    let cells = table.columns.iter().zip(row).map(|(column, cell)| (column.clone(), cell.display().to_owned()));
    Value::from(cells.collect::<BTreeMap<String, String>>())
}

#[derive(Debug)]
struct Shown(Output);

impl Object for Shown {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Plain
    }

    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        let table = self.0.table.as_ref();
        match key.as_str()? {
            "text" => Some(Value::from(self.0.text.as_str())),
            "number" => Some(self.0.number().map_or(Value::from(()), Value::from)),
            "rows" => Some(Value::from(table.map_or(0, |t| t.rows.len()))),
            "columns" => Some(Value::from(table.map(|t| t.columns.clone()).unwrap_or_default())),
            "table" => Some(table.map_or(Value::from(()), |t| t.rows.iter().map(|r| row(t, r)).collect())),
            _ => None,
        }
    }

    fn render(self: &Arc<Self>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.text)
    }
}
