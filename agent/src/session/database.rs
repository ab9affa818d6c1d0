//! The file itself: a connection, transactions, and what is read of a session.

use super::error::StoreError;
use super::packed;
use super::record::{Made, SessionInfo, TurnEvent, parse};
use super::rescue;
use super::schema::{Prepare, explain, prepare};
use crate::notebook::Chat;
use polymath_chat::Table;
use polymath_chat::path::Stored;
use rusqlite::{Connection, OpenFlags, OptionalExtension, ToSql, TransactionBehavior};
use serde::de::DeserializeOwned;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// An open database. Its calls block for the length of a commit.
pub struct Database {
    pub path: PathBuf,
    /// What became of a damaged file that stood here.
    pub notice: Option<String>,
    connection: Mutex<Connection>,
    /// The file that was opened: another one may stand in its place later, or none.
    opened: Option<FileId>,
}

/// What tells a file from another one of its name.
type FileId = (u64, u64);

fn file_id(path: &Path) -> Option<FileId> {
    let found = std::fs::symlink_metadata(path).ok()?;
    #[cfg(unix)]
    return Some((std::os::unix::fs::MetadataExt::dev(&found), std::os::unix::fs::MetadataExt::ino(&found)));
    #[cfg(not(unix))]
    return found.is_file().then_some((0, 0));
}

/// Bytes of a file that is checked for damage even where it is only read: a tenth of a second.
const CHECKED: u64 = 64 << 20;

/// Sessions whose tags are looked up one by one.
const FEW: usize = 64;

/// What a process is about to do with the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Use {
    Write,
    /// A file of more than 64 MiB is then not read as a whole: a page of the list of a million conversations
    /// takes milliseconds, and the check a second.
    Read,
}

fn connect(path: &Path, purpose: Use) -> Result<Connection, StoreError> {
    let flags = OpenFlags::default() | OpenFlags::SQLITE_OPEN_NOFOLLOW;
    let connection = Connection::open_with_flags(path, flags).map_err(|e| explain(path, e))?;
    let check = purpose == Use::Write || path.metadata().is_ok_and(|file| file.len() <= CHECKED);
    prepare(connection, check).map_err(|e| match e {
        Prepare::Sqlite(e) => explain(path, e),
        Prepare::Foreign(why) => StoreError::Foreign { path: path.to_owned(), why },
        Prepare::Damaged(why) => StoreError::Damaged { path: path.to_owned(), why },
    })
}

/// Makes the file where there is none, and lets nobody else read it: SQLite gives its helpers the same
/// rights. A link, which SQLite refuses, and a foreign file are left alone.
fn make_private(path: &Path) -> std::io::Result<()> {
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    match options.open(path) {
        Err(e) if e.kind() == std::io::ErrorKind::AlreadyExists => {}
        made => return made.map(drop),
    }
    #[cfg(unix)]
    if std::fs::symlink_metadata(path)?.is_file() && rescue::is_ours(path) {
        let mode = <std::fs::Permissions as std::os::unix::fs::PermissionsExt>::from_mode(0o600);
        return std::fs::set_permissions(path, mode);
    }
    Ok(())
}

/// Puts their tags to sessions: looked up one by one where they are few, else read as a whole.
fn tag(connection: &Connection, infos: &mut [SessionInfo]) -> rusqlite::Result<()> {
    if infos.len() <= FEW {
        let mut statement = connection.prepare_cached("SELECT name FROM tag WHERE session = ?1 ORDER BY name")?;
        for info in infos {
            info.tags = statement.query_map([&info.id], |row| row.get(0))?.collect::<Result<_, _>>()?;
        }
        return Ok(());
    }
    let mut statement = connection.prepare_cached("SELECT session, name FROM tag ORDER BY session, name")?;
    let mut tags = HashMap::<String, Vec<String>>::new();
    for row in statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))? {
        let (session, name) = row?;
        tags.entry(session).or_default().push(name);
    }
    if !tags.is_empty() {
        infos.iter_mut().for_each(|info| info.tags = tags.remove(&info.id).unwrap_or_default());
    }
    Ok(())
}

