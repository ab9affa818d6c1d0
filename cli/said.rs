//! The files of a run that goes on by itself, and what others say to it through one of them.

use std::path::{Path, PathBuf};

/// Tells the started process that it is to leave its terminal.
pub const DETACHED: &str = "POLYMATH_DETACHED";

/// What others say to this run, where it is one that goes on by itself: each message once.
pub fn said_to(home: &Path, session: &str) -> impl FnMut() -> Vec<String> + Send + use<> {
    let said = std::env::var_os(DETACHED).map(|_| files(home, session).said);
    let mut taken = 0;
    move || {
        let text = said.as_ref().and_then(|path| std::fs::read_to_string(path).ok()).unwrap_or_default();
        // What is only half written is the next step's.
        let whole = text.rfind('\n').map_or(0, |at| at + 1);
        let new = text.get(taken..whole).unwrap_or_default();
        taken = whole;
        new.lines().filter_map(|line| serde_json::from_str(line).ok()).collect()
    }
}

/// What the data directory has of a run that goes on by itself.
pub struct RunFiles {
    /// The process, and when it began.
    pub pid: PathBuf,
    pub log: PathBuf,
    /// What is said to the run: a JSON text a line.
    pub said: PathBuf,
}

pub fn files(home: &Path, session: &str) -> RunFiles {
    let file = |ending: &str| home.join("runs").join(format!("{session}.{ending}"));
    RunFiles { pid: file("pid"), log: file("log"), said: file("said") }
}
