//! The front door: a question goes in, and comes out answered.

use crate::command::Command;
use crate::dispatch::Record;
use crate::guide::Guide;
use crate::lead::{Agent, Lead, Mode};
use crate::native::Native;
use crate::notebook::Chat;
use crate::turn::{self, TurnEnd};
use polymath_model::engine::Events;
use serde_json::Value;
use tokio_util::sync::CancellationToken;

impl Agent {
    /// Answers one question in a conversation. Errors are told as events too, by the caller.
    ///
    /// # Errors
    /// The engine failed, or a tool that cannot go on.
    pub async fn turn(
        &self,
        chat: &mut Chat,
        question: &str,
        events: &Events,
        cancel: CancellationToken,
    ) -> anyhow::Result<TurnEnd> {
        turn::run(self, &mut *self.lead(), (chat, question), (events, None), cancel).await
    }

    /// The same where the events are kept: no call runs before its `Call` event is on record.
    ///
    /// # Errors
    /// As of [`Agent::turn`], or the record could not be kept.
    pub async fn turn_on_record(
        &self,
        chat: &mut Chat,
        question: &str,
        (events, record): (&Events, &Record),
        cancel: CancellationToken,
    ) -> anyhow::Result<TurnEnd> {
        turn::run(self, &mut *self.lead(), (chat, question), (events, Some(record)), cancel).await
    }

    /// A turn without a model: this call of a tool, whose result is the answer. `line` is what the user
    /// wrote.
    ///
    /// # Errors
    /// The call failed, or the record could not be kept.
    pub async fn command(
        &self,
        chat: &mut Chat,
        (line, tool, arguments): (&str, &str, Value),
        (events, record): (&Events, &Record),
        cancel: CancellationToken,
    ) -> anyhow::Result<TurnEnd> {
        let mut lead = Command(Some((tool.to_owned(), arguments)));
        turn::run(self, &mut lead, (chat, line), (events, Some(record)), cancel).await
    }

    fn lead(&self) -> Box<dyn Lead> {
        let guided = match self.settings.mode {
            Mode::Auto => self.engine.info().guided,
            Mode::Native => false,
            Mode::Guided => true,
        };
        if guided { Box::new(Guide::default()) } else { Box::new(Native::default()) }
    }
}
