//! The proof that the sandbox holds: one attack a test, each with a session that must be usable
//! afterwards, and wherever it can be done safely with a *negative control*: the same code succeeds
//! when the wall in question is down, so that it did not fail for some other reason.
//!
//! Most attacks are rows of a table (`table.rs`), one table a subject. What they aim at on the host,
//! canaries all, is made by `stage.rs`; sandboxes with walls down or larger limits are in
//! `sandboxes.rs`. Everything runs as root and once more as an ordinary user, and the main things once
//! more without namespaces (`reduced.rs`). `total.rs` counts.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used)]

#[path = "../common/mod.rs"]
mod common;
mod sandboxes;
mod stage;
mod table;

mod crashes;
mod files;
mod harness;
mod host;
mod kernel;
mod network;
mod output;
mod privileged;
mod reduced;
mod remains;
mod resources;
mod time;
mod total;

#[test]
fn all_of_this_as_an_ordinary_user() {
    common::ordinary::run_again();
}
