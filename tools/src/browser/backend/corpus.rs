//! A folder of pages, text, Markdown, PDF and other files, searchable: what `local:` searches and opens.
//!
//! The index is made at the first search and kept under the home directory, keyed by the folder's
//! path and its files' names, sizes and times, so that a change makes a new one. Files are known by
//! their path below the folder; nothing outside it can be named, and links are not followed.

use super::index::{FORMAT, Index, Searcher};
use super::service::Shelf;
use crate::browser::{
    fetch::{content::Kind, unpack},
    page::{self, Page},
};
use polymath_chat::{Hit, ToolFailure};
use sha2::{Digest, Sha256};
use std::{
    collections::BTreeMap,
    io,
    path::{Path, PathBuf},
    sync::Mutex,
    time::UNIX_EPOCH,
};

/// Of one file.
const MOST_BYTES: u64 = 64 << 20;

/// Why a folder can't be searched.
#[derive(Debug, thiserror::Error)]
pub enum CorpusError {
    #[error("there is no folder {} and no corpus of that name", .0.display())]
    NoFolder(PathBuf),
    #[error("cannot read {}: {}", .0.display(), .1)]
    Read(PathBuf, io::Error),
    #[error("no page, text, Markdown, data, PDF, DOCX or EPUB file in {}", .0.display())]
    Empty(PathBuf),
    #[error(transparent)]
    Index(#[from] tantivy::TantivyError),
}

pub struct Corpus {
    root: PathBuf,
    /// Path below the root, with `/` between its parts, and what is needed to read the file.
    files: BTreeMap<String, (PathBuf, Kind)>,
    /// Where the index is kept.
    cache: PathBuf,
    index: Mutex<Option<Searcher>>,
}

impl Corpus {
    /// Lists the folder; the index is made when it is first needed.
    ///
    /// # Errors
    /// When there is no such folder or nothing in it can be read.
    pub fn open(folder: &Path, home: &Path) -> Result<Self, CorpusError> {
        let root = folder.canonicalize().map_err(|_| CorpusError::NoFolder(folder.to_owned()))?;
        if !root.is_dir() {
            return Err(CorpusError::NoFolder(folder.to_owned()));
        }
        let mut files = BTreeMap::new();
        let mut listing = Sha256::new_with_prefix(FORMAT);
        for entry in walkdir::WalkDir::new(&root)
            .sort_by_file_name()
            .into_iter()
            .filter_entry(|e| e.depth() == 0 || !is_hidden(e))
        {
            let read = |e: walkdir::Error| CorpusError::Read(root.clone(), e.into());
            let entry = entry.map_err(read)?;
            let name = entry.path().strip_prefix(&root).unwrap_or(entry.path()).to_string_lossy().replace('\\', "/");
            let Some(kind) = Kind::of_path(&name).filter(|_| entry.file_type().is_file()) else { continue };
            let meta = entry.metadata().map_err(read)?;
            let time = meta.modified().ok().and_then(|t| t.duration_since(UNIX_EPOCH).ok()).map_or(0, |d| d.as_nanos());
            listing.update(format!("{name}\0{}\0{time}\0", meta.len()));
            if meta.len() <= MOST_BYTES {
                files.insert(name, (entry.into_path(), kind));
            }
        }
        if files.is_empty() {
            return Err(CorpusError::Empty(folder.to_owned()));
        }
        let place = hex(&Sha256::digest(root.to_string_lossy().as_bytes()));
        let cache = home.join("index").join(place).join(hex(&listing.finalize()));
        Ok(Corpus { root, files, cache, index: Mutex::new(None) })
    }

    /// The pages that fit the query best, each with its best passage. Blocks.
    ///
    /// # Errors
    /// When the index can't be made or read.
    pub fn search(&self, query: &str, limit: usize) -> Result<Vec<Hit>, CorpusError> {
        Ok(self.searcher()?.search(query, limit)?)
    }

    fn searcher(&self) -> Result<Searcher, CorpusError> {
        let mut slot = self.index.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if let Some(searcher) = &*slot {
            return Ok(searcher.clone());
        }
        let searcher = match self.kept() {
            Ok(searcher) => searcher,
            Err(why) => {
                // a home that can't be written to costs time, not the search
                tracing::warn!("the index of {} is kept in memory only: {why:#}", self.root.display());
                self.fill(&Index::in_memory())?
            }
        };
        Ok(slot.insert(searcher).clone())
    }

    /// The index on disk, made now if there is none yet.
    fn kept(&self) -> anyhow::Result<Searcher> {
        if self.cache.is_dir() {
            return Ok(Index::at(&self.cache)?.searcher()?);
        }
        let place = self.cache.parent().unwrap_or(Path::new("."));
        std::fs::create_dir_all(place)?;
        // made beside its place and renamed, so that another process never sees half an index
        let draft = place.join(format!("draft-{}", std::process::id()));
        let _ = std::fs::remove_dir_all(&draft);
        std::fs::create_dir(&draft)?;
        if let Err(e) = Index::at(&draft).map_err(CorpusError::from).and_then(|index| self.fill(&index).map(|_| ())) {
            let _ = std::fs::remove_dir_all(&draft);
            return Err(e.into());
        }
        if std::fs::rename(&draft, &self.cache).is_err() {
            let _ = std::fs::remove_dir_all(&draft); // another process was faster
        }
        self.forget_old(place);
        Ok(Index::at(&self.cache)?.searcher()?)
    }

    /// Removes the indexes of this folder's earlier states.
    fn forget_old(&self, place: &Path) {
        let Ok(entries) = std::fs::read_dir(place) else { return };
        for path in entries.flatten().map(|e| e.path()) {
            let draft = path.file_name().is_some_and(|n| n.to_string_lossy().starts_with("draft-"));
            if path != self.cache && !draft {
                let _ = std::fs::remove_dir_all(path);
            }
        }
    }

    fn fill(&self, index: &Index) -> Result<Searcher, CorpusError> {
        let writer = index.writer(1)?;
        for (path, (file, _)) in &self.files {
            match self.page(&address(path)) {
                Some(Ok(page)) => writer.add(&page)?,
                Some(Err(e)) => tracing::warn!("{} is left out of the index: {e}", file.display()),
                None => {}
            }
        }
        writer.finish()?;
        Ok(index.searcher()?)
    }

    fn file(&self, address: &str) -> Option<&(PathBuf, Kind)> {
        self.files.get(address.strip_prefix(LOCAL)?.trim_start_matches("./"))
    }
}

impl Shelf for Corpus {
    fn page(&self, address: &str) -> Option<Result<Page, ToolFailure>> {
        let (file, kind) = self.file(address)?;
        let url = address.replacen("local:./", LOCAL, 1);
        Some(match std::fs::read(file) {
            Ok(body) => unpack::check(*kind, &body, &url).and_then(|()| page::read(*kind, &body, None, &url)),
            Err(e) => Err(ToolFailure::new("not_found", format!("cannot read {url}: {e}"))),
        })
    }

    fn contains(&self, address: &str) -> bool {
        self.file(address).is_some()
    }
}

const LOCAL: &str = "local:";

/// What citations show and `browser_open` accepts.
fn address(path: &str) -> String {
    format!("{LOCAL}{path}")
}

fn is_hidden(entry: &walkdir::DirEntry) -> bool {
    entry.file_name().to_string_lossy().starts_with('.')
}

fn hex(digest: &[u8]) -> String {
    digest.iter().take(10).map(|b| format!("{b:02x}")).collect()
}
