//! A run over a source: what it knows, how far it is, and what it writes.

use super::store::{Row, Source, Store};
use crate::browser::backend::{
    index::{Index, Writer},
    zim::ArchiveError,
};
use std::{
    path::{Path, PathBuf},
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
};
use tokio_util::sync::CancellationToken;

/// Pages read before what they say is written down.
const BATCH: usize = 5000;
/// Longest name of a corpus, in bytes.
pub const LONGEST_NAME: usize = 64;

/// Why a corpus can't be made or read.
#[derive(Debug, thiserror::Error)]
pub enum LibraryError {
    #[error("{0:?} is no name for a corpus: letters, digits, - and _ are, with a letter or digit first")]
    Name(String),
    #[error("{} is a folder of pages already; index it under another name", .0.display())]
    Taken(PathBuf),
    #[error("there is neither a file nor a folder {}", .0.display())]
    NoSource(PathBuf),
    #[error("{} cannot be indexed: it is no page, text, Markdown, data, PDF, DOCX, EPUB or ZIM file", .0.display())]
    Unknown(PathBuf),
    #[error("cannot read {}: {}", .0.display(), .1)]
    Read(PathBuf, std::io::Error),
    #[error("cannot write to {}: {}", .0.display(), .1)]
    Write(PathBuf, std::io::Error),
    #[error("{} is being written to by another process", .0.display())]
    Busy(PathBuf),
    #[error("the index in {} failed: {}", .0.display(), .1)]
    Index(PathBuf, tantivy::TantivyError),
    #[error("{} failed: {}", .0.display(), .1)]
    Store(PathBuf, rusqlite::Error),
    #[error(transparent)]
    Archive(#[from] ArchiveError),
    #[error("{0} was not indexed: {1}")]
    Site(String, String),
}

/// How far a run is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Progress {
    /// Pages that are new or have changed, and were read.
    pub read: usize,
    /// Pages that are as they were.
    pub same: usize,
    /// Pages that are gone, and were taken out.
    pub removed: usize,
    /// What could not be read: where it is, and why.
    pub failed: Vec<(String, String)>,
    /// Pages known to be left to do.
    pub left: usize,
    /// Whether the run was stopped before its end: what is gone was not taken out.
    pub stopped: bool,
}

/// What a run needs to know.
pub struct Run<'a> {
    pub home: &'a Path,
    pub name: &'a str,
    /// Told of the progress, now and then.
    pub on: &'a (dyn Fn(&Progress) + Sync),
    pub cancel: CancellationToken,
}

/// What is known of a page once it is in the index; or where it is, and why it could not be read.
pub type Outcome = Result<Row, (String, String)>;

fn threads() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from).min(4)
}

pub fn check_name(name: &str) -> Result<(), LibraryError> {
    let fits = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_');
    let first = name.chars().next().is_some_and(char::is_alphanumeric);
    match first && name.len() <= LONGEST_NAME && name.chars().all(fits) {
        true => Ok(()),
        false => Err(LibraryError::Name(name.to_owned())),
    }
}

/// A corpus that is being written to.
pub struct Work {
    folder: PathBuf,
    pub store: Store,
    pub writer: Writer,
    pub progress: Progress,
}

impl Work {
    pub fn begin(run: &Run) -> Result<Self, LibraryError> {
        check_name(run.name)?;
        let folder = place(run.home, run.name);
        // Folders of pages may stand there too, which this would hide.
        let mut entries = std::fs::read_dir(&folder).into_iter().flatten().flatten();
        if !folder.join(PAGES).exists() && entries.any(|entry| entry.file_name() != INDEX) {
            return Err(LibraryError::Taken(folder));
        }
        std::fs::create_dir_all(folder.join(INDEX)).map_err(|e| LibraryError::Write(folder.clone(), e))?;
        let store = Store::open(&folder.join(PAGES)).map_err(|e| LibraryError::Store(folder.join(PAGES), e))?;
        let writer = Index::at(&folder.join(INDEX)).and_then(|index| index.writer(threads()));
        let writer = writer.map_err(|e| match e {
            tantivy::TantivyError::LockFailure(..) => LibraryError::Busy(folder.clone()),
            e => LibraryError::Index(folder.clone(), e),
        })?;
        Ok(Work { folder, store, writer, progress: Progress::default() })
    }

