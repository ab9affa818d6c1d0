//! Conversations on disk: what was said, what was found out, and every event of every turn.
//!
//! One SQLite file. An event is committed before anybody acts on it, so a process that is killed
//! loses at most the sentence the model was writing. A conversation has one writer at a time: its
//! lock is the operating system's, and goes when the process does. Nothing here runs a turn.

mod schema;
mod store;

use crate::notebook::Chat;
use chrono::{SecondsFormat, Utc};
use polymath_chat::Event;
use rusqlite::params;
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use std::{fs::File, path::PathBuf};

pub use store::SessionStore;

#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    #[error("there is no session `{0}`; `polymath sessions list` shows those that exist")]
    Unknown(String),
    #[error("`{prefix}` begins the names of several sessions: {}; write one out", .ids.join(", "))]
    Ambiguous { prefix: String, ids: Vec<String> },
    #[error("session {0} is in use by another polymath process; end that one or go on in a new session")]
    Busy(String),
    #[error("session {0} exists already; choose another name")]
    Exists(String),
    #[error("`{0}` can't name a session; use 1 to 64 letters, digits, `.`, `_` and `-`")]
    Name(String),
    #[error("{} is not a session database of polymath ({why}); move it away and start again", .path.display())]
    Foreign { path: PathBuf, why: String },
    #[error("can't use {}: {source}", .path.display())]
    File { path: PathBuf, source: std::io::Error },
    #[error("the session database {} failed: {source}", .path.display())]
    Database { path: PathBuf, source: rusqlite::Error },
    #[error("a record of session {session} can't be read: {source}")]
    Record { session: String, source: serde_json::Error },
}

/// A line of `sessions list`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SessionInfo {
    pub id: String,
    /// The first question, shortened.
    pub title: String,
    /// RFC 3339, UTC.
    pub created: String,
    pub updated: String,
    pub turns: u32,
}

/// Everything there is about a session.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct SessionRecord {
    pub info: SessionInfo,
    pub chat: Chat,
    pub events: Vec<TurnEvent>,
}

/// An event and the turn (1, 2, …) it belongs to.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TurnEvent {
    pub turn: u32,
    #[serde(flatten)]
    pub event: Event,
}

/// One conversation, held by this process alone until it is dropped.
pub struct Session {
    store: SessionStore,
    id: String,
    /// Text that is still being written, kept back so that a word is not a commit.
    pending: Option<TurnEvent>,
    /// Holds the operating system's lock.
    _lock: File,
}

impl Session {
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The conversation as the last finished turn left it.
    pub fn chat(&self) -> Result<Chat, StoreError> {
        self.store.chat(&self.store.connection(), &self.id)
    }

    /// The number of the turn that comes next: 1 for a new session.
    pub fn next_turn(&self) -> Result<u32, StoreError> {
        Ok(self.store.infos("id = ?1", &self.id)?.first().map_or(0, |info| info.turns) + 1)
    }

    /// Writes an event down; when this returns it is on disk. Consecutive deltas of text are one
    /// event, and are written with the next event that is not text.
    pub fn append(&mut self, turn: u32, event: &Event) -> Result<(), StoreError> {
        if let Some(pending) = &mut self.pending
            && pending.turn == turn
            && join(&mut pending.event, event)
        {
            return Ok(());
        }
        let event = TurnEvent { turn, event: event.clone() };
        if matches!(event.event, Event::Text { .. } | Event::Reasoning { .. }) {
            let before = self.pending.replace(event);
            return self.commit(before.into_iter().collect());
        }
        let events = self.pending.take().into_iter().chain([event]).collect();
        self.commit(events)
    }

    /// Keeps the conversation as it is now, in one transaction: it is either as before or as `chat`.
    pub fn save(&mut self, chat: &Chat) -> Result<(), StoreError> {
        let pending = self.pending.take().into_iter().collect();
        self.commit(pending)?;
        let lists = [
            ("message", rows(&self.id, &chat.messages)?),
            ("source", rows(&self.id, &chat.sources)?),
            ("table", rows(&self.id, &chat.tables)?),
            ("artifact", rows(&self.id, &chat.artifacts)?),
            ("page_table", rows(&self.id, &chat.page_tables)?),
            ("fact", rows(&self.id, &chat.facts)?),
            ("chart", rows(&self.id, &chat.charts)?),
            ("file", rows(&self.id, &chat.files)?),
            ("decision", rows(&self.id, &chat.decisions)?),
        ];
        self.store.write(|t| {
            let mut put = t.prepare(
                "INSERT INTO item (session, kind, position, json) VALUES (?1, ?2, ?3, ?4)
                 ON CONFLICT DO UPDATE SET json = excluded.json WHERE json <> excluded.json",
            )?;
            for (kind, list) in &lists {
                for (position, json) in list.iter().enumerate() {
                    put.execute(params![self.id, kind, position as i64, json])?;
                }
                t.execute(
                    "DELETE FROM item WHERE session = ?1 AND kind = ?2 AND position >= ?3",
                    params![self.id, kind, list.len() as i64],
                )?;
            }
            t.execute("UPDATE session SET updated = ?2 WHERE id = ?1", params![self.id, now()])
        })?;
        Ok(())
    }

