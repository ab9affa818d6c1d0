//! Leads a small model through a turn, one small decision at a time.
//!
//! A 1.5B model fails as a free agent, and does well when it is asked one thing under a grammar
//! that only allows answers which make sense: which action is next, what to search for, which
//! expression, which cell stands in which column. Data goes from step to step as typed tables and
//! verbatim lines, not as text to retype.

mod amount;
mod calc;
mod chart;
mod compute;
mod contest;
mod describe;
mod digits;
mod dimension;
mod extract;
mod facts;
mod find;
mod fits;
mod functions;
mod given;
mod named;
mod notes;
mod plan;
mod program;
mod query;
mod quote;
mod read;
mod reckon;
mod roles;
mod search;
mod series;
mod speaking;
mod state;
mod steps;
mod tabled;
mod talk;
mod write;

pub(crate) use find::is_of_kind;
pub use state::Guide;
pub(crate) use state::with_unit;
