//! A run again from its record: its events as they were kept, and what its pages say by now.
//!
//! Nothing here fetches a page or asks a model. `compare.rs` holds what a run concluded against pages that
//! somebody else has fetched again, `words.rs` says what came of it.

mod compare;
mod words;

use crate::session::{SessionRecord, TurnEvent};

pub use compare::{Before, Change, Fresh, PageChange, Refreshed, compare};
pub use words::in_words;

/// A run's name: a session's, with `/3` behind it for one of its turns.
pub fn name(run: &str) -> (&str, Option<u32>) {
    match run.rsplit_once('/') {
        Some((session, turn)) => (session, turn.parse().ok()),
        None => (run, None),
    }
}

/// The events of a run in their order, of one turn or of all.
pub fn events(record: &SessionRecord, turn: Option<u32>) -> impl Iterator<Item = &TurnEvent> {
    record.events.iter().filter(move |event| turn.is_none_or(|turn| event.turn == turn))
}
