//! What a tool promises, what the model asks of it, and what comes back.

use crate::Table;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::path::PathBuf;

/// A tool as the model sees it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ToolSpec {
    pub name: String,
    pub description: String,
    /// JSON schema of the arguments: always an object schema.
    pub parameters: Value,
    /// The argument that is program text, for tools whose calls are better written as a raw block
    /// (a ```python fence, say) than as an escaped JSON string.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub raw_argument: Option<String>,
    /// Whether a call may change what the next equal one gives, as a program in an interpreter does.
    #[serde(default, skip_serializing_if = "is_false")]
    pub stateful: bool,
}

fn is_false(value: &bool) -> bool {
    !value
}

/// One call, written by the model or by a caller of the library.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ToolCall {
    /// Unique within a session.
    pub id: String,
    pub name: String,
    /// An object that fits the tool's schema once it has been checked.
    pub arguments: Value,
}

/// A file a tool made.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Artifact {
    pub name: String,
    pub mime: String,
    pub path: PathBuf,
    /// Size of the file.
    pub bytes: u64,
}

/// A page that was opened: what citations may point to and figures are checked against.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Source {
    pub url: String,
    pub title: String,
    /// The page's whole readable text, one paragraph, list item or table row a line.
    pub text: String,
}

/// What a tool call produced.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct ToolOutput {
    /// What the model reads.
    pub content: String,
    #[serde(default)]
    pub artifacts: Vec<Artifact>,
    #[serde(default)]
    pub tables: Vec<Table>,
    /// Pages opened by this call.
    #[serde(default)]
    pub sources: Vec<Source>,
}

impl ToolOutput {
    pub fn text(content: impl Into<String>) -> Self {
        ToolOutput { content: content.into(), ..Self::default() }
    }
}

/// Why a call failed, in the shape `tool call --jsonl` prints.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[error("{message}")]
pub struct ToolFailure {
    /// A short stable word: `arguments`, `timeout`, `network`, `denied`, `exception`, …
    pub kind: String,
    pub message: String,
}

impl ToolFailure {
    pub fn new(kind: &str, message: impl Into<String>) -> Self {
        ToolFailure { kind: kind.to_owned(), message: message.into() }
    }
}
