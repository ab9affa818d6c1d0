//! Guided turns without weights: what the model says is written down, everything else is real. A scripted
//! answer that its constraint would not have allowed fails the test, so the grammars are tried too.

#![allow(clippy::unwrap_used, clippy::panic)]

mod figures;
mod follow_ups;
mod look_ups;
mod skills;
mod tables;
mod talk;
mod world;
