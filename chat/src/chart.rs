//! Charts: what is drawn of which table, so that it can be drawn again with one thing changed.

use serde::{Deserialize, Serialize};

/// What a chart shows. As JSON, without its name, it is the arguments of the tool `chart`.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Chart {
    /// `c1`, `c2`, … once it is in a conversation.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub name: String,
    /// The table's name: `t1`.
    #[serde(rename = "data", alias = "table")]
    pub table: String,
    /// line, bar, barh, pie, scatter or hist.
    pub kind: String,
    /// The column that goes across, of names, dates or numbers; empty for a histogram.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub x: String,
    /// The column of the numbers that are drawn.
    pub y: String,
    /// The column by which rows belong to one of several lines or groups of bars.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub series: Option<String>,
    #[serde(skip_serializing_if = "is_false")]
    pub log: bool,
    #[serde(skip_serializing_if = "is_false")]
    pub grid: bool,
    /// Bars and slices by size, the largest first.
    #[serde(skip_serializing_if = "is_false")]
    pub sort: bool,
    /// Whether the straight line of least squares is drawn through the points.
    #[serde(skip_serializing_if = "is_false")]
    pub trend: bool,
    /// Where the trend ends: an ISO date (`2025`: the end of that year), or a number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub until: Option<String>,
    /// ISO date of the day that a vertical line marks as today.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub today: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
}

fn is_false(value: &bool) -> bool {
    !value
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn charts_are_kept_as_arguments_and_read_as_they_were_kept_before() {
        let old = r#"{"name":"c1","table":"t1","kind":"bar","x":"A","y":"B","series":null,"log":false,"grid":true,"sort":false,"title":null}"#;
        let chart: Chart = serde_json::from_str(old).unwrap();
        assert!(chart.table == "t1" && chart.grid && !chart.trend);
        let kept = serde_json::to_string(&Chart { name: String::new(), ..chart }).unwrap();
        assert_eq!(kept, r#"{"data":"t1","kind":"bar","x":"A","y":"B","grid":true}"#);
    }
}
