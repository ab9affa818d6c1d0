//! A run's user is asked through its events whether a call that acts on the world may be made, and answers from elsewhere.

use async_trait::async_trait;
use futures::future::BoxFuture;
use polymath_chat::{Consent, Event};
use polymath_model::engine::Events;
use polymath_tools::mcp::{Approval, Approve, Intent};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

/// Where the user's answers come in.
pub trait Answers: Send + Sync {
    /// The answer to what is asked under this id, once there is one. It is taken from when this returns.
    fn answer(&self, id: &str) -> BoxFuture<'static, Consent>;
}

/// The calls that wait for the user's word after these events of a turn: the id that each is answered by, and what it is.
pub fn waiting<'a>(events: impl IntoIterator<Item = &'a Event>) -> Vec<(String, Intent)> {
    let mut waiting = Vec::new();
    for event in events {
        match event {
            Event::Approval { id, server, tool, arguments } => {
                let (server, tool, arguments) = (server.clone(), tool.clone(), arguments.clone());
                waiting.push((id.clone(), Intent { server, tool, arguments }));
            }
            Event::Approved { id, .. } => waiting.retain(|(asked, _)| asked != id),
            _ => {}
        }
    }
    waiting
}

/// Asks by events, one question for each call.
pub(crate) struct Asking {
    pub events: Events,
    pub answers: Arc<dyn Answers>,
    /// How long an answer is waited for.
    pub patience: Duration,
    pub asked: AtomicUsize,
}

#[async_trait]
impl Approve for Asking {
    async fn ask(&self, intent: Intent) -> Approval {
        let id = format!("a{}", self.asked.fetch_add(1, Ordering::Relaxed) + 1);
        let answer = self.answers.answer(&id);
        let Intent { server, tool, arguments } = intent;
        let _ = self.events.send(Event::Approval { id: id.clone(), server, tool, arguments });
        // Told whatever happens: a call that is ended is answered by that.
        let mut told = Told { events: &self.events, id, answer: Consent::Refused };
        match tokio::time::timeout(self.patience, answer).await {
            Ok(answer) => {
                told.answer = answer;
                match answer {
                    Consent::Once => Approval::Once,
                    Consent::Always => Approval::Always,
                    Consent::Refused => Approval::Refused,
                }
            }
            Err(_) => Approval::Nobody,
        }
    }
}

/// Tells the answer when it is dropped.
struct Told<'a> {
    events: &'a Events,
    id: String,
    answer: Consent,
}

impl Drop for Told<'_> {
    fn drop(&mut self) {
        let _ = self.events.send(Event::Approved { id: std::mem::take(&mut self.id), answer: self.answer });
    }
}
