//! What a caller asks of a session and what it gets.

use crate::wire::GivenFile;
use polymath_chat::{Lack, Table};
use std::{fmt, time::Duration};

/// One call of the interpreter.
#[derive(Debug, Clone, Default)]
pub struct RunRequest {
    pub code: String,
    /// Tables to put into variables, as pandas data frames, before the code runs.
    pub tables: Vec<(String, Table)>,
    /// Variables whose data frames come back as tables, beside the last expression's.
    pub return_tables: Vec<String>,
    /// Files of the user's that the session is to have, read-only. When they are others than before,
    /// the session gets a new interpreter with them, and its variables back.
    pub files: Vec<GivenFile>,
    /// Figures come as SVG as well.
    pub svg: bool,
    /// Wall clock for this call; the configuration's when not given.
    pub timeout: Option<Duration>,
}

impl RunRequest {
    pub fn new(code: impl Into<String>) -> Self {
        RunRequest { code: code.into(), ..Self::default() }
    }
}

/// What a call did, whether it failed or not.
#[derive(Debug, Clone, Default)]
pub struct RunOutput {
    pub stdout: String,
    pub stderr: String,
    /// The last expression's value as Python shows it; data frames as Markdown.
    pub value: Option<String>,
    pub error: Option<RunError>,
    /// In the order in which they were shown.
    pub figures: Vec<Figure>,
    /// Files of the working directory that this call wrote or changed.
    pub files: Vec<OutFile>,
    pub tables: Vec<Table>,
    /// What the model should be told beside the result: a lost session, files left out.
    pub notes: Vec<String>,
}

/// A captured figure.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Figure {
    /// Empty when the figure has none.
    pub title: String,
    /// Counts the session's figures from 1.
    pub number: u32,
    pub png: Vec<u8>,
    /// When the request asked for it.
    pub svg: Option<Vec<u8>>,
}

/// A file the code wrote.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutFile {
    /// Path below the working directory, as the code named it.
    pub name: String,
    pub bytes: Vec<u8>,
}

/// Why a call failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunError {
    pub kind: Kind,
    /// One or two sentences.
    pub message: String,
    /// Short, pointing at the code's own lines, for failures that Python saw.
    pub traceback: Option<String>,
    /// What it wanted and cannot have, where Python saw that.
    pub lacks: Option<Lack>,
}

/// Kinds of failure, as scripts see them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Exception,
    Timeout,
    Memory,
    OutputLimit,
    Crash,
    Denied,
    /// The caller ended the call.
    Cancelled,
    Unavailable,
}

impl Kind {
    pub fn as_str(self) -> &'static str {
        match self {
            Kind::Exception => "exception",
            Kind::Timeout => "timeout",
            Kind::Memory => "memory",
            Kind::OutputLimit => "output_limit",
            Kind::Crash => "crash",
            Kind::Denied => "denied",
            Kind::Cancelled => "cancelled",
            Kind::Unavailable => "unavailable",
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Python cannot be run here.
#[derive(Debug, Clone, thiserror::Error)]
#[error("Python is not available: {}{message}", wall.as_ref().map(|w| format!("{w}: ")).unwrap_or_default())]
pub struct SandboxError {
    /// The wall that does not stand, when that is the reason.
    pub wall: Option<String>,
    pub message: String,
}

impl SandboxError {
    pub fn unavailable(wall: Option<String>, message: impl Into<String>) -> Self {
        SandboxError { wall, message: message.into() }
    }
}
