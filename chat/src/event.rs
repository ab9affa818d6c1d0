//! What happens during a run, as the front ends see it. A closed enum: front ends only render it.

use crate::{Artifact, Table};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// One line of `ask --json`, one message of the server's SSE stream, one row of a session record.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Event {
    /// The conversation in which a turn begins, and the turn: its run.
    Session {
        id: String,
        run: String,
        /// The conversation begins with it.
        new: bool,
    },
    /// A new step of the turn begins (1, 2, …).
    Step {
        step: u32,
    },
    /// More of the text the model is writing.
    Text {
        delta: String,
    },
    /// More of the model's reasoning.
    Reasoning {
        delta: String,
    },
    Call {
        id: String,
        tool: String,
        arguments: Value,
    },
    Result {
        id: String,
        ok: bool,
        content: String,
        artifacts: Vec<Artifact>,
        tables: Vec<Table>,
        ms: u64,
    },
    Table {
        table: Table,
    },
    Artifact {
        artifact: Artifact,
    },
    /// The user said this while the turn ran, and it is taken up: the question from here on.
    Said {
        text: String,
    },
    /// A call that acts on the world waits for the user's word.
    Approval {
        /// What it is answered by; the call has another one.
        id: String,
        /// The MCP server whose tool it is.
        server: String,
        tool: String,
        arguments: Value,
    },
    /// What the user's word was; nobody's is a refusal.
    Approved {
        id: String,
        answer: Consent,
    },
    /// Something the user should know that is not part of the answer.
    Notice {
        text: String,
    },
    /// Tokens of the prompt that were evaluated, and those that stood in the KV cache already.
    Prefill {
        new_tokens: usize,
        cached_tokens: usize,
        ms: u64,
    },
    Answer {
        text: String,
        citations: Vec<Citation>,
        figures: Vec<Figure>,
    },
    /// The turn is over. `tokens` counts generated tokens.
    Done {
        stop: Stop,
        steps: u32,
        tokens: usize,
        seconds: f64,
    },
    Error {
        message: String,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        hint: Option<String>,
    },
}

impl Event {
    /// The text of an event that comes in pieces.
    pub fn piece(&self) -> Option<&str> {
        match self {
            Event::Text { delta } | Event::Reasoning { delta } => Some(delta),
            _ => None,
        }
    }

    /// Adds a piece of text to one of the same kind; says whether `next` was one.
    pub fn join(&mut self, next: &Event) -> bool {
        match (self, next) {
            (Event::Text { delta }, Event::Text { delta: more })
            | (Event::Reasoning { delta }, Event::Reasoning { delta: more }) => {
                delta.push_str(more);
                true
            }
            _ => false,
        }
    }
}

/// The user's word on a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Consent {
    Once,
    /// This tool from here on, as long as the process runs.
    Always,
    Refused,
}

/// Why a turn ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stop {
    /// The model gave its answer.
    Answer,
    StepLimit,
    Deadline,
    /// The same call, again and again.
    Repetition,
    Interrupted,
    Error,
}

/// A page the answer points to as `[n]`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Citation {
    pub n: usize,
    pub url: String,
    pub title: String,
    /// The passage that supports the answer; empty when the page was cited as a whole.
    pub quote: String,
    /// Which page it was when it was read: `sha256:` and the hash of its bytes, as a [`Retrieval`](crate::Retrieval) has it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub page: Option<String>,
}

/// A figure, date or quotation of the answer, and what is known about it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Figure {
    pub text: String,
    pub status: FigureStatus,
    /// Where it stands: a passage, an expression, a program's output.
    pub evidence: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FigureStatus {
    Sourced,
    Computed,
    Imputed,
    Extrapolated,
    Given,
    Unverified,
}
