//! What a run is made of, and what its steps share.

use super::cache::StepCache;
use super::input::Inputs;
use super::output::Output;
use super::plan::Script;
use crate::lead::Agent;
use polymath_chat::Event;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;

/// Who keeps the record of a run and shows how it goes.
pub trait Watch: Sync {
    /// A step begins to do something. Returns the number of its record.
    fn begin(&self, what: &str) -> anyhow::Result<u32>;

    /// Keeps an event; when this returns it is on disk.
    fn event(&self, number: u32, event: &Event) -> anyhow::Result<()>;

    fn progress(&self, step: &str, progress: &Progress);
}

/// How a step goes.
#[derive(Debug, Clone, PartialEq)]
pub enum Progress {
    Begun,
    /// It failed and is tried again.
    Again {
        why: String,
    },
    Done {
        cached: bool,
        seconds: f64,
        left: usize,
    },
    Skipped {
        left: usize,
    },
    Failed {
        why: String,
        left: usize,
    },
}

/// The most that a run may take.
#[derive(Debug, Clone, Copy, Default)]
pub struct Budget {
    pub time: Option<Duration>,
    /// Tokens that the model writes.
    pub tokens: Option<usize>,
}

/// A script with all that its run needs.
pub struct Run<'a> {
    /// Unique: sessions of tools and conversations have names that begin so.
    pub id: &'a str,
    pub script: &'a Script,
    pub inputs: &'a Inputs,
    /// Its settings' `today` is given, and its `out` is where files go.
    pub agent: &'a Agent,
    pub cache: &'a StepCache,
    /// Whatever else results of the web depend on: how it is searched.
    pub world: &'a str,
    pub watch: &'a dyn Watch,
    pub budget: Budget,
    pub cancel: CancellationToken,
}

/// What became of a step.
#[derive(Debug, Clone)]
pub enum StepEnd {
    Done(Box<Output>),
    /// Its condition did not hold, or that of one that it needs.
    Skipped,
    Failed(String),
}

/// What became of a run. Steps that are not named were not begun.
#[derive(Debug)]
pub struct Ended {
    pub steps: BTreeMap<String, StepEnd>,
    /// Tokens that the model wrote.
    pub tokens: usize,
    /// Why it did not come to its end.
    pub stopped: Option<String>,
}

/// What the steps of a run share.
pub struct Shared {
    pub model: Semaphore,
    pub tools: Semaphore,
    pub tokens: AtomicUsize,
    /// Cancelled by the user, or when the time is over.
    pub cancel: CancellationToken,
}

impl Shared {
    /// # Errors
    /// No more is to be begun.
    pub fn check(&self, budget: Budget) -> anyhow::Result<()> {
        if self.cancel.is_cancelled() {
            anyhow::bail!("the run was stopped");
        }
        let written = self.tokens.load(Ordering::Relaxed);
        if let Some(tokens) = budget.tokens.filter(|tokens| written >= *tokens) {
            anyhow::bail!(
                "the run's {tokens} tokens are used up\nhint: raise `tokens` in the script and resume the run"
            );
        }
        Ok(())
    }
}
