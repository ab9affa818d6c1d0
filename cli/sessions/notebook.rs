//! A conversation as a Jupyter notebook (nbformat 4.5): its Python programs are cells that run again,
//! with what they printed and drew; tables that they knew by name are made in a first cell.
//!
//! Format: <https://nbformat.readthedocs.io/en/latest/format_description.html>

use crate::report::ReportTurn;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use polymath_agent::session::SessionRecord;
use polymath_chat::{Artifact, Cell, Event, Table};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::path::PathBuf;

/// A picture larger than this is named and not embedded (bytes).
const LARGEST_PICTURE: u64 = 20 << 20;

/// `turns`: those that are told, by their numbers.
pub fn notebook(record: &SessionRecord, turns: &BTreeMap<u32, ReportTurn>) -> Value {
    let mut cells = vec![text(&format!("# {}", record.info.title))];
    if let Some(code) = tables(&record.chat.tables) {
        cells.push(program(&code, vec![]));
    }
    for (number, turn) in turns {
        let said: String = turn.said.iter().map(|said| format!("\n\n> {}", said.replace('\n', "\n> "))).collect();
        cells.push(text(&format!("## {}{said}", turn.question)));
        let programs = programs(record, *number);
        let shown = programs.iter().flat_map(|(_, artifacts)| artifacts);
        let shown: Vec<&PathBuf> = shown.map(|artifact| &artifact.path).collect();
        let pictures = turn.artifacts.iter().filter(|artifact| !shown.contains(&&artifact.path));
        let answer = with_pictures(&answer(turn), pictures);
        cells.extend(programs.into_iter().map(|(cell, _)| cell));
        cells.push(answer);
    }
    for (number, cell) in cells.iter_mut().enumerate() {
        cell["id"] = format!("cell-{}", number + 1).into();
    }
    let kernel = json!({"display_name": "Python 3", "language": "python", "name": "python3"});
    let metadata = json!({"kernelspec": kernel, "language_info": {"name": "python"}});
    json!({"nbformat": 4, "nbformat_minor": 5, "metadata": metadata, "cells": cells})
}

fn text(source: &str) -> Value {
    json!({"cell_type": "markdown", "metadata": {}, "source": source})
}

fn program(source: &str, outputs: Vec<Value>) -> Value {
    json!({"cell_type": "code", "execution_count": null, "metadata": {}, "source": source, "outputs": outputs})
}

fn answer(turn: &ReportTurn) -> String {
    let sources: String = turn.citations.iter().map(|c| format!("\n- [{}] {} — <{}>", c.n, c.title, c.url)).collect();
    let head = if sources.is_empty() { "" } else { "\n\nSources:\n" };
    format!("{}{head}{sources}", turn.answer_markdown)
}

/// A text with pictures below it, which are inside of the cell.
fn with_pictures<'a>(source: &str, pictures: impl Iterator<Item = &'a Artifact>) -> Value {
    let mut cell = text(source);
    let mut source = source.to_owned();
    for (number, picture) in pictures.filter_map(encoded).enumerate() {
        let name = format!("picture-{}", number + 1);
        source.push_str(&format!("\n\n![{name}](attachment:{name})"));
        cell["attachments"][&name] = picture;
    }
    cell["source"] = source.into();
    cell
}

/// The turn's Python programs with their results, and the files they made.
fn programs(record: &SessionRecord, turn: u32) -> Vec<(Value, Vec<Artifact>)> {
    let events = || record.events.iter().filter(|e| e.turn == turn).map(|e| &e.event);
    let calls = events().filter_map(|event| match event {
        Event::Call { id, tool, arguments } if tool == "python" => Some((id, arguments["code"].as_str()?)),
        _ => None,
    });
    let result = |call: &str| {
        events().find_map(|event| match event {
            Event::Result { id, content, artifacts, .. } if id == call => Some((content, artifacts)),
            _ => None,
        })
    };
    calls
        .map(|(id, code)| {
            let mut outputs = Vec::new();
            let mut made = Vec::new();
            if let Some((content, artifacts)) = result(id) {
                outputs.push(json!({"output_type": "stream", "name": "stdout", "text": content}));
                let pictures = artifacts.iter().filter_map(encoded);
                outputs.extend(pictures.map(|p| json!({"output_type": "display_data", "metadata": {}, "data": p})));
                made.clone_from(artifacts);
            }
            (program(code, outputs), made)
        })
        .collect()
}

/// A picture that is still there, under its type.
fn encoded(artifact: &Artifact) -> Option<Value> {
    if !matches!(artifact.mime.as_str(), "image/png" | "image/jpeg") || artifact.bytes > LARGEST_PICTURE {
        return None;
    }
    let bytes = std::fs::read(&artifact.path).ok()?;
    Some(json!({artifact.mime.as_str(): STANDARD.encode(bytes)}))
}

/// Python that makes the tables under the names by which programs know them.
fn tables(tables: &[Table]) -> Option<String> {
    let latest = tables.len();
    let made = tables.iter().enumerate().map(|(at, table)| {
        let rows: Vec<Vec<Value>> = table.rows.iter().map(|row| row.iter().map(value).collect()).collect();
        // A JSON text as a JSON string is a Python string too.
        let literal = |value: &Value| Value::String(value.to_string()).to_string();
        let (rows, columns) = (literal(&json!(rows)), literal(&json!(table.columns)));
        format!("t{} = pd.DataFrame(json.loads({rows}), columns=json.loads({columns}))", at + 1)
    });
    let made: Vec<String> = made.collect();
    (latest > 0).then(|| format!("import json\nimport pandas as pd\n\n{}\ndf = t{latest}", made.join("\n")))
}

fn value(cell: &Cell) -> Value {
    match (cell.number, &cell.date, &cell.text) {
        (Some(number), _, _) => json!(number),
        (_, Some(date), _) => json!(date),
        (_, _, Some(text)) => json!(text),
        _ => Value::Null,
    }
}
