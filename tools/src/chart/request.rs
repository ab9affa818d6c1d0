//! What a call asks for: its arguments, read against the tables that there are.

use super::columns::{column, has_numbers, place};
use super::dates::day;
use super::palette::{self, THEMES};
use super::schema::{ERRORS, KINDS, MOST_BINS, MOST_SCALE, STACKED, SYMLOG, VALUED, WIDTHS, check, flag};
use chrono::{Datelike, NaiveDate};
use polymath_chat::{Chart, Table};
use polymath_quantity::Date;
use serde_json::Value;
use std::sync::Arc;

/// A chart's arguments. Weak models write `null`, `""` and `"yes"` for what is not wanted or is. The error names
/// a field that there is none of, or a value that it cannot have.
pub fn read(args: &Value, today: NaiveDate) -> Result<Chart, String> {
    check(args)?;
    let text = |name: &str| match &args[name] {
        Value::String(text) if !text.trim().is_empty() => Some(text.trim().to_owned()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    };
    // An axis may be without a title.
    let called = |name: &str| args[name].as_str().map(|text| text.trim().to_owned()).or_else(|| text(name));
    let yes = |name: &str| flag(&args[name]).unwrap_or(false);
    let whole = |name: &str| args[name].as_u64().map(|n| u32::try_from(n).unwrap_or(u32::MAX));
    let numbers = |name: &str| match &args[name] {
        Value::Array(all) => all.iter().filter_map(Value::as_f64).collect(),
        one => one.as_f64().into_iter().collect(),
    };
    let fit = text("fit").map(|name| name.to_lowercase());
    let today = match &args["today"] {
        value if flag(value) == Some(true) => Some(today.to_string()),
        value if flag(value) == Some(false) => None,
        _ => text("today"),
    };
    Ok(Chart {
        name: String::new(),
        table: text("data").unwrap_or_default(),
        kind: text("kind").unwrap_or_default(),
        x: text("x").unwrap_or_default(),
        y: text("y").unwrap_or_default(),
        series: text("series"),
        log: yes("log"),
        symlog: yes("symlog"),
        grid: yes("grid"),
        sort: yes("sort"),
        bin: args["bin"].as_f64(),
        stack: yes("stack"),
        share: yes("share"),
        zero: yes("zero"),
        values: flag(&args["values"]),
        error: text("error"),
        lines: numbers("lines"),
        trend: yes("trend") || fit.is_some(),
        fit,
        order: args["order"].as_u64().map(|order| order as usize),
        band: yes("band"),
        until: text("until"),
        today,
        title: text("title"),
        x_title: called("x_title"),
        y_title: called("y_title"),
        facet: text("facet"),
        theme: text("theme").map(|name| name.to_lowercase()),
        // "Dark green" is CSS's `darkgreen`.
        color: text("color").map(|name| name.to_lowercase().replace([' ', '-'], "")),
        width: whole("width"),
        scale: whole("scale"),
    })
}

/// The table of a chart, and the chart with the table's own names of columns. The error says what is
/// missing and what there is.
pub fn settle(mut chart: Chart, tables: &[(String, Arc<Table>)]) -> Result<(Chart, &Table), String> {
    if !KINDS.contains(&chart.kind.as_str()) {
        return Err(format!("there is no kind of chart `{}`; the kinds are {}", chart.kind, KINDS.join(", ")));
    }
    let found = tables.iter().find(|(name, _)| name.eq_ignore_ascii_case(&chart.table));
    let Some((name, table)) = found else {
        let names: Vec<&str> = tables.iter().map(|(name, _)| name.as_str()).collect();
        return Err(match names.is_empty() {
            true => "there are no tables in this conversation yet; find or make one first".to_owned(),
            false => format!("there is no table `{}`; the tables are {}", chart.table, names.join(", ")),
        });
    };
    let table: &Table = table;
    chart.table.clone_from(name);
    let named = |wanted: &str, numeric: bool| {
        column(table, wanted, numeric).ok_or_else(|| no_column(table, name, wanted, numeric))
    };
    chart.y = named(&chart.y, true)?;
    chart.x = match chart.x.as_str() {
        _ if chart.kind == "hist" => String::new(),
        "" => {
            let other = table.columns.iter().find(|c| **c != chart.y);
            other.cloned().ok_or_else(|| format!("{name} has one column only; what goes across is missing"))?
        }
        x => named(x, false)?,
    };
    chart.series = match chart.series.take() {
        Some(series) => Some(named(&series, false)?).filter(|s| *s != chart.x && *s != chart.y),
        None => None,
    };
    if chart.kind == "hist" && chart.series.is_some() {
        return Err("a histogram is of one column and has no series; leave it out, or choose rows with sql".to_owned());
    }
    // Drawn as bars of names instead, it has no such width.
    chart.bin = chart.bin.filter(|_| chart.kind == "hist");
    chart.facet = match chart.facet.take() {
        Some(facet) => Some(named(&facet, false)?),
        None => None,
    };
    if let Some(bin) = chart.bin {
        let at = table.columns.iter().position(|column| *column == chart.y);
        let values = table.rows.iter().filter_map(|row| row.get(at?)?.number);
        suits(bin, chart.log, values)?;
    }
    if let Some(facet) =
        chart.facet.as_ref().filter(|f| [&chart.x, &chart.y].contains(f) || chart.series.as_ref() == Some(*f))
    {
        return Err(format!("`facet` is {facet}, which is drawn already as x, y or series; choose another column"));
    }
    chart.error = match chart.error.take() {
        Some(error) => Some(named(&error, true)?),
        None => None,
    };
    options(&chart)?;
    if let Some(today) = &chart.today
        && end_of(today).is_none()
    {
        return Err(format!("`today` is `{today}` and must be true or a date, YYYY-MM-DD"));
    }
    if let Some(until) = &chart.until
        && end_of(until).is_none()
        && until.parse::<f64>().is_err()
    {
        return Err(format!("`until` is `{until}` and must be a date, YYYY-MM-DD, or a number"));
    }
    Ok((chart, table))
}

/// Whether a histogram of these values can have bars of this width.
fn suits(bin: f64, log: bool, values: impl Iterator<Item = f64>) -> Result<(), String> {
    if log {
        return Err(
            "`bin` and `log` do not go together: there bars have equal ratios; leave one of them out".to_owned()
        );
    }
    if !(bin.is_finite() && bin > 0.0) {
        return Err(format!("`bin` is {bin} and must be a number above zero: how wide a bar is"));
    }
    let (min, max) = values.fold((f64::INFINITY, f64::NEG_INFINITY), |(a, b), v| (a.min(v), b.max(v)));
    match (max - min) / bin > MOST_BINS as f64 {
        true => {
            Err(format!("`bin` is {bin}: from {min} to {max} these are more than {MOST_BINS} bars; choose wider ones"))
        }
        false => Ok(()),
    }
}

/// Whether the options go together.
fn options(chart: &Chart) -> Result<(), String> {
    let kind = chart.kind.as_str();
    let needs = |option: &str, kinds: &[&str]| match kinds.contains(&kind) {
        true => Ok(()),
        false => Err(format!("`{option}` is for {}, and this is {kind}; leave it out", kinds.join(", "))),
    };
    if chart.log && chart.symlog {
        return Err(
            "`log` and `symlog` are both true; choose symlog where values are zero or negative, else log".to_owned()
        );
    }
    if chart.symlog {
        needs("symlog", &SYMLOG)?;
    }
    if chart.stack {
        needs("stack", &STACKED)?;
        if chart.log || chart.symlog {
            return Err(
                "`stack` has no logarithmic axis: heights there do not add up; leave `log` or `stack` out".to_owned()
            );
        }
    }
    if chart.share {
        let lacks = match (chart.stack, &chart.series) {
            (true, Some(_)) => None,
            (_, None) => Some("`series`, the column of what each share is of"),
            _ => Some("`stack`: true"),
        };
        if let Some(lacks) = lacks {
            return Err(format!(
                "`share` makes stacks of series that are 100 % high, and {lacks} is missing; add it, or for shares of \
                 all rows work them out with sql: 100.0 * \"{y}\" / SUM(\"{y}\") OVER ()",
                y = chart.y
            ));
        }
    }
    if chart.zero && chart.log {
        return Err("`zero` and `log` do not go together: a logarithmic axis has no zero; leave one of them out".into());
    }
    if chart.values == Some(true) {
        needs("values", &VALUED)?;
    }
    if chart.error.is_some() {
        needs("error", &ERRORS)?;
        if chart.stack {
            return Err("`error` and `stack` do not go together; leave one of them out".to_owned());
        }
    }
    if kind == "heat" && chart.series.is_none() {
        return Err(
            "a heat map has a column across (`x`), one down (`series`) and one of numbers (`y`); `series` is missing"
                .to_owned(),
        );
    }
    if kind == "pie" && chart.facet.is_some() {
        return Err("a pie has no `facet`; choose rows with sql, or draw bars".to_owned());
    }
    let themes = THEMES.map(|(name, _)| name);
    if let Some(theme) = chart.theme.as_ref().filter(|theme| !themes.contains(&theme.as_str())) {
        return Err(format!("`theme` is `{theme}` and must be one of {}", themes.join(", ")));
    }
    if let Some(color) = chart.color.as_ref().filter(|color| palette::named(color).is_none()) {
        return Err(format!("`color` is `{color}`, which is no CSS colour; name one, such as darkgreen or #1b7837"));
    }
    if let Some(scale) = chart.scale.filter(|scale| !(1..=MOST_SCALE).contains(scale)) {
        return Err(format!(
            "`scale` is {scale} and must be 1 to {MOST_SCALE}: pixels of the PNG for each of its width"
        ));
    }
    if chart.width.is_some_and(|width| !WIDTHS.contains(&width)) {
        let width = chart.width.unwrap_or_default();
        return Err(format!("`width` is {width} and must be {} to {} pixels", WIDTHS.start(), WIDTHS.end()));
    }
    Ok(())
}

fn no_column(table: &Table, name: &str, wanted: &str, numeric: bool) -> String {
    let fits: Vec<&str> = (0..table.columns.len())
        .filter(|i| !numeric || has_numbers(table, *i))
        .map(|i| table.columns[i].as_str())
        .collect();
    let kind = if numeric { "column of numbers" } else { "column" };
    match (fits.is_empty(), place(table, wanted)) {
        (true, _) => format!("{name} has no {kind} to draw; its columns are {}", table.columns.join(", ")),
        (_, Some(_)) => {
            format!("the column `{wanted}` of {name} holds no numbers; those that do are {}", fits.join(", "))
        }
        _ => format!("{name} has no {kind} `{wanted}`; it has {}", fits.join(", ")),
    }
}

/// The last day of a date: of a year, of a month, or the day itself.
pub fn end_of(text: &str) -> Option<f64> {
    let date = Date::parse(text)?;
    let year = i32::from(date.year);
    let (next_year, next_month) = match date.month {
        None | Some(12) => (year + 1, 1),
        Some(month) => (year, u32::from(month) + 1),
    };
    match date.day {
        Some(_) => start_of(text),
        None => NaiveDate::from_ymd_opt(next_year, next_month, 1).map(|first| day(first) - 1.0),
    }
}

/// The first day of a date.
pub fn start_of(text: &str) -> Option<f64> {
    let date = Date::parse(text)?;
    let (month, in_month) = (date.month.unwrap_or(1), date.day.unwrap_or(1));
    let found = NaiveDate::from_ymd_opt(date.year.into(), month.into(), in_month.into())?;
    (found.year() > 0).then(|| day(found))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::super::testing::table;
    use super::*;
    use serde_json::json;

    const TODAY: NaiveDate = NaiveDate::from_ymd_opt(2031, 5, 9).expect("a day");

    fn try_settle(args: Value) -> Result<Chart, String> {
        let tables = [("t1".to_owned(), Arc::new(table("Station | Built | Output (GWh)\nA | 2016 | 4\nB | 2018 | 7")))];
        settle(read(&args, TODAY)?, &tables).map(|(chart, _)| chart)
    }

    #[track_caller]
    fn fails(args: Value, why: &str) {
        let error = try_settle(args).unwrap_err();
        assert!(error.contains(why), "{error}");
    }

    #[test]
    fn what_is_missing_is_told_with_what_there_is() {
        fails(json!({"data": "t1", "kind": "radar", "y": "Output"}), "the kinds are line, bar, barh");
        fails(json!({"data": "t9", "kind": "bar", "y": "Output"}), "there is no table `t9`; the tables are t1");
        fails(
            json!({"data": "t1", "kind": "bar", "y": "Height"}),
            "no column of numbers `Height`; it has Built, Output (GWh)",
        );
        fails(json!({"data": "t1", "kind": "bar", "y": "Station"}), "holds no numbers; those that do are Built");
        fails(json!({"data": "t1", "kind": "bar", "x": "Town", "y": "Output"}), "no column `Town`; it has Station");
        fails(json!({"data": "t1", "kind": "hist", "y": "Output", "series": "Station"}), "has no series");
        fails(json!({"data": "t1", "kind": "hist", "y": "Output", "bin": 0}), "`bin` is 0 and must be");
        fails(json!({"data": "t1", "kind": "hist", "y": "Output", "bin": 0.001}), "more than 500 bars");
        fails(json!({"data": "t1", "kind": "hist", "y": "Output", "bin": 5, "log": true}), "do not go together");
        fails(json!({"data": "t1", "kind": "hist", "y": "Output", "bin": "wide"}), "must be a number");
        fails(json!({"data": "t1", "kind": "line", "y": "Output", "until": "soon"}), "`until` is `soon`");
        fails(json!({"data": "t1", "kind": "line", "y": "Output", "today": "now"}), "`today` is `now`");
        fails(json!({"data": "t1", "kind": "bar", "y": "Output", "log": true, "symlog": true}), "choose symlog");
        fails(json!({"data": "t1", "kind": "line", "y": "Output", "stack": true}), "`stack` is for bar, barh, area");
        fails(json!({"data": "t1", "kind": "bar", "y": "Output", "stack": true, "log": true}), "do not add up");
        fails(
            json!({"data": "t1", "kind": "bar", "y": "Output", "stack": true, "share": true}),
            "`series`, the column of what each share is of is missing; add it, or for shares of all rows",
        );
        fails(
            json!({"data": "t1", "kind": "bar", "y": "Output", "series": "Built", "share": true}),
            "`stack`: true is missing; add it",
        );
        fails(
            json!({"data": "t1", "kind": "line", "y": "Output", "zero": true, "log": true}),
            "a logarithmic axis has no zero",
        );
        fails(json!({"data": "t1", "kind": "box", "y": "Output", "values": true}), "`values` is for line, bar");
        fails(json!({"data": "t1", "kind": "heat", "y": "Output"}), "`series` is missing");
        fails(
            json!({"data": "t1", "kind": "bar", "y": "Output", "error": "Station"}),
            "`Station` of t1 holds no numbers",
        );
        fails(json!({"data": "t1", "kind": "bar", "y": "Output", "width": 90}), "320 to 2880");
        fails(json!({"data": "t1", "kind": "bar", "y": "Output", "scale": 9}), "`scale` is 9 and must be 1 to 4");
        fails(json!({"data": "t1", "kind": "bar", "y": "Output", "theme": "Neon"}), "must be one of light, dark");
        fails(json!({"data": "t1", "kind": "pie", "y": "Output", "facet": "Built"}), "a pie has no `facet`");
        fails(
            json!({"data": "t1", "kind": "bar", "y": "Output", "facet": "Station"}),
            "drawn already as x, y or series",
        );
        fails(json!({"data": "t1", "kind": "bar", "y": "Output", "hue": "red"}), "no field `hue`; its fields are");
        fails(
            json!({"data": "t1", "kind": "bar", "y": "Output", "color": "blurple"}),
            "`blurple`, which is no CSS colour",
        );
        let none = settle(read(&json!({"data": "t1", "kind": "bar", "y": "a"}), TODAY).unwrap(), &[]).unwrap_err();
        assert!(none.starts_with("there are no tables"), "{none}");
    }

    #[test]
    fn arguments_become_the_tables_own_columns() {
        let args = json!({"data": "T1", "kind": "line", "x": "built", "y": "output", "series": "station",
            "until": 2030, "today": true, "title": "", "log": true, "sort": null});
        let chart = try_settle(args).unwrap();
        let names = (chart.table.as_str(), chart.x.as_str(), chart.y.as_str(), chart.series.as_deref());
        assert_eq!(names, ("t1", "Built", "Output (GWh)", Some("Station")));
        assert!(chart.log && !chart.sort && chart.title.is_none() && chart.until.as_deref() == Some("2030"));
        assert_eq!(chart.today, Some(TODAY.to_string()));
        let named =
            try_settle(json!({"data": "t1", "kind": "line", "x": "built", "y": "output", "fit": "Loess", "lines": 5}))
                .unwrap();
        assert_eq!((named.trend, named.fit.as_deref(), named.lines), (true, Some("loess"), vec![5.0]));
        let titled = json!({"data": "t1", "kind": "bar", "y": "output", "x_title": "", "y_title": " GWh a year ",
            "values": "no", "zero": false});
        let titled = try_settle(titled).unwrap();
        assert_eq!((titled.x_title.as_deref(), titled.y_title.as_deref()), (Some(""), Some("GWh a year")));
        assert!(titled.values == Some(false) && !titled.zero);
        let left_out = try_settle(json!({"data": "t1", "kind": "bar", "y": "output"})).unwrap();
        assert_eq!((left_out.x.as_str(), left_out.x_title, left_out.values), ("Station", None, None));
    }

    #[test]
    fn dates_begin_and_end() {
        let day = |text: &str| start_of(text).unwrap();
        assert_eq!(day("2016"), day("2016-01-01"));
        assert_eq!(day("2016-08"), day("2016-08-01"));
        assert_eq!(end_of("2025"), start_of("2025-12-31"));
        assert_eq!(end_of("2024-02"), start_of("2024-02-29"));
        assert_eq!(end_of("2024-02-03"), start_of("2024-02-03"));
        assert_eq!((start_of("soon"), end_of("2024-13")), (None, None));
    }
}