    fn commit(&self, events: Vec<TurnEvent>) -> Result<(), StoreError> {
        if events.is_empty() {
            return Ok(());
        }
        let json = rows(&self.id, &events.iter().map(|e| &e.event).collect::<Vec<_>>())?;
        self.store.write(|t| {
            for (event, json) in events.iter().zip(&json) {
                t.execute(
                    "INSERT INTO event (session, turn, json) VALUES (?1, ?2, ?3)",
                    params![self.id, event.turn, json],
                )?;
            }
            t.execute("UPDATE session SET updated = ?2 WHERE id = ?1", params![self.id, now()])
        })?;
        Ok(())
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        let pending = self.pending.take().into_iter().collect();
        if let Err(e) = self.commit(pending) {
            tracing::warn!("the last words of session {} were not kept: {e}", self.id);
        }
    }
}

/// Adds a delta to one of the same kind.
fn join(pending: &mut Event, next: &Event) -> bool {
    match (pending, next) {
        (Event::Text { delta }, Event::Text { delta: more })
        | (Event::Reasoning { delta }, Event::Reasoning { delta: more }) => {
            delta.push_str(more);
            true
        }
        _ => false,
    }
}

fn rows<T: Serialize>(session: &str, list: &[T]) -> Result<Vec<String>, StoreError> {
    list.iter()
        .map(|item| {
            serde_json::to_string(item).map_err(|source| StoreError::Record { session: session.to_owned(), source })
        })
        .collect()
}

fn parse<T: DeserializeOwned>(session: &str, json: &str) -> Result<T, StoreError> {
    serde_json::from_str(json).map_err(|source| StoreError::Record { session: session.to_owned(), source })
}

