//! A folder of pages, text, Markdown and PDF files, searchable: what `local:` searches and opens.
//!
//! The index is made at the first search and kept under the home directory, keyed by the folder's
//! path and its files' names, sizes and times, so that a change makes a new one. Files are known by
//! their path below the folder; nothing outside it can be named, and links are not followed.

use crate::browser::{
    fetch::{content::Kind, unpack},
    page::{self, Page},
    passage,
};
use polymath_chat::Hit;
use sha2::{Digest, Sha256};
use std::{
    collections::BTreeMap,
    io,
    path::{Path, PathBuf},
    sync::Mutex,
    time::UNIX_EPOCH,
};
use tantivy::{
    Index, IndexReader, TantivyDocument, Term,
    collector::TopDocs,
    query::{BooleanQuery, BoostQuery, Occur, PhraseQuery, Query, TermQuery},
    schema::{Field, IndexRecordOption, STORED, STRING, Schema, TextFieldIndexing, TextOptions, Value},
};

/// Of one file.
const MOST_BYTES: u64 = 64 << 20;
/// Written into the index's key: a change of the schema or of how pages are read makes new indexes.
const FORMAT: &str = "2";
/// A word in the title says more about a page than one in its text.
const TITLE_WEIGHT: f32 = 2.0;

/// Why a folder can't be searched.
#[derive(Debug, thiserror::Error)]
pub enum CorpusError {
    #[error("there is no folder {} and no corpus of that name", .0.display())]
    NoFolder(PathBuf),
    #[error("cannot read {}: {}", .0.display(), .1)]
    Read(PathBuf, io::Error),
    #[error("no .html, .txt, .md, .json or .pdf file in {}", .0.display())]
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

#[derive(Clone)]
struct Searcher {
    reader: IndexReader,
    fields: Fields,
}

#[derive(Clone, Copy)]
struct Fields {
    path: Field,
    title: Field,
    body: Field,
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

    /// The page behind `local:PATH`; `None` when there is no such file.
    ///
    /// # Errors
    /// When the file can't be read or holds no text.
    pub fn page(&self, path: &str) -> Option<Result<Page, polymath_chat::ToolFailure>> {
        let path = path.trim_start_matches("./");
        let (file, kind) = self.files.get(path)?;
        let url = address(path);
        Some(match std::fs::read(file) {
            Ok(body) => unpack::check(*kind, &body, &url).and_then(|()| page::read(*kind, &body, None, &url)),
            Err(e) => Err(polymath_chat::ToolFailure::new("not_found", format!("cannot read {url}: {e}"))),
        })
    }

    pub fn contains(&self, path: &str) -> bool {
        self.files.contains_key(path.trim_start_matches("./"))
    }

