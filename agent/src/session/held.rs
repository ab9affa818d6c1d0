//! One conversation and its only writer: events as they happen, the conversation when a turn is over.

use super::database::Database;
use super::error::StoreError;
use super::packed::fingerprint;
use super::pages;
use super::record::{Made, Rows, TurnEvent, now, parse, rows, table_rows, title_of};
use super::run_store::RunStore;
use super::schema::explain;
use super::under_way::UnderWay;
use super::unfinished::take_in;
use crate::notebook::{Chat, Mark};
use polymath_chat::path::Stored;
use polymath_chat::{Event, Retrieval, Role};
use rusqlite::{Transaction, params};
use std::collections::BTreeMap;
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
    /// Fingerprints of the large tables that are on disk, by their place.
    large: Vec<Option<u64>>,
    /// What its turns are made with from here on.
    made: Option<Made>,
    /// The turn that has begun and is not over.
    under_way: Option<UnderWay>,
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
        Session {
            database,
            id: id.to_owned(),
            pending: None,
            large: Vec::new(),
            made: None,
            under_way: None,
            _lock: lock,
        }
    }

    pub fn id(&self) -> &str {
        &self.id
    }

    /// Says what turns are made with that begin from here on. Returns what the last one before was made with, where that is known.
    pub fn make_with(&mut self, made: Made) -> Result<Option<Made>, StoreError> {
        self.made = Some(made);
        let before = self.database.made(&self.database.connection(), &self.id)?;
        Ok(before.into_values().next_back())
    }

    /// Ends a session; where nothing was asked in it, nothing of it stays.
    pub fn end(self) -> Result<(), StoreError> {
        match self.database.info(&self.id)? {
            Some(info) if info.turns == 0 => self.discard(),
            _ => Ok(()),
        }
    }

    /// Ends a session and removes all of it.
    pub(super) fn discard(self) -> Result<(), StoreError> {
        self.database.write(|t| t.execute("DELETE FROM session WHERE id = ?1", [&self.id]))?;
        // The lock file is no loss; one that stays is used again.
        let _ = std::fs::remove_file(self.database.path.with_extension("locks").join(&self.id));
        let _ = std::fs::remove_file(self.database.turn_path(&self.id));
        Ok(())
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

    /// Begins a turn: its question is on disk, whatever becomes of it, and how far the conversation had
    /// come. Returns the turn's number: 1 in a new session. The first question is the title of a
    /// session without one.
    pub fn begin(&mut self, question: &str) -> Result<u32, StoreError> {
        let under_way = self.under_way.take().or_else(|| {
            let begun = UnderWay::begin(self.database.turn_path(&self.id));
            // Only who looks on from elsewhere misses it.
            begun
                .inspect_err(|e| tracing::warn!("session {} does not show that a turn is under way: {e}", self.id))
                .ok()
        });
        let made = self.made.as_ref().map(|made| serde_json::to_string(&Made { began: now(), ..made.clone() }));
        let made = made.transpose().map_err(|cause| StoreError::Record { session: self.id.clone(), cause })?;
        let turn = self.database.write(|t| {
            let turn = t.query_row(
                "INSERT INTO question (session, turn, text, made, mark)
                 SELECT id, turns + 1, ?2, ?3,
                    (SELECT json_group_object(kind, n) FROM
                        (SELECT kind, count(*) AS n FROM item WHERE session = ?1 GROUP BY kind))
                 FROM session WHERE id = ?1 RETURNING turn",
                params![self.id, question, made],
                |row| row.get(0),
            )?;
            t.execute(
                "UPDATE session SET title = ?2 WHERE id = ?1 AND title = ''",
                params![self.id, title_of(question)],
            )?;
            Ok(turn)
        })?;
        self.under_way = under_way;
        Ok(turn)
    }

    /// Takes the last answered turn back: the conversation, on disk, is as it was before. Its question
    /// is returned; `None` where there is nothing to take back.
    pub fn undo(&mut self) -> Result<Option<String>, StoreError> {
        self.settle(true, None)?;
        let mut chat = self.chat()?;
        let Some((turn, question, mark)) = self.last_answered(&chat)? else { return Ok(None) };
        chat.back_to(mark);
        let id = self.id.clone();
        self.put(&chat, |t| {
            let sql = "UPDATE question SET taken_back = 1 WHERE session = ?1 AND turn = ?2";
            t.execute(sql, params![id, turn]).map(drop)
        })?;
        Ok(Some(question))
    }

    /// The last turn that the conversation has something of: what failed or was taken back left nothing.
    fn last_answered(&self, chat: &Chat) -> Result<Option<(u32, String, Mark)>, StoreError> {
        let connection = self.database.connection();
        let read = || {
            let mut statement = connection.prepare(
                "SELECT turn, text, mark FROM question WHERE session = ?1 AND NOT taken_back ORDER BY turn DESC",
            )?;
            let rows = statement.query_map([&self.id], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
            rows.collect::<Result<Vec<(u32, String, Option<String>)>, _>>()
        };
        let rows = read().map_err(|e| explain(&self.database.path, e))?;
        let asked = chat.messages.iter().rposition(|m| m.role == Role::User);
        for (turn, question, mark) in rows {
            let mark = match mark {
                Some(mark) => {
                    let counts: BTreeMap<String, usize> = parse(&self.id, &mark)?;
                    Mark::at(|kind| counts.get(kind).copied().unwrap_or(0))
                }
                // Kept by an older version: what was said is known, not what was found before.
                None => match asked {
                    Some(at) if chat.messages[at].content == question => chat.mark().before_message(at),
                    _ => continue,
                },
            };
            if mark.messages() < chat.messages.len() {
                return Ok(Some((turn, question, mark)));
            }
        }
        Ok(None)
    }

    /// Writes an event down; when this returns it is on disk. Consecutive pieces of text are one event,
    /// which is on disk as far as its last sentence goes, and whole before any other event is.
    pub fn append(&mut self, turn: u32, event: &Event) -> Result<(), StoreError> {
        if let Some(pending) = &mut self.pending
            && pending.event.turn == turn
            && pending.event.event.join(event)
        {
            return if pending.has_sentence() { self.settle(false, None) } else { Ok(()) };
        }
        let event = TurnEvent { turn, event: event.clone() };
        if event.event.piece().is_none() {
            return self.settle(true, Some(event));
        }
        self.settle(true, None)?;
        let pending = self.pending.insert(Pending { event, row: None, kept: 0 });
        if pending.has_sentence() { self.settle(false, None) } else { Ok(()) }
    }

    /// Keeps the conversation as it is now, in one transaction: it is either as before or as `chat`.
    pub fn save(&mut self, chat: &Chat) -> Result<(), StoreError> {
        self.settle(true, None)?;
        self.put(chat, |_| Ok(()))
    }

    /// A conversation's lists as rows, by their kind.
    fn lists(&self, chat: &Chat, large: &[Option<u64>]) -> Result<[(&'static str, Rows); 12], StoreError> {
        Ok([
            ("message", rows(&self.id, &chat.messages)?),
            ("source", rows(&self.id, &chat.sources)?),
            ("retrieval", rows(&self.id, &chat.retrieved)?),
            ("table", table_rows(&self.id, &chat.tables, large, &self.large)?),
            ("artifact", rows(&self.id, &chat.artifacts)?),
            ("page_table", rows(&self.id, &chat.page_tables)?),
            ("fact", rows(&self.id, &chat.facts)?),
            ("chart", rows(&self.id, &chat.charts)?),
            ("file", rows(&self.id, &stored(&chat.files))?),
            ("target", rows(&self.id, &stored(&chat.targets))?),
            ("asked", rows(&self.id, &chat.asked)?),
            ("skill", rows(&self.id, &chat.skills)?),
        ])
    }

    /// The conversation in the place of the one that is on disk, and what belongs to that in one transaction.
    fn put(&mut self, chat: &Chat, also: impl Fn(&Transaction) -> rusqlite::Result<()>) -> Result<(), StoreError> {
        let large: Vec<Option<u64>> = chat.tables.iter().map(fingerprint).collect();
        let lists = self.lists(chat, &large)?;
        let write = |retrieved: &[Retrieval]| {
            self.database.write(|t| {
                pages::put(t, retrieved)?;
                self.put_lists(t, &lists)?;
                also(t)
            })
        };
        match write(&chat.retrieved) {
            Err(StoreError::Full { .. }) if chat.retrieved.iter().any(|page| page.body.is_some()) => {
                write(&[])?;
                tracing::error!("there is no room for the pages of session {}: their texts alone are kept", self.id);
            }
            other => other?,
        }
        self.large = large;
        Ok(())
    }

    fn put_lists(&self, t: &Transaction, lists: &[(&str, Rows)]) -> rusqlite::Result<()> {
        let mut put = t.prepare(
            "INSERT INTO item (session, kind, position, json) VALUES (?1, ?2, ?3, ?4)
             ON CONFLICT DO UPDATE SET json = excluded.json WHERE json <> excluded.json",
        )?;
        for (kind, list) in lists {
            for (position, json) in list.iter().enumerate().filter(|(_, json)| json.is_some()) {
                put.execute(params![self.id, kind, position as i64, json])?;
            }
            t.execute(
                "DELETE FROM item WHERE session = ?1 AND kind = ?2 AND position >= ?3",
                params![self.id, kind, list.len() as i64],
            )?;
        }
        self.mark_kept(t)?;
        self.touch(t).map(drop)
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
        serde_json::to_string(&event.event).map_err(|cause| StoreError::Record { session: self.id.clone(), cause })
    }

    /// Returns the event's row.
    fn insert(&self, t: &Transaction, turn: u32, json: &str) -> rusqlite::Result<i64> {
        let sql = "INSERT INTO event (session, turn, json) VALUES (?1, ?2, ?3) RETURNING seq";
        t.query_row(sql, params![self.id, turn, json], |row| row.get(0))
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

impl RunStore for Session {
    fn begin(&mut self, question: &str) -> Result<u32, StoreError> {
        Session::begin(self, question)
    }

    fn step(&mut self, run: u32, event: &Event) -> Result<(), StoreError> {
        self.append(run, event)
    }

    fn result(&mut self, run: u32, event: &Event) -> Result<(), StoreError> {
        self.append(run, event)
    }

    fn end(&mut self, _: u32, chat: &Chat) -> Result<(), StoreError> {
        self.save(chat)?;
        self.under_way = None;
        Ok(())
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
        self.event.event.piece().map_or(0, str::len)
    }

    /// Whether a sentence has ended that is not on disk.
    fn has_sentence(&self) -> bool {
        self.event.event.piece().and_then(|text| text.get(self.kept..)).is_some_and(|new| new.contains(ENDS))
    }
}

/// Paths as they are kept.
fn stored(paths: &[PathBuf]) -> Vec<Stored> {
    paths.iter().cloned().map(Stored).collect()
}
