//! What the cells of a table's column are, together.

use serde::{Deserialize, Serialize};

/// The type that all values of a column have.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum ColumnKind {
    Text,
    Boolean,
    Integer,
    Decimal,
    /// `currency`: its ISO code, or its sign where that is all that is known; none where they differ.
    Money {
        #[serde(default, skip_serializing_if = "Option::is_none")]
        currency: Option<String>,
    },
    /// Numbers of cells are fractions: 0.35 for 35%.
    Percent,
    /// Written as finely as the coarsest of them.
    Date {
        precision: Precision,
    },
    /// No cell has a value.
    Empty,
}

/// How finely a date is given.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Precision {
    Year,
    Month,
    Day,
    /// A day and a time of it.
    Time,
}

/// A column as its cells and its header describe it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ColumnType {
    #[serde(flatten)]
    pub kind: ColumnKind,
    /// What its numbers are numbers of: `m`, `km/h`, `people`; none of money and per cent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unit: Option<String>,
    /// Cells without a value.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub missing: usize,
    /// Cells whose value is no exact one: "over 5", "about 2,000", "3 to 5".
    #[serde(default, skip_serializing_if = "is_zero")]
    pub qualified: usize,
}

fn is_zero(count: &usize) -> bool {
    *count == 0
}
