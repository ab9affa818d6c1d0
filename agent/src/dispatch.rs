//! Runs the calls of one reply, side by side: each checked, timed and capped, and its result told
//! to the model whether it went well or not.

use futures::stream::{FuturesOrdered, StreamExt};
use polymath_chat::{Event, Message, ToolCall, ToolFailure, ToolOutput};
use polymath_model::engine::{Engine, Events};
use polymath_tools::{CallCx, Registry, ToolError};
use serde_json::Value;
use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};
use tokio::sync::watch;

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

/// The calls that were made in this turn, so that a model that goes in circles is told, then stopped.
///
/// A call is made again only where something happened since that may change its result: another call
/// of the same tool, or any call at all of one that keeps state from call to call (the interpreter).
/// Even then three equal results in a row are a circle.
#[derive(Default)]
pub struct Repeats {
    /// Those that a killed process had begun.
    begun: Vec<String>,
    made: HashMap<String, Made>,
    /// Calls of each tool that ran.
    ran: HashMap<String, usize>,
}

#[derive(Default, Clone)]
struct Made {
    /// The call's id when it last ran.
    id: String,
    /// Calls of the tool that had run when this one did.
    at: usize,
    /// How often it was made without any need since it last ran.
    needless: usize,
    result: String,
    /// Runs in a row with this result.
    equal: usize,
}

/// What a call that is about to be made is to the guard.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Guarded {
    Run,
    /// Its result is there already.
    Needless,
    Circle,
    /// It had begun before, nobody knows what it did, and it may do that again.
    Begun,
}

impl Repeats {
    pub fn after(begun: &[ToolCall]) -> Repeats {
        Repeats { begun: begun.iter().map(Self::key).collect(), ..Repeats::default() }
    }

    fn key(call: &ToolCall) -> String {
        format!("{} {}", call.name, call.arguments)
    }

    /// Calls whose results are no longer there for the model to read may be made again.
    pub fn forget(&mut self, ids: &[String]) {
        self.made.retain(|_, made| !ids.contains(&made.id));
    }

    fn guard(&mut self, call: &ToolCall, stateful: bool) -> Guarded {
        if stateful && self.begun.contains(&Self::key(call)) {
            return Guarded::Begun;
        }
        let ran = self.ran.get(&call.name).copied().unwrap_or_default();
        let Some(made) = self.made.get_mut(&Self::key(call)) else { return Guarded::Run };
        if made.equal > 2 {
            return Guarded::Circle;
        }
        if stateful || ran > made.at {
            return Guarded::Run;
        }
        made.needless += 1;
        if made.needless > 1 { Guarded::Circle } else { Guarded::Needless }
    }

    fn ran(&mut self, call: &ToolCall, result: String) {
        let ran = self.ran.entry(call.name.clone()).or_default();
        *ran += 1;
        let made = self.made.entry(Self::key(call)).or_default();
        let equal = if made.equal > 0 && made.result == result { made.equal + 1 } else { 1 };
        *made = Made { id: call.id.clone(), at: *ran, needless: 0, result, equal };
    }
}

/// How many of a turn's calls are on record: the end of who runs the calls. Where there is one, no call
/// runs before its intent is kept, so that what a killed process may have done can be looked up.
pub struct Record {
    kept: watch::Receiver<usize>,
    told: AtomicUsize,
}

impl Record {
    /// The record and the end of who keeps it, which counts the `Call` events that are kept.
    pub fn new() -> (watch::Sender<usize>, Record) {
        let (sender, kept) = watch::channel(0);
        (sender, Record { kept, told: AtomicUsize::new(0) })
    }

    /// Waits until so many more calls are kept.
    async fn keeps(&self, calls: usize) -> anyhow::Result<()> {
        let all = self.told.fetch_add(calls, Ordering::Relaxed) + calls;
        let kept = self.kept.clone().wait_for(|kept| *kept >= all).await.map(drop);
        kept.map_err(|_| anyhow::anyhow!("a call was not run, since its record could not be kept"))
    }
}

/// What a dispatch needs to know.
pub struct Dispatch<'a> {
    pub tools: &'a Registry,
    pub engine: &'a dyn Engine,
    pub limits: &'a CallLimits,
    pub events: &'a Events,
    pub record: Option<&'a Record>,
    /// Calls that are not made, by their ids, and why.
    pub barred: &'a HashMap<String, ToolFailure>,
}

