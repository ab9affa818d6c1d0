//! The layout of the session database, and whether a file is one.

use super::error::StoreError;
use super::words;
use rusqlite::{Connection, ErrorCode, TransactionBehavior, ffi};
use std::{path::Path, time::Duration};

/// "poly": tells our files from those of other programs.
pub(super) const APPLICATION_ID: i64 = 0x706f_6c79;

/// One script a version of the file's layout; `user_version` says how many have been run.
pub(super) const MIGRATIONS: &[&str] = &[
    "
    CREATE TABLE session (
        id TEXT PRIMARY KEY, title TEXT NOT NULL, created TEXT NOT NULL, updated TEXT NOT NULL
    ) STRICT;
    CREATE TABLE event (
        seq INTEGER PRIMARY KEY AUTOINCREMENT,
        session TEXT NOT NULL REFERENCES session(id) ON DELETE CASCADE,
        turn INTEGER NOT NULL, json TEXT NOT NULL
    ) STRICT;
    CREATE INDEX event_session ON event(session, seq);
    CREATE TABLE item (
        session TEXT NOT NULL REFERENCES session(id) ON DELETE CASCADE,
        kind TEXT NOT NULL, position INTEGER NOT NULL, json TEXT NOT NULL,
        PRIMARY KEY (session, kind, position)
    ) STRICT, WITHOUT ROWID;
",
    "
    CREATE TABLE question (
        session TEXT NOT NULL REFERENCES session(id) ON DELETE CASCADE,
        turn INTEGER NOT NULL, text TEXT NOT NULL,
        PRIMARY KEY (session, turn)
    ) STRICT, WITHOUT ROWID;
",
    concat!(include_str!("search.sql"), include_str!("count.sql")),
    // The last turn that the conversation has; those behind it were cut off.
    "
    ALTER TABLE session ADD COLUMN kept INTEGER NOT NULL DEFAULT 0;
    UPDATE session SET kept = COALESCE((SELECT MAX(turn) FROM question WHERE question.session = session.id), 0);
",
    // JSON: what a turn was made with. NULL: nobody said.
    "ALTER TABLE question ADD COLUMN made TEXT;",
    include_str!("words.sql"),
    include_str!("pages.sql"),
];

/// Counts turns and sizes anew.
pub(super) const COUNT: &str = include_str!("count.sql");

/// Removes the pages that no retrieval names.
pub(super) const UNNAMED: &str = "
    DELETE FROM page WHERE NOT EXISTS (
        SELECT 1 FROM item
        WHERE kind = 'retrieval' AND CASE WHEN json_valid(json) THEN json ->> 'page' END = page.hash)";

/// Bytes of a file that is checked for damage as a whole when it is opened.
const CHECKED_WHOLE: i64 = 64 << 20;

/// How long one process waits for another's commit.
const BUSY_TIMEOUT: Duration = Duration::from_secs(10);

/// What can be wrong with a file that opens.
pub(super) enum Prepare {
    Sqlite(rusqlite::Error),
    Foreign(String),
    Damaged(String),
}

impl From<rusqlite::Error> for Prepare {
    fn from(e: rusqlite::Error) -> Self {
        Prepare::Sqlite(e)
    }
}

/// Sets the connection up and brings an older layout up to date; `check` reads the whole file for damage first.
pub(super) fn prepare(mut connection: Connection, check: bool) -> Result<Connection, Prepare> {
    connection.busy_timeout(BUSY_TIMEOUT)?;
    let number = |c: &Connection, sql: &str| c.query_row(sql, [], |row| row.get::<_, i64>(0));
    let owner = number(&connection, "PRAGMA application_id")?;
    let tables = number(&connection, "SELECT count(*) FROM sqlite_schema")?;
    if tables > 0 && owner != APPLICATION_ID {
        return Err(Prepare::Foreign("it is a database of another program".into()));
    }
    if check {
        self::check(&connection)?;
    }
    connection.pragma_update(None, "journal_mode", "WAL")?;
    // FULL: a commit survives a power cut, not only the process.
    connection.pragma_update(None, "synchronous", "FULL")?;
    // Where an ordinary fsync stops at the drive's own cache (macOS); nothing elsewhere.
    connection.pragma_update(None, "fullfsync", true)?;
    connection.pragma_update(None, "foreign_keys", true)?;
    words::register(&connection)?;
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let version = number(&transaction, "PRAGMA user_version")?;
    let Some(missing) = usize::try_from(version).ok().and_then(|v| MIGRATIONS.get(v..)) else {
        return Err(Prepare::Foreign(format!(
            "its version is {version} and this polymath knows {}; use a newer polymath",
            MIGRATIONS.len()
        )));
    };
    for script in missing {
        transaction.execute_batch(script)?;
    }
    transaction.pragma_update(None, "application_id", APPLICATION_ID)?;
    transaction.pragma_update(None, "user_version", MIGRATIONS.len() as i64)?;
    transaction.commit()?;
    Ok(connection)
}

/// Looks for damage. Of a large file only the tables are read and not the index of their words, which takes
/// several times as long, nor pages as they came: those are known by their hash.
fn check(connection: &Connection) -> Result<(), Prepare> {
    let bytes: i64 =
        connection.query_row("SELECT page_count * page_size FROM pragma_page_count, pragma_page_size", [], |row| {
            row.get(0)
        })?;
    let parts = match bytes > CHECKED_WHOLE {
        true => connection
            .prepare(
                "SELECT name FROM sqlite_schema
                 WHERE type = 'table' AND name NOT GLOB 'words*' AND name NOT GLOB 'sqlite_*' AND name <> 'page'",
            )?
            .query_map([], |row| Ok(format!("'{}'", row.get::<_, String>(0)?)))?
            .collect::<Result<Vec<_>, _>>()?,
        false => vec!["1".to_owned()],
    };
    for part in parts {
        let sql = format!("PRAGMA quick_check({part})");
        let sound = connection.query_row(&sql, [], |row| row.get::<_, String>(0))?;
        if sound != "ok" {
            return Err(Prepare::Damaged(sound));
        }
    }
    Ok(())
}

/// What writing fails with for want of room: a write, a larger file, one of memory shared between processes.
/// SQLite tells a quota and a limit on files as errors of the disk.
const NO_ROOM: [i32; 4] =
    [ffi::SQLITE_IOERR_WRITE, ffi::SQLITE_IOERR_TRUNCATE, ffi::SQLITE_IOERR_SHMSIZE, ffi::SQLITE_IOERR_FSYNC];

/// Tells a damaged or foreign file, a full disk and one that may only be read from a passing failure.
pub(super) fn explain(path: &Path, source: rusqlite::Error) -> StoreError {
    match source.sqlite_error_code() {
        Some(ErrorCode::NotADatabase) => {
            StoreError::Foreign { path: path.to_owned(), why: "it is no SQLite file".into() }
        }
        Some(ErrorCode::DiskFull) => StoreError::Full { path: path.to_owned(), cause: source },
        Some(ErrorCode::ReadOnly) => StoreError::ReadOnly { path: path.to_owned(), cause: source },
        Some(ErrorCode::SystemIoFailure)
            if source.sqlite_error().is_some_and(|e| NO_ROOM.contains(&e.extended_code)) =>
        {
            StoreError::Full { path: path.to_owned(), cause: source }
        }
        Some(ErrorCode::DatabaseCorrupt) => StoreError::Damaged { path: path.to_owned(), why: source.to_string() },
        _ => StoreError::Database { path: path.to_owned(), cause: source },
    }
}