fn now() -> String {
    Utc::now().to_rfc3339_opts(SecondsFormat::Millis, true)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use polymath_chat::{Cell, Message, Provenance, Source, Table};
    use std::path::Path;

    fn notice(text: &str) -> Event {
        Event::Notice { text: text.into() }
    }

    fn text(delta: &str) -> Event {
        Event::Text { delta: delta.into() }
    }

    fn store(directory: &tempfile::TempDir) -> SessionStore {
        SessionStore::open(&directory.path().join("deep/sessions.db")).unwrap()
    }

    fn some_chat(id: &str) -> Chat {
        let table =
            Table { title: "t".into(), columns: vec!["a".into()], rows: vec![vec![Cell::new("1", Provenance::Given)]] };
        Chat {
            messages: vec![Message::user("q"), Message::assistant("a")],
            sources: vec![Source { url: "http://h/".into(), title: "T".into(), text: "body".into() }],
            tables: vec![table],
            ..Chat::new(id)
        }
    }

    #[test]
    fn a_conversation_comes_back_as_it_was() {
        let directory = tempfile::tempdir().unwrap();
        let mut session = store(&directory).create("  What is\n 2 + 2? ").unwrap();
        let id = session.id().to_owned();
        assert_eq!(session.next_turn().unwrap(), 1);
        session.append(1, &notice("one")).unwrap();
        let chat = some_chat(&id);
        session.save(&chat).unwrap();
        drop(session);

        let store = store(&directory);
        let session = store.resume(&id[..id.len() - 1]).unwrap();
        assert_eq!(session.next_turn().unwrap(), 2);
        let back = session.chat().unwrap();
        assert_eq!((back.messages, back.sources, back.tables), (chat.messages, chat.sources, chat.tables));
        let record = store.export(&id).unwrap();
        assert_eq!(record.info.title, "What is 2 + 2?");
        assert_eq!(record.events, [TurnEvent { turn: 1, event: notice("one") }]);
        let json = serde_json::to_string(&record).unwrap();
        assert_eq!(serde_json::from_str::<SessionRecord>(&json).unwrap().events, record.events);
    }

    #[test]
    fn saving_less_takes_the_rest_away() {
        let directory = tempfile::tempdir().unwrap();
        let mut session = store(&directory).create("q").unwrap();
        let mut chat = some_chat(session.id());
        session.save(&chat).unwrap();
        chat.messages.truncate(1);
        chat.tables.clear();
        session.save(&chat).unwrap();
        let back = session.chat().unwrap();
        assert_eq!((back.messages.len(), back.tables.len(), back.sources.len()), (1, 0, 1));
    }

    #[test]
    fn deltas_of_text_become_one_event() {
        let directory = tempfile::tempdir().unwrap();
        let store = store(&directory);
        let mut session = store.create("q").unwrap();
        let reasoning = |delta: &str| Event::Reasoning { delta: delta.into() };
        for event in [reasoning("h"), reasoning("m"), text("Hel"), text("lo"), notice("n"), text("end")] {
            session.append(1, &event).unwrap();
        }
        let id = session.id().to_owned();
        drop(session);
        let events: Vec<Event> = store.export(&id).unwrap().events.into_iter().map(|e| e.event).collect();
        assert_eq!(events, [reasoning("hm"), text("Hello"), notice("n"), text("end")]);
    }

    #[test]
    fn one_writer_at_a_time() {
        let directory = tempfile::tempdir().unwrap();
        let (first, second) = (store(&directory), store(&directory));
        let mut session = first.create_named("mine", "q").unwrap();
        assert!(matches!(second.resume("mine"), Err(StoreError::Busy(_))));
        assert!(matches!(second.remove("mine"), Err(StoreError::Busy(_))));
        // Readers don't wait, and other sessions are free.
        session.append(1, &notice("one")).unwrap();
        assert_eq!(second.export("mine").unwrap().events.len(), 1);
        second.create("other").unwrap().append(1, &notice("two")).unwrap();
        drop(session);
        assert!(matches!(second.create_named("mine", "q"), Err(StoreError::Exists(_))));
        second.resume("mine").unwrap().append(2, &notice("three")).unwrap();
        assert_eq!(second.remove("mine").unwrap(), "mine");
        assert!(matches!(first.resume("mine"), Err(StoreError::Unknown(_))));
        assert_eq!(first.list().unwrap().len(), 1);
    }

    /// What a killed process leaves: its connection and lock vanish without any clean-up.
    #[test]
    fn what_was_appended_survives_a_death() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("sessions.db");
        if let Ok(path) = std::env::var("POLYMATH_TEST_SESSION_DB") {
            let mut session = SessionStore::open(Path::new(&path)).unwrap().create_named("dying", "q").unwrap();
            session.append(1, &notice("kept")).unwrap();
            session.append(1, &text("lost")).unwrap();
            std::process::abort();
        }
        let dead = std::process::Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "session::tests::what_was_appended_survives_a_death"])
            .env("POLYMATH_TEST_SESSION_DB", &path)
            .stderr(std::process::Stdio::null())
            .stdout(std::process::Stdio::null())
            .status()
            .unwrap();
        assert!(!dead.success());
        let store = SessionStore::open(&path).unwrap();
        let session = store.resume("dying").unwrap();
        assert_eq!(store.export("dying").unwrap().events, [TurnEvent { turn: 1, event: notice("kept") }]);
        assert_eq!(session.next_turn().unwrap(), 2);
    }

    #[test]
    fn names_are_checked_and_prefixes_found() {
        let directory = tempfile::tempdir().unwrap();
        let store = store(&directory);
        for bad in ["", "../x", "a/b", ".hidden", "a b", &"x".repeat(65)] {
            assert!(matches!(store.create_named(bad, "q"), Err(StoreError::Name(_))), "{bad}");
            assert!(matches!(store.resume(bad), Err(StoreError::Unknown(_))), "{bad}");
        }
        store.create_named("abc", "q").unwrap();
        store.create_named("abd", "q").unwrap();
        assert_eq!(store.find("abc").unwrap(), "abc");
        assert!(matches!(store.find("ab"), Err(StoreError::Ambiguous { ids, .. }) if ids == ["abc", "abd"]));
    }

    #[track_caller]
    fn check_foreign(path: &Path, part: &str) {
        let error = SessionStore::open(path).err().unwrap().to_string();
        assert!(error.contains(part) && error.contains("sessions.db"), "{error}");
    }

    #[test]
    fn foreign_files_are_left_alone() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("sessions.db");
        let content = "these are my notes, not a database\n".repeat(100);
        std::fs::write(&path, &content).unwrap();
        check_foreign(&path, "no SQLite file");
        assert_eq!(std::fs::read_to_string(&path).unwrap(), content);

        std::fs::remove_file(&path).unwrap();
        rusqlite::Connection::open(&path).unwrap().execute_batch("CREATE TABLE cookies (x)").unwrap();
        check_foreign(&path, "another program");

        std::fs::remove_file(&path).unwrap();
        drop(SessionStore::open(&path).unwrap());
        rusqlite::Connection::open(&path).unwrap().pragma_update(None, "user_version", 99).unwrap();
        check_foreign(&path, "newer polymath");
        assert!(matches!(SessionStore::open(&path.join("below/a/file")), Err(StoreError::File { .. })));
    }
}
