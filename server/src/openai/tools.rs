//! The tools a client has, and whether they may, must or must not be called.

use super::fields::{Fields, wrong};
use crate::error::ApiError;
use polymath_chat::ToolSpec;
use polymath_model::engine::ToolChoice;
use serde_json::{Value, json};

/// The tools of a request, by name: clients that shuffle them would otherwise have every prompt
/// read anew.
pub fn read(fields: &Fields<'_>) -> Result<Vec<ToolSpec>, ApiError> {
    let mut tools: Vec<ToolSpec> = Vec::new();
    for (i, tool) in fields.list("tools")?.unwrap_or_default().iter().enumerate() {
        let spec = read_tool(&Fields::of(tool, format!("tools[{i}]"))?)?;
        if tools.iter().any(|t| t.name == spec.name) {
            let path = format!("tools[{i}].function.name");
            let message = format!("`{path}`: there are two tools called `{}`; give each a name of its own", spec.name);
            return Err(ApiError::invalid(path, message));
        }
        tools.push(spec);
    }
    tools.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(tools)
}

fn read_tool(tool: &Fields<'_>) -> Result<ToolSpec, ApiError> {
    let kind = tool.text("type")?.unwrap_or("function");
    if kind != "function" {
        return Err(wrong(&tool.path("type"), "`function`, the only type here", &json!(kind)));
    }
    let Some(function) = tool.object("function")? else {
        return Err(tool.missing("function", "an object with `name`, `description` and `parameters`"));
    };
    let name = function.name("name", "the tool's name")?;
    let mut parameters = function.get("parameters").cloned().unwrap_or_else(|| json!({}));
    let path = function.path("parameters");
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

/// What the model is told about calling.
pub fn choice(fields: &Fields<'_>, tools: &[ToolSpec]) -> Result<ToolChoice, ApiError> {
    let what = "`none`, `auto`, `required`, or {\"type\": \"function\", \"function\": {\"name\": …}}";
    let choice = match fields.get("tool_choice") {
        None => return Ok(ToolChoice::Auto),
        Some(Value::String(word)) => match word.as_str() {
            "auto" => return Ok(ToolChoice::Auto),
            "none" => return Ok(ToolChoice::None),
            "required" => ToolChoice::Required,
            _ => return Err(wrong("tool_choice", what, &json!(word))),
        },
        Some(value) => {
            let choice = Fields::of(value, "tool_choice").map_err(|_| wrong("tool_choice", what, value))?;
            let function = choice.object("function")?.ok_or_else(|| wrong("tool_choice", what, value))?;
            ToolChoice::Named(function.name("name", "the name of one of the `tools`")?.to_owned())
        }
    };
    if let ToolChoice::Named(name) = &choice
        && !tools.iter().any(|t| t.name == *name)
    {
        let names: Vec<&str> = tools.iter().map(|t| t.name.as_str()).collect();
        let message =
            format!("`tool_choice` names `{name}`, and the tools are [{}]; name one of them", names.join(", "));
        return Err(ApiError::invalid("tool_choice", message));
    }
    if tools.is_empty() {
        return Err(ApiError::invalid("tool_choice", "`tool_choice` asks for a call; send the `tools` to choose from"));
    }
    Ok(choice)
}
