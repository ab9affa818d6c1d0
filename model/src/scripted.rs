//! A model written down beforehand, for tests of everything above it.
//!
//! It enforces the protocol: a tool's result without its call, a call left without its result, or
//! more requests than there are replies fail the test instead of passing by luck.

use crate::engine::{Engine, EngineError, Events, ModelInfo, Reply, ReplyRequest, ReplyStop, TokenUsage};
use async_trait::async_trait;
use polymath_chat::{Completion, CompletionError, Event, Message, Role, ToolCall};
use std::collections::VecDeque;
use std::sync::Mutex;
use tokio_util::sync::CancellationToken;

/// Plays replies and completions in order.
pub struct ScriptedEngine {
    info: ModelInfo,
    replies: Mutex<VecDeque<Message>>,
    completions: Mutex<VecDeque<String>>,
    /// Every completion that was asked for, for the test to look at.
    pub asked: Mutex<Vec<Completion>>,
}

impl ScriptedEngine {
    pub fn new(guided: bool, replies: Vec<Message>, completions: &[&str]) -> Self {
        let info = ModelInfo { name: "scripted".into(), context: 8192, parameters: 0, dialect: "generic", guided };
        ScriptedEngine {
            info,
            replies: Mutex::new(replies.into()),
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
        let next = self.replies.lock().unwrap_or_else(|e| e.into_inner()).pop_front();
        let message = next.ok_or_else(|| EngineError::Failed("the script has no further reply".into()))?;
        if request.rules.constraint.is_none() && !message.content.is_empty() {
            let _ = request.events.send(Event::Text { delta: message.content.clone() });
        }
        let usage = TokenUsage { completion: 1, ..TokenUsage::default() };
        Ok(Reply { message, malformed: Vec::new(), usage, stop: ReplyStop::End, logprobs: Vec::new() })
    }

    async fn complete(&self, task: Completion, _: CancellationToken, _: Events) -> Result<String, CompletionError> {
        self.asked.lock().unwrap_or_else(|e| e.into_inner()).push(task);
        let next = self.completions.lock().unwrap_or_else(|e| e.into_inner()).pop_front();
        next.ok_or_else(|| CompletionError::Engine("the script has no further completion".into()))
    }
}
