//! From a question to a cited answer.
//!
//! `turn.rs` is the loop. `native.rs` and `guide/` decide what the model does next: it writes its
//! own calls, or is led one small decision at a time. `dispatch.rs` runs the calls, `evidence.rs`
//! finds the lines of opened pages that bear on a question, `ground.rs` checks the answer against
//! them, `files.rs` takes in what the user gives, `session.rs` keeps conversations.

pub mod dispatch;
pub mod evidence;
pub mod figures;
mod files;
mod ground;
mod guide;
mod native;
pub mod session;
mod turn;

pub use dispatch::{CallLimits, check_arguments};
pub use ground::Grounded;
pub use turn::{Agent, Chat, Mode, Settings, TurnEnd};
