//! A turn that the user leads: one call of a tool, and its result is the answer. No model is asked.

use crate::lead::{Lead, Turn};
use async_trait::async_trait;
use polymath_chat::{Event, Message, ToolCall, call_id};
use serde_json::Value;

/// The call, until it is made.
pub(crate) struct Command(pub Option<(String, Value)>);

#[async_trait]
impl Lead for Command {
    async fn next(&mut self, turn: &mut Turn<'_>) -> anyhow::Result<Message> {
        let Some((name, arguments)) = self.0.take() else { return self.last(turn).await };
        let before: usize = turn.chat.messages.iter().map(|m| m.calls.len()).sum();
        let call = ToolCall { id: call_id(before + 1), name, arguments };
        Ok(Message { calls: vec![call], ..Message::assistant("") })
    }

    async fn last(&mut self, turn: &mut Turn<'_>) -> anyhow::Result<Message> {
        let Some(outcome) = turn.outcomes.last() else { anyhow::bail!("the call was not made") };
        let output = outcome.result.as_ref().map_err(|failure| anyhow::anyhow!("{failure}"))?;
        let content = output.content.clone();
        let tables: Vec<_> = output.tables.iter().map(|table| turn.with_origins(outcome, table)).collect();
        for table in tables {
            turn.chat.add_table(table.clone());
            let _ = turn.events.send(Event::Table { table: table.clone() });
            turn.tables.push(table);
        }
        Ok(Message::assistant(content))
    }
}
