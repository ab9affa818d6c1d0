//! Tables as JSON: `{"tables": [{"name", "title", "columns": [{"name", "type", "unit"?, "currency"?, …}], "rows":
//! [{COLUMN: value}], "cells": [[{"text", "status", "url"?, "title"?, "how"?, "range"?}]]}]}`. `rows` is for programs
//! that want values; `cells` says of each what was written and where it comes from.

use super::origin::{Origin, origin, status};
use super::types::{Range, Value, column_types, value};
use polymath_chat::{Cell, ColumnKind, Table};
use polymath_quantity::Column;
use serde_json::{Map, Value as Json, json};

pub fn json(tables: &[(String, &Table)]) -> Vec<u8> {
    let all: Vec<Json> = tables.iter().map(|(name, table)| one(name, table)).collect();
    format!("{:#}\n", json!({ "tables": all })).into_bytes()
}

fn one(name: &str, table: &Table) -> Json {
    let types = column_types(table);
    let headers: Vec<Column> = table.columns.iter().map(|name| Column::of(name)).collect();
    let columns = table.columns.iter().zip(&types).map(|(name, kind)| {
        let mut column = json!({ "name": name });
        if let (Some(column), Ok(Json::Object(kind))) = (column.as_object_mut(), serde_json::to_value(kind)) {
            column.extend(kind);
        }
        column
    });
    let names = unique(&table.columns);
    let row = |row: &Vec<Cell>| {
        let pairs = row.iter().enumerate().map(|(at, cell)| {
            let plain = match value(cell, &types[at].kind, &headers[at]).0 {
                Value::Missing => Json::Null,
                Value::Number(number) => json!(number),
                Value::Boolean(value) => json!(value),
                Value::Date(text) | Value::Text(text) => json!(text),
            };
            (names[at].clone(), plain)
        });
        Json::Object(pairs.collect::<Map<String, Json>>())
    };
    let cells = |row: &Vec<Cell>| {
        Json::Array(row.iter().enumerate().map(|(at, c)| cell(c, &types[at].kind, &headers[at])).collect())
    };
    json!({
        "name": name,
        "title": table.title,
        "columns": columns.collect::<Vec<Json>>(),
        "rows": table.rows.iter().map(row).collect::<Vec<Json>>(),
        "cells": table.rows.iter().map(cells).collect::<Vec<Json>>(),
    })
}

fn cell(cell: &Cell, kind: &ColumnKind, header: &Column) -> Json {
    let mut told = json!({"text": cell.text, "status": status(cell)});
    let Origin { url, title, how } = origin(cell);
    for (name, text) in [("url", url), ("title", title), ("how", how)] {
        if !text.is_empty() {
            told[name] = json!(text);
        }
    }
    if let Some(range) = value(cell, kind, header).1 {
        told["range"] = match range {
            Range::Between(low, high) => json!([low, high]),
            Range::About => json!("about"),
            Range::Over => json!("over"),
            Range::Under => json!("under"),
            Range::AtLeast => json!("at least"),
            Range::AtMost => json!("at most"),
        };
    }
    told
}

/// Names that differ: a second `Year` is `Year 2`.
fn unique(columns: &[String]) -> Vec<String> {
    let mut all: Vec<String> = Vec::new();
    for name in columns {
        let mut free = name.clone();
        let mut number = 2;
        while all.contains(&free) {
            free = format!("{name} {number}");
            number += 1;
        }
        all.push(free);
    }
    all
}
