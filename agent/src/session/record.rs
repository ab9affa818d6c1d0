//! What is kept of a conversation, and how its rows are written.

use super::error::StoreError;
use super::packed;
use crate::lead::Mode;
use crate::notebook::Chat;
use chrono::{NaiveDate, SecondsFormat, Utc};
use polymath_chat::{Event, Role, Table};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use std::collections::{BTreeMap, BTreeSet};

/// The longest title, in characters.
const MAX_TITLE: usize = 80;

/// A line of `sessions list`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SessionInfo {
    pub id: String,
    /// The first question, shortened, or what the user called it; empty where nothing was asked.
    pub title: String,
    /// RFC 3339, UTC.
    pub created: String,
    pub updated: String,
    /// Turns that were begun, whatever became of them.
    pub turns: u32,
    /// Size of what was said and found, in the database. Pages as they came, which conversations share, are not counted.
    #[serde(default)]
    pub bytes: u64,
    #[serde(default)]
    pub tags: Vec<String>,
}

/// What a turn was made with: enough to make it again, and to tell why it came out otherwise.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Made {
    /// Of polymath.
    pub version: String,
    pub model: String,
    /// What tells the model from others of its name: its file's fingerprint, or the address that served it.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub from: String,
    pub mode: Mode,
    pub max_steps: u32,
    pub temperature: f32,
    pub seed: u32,
    /// The day that counted as today.
    pub today: NaiveDate,
    /// When the turn began: RFC 3339, UTC.
    #[serde(default)]
    pub began: String,
}

/// Everything there is about a session.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct SessionRecord {
    pub info: SessionInfo,
    pub chat: Chat,
    /// What was asked, by turn. Those of turns that failed or were taken back are not in `chat`.
    #[serde(default)]
    pub questions: BTreeMap<u32, String>,
    /// The turns that the user took back. They stay on record; the conversation goes on without them.
    #[serde(default)]
    pub taken_back: BTreeSet<u32>,
    /// What the turns were made with, as far as that is known.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub made: BTreeMap<u32, Made>,
    pub events: Vec<TurnEvent>,
    /// The bytes of the pages in `chat.retrieved`, by their hashes: packed by zstd, in base64. Only in a record that goes elsewhere.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub pages: BTreeMap<String, String>,
}

impl SessionRecord {
    pub fn events_of(&self, turn: u32) -> impl Iterator<Item = &Event> {
        self.events.iter().filter(move |event| event.turn == turn).map(|event| &event.event)
    }

    /// The question that began a turn; empty where that is not known.
    ///
    /// Sessions of before did not keep questions: theirs are those of the conversation, one for
    /// each turn that came to an answer.
    pub fn question(&self, turn: u32) -> &str {
        if let Some(question) = self.questions.get(&turn) {
            return question;
        }
        let answered = |e: &&TurnEvent| matches!(e.event, Event::Answer { .. });
        let answered: BTreeSet<u32> = self.events.iter().filter(answered).map(|e| e.turn).collect();
        let mut asked = self.chat.messages.iter().filter(|m| m.role == Role::User);
        let nth = answered.iter().position(|t| *t == turn);
        nth.and_then(|nth| asked.nth(nth)).map_or("", |message| &message.content)
    }
}

/// An event and the turn (1, 2, …) it belongs to.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TurnEvent {
    pub turn: u32,
    #[serde(flatten)]
    pub event: Event,
}

/// Rows of one kind in their order; `None` for what is on disk already as it is.
pub(super) type Rows = Vec<Option<String>>;

pub(super) fn rows<T: Serialize>(session: &str, list: &[T]) -> Result<Rows, StoreError> {
    list.iter()
        .map(|item| {
            let row = serde_json::to_string(item).map(Some);
            row.map_err(|cause| StoreError::Record { session: session.to_owned(), cause })
        })
        .collect()
}

/// The same of tables, but for the large ones whose fingerprint is the one `on_disk` at their place.
pub(super) fn table_rows(
    session: &str,
    tables: &[Table],
    fingerprints: &[Option<u64>],
    on_disk: &[Option<u64>],
) -> Result<Rows, StoreError> {
    let row = |(at, table): (usize, &Table)| {
        let known = fingerprints[at].is_some() && on_disk.get(at) == Some(&fingerprints[at]);
        let row = if known { Ok(None) } else { packed::to_json(table).map(Some) };
        row.map_err(|cause| StoreError::Record { session: session.to_owned(), cause })
    };
    tables.iter().enumerate().map(row).collect()
}

pub(super) fn parse<T: DeserializeOwned>(session: &str, json: &str) -> Result<T, StoreError> {
    serde_json::from_str(json).map_err(|cause| StoreError::Record { session: session.to_owned(), cause })
}

/// A title made of a question: its first words.
pub(super) fn title_of(question: &str) -> String {
    question.split_whitespace().collect::<Vec<_>>().join(" ").chars().take(MAX_TITLE).collect()
}

pub(super) fn now() -> String {
    Utc::now().to_rfc3339_opts(SecondsFormat::Millis, true)
}
