//! A client's messages as ours. Results of calls are blocks of the user's next message here, and messages of
//! their own with us.

use crate::error::ApiError;
use crate::wire::fields::{Fields, wrong};
use crate::wire::open_calls::{OpenCalls, must_be_new};
use polymath_chat::{Message, Role, ToolCall};
use serde_json::{Value, json};

/// The conversation of a request, `system` included.
pub fn read(fields: &Fields<'_>) -> Result<Vec<Message>, ApiError> {
    let list = fields.list("messages")?.unwrap_or_default();
    if list.is_empty() {
        return Err(fields.missing("messages", "at least one message, of the user"));
    }
    let mut messages: Vec<Message> = Vec::new();
    if let Some(system) = texts(fields, "system")? {
        messages.push(Message::system(system));
    }
    let mut open = OpenCalls::new("`tool_result` block", "tool_use_id");
    for (i, message) in list.iter().enumerate() {
        let message = Fields::of(message, format!("messages[{i}]"))?;
        match message.name("role", "user or assistant")? {
            "user" => user(&message, &mut open, &mut messages)?,
            "assistant" => {
                open.must_be_none(&message.path("role"))?;
                let said = assistant(&message)?;
                open.open(&said.calls);
                messages.push(said);
            }
            other => {
                let what = "user or assistant; what the system says is `system`";
                return Err(wrong(&message.path("role"), what, &json!(other)));
            }
        }
    }
    open.must_be_none("messages")?;
    if messages.last().is_some_and(|last| last.role == Role::Assistant) {
        let message =
            "`messages` ends with the assistant's: a reply cannot be begun for the model here; end with the user's";
        return Err(ApiError::invalid("messages", message));
    }
    Ok(messages)
}

/// The blocks of a message's content; a string is one block of text.
fn blocks<'a>(message: &Fields<'a>, name: &str) -> Result<Option<Vec<Block<'a>>>, ApiError> {
    match message.get(name) {
        None => Ok(None),
        Some(Value::String(text)) => Ok(Some(vec![Block::Plain(text)])),
        Some(Value::Array(list)) => {
            let block = |(i, block): (usize, &'a Value)| Fields::of(block, message.path(&format!("{name}[{i}]")));
            Ok(Some(list.iter().enumerate().map(|b| block(b).map(Block::Object)).collect::<Result<_, _>>()?))
        }
        Some(other) => Err(wrong(&message.path(name), "a string or an array of blocks", other)),
    }
}

enum Block<'a> {
    Plain(&'a str),
    Object(Fields<'a>),
}

/// Texts of a field that may hold nothing else, on lines of their own.
fn texts(fields: &Fields<'_>, name: &str) -> Result<Option<String>, ApiError> {
    let Some(blocks) = blocks(fields, name)? else { return Ok(None) };
    let texts: Vec<&str> = blocks.iter().map(text_only).collect::<Result<_, _>>()?;
    Ok(Some(texts.join("\n")))
}

fn text_only<'a>(block: &Block<'a>) -> Result<&'a str, ApiError> {
    match block {
        Block::Plain(text) => Ok(text),
        Block::Object(block) => match block.name("type", "`text`")? {
            "text" => text(block),
            other => Err(wrong(&block.path("type"), "`text`: this model reads text only", &json!(other))),
        },
    }
}

fn text<'a>(block: &Fields<'a>) -> Result<&'a str, ApiError> {
    block.text("text")?.ok_or_else(|| block.missing("text", "the block's text"))
}

/// Results of calls first, then what the user says. Messages of the user's that follow each other are one.
fn user(message: &Fields<'_>, open: &mut OpenCalls, messages: &mut Vec<Message>) -> Result<(), ApiError> {
    let blocks = blocks(message, "content")?.ok_or_else(|| message.missing("content", "what the user says"))?;
    let mut texts = Vec::new();
    let mut results = false;
    for block in &blocks {
        let result = match block {
            Block::Object(fields) if fields.text("type")? == Some("tool_result") => fields,
            other => {
                texts.push(text_only(other)?);
                continue;
            }
        };
        if !texts.is_empty() {
            let path = result.path("type");
            let why = format!("`{path}`: results of calls come before the text of their message; put them first");
            return Err(ApiError::invalid(path, why));
        }
        let id = result.name("tool_use_id", "the id of the `tool_use` block that this answers")?;
        let call = open.take(id, &result.path("tool_use_id"))?;
        let content = self::texts(result, "content")?.unwrap_or_default();
        let failed = result.flag("is_error")?.unwrap_or(false);
        messages.push(Message::tool(&call, if failed { format!("Error: {content}") } else { content }));
        results = true;
    }
    open.must_be_none(&message.path("content"))?;
    if texts.is_empty() {
        return if results { Ok(()) } else { Err(message.missing("content", "what the user says")) };
    }
    let said = texts.join("\n");
    match messages.last_mut() {
        Some(before) if before.role == Role::User => before.content = format!("{}\n{said}", before.content),
        _ => messages.push(Message::user(said)),
    }
    Ok(())
}

fn assistant(message: &Fields<'_>) -> Result<Message, ApiError> {
    let blocks = blocks(message, "content")?.unwrap_or_default();
    let (mut texts, mut reasoning) = (Vec::new(), Vec::new());
    let mut calls: Vec<ToolCall> = Vec::new();
    for block in &blocks {
        let fields = match block {
            Block::Plain(text) => {
                texts.push(*text);
                continue;
            }
            Block::Object(fields) => fields,
        };
        match fields.name("type", "text, tool_use or thinking")? {
            "text" => texts.push(text(fields)?),
            "thinking" => reasoning.push(fields.text("thinking")?.unwrap_or_default()),
            // What nobody can read is no part of a prompt.
            "redacted_thinking" => {}
            "tool_use" => {
                let call = call(fields)?;
                must_be_new(&calls, &call.id, fields.path("id"))?;
                calls.push(call);
            }
            other => return Err(wrong(&fields.path("type"), "text, tool_use or thinking", &json!(other))),
        }
    }
    if texts.iter().all(|text| text.is_empty()) && calls.is_empty() {
        return Err(message.missing("content", "what the assistant said, or its `tool_use` blocks"));
    }
    let reasoning = (!reasoning.is_empty()).then(|| reasoning.join("\n"));
    Ok(Message { reasoning, calls, ..Message::assistant(texts.join("\n")) })
}

fn call(block: &Fields<'_>) -> Result<ToolCall, ApiError> {
    let arguments = match block.get("input") {
        Some(input @ Value::Object(_)) => input.clone(),
        None => json!({}),
        Some(other) => return Err(wrong(&block.path("input"), "an object", other)),
    };
    let id = block.name("id", "the call's id")?.to_owned();
    Ok(ToolCall { id, name: block.name("name", "the called tool's name")?.to_owned(), arguments })
}
