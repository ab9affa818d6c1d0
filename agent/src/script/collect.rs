//! `for-each`: the things that a step is done for, and one table of what came of each.

use super::input::Inputs;
use super::instance::{Given, Item};
use super::output::{Output, row};
use super::plan::{Each, Step};
use minijinja::value::Serde;
use polymath_chat::{Cell, Provenance, Table};
use serde_json::Value;

/// The things, by what the step says: a list, or the rows of a table.
pub fn items(each: &Each, inputs: &Inputs, given: &Given) -> Result<Vec<Item>, String> {
    let list = match each {
        Each::List(list) => list,
        Each::Name(name) => match (inputs.vars.get(name), given.table(name)) {
            (Some(Value::Array(list)), _) => list,
            (_, Some(table)) => return Ok(table.rows.iter().map(|cells| of_row(table, cells)).collect()),
            _ => return Err(format!("`{name}` has no rows that this could be done for, each")),
        },
    };
    Ok(list.iter().map(of_value).collect())
}

fn of_value(value: &Value) -> Item {
    let label = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let cell = Cell { number: value.as_f64(), ..Cell::new(&label, Provenance::Given) };
    Item { value: minijinja::Value::from(Serde(value)), cells: vec![cell], columns: vec!["item".into()], label }
}

fn of_row(table: &Table, cells: &[Cell]) -> Item {
    let label = cells.first().map_or("n/a", Cell::display).to_owned();
    Item { label, value: row(table, cells), cells: cells.to_vec(), columns: table.columns.clone() }
}

/// One table of all: the rows of each where they have tables, else one row each with its value. The
/// step's `columns` are the names of the columns.
pub fn collected(step: &Step, title: String, items: &[Item], outputs: Vec<Output>) -> Result<Output, String> {
    let tables: Vec<&Table> = outputs.iter().filter_map(|o| o.table.as_ref().filter(|_| o.cell.is_none())).collect();
    let in_rows = tables.len() == outputs.len() && tables.windows(2).all(|pair| pair[0].columns == pair[1].columns);
    let own = items.first().map(|item| item.columns.clone()).unwrap_or_default();
    let (behind, mut rows) = match tables.first().filter(|_| in_rows) {
        Some(first) => {
            let rows = items.iter().zip(&tables).flat_map(|(item, table)| {
                table.rows.iter().map(|row| item.cells.iter().chain(row).cloned().collect::<Vec<Cell>>())
            });
            (first.columns.clone(), rows.collect::<Vec<_>>())
        }
        None => {
            let value = |output: &Output| match &output.cell {
                Some(cell) => cell.clone(),
                None if output.text.trim().is_empty() => Cell::missing(),
                None => Cell::new(output.text.trim(), Provenance::Unverified),
            };
            let rows = items
                .iter()
                .zip(&outputs)
                .map(|(item, output)| item.cells.iter().cloned().chain([value(output)]).collect::<Vec<Cell>>());
            (vec!["value".to_owned()], rows.collect())
        }
    };
    let mut columns: Vec<String> = own.into_iter().chain(behind).collect();
    if !step.columns.is_empty() {
        if step.columns.len() != columns.len() {
            let (wanted, there) = (step.columns.len(), columns.join(", "));
            return Err(format!("`columns` names {wanted} columns, and collected were {}: {there}", columns.len()));
        }
        columns.clone_from(&step.columns);
    }
    rows.iter_mut().for_each(|row| row.truncate(columns.len()));
    let text = items.iter().zip(&outputs).map(|(item, output)| format!("{}: {}", item.label, output.text.trim()));
    let text = text.collect::<Vec<_>>().join("\n\n");
    let table = Some(Table { title: title.clone(), columns, rows });
    let mut all = Output { title, text, table, ..Output::default() };
    for output in outputs {
        all.tokens += output.tokens;
        all.artifacts.extend(output.artifacts);
        all.figures.extend(output.figures);
        for mut citation in output.citations {
            // Each conversation counts its pages from one.
            if all.citations.iter().all(|known| known.url != citation.url) {
                citation.n = all.citations.len() + 1;
                all.citations.push(citation);
            }
        }
    }
    Ok(all)
}
