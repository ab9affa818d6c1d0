//! What a script says must hold of a figure or a table, held against what there is.

use super::output::Output;
use super::plan::Assertion;
use polymath_chat::{Cell, FigureStatus, Provenance, Table};
use polymath_quantity::{figures, human};
use serde_json::Value;

/// How far two figures may be apart that are equal, in proportion.
const EQUAL: f64 = 1e-9;

/// A figure that is looked at, and what is known of it.
struct Seen {
    shown: String,
    number: Option<f64>,
    status: &'static str,
}

/// What holds, in a line. `output` is what the assertion is about, its values filled in.
///
/// # Errors
/// What does not hold, and what there is instead.
pub fn check(assertion: &Assertion, of: &str, output: &Output) -> Result<String, String> {
    let mut told = Vec::new();
    if let Some((least, most)) = assertion.rows {
        let rows = match &output.table {
            Some(table) => chosen(table, assertion, of)?.len(),
            None => return Err(format!("{of} has no table whose rows could be counted")),
        };
        let wanted = if least == most { least.to_string() } else { format!("{least} to {most}") };
        if !(least..=most).contains(&rows) {
            return Err(format!("{of} has {rows} rows and should have {wanted}"));
        }
        told.push(format!("{rows} rows"));
    }
    let values = [&assertion.equals, &assertion.min, &assertion.max];
    if values.iter().all(|value| value.is_none()) && assertion.status.is_empty() {
        return Ok(format!("{of}: {}", told.join(", ")));
    }
    let (seen, in_table) = match (&output.table, &assertion.column) {
        (Some(table), Some(column)) => (column_of(table, column, assertion, of)?, true),
        (Some(table), None) if output.cell.is_none() => {
            let names = table.columns.join(", ");
            return Err(format!("{of} is a table; say which column is meant: {names}"));
        }
        (None, Some(column)) => return Err(format!("{of} has no table with a column {column}")),
        _ => (said(output), false),
    };
    // All cells of a column; of an answer, one of its figures.
    let holds = |seen: &Seen| value(assertion, seen);
    let failed: Vec<String> = seen.iter().filter_map(|s| holds(s).err()).collect();
    let enough = if in_table { failed.is_empty() } else { failed.len() < seen.len() };
    if seen.is_empty() {
        return Err(format!("{of} has no figure"));
    }
    if !enough {
        return Err(format!("{of}: {}", failed.first().cloned().unwrap_or_default()));
    }
    let right: Vec<&Seen> = seen.iter().filter(|s| holds(s).is_ok()).collect();
    let wrong = right.iter().find(|s| !assertion.status.is_empty() && !assertion.status.iter().any(|w| w == s.status));
    if let Some(wrong) = wrong {
        let wanted = assertion.status.join(" or ");
        return Err(format!("{of}: {} is {} and should be {wanted}", wrong.shown, wrong.status));
    }
    told.push(match right.as_slice() {
        [one] => one.shown.clone(),
        many => format!("{} values", many.len()),
    });
    Ok(format!("{of}: {}", told.join(", ")))
}

/// The rows that it is about.
fn chosen<'a>(table: &'a Table, assertion: &Assertion, of: &str) -> Result<Vec<&'a Vec<Cell>>, String> {
    let mut rows: Vec<&Vec<Cell>> = table.rows.iter().collect();
    for (column, value) in &assertion.rows_where {
        let at = place(table, column, of)?;
        let wanted = text(value);
        let same = |cell: &Cell| match (cell.number, number(value)) {
            (Some(is), Some(wanted)) => is == wanted,
            _ => cell.display().to_lowercase() == wanted.to_lowercase(),
        };
        rows.retain(|row| same(&row[at]));
    }
    Ok(rows)
}

fn column_of(table: &Table, column: &str, assertion: &Assertion, of: &str) -> Result<Vec<Seen>, String> {
    let at = place(table, column, of)?;
    let rows = chosen(table, assertion, of)?;
    if rows.is_empty() {
        return Err(format!("{of} has no row of which this could hold"));
    }
    let seen = |row: &Vec<Cell>| Seen {
        shown: row[at].display().to_owned(),
        number: row[at].number,
        status: status(&row[at].provenance),
    };
    Ok(rows.into_iter().map(seen).collect())
}

fn place(table: &Table, column: &str, of: &str) -> Result<usize, String> {
    let found = table.columns.iter().position(|known| known.eq_ignore_ascii_case(column));
    found.ok_or_else(|| format!("{of} has no column {column}; it has {}", table.columns.join(", ")))
}

/// The figures of a text: those that an answer was checked by, or its one value.
fn said(output: &Output) -> Vec<Seen> {
    if !output.figures.is_empty() {
        let of = |figure: &polymath_chat::Figure| Seen {
            number: figures(&figure.text).into_iter().find_map(|f| f.number),
            shown: figure.text.clone(),
            status: status_name(figure.status),
        };
        return output.figures.iter().map(of).collect();
    }
    let of =
        |cell: &Cell| Seen { shown: cell.display().to_owned(), number: cell.number, status: status(&cell.provenance) };
    output.cell.iter().map(of).collect()
}

