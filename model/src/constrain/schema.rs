//! A tool's JSON schema, made into one that says what a model should write.
//!
//! Schemas come from many hands: without `type`, with Python's names for types, with OpenAPI's
//! `nullable`. They are read as they are meant. And where JSON schema allows more members than are
//! declared, unless told otherwise, a model is not to invent any.

use serde_json::{Map, Value, json};

/// Keywords that say nothing about values, or not to us.
const ANNOTATIONS: &[&str] =
    &["title", "description", "default", "examples", "example", "$comment", "readOnly", "writeOnly", "x-guidance"];
/// Keywords that hold schemas by name.
const NAMED: &[&str] = &["properties", "patternProperties", "$defs", "definitions"];
/// Keywords that hold a schema or a list of them.
const NESTED: &[&str] =
    &["items", "prefixItems", "additionalItems", "additionalProperties", "anyOf", "oneOf", "allOf", "not"];
/// Keywords beside which `type` is not needed to know what a value is.
const TELLING: &[&str] = &["type", "$ref", "anyOf", "oneOf", "allOf", "const", "enum", "not"];
/// What a keyword says about the type, where nothing else does.
const IMPLIED: &[(&str, &str)] = &[
    ("properties", "object"),
    ("patternProperties", "object"),
    ("required", "object"),
    ("additionalProperties", "object"),
    ("items", "array"),
    ("prefixItems", "array"),
    ("minItems", "array"),
    ("maxItems", "array"),
    ("pattern", "string"),
    ("format", "string"),
    ("minLength", "string"),
    ("maxLength", "string"),
    ("minimum", "number"),
    ("maximum", "number"),
    ("multipleOf", "number"),
];

/// The JSON name of a type that a schema calls by another; none when that is any type.
pub(crate) fn json_type(name: &str) -> Option<&str> {
    Some(match name {
        "dict" | "map" | "struct" => "object",
        "list" | "tuple" | "set" => "array",
        "str" | "text" => "string",
        "int" | "long" => "integer",
        "float" | "double" => "number",
        "bool" => "boolean",
        "none" | "None" => "null",
        "any" => return None,
        name => name,
    })
}

/// The schema of a tool's arguments, which are an object. None declared means that there are none.
pub(crate) fn normalised(parameters: &Value) -> Value {
    let close_definitions = !parameters.to_string().contains("\"allOf\"");
    let mut schema = match walk(parameters, close_definitions, true) {
        Value::Object(map) => map,
        _ => Map::new(),
    };
    let several = schema.get("type").and_then(Value::as_array);
    if several.is_some_and(|types| types.iter().any(|t| t == "object")) {
        schema.insert("type".into(), "object".into());
    }
    if !schema.keys().any(|k| TELLING.contains(&k.as_str()) && k != "type") {
        schema.entry("type").or_insert("object".into());
        let open = ["properties", "patternProperties", "additionalProperties", "minProperties", "required"];
        if !open.iter().any(|key| schema.contains_key(*key)) {
            schema.insert("properties".into(), json!({}));
        }
    }
    if schema.get("properties") == Some(&json!({})) && !schema.contains_key("patternProperties") {
        schema.entry("additionalProperties").or_insert(Value::Bool(false));
    }
    Value::Object(schema)
}

/// `close`: whether an object of this schema has only the members that the schema declares here.
fn walk(schema: &Value, close_definitions: bool, close: bool) -> Value {
    let Value::Object(map) = schema else { return schema.clone() };
    let combined = map.contains_key("properties");
    let inner = |key: &str, value: &Value| {
        let close = match key {
            "allOf" | "not" => false,
            "anyOf" | "oneOf" => close && !combined,
            "$defs" | "definitions" => close_definitions,
            _ => true,
        };
        walk(value, close_definitions, close)
    };
    let mut out = Map::new();
    for (key, value) in map.iter().filter(|(key, _)| !ANNOTATIONS.contains(&key.as_str())) {
        let value = match value {
            Value::Object(named) if NAMED.contains(&key.as_str()) => {
                named.iter().map(|(name, schema)| (name.clone(), inner(key, schema))).collect()
            }
            Value::Array(list) if NESTED.contains(&key.as_str()) => list.iter().map(|s| inner(key, s)).collect(),
            one if NESTED.contains(&key.as_str()) => inner(key, one),
            other => other.clone(),
        };
        out.insert(key.clone(), value);
    }
    types(&mut out);
    let closes =
        ["additionalProperties", "patternProperties", "unevaluatedProperties", "anyOf", "oneOf", "allOf", "$ref"];
    let declares = out.get("properties").and_then(Value::as_object).is_some_and(|p| !p.is_empty());
    if close && declares && !closes.iter().any(|key| out.contains_key(*key)) {
        out.insert("additionalProperties".into(), Value::Bool(false));
    }
    Value::Object(out)
}

/// Puts `type` in order.
fn types(schema: &mut Map<String, Value>) {
    let named: Option<Vec<Value>> = match schema.get("type") {
        Some(Value::String(one)) => json_type(one).map(|t| vec![t.into()]),
        Some(Value::Array(several)) => {
            several.iter().map(|t| t.as_str().map_or(Some(t.clone()), |t| json_type(t).map(Value::from))).collect()
        }
        _ => None,
    };
    match named {
        Some(types) if types.len() == 1 => schema.extend(types.into_iter().map(|t| ("type".to_owned(), t))),
        Some(types) => _ = schema.insert("type".into(), types.into()),
        None if matches!(schema.get("type"), Some(Value::String(_) | Value::Array(_))) => _ = schema.remove("type"),
        None => {}
    }
    if !TELLING.iter().any(|key| schema.contains_key(*key)) {
        let implied = IMPLIED.iter().find(|(key, _)| schema.contains_key(*key));
        if let Some((_, implied)) = implied {
            schema.insert("type".into(), (*implied).into());
        }
    }
    if schema.remove("nullable") == Some(Value::Bool(true)) {
        if let Some(Value::String(one)) = schema.get("type") {
            schema.insert("type".into(), json!([one, "null"]));
        }
        if let Some(Value::Array(listed)) = schema.get_mut("enum")
            && !listed.contains(&Value::Null)
        {
            listed.push(Value::Null);
        }
    }
}

/// The definitions that references into a schema point at.
pub(crate) fn definitions_of(schema: &Value) -> impl Iterator<Item = (String, &Value)> {
    ["$defs", "definitions"].into_iter().filter_map(|key| Some((key.to_owned(), schema.get(key)?)))
}

/// Whether there is a reference in a schema.
pub(crate) fn refers(schema: &Value) -> bool {
    !references(schema).is_empty()
}

/// Whether all references in a schema point at its definitions, so that a member of it can be a
/// document of its own that carries them along.
pub(crate) fn refers_to_definitions_only(schema: &Value) -> bool {
    references(schema).iter().all(|r| r.starts_with("#/$defs/") || r.starts_with("#/definitions/"))
}

fn references(schema: &Value) -> Vec<&str> {
    match schema {
        Value::Object(map) => {
            let own = map.get("$ref").and_then(Value::as_str);
            own.into_iter().chain(map.values().flat_map(references)).collect()
        }
        Value::Array(list) => list.iter().flat_map(references).collect(),
        _ => Vec::new(),
    }
}
