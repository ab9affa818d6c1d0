//! Rows that a model copies out of prose, under a grammar in which a cell is a piece of the page.

use super::shape::{Kind, Row, Shape};
use crate::evidence::{clip, select};
use crate::guide::state::{piece_of, quoted, with_unit};
use crate::lead::Turn;
use crate::prompts::ROWS;
use polymath_chat::{Cell, Constraint, Provenance, Source, Table};
use polymath_quantity::{Column as Units, Figure, figures, figures_in, read};
use polymath_tools::browser::number_style;
use serde_json::{Map, Value};
use std::collections::HashSet;

/// Copies rows out of a page's prose.
pub async fn copy_rows(turn: &mut Turn<'_>, shape: &Shape, source: &Source, query: &str) -> anyhow::Result<Vec<Row>> {
    let passages = select(std::slice::from_ref(source), query, 1500);
    // Rows of a table mean nothing without its head: they were read as a table, or are none of ours.
    let tabular = turn.chat.page_tables.iter().any(|t| came_from(t, source));
    let prose = passages.iter().filter(|p| !(tabular && p.text.contains(" | ")));
    let lines: Vec<String> = prose.map(|p| plain(&p.text)).collect();
    let text = lines.join("\n");
    let spotted = figures(&text);
    if spotted.is_empty() {
        return Ok(Vec::new());
    }
    let listed: String = lines.iter().map(|line| format!("- {line}\n")).collect();
    let prompt = format!("Page: {}\n{listed}Request: {}", plain(&source.title), clip(&plain(&turn.asked), 500));
    let task = ROWS.ask(prompt, 500).constrained(Constraint::Lark(row_grammar(shape, &text, &spotted)));
    let reply = match turn.complete(task).await {
        Ok(reply) => reply,
        // Rows without end: this page is left out, the others may do.
        Err(polymath_chat::CompletionError::TooLong(_)) => return Ok(Vec::new()),
        Err(other) => return Err(other.into()),
    };
    tracing::debug!("rows of {}: {reply}", source.url);
    let mut rows: Vec<Map<String, Value>> = serde_json::from_str(&reply)?;
    let mut seen = HashSet::new();
    rows.retain(|row| seen.insert(Value::Object(row.clone()).to_string()));
    let keys: Vec<String> =
        rows.iter().filter_map(|r| r.get(&shape.columns[0].name)?.as_str().map(str::to_owned)).collect();
    Ok(rows.iter().map(|row| read_row(row, shape, source, &lines, &keys)).collect())
}

/// Whether a table stands on a page.
pub fn came_from(table: &Table, source: &Source) -> bool {
    let mut cells = table.rows.iter().flatten();
    cells.any(|c| matches!(&*c.provenance, Provenance::Sourced { url, .. } if *url == source.url))
}

/// Rows whose cells are pieces of `text`.
fn row_grammar(shape: &Shape, text: &str, spotted: &[Figure]) -> String {
    let alternatives = |wanted: &dyn Fn(&Figure) -> bool| {
        let mut seen = HashSet::new();
        let literals: Vec<String> = spotted
            .iter()
            .filter(|f| wanted(f) && seen.insert(f.text.as_str()))
            .map(|f| quoted(&quoted(with_unit(f, text))))
            .collect();
        if literals.is_empty() { quoted("null") } else { format!("{} | {}", quoted("null"), literals.join(" | ")) }
    };
    let cells = shape.columns.iter().enumerate().map(|(i, column)| {
        let label = quoted(&format!("{}{}:", if i == 0 { "{" } else { "," }, quoted(&column.name)));
        let cell = match (i, column.kind) {
            (0, _) => "key",
            (_, Kind::Text) => "words",
            (_, Kind::Number) => "number",
            (_, Kind::Date) => "date",
        };
        format!("{label} {cell}")
    });
    format!(
        "start: \"[\" [row (\",\" row){{0,9}}] \"]\"\nrow: {} \"}}\"\nkey: \"\\\"\" WORDS \"\\\"\"\nwords: \"null\" | \"\\\"\" WORDS \"\\\"\"\nnumber: {}\ndate: {}\nWORDS: {}\n",
        cells.collect::<Vec<_>>().join(" "),
        alternatives(&|f| f.number.is_some() && f.date.as_ref().is_none_or(|d| d.is_year())),
        alternatives(&|f| f.date.is_some()),
        piece_of(text)
    )
}

/// A row with its passages; a cell that the page does not say of this row is dropped.
fn read_row(row: &Map<String, Value>, shape: &Shape, source: &Source, lines: &[String], keys: &[String]) -> Row {
    let key = row.get(&shape.columns[0].name).and_then(Value::as_str).unwrap_or_default().trim();
    let mut seen = HashSet::new();
    let cells = shape.columns.iter().enumerate().map(|(i, column)| {
        let text = row.get(&column.name).and_then(Value::as_str).map(str::trim).filter(|t| !t.is_empty());
        // A heading in front of a line is not the page's word for the thing.
        let text = text.map(|t| t.strip_prefix(&format!("{}: ", source.title)).unwrap_or(t));
        let Some(text) = text else { return Cell::missing() };
        let line = line_of(text, key, lines, keys, i == 0);
        let (Some(line), true) = (line, seen.insert(text.to_owned())) else { return Cell::missing() };
        let provenance =
            Provenance::Sourced { url: source.url.clone(), title: source.title.clone(), quote: line.to_owned() };
        let (number, date) = match column.kind {
            Kind::Text => (None, None),
            Kind::Number => {
                let style = number_style(&source.text);
                let own = Units::default().in_style(style).read(text).number;
                (own.or_else(|| figures_in(text, style).first().and_then(|f| f.number)), None)
            }
            Kind::Date => (None, read(text).iso()),
        };
        Cell { text: Some(text.into()), number, date, provenance: provenance.into() }
    });
    cells.collect()
}

/// The line that says `text` of the row `key`: one that names the key, nearer than it names another
/// row's; or, on a page with one row only, any line.
fn line_of<'a>(text: &str, key: &str, lines: &'a [String], keys: &[String], is_key: bool) -> Option<&'a str> {
    let mut with_text = lines.iter().filter(|l| l.contains(text));
    let single = keys.iter().all(|k| k == key);
    if is_key || single {
        return with_text.next().map(String::as_str);
    }
    let distance = |line: &str, name: &str| {
        let places =
            line.match_indices(text).flat_map(|(at, _)| line.match_indices(name).map(move |(k, _)| at.abs_diff(k)));
        places.min()
    };
    with_text
        .find(|line| {
            let own = distance(line, key);
            let others = keys.iter().filter(|k| *k != key).filter_map(|k| distance(line, k)).min();
            match (own, others) {
                (Some(own), Some(other)) => own <= other,
                (Some(_), None) => true,
                (None, _) => false,
            }
        })
        .map(String::as_str)
}

/// Text that can stand in a JSON string and in a Lark literal without escapes.
fn plain(text: &str) -> String {
    text.chars()
        .map(|c| {
            if c == '"' {
                '\''
            } else if c == '\\' || c.is_control() {
                ' '
            } else {
                c
            }
        })
        .collect()
}
