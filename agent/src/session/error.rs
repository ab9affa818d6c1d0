//! What can go wrong with sessions.

use std::path::PathBuf;

#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    #[error("there is no session `{0}`")]
    Unknown(String),
    #[error("`{prefix}` begins the names of several sessions: {}", .ids.join(", "))]
    Ambiguous { prefix: String, ids: Vec<String> },
    #[error("session {0} is in use by another polymath process")]
    Busy(String),
    #[error("session {0} exists already")]
    Exists(String),
    #[error("`{0}` can't name a session")]
    Name(String),
    #[error("`{0}` can't be a tag")]
    Tag(String),
    #[error("there is no word to search for")]
    NoWords,
    #[error("the session can't be taken in: {0}")]
    Import(String),
    #[error("{} is not a session database of polymath ({why})", .path.display())]
    Foreign { path: PathBuf, why: String },
    #[error("the conversations' file {} is damaged ({why})", .path.display())]
    Damaged { path: PathBuf, why: String },
    #[error(
        "the conversations' file {} was removed or replaced while it was in use: nothing more can be kept in it",
        .path.display()
    )]
    Gone { path: PathBuf },
    #[error(
        "can't write to the conversations' file {}: the disk, your quota or the limit on the size of files is full ({cause})",
        .path.display()
    )]
    Full { path: PathBuf, cause: rusqlite::Error },
    #[error("can't write to the conversations' file {}: it, its folder or its disk may only be read ({cause})", .path.display())]
    ReadOnly { path: PathBuf, cause: rusqlite::Error },
    #[error("can't use {}: {cause}", .path.display())]
    File { path: PathBuf, cause: std::io::Error },
    #[error("the session database {} failed: {cause}", .path.display())]
    Database { path: PathBuf, cause: rusqlite::Error },
    #[error("a record of session {session} can't be read: {cause}")]
    Record { session: String, cause: serde_json::Error },
}

const FULL: &str = "make room: `df -h` shows how much there is, `polymath sessions gc` and `polymath sessions rm ID` free some; or \
                    name a folder elsewhere with POLYMATH_HOME. What was kept before is still there";

fn full(cause: &std::io::Error) -> bool {
    use std::io::ErrorKind::{FileTooLarge, QuotaExceeded, StorageFull};
    matches!(cause.kind(), StorageFull | QuotaExceeded | FileTooLarge)
}

impl StoreError {
    /// What to do about it.
    pub fn hint(&self) -> Option<&'static str> {
        Some(match self {
            StoreError::Unknown(_) => {
                "`polymath sessions list` shows those that exist, `polymath sessions search WORDS` finds one"
            }
            StoreError::Ambiguous { .. } => "write one of them out",
            StoreError::Busy(_) => "end that one, or go on in a new session",
            StoreError::Exists(_) => "choose another name",
            StoreError::Name(_) => "use 1 to 64 letters, digits, `.`, `_` and `-`",
            StoreError::Tag(_) => "a tag is one word of at most 40 characters",
            StoreError::NoWords => "name words of a question, an answer, a table or a page",
            StoreError::Import(_) => "take a file that `polymath sessions export ID --format json` wrote",
            StoreError::Foreign { .. } | StoreError::Damaged { .. } => "move it away and start again",
            StoreError::Gone { .. } => {
                "what was answered so far is on the screen alone: copy what you need, put the data directory back, and \
                 start again"
            }
            StoreError::Full { .. } => FULL,
            StoreError::File { cause, .. } if full(cause) => FULL,
            StoreError::ReadOnly { .. } => {
                "make the folder writable, or name another one with POLYMATH_HOME; conversations can be listed and read as they are"
            }
            StoreError::File { .. } => {
                "conversations are kept in the data directory, which has to be a folder that you may write to; \
                 POLYMATH_HOME names another one"
            }
            StoreError::Database { .. } => "see that there is room on the disk and that you may write to the file",
            StoreError::Record { .. } => return None,
        })
    }
}
