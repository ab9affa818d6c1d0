//! What leads a turn, and what a turn is made of: the room between the loop and the two leads.

use crate::barred::Approve;
use crate::dispatch::{CallLimits, Outcome, Record};
use crate::notebook::Chat;
use async_trait::async_trait;
use chrono::{Local, NaiveDate};
use polymath_chat::{Completion, CompletionError, Message, Table};
use polymath_model::engine::{Engine, Events, Sampling};
use polymath_tools::Registry;
use serde::{Deserialize, Serialize};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// Who decides what happens next.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Mode {
    /// As suits the model.
    Auto,
    /// The model writes its own calls.
    Native,
    /// The model is led one small decision at a time.
    Guided,
}

/// How a turn is run.
#[derive(Debug, Clone)]
pub struct Settings {
    pub mode: Mode,
    pub max_steps: u32,
    pub deadline: Duration,
    pub sampling: Sampling,
    pub limits: CallLimits,
    /// Where artifacts go; made when it is first needed.
    pub out: PathBuf,
    pub approve: Approve,
    /// The day that counts as today; the computer's own where none is given.
    pub today: Option<NaiveDate>,
}

impl Settings {
    pub(crate) fn today(&self) -> NaiveDate {
        self.today.unwrap_or_else(|| Local::now().date_naive())
    }

    /// The system part of a prompt, with the date filled in.
    pub(crate) fn dated(&self, system: &str) -> String {
        system.replace("{today}", &self.today().to_string())
    }
}

/// Everything a turn works with.
pub struct Agent {
    pub engine: Arc<dyn Engine>,
    pub tools: Registry,
    pub settings: Settings,
}

/// What one turn keeps track of.
pub(crate) struct Turn<'a> {
    pub agent: &'a Agent,
    pub chat: &'a mut Chat,
    pub question: &'a str,
    /// The question as it can be understood without what was said before.
    pub asked: String,
    pub events: &'a Events,
    pub record: Option<&'a Record>,
    pub cancel: CancellationToken,
    /// Calls of this turn and what became of them.
    pub outcomes: Vec<Outcome>,
    /// Tables that this turn's answer shows.
    pub tables: Vec<Table>,
    pub tokens: usize,
    /// Calls whose results were shortened to make room: they may be made again.
    pub shortened: Vec<String>,
    /// What the model had written of an answer when it was stopped.
    pub half_written: String,
}

/// Decides what the model says next.
#[async_trait]
pub(crate) trait Lead: Send {
    /// The next message: calls to be run, or the answer.
    async fn next(&mut self, turn: &mut Turn<'_>) -> anyhow::Result<Message>;

    /// The answer from what there is, where no further call is allowed.
    async fn last(&mut self, turn: &mut Turn<'_>) -> anyhow::Result<Message>;
}

impl Turn<'_> {
    /// One constrained completion beside the conversation.
    pub async fn complete(&mut self, task: Completion) -> Result<String, CompletionError> {
        let task = Completion { system: self.agent.settings.dated(&task.system), ..task };
        let text = self.agent.engine.complete(task, self.cancel.clone(), self.events.clone()).await?;
        self.tokens += self.agent.engine.count_tokens(&text);
        Ok(text)
    }
}