impl Database {
    /// See `SessionStore::open`.
    pub fn open(path: &Path, purpose: Use) -> Result<Self, StoreError> {
        let failed = |cause| StoreError::File { path: path.to_owned(), cause };
        // SQLite would refuse a link anywhere on the path; only the file itself must be none.
        let directory = path.parent().filter(|d| !d.as_os_str().is_empty()).unwrap_or(Path::new("."));
        std::fs::create_dir_all(directory).map_err(failed)?;
        let path = &directory.canonicalize().map_err(failed)?.join(path.file_name().unwrap_or_default());
        make_private(path).map_err(failed)?;
        let (connection, notice) = match connect(path, purpose) {
            Err(StoreError::Damaged { .. }) if rescue::is_ours(path) => {
                let aside = rescue::set_aside(path).map_err(failed)?;
                make_private(path).map_err(failed)?;
                let mut connection = connect(path, purpose)?;
                let told = rescue::recover(&aside, &mut connection).map_err(|e| explain(path, e))?;
                (connection, Some(told))
            }
            other => (other?, None),
        };
        let opened = file_id(path);
        Ok(Database { path: path.to_owned(), notice, connection: Mutex::new(connection), opened })
    }

    /// What is locked while a turn of a session is under way.
    pub fn turn_path(&self, id: &str) -> PathBuf {
        self.path.with_extension("turns").join(id)
    }

    /// What lists show of sessions; `tail` is SQL behind the table's name.
    pub fn infos(&self, tail: &str, arguments: &[&dyn ToSql]) -> Result<Vec<SessionInfo>, StoreError> {
        let connection = self.connection();
        let sql = format!("SELECT id, title, created, updated, turns, bytes FROM session {tail}");
        let read = || {
            let mut statement = connection.prepare_cached(&sql)?;
            let rows = statement.query_map(arguments, |row| {
                Ok(SessionInfo {
                    id: row.get(0)?,
                    title: row.get(1)?,
                    created: row.get(2)?,
                    updated: row.get(3)?,
                    turns: row.get(4)?,
                    bytes: u64::try_from(row.get::<_, i64>(5)?).unwrap_or(0),
                    tags: Vec::new(),
                })
            })?;
            let mut infos = rows.collect::<Result<Vec<_>, _>>()?;
            tag(&connection, &mut infos)?;
            Ok(infos)
        };
        read().map_err(|e| explain(&self.path, e))
    }

    pub fn info(&self, id: &str) -> Result<Option<SessionInfo>, StoreError> {
        Ok(self.infos("WHERE id = ?1", &[&id])?.pop())
    }

    pub fn chat(&self, connection: &Connection, id: &str) -> Result<Chat, StoreError> {
        Ok(Chat {
            id: id.to_owned(),
            messages: self.items(connection, id, "message")?,
            sources: self.items(connection, id, "source")?,
            retrieved: self.items(connection, id, "retrieval")?,
            tables: self.tables(connection, id)?,
            artifacts: self.items(connection, id, "artifact")?,
            page_tables: self.items(connection, id, "page_table")?,
            facts: self.items(connection, id, "fact")?,
            charts: self.items(connection, id, "chart")?,
            files: self.paths(connection, id, "file")?,
            targets: self.paths(connection, id, "target")?,
            asked: self.items(connection, id, "asked")?,
            skills: self.items(connection, id, "skill")?,
            begun: Vec::new(),
        })
    }

    fn items<T: DeserializeOwned>(&self, c: &Connection, id: &str, kind: &str) -> Result<Vec<T>, StoreError> {
        self.kept(c, id, kind)?.iter().map(|json| parse(id, json)).collect()
    }

    fn tables(&self, c: &Connection, id: &str) -> Result<Vec<Table>, StoreError> {
        let table = |json: String| {
            packed::from_json(&json).map_err(|cause| StoreError::Record { session: id.to_owned(), cause })
        };
        self.kept(c, id, "table")?.into_iter().map(table).collect()
    }

    /// What is kept of one kind, in order.
    fn kept(&self, c: &Connection, id: &str, kind: &str) -> Result<Vec<String>, StoreError> {
        // `kind` is one of the words above.
        let sql = format!("SELECT json FROM item WHERE session = ?1 AND kind = '{kind}' ORDER BY position");
        self.rows(c, &sql, id)
    }

    fn paths(&self, connection: &Connection, id: &str, kind: &str) -> Result<Vec<PathBuf>, StoreError> {
        Ok(self.items(connection, id, kind)?.into_iter().map(|Stored(path)| path).collect())
    }

    /// A page as it came, packed, by the name that retrievals have for it.
    pub fn page(&self, page: &str) -> Result<Option<Vec<u8>>, StoreError> {
        let connection = self.connection();
        let read = connection.query_row("SELECT body FROM page WHERE hash = ?1", [page], |row| row.get(0)).optional();
        read.map_err(|e| explain(&self.path, e))
    }

