//! The values every other crate speaks in: messages, tool calls, tables, events.
//!
//! Plain data without I/O. What is here is what crosses a crate boundary or is written to disk;
//! anything with behaviour lives in the crate that owns the behaviour.

mod chart;
mod completer;
mod event;
mod kind;
mod message;
mod page;
pub mod path;
pub mod plain;
mod table;
mod tool;

pub use chart::Chart;
pub use compact_str::CompactString;
pub use completer::{Completer, Completion, CompletionError, Constraint};
pub use event::{Citation, Consent, Event, Figure, FigureStatus, Stop};
pub use kind::{ColumnKind, ColumnType, Precision};
pub use message::{Message, Role};
pub use page::{Packed, Retrieval};
pub use table::{Cell, Provenance, SharedProvenance, Table};
pub use tool::{Artifact, Hit, Lack, Mention, Source, ToolCall, ToolFailure, ToolOutput, ToolSpec, call_id};
