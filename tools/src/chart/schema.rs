//! What a chart's specification may say: the fields of the tool's arguments, checked by name before they are
//! read, and the same as a JSON schema for people (`docs/chart.schema.json`), which also says what goes together.

use super::fit::METHODS;
use super::palette::THEMES;
use serde_json::{Map, Value, json};
use std::ops::RangeInclusive;

/// The kinds of chart.
pub const KINDS: [&str; 9] = ["line", "bar", "barh", "pie", "scatter", "hist", "area", "box", "heat"];
/// Those that an option is for.
pub const SYMLOG: [&str; 6] = ["line", "scatter", "area", "bar", "barh", "box"];
pub const STACKED: [&str; 3] = ["bar", "barh", "area"];
pub const ERRORS: [&str; 4] = ["line", "scatter", "bar", "barh"];
pub const VALUED: [&str; 8] = ["line", "bar", "barh", "pie", "scatter", "hist", "area", "heat"];
pub const TRENDS: [&str; 3] = ["line", "area", "scatter"];
/// Bars of a histogram, at most.
pub const MOST_BINS: usize = 500;
/// How wide a picture may be, in pixels.
pub const WIDTHS: RangeInclusive<u32> = 320..=2880;
/// Pixels of a PNG for each of the picture's.
pub const MOST_SCALE: u32 = 4;

/// The tool's arguments as a JSON schema: an object with a property a field.
pub fn parameters() -> Value {
    let column = |what: &str| json!({"type": "string", "description": what});
    json!({
        "type": "object",
        "properties": {
            "data": {"type": "string", "description": "the table's name, such as t1"},
            "kind": {"type": "string", "enum": KINDS},
            "x": column("the column across: names, dates or numbers; a histogram has none"),
            "y": column("the column of numbers"),
            "series": column("a column whose values become lines or groups of bars"),
            "facet": column("a column whose values have a small chart each"),
            "log": {"type": "boolean", "description": "a logarithmic axis for y"},
            "symlog": {"type": "boolean", "description": "the same for zero and negative values"},
            "bin": {"type": "number", "description": "how wide a histogram's bars are"},
            "grid": {"type": "boolean"},
            "stack": {"type": "boolean", "description": "series on top of each other"},
            "share": {"type": "boolean", "description": "stacked series in percent of their sum"},
            "zero": {"type": "boolean", "description": "the axis of y starts at zero"},
            "values": {"type": "boolean", "description": "values written at bars and points; false: none"},
            "error": column("a column of how far y may be off"),
            "lines": {"type": "array", "items": {"type": "number"}, "description": "values of y marked by a line"},
            "sort": {"type": "boolean", "description": "bars and slices by size"},
            "trend": {"type": "boolean", "description": "the straight line of least squares; with log, of the logarithm"},
            "fit": {"type": "string", "enum": METHODS, "description": "another curve for the trend"},
            "order": {"type": "integer", "description": "a polynomial's degree, or points of an average"},
            "band": {"type": "boolean", "description": "the trend's 95% confidence"},
            "until": {"type": ["string", "number"], "description": "where the trend is drawn to: YYYY-MM-DD, or a number"},
            "today": {"type": ["string", "boolean"], "description": "true, or YYYY-MM-DD: a vertical line at today"},
            "title": {"type": "string"},
            "x_title": {"type": "string", "description": "of the axis of x, empty for none"},
            "y_title": {"type": "string", "description": "of the axis of y"},
            "color": {"type": "string", "description": "of the first series: a CSS colour, such as darkgreen or #1b7837"},
            "theme": {"type": "string", "enum": THEMES.map(|(name, _)| name)},
            "width": {"type": "integer", "description": "of the picture, in pixels"},
            "scale": {"type": "integer", "description": "2: a PNG of twice the pixels, for screens"}
        },
        "required": ["data", "kind", "y"],
        "additionalProperties": false
    })
}

