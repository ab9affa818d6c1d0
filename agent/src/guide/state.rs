//! What the guide keeps in mind during a turn, and the small makers that its steps share.

use crate::lead::Turn;
use polymath_chat::{Message, ToolCall};
use serde::Deserialize;
use serde_json::{Value, json};
use std::collections::VecDeque;

/// What the guide remembers within one turn.
pub struct Guide {
    /// How the facts are to be found, once the question turned out to be about facts.
    pub plan: Option<Plan>,
    /// What is still to be done; `None` before it was decided.
    pub agenda: Option<VecDeque<Action>>,
    pub last: Action,
    /// Search hits of this turn.
    pub hits: Vec<Hit>,
    /// How many of the turn's outcomes were looked at.
    pub observed: usize,
    /// Programs or expressions that failed in a row, to be mended.
    pub failures: usize,
    /// Whether the last program was one of this folder's, whose lines say all there is to say.
    pub speaks_for_itself: bool,
}

impl Guide {
    pub fn new() -> Self {
        Guide {
            plan: None,
            agenda: None,
            last: Action::Answer,
            hits: Vec::new(),
            observed: 0,
            failures: 0,
            speaks_for_itself: false,
        }
    }
}

/// What can be done next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    Search,
    Calculate,
    Python,
    Draw,
    Answer,
}

/// How a question about facts will be answered.
#[derive(Debug, Clone, Deserialize)]
pub struct Plan {
    pub searches: Vec<String>,
    /// The form that the facts belong into.
    pub form: Form,
    /// Whether the table was made (or could not be).
    #[serde(default)]
    pub collected: bool,
}

/// The form of an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Form {
    Text,
    Table,
}

impl Plan {
    /// Whether a table is still to be made from the pages.
    pub fn is_open(&self) -> bool {
        self.form == Form::Table && !self.collected
    }
}

/// A search result.
#[derive(Debug, Clone, PartialEq)]
pub struct Hit {
    pub title: String,
    pub address: String,
    pub opened: bool,
}

/// An assistant's message that makes these calls.
pub fn calling(turn: &Turn<'_>, calls: Vec<(&str, Value)>) -> Message {
    let before: usize = turn.chat.messages.iter().map(|m| m.calls.len()).sum();
    let calls = calls.into_iter().enumerate().map(|(i, (name, arguments))| ToolCall {
        id: format!("call{:05}", before + i + 1),
        name: name.to_owned(),
        arguments,
    });
    Message { calls: calls.collect(), ..Message::assistant("") }
}

/// A JSON object schema whose properties are all required, in this order.
pub fn object(properties: &[(&str, Value)]) -> Value {
    let names: Vec<&str> = properties.iter().map(|(name, _)| *name).collect();
    let map: serde_json::Map<String, Value> =
        properties.iter().map(|(name, schema)| ((*name).to_owned(), schema.clone())).collect();
    json!({"type": "object", "properties": map, "required": names, "additionalProperties": false})
}

/// A JSON string literal, which is also a Lark string literal.
pub fn quoted(text: &str) -> String {
    Value::from(text).to_string()
}
