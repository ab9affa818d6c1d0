//! Charts: what is drawn of which table, so that it can be drawn again with one thing changed.

use serde::{Deserialize, Serialize};

/// What a chart shows. Names of columns are the table's own.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Chart {
    /// `c1`, `c2`, …
    pub name: String,
    /// The table's name: `t1`.
    pub table: String,
    /// line, bar, barh, pie, scatter or hist.
    pub kind: String,
    pub x: String,
    pub y: String,
    /// The column by which rows belong to one of several lines or groups of bars.
    pub series: Option<String>,
    pub log: bool,
    pub grid: bool,
    pub sort: bool,
    pub title: Option<String>,
}