    /// The first column of a query with one parameter.
    pub fn rows(&self, connection: &Connection, sql: &str, argument: &str) -> Result<Vec<String>, StoreError> {
        let read = || connection.prepare(sql)?.query_map([argument], |row| row.get(0))?.collect::<Result<Vec<_>, _>>();
        read().map_err(|e| explain(&self.path, e))
    }

    pub fn connection(&self) -> MutexGuard<'_, Connection> {
        // A panic elsewhere leaves SQLite's own state sound: an open transaction was rolled back.
        self.connection.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Runs `work` in one transaction, on disk when this returns. What went into a file that is not there any more
    /// is an error: nobody would find it.
    pub fn write<T>(&self, work: impl Fn(&rusqlite::Transaction) -> rusqlite::Result<T>) -> Result<T, StoreError> {
        let mut connection = self.connection();
        let mut run = || {
            let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
            let result = work(&transaction)?;
            transaction.commit()?;
            Ok(result)
        };
        let result = run();
        if file_id(&self.path) != self.opened {
            return Err(StoreError::Gone { path: self.path.clone() });
        }
        result.map_err(|e| explain(&self.path, e))
    }

    /// Every event of a session, in order.
    pub fn events(&self, connection: &Connection, id: &str) -> Result<Vec<TurnEvent>, StoreError> {
        self.told(connection, "SELECT turn, json FROM event WHERE session = ?1 ORDER BY seq", id)
    }

    /// Those of one turn.
    pub fn events_of(&self, connection: &Connection, id: &str, turn: u32) -> Result<Vec<TurnEvent>, StoreError> {
        let sql = format!("SELECT turn, json FROM event WHERE session = ?1 AND turn = {turn} ORDER BY seq");
        self.told(connection, &sql, id)
    }

    /// What was asked, by turn.
    pub fn questions(&self, connection: &Connection, id: &str) -> Result<BTreeMap<u32, String>, StoreError> {
        let rows = self.pairs(connection, "SELECT turn, text FROM question WHERE session = ?1", id)?;
        Ok(rows.into_iter().collect())
    }

    /// The turns that were taken back.
    pub fn taken_back(&self, connection: &Connection, id: &str) -> Result<BTreeSet<u32>, StoreError> {
        let sql = "SELECT turn, '' FROM question WHERE session = ?1 AND taken_back";
        Ok(self.pairs(connection, sql, id)?.into_iter().map(|(turn, _)| turn).collect())
    }

    /// What the turns were made with.
    pub fn made(&self, connection: &Connection, id: &str) -> Result<BTreeMap<u32, Made>, StoreError> {
        let sql = "SELECT turn, made FROM question WHERE session = ?1 AND made IS NOT NULL";
        let rows = self.pairs(connection, sql, id)?;
        rows.into_iter().map(|(turn, json)| Ok((turn, parse(id, &json)?))).collect()
    }

    /// Questions and events of the turns that the conversation does not have.
    pub fn beyond(&self, id: &str) -> Result<(BTreeMap<u32, String>, Vec<TurnEvent>), StoreError> {
        const BEYOND: &str = "session = ?1 AND turn > (SELECT kept FROM session WHERE id = ?1)";
        let connection = self.connection();
        let questions = self.pairs(&connection, &format!("SELECT turn, text FROM question WHERE {BEYOND}"), id)?;
        let sql = format!("SELECT turn, json FROM event WHERE {BEYOND} ORDER BY seq");
        let events = if questions.is_empty() { Vec::new() } else { self.told(&connection, &sql, id)? };
        Ok((questions.into_iter().collect(), events))
    }

    fn told(&self, connection: &Connection, sql: &str, id: &str) -> Result<Vec<TurnEvent>, StoreError> {
        let rows = self.pairs(connection, sql, id)?;
        rows.into_iter().map(|(turn, json)| Ok(TurnEvent { turn, event: parse(id, &json)? })).collect()
    }

    /// A number and a text of each row of a query with one parameter.
    fn pairs(&self, connection: &Connection, sql: &str, argument: &str) -> Result<Vec<(u32, String)>, StoreError> {
        let read = || {
            let mut statement = connection.prepare(sql)?;
            statement.query_map([argument], |row| Ok((row.get(0)?, row.get(1)?)))?.collect::<Result<Vec<_>, _>>()
        };
        read().map_err(|e| explain(&self.path, e))
    }
}
