//! Files on disk, a folder each, readable by their owner only:
//!
//! ```text
//! FOLDER/file-…/about.json       the name it came with, and when
//! FOLDER/file-…/content/NAME     the file itself
//! ```
//! A folder gets its name when it is whole.

use serde::{Deserialize, Serialize};
use std::fs::{self, DirBuilder, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

const PREFIX: &str = "file-";
const ABOUT: &str = "about.json";

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoredFile {
    pub id: String,
    pub bytes: u64,
    /// Seconds since 1970.
    pub created_at: i64,
    pub filename: String,
    pub purpose: String,
}

/// The files below one folder, which is made when the first one comes.
#[derive(Debug, Clone)]
pub struct FileStore(PathBuf);

impl FileStore {
    pub fn new(folder: PathBuf) -> FileStore {
        FileStore(folder)
    }

    /// Keeps a file. `name` has no folders in it.
    ///
    /// # Errors
    /// The folder cannot be written; nothing is left of the file then.
    pub fn keep(&self, name: &str, purpose: &str, content: &[u8]) -> io::Result<StoredFile> {
        let id = format!("{PREFIX}{:032x}", rand::random::<u128>());
        let file = StoredFile {
            id: id.clone(),
            bytes: content.len() as u64,
            created_at: chrono::Utc::now().timestamp(),
            filename: name.to_owned(),
            purpose: purpose.to_owned(),
        };
        let growing = self.0.join(format!(".{id}"));
        let write = || {
            make_folder(&growing.join("content"))?;
            write_new(&growing.join("content").join(name), content)?;
            write_new(&growing.join(ABOUT), &serde_json::to_vec(&file)?)?;
            fs::rename(&growing, self.0.join(&id))
        };
        write().inspect_err(|_| drop(fs::remove_dir_all(&growing)))?;
        Ok(file)
    }

    /// All files, the oldest first.
    ///
    /// # Errors
    /// The folder is there and cannot be read.
    pub fn list(&self) -> io::Result<Vec<StoredFile>> {
        let entries = match fs::read_dir(&self.0) {
            Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            entries => entries?,
        };
        let names = entries.filter_map(|entry| entry.ok()?.file_name().into_string().ok());
        let mut files: Vec<StoredFile> = names.filter_map(|id| self.find(&id)).collect();
        files.sort_by(|a, b| (a.created_at, &a.id).cmp(&(b.created_at, &b.id)));
        Ok(files)
    }

    pub fn find(&self, id: &str) -> Option<StoredFile> {
        let own = id.strip_prefix(PREFIX)?;
        if own.is_empty() || !own.bytes().all(|b| b.is_ascii_alphanumeric()) {
            return None;
        }
        let about = fs::read(self.0.join(id).join(ABOUT)).ok()?;
        serde_json::from_slice(&about).ok().filter(|file: &StoredFile| file.id == id)
    }

    /// Where a file's bytes are.
    pub fn path(&self, file: &StoredFile) -> Option<PathBuf> {
        let mut content = fs::read_dir(self.0.join(&file.id).join("content")).ok()?;
        content.find_map(|entry| Some(entry.ok()?.path()))
    }

    pub fn remove(&self, file: &StoredFile) -> io::Result<()> {
        fs::remove_dir_all(self.0.join(&file.id))
    }
}

fn make_folder(path: &Path) -> io::Result<()> {
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path)
}

fn write_new(path: &Path, content: &[u8]) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path)?;
    file.write_all(content)?;
    file.sync_all()
}
