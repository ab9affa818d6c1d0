//! A run while it runs: its events so far, for any number of lookers-on.

use polymath_chat::Event;
use tokio::sync::watch;
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
    progress: watch::Sender<Progress>,
}

impl Live {
    pub fn new(turn: u32, cancel: CancellationToken) -> Live {
        Live { turn, cancel, progress: watch::Sender::new(Progress::default()) }
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
