//! A model written down beforehand, for tests of everything above it.
//!
//! It enforces the protocol: a tool's result without its call, a call left without its result, or
//! more requests than there are replies, or an answer that its constraint would not have allowed fail the
//! test instead of passing by luck.

use crate::constrain::Compiler;
use crate::engine::{Engine, EngineError, Events, ModelInfo, Reply, ReplyRequest, ReplyStop, TokenUsage, ToolChoice};
use async_trait::async_trait;
use polymath_chat::{Completion, CompletionError, Constraint, Event, Message, Role, ToolCall};
use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard};
use tokio_util::sync::CancellationToken;

/// A reply as it will be given.
#[derive(Debug, Clone)]
pub struct ScriptedReply {
    pub message: Message,
    /// See [`Reply::malformed`].
    pub malformed: Vec<(String, String)>,
    pub stop: ReplyStop,
}

impl From<Message> for ScriptedReply {
    fn from(message: Message) -> Self {
        ScriptedReply { message, malformed: Vec::new(), stop: ReplyStop::End }
    }
}

impl ScriptedReply {
    /// An attempt at a call that cannot be read.
    pub fn malformed(raw: &str, why: &str) -> Self {
        ScriptedReply { malformed: vec![(raw.to_owned(), why.to_owned())], ..Message::assistant("").into() }
    }

    /// Text that ended for another reason than that the model was done; one that was cancelled ends
    /// when the request is.
    pub fn stopped(text: &str, stop: ReplyStop) -> Self {
        ScriptedReply { stop, ..Message::assistant(text).into() }
    }
}

/// What was asked for, for the test to look at.
#[derive(Debug, Clone)]
pub enum Asked {
    /// A short task.
    Completion(Completion),
    /// The conversation that a reply was asked for.
    Reply(Vec<Message>),
}

/// What is said where a look-up needs no other one before it.
const ONE_STEP: &str = "one step";
/// What is said where a request without capitals has no names, and where pages are read for all that they say of a question.
const NONE: &str = "none";
/// What is said of a question: that pages tell what it asks.
const READ: &str = "read";

/// Plays replies and completions in order.
pub struct ScriptedEngine {
    info: ModelInfo,
    compiler: Compiler,
    replies: Mutex<VecDeque<ScriptedReply>>,
    completions: Mutex<VecDeque<String>>,
    asked: Mutex<Vec<Asked>>,
}

impl ScriptedEngine {
    /// # Panics
    /// The constraints' compiler cannot be made.
    pub fn new<R: Into<ScriptedReply>>(guided: bool, replies: Vec<R>, completions: &[&str]) -> Self {
        let info = ModelInfo { name: "scripted".into(), context: 8192, parameters: 0, dialect: "generic", guided };
        ScriptedEngine {
            info,
            compiler: Compiler::of_bytes().unwrap_or_else(|e| panic!("{e}")),
            replies: Mutex::new(replies.into_iter().map(Into::into).collect()),
            completions: Mutex::new(completions.iter().map(|c| (*c).to_owned()).collect()),
            asked: Mutex::default(),
        }
    }

    /// An assistant's message with these calls.
    pub fn calling(calls: &[(&str, serde_json::Value)]) -> Message {
        let calls = calls.iter().enumerate().map(|(i, (name, arguments))| ToolCall {
            id: format!("{name}-{i}"),
            name: (*name).to_owned(),
            arguments: arguments.clone(),
        });
        Message { calls: calls.collect(), ..Message::assistant("") }
    }

    /// Everything that was asked for so far.
    pub fn asked(&self) -> Vec<Asked> {
        lock(&self.asked).clone()
    }

    /// Replies and completions that were not asked for yet.
    pub fn left(&self) -> usize {
        lock(&self.replies).len() + lock(&self.completions).len()
    }

    /// The next completion. What is asked of each value and of each look-up is answered in the usual way where the script
    /// does not answer it: yes, in one step, told by the pages, without names, and that pages say nothing.
    fn next(&self, task: &Completion) -> Option<String> {
        let steps = format!("start: \"{ONE_STEP}\"");
        let of_none = |lark: &str| {
            ["name ", "note ", "fact ", "edit "].iter().any(|of| lark.starts_with(&format!("start: \"{NONE}\" | {of}")))
        };
        let usual = match &task.constraint {
            constraint @ Some(_) if *constraint == Some(Constraint::yes_or_no()) => Some("yes".to_owned()),
            Some(Constraint::Choice(ways)) if ways.first().is_some_and(|way| way == READ) => Some(READ.to_owned()),
            Some(Constraint::Lark(lark)) if lark.starts_with(&steps) => Some(ONE_STEP.to_owned()),
            Some(Constraint::Lark(lark)) if of_none(lark) => Some(NONE.to_owned()),
            Some(Constraint::Lark(lark)) => empty_row(lark),
            _ => None,
        };
        let mut completions = lock(&self.completions);
        let short = [Some("yes"), Some(ONE_STEP), Some(READ)].contains(&usual.as_deref());
        let answers = |next: &String| match short {
            true => ["yes", "no", ONE_STEP, READ, "work out"].contains(&next.as_str()) || next.starts_with("a: "),
            // Names come before anything else that a script says, notes behind it.
            false => next != NONE && self.check(task.constraint.as_ref(), next).is_ok(),
        };
        match usual {
            Some(usual) if !completions.front().is_some_and(answers) => Some(usual),
            _ => completions.pop_front(),
        }
    }