    /// The pages that fit the query best, each with its best passage. Blocks.
    ///
    /// # Errors
    /// When the index can't be made or read.
    pub fn search(&self, query: &str, limit: usize) -> Result<Vec<Hit>, CorpusError> {
        let searcher = self.searcher()?;
        let Fields { path, title, body } = searcher.fields;
        let wanted = passage::wanted(query);
        if wanted.words.is_empty() || limit == 0 {
            return Ok(Vec::new());
        }
        let mut clauses: Vec<(Occur, Box<dyn Query>)> = Vec::new();
        for (field, weight) in [(title, TITLE_WEIGHT), (body, 1.0)] {
            let term = |word: &str| Term::from_field_text(field, word);
            let mut add =
                |query: Box<dyn Query>| clauses.push((Occur::Should, Box::new(BoostQuery::new(query, weight))));
            for word in &wanted.words {
                add(Box::new(TermQuery::new(term(word), IndexRecordOption::WithFreqs)));
            }
            for (a, b) in &wanted.pairs {
                add(Box::new(PhraseQuery::new(vec![term(a), term(b)])));
            }
        }
        let found = searcher.reader.searcher();
        let top = found.search(&BooleanQuery::new(clauses), &TopDocs::with_limit(limit).order_by_score())?;
        let mut hits = Vec::new();
        for (_, place) in top {
            let document: TantivyDocument = found.doc(place)?;
            let text = |field| document.get_first(field).and_then(|v| v.as_str()).unwrap_or_default();
            // the title stands above the snippet: as a heading it need not be in it again
            let lines = text(body).lines().map(|line| line.trim_start_matches('#').trim_start_matches("- ").trim());
            let lines: Vec<&str> = lines.filter(|line| !text(title).starts_with(line)).collect();
            hits.push(Hit {
                title: text(title).to_owned(),
                url: address(text(path)),
                snippet: passage::best(&lines, query, passage::SNIPPET),
                ..Hit::default()
            });
        }
        Ok(hits)
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
                let (schema, fields) = schema();
                self.fill(Index::create_in_ram(schema), fields)?
            }
        };
        Ok(slot.insert(searcher).clone())
    }

    /// The index on disk, made now if there is none yet.
    fn kept(&self) -> anyhow::Result<Searcher> {
        let (schema, fields) = schema();
        if self.cache.is_dir() {
            let index = prepared(Index::open_in_dir(&self.cache)?);
            return Ok(Searcher { reader: index.reader()?, fields });
        }
        let place = self.cache.parent().unwrap_or(Path::new("."));
        std::fs::create_dir_all(place)?;
        // made beside its place and renamed, so that another process never sees half an index
        let draft = place.join(format!("draft-{}", std::process::id()));
        let _ = std::fs::remove_dir_all(&draft);
        std::fs::create_dir(&draft)?;
        let made = Index::create_in_dir(&draft, schema).map_err(CorpusError::from).and_then(|i| self.fill(i, fields));
        if let Err(e) = made {
            let _ = std::fs::remove_dir_all(&draft);
            return Err(e.into());
        }
        drop(made);
        if std::fs::rename(&draft, &self.cache).is_err() {
            let _ = std::fs::remove_dir_all(&draft); // another process was faster
        }
        self.forget_old(place);
        let index = prepared(Index::open_in_dir(&self.cache)?);
        Ok(Searcher { reader: index.reader()?, fields })
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

    fn fill(&self, index: Index, fields: Fields) -> Result<Searcher, CorpusError> {
        let index = prepared(index);
        let mut writer = index.writer_with_num_threads::<TantivyDocument>(1, 32 << 20)?;
        for (path, (file, _)) in &self.files {
            let page = match self.page(path) {
                Some(Ok(page)) => page,
                Some(Err(e)) => {
                    tracing::warn!("{} is left out of the index: {e}", file.display());
                    continue;
                }
                None => continue,
            };
            let mut document = TantivyDocument::new();
            document.add_text(fields.path, path);
            document.add_text(fields.title, &page.title);
            document.add_text(fields.body, page.text());
            writer.add_document(document)?;
        }
        writer.commit()?;
        writer.wait_merging_threads()?;
        Ok(Searcher { reader: index.reader()?, fields })
    }
}

/// What citations show and `browser_open` accepts.
fn address(path: &str) -> String {
    format!("local:{path}")
}

fn is_hidden(entry: &walkdir::DirEntry) -> bool {
    entry.file_name().to_string_lossy().starts_with('.')
}

fn hex(digest: &[u8]) -> String {
    digest.iter().take(10).map(|b| format!("{b:02x}")).collect()
}

const WORDS: &str = "words";

fn schema() -> (Schema, Fields) {
    let mut schema = Schema::builder();
    let indexing =
        TextFieldIndexing::default().set_tokenizer(WORDS).set_index_option(IndexRecordOption::WithFreqsAndPositions);
    let text = TextOptions::default().set_indexing_options(indexing).set_stored();
    let path = schema.add_text_field("path", STRING | STORED);
    let title = schema.add_text_field("title", text.clone());
    let body = schema.add_text_field("body", text);
    (schema.build(), Fields { path, title, body })
}

fn prepared(index: Index) -> Index {
    index.tokenizers().register(WORDS, passage::analyzer());
    index
}
