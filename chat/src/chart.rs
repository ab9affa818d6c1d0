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
    /// line, area, bar, barh, pie, scatter, hist, box or heat.
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
    /// A logarithmic axis on both sides of zero.
    #[serde(skip_serializing_if = "is_false")]
    pub symlog: bool,
    #[serde(skip_serializing_if = "is_false")]
    pub grid: bool,
    /// Bars and slices by size, the largest first.
    #[serde(skip_serializing_if = "is_false")]
    pub sort: bool,
    /// How wide the bars of a histogram are, in the column's own unit.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bin: Option<f64>,
    /// Series on top of each other instead of beside or before each other.
    #[serde(skip_serializing_if = "is_false")]
    pub stack: bool,
    /// Stacks of 100 %: each series as its share of what all have together there.
    #[serde(skip_serializing_if = "is_false")]
    pub share: bool,
    /// The axis with the values starts at zero, as that of bars always does.
    #[serde(skip_serializing_if = "is_false")]
    pub zero: bool,
    /// Whether the values are written at the marks; where nothing is said, at bars that have room for them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub values: Option<bool>,
    /// The column of how far each value may be off, drawn as a bar above and below it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// Values that a line across the picture marks, in the unit that the axis shows.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub lines: Vec<f64>,
    /// Whether a trend is drawn through the points.
    #[serde(skip_serializing_if = "is_false")]
    pub trend: bool,
    /// Which one: linear (without a name), exponential, power, polynomial, average or loess.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fit: Option<String>,
    /// Degree of a polynomial, or points of a moving average.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub order: Option<usize>,
    /// Whether the trend has its band of 95% confidence.
    #[serde(skip_serializing_if = "is_false")]
    pub band: bool,
    /// Where the trend ends: an ISO date (`2025`: the end of that year), or a number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub until: Option<String>,
    /// ISO date of the day that a vertical line marks as today.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub today: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// What the axis of what goes across is called instead of its column's name; empty: nothing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub x_title: Option<String>,
    /// The same of the axis of the values, which lies below where bars lie.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub y_title: Option<String>,
    /// The column whose values have a small chart each, in a grid of shared axes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub facet: Option<String>,
    /// `light` (without a name) or `dark`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub theme: Option<String>,
    /// Of the first series: a CSS colour, by name (`darkgreen`) or as `#1b7837`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub color: Option<String>,
    /// Of the picture, in pixels; letters stay readable.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub width: Option<u32>,
    /// Pixels of the PNG for each of its width: 2 for screens that have them so dense.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scale: Option<u32>,
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
        // No title is something else than none said.
        let bare = Chart { x_title: Some(String::new()), values: Some(false), ..Chart::default() };
        let kept = serde_json::to_string(&bare).unwrap();
        assert_eq!(kept, r#"{"data":"","kind":"","y":"","values":false,"x_title":""}"#);
        assert_eq!(serde_json::from_str::<Chart>(&kept).unwrap(), bare);
    }
}
