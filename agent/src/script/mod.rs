//! Scripts: an analysis of several steps, written down once and run again for other subjects.
//!
//! `file.rs` is the shape of the TOML, `check.rs` makes a [`Script`] of it or says what is wrong and
//! where. `input.rs` reads variables and files, `template.rs` fills texts in, `frame.rs` is what a run is made
//! of, `run.rs` runs all of it, side by side where steps do not need each other. `instance.rs` is one step
//! with what it is given, `step.rs` runs it, by `ask.rs`, `calls.rs` or `assert.rs`; `output.rs` has what it
//! came to, `cache.rs` keeps that by what went into it, `collect.rs` makes one table of many. `graph.rs`
//! draws a script, `export.rs` writes that of a conversation. Where a run is recorded and how it is shown
//! is not decided here.

mod ask;
mod assert;
mod cache;
mod calls;
mod check;
mod collect;
mod error;
mod export;
mod file;
mod frame;
mod graph;
mod input;
mod instance;
mod kinds;
mod names;
mod output;
mod plan;
mod run;
mod step;
mod template;
mod unused;

pub use cache::StepCache;
pub use check::read;
pub use error::ScriptError;
pub use export::script_of;
pub use frame::{Budget, Ended, Progress, Run, StepEnd, Watch};
pub use graph::mermaid;
pub use input::{InputError, Inputs};
pub use output::Output;
pub use plan::{Kind, Script, Step};
pub use unused::NoModel;
