//! The items of a request as our messages. A reply is several items here (thoughts, text, calls) and one
//! message with us.

use crate::error::ApiError;
use crate::wire::fields::{Fields, wrong};
use crate::wire::open_calls::{OpenCalls, must_be_new};
use polymath_chat::{Message, Role, ToolCall};
use serde_json::{Value, json};

/// What is said in a request, behind a conversation that was kept.
pub fn read(fields: &Fields<'_>, before: &[Message]) -> Result<Vec<Message>, ApiError> {
    let items = match fields.get("input") {
        Some(Value::String(text)) => {
            open_in(before).must_be_none("input")?;
            return Ok(vec![Message::user(text.clone())]);
        }
        Some(Value::Array(items)) if !items.is_empty() => items,
        None | Some(Value::Array(_)) => return Err(fields.missing("input", "a string, or an array of items")),
        Some(other) => return Err(wrong("input", "a string or an array of items", other)),
    };
    let mut reading = Reading { open: open_in(before), reasoning: Vec::new(), messages: Vec::new() };
    for (i, item) in items.iter().enumerate() {
        reading.item(&Fields::of(item, format!("input[{i}]"))?)?;
    }
    reading.open.must_be_none("input")?;
    Ok(reading.messages)
}

/// The calls of a conversation that have no results yet.
fn open_in(messages: &[Message]) -> OpenCalls {
    let mut open = OpenCalls::new("`function_call_output` item", "call_id");
    let Some(at) = messages.iter().rposition(|message| message.role != Role::Tool) else { return open };
    let answered = |call: &&ToolCall| !messages[at..].iter().any(|m| m.call_id.as_ref() == Some(&call.id));
    open.open(&messages[at].calls.iter().filter(answered).cloned().collect::<Vec<_>>());
    open
}

struct Reading {
    open: OpenCalls,
    /// Thoughts that belong to what comes next.
    reasoning: Vec<String>,
    messages: Vec<Message>,
}

impl Reading {
    fn item(&mut self, item: &Fields<'_>) -> Result<(), ApiError> {
        match item.text("type")?.unwrap_or("message") {
            "message" => self.message(item),
            "function_call" => self.call(item),
            "function_call_output" => {
                let id = item.name("call_id", "the `call_id` of the call that this answers")?;
                let call = self.open.take(id, &item.path("call_id"))?;
                let output = texts(item, "output")?.ok_or_else(|| item.missing("output", "what the call gave"))?;
                self.messages.push(Message::tool(&call, output));
                Ok(())
            }
            "reasoning" => {
                for part in item.list("content")?.unwrap_or_default() {
                    self.reasoning.extend(part["text"].as_str().map(str::to_owned));
                }
                Ok(())
            }
            other => {
                let what = "message, function_call, function_call_output or reasoning";
                Err(wrong(&item.path("type"), what, &json!(other)))
            }
        }
    }

    fn message(&mut self, item: &Fields<'_>) -> Result<(), ApiError> {
        let role = item.name("role", "system, developer, user or assistant")?;
        self.open.must_be_none(&item.path("role"))?;
        let text = texts(item, "content")?.ok_or_else(|| item.missing("content", "the message's text"))?;
        let message = match role {
            "system" | "developer" => Message::system(text),
            "user" => Message::user(text),
            "assistant" => Message { reasoning: self.thoughts(), ..Message::assistant(text) },
            other => return Err(wrong(&item.path("role"), "system, developer, user or assistant", &json!(other))),
        };
        self.messages.push(message);
        Ok(())
    }

    /// Calls belong to the assistant's message before them, as long as none of its calls has a result.
    fn call(&mut self, item: &Fields<'_>) -> Result<(), ApiError> {
        let path = item.path("arguments");
        let text = item.text("arguments")?.unwrap_or_default();
        let arguments: Value = match text.trim() {
            "" => json!({}),
            text => serde_json::from_str(text).map_err(|e| {
                ApiError::invalid(&path, format!("`{path}` is no JSON ({e}); send the object as a JSON string"))
            })?,
        };
        if !arguments.is_object() {
            return Err(wrong(&path, "a JSON object in a string", &arguments));
        }
        let id = item.name("call_id", "the call's id")?.to_owned();
        let call = ToolCall { id, name: item.name("name", "the called function's name")?.to_owned(), arguments };
        if self.messages.last().is_none_or(|last| last.role != Role::Assistant) {
            self.open.must_be_none(&item.path("type"))?;
            let reasoning = self.thoughts();
            self.messages.push(Message { reasoning, ..Message::assistant("") });
        }
        let Some(said) = self.messages.last_mut() else { return Ok(()) };
        must_be_new(&said.calls, &call.id, item.path("call_id"))?;
        said.calls.push(call);
        self.open.open(&said.calls);
        Ok(())
    }

    fn thoughts(&mut self) -> Option<String> {
        let thoughts = std::mem::take(&mut self.reasoning);
        (!thoughts.is_empty()).then(|| thoughts.join("\n"))
    }
}

/// A field's text; several parts stand on lines of their own.
fn texts(item: &Fields<'_>, name: &str) -> Result<Option<String>, ApiError> {
    let parts = match item.get(name) {
        None => return Ok(None),
        Some(Value::String(text)) => return Ok(Some(text.clone())),
        Some(Value::Array(parts)) => parts,
        Some(other) => return Err(wrong(&item.path(name), "a string or an array of text parts", other)),
    };
    let mut texts = Vec::with_capacity(parts.len());
    for (i, part) in parts.iter().enumerate() {
        let part = Fields::of(part, item.path(&format!("{name}[{i}]")))?;
        match part.name("type", "`input_text` or `output_text`")? {
            "input_text" | "output_text" | "text" => {
                texts.push(part.text("text")?.ok_or_else(|| part.missing("text", "the part's text"))?);
            }
            "refusal" => texts.push(part.text("refusal")?.unwrap_or_default()),
            other => {
                let what = "`input_text` or `output_text`: this model reads text only";
                return Err(wrong(&part.path("type"), what, &json!(other)));
            }
        }
    }
    Ok(Some(texts.join("\n")))
}
