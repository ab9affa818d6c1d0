//! One pull: what is wanted, the files that it grows in, and what is told of it. The sources
//! (`wheels`, `hub`) fill it, `pull` begins and ends it.

use super::catalog::CatalogEntry;
use super::error::StoreError;
use serde::{Deserialize, Serialize};
use std::{
    fs::{File, OpenOptions},
    io::{self, Seek, Write},
    path::{Path, PathBuf},
};

/// What happens during a pull, for a front end to show.
#[derive(Debug, Clone, PartialEq)]
pub enum Progress {
    /// Another process is pulling the same model; this one waits for it.
    Waiting,
    /// A source has been chosen.
    Source(String),
    /// Bytes that are there, of how many, where that is known.
    Bytes { done: u64, total: Option<u64> },
    /// Everything has arrived and is being checked.
    Verifying,
    /// Something the user should know.
    Notice(String),
}

pub(super) type Tell<'a> = &'a (dyn Fn(Progress) + Send + Sync);

/// Bytes that are left free on the disk.
const SLACK: u64 = 16 << 20;

/// One pull: what is wanted, and the file it grows in.
pub(super) struct Job<'a> {
    pub name: String,
    pub dest: PathBuf,
    /// The checksum to hold the file to; a source may supply it.
    pub sha256: Option<String>,
    pub bytes: Option<u64>,
    pub tell: Tell<'a>,
}

/// What is known of a `.part` file: whose bytes they are, and how far whole package parts go.
#[derive(Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct State {
    /// The checksum or the server's own mark of the file that is being fetched.
    pub identity: Option<String>,
    /// Package parts that are joined, and the bytes they make.
    #[serde(default)]
    pub parts: usize,
    #[serde(default)]
    pub joined: u64,
}

/// The growing file.
pub(super) struct Part {
    file: File,
    path: PathBuf,
    pub len: u64,
    pub state: State,
}

impl<'a> Job<'a> {
    pub fn new(dest: PathBuf, name: &str, entry: Option<&CatalogEntry>, tell: Tell<'a>) -> Self {
        Job {
            name: name.to_owned(),
            dest,
            sha256: entry.and_then(|e| e.sha256.clone()),
            bytes: entry.and_then(|e| e.bytes),
            tell,
        }
    }

    /// Opens the `.part` file. Its bytes are kept if they belong to the file `identity` names.
    pub fn open_part(&self, identity: Option<&str>) -> Result<Part, StoreError> {
        let path = part_of(&self.dest);
        let file = OpenOptions::new().create(true).truncate(false).read(true).write(true).open(&path);
        let file = file.map_err(StoreError::io("create", &path))?;
        let len = file.metadata().map_err(StoreError::io("read", &path))?.len();
        let text = std::fs::read_to_string(state_of(&self.dest)).unwrap_or_default();
        let state: State = serde_json::from_str(&text).unwrap_or_default();
        let mut part = Part { file, path, len, state };
        if identity.is_none() || part.state.identity.as_deref() != identity {
            part.state = State { identity: identity.map(str::to_owned), ..State::default() };
            part.cut(0)?;
        }
        self.save_state(&part.state)?;
        Ok(part)
    }

    pub fn save_state(&self, state: &State) -> Result<(), StoreError> {
        let path = state_of(&self.dest);
        let text = serde_json::to_string(state).map_err(io::Error::other);
        text.and_then(|text| std::fs::write(&path, text)).map_err(StoreError::io("write", &path))
    }

    /// Throws away what has arrived.
    pub fn discard(&self) {
        // If that fails, the next pull finds the same bytes wrong again: nothing worse.
        let _ = std::fs::remove_file(part_of(&self.dest));
        let _ = std::fs::remove_file(state_of(&self.dest));
    }

    /// Fails if the disk has no room for `more` bytes.
    pub fn check_room(&self, more: u64) -> Result<(), StoreError> {
        let dir = self.dest.parent().unwrap_or(Path::new("."));
        let need = more.saturating_add(SLACK);
        match fs4::available_space(dir) {
            Ok(free) if free < need => Err(StoreError::DiskFull { dir: dir.to_owned(), need, free }),
            // A file system that cannot tell is tried: writing reports a full disk as well.
            _ => Ok(()),
        }
    }

    pub fn progress(&self, done: u64) {
        (self.tell)(Progress::Bytes { done, total: self.bytes });
    }
}

impl Part {
    /// Keeps the first `len` bytes.
    pub fn cut(&mut self, len: u64) -> Result<(), StoreError> {
        self.file.set_len(len).map_err(StoreError::io("write", &self.path))?;
        self.len = len;
        Ok(())
    }

    pub fn append(&mut self, bytes: &[u8]) -> Result<(), StoreError> {
        let end = io::SeekFrom::Start(self.len);
        let written = self.file.seek(end).and_then(|_| self.file.write_all(bytes));
        written.map_err(StoreError::io("write", &self.path))?;
        self.len += bytes.len() as u64;
        Ok(())
    }
}

pub(super) fn part_of(dest: &Path) -> PathBuf {
    dest.with_added("part")
}

pub(super) fn state_of(dest: &Path) -> PathBuf {
    dest.with_added("part.json")
}

/// Held while a model is being pulled.
pub(super) fn lock_of(dest: &Path) -> PathBuf {
    dest.with_added("lock")
}

/// Where wheels lie until they are joined.
pub(super) fn wheels_of(dest: &Path) -> PathBuf {
    dest.with_added("wheels")
}

trait WithAdded {
    /// The path with `.end` behind its whole name (catalogue names have dots of their own).
    fn with_added(&self, end: &str) -> PathBuf;
}

impl WithAdded for Path {
    fn with_added(&self, end: &str) -> PathBuf {
        let mut name = self.as_os_str().to_owned();
        name.push(".");
        name.push(end);
        name.into()
    }
}
