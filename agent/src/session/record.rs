//! What is kept of a conversation, and how its rows are written.

use super::error::StoreError;
use crate::notebook::Chat;
use chrono::{SecondsFormat, Utc};
use polymath_chat::{Event, Role};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use std::collections::{BTreeMap, BTreeSet};

/// A line of `sessions list`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SessionInfo {
    pub id: String,
    /// The first question, shortened.
    pub title: String,
    /// RFC 3339, UTC.
    pub created: String,
    pub updated: String,
    /// Turns that were begun, whatever became of them.
    pub turns: u32,
}

/// Everything there is about a session.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct SessionRecord {
    pub info: SessionInfo,
    pub chat: Chat,
    /// What was asked, by turn. Those of turns that failed or were taken back are not in `chat`.
    #[serde(default)]
    pub questions: BTreeMap<u32, String>,
    pub events: Vec<TurnEvent>,
}

impl SessionRecord {
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

pub(super) fn rows<T: Serialize>(session: &str, list: &[T]) -> Result<Vec<String>, StoreError> {
    list.iter()
        .map(|item| {
            serde_json::to_string(item).map_err(|source| StoreError::Record { session: session.to_owned(), source })
        })
        .collect()
}

pub(super) fn parse<T: DeserializeOwned>(session: &str, json: &str) -> Result<T, StoreError> {
    serde_json::from_str(json).map_err(|source| StoreError::Record { session: session.to_owned(), source })
}

pub(super) fn now() -> String {
    Utc::now().to_rfc3339_opts(SecondsFormat::Millis, true)
}
