//! The host side of the Python sandbox: starts the worker program, gives each session an
//! interpreter behind walls, runs code in it and takes out what it made.
//!
//! Model-written code is hostile code. What the walls are and in which order they stand is in the
//! worker (`sandbox/worker/src`); this side never believes what comes out of a session, bounds all
//! of it, and refuses Python altogether when a needed wall does not stand. It links no libpython.

#![cfg_attr(not(target_os = "linux"), allow(dead_code))]

mod config;
mod outcome;
#[cfg(target_os = "linux")]
pub mod packet;
pub mod wire;

#[cfg(target_os = "linux")]
mod linux;
#[cfg(target_os = "linux")]
pub use linux::Sandbox;

#[cfg(not(target_os = "linux"))]
mod elsewhere;
#[cfg(not(target_os = "linux"))]
pub use elsewhere::Sandbox;

pub use config::Config;
pub use outcome::{Figure, Kind, OutFile, RunError, RunOutput, RunRequest, SandboxError};
pub use wire::{GivenFile, Limits, Wall};
