//! What can go wrong with models, and what the user can do about it.

use super::gguf::GgufError;
use std::{
    io,
    path::{Path, PathBuf},
};

/// Why a model cannot be found, fetched or removed.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    #[error("there is no model called {name:?}")]
    Unknown { name: String, near: Vec<&'static str> },
    #[error("the model {name} has not been pulled")]
    NotPulled { name: String },
    #[error("there is no file {0}")]
    NoFile(PathBuf),
    #[error("{0:?} does not name a file: hf:OWNER/REPO/FILE.gguf is needed")]
    BadHubName(String),
    #[error("{0} is one part of several; only models in a single file can be pulled")]
    Split(String),
    #[error(transparent)]
    Gguf(#[from] GgufError),
    #[error("the disk of {dir} is full: {need} bytes are needed and {free} are free")]
    DiskFull { dir: PathBuf, need: u64, free: u64 },
    #[error("cannot {what} {path}: {source}")]
    Io { what: &'static str, path: PathBuf, source: io::Error },
    #[error("{file} from {origin} has the wrong checksum: {got} instead of {want}; it was thrown away")]
    Checksum { file: String, origin: String, got: String, want: String },
    #[error("{file} at {host} is no longer the file of the catalogue: its checksum is {got} instead of {want}")]
    Changed { file: String, host: String, got: String, want: String },
    #[error("cannot reach {host}: {why}")]
    Network { host: String, why: String },
    #[error("{origin} refuses {what}: HTTP {status}")]
    Refused { origin: String, what: String, status: u16 },
    #[error("{host} has no {what}")]
    NotFound { host: String, what: String },
    #[error("pip cannot get {requirement}: {why}")]
    Pip { requirement: String, why: String },
    #[error("{name} could not be pulled: {}", .tried.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))]
    AllFailed { name: String, tried: Vec<StoreError> },
}

impl StoreError {
    /// What the user can do about it.
    pub fn hint(&self) -> Option<String> {
        Some(match self {
            StoreError::Unknown { near, .. } if near.is_empty() => {
                "`polymath model list` shows the names; hf:OWNER/REPO/FILE.gguf and paths are taken too".into()
            }
            StoreError::Unknown { near, .. } => {
                format!("did you mean {}? `polymath model list` shows all names", near.join(" or "))
            }
            StoreError::NotPulled { name } => format!("polymath model pull {name}"),
            StoreError::Gguf(GgufError::NotGguf { .. } | GgufError::Truncated { .. }) => {
                "remove the file and pull or copy it again".into()
            }
            StoreError::DiskFull { .. } => {
                "make room, or move everything to a larger disk with POLYMATH_HOME; what has arrived so far is kept"
                    .into()
            }
            StoreError::Checksum { .. } => {
                "pull again; if it stays so, the file at the source is not the one in the catalogue".into()
            }
            StoreError::Changed { file, .. } => {
                format!("to take the new file all the same: polymath model pull hf:{file}")
            }
            StoreError::Network { .. } => {
                "check the connection (HTTPS_PROXY and HF_ENDPOINT are honoured); the pull goes on where it stopped"
                    .into()
            }
            StoreError::Refused { status: 401 | 403, .. } => {
                "accept the model's terms on its page and set HF_TOKEN to a token of yours".into()
            }
            StoreError::AllFailed { tried, .. } => return tried.last().and_then(StoreError::hint),
            _ => return None,
        })
    }

    /// For `map_err`: what was being done to which path.
    pub(super) fn io(what: &'static str, path: &Path) -> impl FnOnce(io::Error) -> StoreError {
        let path = path.to_owned();
        move |source| match source.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
                let free = fs4::available_space(path.parent().unwrap_or(&path)).unwrap_or(0);
                StoreError::DiskFull { dir: path.parent().unwrap_or(&path).to_owned(), need: free + 1, free }
            }
            _ => StoreError::Io { what, path, source },
        }
    }
}
