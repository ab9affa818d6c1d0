//! One conversation and its only writer: events as they happen, the conversation when a turn is over.

use super::database::Database;
use super::error::StoreError;
use super::record::{TurnEvent, now, rows};
use super::unfinished::take_in;
use crate::notebook::Chat;
use polymath_chat::Event;
use polymath_chat::path::Stored;
use rusqlite::{Transaction, params};
use std::fs::File;
use std::path::PathBuf;
use std::sync::Arc;

/// Signs that a sentence is over.
const ENDS: [char; 8] = ['.', '!', '?', '\n', '。', '！', '？', '…'];

/// One conversation, held by this process alone until it is dropped.
pub struct Session {
    database: Arc<Database>,
    id: String,
    /// Text that is still being written.
    pending: Option<Pending>,
    /// Holds the operating system's lock.
    _lock: File,
}

/// Text that comes in pieces: a word is not a commit, a sentence is.
struct Pending {
    event: TurnEvent,
    /// Its row, once its beginning is on disk.
    row: Option<i64>,
    /// Bytes of the text that are on disk.
    kept: usize,
}

impl Session {
    pub(super) fn new(database: Arc<Database>, id: &str, lock: File) -> Session {
        Session { database, id: id.to_owned(), pending: None, _lock: lock }
    }

    pub fn id(&self) -> &str {
        &self.id
    }

    /// The conversation as the last finished turn left it.
    pub fn chat(&self) -> Result<Chat, StoreError> {
        self.database.chat(&self.database.connection(), &self.id)
    }

    /// The conversation to go on with, and what the user is to know: what a process that was killed had
    /// begun stands in it.
    pub fn resume(&self) -> Result<(Chat, Vec<String>), StoreError> {
        let mut chat = self.chat()?;
        let (questions, events) = self.database.beyond(&self.id)?;
        let told = take_in(&mut chat, &questions, &events);
        Ok((chat, told))
    }

    /// Begins a turn: its question is on disk, whatever becomes of it. Returns the turn's number: 1 in
    /// a new session.
    pub fn begin(&mut self, question: &str) -> Result<u32, StoreError> {
        let turn = self.database.infos("id = ?1", &self.id)?.first().map_or(0, |info| info.turns) + 1;
        self.database.write(|t| {
            t.execute(
                "INSERT INTO question (session, turn, text) VALUES (?1, ?2, ?3)",
                params![self.id, turn, question],
            )
        })?;
        Ok(turn)
    }

    /// Writes an event down; when this returns it is on disk. Consecutive pieces of text are one event,
    /// which is on disk as far as its last sentence goes, and whole before any other event is.
    pub fn append(&mut self, turn: u32, event: &Event) -> Result<(), StoreError> {
        if let Some(pending) = &mut self.pending
            && pending.event.turn == turn
            && join(&mut pending.event.event, event)
        {
            return if pending.has_sentence() { self.settle(false, None) } else { Ok(()) };
        }
        let event = TurnEvent { turn, event: event.clone() };
        if written(&event.event).is_none() {
            return self.settle(true, Some(event));
        }
        self.settle(true, None)?;
        let pending = self.pending.insert(Pending { event, row: None, kept: 0 });
        if pending.has_sentence() { self.settle(false, None) } else { Ok(()) }
    }

    /// Keeps the conversation as it is now, in one transaction: it is either as before or as `chat`.
    pub fn save(&mut self, chat: &Chat) -> Result<(), StoreError> {
        self.settle(true, None)?;
        let lists = [
            ("message", rows(&self.id, &chat.messages)?),
            ("source", rows(&self.id, &chat.sources)?),
            ("table", rows(&self.id, &chat.tables)?),
            ("artifact", rows(&self.id, &chat.artifacts)?),
            ("page_table", rows(&self.id, &chat.page_tables)?),
            ("fact", rows(&self.id, &chat.facts)?),
            ("chart", rows(&self.id, &chat.charts)?),
            ("file", rows(&self.id, &stored(&chat.files))?),
            ("target", rows(&self.id, &stored(&chat.targets))?),
            ("asked", rows(&self.id, &chat.asked)?),
        ];
        self.database.write(|t| {
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
            self.mark_kept(t)?;
            self.touch(t)
        })?;
        Ok(())
    }

    /// Brings what is pending to disk, which is `over` or not, and `next` behind it: in one commit.
    fn settle(&mut self, over: bool, next: Option<TurnEvent>) -> Result<(), StoreError> {
        let unkept = self.pending.as_ref().filter(|p| p.kept < p.length());
        let text = unkept.map(|p| Ok((p.event.turn, p.row, self.json(&p.event)?))).transpose()?;
        let next = next.map(|event| Ok((event.turn, self.json(&event)?))).transpose()?;
        let mut row = None;
        if text.is_some() || next.is_some() {
            row = self.database.write(|t| {
                let row = text.as_ref().map(|(turn, row, json)| match row {
                    Some(row) => {
                        t.execute("UPDATE event SET json = ?2 WHERE seq = ?1", params![row, json]).map(|_| *row)
                    }
                    None => self.insert(t, *turn, json),
                });
                let row = row.transpose()?;
                next.as_ref().map(|(turn, json)| self.insert(t, *turn, json)).transpose()?;
                self.touch(t)?;
                Ok(row)
            })?;
        }
        match &mut self.pending {
            Some(pending) if !over => (pending.row, pending.kept) = (row.or(pending.row), pending.length()),
            _ => self.pending = None,
        }
        Ok(())
    }

    fn json(&self, event: &TurnEvent) -> Result<String, StoreError> {
        serde_json::to_string(&event.event).map_err(|source| StoreError::Record { session: self.id.clone(), source })
    }

    /// Returns the event's row.
    fn insert(&self, t: &Transaction, turn: u32, json: &str) -> rusqlite::Result<i64> {
        t.execute("INSERT INTO event (session, turn, json) VALUES (?1, ?2, ?3)", params![self.id, turn, json])?;
        Ok(t.last_insert_rowid())
    }

    /// Every turn that was begun is in the conversation, or was taken back.
    fn mark_kept(&self, t: &Transaction) -> rusqlite::Result<usize> {
        let last = "SELECT COALESCE(MAX(turn), 0) FROM question WHERE session = ?1";
        t.execute(&format!("UPDATE session SET kept = ({last}) WHERE id = ?1"), [&self.id])
    }

    fn touch(&self, t: &Transaction) -> rusqlite::Result<usize> {
        t.execute("UPDATE session SET updated = ?2 WHERE id = ?1", params![self.id, now()])
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        if let Err(e) = self.settle(true, None) {
            tracing::warn!("the last words of session {} were not kept: {e}", self.id);
        }
    }
}

impl Pending {
    fn length(&self) -> usize {
        written(&self.event.event).map_or(0, str::len)
    }

    /// Whether a sentence has ended that is not on disk.
    fn has_sentence(&self) -> bool {
        written(&self.event.event).and_then(|text| text.get(self.kept..)).is_some_and(|new| new.contains(ENDS))
    }
}

/// The text of an event that comes in pieces.
fn written(event: &Event) -> Option<&str> {
    match event {
        Event::Text { delta } | Event::Reasoning { delta } => Some(delta),
        _ => None,
    }
}

/// Paths as they are kept.
fn stored(paths: &[PathBuf]) -> Vec<Stored> {
    paths.iter().cloned().map(Stored).collect()
}

/// Adds a piece of text to one of the same kind.
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
