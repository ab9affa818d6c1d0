//! Whether a turn is under way, for who looks on from another process: a lock of its own, held from the turn's beginning
//! to its end, and gone when the process is.
//!
//! The session's own lock says something else, a conversation at a terminal holds it while nothing is asked; and a look at
//! it would keep away, for a moment, who is about to take it.

use std::fs::{File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};

/// A turn under way; its end, when it is dropped.
pub struct UnderWay {
    path: PathBuf,
    /// Holds the operating system's lock.
    _lock: File,
}

impl UnderWay {
    /// The turn of a session that this process holds. Who looks is waited for.
    pub fn begin(path: PathBuf) -> io::Result<UnderWay> {
        if let Some(directory) = path.parent() {
            std::fs::create_dir_all(directory)?;
        }
        let lock = File::options().create(true).truncate(false).write(true).open(&path)?;
        lock.lock()?;
        Ok(UnderWay { path, _lock: lock })
    }
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        // What a killed process leaves is a file without a lock, which says nothing.
        let _ = std::fs::remove_file(&self.path);
    }
}

/// Whether somebody holds it. Others who look do not.
pub fn is_held(path: &Path) -> bool {
    File::open(path).is_ok_and(|file| matches!(file.try_lock_shared(), Err(TryLockError::WouldBlock)))
}
