//! What a collected table is to look like.

use polymath_chat::Cell;
use serde::Deserialize;

/// What a column holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    Text,
    Number,
    Date,
}

/// A column that is wanted.
#[derive(Debug, Clone, Deserialize)]
pub struct Column {
    pub name: String,
    pub kind: Kind,
}

/// What the table is to hold.
#[derive(Debug, Clone, Deserialize)]
pub struct Shape {
    /// Whom or what the question is about, in its own words.
    pub subject: String,
    pub columns: Vec<Column>,
}

/// A row as it is put together.
pub type Row = Vec<Cell>;
