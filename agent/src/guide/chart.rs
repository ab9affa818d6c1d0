//! Charts of the notebook's tables, as plans speak of them: options by their names, and columns that may be
//! meant by other words than the table's. The tool `chart` draws them.

use crate::notebook::Chart;
use polymath_chat::Table;
use polymath_quantity::figures;
use polymath_tools::chart::{KINDS, column};

/// Kinds whose series can stand on each other.
const STACKED: [&str; 3] = ["bar", "barh", "area"];

/// A chart's columns as the table has them; the error says what is missing.
pub fn settle(mut chart: Chart, table: &Table) -> Result<Chart, String> {
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
    if chart.kind == "hist" {
        chart.series = None;
    }
    chart.series =
        chart.series.take().and_then(|s| column(table, &s, false)).filter(|s| *s != chart.x && *s != chart.y);
    // What was a stack is none as lines, and without series no shares of one.
    chart.stack &= STACKED.contains(&chart.kind.as_str());
    chart.share &= chart.stack && chart.series.is_some();
    chart.values = chart.values.filter(|values| !values || chart.kind != "box");
    Ok(chart)
}

/// Sets an option of a chart by its name; what is no option, or no value of it, changes nothing.
pub fn set(chart: &mut Chart, option: &str, value: &str) {
    let yes = !["no", "false", "off", "0", "none", "linear"].contains(&value.to_lowercase().as_str());
    match option {
        "kind" if KINDS.contains(&value) => chart.kind = value.to_owned(),
        // What an axis was called before says nothing of another column.
        "x" => {
            chart.x_title = chart.x_title.take().filter(|_| chart.x == value);
            chart.x = value.to_owned();
        }
        "y" => {
            chart.y_title = chart.y_title.take().filter(|_| chart.y == value);
            chart.y = value.to_owned();
        }
        "series" => chart.series = Some(value.to_owned()),
        "title" => chart.title = Some(value.to_owned()).filter(|title| !title.is_empty()),
        "color" => chart.color = Some(value.to_owned()),
        "x_title" => chart.x_title = Some(value.to_owned()),
        "y_title" => chart.y_title = Some(value.to_owned()),
        "values" => chart.values = Some(yes),
        // A logarithmic axis has no zero; what was said last holds.
        "zero" => (chart.zero, chart.log) = (yes, chart.log && !yes),
        "log" => (chart.log, chart.zero) = (yes, chart.zero && !yes),
        "share" => {
            chart.y_title = chart.y_title.take().filter(|_| chart.share == yes);
            (chart.share, chart.stack, chart.log) = (yes, chart.stack || yes, chart.log && !yes);
        }
        "grid" => chart.grid = yes,
        "sort" => chart.sort = yes,
        "trend" => chart.trend = yes,
        "stack" => (chart.stack, chart.share) = (yes, chart.share && yes),
        "bin" => chart.bin = figures(value).into_iter().find_map(|figure| figure.number).filter(|width| *width > 0.0),
        "until" => chart.until = place(value),
        "today" => {
            let today = || chrono::Local::now().date_naive().to_string();
            chart.today = yes.then(|| place(value).unwrap_or_else(today));
        }
        _ => {}
    }
}

/// The date or the number in words of a request, as the tool takes it: `2031` of "the end of 2031".
fn place(value: &str) -> Option<String> {
    let figure = figures(value).into_iter().next()?;
    figure.date.map(|date| date.to_string()).or_else(|| figure.number.map(|number| number.to_string()))
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

    #[test]
    fn what_was_said_last_holds() {
        let set_all = |options: &[(&str, &str)]| {
            let mut chart = Chart { x: "A".into(), y: "B".into(), ..Chart::default() };
            options.iter().for_each(|(option, value)| set(&mut chart, option, value));
            chart
        };
        let zero = set_all(&[("log", "yes"), ("zero", "yes"), ("values", "no")]);
        assert!(zero.zero && !zero.log && zero.values == Some(false));
        assert!(!set_all(&[("zero", "yes"), ("log", "yes")]).zero);
        let share = set_all(&[("log", "yes"), ("share", "yes")]);
        assert!(share.share && share.stack && !share.log);
        assert!(!set_all(&[("share", "yes"), ("stack", "no")]).share);
        let renamed = set_all(&[("title", "Tonnes"), ("y_title", "tonnes"), ("title", ""), ("share", "yes")]);
        assert_eq!((renamed.title, renamed.y_title), (None, None));
        let titled = [("x_title", "towns"), ("y_title", "")];
        let titles = |chart: Chart| (chart.x_title, chart.y_title);
        assert_eq!(titles(set_all(&titled)), (Some("towns".into()), Some(String::new())));
        let other = [titled[0], titled[1], ("x", "A"), ("y", "C")];
        assert_eq!(titles(set_all(&other)), (Some("towns".into()), None));
        let (kind, series) = ("line".to_owned(), Some("Station".to_owned()));
        let line = Chart { kind, x: "Turbines".into(), y: "Output".into(), series, stack: true, share: true, ..zero };
        let line = settle(line, &table()).unwrap();
        assert!(!line.stack && !line.share);
    }

    #[test]
    fn a_trends_days_are_read_from_words() {
        let set_all = |until: &str, today: &str| {
            let mut chart = Chart::default();
            [("trend", "yes"), ("until", until), ("today", today)].iter().for_each(|(o, v)| set(&mut chart, o, v));
            (chart.trend, chart.until, chart.today)
        };
        let text = |t: &str| Some(t.to_owned());
        assert_eq!(set_all("the end of 2031", "2030-05-06"), (true, text("2031"), text("2030-05-06")));
        assert_eq!(set_all("250", "no"), (true, text("250"), None));
        assert_eq!(set_all("soon", "yes"), (true, None, text(&chrono::Local::now().date_naive().to_string())));
    }
}
