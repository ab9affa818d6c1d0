//! The pages of a ZIM file, by what they begin with: an encyclopaedia says first what a page is about,
//! and the whole of one would be an index of many gigabytes.

use super::store::{Place, Row, Source};
use super::work::{LibraryError, Outcome, Run, Work};
use crate::browser::backend::{index::Writer, zim::Archive};
use crate::browser::fetch::content::Kind;
use std::path::Path;

/// Characters of a page that are indexed; a paragraph begun is taken to its end.
const BEGINNING: usize = 1500;

/// Adds the pages of an archive to a corpus, but for those that were read before from the same archive.
pub fn add(file: &Path, source: &Source, run: &Run, work: &mut Work) -> Result<(), LibraryError> {
    let archive = Archive::open(file)?;
    let stamp = archive.stamp();
    let known = work.of(work.store.in_state(source, &stamp))?;
    let is_known = |place: &u32| archive.address(*place).is_some_and(|address| known.contains(&address));
    let places: Vec<u32> = archive.pages()?.into_iter().filter(|place| !is_known(place)).collect();
    let known: Vec<String> = known.into_iter().collect();
    let add = |place: &u32, writer: &Writer| -> tantivy::Result<Option<Outcome>> {
        let Some(page) = archive.at(*place) else { return Ok(None) };
        let mut page = match page {
            Ok(page) => page,
            Err(failure) => return Ok(Some(Err((failure.message.clone(), failure.message)))),
        };
        let mut size = 0;
        page.lines.retain(|line| {
            let keeps = size < BEGINNING;
            size += line.text.chars().count();
            keeps
        });
        writer.remove(&page.url);
        writer.add(&page)?;
        let (kind, at) = (Kind::Html, Place::File(file.to_owned()));
        Ok(Some(Ok(Row { address: page.url, stamp: stamp.clone(), kind, charset: None, at })))
    };
    work.read(&places, (source, &known), run, add)
}
