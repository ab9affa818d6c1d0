//! Functions of the user's in a guided turn: which the request needs is the model's to say, as calls; what
//! they give is the answer.

use super::state::{Guide, Outcome, Running, calling};
use crate::lead::Turn;
use polymath_chat::Message;
use polymath_model::engine::{ReplyRequest, Rules};
use serde_json::Value;
use tokio::sync::mpsc::unbounded_channel;

/// Tokens of the calls.
const CALLS: usize = 400;
const SYSTEM: &str = "Call the functions that the request asks for. Where none of them fits, call none.";

impl Guide {
    /// The calls of the user's functions that the request needs, if there are any. Asked once a turn.
    pub(super) async fn own_functions(&mut self, turn: &mut Turn<'_>) -> anyhow::Result<Option<Message>> {
        let tools = turn.agent.tools.own_specs();
        if tools.is_empty() || std::mem::replace(&mut self.functions, true) {
            return Ok(None);
        }
        let messages = [Message::system(SYSTEM), Message::user(&*turn.question)];
        // What else the model says to this is nobody's answer.
        let (events, _) = unbounded_channel();
        let request = ReplyRequest {
            conversation: &format!("{}-functions", turn.chat.id),
            messages: &messages,
            tools: &tools,
            rules: Rules::free(CALLS),
            sampling: turn.agent.settings.sampling.clone(),
            cancel: turn.cancel.clone(),
            events,
        };
        let reply = turn.agent.engine.reply(request).await?;
        turn.tokens += reply.usage.completion;
        let known = |name: &str| tools.iter().any(|tool| tool.name == name);
        let calls = reply.message.calls.iter().filter(|call| known(&call.name));
        let calls: Vec<(&str, Value)> = calls.map(|call| (call.name.as_str(), call.arguments.clone())).collect();
        if calls.is_empty() {
            return Ok(None);
        }
        self.running = Some(Running::Functions(calls.len()));
        Ok(Some(calling(turn, calls)))
    }

    /// Takes what the functions gave: the last so many calls of the turn.
    pub(super) fn functions_done(&mut self, turn: &mut Turn<'_>, calls: usize) {
        let first = turn.outcomes.len().saturating_sub(calls);
        let results: Vec<_> =
            turn.outcomes[first..].iter().map(|outcome| (outcome.call.name.clone(), outcome.result.clone())).collect();
        for (name, result) in results {
            match result {
                Ok(output) => {
                    output.tables.into_iter().for_each(|table| self.add_table(turn, "", table));
                    let text = output.printed.unwrap_or(output.content);
                    if !text.trim().is_empty() {
                        self.results.push(Outcome::Printed { text, own: true });
                    }
                    if !output.artifacts.is_empty() {
                        self.results.push(Outcome::Files(output.artifacts.into_iter().map(|a| a.name).collect()));
                    }
                }
                Err(failure) => {
                    let why = failure.message.lines().last().unwrap_or_default();
                    self.results.push(Outcome::Failed(format!("{name}: {why}")));
                }
            }
        }
    }
}
