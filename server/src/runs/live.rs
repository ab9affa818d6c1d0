//! A run while it runs: its events so far, for any number of lookers-on.

use futures::future::BoxFuture;
use polymath_agent::Answers;
use polymath_chat::{Consent, Event};
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use tokio::sync::{oneshot, watch};
use tokio_util::sync::CancellationToken;

/// What has happened, pieces of one text as one event: as the session keeps it.
#[derive(Debug, Clone, Default)]
pub struct Progress {
    pub events: Vec<Event>,
    /// Nothing more comes.
    pub over: bool,
}

impl Progress {
    fn push(&mut self, event: &Event) {
        if !self.events.last_mut().is_some_and(|last| last.join(event)) {
            self.events.push(event.clone());
        }
    }
}

pub struct Live {
    pub turn: u32,
    pub cancel: CancellationToken,
    /// What was said to it and is not taken up yet.
    said: Mutex<Vec<String>>,
    /// What it asks and is not answered yet, by its id.
    asked: Mutex<HashMap<String, oneshot::Sender<Consent>>>,
    progress: watch::Sender<Progress>,
}

impl Live {
    pub fn new(turn: u32, cancel: CancellationToken) -> Live {
        Live {
            turn,
            cancel,
            said: Mutex::default(),
            asked: Mutex::default(),
            progress: watch::Sender::new(Progress::default()),
        }
    }

    /// Says something to the run, which it takes up at its next step.
    pub fn say(&self, message: &str) {
        self.said.lock().unwrap_or_else(PoisonError::into_inner).push(message.trim().to_owned());
    }

    pub fn take_said(&self) -> Vec<String> {
        std::mem::take(&mut *self.said.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Answers what the run asks under this id; says whether it waits for that.
    pub fn consent(&self, id: &str, consent: Consent) -> bool {
        let asked = self.asked.lock().unwrap_or_else(PoisonError::into_inner).remove(id);
        asked.is_some_and(|asked| asked.send(consent).is_ok())
    }

    pub fn push(&self, event: &Event) {
        self.progress.send_modify(|progress| progress.push(event));
    }

    pub fn end(&self) {
        self.progress.send_modify(|progress| progress.over = true);
    }

    pub fn look_on(&self) -> watch::Receiver<Progress> {
        self.progress.subscribe()
    }

    pub fn events(&self) -> Vec<Event> {
        self.progress.borrow().events.clone()
    }
}

impl Answers for Live {
    fn answer(&self, id: &str) -> BoxFuture<'static, Consent> {
        let (sender, answer) = oneshot::channel();
        self.asked.lock().unwrap_or_else(PoisonError::into_inner).insert(id.to_owned(), sender);
        Box::pin(async { answer.await.unwrap_or(Consent::Refused) })
    }
}
