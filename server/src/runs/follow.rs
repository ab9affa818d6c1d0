//! A run's events for one looker-on: those there are, then each as it comes.

use super::cursor::Cursor;
use super::live::{Live, Progress};
use polymath_chat::Event;
use tokio::sync::watch;

pub struct Follow {
    progress: watch::Receiver<Progress>,
    cursor: Cursor,
}

impl Follow {
    pub fn new(live: &Live) -> Follow {
        Follow { progress: live.look_on(), cursor: Cursor::default() }
    }

    /// What comes next; nothing when the run is over. Nothing is lost when the future is dropped.
    pub async fn next(&mut self) -> Option<Event> {
        loop {
            {
                let seen = self.progress.borrow_and_update();
                if let Some(event) = self.cursor.next(&seen.events) {
                    return Some(event);
                }
                if seen.over {
                    return None;
                }
            }
            self.progress.changed().await.ok()?;
        }
    }
}
