//! Evaluation dialogues: conversations with an exact checker for each turn, as `tasks.jsonl` holds
//! them (`examples/eval/README.md` has the format). Reads the tasks, and judges a turn by its events.
//!
//! Runs nothing: whoever has an agent asks the questions.

mod deeds;
mod json;
mod pattern;
mod task;
mod text;
mod words;

pub use pattern::{Pattern, TooHard};
pub use task::{Dialogue, Task, Tasks, TasksError};

use polymath_chat::Event;
use std::path::PathBuf;

/// What is wrong with a turn; nothing when it is right. `events` are the turn's, in order; `pictures`
/// are the picture files that it made.
///
/// # Errors
/// A pattern that cannot be searched for in this answer: then there is no verdict.
pub fn check(task: &Task, events: &[Event], pictures: &[PathBuf]) -> Result<Vec<String>, TooHard> {
    let answers = events.iter().rev().filter_map(|event| match event {
        Event::Answer { text, citations, figures } => Some((text, citations, figures)),
        _ => None,
    });
    let Some((text, citations, figures)) = answers.into_iter().next() else { return Ok(vec!["no answer".into()]) };
    let mut why = words::wrong(task, text, events)?;
    why.extend(deeds::wrong(task, events, citations, figures, pictures)?);
    Ok(why)
}

/// What is wrong with an answer's words alone.
///
/// # Errors
/// As [`check`].
pub fn check_words(task: &Task, answer: &str) -> Result<Vec<String>, TooHard> {
    words::wrong(task, answer, &[])
}
