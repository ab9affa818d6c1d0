//! The file of all conversations: begin, find, list, export, remove.

use super::{
    Session, SessionInfo, SessionRecord, StoreError, TurnEvent, now, parse,
    schema::{Prepare, explain, prepare},
};
use crate::notebook::Chat;
use chrono::Utc;
use rusqlite::{Connection, OptionalExtension, TransactionBehavior, params};
use serde::de::DeserializeOwned;
use std::{
    fs::{File, TryLockError},
    hash::{BuildHasher, RandomState},
    path::{Path, PathBuf},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

/// The longest title, in characters.
const MAX_TITLE: usize = 80;

/// The file of all conversations. Its calls block for the length of a commit.
#[derive(Clone)]
pub struct SessionStore {
    path: PathBuf,
    connection: Arc<Mutex<Connection>>,
}

impl SessionStore {
    /// Opens the database at `path`, making it and its directory where they don't exist.
    ///
    /// Errors: `Foreign` for a file that is no database, damaged, another program's or a newer
    /// polymath's; `File` and `Database` for what the system refuses.
    pub fn open(path: &Path) -> Result<Self, StoreError> {
        if let Some(directory) = path.parent() {
            std::fs::create_dir_all(directory)
                .map_err(|source| StoreError::File { path: directory.to_owned(), source })?;
        }
        let connection = Connection::open(path).map_err(|e| explain(path, e))?;
        let connection = prepare(connection).map_err(|e| match e {
            Prepare::Sqlite(e) => explain(path, e),
            Prepare::Foreign(why) => StoreError::Foreign { path: path.to_owned(), why },
        })?;
        Ok(SessionStore { path: path.to_owned(), connection: Arc::new(Mutex::new(connection)) })
    }

    /// Begins a conversation under a new name that sorts by time.
    pub fn create(&self, title: &str) -> Result<Session, StoreError> {
        loop {
            let random = RandomState::new().hash_one(std::process::id()) % 36u64.pow(4);
            let id = format!("{}-{}", Utc::now().format("%Y%m%d-%H%M%S"), base36(random));
            match self.create_named(&id, title) {
                Err(StoreError::Exists(_)) => continue,
                other => return other,
            }
        }
    }

    /// Begins a conversation under a name of the caller's. Errors: `Name`, `Exists`, `Busy`.
    pub fn create_named(&self, id: &str, title: &str) -> Result<Session, StoreError> {
        check_name(id)?;
        let session = self.hold(id)?;
        let title: String = title.split_whitespace().collect::<Vec<_>>().join(" ").chars().take(MAX_TITLE).collect();
        let now = now();
        let added = self.write(|t| {
            t.execute(
                "INSERT INTO session (id, title, created, updated) VALUES (?1, ?2, ?3, ?3) ON CONFLICT DO NOTHING",
                params![id, title, now],
            )
        })?;
        if added == 0 { Err(StoreError::Exists(id.to_owned())) } else { Ok(session) }
    }

    /// Goes on with a conversation. Errors: `Unknown`, `Ambiguous`, and `Busy` while another
    /// process (or another handle of this one) holds it.
    pub fn resume(&self, id: &str) -> Result<Session, StoreError> {
        let id = self.find(id)?;
        self.hold(&id)
    }

    /// The session of that name, or the one whose name begins so.
    pub fn find(&self, prefix: &str) -> Result<String, StoreError> {
        check_name(prefix).map_err(|_| StoreError::Unknown(prefix.to_owned()))?;
        let connection = self.connection();
        let exact = connection
            .query_row("SELECT id FROM session WHERE id = ?1", [prefix], |row| row.get(0))
            .optional()
            .map_err(|e| explain(&self.path, e))?;
        if let Some(id) = exact {
            return Ok(id);
        }
        let mut ids = self.rows(
            &connection,
            "SELECT id FROM session WHERE substr(id, 1, length(?1)) = ?1 ORDER BY id LIMIT 6",
            prefix,
        )?;
        match ids.len() {
            0 => Err(StoreError::Unknown(prefix.to_owned())),
            1 => Ok(ids.swap_remove(0)),
            _ => Err(StoreError::Ambiguous { prefix: prefix.to_owned(), ids }),
        }
    }

    /// All sessions, the one used last first.
    pub fn list(&self) -> Result<Vec<SessionInfo>, StoreError> {
        self.infos("1 = 1 OR ?1", "")
    }

    /// Removes a session for good. Errors: `Unknown`, `Ambiguous`, `Busy`.
    pub fn remove(&self, id: &str) -> Result<String, StoreError> {
        let session = self.resume(id)?;
        self.write(|t| t.execute("DELETE FROM session WHERE id = ?1", [&session.id]))?;
        // The lock file is no loss; one that stays is used again.
        let _ = std::fs::remove_file(self.lock_path(&session.id));
        Ok(session.id.clone())
    }

    /// Everything about a session; it may be in use.
    pub fn export(&self, id: &str) -> Result<SessionRecord, StoreError> {
        let id = self.find(id)?;
        let info = self.infos("id = ?1", &id)?.pop().ok_or_else(|| StoreError::Unknown(id.clone()))?;
        let connection = self.connection();
        let failed = |e| explain(&self.path, e);
        let mut statement =
            connection.prepare("SELECT turn, json FROM event WHERE session = ?1 ORDER BY seq").map_err(failed)?;
        let rows = statement
            .query_map([&id], |row| Ok((row.get::<_, u32>(0)?, row.get::<_, String>(1)?)))
            .and_then(Iterator::collect::<Result<Vec<_>, _>>)
            .map_err(failed)?;
        let mut events = Vec::with_capacity(rows.len());
        for (turn, json) in rows {
            events.push(TurnEvent { turn, event: parse(&id, &json)? });
        }
        drop(statement);
        Ok(SessionRecord { info, chat: self.chat(&connection, &id)?, events })
    }

    pub(super) fn infos(&self, condition: &str, argument: &str) -> Result<Vec<SessionInfo>, StoreError> {
        let connection = self.connection();
        let sql = format!(
            "SELECT id, title, created, updated,
                    (SELECT COALESCE(MAX(turn), 0) FROM event WHERE event.session = session.id)
             FROM session WHERE {condition} ORDER BY updated DESC, id DESC"
        );
        let read = || {
            let mut statement = connection.prepare(&sql)?;
            let rows = statement.query_map([argument], |row| {
                Ok(SessionInfo {
                    id: row.get(0)?,
                    title: row.get(1)?,
                    created: row.get(2)?,
                    updated: row.get(3)?,
                    turns: row.get(4)?,
                })
            })?;
            rows.collect::<Result<Vec<_>, _>>()
        };
        read().map_err(|e| explain(&self.path, e))
    }

    pub(super) fn chat(&self, connection: &Connection, id: &str) -> Result<Chat, StoreError> {
        Ok(Chat {
            id: id.to_owned(),
            messages: self.items(connection, id, "message")?,
            sources: self.items(connection, id, "source")?,
            tables: self.items(connection, id, "table")?,
            artifacts: self.items(connection, id, "artifact")?,
            page_tables: self.items(connection, id, "page_table")?,
            facts: self.items(connection, id, "fact")?,
            charts: self.items(connection, id, "chart")?,
            files: self.items(connection, id, "file")?,
            decisions: self.items(connection, id, "decision")?,
        })
    }

    fn items<T: DeserializeOwned>(&self, c: &Connection, id: &str, kind: &str) -> Result<Vec<T>, StoreError> {
        // `kind` is one of the words above.
        let sql = format!("SELECT json FROM item WHERE session = ?1 AND kind = '{kind}' ORDER BY position");
        self.rows(c, &sql, id)?.iter().map(|json| parse(id, json)).collect()
    }

    /// The first column of a query with one parameter.
    fn rows(&self, connection: &Connection, sql: &str, argument: &str) -> Result<Vec<String>, StoreError> {
        let read = || connection.prepare(sql)?.query_map([argument], |row| row.get(0))?.collect::<Result<Vec<_>, _>>();
        read().map_err(|e| explain(&self.path, e))
    }

    pub(super) fn connection(&self) -> MutexGuard<'_, Connection> {
        // A panic elsewhere leaves SQLite's own state sound: an open transaction was rolled back.
        self.connection.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Runs `work` in one transaction, on disk when this returns.
    pub(super) fn write<T>(
        &self,
        work: impl Fn(&rusqlite::Transaction) -> rusqlite::Result<T>,
    ) -> Result<T, StoreError> {
        let mut connection = self.connection();
        let mut run = || {
            let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
            let result = work(&transaction)?;
            transaction.commit()?;
            Ok(result)
        };
        run().map_err(|e| explain(&self.path, e))
    }

    fn lock_path(&self, id: &str) -> PathBuf {
        self.path.with_extension("locks").join(id)
    }

    fn hold(&self, id: &str) -> Result<Session, StoreError> {
        let path = self.lock_path(id);
        let failed = |source| StoreError::File { path: path.clone(), source };
        if let Some(directory) = path.parent() {
            std::fs::create_dir_all(directory).map_err(failed)?;
        }
        let lock = File::options().create(true).truncate(false).write(true).open(&path).map_err(failed)?;
        match lock.try_lock() {
            Ok(()) => Ok(Session { store: self.clone(), id: id.to_owned(), pending: None, _lock: lock }),
            Err(TryLockError::WouldBlock) => Err(StoreError::Busy(id.to_owned())),
            Err(TryLockError::Error(e)) => Err(failed(e)),
        }
    }
}

fn base36(mut n: u64) -> String {
    let mut out = [b'0'; 4];
    for digit in out.iter_mut().rev() {
        *digit = b"0123456789abcdefghijklmnopqrstuvwxyz"[(n % 36) as usize];
        n /= 36;
    }
    out.iter().map(|b| char::from(*b)).collect()
}

/// Names are also names of lock files.
fn check_name(id: &str) -> Result<(), StoreError> {
    let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
    if (1..=64).contains(&id.len()) && id.chars().all(fits) && !id.starts_with('.') {
        return Ok(());
    }
    Err(StoreError::Name(id.chars().take(64).collect()))
}