fn value(assertion: &Assertion, seen: &Seen) -> Result<(), String> {
    let shown = &seen.shown;
    if let Some(equals) = &assertion.equals {
        let apart = match (seen.number, number(equals)) {
            (Some(is), Some(wanted)) => (is - wanted).abs() > allowed(assertion, wanted),
            _ => !shown.trim().eq_ignore_ascii_case(text(equals).trim()),
        };
        if apart {
            return Err(format!("{shown} should be {}", text(equals)));
        }
    }
    for (bound, least) in [(&assertion.min, true), (&assertion.max, false)] {
        let Some(wanted) = bound.as_ref() else { continue };
        let Some(limit) = number(wanted) else { return Err(format!("{} is no number", text(wanted))) };
        let is = seen.number.ok_or_else(|| format!("{shown} is no number"))?;
        if least && is < limit || !least && is > limit {
            let sign = if least { "at least" } else { "at most" };
            return Err(format!("{shown} should be {sign} {}", text(wanted)));
        }
    }
    Ok(())
}

fn allowed(assertion: &Assertion, wanted: f64) -> f64 {
    let tolerance = assertion.tolerance.as_ref();
    let proportion = tolerance.and_then(Value::as_str).is_some_and(|t| t.trim().ends_with('%'));
    match tolerance.and_then(number) {
        Some(share) if proportion => share * wanted.abs(),
        Some(distance) => distance,
        None => EQUAL * wanted.abs(),
    }
}

/// A value in plain units: `"$1.2 billion"` is 1.2e9.
fn number(value: &Value) -> Option<f64> {
    match value {
        Value::Number(number) => number.as_f64(),
        Value::String(text) => figures(text).into_iter().find_map(|figure| figure.number),
        _ => None,
    }
}

fn text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Number(number) => number.as_f64().map_or_else(|| number.to_string(), human),
        other => other.to_string(),
    }
}

fn status(provenance: &Provenance) -> &'static str {
    match provenance {
        Provenance::Sourced { .. } => "sourced",
        Provenance::Computed { .. } => "computed",
        Provenance::Imputed { .. } => "imputed",
        Provenance::Extrapolated { .. } => "extrapolated",
        Provenance::Given => "given",
        Provenance::Unverified => "unverified",
        Provenance::Missing => "missing",
    }
}

fn status_name(status: FigureStatus) -> &'static str {
    match status {
        FigureStatus::Sourced => "sourced",
        FigureStatus::Computed => "computed",
        FigureStatus::Imputed => "imputed",
        FigureStatus::Extrapolated => "extrapolated",
        FigureStatus::Given => "given",
        FigureStatus::Unverified => "unverified",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn output() -> Output {
        let cell = |text: &str, number: f64, provenance| Cell { number: Some(number), ..Cell::new(text, provenance) };
        let name = |text: &str| Cell::new(text, Provenance::Given);
        let rows = vec![
            vec![name("Nord"), cell("1.2 million", 1.2e6, Provenance::Computed { how: "sql".into() })],
            vec![name("Süd"), cell("0.9 million", 0.9e6, Provenance::Given)],
        ];
        let columns = vec!["Region".into(), "Total".into()];
        Output { table: Some(Table { title: "t".into(), columns, rows }), ..Output::default() }
    }

    #[track_caller]
    fn fails(assertion: Assertion, want: &str) {
        let told = check(&assertion, "sales", &output());
        assert!(told.as_ref().is_err_and(|why| why.contains(want)), "{told:?}");
    }

    fn about(column: &str) -> Assertion {
        Assertion { column: Some(column.into()), ..Assertion::default() }
    }

    #[test]
    fn a_tables_values_are_held_against_what_should_be() {
        fails(Assertion { rows: Some((3, 5)), ..Assertion::default() }, "has 2 rows and should have 3 to 5");
        fails(Assertion { min: Some(json!(1_000_000)), ..about("total") }, "0.9 million should be at least 1 million");
        fails(Assertion { max: Some(json!("1 million")), ..about("total") }, "1.2 million should be at most 1 million");
        fails(Assertion { status: vec!["computed".into()], ..about("Total") }, "0.9 million is given and should be");
        fails(Assertion { equals: Some(json!(1)), ..about("Sum") }, "has no column Sum; it has Region, Total");
        fails(Assertion { equals: Some(json!(1)), ..Assertion::default() }, "say which column");
        let south = |tolerance: Value| Assertion {
            rows_where: vec![("Region".into(), json!("süd"))],
            rows: Some((1, 1)),
            equals: Some(json!("0.91 million")),
            tolerance: Some(tolerance),
            ..about("Total")
        };
        assert!(check(&south(json!("2%")), "sales", &output()).is_ok_and(|told| told.contains("1 rows, 0.9 million")));
        fails(south(json!(5000)), "0.9 million should be 0.91 million");
    }

    #[test]
    fn of_an_answer_one_figure_has_to_be_it() {
        let figure = |text: &str, status| polymath_chat::Figure { text: text.into(), status, evidence: String::new() };
        let figures = vec![figure("1871", FigureStatus::Given), figure("14.2", FigureStatus::Sourced)];
        let answer = Output { text: "14.2 m since 1871".into(), figures, ..Output::default() };
        let assertion = |equals: f64| Assertion {
            equals: Some(json!(equals)),
            status: vec!["sourced".into()],
            ..Assertion::default()
        };
        assert!(check(&assertion(14.2), "depth", &answer).is_ok());
        assert!(check(&assertion(15.0), "depth", &answer).is_err());
        assert!(check(&assertion(1871.0), "depth", &answer).is_err_and(|why| why.contains("is given")));
    }
}