/// The schema that `docs` has: the arguments with their limits, and which of them go together.
pub fn document() -> Value {
    let mut schema = parameters();
    let limits = [
        ("width", json!({"minimum": WIDTHS.start(), "maximum": WIDTHS.end()})),
        ("scale", json!({"minimum": 1, "maximum": MOST_SCALE})),
        ("order", json!({"minimum": 1})),
        ("bin", json!({"exclusiveMinimum": 0})),
        ("x", json!({"minLength": 1})),
        ("y", json!({"minLength": 1})),
    ];
    for (name, limit) in limits {
        let (Some(field), Value::Object(limit)) = (schema["properties"][name].as_object_mut(), limit) else { continue };
        field.extend(limit);
    }
    let only = |option: &str, kinds: &[&str]| {
        json!({
            "if": {"properties": {option: {"const": true}}, "required": [option]},
            "then": {"properties": {"kind": {"enum": kinds}}}
        })
    };
    let never =
        |a: &str, b: &str| json!({"not": {"properties": {a: {"const": true}, b: {"const": true}}, "required": [a, b]}});
    let of_kind = |kind: &str, then: Value| json!({"if": {"properties": {"kind": {"const": kind}}}, "then": then});
    schema["allOf"] = json!([
        never("log", "symlog"),
        never("stack", "log"),
        never("stack", "symlog"),
        never("zero", "log"),
        {
            "if": {"properties": {"share": {"const": true}}, "required": ["share"]},
            "then": {"properties": {"stack": {"const": true}}, "required": ["stack", "series"]}
        },
        only("values", &VALUED),
        only("symlog", &SYMLOG),
        only("stack", &STACKED),
        only("trend", &TRENDS),
        {"if": {"required": ["error"]}, "then": {"properties": {"kind": {"enum": ERRORS}}}},
        {"not": {"properties": {"stack": {"const": true}}, "required": ["stack", "error"]}},
        of_kind("heat", json!({"required": ["series"]})),
        of_kind("hist", json!({"not": {"required": ["series"]}})),
        {"not": {"properties": {"log": {"const": true}}, "required": ["bin", "log"]}},
        of_kind("pie", json!({"not": {"anyOf": [{"required": ["facet"]}, {"required": ["series"]}]}})),
    ]);
    let mut head = Map::new();
    head.insert("$schema".into(), json!("https://json-schema.org/draft/2020-12/schema"));
    head.insert("title".into(), json!("A chart of polymath"));
    head.insert(
        "description".into(),
        json!("The arguments of the tool `chart`: `polymath tool call chart`, `/chart`, scripts and MCP take it."),
    );
    if let Value::Object(rest) = schema {
        head.extend(rest);
    }
    Value::Object(head)
}

/// Whether arguments are fields of a chart with values of their kind; `null` and empty texts are fields left out.
/// The error names the field, its value, and what is allowed.
pub fn check(args: &Value) -> Result<(), String> {
    let schema = parameters();
    let (Some(fields), Some(known)) = (args.as_object(), schema["properties"].as_object()) else {
        return Err(format!("a chart is an object of fields, and this is {args}"));
    };
    for (name, value) in fields {
        let Some(field) = known.get(name) else {
            let names: Vec<&str> = known.keys().map(String::as_str).collect();
            return Err(format!("a chart has no field `{name}`; its fields are {}", names.join(", ")));
        };
        let left_out = value.is_null() || value.as_str().is_some_and(|text| text.trim().is_empty());
        if !left_out && !fits(field, value) {
            return Err(format!("`{name}` is {value} and must be {}", wanted(name, field)));
        }
    }
    Ok(())
}

/// Whether a value can be read as what a field is. Numbers are taken for names: a column may be called 2020.
fn fits(field: &Value, value: &Value) -> bool {
    let is = |kind: &str| match kind {
        "boolean" => flag(value).is_some(),
        "integer" => value.as_u64().is_some(),
        "number" => value.is_number(),
        "array" => value.is_number() || value.as_array().is_some_and(|all| all.iter().all(Value::is_number)),
        _ => value.is_string() || value.is_number(),
    };
    match &field["type"] {
        Value::Array(kinds) => kinds.iter().filter_map(Value::as_str).any(is),
        kind => kind.as_str().is_none_or(is),
    }
}

/// A flag: `true`, or what weak models write for it.
pub fn flag(value: &Value) -> Option<bool> {
    match value.as_str().map(str::to_lowercase).as_deref() {
        Some("true" | "yes" | "on") => Some(true),
        Some("false" | "no" | "off" | "none") => Some(false),
        _ => value.as_bool(),
    }
}

