//! A damaged database is set aside under a name that the user is told, and what can be read of it goes
//! into a new one: every table from both ends, up to the damage.

use super::record::now;
use super::schema::{APPLICATION_ID, COUNT, UNNAMED};
use chrono::Utc;
use rusqlite::types::Value;
use rusqlite::{Connection, params_from_iter};
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

/// Where SQLite keeps the application's id in a file (its file format, section 1.3).
const ID_OFFSET: u64 = 68;
/// The tables, each with what it is ordered by.
const TABLES: &[(&str, &str)] = &[
    ("session", "rowid"),
    ("question", "session, turn"),
    ("item", "session, kind, position"),
    ("event", "seq"),
    ("tag", "session, name"),
];
/// Of all sessions.
const PAGES: (&str, &str) = ("page", "rowid");

/// Whether the file is polymath's, as far as its first bytes tell.
pub(super) fn is_ours(path: &Path) -> bool {
    let mut id = [0; 4];
    let read = File::open(path).and_then(|mut file| {
        file.seek(SeekFrom::Start(ID_OFFSET))?;
        file.read_exact(&mut id)
    });
    read.is_ok() && i64::from(u32::from_be_bytes(id)) == APPLICATION_ID
}

/// Gives the file, and what SQLite keeps beside it, a new name; returns it.
pub(super) fn set_aside(path: &Path) -> io::Result<PathBuf> {
    let aside = path.with_extension(format!("damaged-{}.db", Utc::now().format("%Y%m%d-%H%M%S%3f")));
    let beside = |path: &Path, end: &str| PathBuf::from(format!("{}{end}", path.display()));
    std::fs::rename(path, &aside)?;
    for end in ["-wal", "-shm"] {
        match std::fs::rename(beside(path, end), beside(&aside, end)) {
            Err(e) if e.kind() != io::ErrorKind::NotFound => return Err(e),
            _ => {}
        }
    }
    Ok(aside)
}

/// Copies what can be read; returns what the user is to know.
pub(super) fn recover(aside: &Path, into: &mut Connection) -> rusqlite::Result<String> {
    into.pragma_update(None, "foreign_keys", false)?;
    let from = Connection::open(aside)?;
    let transaction = into.transaction()?;
    for (table, order) in TABLES.iter().chain([&PAGES]) {
        if copy(&from, &transaction, &format!("SELECT * FROM {table} ORDER BY {order}"), table).is_err() {
            let _ = copy(&from, &transaction, &format!("SELECT * FROM {table} ORDER BY {order} DESC"), table);
        }
    }
    // Conversations whose own row was lost.
    for (table, _) in &TABLES[1..] {
        let sql = format!(
            "INSERT OR IGNORE INTO session (id, title, created, updated)
             SELECT DISTINCT session, '(recovered)', ?1, ?1 FROM {table}"
        );
        transaction.execute(&sql, [now()])?;
    }
    transaction.execute_batch(COUNT)?;
    transaction.execute_batch(UNNAMED)?;
    // What stands where is not certain any more: no turn is taken for one that was cut off.
    transaction.execute_batch(
        "UPDATE session SET kept = COALESCE((SELECT MAX(turn) FROM question WHERE question.session = session.id), 0)",
    )?;
    let sessions: i64 = transaction.query_row("SELECT count(*) FROM session", [], |row| row.get(0))?;
    transaction.commit()?;
    into.pragma_update(None, "foreign_keys", true)?;
    let name = aside.display();
    Ok(format!("the conversations' file was damaged and is now {name}; {sessions} conversations could be read from it"))
}

fn copy(from: &Connection, into: &Connection, query: &str, table: &str) -> rusqlite::Result<()> {
    let mut select = from.prepare(query)?;
    // By name: an older file has fewer.
    let names = select.column_names().collect::<Vec<_>>().join(", ");
    let count = select.column_count();
    let places = vec!["?"; count].join(", ");
    let mut insert = into.prepare(&format!("INSERT OR IGNORE INTO {table} ({names}) VALUES ({places})"))?;
    let mut rows = select.query([])?;
    while let Some(row) = rows.next()? {
        let values = (0..count).map(|i| row.get::<_, Value>(i)).collect::<Result<Vec<_>, _>>()?;
        insert.execute(params_from_iter(values))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use crate::session::SessionStore;
    use polymath_chat::Event;
    use std::os::unix::fs::FileExt;
    use std::path::Path;

    /// A store with this many conversations of some pages each.
    fn filled(path: &Path, sessions: usize) {
        let store = SessionStore::open(path).unwrap();
        for number in 0..sessions {
            let mut session = store.create_named(&format!("s{number}"), "q").unwrap();
            session.begin("q").unwrap();
            for _ in 0..20 {
                session.append(1, &Event::Notice { text: "word ".repeat(100) }).unwrap();
            }
        }
    }

    #[test]
    fn a_damaged_file_is_set_aside_and_what_is_whole_comes_back() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("sessions.db");
        filled(&path, 40);
        let whole = SessionStore::open(&path).unwrap();
        assert!(whole.notice().is_none() && whole.list().unwrap().len() == 40);
        drop(whole);
        // Pages in the middle of the file.
        let file = std::fs::File::options().write(true).open(&path).unwrap();
        let middle = file.metadata().unwrap().len() / 2 / 4096 * 4096;
        file.write_all_at(&[0xa5; 3 * 4096], middle).unwrap();
        drop(file);

        let store = SessionStore::open(&path).unwrap();
        let notice = store.notice().unwrap().to_owned();
        let aside = std::fs::read_dir(folder.path()).unwrap().filter_map(|e| e.ok()?.file_name().into_string().ok());
        let aside: Vec<String> = aside.filter(|name| name.contains("damaged") && name.ends_with(".db")).collect();
        assert!(aside.len() == 1 && notice.contains(&aside[0]), "{aside:?} {notice}");
        assert_eq!(store.list().unwrap().len(), 40, "{notice}");
        let events: usize = (0..40).map(|n| store.export(&format!("s{n}")).map_or(0, |r| r.events.len())).sum();
        assert!((400..800).contains(&events), "{events} of 800 events");
        // It is an ordinary store again.
        store.create_named("next", "q").unwrap().begin("q").unwrap();
        drop(store);
        assert!(SessionStore::open(&path).unwrap().notice().is_none());
    }

    #[test]
    fn the_file_is_its_owners_and_no_link() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let (real, link) = (folder.path().join("real.db"), folder.path().join("sessions.db"));
        filled(&real, 1);
        for end in ["", "-wal", "-shm"] {
            let helper = std::fs::metadata(format!("{}{end}", real.display()));
            assert!(helper.is_err() || helper.unwrap().permissions().mode() & 0o77 == 0, "{end}");
        }
        std::fs::set_permissions(&real, std::fs::Permissions::from_mode(0o644)).unwrap();
        SessionStore::open(&real).unwrap();
        assert_eq!(real.metadata().unwrap().permissions().mode() & 0o777, 0o600);
        std::os::unix::fs::symlink(&real, &link).unwrap();
        assert!(SessionStore::open(&link).is_err());
    }
}
