//! `/chart c1 log`: a chart's specification with some things changed. What can be changed, and how it
//! is written, is said by the chart tool's own schema.

use polymath_chat::Chart;
use serde_json::{Map, Value};

/// The arguments that draw the chart again with these changes.
///
/// A flag is set by its name and unset by `no` before it, one of a list's words is set by itself
/// (`bar`), all else is `name=value`; a value with spaces is quoted.
///
/// # Errors
/// Says which word is none of these, and what there is.
pub fn changed(chart: &Chart, changes: &str, schema: &Value) -> Result<Value, String> {
    let chart = Chart { name: String::new(), ..chart.clone() };
    let mut arguments = match serde_json::to_value(chart) {
        Ok(Value::Object(map)) => map,
        _ => return Err("the chart's specification can't be read".into()),
    };
    let none = Map::new();
    let known = schema["properties"].as_object().unwrap_or(&none);
    for word in words(changes)? {
        let (name, value) = change(&word, known)?;
        match value {
            Value::Null => drop(arguments.remove(&name)),
            value => drop(arguments.insert(name, value)),
        }
    }
    Ok(Value::Object(arguments))
}

/// The property that a word changes, and its new value.
fn change(word: &str, known: &Map<String, Value>) -> Result<(String, Value), String> {
    let is = |name: &str, kind: &str| known.get(name).is_some_and(|property| property["type"] == kind);
    if let Some((name, value)) = word.split_once('=').filter(|(name, _)| known.contains_key(*name)) {
        let value = match value {
            "" => Value::Null,
            value if is(name, "string") => value.into(),
            value => serde_json::from_str(value).unwrap_or_else(|_| value.into()),
        };
        return Ok((name.to_owned(), value));
    }
    let unset = match word {
        "linear" => Some("log"),
        word => word.strip_prefix("no"),
    };
    if is(word, "boolean") {
        return Ok((word.to_owned(), true.into()));
    }
    if let Some(name) = unset.filter(|name| is(name, "boolean")) {
        return Ok((name.to_owned(), false.into()));
    }
    let of_list = known.iter().find(|(_, p)| p["enum"].as_array().is_some_and(|list| list.iter().any(|v| v == word)));
    if let Some((name, _)) = of_list {
        return Ok((name.clone(), word.into()));
    }
    let flags = known.iter().filter(|(_, p)| p["type"] == "boolean").map(|(name, _)| name.as_str());
    let lists = known.values().filter_map(|p| p["enum"].as_array()).flatten().filter_map(Value::as_str);
    let words: Vec<&str> = flags.chain(lists).collect();
    let names: Vec<String> = known.keys().map(|name| format!("{name}=…")).collect();
    Err(format!("`{word}` changes nothing of a chart; there are {} and {}", words.join(", "), names.join(", ")))
}

/// The words of a line; quotes keep several together.
fn words(line: &str) -> Result<Vec<String>, String> {
    let mut words = Vec::new();
    let mut word = None::<String>;
    let mut quote = None;
    for c in line.chars() {
        match quote {
            Some(end) if c == end => quote = None,
            Some(_) => word.get_or_insert_default().push(c),
            None if c == '"' || c == '\'' => {
                quote = Some(c);
                word.get_or_insert_default();
            }
            None if c.is_whitespace() => words.extend(word.take()),
            None => word.get_or_insert_default().push(c),
        }
    }
    if quote.is_some() {
        return Err("a quotation mark has no second one".into());
    }
    words.extend(word);
    Ok(words)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use serde_json::json;

    fn apply(changes: &str) -> Result<Value, String> {
        let schema = json!({"properties": {
            "kind": {"type": "string", "enum": ["line", "bar"]}, "log": {"type": "boolean"}, "grid": {"type": "boolean"},
            "title": {"type": "string"}, "until": {"type": ["string", "number"]}}});
        let chart =
            Chart { name: "c1".into(), table: "t1".into(), kind: "line".into(), grid: true, ..Chart::default() };
        changed(&chart, changes, &schema)
    }

    #[test]
    fn what_is_named_changes_and_all_else_stays() {
        let want = json!({"data": "t1", "kind": "bar", "y": "", "grid": true, "log": true, "title": "a b", "until": 7});
        assert_eq!(apply("log bar title=\"a b\" until=7").unwrap(), want);
        assert_eq!(
            apply("nogrid linear").unwrap(),
            json!({"data": "t1", "kind": "line", "y": "", "grid": false, "log": false})
        );
        assert_eq!(apply("").unwrap(), json!({"data": "t1", "kind": "line", "y": "", "grid": true}));
        let error = apply("purple").unwrap_err();
        assert!(
            error.contains("`purple`") && error.contains("grid, line, bar") && error.contains("title=…"),
            "{error}"
        );
        assert!(apply("title='a").is_err());
    }
}