impl Dispatch<'_> {
    /// Runs all calls of a reply. `None` when one of them is made in a circle: the model is stuck.
    ///
    /// The calls run side by side and are told, and given to `learn`, in the order in which they
    /// were made: what is numbered there does not depend on which of them answers first.
    pub async fn run(
        &self,
        calls: &[ToolCall],
        cx: &CallCx,
        repeats: &mut Repeats,
        learn: &mut (dyn FnMut(&mut ToolOutput) + Send),
    ) -> anyhow::Result<Option<Vec<Outcome>>> {
        let first =
            |i: usize| calls[..i].iter().all(|c| (&c.name, &c.arguments) != (&calls[i].name, &calls[i].arguments));
        let guard = |(i, call): (usize, &ToolCall)| match self.is_stateful(call) {
            // Twice in one reply, side by side.
            false if !first(i) => Guarded::Needless,
            stateful => repeats.guard(call, stateful),
        };
        let guarded: Vec<Guarded> = calls.iter().enumerate().map(guard).collect();
        if guarded.contains(&Guarded::Circle) {
            return Ok(None);
        }
        for call in calls {
            let (id, tool, arguments) = (call.id.clone(), call.name.clone(), call.arguments.clone());
            let _ = self.events.send(Event::Call { id, tool, arguments });
        }
        if let Some(record) = self.record {
            record.keeps(calls.len()).await?;
        }
        let runs = calls.iter().zip(&guarded).map(|(call, guarded)| self.one(call, *guarded, cx));
        let mut runs: FuturesOrdered<_> = runs.collect();
        let mut outcomes: Vec<Outcome> = Vec::new();
        while let Some(run) = runs.next().await {
            let (mut outcome, ms) = run?;
            if let Ok(output) = &mut outcome.result {
                learn(output);
                output.content = self.cap(std::mem::take(&mut output.content));
            }
            self.tell(&outcome, ms);
            outcomes.push(outcome);
        }
        for (outcome, _) in outcomes.iter().zip(&guarded).filter(|(_, g)| **g == Guarded::Run) {
            repeats.ran(&outcome.call, outcome.content());
        }
        Ok(Some(outcomes))
    }

    fn is_stateful(&self, call: &ToolCall) -> bool {
        self.tools.get(&call.name).is_some_and(|tool| tool.spec().stateful)
    }

    /// What became of one call, and the milliseconds that it took.
    async fn one(&self, call: &ToolCall, guarded: Guarded, cx: &CallCx) -> anyhow::Result<(Outcome, u64)> {
        let started = Instant::now();
        let result = if let Some(failure) = self.barred.get(&call.id) {
            Err(failure.clone())
        } else if guarded == Guarded::Needless {
            let why = "this exact call was made before and its result is above; use it, or call something else";
            Err(ToolFailure::new("repeated", why))
        } else if guarded == Guarded::Begun {
            let why = "this exact call had begun when the program ended, and may have done its work; ask the user \
                       whether it is to be made again, and do not make it in this turn";
            Err(ToolFailure::new("begun_before", why))
        } else {
            match self.call(call, cx).await {
                Ok(output) => Ok(output),
                Err(ToolError::TellModel(failure)) => Err(failure),
                Err(ToolError::Abort(error)) => return Err(error),
            }
        };
        Ok((Outcome { call: call.clone(), result }, started.elapsed().as_millis() as u64))
    }

    fn tell(&self, outcome: &Outcome, ms: u64) {
        let (artifacts, tables) = match &outcome.result {
            Ok(output) => (output.artifacts.clone(), output.tables.clone()),
            Err(_) => (Vec::new(), Vec::new()),
        };
        let (id, ok, content) = (outcome.call.id.clone(), outcome.result.is_ok(), outcome.content());
        let _ = self.events.send(Event::Result { id, ok, content, artifacts, tables, ms });
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
    if errors.is_empty() {
        return Ok(());
    }
    Err(ToolFailure::new("arguments", format!("{}; it takes {}", errors.join("; "), takes(schema))))
}

/// The arguments of a schema in few words: `query (string, required), limit (integer)`.
fn takes(schema: &Value) -> String {
    let required = |name: &str| schema["required"].as_array().is_some_and(|r| r.iter().any(|n| n == name));
    let named = schema["properties"].as_object().into_iter().flatten().map(|(name, property)| {
        let kind = match &property["type"] {
            Value::String(kind) => kind.clone(),
            Value::Array(kinds) => kinds.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(" or "),
            _ => "any".to_owned(),
        };
        format!("{name} ({kind}{})", if required(name) { ", required" } else { "" })
    });
    let named: Vec<String> = named.collect();
    if named.is_empty() { "no arguments".to_owned() } else { named.join(", ") }
}
