//! From a question to a cited answer.
//!
//! `agent.rs` is the front door, `turn.rs` the loop. `lead.rs` has what a turn is made of; `native.rs`
//! and `guide/` lead it: the model writes its own calls, or is led one small decision at a time;
//! `command.rs` is a user who calls a tool himself, `caller.rs` a program that does.
//! `dispatch.rs` runs the calls. `notebook/` is what the conversation has, `evidence.rs` finds the
//! lines of opened pages that bear on a question, `ground.rs` checks the answer against them,
//! `review.rs` says what a model is told of that, `context.rs` keeps a conversation within the model's
//! context, `skills.rs` finds the user's instructions for a kind of request, `approval.rs` asks the user before a call that acts, `session.rs` keeps conversations, `detached.rs` reaches a run in a process of its own. `script/` runs what was written
//! down beforehand, `replay.rs` what was run before.

mod agent;
mod approval;
mod barred;
mod caller;
mod command;
mod context;
mod detached;
pub mod dispatch;
pub mod evidence;
mod ground;
mod guide;
mod language;
mod lead;
mod native;
mod notebook;
mod ordered;
mod prompts;
pub mod replay;
mod review;
pub mod script;
pub mod session;
mod skills;
mod turn;

pub use agent::{Kept, Said};
pub use approval::{Answers, waiting};
pub use barred::Approve;
pub use caller::Caller;
pub use detached::Detached;
pub use dispatch::{CallLimits, Record, check_arguments};
pub use ground::Grounded;
pub use lead::{Agent, Mode, Settings, Steer, nobody};
pub use notebook::{Chat, Mark};
pub use skills::{Skill, SkillError};
pub use turn::TurnEnd;
