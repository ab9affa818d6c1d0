//! The front door: a question goes in, and comes out answered.

use crate::approval::Answers;
use crate::command::Command;
use crate::dispatch::Record;
use crate::guide::Guide;
use crate::lead::{Agent, Lead, Mode, Outside, Steer, nobody};
use crate::native::Native;
use crate::notebook::Chat;
use crate::session::run_store::keep;
use crate::session::{Made, RunStore, StoreError};
use crate::turn::{self, TurnEnd};
use polymath_chat::Event;
use polymath_model::engine::Events;
use serde_json::Value;
use std::sync::Arc;
use tokio::sync::mpsc::unbounded_channel;
use tokio_util::sync::CancellationToken;

/// A conversation that is kept, and the turn of it that has begun.
pub struct Kept<'a> {
    pub store: &'a mut dyn RunStore,
    pub chat: &'a mut Chat,
    /// Its number, as [`RunStore::begin`] gave it.
    pub turn: u32,
    pub said: Said<'a>,
    /// What is said while it runs; [`nobody`] where nobody can.
    pub steer: Steer<'a>,
    /// Who answers whether a call that acts on the world may be made. Where nobody is named, who the tools were made with
    /// is asked.
    pub answers: Option<Arc<dyn Answers>>,
}

/// What the user said.
pub enum Said<'a> {
    Question(&'a str),
    /// A call of a tool with its arguments, in the line that the user wrote: a turn without a model, whose
    /// result is the answer.
    Command {
        line: &'a str,
        tool: &'a str,
        arguments: Value,
    },
}

impl Said<'_> {
    pub fn line(&self) -> &str {
        match self {
            Said::Question(line) | Said::Command { line, .. } => line,
        }
    }
}

impl Agent {
    /// What its turns are made with. `from`: what tells its model from others of that name.
    pub fn made(&self, from: impl Into<String>) -> Made {
        let settings = &self.settings;
        Made {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            model: self.engine.info().name.clone(),
            from: from.into(),
            mode: settings.mode,
            max_steps: settings.max_steps,
            temperature: settings.sampling.temperature,
            seed: settings.sampling.seed,
            today: settings.today(),
            began: String::new(),
        }
    }

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
        turn::run(self, &mut *self.lead(), (chat, question), (events, None), alone(cancel, &mut nobody)).await
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
        turn::run(self, &mut *self.lead(), (chat, question), (events, Some(record)), alone(cancel, &mut nobody)).await
    }

    /// Runs a turn of a kept conversation: every event is kept before `show` is handed it, no call
    /// runs before its own is, and the conversation is kept when the turn is over. What fails is an
    /// event too.
    ///
    /// # Errors
    /// As of [`Agent::turn`], or the store cannot keep it: then nothing further is run.
    pub async fn turn_kept(
        &self,
        kept: Kept<'_>,
        show: &mut (dyn FnMut(&Event) + Send),
        cancel: CancellationToken,
    ) -> anyhow::Result<TurnEnd> {
        let Kept { store, chat, turn, said, steer, answers } = kept;
        let (events, mut inbox) = unbounded_channel();
        let (calls, record) = Record::new();
        let run = async {
            let result = match said {
                Said::Question(question) => {
                    let kept = (&events, Some(&record));
                    turn::run(self, &mut *self.lead(), (chat, question), kept, Outside { cancel, steer, answers }).await
                }
                Said::Command { line, tool, arguments } => {
                    let mut lead = Command(Some((tool.to_owned(), arguments)));
                    let outside = Outside { cancel, steer: &mut nobody, answers };
                    turn::run(self, &mut lead, (chat, line), (&events, Some(&record)), outside).await
                }
            };
            if let Err(error) = &result {
                let _ = events.send(Event::Error { message: format!("{error:#}"), hint: None });
            }
            drop(events);
            result
        };
        // Where the record cannot be kept, its end goes with this, and no further call is run.
        let keeps = &mut *store;
        let keeping = async move {
            while let Some(event) = inbox.recv().await {
                // Kept first: what was shown is not lost.
                keep(keeps, turn, &event)?;
                if matches!(event, Event::Call { .. }) {
                    calls.send_modify(|calls| *calls += 1);
                }
                show(&event);
            }
            Ok::<_, StoreError>(())
        };
        let (result, shown) = tokio::join!(run, keeping);
        shown?;
        let end = result?;
        store.end(turn, chat)?;
        Ok(end)
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

/// What a turn has that nobody speaks to and nobody answers.
fn alone(cancel: CancellationToken, steer: Steer<'_>) -> Outside<'_> {
    Outside { cancel, steer, answers: None }
}
