//! Pages as they came: each is kept once, whichever sessions opened it, as long as one of them is there
//! (`pages.sql`). Two processes that keep the same one wait for each other as with everything in the file.

use super::error::StoreError;
use super::record::SessionRecord;
use crate::notebook::Chat;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use polymath_chat::{Packed, Retrieval};
use polymath_tools::browser::unpacked;
use rusqlite::{Transaction, params};
use std::borrow::Cow;

/// Keeps the pages whose bytes are at hand, before the rows that name them.
pub(super) fn put(t: &Transaction, retrieved: &[Retrieval]) -> rusqlite::Result<()> {
    let mut put = t.prepare_cached("INSERT OR IGNORE INTO page (hash, body) VALUES (?1, ?2)")?;
    for Retrieval { page, body, .. } in retrieved {
        if let Some(Packed(body)) = body {
            put.execute(params![page, &body[..]])?;
        }
    }
    Ok(())
}

/// A conversation with the pages of a record that came from elsewhere.
pub(super) fn with(record: &SessionRecord) -> Result<Cow<'_, Chat>, StoreError> {
    if record.pages.is_empty() {
        return Ok(Cow::Borrowed(&record.chat));
    }
    let mut chat = record.chat.clone();
    for retrieval in &mut chat.retrieved {
        let Some(packed) = record.pages.get(&retrieval.page) else { continue };
        let packed = STANDARD.decode(packed).ok().filter(|packed| unpacked(&retrieval.page, packed).is_some());
        let packed =
            packed.ok_or_else(|| StoreError::Import(format!("its page {} has other bytes", retrieval.page)))?;
        retrieval.body = Some(Packed(packed.into()));
    }
    Ok(Cow::Owned(chat))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::session::rescue;
    use crate::session::schema::MIGRATIONS;
    use crate::session::{Session, SessionStore, StoreError};
    use polymath_chat::{Message, Source};
    use rusqlite::Connection;
    use sha2::{Digest, Sha256};
    use std::path::Path;

    fn name(body: &[u8]) -> String {
        Sha256::digest(body).iter().fold("sha256:".to_owned(), |text, byte| text + &format!("{byte:02x}"))
    }

    fn retrieval(url: &str, body: &[u8]) -> Retrieval {
        Retrieval {
            url: url.into(),
            at: "2026-01-31T12:00:00.000Z".into(),
            page: name(body),
            bytes: body.len() as u64,
            headers: [("etag".to_owned(), "\"1\"".to_owned())].into(),
            body: Some(Packed(zstd::encode_all(body, 0).unwrap().into())),
            ..Retrieval::default()
        }
    }

    fn open(folder: &tempfile::TempDir) -> SessionStore {
        SessionStore::open(&folder.path().join("sessions.db")).unwrap()
    }

    /// A turn that opens a page.
    fn turn(session: &mut Session, url: &str, body: &[u8]) {
        session.begin("q").unwrap();
        let mut chat = session.chat().unwrap();
        chat.messages.extend([Message::user("q"), Message::assistant("a")]);
        chat.sources.push(Source { url: url.into(), title: "T".into(), text: "read off it".into() });
        chat.retrieved.push(retrieval(url, body));
        session.save(&chat).unwrap();
    }

    fn count(store: &SessionStore) -> i64 {
        store.database.connection().query_row("SELECT count(*) FROM page", [], |row| row.get(0)).unwrap()
    }

    #[test]
    fn a_page_that_two_conversations_opened_is_kept_once_and_goes_with_the_last() {
        let folder = tempfile::tempdir().unwrap();
        // Each has a connection of its own, as another process has.
        let (here, there) = (open(&folder), open(&folder));
        turn(&mut here.create_named("a", "").unwrap(), "http://h/", b"<p>one");
        turn(&mut there.create_named("b", "").unwrap(), "http://h/?again", b"<p>one");
        turn(&mut there.create_named("c", "").unwrap(), "http://h/", b"<p>other");
        assert_eq!(count(&here), 2);
        let chat = there.export("a").unwrap().chat;
        let known = chat.page_of("http://h/").unwrap();
        assert_eq!(known, &Retrieval { body: None, ..retrieval("http://h/", b"<p>one") });
        assert_eq!(there.page_bytes(&known.page).unwrap().unwrap(), b"<p>one");
        here.remove("a").unwrap();
        assert_eq!(here.page_bytes(&known.page).unwrap().unwrap(), b"<p>one", "another one has it");
        there.remove("b").unwrap();
        assert_eq!(here.page_bytes(&known.page).unwrap(), None);
        assert_eq!(here.page_bytes(&name(b"<p>other")).unwrap().unwrap(), b"<p>other", "it is another page");
    }

    #[test]
    fn a_page_goes_with_the_turn_that_opened_it() {
        let folder = tempfile::tempdir().unwrap();
        let store = open(&folder);
        let mut session = store.create_named("a", "").unwrap();
        for body in [&b"1"[..], b"2", b"3"] {
            turn(&mut session, &format!("http://h/{}", body[0]), body);
        }
        session.undo().unwrap();
        let kept = |body: &[u8]| store.page_bytes(&name(body)).unwrap().is_some();
        assert_eq!((kept(b"1"), kept(b"2"), kept(b"3")), (true, true, false));
        // One in the middle that is named no more.
        let mut chat = session.chat().unwrap();
        chat.retrieved.remove(0);
        session.save(&chat).unwrap();
        assert_eq!((kept(b"1"), kept(b"2"), count(&store)), (false, true, 1));
    }

    #[test]
    fn side_by_side_a_page_is_there_as_long_as_anybody_has_it() {
        let folder = tempfile::tempdir().unwrap();
        drop(open(&folder));
        std::thread::scope(|scope| {
            for worker in 0..2 {
                let folder = &folder;
                scope.spawn(move || {
                    let store = open(folder);
                    for number in 0..20 {
                        let id = format!("s{worker}-{number}");
                        turn(&mut store.create_named(&id, "").unwrap(), "http://h/", b"same");
                        assert!(store.page_bytes(&name(b"same")).unwrap().is_some(), "{id}");
                        store.remove(&id).unwrap();
                    }
                });
            }
        });
        assert_eq!(count(&open(&folder)), 0);
    }

    #[test]
    fn without_room_the_text_is_kept_and_not_the_page() {
        let folder = tempfile::tempdir().unwrap();
        let store = open(&folder);
        let mut session = store.create_named("a", "").unwrap();
        turn(&mut session, "http://h/small", b"small");
        let limit = |pages: i64| store.database.connection().pragma_update(None, "max_page_count", pages).unwrap();
        let used: i64 = store.database.connection().query_row("PRAGMA page_count", [], |row| row.get(0)).unwrap();
        limit(used + 20);
        // What no packing makes smaller.
        let mut body = Vec::new();
        while body.len() < 1 << 20 {
            body.extend(Sha256::digest(body.len().to_le_bytes()));
        }
        turn(&mut session, "http://h/large", &body);
        assert_eq!((session.chat().unwrap().sources.len(), session.chat().unwrap().retrieved.len()), (2, 2));
        assert_eq!(store.page_bytes(&name(&body)).unwrap(), None);
        assert!(store.page_bytes(&name(b"small")).unwrap().is_some());
        // The control: with room it is kept.
        limit(i64::from(u32::MAX) - 1);
        turn(&mut session, "http://h/large", &body);
        assert_eq!(store.page_bytes(&name(&body)).unwrap().unwrap(), body);
    }

    #[test]
    fn other_bytes_are_not_taken_for_the_page() {
        let folder = tempfile::tempdir().unwrap();
        let store = open(&folder);
        turn(&mut store.create_named("a", "").unwrap(), "http://h/", b"true");
        let false_ones = zstd::encode_all(&b"false"[..], 0).unwrap();
        store.database.write(|t| t.execute("UPDATE page SET body = ?1", [&false_ones])).unwrap();
        assert!(matches!(store.page_bytes(&name(b"true")), Err(StoreError::Damaged { .. })));
    }

    #[test]
    fn a_conversation_takes_its_pages_along() {
        let folder = tempfile::tempdir().unwrap();
        let store = open(&folder);
        turn(&mut store.create_named("a", "").unwrap(), "http://h/", b"one");
        let (bare, whole) = (store.export("a").unwrap(), store.export_whole("a").unwrap());
        store.remove("a").unwrap();
        let json = serde_json::to_string(&whole).unwrap();
        store.import(&serde_json::from_str(&json).unwrap()).unwrap();
        assert_eq!(store.page_bytes(&name(b"one")).unwrap().unwrap(), b"one");
        store.remove("a").unwrap();
        // The control: without them there is what is known of them.
        store.import(&bare).unwrap();
        assert_eq!(store.export("a").unwrap().chat.retrieved[0].page, name(b"one"));
        assert_eq!(store.page_bytes(&name(b"one")).unwrap(), None);
        let mut forged = whole;
        forged.pages.values_mut().for_each(|body| *body = STANDARD.encode(zstd::encode_all(&b"two"[..], 0).unwrap()));
        assert!(matches!(store.import(&forged), Err(StoreError::Import(_))));
        assert_eq!(store.list().unwrap().len(), 1);
    }

    #[test]
    fn what_is_recovered_has_its_pages() {
        let folder = tempfile::tempdir().unwrap();
        let damaged = open(&folder);
        turn(&mut damaged.create_named("a", "").unwrap(), "http://h/", b"one");
        damaged.database.write(|t| t.execute("INSERT INTO page VALUES ('sha256:00', x'00')", [])).unwrap();
        let store = SessionStore::open(&folder.path().join("new.db")).unwrap();
        rescue::recover(&folder.path().join("sessions.db"), &mut store.database.connection()).unwrap();
        assert_eq!(store.page_bytes(&name(b"one")).unwrap().unwrap(), b"one");
        assert_eq!((count(&damaged), count(&store)), (2, 1), "what nobody names is left behind");
    }

    fn before(path: &Path) {
        let old = Connection::open(path).unwrap();
        crate::session::words::register(&old).unwrap();
        MIGRATIONS[..6].iter().for_each(|script| old.execute_batch(script).unwrap());
        old.execute_batch(
            r#"PRAGMA application_id = 0x706f6c79; PRAGMA user_version = 6;
             INSERT INTO session (id, title, created, updated) VALUES ('old', 'q', '2026-01-01', '2026-01-01');
             INSERT INTO question (session, turn, text) VALUES ('old', 1, 'q');
             INSERT INTO item VALUES ('old', 'source', 0, '{"url":"http://h/","title":"T","text":"t"}'),
                ('old', 'retrieval', 0, '{');"#,
        )
        .unwrap();
    }

    #[test]
    fn a_file_of_before_has_no_pages_and_gets_them() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("sessions.db");
        before(&path);
        let store = SessionStore::open(&path).unwrap();
        // What somebody broke is no page, and hinders nothing.
        store.database.write(|t| t.execute("DELETE FROM item WHERE kind = 'retrieval'", [])).unwrap();
        let chat = store.export("old").unwrap().chat;
        assert_eq!((chat.sources.len(), chat.page_of("http://h/")), (1, None));
        turn(&mut store.resume("old").unwrap(), "http://h/2", b"new");
        assert_eq!(store.page_bytes(&name(b"new")).unwrap().unwrap(), b"new");
        store.remove("old").unwrap();
        assert_eq!(count(&store), 0);
    }
}
