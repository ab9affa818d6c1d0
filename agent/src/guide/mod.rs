//! Leads a small model through a turn, one small decision at a time.
//!
//! A 1.5B model fails as a free agent, and does well when it is asked one thing under a grammar
//! that only allows answers which make sense: which action is next, what to search for, which
//! expression, which cell stands in which column. Data goes from step to step as typed tables and
//! verbatim lines, not as text to retype. The decisions are made on the conversation's own sequence
//! (short, append-only); every other question is asked on a sequence of its own.

mod compute;
mod decide;
mod extract;
mod frames;
mod program;
mod search;
mod write;

pub(crate) use frames::frames;

use crate::turn::{Lead, Turn};
use async_trait::async_trait;
use decide::Action;
use polymath_chat::{Message, ToolCall};
use search::Hit;
use serde_json::{Value, json};
use std::collections::VecDeque;

/// What the guide remembers within one turn.
pub struct Guide {
    /// How the facts are to be found, once the question turned out to be about facts.
    plan: Option<search::Plan>,
    /// What is still to be done; `None` before it was decided.
    agenda: Option<VecDeque<Action>>,
    last: Action,
    /// Search hits of this turn.
    hits: Vec<Hit>,
    /// How many of the turn's outcomes were looked at.
    observed: usize,
    /// Programs or expressions that failed in a row, to be mended.
    failures: usize,
    /// Whether the last program was one of this folder's, whose lines say all there is to say.
    speaks_for_itself: bool,
}

/// Attempts at mending a program or an expression.
const REPAIRS: usize = 2;

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

    /// Looks at what became of the last calls; true when they must be made again, differently.
    fn observe(&mut self, turn: &Turn<'_>) -> bool {
        let mut failed = false;
        for outcome in &turn.outcomes[self.observed..] {
            match (&outcome.result, outcome.call.name.as_str()) {
                (Ok(output), "browser_search") => search::add_hits(&mut self.hits, &output.content),
                (Err(_), "python" | "calculator") => failed = true,
                _ => {}
            }
        }
        self.observed = turn.outcomes.len();
        self.failures = if failed { self.failures + 1 } else { 0 };
        failed && self.failures <= REPAIRS
    }
}

#[async_trait]
impl Lead for Guide {
    async fn next(&mut self, turn: &mut Turn<'_>) -> anyhow::Result<Message> {
        let again = self.observe(turn);
        if let Some(calls) = self.open_hits(turn) {
            return Ok(calls);
        }
        let agenda = match self.agenda.take() {
            Some(agenda) => agenda,
            None => self.decide(turn).await?.into(),
        };
        let agenda = self.agenda.insert(agenda);
        let unfounded = again && self.last == Action::Python && self.plan.is_none() && lacks_data(turn);
        if unfounded {
            agenda.push_front(Action::Python);
            agenda.push_front(Action::Search);
            self.failures = 0;
        }
        if !again || unfounded {
            self.last = agenda.pop_front().unwrap_or(Action::Answer);
        }
        let needs_data =
            matches!(self.last, Action::Python | Action::Answer) && self.plan.as_ref().is_some_and(|p| p.is_open());
        if needs_data {
            self.collect(turn).await?;
        }
        match self.last {
            Action::Search => self.search(turn).await,
            Action::Calculate => self.calculate(turn).await,
            Action::Python => self.python(turn).await,
            Action::Draw => self.draw(turn).await,
            Action::Answer => self.answer(turn).await,
        }
    }
}

/// Whether the last program failed for want of data that could be looked up.
fn lacks_data(turn: &Turn<'_>) -> bool {
    const SIGNS: [&str; 4] = ["NameError", "FileNotFoundError", "no access to the host's files", "no network"];
    let at_hand = !turn.chat.tables.is_empty() || !turn.chat.files.is_empty();
    let failure = turn.outcomes.last().and_then(|o| o.result.as_ref().err());
    let wanting = failure.is_some_and(|f| SIGNS.iter().any(|sign| f.message.contains(sign)));
    !at_hand && wanting && turn.agent.tools.get("browser_search").is_some()
}

/// An assistant's message that makes these calls.
fn calling(turn: &Turn<'_>, calls: Vec<(&str, Value)>) -> Message {
    let before: usize = turn.chat.messages.iter().map(|m| m.calls.len()).sum();
    let calls = calls.into_iter().enumerate().map(|(i, (name, arguments))| ToolCall {
        id: format!("call{:05}", before + i + 1),
        name: name.to_owned(),
        arguments,
    });
    Message { calls: calls.collect(), ..Message::assistant("") }
}

/// A JSON object schema whose properties are all required, in this order.
fn object(properties: &[(&str, Value)]) -> Value {
    let names: Vec<&str> = properties.iter().map(|(name, _)| *name).collect();
    let map: serde_json::Map<String, Value> =
        properties.iter().map(|(name, schema)| ((*name).to_owned(), schema.clone())).collect();
    json!({"type": "object", "properties": map, "required": names, "additionalProperties": false})
}

/// A JSON string literal, which is also a Lark string literal.
fn quoted(text: &str) -> String {
    Value::from(text).to_string()
}
