//! The trait every tool implements, and what a call is given.

use crate::mcp::Approve;
use async_trait::async_trait;
use chrono::NaiveDate;
use polymath_chat::{Completer, Table, ToolFailure, ToolOutput, ToolSpec};
use serde_json::Value;
use std::{path::PathBuf, sync::Arc};
use tokio_util::sync::CancellationToken;

/// Something the model can do. One file each; a row in `registry.rs` makes it known.
#[async_trait]
pub trait Tool: Send + Sync {
    fn spec(&self) -> &ToolSpec;

    /// Runs one call. `args` is an object that was checked against the spec's schema.
    async fn call(&self, args: Value, cx: &CallCx) -> Result<ToolOutput, ToolError>;

    /// Gets ready ahead of the first call, which tells what is wrong; for tools that take a while.
    async fn warm(&self) {}

    /// Forgets what calls of a session left; for tools that keep something.
    async fn end(&self, _session: &str) {}
}

/// What a call may use.
#[derive(Clone)]
pub struct CallCx {
    /// Calls of one session share state: the interpreter's variables, the browser's open pages.
    pub session: String,
    /// Where artifacts are written; exists.
    pub out: PathBuf,
    /// For tools that need the model: one short constrained completion at a time.
    pub model: Option<Arc<dyn Completer>>,
    /// The conversation's tables by the variable names that a program finds them under; shared, since they may be
    /// large and the latest have two names.
    pub tables: Vec<(String, Arc<Table>)>,
    /// Files of the user's that a program may read; no two of one name.
    pub files: Vec<UserFile>,
    /// The day that counts as today.
    pub today: NaiveDate,
    /// Who is asked before a tool acts on the world, where it is not who the tools were made with.
    pub approve: Option<Arc<dyn Approve>>,
    /// Ends the call at any moment.
    pub cancel: CancellationToken,
}

/// A file that the user gave.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UserFile {
    /// What programs and models call it.
    pub name: String,
    /// Where it is, without links.
    pub path: PathBuf,
}

/// Two kinds of failure: the model is told, or the turn ends.
#[derive(Debug, thiserror::Error)]
pub enum ToolError {
    #[error(transparent)]
    TellModel(#[from] ToolFailure),
    #[error(transparent)]
    Abort(anyhow::Error),
}

impl ToolError {
    pub fn tell(kind: &str, message: impl Into<String>) -> Self {
        ToolError::TellModel(ToolFailure::new(kind, message))
    }
}
