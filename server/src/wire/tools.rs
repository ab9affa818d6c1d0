//! The tools that a client has and runs itself.

use super::fields::{Fields, wrong};
use crate::error::ApiError;
use polymath_chat::ToolSpec;
use polymath_model::engine::ToolChoice;
use serde_json::{Value, json};

/// The tools of a request, by name: clients that shuffle them would otherwise have every prompt read anew.
/// `name` is where a tool has its name.
pub fn list(
    fields: &Fields<'_>,
    name: &str,
    mut read: impl FnMut(&Fields<'_>) -> Result<ToolSpec, ApiError>,
) -> Result<Vec<ToolSpec>, ApiError> {
    let mut tools: Vec<ToolSpec> = Vec::new();
    for (i, tool) in fields.list("tools")?.unwrap_or_default().iter().enumerate() {
        let spec = read(&Fields::of(tool, format!("tools[{i}]"))?)?;
        if tools.iter().any(|t| t.name == spec.name) {
            let path = format!("tools[{i}].{name}");
            let message = format!("`{path}`: there are two tools called `{}`; give each a name of its own", spec.name);
            return Err(ApiError::invalid(path, message));
        }
        tools.push(spec);
    }
    tools.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(tools)
}

/// A function as a client describes it, with the field that has its schema.
pub fn function(function: &Fields<'_>, schema: &str) -> Result<ToolSpec, ApiError> {
    let name = function.name("name", "the tool's name")?;
    let mut parameters = function.get(schema).cloned().unwrap_or_else(|| json!({}));
    let path = function.path(schema);
    let Value::Object(map) = &mut parameters else {
        return Err(wrong(&path, "a JSON schema of an object", &parameters));
    };
    let kind = map.entry("type").or_insert_with(|| json!("object"));
    if kind != "object" {
        return Err(wrong(&format!("{path}.type"), "`object`: arguments have names", kind));
    }
    map.entry("properties").or_insert_with(|| json!({}));
    check_schema(&parameters, &path, &format!("the parameters of the tool `{name}`"))?;
    Ok(ToolSpec {
        name: name.to_owned(),
        description: function.text("description")?.unwrap_or_default().to_owned(),
        parameters,
        raw_argument: None,
        stateful: false,
    })
}

/// Refuses what is no schema before a model reads a prompt for it.
pub fn check_schema(schema: &Value, path: &str, what: &str) -> Result<(), ApiError> {
    let Err(why) = jsonschema::validator_for(schema) else { return Ok(()) };
    let message = format!("{what}: no valid JSON schema ({why}); correct `{path}`");
    Err(ApiError { code: Some("invalid_schema"), ..ApiError::invalid(path, message) })
}

/// Refuses a choice that these tools cannot fulfil.
pub fn check_choice(choice: ToolChoice, tools: &[ToolSpec]) -> Result<ToolChoice, ApiError> {
    if let ToolChoice::Named(name) = &choice
        && !tools.iter().any(|t| t.name == *name)
    {
        let names: Vec<&str> = tools.iter().map(|t| t.name.as_str()).collect();
        let message =
            format!("`tool_choice` names `{name}`, and the tools are [{}]; name one of them", names.join(", "));
        return Err(ApiError::invalid("tool_choice", message));
    }
    if is_demand(&choice) && tools.is_empty() {
        return Err(ApiError::invalid("tool_choice", "`tool_choice` asks for a call; send the `tools` to choose from"));
    }
    Ok(choice)
}

/// Whether a call must be made.
pub fn is_demand(choice: &ToolChoice) -> bool {
    matches!(choice, ToolChoice::Required | ToolChoice::Named(_))
}
