//! Charts of the notebook's tables. The model has said which columns; what is drawn is the table as it
//! is, by a program whose only gaps are names of columns and options.

use crate::evidence::terms;
use crate::notebook::Chart;
use polymath_chat::Table;
use serde_json::json;
use std::collections::HashSet;

/// The program that draws charts; `{spec}` is filled in.
const PROGRAM: &str = include_str!("chart.py");

/// The column of `table` that is meant by `name`; `numeric`: it has to hold numbers.
pub fn column(table: &Table, name: &str, numeric: bool) -> Option<String> {
    let numbers = |i: usize| table.rows.iter().any(|row| row.get(i).is_some_and(|c| c.number.is_some()));
    let fits = |i: &usize| !numeric || numbers(*i);
    let all: Vec<usize> = (0..table.columns.len()).collect();
    let exact = all.iter().find(|i| table.columns[**i].eq_ignore_ascii_case(name)).filter(|i| fits(i));
    let wanted: HashSet<String> = terms(name).into_iter().collect();
    let shared = |i: &usize| {
        let words: HashSet<String> = terms(&table.columns[*i]).into_iter().collect();
        words.intersection(&wanted).count()
    };
    let near = all.iter().filter(|i| fits(i) && shared(i) > 0).max_by_key(|i| shared(i));
    exact.or(near).map(|i| table.columns[*i].clone())
}

/// A chart's columns as the table has them; the error says what is missing.
pub fn settle(mut chart: Chart, table: &Table) -> Result<Chart, String> {
    let has = |name: &str| table.columns.iter().any(|c| c == name);
    let numeric: Vec<&String> =
        table.columns.iter().filter(|c| column(table, c, true).is_some_and(|n| n == **c)).collect();
    chart.y = match column(table, &chart.y, true) {
        Some(y) => y,
        // The one column of numbers that is not drawn across.
        None => {
            let others: Vec<&&String> = numeric.iter().filter(|c| !c.eq_ignore_ascii_case(&chart.x)).collect();
            let last = others.last().ok_or_else(|| format!("{} has no column of numbers to draw", table.title))?;
            (**last).clone()
        }
    };
    let first = table.columns.iter().find(|c| **c != chart.y).cloned();
    chart.x = column(table, &chart.x, false)
        .filter(|x| *x != chart.y || chart.kind == "hist")
        .or(first)
        .unwrap_or_else(|| chart.y.clone());
    // What lies along days is no distribution.
    let dated = table.columns.iter().position(|c| *c == chart.x);
    if chart.kind == "hist" && dated.is_some_and(|i| table.rows.iter().any(|row| row[i].date.is_some())) {
        chart.kind = "line".to_owned();
    }
    chart.series =
        chart.series.take().and_then(|s| column(table, &s, false)).filter(|s| *s != chart.x && *s != chart.y);
    debug_assert!(has(&chart.x) && has(&chart.y));
    Ok(chart)
}

/// Sets an option of a chart by its name; what is no option, or no value of it, changes nothing.
pub fn set(chart: &mut Chart, option: &str, value: &str) {
    let yes = !["no", "false", "off", "0", "none", "linear"].contains(&value.to_lowercase().as_str());
    match option {
        "kind" if ["line", "bar", "barh", "pie", "scatter", "hist"].contains(&value) => chart.kind = value.to_owned(),
        "x" => chart.x = value.to_owned(),
        "y" => chart.y = value.to_owned(),
        "series" => chart.series = Some(value.to_owned()),
        "title" => chart.title = Some(value.to_owned()),
        "log" => chart.log = yes,
        "grid" => chart.grid = yes,
        "sort" => chart.sort = yes,
        _ => {}
    }
}

/// A column's name with the unit of its cells, where its name does not say it.
fn labelled(table: &Table, column: &str) -> String {
    let Some(at) = table.columns.iter().position(|c| c == column) else { return column.to_owned() };
    let cells = table.rows.iter().filter_map(|row| row.get(at)?.text.as_deref());
    let mut units = cells.map(|text| polymath_quantity::read(text).unit);
    let first = units.next().flatten();
    match first.filter(|first| units.all(|unit| unit.as_ref() == Some(first))) {
        Some(unit) if polymath_quantity::Column::of(column).unit.is_none() && !column.contains(&*unit.name) => {
            format!("{column} ({})", unit.name)
        }
        _ => column.to_owned(),
    }
}

/// The program that draws a chart of `table`.
pub fn program(chart: &Chart, table: &Table) -> String {
    let title = chart.title.clone().unwrap_or_else(|| match chart.kind.as_str() {
        "hist" => format!("{}: {}", table.title, chart.y),
        _ => format!("{}: {} by {}", table.title, chart.y, chart.x),
    });
    let spec = json!({
        "data": chart.table, "kind": chart.kind, "x": chart.x, "y": chart.y, "series": chart.series,
        "log": chart.log, "grid": chart.grid, "sort": chart.sort, "title": title,
        "labels": {chart.x.as_str(): labelled(table, &chart.x), chart.y.as_str(): labelled(table, &chart.y)},
    });
    // JSON's words for Python's.
    let spec = spec.to_string().replace(":null", ":None").replace(":true", ":True").replace(":false", ":False");
    PROGRAM.replace("{spec}", &spec).replace("{data}", &chart.table)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use polymath_chat::{Cell, Provenance};

    fn table() -> Table {
        let text = |t: &str| Cell::new(t, Provenance::Given);
        let number = |n: f64| Cell { number: Some(n), ..text(&n.to_string()) };
        let row = |name: &str, a: f64, b: f64| vec![text(name), number(a), number(b)];
        let columns = ["Station", "Output (GWh)", "Turbines"].map(str::to_owned).to_vec();
        Table { title: "stations".into(), columns, rows: vec![row("A", 1.0, 2.0), row("B", 3.0, 4.0)] }
    }

    #[track_caller]
    fn check(x: &str, y: &str, want: (&str, &str)) {
        let chart = Chart { kind: "bar".into(), x: x.into(), y: y.into(), ..Chart::default() };
        let got = settle(chart, &table()).unwrap();
        assert_eq!((got.x.as_str(), got.y.as_str()), want);
    }

    #[test]
    fn columns_are_the_tables_own() {
        check("station", "Output", ("Station", "Output (GWh)"));
        check("Name", "turbines", ("Station", "Turbines"));
        check("Station", "Height", ("Station", "Turbines"));
        check("Output", "Station", ("Output (GWh)", "Turbines"));
        let words = Table { columns: vec!["a".into()], rows: vec![vec![Cell::new("x", Provenance::Given)]], ..table() };
        assert!(settle(Chart::default(), &words).unwrap_err().contains("no column of numbers"));
    }
}
