//! Responses that a later request goes on from. They are in memory, as many as fit: those used longest ago
//! are forgotten, and all of them when the server ends.

use crate::error::ApiError;
use axum::http::StatusCode;
use polymath_chat::Message;
use serde_json::Value;
use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Responses, and bytes of them, that are kept.
const MOST: usize = 1000;
const BYTES: usize = 64 << 20;

#[derive(Default)]
pub struct Responses(Mutex<Kept>);

#[derive(Default)]
struct Kept {
    entries: HashMap<String, Entry>,
    bytes: usize,
    /// Counts uses.
    clock: u64,
}

struct Entry {
    previous: Option<String>,
    /// What was said in this request, and the reply.
    messages: Vec<Message>,
    /// The conversation of our agent's in which it was answered, where built-in tools were used.
    session: Option<String>,
    response: Value,
    bytes: usize,
    used: u64,
}

impl Responses {
    fn lock(&self) -> MutexGuard<'_, Kept> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Keeps a response with what was said in it, or with the conversation of our agent's that it is a turn of.
    pub fn keep(&self, previous: Option<String>, messages: Vec<Message>, session: Option<String>, response: Value) {
        let Some(id) = response["id"].as_str().map(str::to_owned) else { return };
        let bytes = response.to_string().len() + messages.iter().map(|m| m.content.len() + 200).sum::<usize>();
        self.lock().keep(id, Entry { previous, messages, session, response, bytes, used: 0 });
    }

    pub fn response(&self, id: &str) -> Option<Value> {
        self.lock().used(id).map(|entry| entry.response.clone())
    }

    pub fn remove(&self, id: &str) -> bool {
        self.lock().remove(id)
    }

    /// The conversation up to a response.
    ///
    /// # Errors
    /// It is not kept, or one before it is not.
    pub fn conversation(&self, id: &str) -> Result<Vec<Message>, ApiError> {
        let mut kept = self.lock();
        let mut parts = Vec::new();
        let mut next = Some(id.to_owned());
        while let Some(at) = next {
            let entry = kept.used(&at).ok_or_else(|| no_previous(&at))?;
            if entry.session.is_some() {
                let message =
                    format!("`{at}` was answered with built-in tools; send `tools` with them to go on from it");
                return Err(ApiError::invalid("previous_response_id", message));
            }
            parts.push(entry.messages.clone());
            next = entry.previous.clone();
        }
        Ok(parts.into_iter().rev().flatten().collect())
    }

    /// The conversation of our agent's that a response is a turn of.
    ///
    /// # Errors
    /// It is not kept, or was answered by the model alone.
    pub fn session(&self, id: &str) -> Result<String, ApiError> {
        let mut kept = self.lock();
        let entry = kept.used(id).ok_or_else(|| no_previous(id))?;
        entry.session.clone().ok_or_else(|| {
            let message = format!("`{id}` was answered without built-in tools; leave them out to go on from it");
            ApiError::invalid("previous_response_id", message)
        })
    }
}

impl Kept {
    fn used(&mut self, id: &str) -> Option<&Entry> {
        self.clock += 1;
        let clock = self.clock;
        let entry = self.entries.get_mut(id)?;
        entry.used = clock;
        Some(entry)
    }

    fn keep(&mut self, id: String, entry: Entry) {
        self.clock += 1;
        self.bytes += entry.bytes;
        self.entries.insert(id, Entry { used: self.clock, ..entry });
        while self.entries.len() > MOST || self.bytes > BYTES {
            let Some(oldest) = self.entries.iter().min_by_key(|(_, entry)| entry.used).map(|(id, _)| id.clone()) else {
                return;
            };
            self.remove(&oldest);
        }
    }

    fn remove(&mut self, id: &str) -> bool {
        let Some(entry) = self.entries.remove(id) else { return false };
        self.bytes -= entry.bytes;
        true
    }
}

fn no_previous(id: &str) -> ApiError {
    ApiError {
        status: StatusCode::BAD_REQUEST,
        param: Some("previous_response_id".into()),
        code: Some("previous_response_not_found"),
        ..unknown(id)
    }
}

pub fn unknown(id: &str) -> ApiError {
    let message = format!(
        "there is no response `{id}` here: it was not stored, or forgotten since (the last {MOST} are kept while the server \
         runs); send the whole conversation as `input`"
    );
    ApiError::new(StatusCode::NOT_FOUND, "response_not_found", message)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use serde_json::json;

    fn keep(store: &Responses, id: &str, previous: Option<&str>) {
        store.keep(previous.map(str::to_owned), vec![Message::user(id)], None, json!({"id": id}));
    }

    #[test]
    fn what_was_used_longest_ago_is_forgotten() {
        let store = Responses::default();
        keep(&store, "first", None);
        keep(&store, "second", Some("first"));
        keep(&store, "other", None);
        for n in 0..MOST - 2 {
            keep(&store, &format!("filler{n}"), None);
            // Who goes on from a response uses those before it.
            assert_eq!(store.conversation("second").unwrap(), [Message::user("first"), Message::user("second")]);
        }
        assert!(store.response("other").is_none() && store.response("first").is_some());
        assert!(store.remove("first") && !store.remove("first"));
        let error = store.conversation("second").unwrap_err();
        assert_eq!((error.code, error.status), (Some("previous_response_not_found"), StatusCode::BAD_REQUEST));
        assert!(error.message.contains("`first`"), "{}", error.message);
    }

    #[test]
    fn bytes_are_bounded() {
        let store = Responses::default();
        for n in 0..5 {
            store.keep(None, vec![Message::user("x".repeat(BYTES / 3))], None, json!({"id": format!("{n}")}));
        }
        let left: Vec<usize> = (0..5).filter(|n| store.response(&n.to_string()).is_some()).collect();
        assert_eq!(left, [3, 4]);
        for n in 0..5 {
            store.remove(&n.to_string());
        }
        assert_eq!(store.lock().bytes, 0);
    }
}