    pub fn of<T>(&self, done: rusqlite::Result<T>) -> Result<T, LibraryError> {
        done.map_err(|e| LibraryError::Store(self.folder.join(PAGES), e))
    }

    pub fn indexed<T>(&self, done: tantivy::Result<T>) -> Result<T, LibraryError> {
        done.map_err(|e| LibraryError::Index(self.folder.clone(), e))
    }

    /// Writes down what was read since the last time. The index first: what is in it and not in the store is
    /// read again, and replaces itself.
    pub fn settle(&mut self, source: &Source, rows: &[Row], same: &[String]) -> Result<(), LibraryError> {
        if !rows.is_empty() {
            let done = self.writer.commit();
            self.indexed(done)?;
        }
        let done = self.store.put(source, rows, same);
        self.of(done)
    }

    /// Reads the pages of a source that are new or have changed, and writes them down batch by batch; those at the
    /// addresses `same` are known as they are.
    pub fn read<T: Sync>(
        &mut self,
        changed: &[T],
        (source, same): (&Source, &[String]),
        run: &Run,
        add: impl Fn(&T, &Writer) -> tantivy::Result<Option<Outcome>> + Sync,
    ) -> Result<(), LibraryError> {
        (self.progress.same, self.progress.left) = (same.len(), changed.len());
        self.settle(source, &[], same)?;
        for batch in changed.chunks(BATCH) {
            let rows = self.side_by_side(batch, run, &add)?;
            self.settle(source, &rows, &[])?;
            if run.cancel.is_cancelled() {
                self.progress.stopped = true;
                break;
            }
        }
        (run.on)(&self.progress);
        Ok(())
    }

    /// Reads pages side by side and adds them to the index; those that can't be read are told.
    fn side_by_side<T: Sync>(
        &mut self,
        batch: &[T],
        run: &Run,
        add: impl Fn(&T, &Writer) -> tantivy::Result<Option<Outcome>> + Sync,
    ) -> Result<Vec<Row>, LibraryError> {
        let (writer, next) = (&self.writer, AtomicUsize::new(0));
        let done = Mutex::new((Vec::new(), self.progress.clone()));
        let one = || -> tantivy::Result<()> {
            while let Some(item) = batch.get(next.fetch_add(1, Ordering::Relaxed)) {
                if run.cancel.is_cancelled() {
                    break;
                }
                let outcome = add(item, writer)?;
                let mut done = done.lock().unwrap_or_else(PoisonError::into_inner);
                done.1.left = done.1.left.saturating_sub(1);
                match outcome {
                    Some(Ok(row)) => {
                        done.0.push(row);
                        done.1.read += 1;
                    }
                    Some(Err(failed)) => done.1.failed.push(failed),
                    None => {}
                }
                (run.on)(&done.1);
            }
            Ok(())
        };
        let failed = std::thread::scope(|scope| {
            let threads: Vec<_> = (0..threads()).map(|_| scope.spawn(one)).collect();
            threads.into_iter().find_map(|thread| thread.join().unwrap_or(Ok(())).err())
        });
        let (rows, progress) = done.into_inner().unwrap_or_else(PoisonError::into_inner);
        self.progress = progress;
        match failed {
            Some(e) => self.indexed(Err(e)),
            None => Ok(rows),
        }
    }

    /// Takes out what the run did not find again, unless it did not get to its end.
    pub fn end(mut self, source: &Source) -> Result<Progress, LibraryError> {
        if !self.progress.stopped {
            let lost = self.of(self.store.lost(source))?;
            lost.iter().for_each(|address| self.writer.remove(address));
            if !lost.is_empty() {
                let done = self.writer.commit();
                self.indexed(done)?;
            }
            let done = self.store.remove(&lost);
            self.of(done)?;
            self.progress.removed = lost.len();
        }
        let (folder, done) = (self.folder, self.writer.finish());
        done.map_err(|e| LibraryError::Index(folder, e))?;
        Ok(self.progress)
    }
}

/// Below a corpus's folder.
pub const INDEX: &str = "index";
pub const PAGES: &str = "pages.db";

pub fn place(home: &Path, name: &str) -> PathBuf {
    home.join("corpora").join(name)
}
