//! What a corpus knows of each page beside its index: where it is from, in which state it was read, and
//! for pages of the web their bytes. SQLite, one file.

use crate::browser::fetch::content::Kind;
use flate2::{Compression, read::ZlibDecoder, write::ZlibEncoder};
use rusqlite::{Connection, OptionalExtension, params};
use std::{
    collections::HashSet,
    io::{Read, Write},
    path::{Path, PathBuf},
    time::Duration,
};

const TABLES: &str = "
    CREATE TABLE IF NOT EXISTS sources (id INTEGER PRIMARY KEY, origin TEXT UNIQUE NOT NULL, label TEXT UNIQUE NOT NULL);
    CREATE TABLE IF NOT EXISTS pages (
        address TEXT PRIMARY KEY, source INTEGER NOT NULL REFERENCES sources, run INTEGER NOT NULL,
        stamp TEXT NOT NULL, kind TEXT NOT NULL, charset TEXT, file TEXT, body BLOB);
    CREATE INDEX IF NOT EXISTS pages_of_sources ON pages (source, run);";
/// For another process that writes.
const PATIENCE: Duration = Duration::from_secs(10);
/// Of a page's body when it is read again.
const MOST_BYTES: u64 = 64 << 20;

pub struct Store(Connection);

/// Where pages come from: a folder, a file, a site.
#[derive(Debug, Clone)]
pub struct Source {
    pub id: i64,
    /// The first part of its pages' addresses, where they have none of their own.
    pub label: String,
    /// The number of this run over it, by which pages are known that it did not find again.
    pub run: i64,
}

/// A page as it was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    pub address: String,
    /// What changes when the page does.
    pub stamp: String,
    pub kind: Kind,
    pub charset: Option<String>,
    pub at: Place,
}

/// Where a page's bytes are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    File(PathBuf),
    Here(Vec<u8>),
}

impl Store {
    /// The store in this file, made if there is none.
    pub fn open(file: &Path) -> rusqlite::Result<Self> {
        let db = Connection::open(file)?;
        db.busy_timeout(PATIENCE)?;
        db.pragma_update(None, "journal_mode", "wal")?;
        db.pragma_update(None, "synchronous", "normal")?;
        db.execute_batch(TABLES)?;
        Ok(Store(db))
    }

    /// The source of this name, new if need be, at the beginning of a run over it.
    pub fn source(&self, origin: &str, label: &str) -> rusqlite::Result<Source> {
        let known = |label: &str| {
            let mut found = self.0.prepare("SELECT 1 FROM sources WHERE label = ?1 AND origin <> ?2")?;
            found.exists(params![label, origin])
        };
        let mut own = label.to_owned();
        let mut number = 2;
        while known(&own)? {
            own = format!("{label}-{number}");
            number += 1;
        }
        self.0.execute("INSERT OR IGNORE INTO sources (origin, label) VALUES (?1, ?2)", params![origin, own])?;
        let read = "SELECT id, label, (SELECT COALESCE(MAX(run), 0) + 1 FROM pages WHERE source = id) FROM sources
            WHERE origin = ?1";
        self.0.query_row(read, [origin], |row| Ok(Source { id: row.get(0)?, label: row.get(1)?, run: row.get(2)? }))
    }

    pub fn stamp(&self, address: &str) -> rusqlite::Result<Option<String>> {
        self.0
            .prepare_cached("SELECT stamp FROM pages WHERE address = ?1")?
            .query_row([address], |r| r.get(0))
            .optional()
    }

    /// The pages of a source that are in this state.
    pub fn in_state(&self, source: &Source, stamp: &str) -> rusqlite::Result<HashSet<String>> {
        let mut found = self.0.prepare("SELECT address FROM pages WHERE source = ?1 AND stamp = ?2")?;
        found.query_map(params![source.id, stamp], |row| row.get(0))?.collect()
    }

