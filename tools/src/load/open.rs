//! Opening what the user names: regular files only. A named pipe would wait for a writer for ever,
//! and reading a device can have effects.

use std::fs::{File, OpenOptions};
use std::path::{Path, PathBuf};
use thiserror::Error;

/// Why a file could not be looked at.
#[derive(Debug, Error)]
pub enum LoadError {
    #[error("cannot read the file {path}")]
    Unreadable { path: PathBuf, source: std::io::Error },
    /// `kind` is "a folder", "a named pipe", …
    #[error("{path} is not a file but {kind}; only regular files can be given")]
    NotAFile { path: PathBuf, kind: &'static str },
}

/// Opens a regular file for reading. Anything else is refused without being opened; links are
/// followed.
///
/// # Errors
/// There is no such file, it may not be read, or it is no regular file.
pub fn open_regular(path: &Path) -> Result<File, LoadError> {
    let unreadable = |source| LoadError::Unreadable { path: path.to_owned(), source };
    let refuse_others = |kind: std::fs::FileType| match kind.is_file() {
        true => Ok(()),
        false => Err(LoadError::NotAFile { path: path.to_owned(), kind: kind_name(kind) }),
    };
    refuse_others(path.metadata().map_err(unreadable)?.file_type())?;
    let file = options().open(path).map_err(unreadable)?;
    // Whoever swapped it since then gets no further than the first look did.
    refuse_others(file.metadata().map_err(unreadable)?.file_type())?;
    Ok(file)
}

#[cfg(unix)]
fn options() -> OpenOptions {
    use std::os::unix::fs::OpenOptionsExt;
    let mut options = OpenOptions::new();
    // Regular files take no notice of it; a pipe that was put in the file's place doesn't wait.
    options.read(true).custom_flags(libc::O_NONBLOCK | libc::O_NOCTTY);
    options
}

#[cfg(not(unix))]
fn options() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.read(true);
    options
}

#[cfg(unix)]
fn kind_name(kind: std::fs::FileType) -> &'static str {
    use std::os::unix::fs::FileTypeExt;
    match kind {
        kind if kind.is_dir() => "a folder",
        kind if kind.is_fifo() => "a named pipe",
        kind if kind.is_socket() => "a socket",
        kind if kind.is_block_device() || kind.is_char_device() => "a device",
        _ => "something else",
    }
}

#[cfg(not(unix))]
fn kind_name(kind: std::fs::FileType) -> &'static str {
    if kind.is_dir() { "a folder" } else { "something else" }
}
