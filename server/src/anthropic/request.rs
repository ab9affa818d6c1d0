//! A request for a message, read strictly where it matters: what is asked for is done, or refused with the
//! field's name. Without effect are `metadata`, `service_tier`, `cache_control` (everything is cached), and
//! every field that is unknown.

use super::messages;
use crate::error::ApiError;
use crate::generation::Ask;
use crate::wire::fields::{Fields, wrong};
use crate::wire::tools::{check_choice, check_schema, function, is_demand, list};
use polymath_chat::{Constraint, ToolSpec};
use polymath_model::engine::{Rules, Sampling, ToolChoice};
use serde_json::{Value, json};

/// Stop texts a request may have.
const STOPS: usize = 16;

#[derive(Debug, Clone, PartialEq)]
pub struct MessagesRequest {
    /// Empty when none was named.
    pub model: String,
    pub ask: Ask,
    pub stream: bool,
}

/// Reads the body of a request.
pub fn read(body: &Value, defaults: &Sampling) -> Result<MessagesRequest, ApiError> {
    let fields = Fields::of(body, "")?;
    refuse_unsupported(&fields)?;
    let messages = messages::read(&fields)?;
    let tools = tools(&fields)?;
    let (tool_choice, parallel_calls) = choice(&fields, &tools)?;
    let Some(max_tokens) = fields.integer("max_tokens", 1..=i64::MAX)? else {
        return Err(fields.missing("max_tokens", "how many tokens the reply may have"));
    };
    let rules = Rules {
        constraint: constraint(&fields)?.filter(|_| !is_demand(&tool_choice)),
        tool_choice,
        parallel_calls,
        max_tokens: usize::try_from(max_tokens).unwrap_or(usize::MAX),
        stop: stops(&fields)?,
        top_logprobs: None,
    };
    Ok(MessagesRequest {
        model: fields.text("model")?.unwrap_or_default().to_owned(),
        ask: Ask { messages, tools, rules, sampling: sampling(&fields, defaults)? },
        stream: fields.flag("stream")?.unwrap_or(false),
    })
}

fn refuse_unsupported(fields: &Fields<'_>) -> Result<(), ApiError> {
    if let Some(thinking) = fields.object("thinking")? {
        // Whether a model here thinks is its own affair, and so is for how long.
        match thinking.name("type", "`disabled` or `adaptive`")? {
            "disabled" | "adaptive" => {}
            other => {
                let what = "`disabled` or `adaptive`: no budget can be held here";
                return Err(wrong("thinking.type", what, &json!(other)));
            }
        }
    }
    for other in ["mcp_servers", "container"] {
        if fields.get(other).is_some_and(|value| value.as_array().is_none_or(|list| !list.is_empty())) {
            return Err(ApiError::invalid(other, format!("`{other}` is not supported; leave it out")));
        }
    }
    Ok(())
}

fn tools(fields: &Fields<'_>) -> Result<Vec<ToolSpec>, ApiError> {
    list(fields, "name", |tool| {
        let kind = tool.text("type")?.unwrap_or("custom");
        if kind != "custom" {
            let what = "`custom`, a tool that you run yourself: this server runs none here";
            return Err(wrong(&tool.path("type"), what, &json!(kind)));
        }
        if tool.get("input_schema").is_none() {
            return Err(tool.missing("input_schema", "a JSON schema of the tool's input"));
        }
        function(tool, "input_schema")
    })
}

/// What the model is told about calling, and whether it may make several calls at once.
fn choice(fields: &Fields<'_>, tools: &[ToolSpec]) -> Result<(ToolChoice, bool), ApiError> {
    let Some(choice) = fields.object("tool_choice")? else { return Ok((ToolChoice::Auto, true)) };
    let what = "auto, any, tool or none";
    let chosen = match choice.name("type", what)? {
        "auto" => ToolChoice::Auto,
        "any" => ToolChoice::Required,
        "none" => ToolChoice::None,
        "tool" => ToolChoice::Named(choice.name("name", "the name of one of the `tools`")?.to_owned()),
        other => return Err(wrong("tool_choice.type", what, &json!(other))),
    };
    let one = choice.flag("disable_parallel_tool_use")?.unwrap_or(false);
    Ok((check_choice(chosen, tools)?, !one))
}

fn stops(fields: &Fields<'_>) -> Result<Vec<String>, ApiError> {
    let list = fields.list("stop_sequences")?.unwrap_or_default();
    let texts: Option<Vec<String>> =
        list.iter().map(|stop| stop.as_str().filter(|s| !s.is_empty()).map(str::to_owned)).collect();
    texts.filter(|texts| texts.len() <= STOPS).ok_or_else(|| {
        let what = format!("an array of at most {STOPS} strings, none of them empty");
        wrong("stop_sequences", &what, fields.get("stop_sequences").unwrap_or(&Value::Null))
    })
}

fn sampling(fields: &Fields<'_>, defaults: &Sampling) -> Result<Sampling, ApiError> {
    let number = |name: &str| fields.number(name, 0.0..=1.0).map(|n| n.map(|n| n as f32));
    let top_k = fields.integer("top_k", 0..=i64::from(u32::MAX))?.map(|k| u32::try_from(k).unwrap_or(0));
    Ok(Sampling {
        temperature: number("temperature")?.unwrap_or(defaults.temperature),
        top_p: number("top_p")?.unwrap_or(defaults.top_p),
        top_k: top_k.unwrap_or(defaults.top_k),
        // Who asks twice wants two samples: there is no seed in this protocol.
        seed: rand::random(),
        ..defaults.clone()
    })
}

/// `output_config.format`, and `output_format`, which it replaced.
fn constraint(fields: &Fields<'_>) -> Result<Option<Constraint>, ApiError> {
    let config = fields.object("output_config")?;
    let format = match &config {
        Some(config) => config.object("format")?,
        None => None,
    };
    let Some(format) = format.map_or_else(|| fields.object("output_format"), |format| Ok(Some(format)))? else {
        return Ok(None);
    };
    match format.name("type", "`json_schema`")? {
        "json_schema" => {
            let Some(schema) = format.get("schema") else { return Err(format.missing("schema", "a JSON schema")) };
            check_schema(schema, &format.path("schema"), "the schema of the output")?;
            Ok(Some(Constraint::JsonSchema(schema.clone())))
        }
        other => Err(wrong(&format.path("type"), "`json_schema`, the only format here", &json!(other))),
    }
}
