//! Where runs are kept: the one seam between a turn and whatever keeps it.

use super::error::StoreError;
use crate::notebook::Chat;
use polymath_chat::Event;

/// A conversation's journal, for the one run of it that is under way. Whoever runs a turn writes its steps and what came of
/// them in order, and goes on only with what was kept: after a kill, the journal says what was done, and
/// what had begun.
///
/// `polymath` keeps runs in SQLite ([`super::Session`]). Another implementation has to hold what each method
/// promises, and nothing else.
pub trait RunStore: Send {
    /// Begins a run: its question is kept when this returns. Returns its number in the conversation, from 1.
    ///
    /// # Errors
    /// It could not be kept, and there is no such run.
    fn begin(&mut self, question: &str) -> Result<u32, StoreError>;

    /// Keeps what is begun or said on the way: a step, a call that is about to be made, a notice. It is kept when this
    /// returns, and what came before it; only of a text (or reasoning) that is being written, the last sentence may
    /// still be open. Consecutive pieces of a text are one event.
    ///
    /// # Errors
    /// It could not be kept: what it announces must not be done.
    fn step(&mut self, run: u32, event: &Event) -> Result<(), StoreError>;

    /// Keeps what a step or the run came to: a call's result, a table, an artifact, the answer, an error. It is kept when
    /// this returns, and all that came before it.
    ///
    /// # Errors
    /// It could not be kept: it must not be shown as if it had been.
    fn result(&mut self, run: u32, event: &Event) -> Result<(), StoreError>;

    /// Ends the run: the conversation is from here on as `chat` is, or, where this fails, as it was before it. What
    /// was begun and never ended is the next process's to tell.
    ///
    /// # Errors
    /// It could not be kept.
    fn end(&mut self, run: u32, chat: &Chat) -> Result<(), StoreError>;
}

/// Keeps an event as what it is: a step, or a result.
///
/// # Errors
/// As of [`RunStore::step`] and [`RunStore::result`].
pub(crate) fn keep(store: &mut dyn RunStore, run: u32, event: &Event) -> Result<(), StoreError> {
    match event {
        Event::Session { .. }
        | Event::Step { .. }
        | Event::Text { .. }
        | Event::Reasoning { .. }
        | Event::Call { .. }
        | Event::Said { .. }
        | Event::Approval { .. }
        | Event::Approved { .. }
        | Event::Notice { .. }
        | Event::Prefill { .. } => store.step(run, event),
        Event::Result { .. }
        | Event::Table { .. }
        | Event::Artifact { .. }
        | Event::Answer { .. }
        | Event::Done { .. }
        | Event::Error { .. } => store.result(run, event),
    }
}
