//! A file of very many conversations: a page of the list costs what it shows, and not what there is.

#![allow(clippy::unwrap_used)]

use polymath_agent::session::SessionStore;
use rusqlite::{Connection, params};
use std::path::Path;
use std::time::{Duration, Instant};

const FEW: u32 = 1_000;
const MANY: u32 = 1_000_000;
const PAGE: usize = 20;

/// A store of this many conversations, and its file.
fn store(folder: &Path, sessions: u32) -> SessionStore {
    let path = folder.join(format!("{sessions}.db"));
    drop(SessionStore::open(&path).unwrap());
    let database = Connection::open(&path).unwrap();
    let sql = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?1)
        INSERT INTO session (id, title, created, updated)
        SELECT printf('s%07d', i), 'How high is the mill?', 'then', printf('2026-%07d', i * 7919 % ?1) FROM n";
    database.execute(sql, params![sessions]).unwrap();
    drop(database);
    SessionStore::open_to_read(&path).unwrap()
}

/// The least that it took of several times.
fn least(work: impl Fn()) -> Duration {
    let time = |_| {
        let began = Instant::now();
        work();
        began.elapsed()
    };
    (0..9).map(time).min().unwrap_or_default()
}

#[test]
#[ignore = "makes a million conversations and compares times: `just growth`"]
fn a_page_of_a_million_conversations_is_a_page_in_proportion() {
    let folder = tempfile::tempdir().unwrap();
    let (few, many) = (store(folder.path(), FEW), store(folder.path(), MANY));
    let page = |store: &SessionStore| least(|| assert_eq!(store.page(None, 0, PAGE).unwrap().len(), PAGE));
    let (of_few, of_many) = (page(&few), page(&many));
    let opened = least(|| drop(SessionStore::open_to_read(&folder.path().join(format!("{MANY}.db"))).unwrap()));
    let counted = least(|| assert_eq!(many.count(None).unwrap(), MANY as usize));
    println!("a page of {FEW}: {of_few:?}, of {MANY}: {of_many:?}; opened in {opened:?}, counted in {counted:?}");
    assert!(of_many < of_few * 20, "{of_many:?} and {of_few:?}");
    // The control: an order that no index has.
    let all = least(|| {
        let database = Connection::open(folder.path().join(format!("{MANY}.db"))).unwrap();
        let sql = "SELECT id FROM session ORDER BY title DESC, updated LIMIT 1";
        database.query_row(sql, [], |row| row.get::<_, String>(0)).unwrap();
    });
    assert!(all > of_few * 20, "void: {all:?}");
}
