//! The files of a folder, read side by side.

use super::store::{Place, Row, Source};
use super::work::{LibraryError, Outcome, Run, Work};
use crate::browser::backend::index::Writer;
use crate::browser::fetch::{content::Kind, unpack};
use crate::browser::page;
use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    path::{Path, PathBuf},
    time::UNIX_EPOCH,
};

/// Of one file.
const MOST_BYTES: u64 = 64 << 20;

/// A file that is to be read.
struct File {
    path: PathBuf,
    kind: Kind,
    address: String,
    stamp: String,
}

/// Adds a folder's files to a corpus, or one file.
pub fn add(root: &Path, source: &Source, run: &Run, work: &mut Work) -> Result<(), LibraryError> {
    let (changed, same) = listed(root, source, work)?;
    work.read(&changed, (source, &same), run, added)
}

/// The files that are new or have changed, and the addresses of those that have not.
fn listed(root: &Path, source: &Source, work: &mut Work) -> Result<(Vec<File>, Vec<String>), LibraryError> {
    let single = root.is_file();
    if single && Kind::of_path(&root.to_string_lossy()).is_none() {
        return Err(LibraryError::Unknown(root.to_owned()));
    }
    let (mut changed, mut same) = (Vec::new(), Vec::new());
    let hidden = |e: &walkdir::DirEntry| e.depth() > 0 && e.file_name().to_string_lossy().starts_with('.');
    for entry in walkdir::WalkDir::new(root).sort_by_file_name().into_iter().filter_entry(|e| !hidden(e)) {
        let read = |e: walkdir::Error| LibraryError::Read(root.to_owned(), e.into());
        let entry = entry.map_err(read)?;
        let below = entry.path().strip_prefix(root).unwrap_or(entry.path()).to_string_lossy().replace('\\', "/");
        let name = if single { source.label.clone() } else { format!("{}/{below}", source.label) };
        let Some(kind) = Kind::of_path(&name).filter(|_| entry.file_type().is_file()) else { continue };
        let meta = entry.metadata().map_err(read)?;
        let address = format!("local:{name}");
        if meta.len() > MOST_BYTES {
            work.progress.failed.push((address, format!("it is larger than {} MiB", MOST_BYTES >> 20)));
            continue;
        }
        let time = meta.modified().ok().and_then(|t| t.duration_since(UNIX_EPOCH).ok()).map_or(0, |d| d.as_nanos());
        let stamp = format!("{}:{time}", meta.len());
        match work.of(work.store.stamp(&address))? {
            Some(known) if known == stamp => same.push(address),
            _ => changed.push(File { path: entry.into_path(), kind, address, stamp }),
        }
    }
    Ok((changed, same))
}

/// What is known of a file once it is in the index, or why it is not there.
fn added(file: &File, writer: &Writer) -> tantivy::Result<Option<Outcome>> {
    let failed = |why: String| Ok(Some(Err((file.address.clone(), why))));
    writer.remove(&file.address);
    let body = match std::fs::read(&file.path) {
        Ok(body) => body,
        Err(e) => return failed(e.to_string()),
    };
    let read = || {
        unpack::check(file.kind, &body, &file.address).and_then(|()| page::read(file.kind, &body, None, &file.address))
    };
    // A file that a reader falls over costs that file.
    match catch_unwind(AssertUnwindSafe(read)) {
        Ok(Ok(page)) => writer.add(&page)?,
        Ok(Err(failure)) => return failed(failure.message),
        Err(_) => return failed("it is damaged".into()),
    }
    let at = Place::File(file.path.clone());
    let (address, stamp) = (file.address.clone(), file.stamp.clone());
    Ok(Some(Ok(Row { address, stamp, kind: file.kind, charset: None, at })))
}
