//! What can go wrong with sessions.

use std::path::PathBuf;

#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    #[error("there is no session `{0}`; `polymath sessions list` shows those that exist")]
    Unknown(String),
    #[error("`{prefix}` begins the names of several sessions: {}; write one out", .ids.join(", "))]
    Ambiguous { prefix: String, ids: Vec<String> },
    #[error("session {0} is in use by another polymath process; end that one or go on in a new session")]
    Busy(String),
    #[error("session {0} exists already; choose another name")]
    Exists(String),
    #[error("`{0}` can't name a session; use 1 to 64 letters, digits, `.`, `_` and `-`")]
    Name(String),
    #[error("{} is not a session database of polymath ({why}); move it away and start again", .path.display())]
    Foreign { path: PathBuf, why: String },
    #[error("the conversations' file {} is damaged ({why}); move it away and start again", .path.display())]
    Damaged { path: PathBuf, why: String },
    #[error("can't use {}: {source}", .path.display())]
    File { path: PathBuf, source: std::io::Error },
    #[error("the session database {} failed: {source}", .path.display())]
    Database { path: PathBuf, source: rusqlite::Error },
    #[error("a record of session {session} can't be read: {source}")]
    Record { session: String, source: serde_json::Error },
}