/// What a field may be, in words.
fn wanted(name: &str, field: &Value) -> String {
    if let Some(list) = field["enum"].as_array() {
        let names: Vec<&str> = list.iter().filter_map(Value::as_str).collect();
        return format!("one of {}", names.join(", "));
    }
    let what = match (name, field["type"].as_str()) {
        ("today", _) => "true, or a date, YYYY-MM-DD",
        ("until", _) => "a date, YYYY-MM-DD, or a number",
        (_, Some("boolean")) => "true or false",
        (_, Some("number")) => "a number",
        (_, Some("integer")) => "a whole number above zero",
        (_, Some("array")) => "a list of numbers",
        ("title" | "x_title" | "y_title", _) => "text",
        _ => "a name",
    };
    what.to_owned()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use std::path::Path;

    fn docs() -> std::path::PathBuf {
        Path::new(&std::env::var("CARGO_MANIFEST_DIR").unwrap()).join("../docs/chart.schema.json")
    }

    /// With `CHART_SCHEMA=write` it is written anew.
    #[test]
    fn the_schema_in_docs_is_this_one() {
        let text = format!("{:#}\n", document());
        if std::env::var_os("CHART_SCHEMA").is_some() {
            std::fs::write(docs(), &text).unwrap();
        }
        assert_eq!(std::fs::read_to_string(docs()).unwrap(), text, "CHART_SCHEMA=write writes it anew");
    }

    #[test]
    fn charts_of_the_gallery_are_valid_and_others_are_not() {
        let schema: Value = serde_json::from_str(&std::fs::read_to_string(docs()).unwrap()).unwrap();
        let validator = jsonschema::validator_for(&schema).unwrap();
        let gallery = Path::new(&std::env::var("CARGO_MANIFEST_DIR").unwrap()).join("../examples/charts/charts.jsonl");
        let mut count = 0;
        for line in std::fs::read_to_string(gallery).unwrap().lines() {
            let mut chart = serde_json::from_str::<Value>(line).unwrap()["chart"].take();
            chart["data"] = json!("t1");
            let wrong: Vec<String> = validator.iter_errors(&chart).map(|e| e.to_string()).collect();
            assert!(wrong.is_empty() && check(&chart).is_ok(), "{chart}: {wrong:?}");
            count += 1;
        }
        assert!(count >= 54);
        let bad = [
            json!({"kind": "bar", "y": "N"}),
            json!({"data": "t1", "kind": "radar", "y": "N"}),
            json!({"data": "t1", "kind": "bar", "y": "N", "colour": "red"}),
            json!({"data": "t1", "kind": "bar", "y": "N", "width": "wide"}),
            json!({"data": "t1", "kind": "bar", "y": "N", "width": 90}),
            json!({"data": "t1", "kind": "bar", "y": "N", "scale": 9}),
            json!({"data": "t1", "kind": "bar", "y": "N", "theme": "neon"}),
            json!({"data": "t1", "kind": "bar", "y": "N", "log": "yes"}),
            json!({"data": "t1", "kind": "bar", "y": "N", "log": true, "symlog": true}),
            json!({"data": "t1", "kind": "bar", "y": "N", "stack": true, "log": true}),
            json!({"data": "t1", "kind": "line", "y": "N", "stack": true}),
            json!({"data": "t1", "kind": "bar", "y": "N", "trend": true}),
            json!({"data": "t1", "kind": "pie", "y": "N", "error": "E"}),
            json!({"data": "t1", "kind": "pie", "y": "N", "facet": "F"}),
            json!({"data": "t1", "kind": "heat", "y": "N"}),
            json!({"data": "t1", "kind": "hist", "y": "N", "series": "S"}),
            json!({"data": "t1", "kind": "line", "y": "N", "fit": "cubic"}),
            json!({"data": "t1", "kind": "line", "y": "N", "lines": ["a"]}),
            json!({"data": "t1", "kind": "line", "y": "N", "zero": true, "log": true}),
            json!({"data": "t1", "kind": "bar", "y": "N", "share": true, "stack": true}),
            json!({"data": "t1", "kind": "bar", "y": "N", "share": true, "series": "S"}),
            json!({"data": "t1", "kind": "box", "y": "N", "values": true}),
            json!([]),
        ];
        bad.iter().for_each(|chart| assert!(!validator.is_valid(chart), "{chart} is valid"));
    }

    #[track_caller]
    fn fails(field: &str, value: Value, why: &str) {
        let error = check(&json!({ field: value })).unwrap_err();
        assert_eq!(error, why);
    }

    #[test]
    fn wrong_fields_are_named_with_what_is_allowed() {
        fails("width", json!("wide"), "`width` is \"wide\" and must be a whole number above zero");
        fails("log", json!("maybe"), "`log` is \"maybe\" and must be true or false");
        fails("lines", json!(["a"]), "`lines` is [\"a\"] and must be a list of numbers");
        fails("theme", json!(true), "`theme` is true and must be one of light, dark");
        fails("until", json!(false), "`until` is false and must be a date, YYYY-MM-DD, or a number");
        fails("y_title", json!(true), "`y_title` is true and must be text");
        fails("values", json!("all"), "`values` is \"all\" and must be true or false");
        fails("x", json!(["Year"]), "`x` is [\"Year\"] and must be a name");
        let unknown = check(&json!({"hue": "red"})).unwrap_err();
        assert!(unknown.starts_with("a chart has no field `hue`; its fields are data, kind, x"), "{unknown}");
        assert!(check(&json!({"x": 2020, "title": "", "log": null, "grid": "yes", "lines": 5})).is_ok());
    }
}
