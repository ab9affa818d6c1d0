//! Corpora with names, which `polymath index` makes and `local:NAME` searches.
//!
//! Each is a folder below the home: an index of passages (`index/`) and what is known of the pages
//! (`pages.db`). Files are read from where they are; pages of the web are kept, so that they are read
//! without a network. A run over a source reads only what has changed since the last one.

mod archive;
mod files;
mod site;
mod store;
mod work;

pub use site::Bounds;
pub use work::{LibraryError, Progress, Run};

use super::index::{Index, Searcher};
use super::service::Shelf;
use super::zim::{self, Archive};
use crate::browser::{
    fetch::{Fetcher, unpack},
    page::{self, Page},
};
use polymath_chat::{Hit, ToolFailure};
use std::{
    collections::HashMap,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
};
use store::{Place, Store};
use work::{INDEX, LONGEST_NAME, PAGES, Work, check_name, place};

/// The name that a corpus gets from its source: the file's or folder's, or the host's.
pub fn name_of(source: &str) -> String {
    let host = url::Url::parse(source).ok().and_then(|url| url.host_str().map(str::to_owned));
    let own = || Path::new(source).canonicalize().unwrap_or_else(|_| source.into());
    let text = host.unwrap_or_else(|| own().file_stem().unwrap_or_default().to_string_lossy().into_owned());
    let plain = |c: char| if c.is_alphanumeric() { c } else { '-' };
    let name: String = text.chars().map(plain).take(LONGEST_NAME / 4).collect();
    let name = name.trim_matches('-');
    if name.is_empty() { "pages".to_owned() } else { name.to_lowercase() }
}

/// Adds a file, the files of a folder, or the pages of a ZIM file, and takes out those that are gone. Blocks.
///
/// # Errors
/// The source can't be read or the corpus not be written; single files that can't are in the progress.
pub fn add_files(source: &Path, run: &Run) -> Result<Progress, LibraryError> {
    let there = source.canonicalize().map_err(|_| LibraryError::NoSource(source.to_owned()))?;
    let mut work = Work::begin(run)?;
    let label = there.file_name().map_or_else(|| "files".into(), |name| name.to_string_lossy().into_owned());
    let source = work.of(work.store.source(&there.to_string_lossy(), &label))?;
    match there.extension().is_some_and(|ending| ending == "zim") {
        true => archive::add(&there, &source, run, &mut work)?,
        false => files::add(&there, &source, run, &mut work)?,
    }
    work.end(&source)
}

/// Adds the pages of a site, as they are linked from `address` on.
///
/// # Errors
/// The first page can't be fetched or the corpus not be written; single pages that can't are in the progress.
pub async fn add_site(
    address: &str,
    fetcher: &Fetcher,
    bounds: &Bounds,
    run: &Run<'_>,
) -> Result<Progress, LibraryError> {
    let mut work = Work::begin(run)?;
    let source = work.of(work.store.source(address, "web"))?;
    site::add(address, &source, fetcher, bounds, run, &mut work).await?;
    work.end(&source)
}

/// A corpus with a name, to search and read.
pub struct Library {
    searcher: Searcher,
    store: Mutex<Store>,
    /// ZIM files that pages were read from.
    archives: Mutex<HashMap<PathBuf, Arc<Archive>>>,
    /// Where it is.
    file: PathBuf,
}

impl Library {
    /// The corpus of this name; `None` when there is none.
    ///
    /// # Errors
    /// It is damaged.
    pub fn open(home: &Path, name: &str) -> Result<Option<Self>, LibraryError> {
        let folder = place(home, name);
        let file = folder.join(PAGES);
        if check_name(name).is_err() || !file.is_file() {
            return Ok(None);
        }
        let index = Index::at(&folder.join(INDEX)).and_then(|index| index.searcher());
        let searcher = index.map_err(|e| LibraryError::Index(folder, e))?;
        let store = Store::open(&file).map_err(|e| LibraryError::Store(file.clone(), e))?;
        Ok(Some(Library { searcher, store: Mutex::new(store), archives: Mutex::default(), file }))
    }

    /// Pages in it.
    ///
    /// # Errors
    /// It is damaged.
    pub fn pages(&self) -> Result<u32, LibraryError> {
        self.store().count().map_err(|e| LibraryError::Store(self.file.clone(), e))
    }

    /// The pages that fit the query best, each with its best passage. Blocks.
    ///
    /// # Errors
    /// It is damaged.
    pub fn search(&self, query: &str, limit: usize) -> Result<Vec<Hit>, LibraryError> {
        self.searcher.search(query, limit).map_err(|e| LibraryError::Index(self.file.clone(), e))
    }

    fn store(&self) -> std::sync::MutexGuard<'_, Store> {
        self.store.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn read(&self, address: &str) -> rusqlite::Result<Option<Result<Page, ToolFailure>>> {
        let Some(row) = self.store().page(address)? else { return Ok(None) };
        if let (Place::File(file), true) = (&row.at, address.starts_with(zim::SCHEME)) {
            return Ok(Some(self.archive(file).and_then(|archive| {
                let none = || ToolFailure::new("not_found", format!("there is no page {address} any more"));
                archive.page(address).unwrap_or_else(|| Err(none()))
            })));
        }
        let body = match row.at {
            Place::Here(body) => Ok(body),
            Place::File(file) => std::fs::read(&file).map_err(|e| {
                let hint = "index its folder again to take it out";
                ToolFailure::new("not_found", format!("cannot read {}: {e}; {hint}", file.display()))
            }),
        };
        let charset = row.charset.and_then(|label| encoding_rs::Encoding::for_label(label.as_bytes()));
        Ok(Some(body.and_then(|body| {
            unpack::check(row.kind, &body, address)?;
            page::read(row.kind, &body, charset, address)
        })))
    }
}

impl Library {
    fn archive(&self, file: &Path) -> Result<Arc<Archive>, ToolFailure> {
        let mut archives = self.archives.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(archive) = archives.get(file) {
            return Ok(archive.clone());
        }
        let archive = Archive::open(file).map_err(|e| ToolFailure::new("not_found", e.to_string()))?;
        Ok(archives.entry(file.to_owned()).or_insert(Arc::new(archive)).clone())
    }
}

impl Shelf for Library {
    fn page(&self, address: &str) -> Option<Result<Page, ToolFailure>> {
        let failed = |e| ToolFailure::new("not_found", format!("cannot read {address}: {e}"));
        self.read(address).unwrap_or_else(|e| Some(Err(failed(e))))
    }

    fn contains(&self, address: &str) -> bool {
        self.store().contains(address)
    }
}
