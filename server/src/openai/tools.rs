//! The tools a client has, and whether they may, must or must not be called.

use crate::error::ApiError;
use crate::wire::fields::{Fields, wrong};
use crate::wire::tools::{check_choice, function, list};
use polymath_chat::ToolSpec;
use polymath_model::engine::ToolChoice;
use serde_json::{Value, json};

pub fn read(fields: &Fields<'_>) -> Result<Vec<ToolSpec>, ApiError> {
    list(fields, "function.name", |tool| {
        let kind = tool.text("type")?.unwrap_or("function");
        if kind != "function" {
            return Err(wrong(&tool.path("type"), "`function`, the only type here", &json!(kind)));
        }
        let Some(described) = tool.object("function")? else {
            return Err(tool.missing("function", "an object with `name`, `description` and `parameters`"));
        };
        function(&described, "parameters")
    })
}

/// What the model is told about calling.
pub fn choice(fields: &Fields<'_>, tools: &[ToolSpec]) -> Result<ToolChoice, ApiError> {
    let what = "`none`, `auto`, `required`, or {\"type\": \"function\", \"function\": {\"name\": …}}";
    let choice = match fields.get("tool_choice") {
        None => ToolChoice::Auto,
        Some(Value::String(word)) => match word.as_str() {
            "auto" => ToolChoice::Auto,
            "none" => ToolChoice::None,
            "required" => ToolChoice::Required,
            _ => return Err(wrong("tool_choice", what, &json!(word))),
        },
        Some(value) => {
            let choice = Fields::of(value, "tool_choice").map_err(|_| wrong("tool_choice", what, value))?;
            let function = choice.object("function")?.ok_or_else(|| wrong("tool_choice", what, value))?;
            ToolChoice::Named(function.name("name", "the name of one of the `tools`")?.to_owned())
        }
    };
    check_choice(choice, tools)
}
