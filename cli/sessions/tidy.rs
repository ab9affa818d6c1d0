//! What hangs on a conversation outside of the database, and what is left of those that are no more.

use super::list::size;
use crate::wiring;
use anyhow::Context;
use polymath_agent::session::SessionStore;
use polymath_sandbox::Sandbox;
use std::io::Write;
use std::path::{Path, PathBuf};

/// Where a conversation's files go that has no `--out`.
fn artifacts(home: &Path) -> PathBuf {
    home.join("artifacts")
}

/// Removes the files of a conversation that is no more: those in the folder that polymath made for it,
/// and the journal of its interpreter. Returns their bytes.
///
/// # Errors
/// The folder could not be removed.
pub fn forget(home: &Path, id: &str) -> anyhow::Result<u64> {
    Sandbox::forget(&wiring::journals(home), id);
    let folder = artifacts(home).join(id);
    let bytes = bytes_in(&folder);
    match std::fs::remove_dir_all(&folder) {
        Err(e) if e.kind() != std::io::ErrorKind::NotFound => {
            Err(e).with_context(|| format!("cannot remove {}", folder.display()))
        }
        _ => Ok(bytes),
    }
}

pub fn with_files(bytes: u64) -> String {
    if bytes == 0 { String::new() } else { format!(" and {} of files", size(bytes)) }
}

/// Removes what no conversation needs, and tells it.
///
/// # Errors
/// As of [`forget`] and [`SessionStore::sweep`].
pub fn collect(store: &SessionStore, home: &Path, out: &mut dyn Write) -> anyhow::Result<()> {
    let swept = store.sweep()?;
    let mut files = 0;
    for id in &swept.sessions {
        files += forget(home, id)?;
    }
    let mut folders = 0;
    for entry in std::fs::read_dir(artifacts(home)).into_iter().flatten().flatten() {
        // A name that is no text is not ours.
        let Ok(id) = entry.file_name().into_string() else { continue };
        if entry.file_type().is_ok_and(|kind| kind.is_dir()) && !store.has(&id)? {
            files += forget(home, &id)?;
            folders += 1;
        }
    }
    writeln!(out, "empty conversations removed: {}", swept.sessions.len())?;
    writeln!(out, "folders of conversations that are no more removed: {folders}{}", with_files(files))?;
    writeln!(out, "given back by the database: {}", size(swept.bytes))?;
    Ok(())
}

/// Of the files below a folder; links are not followed.
fn bytes_in(folder: &Path) -> u64 {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let bytes = entries.map(|entry| match entry.metadata() {
        Ok(about) if about.is_dir() => bytes_in(&entry.path()),
        Ok(about) => about.len(),
        Err(_) => 0,
    });
    bytes.sum()
}
