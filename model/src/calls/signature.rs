//! A function as the model reads it: a line for the function and one for each parameter. Half the
//! tokens of its JSON schema, and easier to read.

use polymath_chat::ToolSpec;
use serde_json::Value;

/// Objects within objects are shown down to here.
const MAX_DEPTH: usize = 4;

/// The function's signature, without a line break at its end.
pub fn of(tool: &ToolSpec) -> String {
    let mut text = format!("{}: {}", tool.name, tool.description.trim());
    let schema = &tool.parameters;
    for (name, parameter) in schema.get("properties").and_then(Value::as_object).into_iter().flatten() {
        let optional = if is_required(schema, name) { "" } else { " (optional)" };
        text.push_str(&format!("\n  {name}{optional}: {}{}", type_of(schema, parameter, 0), about(parameter)));
    }
    text
}

/// Whether an object needs this member.
pub fn is_required(schema: &Value, name: &str) -> bool {
    let required = schema.get("required").and_then(Value::as_array);
    required.is_some_and(|r| r.iter().any(|v| v.as_str() == Some(name)))
}

/// What the schema says of a parameter beside its type.
fn about(parameter: &Value) -> String {
    let mut text = String::new();
    if let Some(description) = parameter.get("description").and_then(Value::as_str) {
        text.push_str(&format!(". {}", description.trim()));
    }
    if let Some(default) = parameter.get("default") {
        text.push_str(&format!(" (default {})", spaced(default)));
    }
    text
}

fn type_of(root: &Value, schema: &Value, depth: usize) -> String {
    if depth > MAX_DEPTH {
        return "any".into();
    }
    if let Some(target) = schema.get("$ref").and_then(Value::as_str) {
        let target = target.strip_prefix('#').and_then(|p| root.pointer(p));
        return target.map_or("any".into(), |t| type_of(root, t, depth + 1));
    }
    if let Some(values) = schema.get("enum").and_then(Value::as_array) {
        return values.iter().map(spaced).collect::<Vec<_>>().join("|");
    }
    if let Some(value) = schema.get("const") {
        return spaced(value);
    }
    let alternatives = schema.get("anyOf").or_else(|| schema.get("oneOf")).and_then(Value::as_array);
    if let Some(alternatives) = alternatives {
        return alternatives.iter().map(|s| type_of(root, s, depth + 1)).collect::<Vec<_>>().join("|");
    }
    match schema.get("type") {
        Some(Value::String(name)) if name == "array" => {
            let items = schema.get("items").map_or("any".into(), |s| type_of(root, s, depth + 1));
            format!("[{items}]")
        }
        Some(Value::String(name)) if name == "object" => members(root, schema, depth),
        Some(Value::String(name)) => name.clone(),
        Some(Value::Array(names)) => names.iter().filter_map(Value::as_str).collect::<Vec<_>>().join("|"),
        _ => "any".into(),
    }
}

fn members(root: &Value, schema: &Value, depth: usize) -> String {
    let Some(properties) = schema.get("properties").and_then(Value::as_object) else { return "object".into() };
    let members = properties.iter().map(|(name, member)| {
        let optional = if is_required(schema, name) { "" } else { "?" };
        format!("{name}{optional}: {}", type_of(root, member, depth + 1))
    });
    format!("{{{}}}", members.collect::<Vec<_>>().join(", "))
}

/// JSON with a space behind commas and colons, as models write it.
pub fn spaced(value: &Value) -> String {
    match value {
        Value::Array(items) => format!("[{}]", items.iter().map(spaced).collect::<Vec<_>>().join(", ")),
        Value::Object(map) => {
            let members = map.iter().map(|(name, value)| format!("{}: {}", Value::from(name.as_str()), spaced(value)));
            format!("{{{}}}", members.collect::<Vec<_>>().join(", "))
        }
        other => other.to_string(),
    }
}
