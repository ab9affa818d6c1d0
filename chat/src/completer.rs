//! The narrow handle a tool gets when it needs the model: one short completion, constrained, on a
//! sequence of its own, so that the conversation's KV cache is left alone. The agent supplies it.

use async_trait::async_trait;
use serde_json::Value;

/// What the completion may look like.
#[derive(Debug, Clone, PartialEq)]
pub enum Constraint {
    /// JSON that fits a schema, written without white space between the members.
    JsonSchema(Value),
    /// A grammar in llguidance's variant of Lark.
    Lark(String),
    /// One of these strings.
    Choice(Vec<String>),
}

impl Constraint {
    /// A yes or a no.
    pub fn yes_or_no() -> Self {
        Constraint::Lark("start: \"yes\" | \"no\"\n".to_owned())
    }
}

/// A short task for the model: an instruction, and the grammar of its reply.
#[derive(Debug, Clone, PartialEq)]
pub struct Completion {
    /// What kind of assistant is asked; empty for none.
    pub system: String,
    /// Worked examples, as earlier turns: what was asked, and what was replied. They come first and do
    /// not change, so that they are evaluated once.
    pub examples: Vec<(String, String)>,
    pub prompt: String,
    /// Text the reply begins with, written for the model (not part of what is returned).
    pub prefill: String,
    pub constraint: Option<Constraint>,
    pub max_tokens: usize,
    /// 0 is greedy.
    pub temperature: f32,
    /// The reply ends before the first of these.
    pub stop: Vec<String>,
}

impl Completion {
    /// A greedy completion of at most `max_tokens` tokens.
    pub fn new(prompt: impl Into<String>, max_tokens: usize) -> Self {
        Completion {
            system: String::new(),
            examples: Vec::new(),
            prompt: prompt.into(),
            prefill: String::new(),
            constraint: None,
            max_tokens,
            temperature: 0.0,
            stop: Vec::new(),
        }
    }

    pub fn constrained(mut self, constraint: Constraint) -> Self {
        self.constraint = Some(constraint);
        self
    }
}

#[derive(Debug, thiserror::Error)]
pub enum CompletionError {
    #[error("the completion was cut at {0} tokens")]
    TooLong(usize),
    #[error("cancelled")]
    Cancelled,
    #[error("{0}")]
    Engine(String),
}

/// One constrained completion from a short prompt.
#[async_trait]
pub trait Completer: Send + Sync {
    /// Returns the reply's text, without the prefill. `TooLong` when the token limit came first.
    async fn complete(&self, task: Completion) -> Result<String, CompletionError>;
}
