//! A client's messages as ours.

use crate::error::ApiError;
use crate::wire::fields::{Fields, wrong};
use crate::wire::open_calls::{OpenCalls, must_be_new};
use polymath_chat::{Message, ToolCall};
use serde_json::{Value, json};

/// The conversation of a request.
pub fn read(fields: &Fields<'_>) -> Result<Vec<Message>, ApiError> {
    let list = fields.list("messages")?.unwrap_or_default();
    if list.is_empty() {
        return Err(fields.missing("messages", "at least one message, for example of the user"));
    }
    let mut open = OpenCalls::new("tool message", "tool_call_id");
    let mut messages = Vec::with_capacity(list.len());
    for (i, message) in list.iter().enumerate() {
        messages.push(read_message(&Fields::of(message, format!("messages[{i}]"))?, &mut open)?);
    }
    open.must_be_none("messages")?;
    Ok(messages)
}

fn read_message(message: &Fields<'_>, open: &mut OpenCalls) -> Result<Message, ApiError> {
    let content = || content(message)?.ok_or_else(|| message.missing("content", "the message's text"));
    let role = message.name("role", "system, user, assistant or tool")?;
    if role != "tool" {
        open.must_be_none(&message.path("role"))?;
    }
    match role {
        "system" | "developer" => Ok(Message::system(content()?)),
        "user" => Ok(Message::user(content()?)),
        "assistant" => {
            let said = assistant(message)?;
            open.open(&said.calls);
            Ok(said)
        }
        "tool" => {
            let id = message.name("tool_call_id", "the id of the call that this answers")?;
            let call = open.take(id, &message.path("tool_call_id"))?;
            Ok(Message::tool(&call, content()?))
        }
        other => Err(wrong(&message.path("role"), "system, developer, user, assistant or tool", &json!(other))),
    }
}

fn assistant(message: &Fields<'_>) -> Result<Message, ApiError> {
    let mut calls: Vec<ToolCall> = Vec::new();
    for (i, call) in message.list("tool_calls")?.unwrap_or_default().iter().enumerate() {
        let path = message.path(&format!("tool_calls[{i}]"));
        let call = read_call(&Fields::of(call, &path)?)?;
        must_be_new(&calls, &call.id, format!("{path}.id"))?;
        calls.push(call);
    }
    let text = content(message)?;
    if text.is_none() && calls.is_empty() {
        return Err(message.missing("content", "what the assistant said, or its `tool_calls`"));
    }
    let reasoning = message.text("reasoning_content")?.map(str::to_owned);
    Ok(Message { reasoning, calls, ..Message::assistant(text.unwrap_or_default()) })
}

fn read_call(call: &Fields<'_>) -> Result<ToolCall, ApiError> {
    let id = call.name("id", "the call's id")?.to_owned();
    let Some(function) = call.object("function")? else {
        return Err(call.missing("function", "an object with `name` and `arguments`"));
    };
    let path = function.path("arguments");
    let text = function.text("arguments")?.unwrap_or_default();
    let arguments: Value = match text.trim() {
        "" => json!({}),
        text => serde_json::from_str(text).map_err(|e| {
            ApiError::invalid(&path, format!("`{path}` is no JSON ({e}); send the object as a JSON string"))
        })?,
    };
    if !arguments.is_object() {
        return Err(wrong(&path, "a JSON object in a string", &arguments));
    }
    Ok(ToolCall { id, name: function.name("name", "the called tool's name")?.to_owned(), arguments })
}

/// A message's text; several parts stand on lines of their own.
fn content(message: &Fields<'_>) -> Result<Option<String>, ApiError> {
    let parts = match message.get("content") {
        None => return Ok(None),
        Some(Value::String(text)) => return Ok(Some(text.clone())),
        Some(Value::Array(parts)) => parts,
        Some(other) => {
            return Err(wrong(&message.path("content"), "a string or an array of text parts", other));
        }
    };
    let mut texts = Vec::with_capacity(parts.len());
    for (i, part) in parts.iter().enumerate() {
        let part = Fields::of(part, message.path(&format!("content[{i}]")))?;
        match part.name("type", "`text`")? {
            "text" => texts.push(part.text("text")?.ok_or_else(|| part.missing("text", "the part's text"))?),
            "refusal" => texts.push(part.text("refusal")?.unwrap_or_default()),
            other => {
                let what = "`text`: this model reads text only";
                return Err(wrong(&part.path("type"), what, &json!(other)));
            }
        }
    }
    Ok(Some(texts.join("\n")))
}