    /// A scripted text must be one that the constraint lets a model write.
    fn check(&self, constraint: Option<&Constraint>, text: &str) -> Result<(), String> {
        let checked = constraint.map_or(Ok(()), |constraint| self.compiler.check(constraint, text));
        checked.map_err(|why| format!("the script's {text:?} does not fit the constraint {constraint:?}: {why}"))
    }
}

/// A row of a table of which the pages tell no cell: `start: row`, and in the next line its names with a value behind each.
fn empty_row(lark: &str) -> Option<String> {
    let row = lark.strip_prefix("start: row\nrow: ")?.lines().next()?;
    let names =
        |part: &str| serde_json::Deserializer::from_str(part).into_iter::<String>().flatten().collect::<String>();
    Some(row.split(" value").filter(|part| !part.is_empty()).map(|part| names(part) + NONE).collect())
}

fn lock<T>(value: &Mutex<T>) -> MutexGuard<'_, T> {
    value.lock().unwrap_or_else(|e| e.into_inner())
}

/// Every call has its result directly behind it, and every result its call before it.
fn check_protocol(messages: &[Message]) -> Result<(), EngineError> {
    let mut open: Vec<&str> = Vec::new();
    for message in messages {
        match message.role {
            Role::Tool => {
                let id = message.call_id.as_deref().unwrap_or_default();
                let at = open.iter().position(|o| *o == id);
                let Some(at) = at else {
                    return Err(EngineError::Failed(format!("a result for `{id}`, which was not called")));
                };
                open.remove(at);
            }
            _ if !open.is_empty() => {
                return Err(EngineError::Failed(format!("no result for the calls {open:?}")));
            }
            Role::Assistant => open = message.calls.iter().map(|c| c.id.as_str()).collect(),
            Role::System | Role::User => {}
        }
    }
    if open.is_empty() { Ok(()) } else { Err(EngineError::Failed(format!("no result for the calls {open:?}"))) }
}

#[async_trait]
impl Engine for ScriptedEngine {
    fn info(&self) -> &ModelInfo {
        &self.info
    }

    fn count_tokens(&self, text: &str) -> usize {
        text.len().div_ceil(4)
    }

    async fn reply(&self, request: ReplyRequest<'_>) -> Result<Reply, EngineError> {
        check_protocol(request.messages)?;
        if request.cancel.is_cancelled() {
            return Err(EngineError::Cancelled);
        }
        lock(&self.asked).push(Asked::Reply(request.messages.to_vec()));
        let next = lock(&self.replies).pop_front();
        let scripted = next.ok_or_else(|| EngineError::Failed("the script has no further reply".into()))?;
        let ScriptedReply { message, malformed, stop } = scripted;
        if stop == ReplyStop::Cancelled {
            request.cancel.cancelled().await;
        }
        if request.rules.tool_choice == ToolChoice::None && !message.calls.is_empty() {
            return Err(EngineError::Failed("the script calls where no call is allowed".into()));
        }
        self.check(request.rules.constraint.as_ref(), &message.content).map_err(EngineError::Failed)?;
        if request.rules.constraint.is_none() && !message.content.is_empty() {
            let _ = request.events.send(Event::Text { delta: message.content.clone() });
        }
        let usage = TokenUsage { completion: 1, ..TokenUsage::default() };
        Ok(Reply { message, malformed, usage, stop, logprobs: Vec::new() })
    }

    async fn complete(&self, task: Completion, _: CancellationToken, _: Events) -> Result<String, CompletionError> {
        lock(&self.asked).push(Asked::Completion(task.clone()));
        let next = self.next(&task);
        let missing = || format!("the script has no further completion; asked was: {}", task.prompt);
        let text = next.ok_or_else(|| CompletionError::Engine(missing()))?;
        self.check(task.constraint.as_ref(), &text).map_err(CompletionError::Engine)?;
        Ok(text)
    }
}