    /// Writes down pages that were read, and pages that are as they were (by their addresses).
    pub fn put(&mut self, source: &Source, rows: &[Row], same: &[String]) -> rusqlite::Result<()> {
        let work = self.0.transaction()?;
        {
            let mut put = work.prepare(
                "INSERT OR REPLACE INTO pages (address, source, run, stamp, kind, charset, file, body)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
            )?;
            for row in rows {
                let (file, body) = match &row.at {
                    Place::File(file) => (Some(file.to_string_lossy().into_owned()), None),
                    Place::Here(body) => (None, Some(packed(body))),
                };
                let (kind, charset) = (row.kind.name(), &row.charset);
                put.execute(params![row.address, source.id, source.run, row.stamp, kind, charset, file, body])?;
            }
            let mut seen = work.prepare("UPDATE pages SET run = ?1 WHERE address = ?2")?;
            for address in same {
                seen.execute(params![source.run, address])?;
            }
        }
        work.commit()
    }

    /// The pages of a source that this run has not seen.
    pub fn lost(&self, source: &Source) -> rusqlite::Result<Vec<String>> {
        let mut lost = self.0.prepare("SELECT address FROM pages WHERE source = ?1 AND run < ?2")?;
        lost.query_map(params![source.id, source.run], |row| row.get(0))?.collect()
    }

    pub fn remove(&mut self, addresses: &[String]) -> rusqlite::Result<()> {
        let work = self.0.transaction()?;
        for address in addresses {
            work.execute("DELETE FROM pages WHERE address = ?1", [address])?;
        }
        work.commit()
    }

    pub fn page(&self, address: &str) -> rusqlite::Result<Option<Row>> {
        let read = "SELECT stamp, kind, charset, file, body FROM pages WHERE address = ?1";
        let mut read = self.0.prepare_cached(read)?;
        let row = read.query_row([address], |row| {
            let (kind, file): (String, Option<String>) = (row.get(1)?, row.get(3)?);
            let body: Option<Vec<u8>> = row.get(4)?;
            let at = match file {
                Some(file) => Place::File(file.into()),
                None => Place::Here(unpacked(&body.unwrap_or_default())),
            };
            let kind = Kind::of_name(&kind).unwrap_or(Kind::Text);
            Ok(Row { address: address.to_owned(), stamp: row.get(0)?, kind, charset: row.get(2)?, at })
        });
        row.optional()
    }

    pub fn contains(&self, address: &str) -> bool {
        self.stamp(address).is_ok_and(|stamp| stamp.is_some())
    }

    pub fn count(&self) -> rusqlite::Result<u32> {
        self.0.query_row("SELECT COUNT(*) FROM pages", [], |row| row.get(0))
    }
}

fn packed(body: &[u8]) -> Vec<u8> {
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::fast());
    // Nothing fails that writes to memory.
    let _ = encoder.write_all(body);
    encoder.finish().unwrap_or_default()
}

/// What a damaged end leaves; the page's reader judges it.
fn unpacked(packed: &[u8]) -> Vec<u8> {
    let mut body = Vec::new();
    let _ = ZlibDecoder::new(packed).take(MOST_BYTES).read_to_end(&mut body);
    body
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn pages_come_and_go_with_their_runs() {
        let folder = tempfile::tempdir().unwrap();
        let mut store = Store::open(&folder.path().join("x.db")).unwrap();
        let page = |address: &str, at: Place| Row {
            address: address.into(),
            stamp: "1".into(),
            kind: Kind::Html,
            charset: Some("utf-8".into()),
            at,
        };
        let first = store.source("/a/notes", "notes").unwrap();
        let other = store.source("/b/notes", "notes").unwrap();
        assert_eq!((first.label.as_str(), other.label.as_str()), ("notes", "notes-2"));
        let rows = [page("local:a", Place::File("/a".into())), page("http://b/", Place::Here(b"<p>b".to_vec()))];
        store.put(&first, &rows, &[]).unwrap();
        store.put(&other, &[page("local:c", Place::File("/c".into()))], &[]).unwrap();
        assert_eq!(store.page("http://b/").unwrap().unwrap(), rows[1]);
        assert_eq!(store.page("local:a").unwrap().unwrap(), rows[0]);
        let again = store.source("/a/notes", "notes").unwrap();
        assert_eq!((again.id, again.run, again.label.as_str()), (first.id, first.run + 1, "notes"));
        store.put(&again, &[], &["local:a".into()]).unwrap();
        assert_eq!(store.lost(&again).unwrap(), ["http://b/"]);
        store.remove(&["http://b/".into()]).unwrap();
        assert_eq!(store.count().unwrap(), 2);
        assert!(!store.contains("http://b/"));
    }
}
