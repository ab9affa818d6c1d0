//! JSON: an array of objects, an object of columns, or an object in every line.

use polymath_reader::grid::{CELLS, Found, Grid, ROWS, Raw, Row, too_large};
use serde_json::{Map, Value};
use std::collections::HashMap;

/// How deep objects within objects become columns (`address.city`); what is deeper stays JSON.
const DEPTH: usize = 3;
/// More columns than this are a dictionary with data for names.
const COLUMNS: usize = 500;

/// The records of `text`. `lines` says that each line is a JSON text of its own.
pub fn read(text: &str, lines: bool) -> Found {
    let (records, notice) = if lines {
        (by_lines(text)?, None)
    } else {
        match serde_json::from_str(text) {
            Ok(value) => match records(value) {
                Some(found) => found,
                None => return Ok(None),
            },
            // Some call JSON lines .json.
            Err(error) => match by_lines(text) {
                Ok(records) if records.len() > 1 => (records, None),
                _ => return Err(format!("it is no JSON: {error}")),
            },
        }
    };
    if records.is_empty() {
        return Ok(None);
    }
    let mut grid = table(records)?;
    grid.notices.extend(notice);
    Ok(Some(grid))
}

fn by_lines(text: &str) -> Result<Vec<Map<String, Value>>, String> {
    let mut records = Vec::new();
    for (at, line) in text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
        let wrong = |why: String| format!("line {} is no JSON object: {why}", at + 1);
        match serde_json::from_str(line).map_err(|error| wrong(error.to_string()))? {
            Value::Object(record) => records.push(record),
            _ => return Err(wrong("it is another value".to_owned())),
        }
        if records.len() > ROWS {
            return Err(too_large());
        }
    }
    Ok(records)
}

type Records = (Vec<Map<String, Value>>, Option<String>);

/// The records of a JSON text, and which part of it they are.
fn records(value: Value) -> Option<Records> {
    match value {
        Value::Array(items) => objects(items).map(|records| (records, None)),
        Value::Object(map) => columns(&map).map(|records| (records, None)).or_else(|| only_list(map)),
        _ => None,
    }
}

fn objects(items: Vec<Value>) -> Option<Vec<Map<String, Value>>> {
    items.into_iter().map(|item| if let Value::Object(record) = item { Some(record) } else { None }).collect()
}

/// `{"a": [1, 2], "b": [3, 4]}`
fn columns(map: &Map<String, Value>) -> Option<Vec<Map<String, Value>>> {
    let lists: Vec<(&String, &Vec<Value>)> =
        map.iter().map(|(name, value)| Some((name, value.as_array()?))).collect::<Option<_>>()?;
    let height = lists.first()?.1.len();
    let plain = |list: &Vec<Value>| list.len() == height && list.iter().all(|v| !v.is_object() && !v.is_array());
    if !lists.iter().all(|(_, list)| plain(list)) {
        return None;
    }
    let record = |at: usize| lists.iter().map(|(name, list)| ((*name).clone(), list[at].clone())).collect();
    Some((0..height).map(record).collect())
}

/// The only list of objects within an object: `{"status": "ok", "data": [{…}, …]}`.
fn only_list(map: Map<String, Value>) -> Option<Records> {
    let is_list = |value: &Value| value.as_array().is_some_and(|l| !l.is_empty() && l.iter().all(Value::is_object));
    let mut lists = map.into_iter().filter(|(_, value)| is_list(value));
    let (name, value) = lists.next()?;
    if lists.next().is_some() {
        return None;
    }
    let Value::Array(items) = value else { return None };
    Some((objects(items)?, Some(format!("the table is what stands under \"{name}\""))))
}

fn table(records: Vec<Map<String, Value>>) -> Result<Grid, String> {
    let (mut header, mut places): (Vec<String>, HashMap<String, usize>) = Default::default();
    let mut rows = Vec::new();
    if records.len() > ROWS {
        return Err(too_large());
    }
    for (at, record) in records.into_iter().enumerate() {
        let mut cells: Vec<Raw> = Vec::new();
        let mut put = |name: String, value: Value| {
            let place = *places.entry(name).or_insert_with_key(|name| {
                header.push(name.clone());
                header.len() - 1
            });
            if cells.len() <= place {
                cells.resize(place + 1, Raw::default());
            }
            cells[place] = cell(value);
        };
        flat(String::new(), Value::Object(record), DEPTH, &mut put);
        rows.push(Row { line: at + 1, cells });
        if header.len() > COLUMNS {
            return Err(format!("its objects have more than {COLUMNS} different names"));
        }
        if header.len() * rows.len() > CELLS {
            return Err(too_large());
        }
    }
    Ok(Grid { header: Some(header), rows, ..Grid::default() })
}

/// Calls `put` for every value that is no object, with its path.
fn flat(path: String, value: Value, depth: usize, put: &mut dyn FnMut(String, Value)) {
    match value {
        Value::Object(map) if depth > 0 => {
            for (name, value) in map {
                let path = if path.is_empty() { name } else { format!("{path}.{name}") };
                flat(path, value, depth - 1, put);
            }
        }
        value => put(path, value),
    }
}

fn cell(value: Value) -> Raw {
    match value {
        Value::Null => Raw::default(),
        Value::String(text) => Raw::written(&text),
        other => Raw::exact(other.to_string()),
    }
}
