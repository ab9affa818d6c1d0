//! Runs the calls of one reply, side by side: each checked, timed and capped, and its result told
//! to the model whether it went well or not.

use futures::future::join_all;
use polymath_chat::{Event, Message, ToolCall, ToolFailure, ToolOutput};
use polymath_model::engine::{Engine, Events};
use polymath_tools::{CallCx, Registry, ToolError};
use serde_json::Value;
use std::collections::HashMap;
use std::time::{Duration, Instant};

/// What one call may cost.
#[derive(Debug, Clone)]
pub struct CallLimits {
    pub time: Duration,
    /// Tokens of its result that the model gets to read.
    pub result_tokens: usize,
}

impl Default for CallLimits {
    fn default() -> Self {
        CallLimits { time: Duration::from_secs(120), result_tokens: 1500 }
    }
}

/// A call and what became of it.
pub struct Outcome {
    pub call: ToolCall,
    pub result: Result<ToolOutput, ToolFailure>,
}

impl Outcome {
    /// The result as the model reads it.
    pub fn content(&self) -> String {
        match &self.result {
            Ok(output) => output.content.clone(),
            Err(failure) => format!("Error ({}): {}", failure.kind, failure.message),
        }
    }

    pub fn message(&self) -> Message {
        Message::tool(&self.call, self.content())
    }
}

/// How often each call was made in this turn.
#[derive(Default)]
pub struct Repeats(HashMap<String, usize>);

impl Repeats {
    /// Counts a call; returns how often it was made, this time included.
    fn count(&mut self, call: &ToolCall) -> usize {
        let count = self.0.entry(format!("{} {}", call.name, call.arguments)).or_default();
        *count += 1;
        *count
    }
}

/// What a dispatch needs to know.
pub struct Dispatch<'a> {
    pub tools: &'a Registry,
    pub engine: &'a dyn Engine,
    pub limits: &'a CallLimits,
    pub events: &'a Events,
}

impl Dispatch<'_> {
    /// Runs all calls of a reply. `None` when one was made for the third time: the model is stuck.
    pub async fn run(
        &self,
        calls: &[ToolCall],
        cx: &CallCx,
        repeats: &mut Repeats,
    ) -> anyhow::Result<Option<Vec<Outcome>>> {
        let counts: Vec<usize> = calls.iter().map(|c| repeats.count(c)).collect();
        if counts.iter().any(|n| *n > 2) {
            return Ok(None);
        }
        let runs = calls.iter().zip(&counts).map(|(call, count)| self.one(call, *count, cx));
        join_all(runs).await.into_iter().collect::<anyhow::Result<Vec<_>>>().map(Some)
    }

    async fn one(&self, call: &ToolCall, count: usize, cx: &CallCx) -> anyhow::Result<Outcome> {
        let (id, tool, arguments) = (call.id.clone(), call.name.clone(), call.arguments.clone());
        let _ = self.events.send(Event::Call { id: id.clone(), tool, arguments });
        let started = Instant::now();
        let result = if count > 1 {
            let why = "this exact call was made before and its result is above; use it, or call something else";
            Err(ToolFailure::new("repeated", why))
        } else {
            match self.call(call, cx).await {
                Ok(output) => Ok(output),
                Err(ToolError::TellModel(failure)) => Err(failure),
                Err(ToolError::Abort(error)) => return Err(error),
            }
        };
        let mut outcome = Outcome { call: call.clone(), result };
        if let Ok(output) = &mut outcome.result {
            output.content = self.cap(std::mem::take(&mut output.content));
        }
        let (artifacts, tables) = match &outcome.result {
            Ok(output) => (output.artifacts.clone(), output.tables.clone()),
            Err(_) => (Vec::new(), Vec::new()),
        };
        let ms = started.elapsed().as_millis() as u64;
        let content = outcome.content();
        let _ = self.events.send(Event::Result { id, ok: outcome.result.is_ok(), content, artifacts, tables, ms });
        Ok(outcome)
    }

    async fn call(&self, call: &ToolCall, cx: &CallCx) -> Result<ToolOutput, ToolError> {
        let Some(tool) = self.tools.get(&call.name) else {
            let known: Vec<String> = self.tools.specs().into_iter().map(|t| t.name).collect();
            let why = format!("there is no tool `{}`; the tools are {}", call.name, known.join(", "));
            return Err(ToolError::tell("unknown_tool", why));
        };
        check_arguments(&tool.spec().parameters, &call.arguments)?;
        let cancelled = || ToolError::tell("interrupted", "the user interrupted this call");
        tokio::select! {
            result = tokio::time::timeout(self.limits.time, tool.call(call.arguments.clone(), cx)) => match result {
                Ok(result) => result,
                Err(_) => {
                    let why = format!("`{}` gave no result within {} s", call.name, self.limits.time.as_secs());
                    Err(ToolError::tell("timeout", why))
                }
            },
            () = cx.cancel.cancelled() => Err(cancelled()),
        }
    }

    /// Cuts a result to its share of the context, and says so.
    fn cap(&self, content: String) -> String {
        let limit = self.limits.result_tokens;
        let tokens = self.engine.count_tokens(&content);
        if tokens <= limit {
            return content;
        }
        let keep = content.len() * limit / tokens;
        let at = (0..=keep).rev().find(|i| content.is_char_boundary(*i)).unwrap_or(0);
        format!("{}\n[cut: {limit} of {tokens} tokens shown]", &content[..at])
    }
}

/// Checks arguments against a tool's schema, with an error that says what to mend.
pub fn check_arguments(schema: &Value, arguments: &Value) -> Result<(), ToolFailure> {
    let validator = jsonschema::validator_for(schema)
        .map_err(|e| ToolFailure::new("schema", format!("the tool's own schema is invalid: {e}")))?;
    let errors: Vec<String> = validator
        .iter_errors(arguments)
        .take(3)
        .map(|e| {
            let at = e.instance_path().to_string();
            if at.is_empty() { e.to_string() } else { format!("{at}: {e}") }
        })
        .collect();
    if errors.is_empty() { Ok(()) } else { Err(ToolFailure::new("arguments", errors.join("; "))) }
}
