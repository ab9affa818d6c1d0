//! Turns that another process runs (`ask --detach`, a conversation at a terminal): followed by what is kept of them, and
//! reached, where they are detached, as `polymath attach` does.

use super::desk::{Desk, blocking};
use super::live::Progress;
use super::view;
use crate::error::ApiError;
use axum::http::StatusCode;
use polymath_agent::Detached;
use polymath_agent::session::{SessionRecord, SessionStore, StoreError};
use polymath_chat::{Consent, Event};
use std::io;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;

/// Between two looks at what is kept of a turn.
const LOOK: Duration = Duration::from_millis(150);

/// A session's record, and the turn of it that is under way: for who has made sure that none runs here.
pub fn record(store: &SessionStore, id: &str) -> Result<(SessionRecord, Option<u32>), StoreError> {
    let id = store.find(id)?;
    // First whether it runs, so that its last words are in the record; and again, as it may have begun since.
    let before = store.is_under_way(&id);
    let record = store.export(&id)?;
    let under_way = before || store.is_under_way(&id);
    let turn = view::last(&record).filter(|turn| under_way && !view::has_ended(record.events_of(*turn)));
    Ok((record, turn))
}

/// The events of a turn that is under way, `events` so far, until it is over, nobody looks on or the server stops.
pub fn follow(desk: Arc<Desk>, id: String, turn: u32, events: Vec<Event>) -> watch::Receiver<Progress> {
    let (progress, looking) = watch::channel(Progress { events, over: false });
    tokio::spawn(async move {
        loop {
            tokio::select! {
                () = tokio::time::sleep(LOOK) => {}
                () = progress.closed() => return,
                () = desk.stop.cancelled() => return,
            }
            let (store, id) = (desk.store.clone(), id.clone());
            let look = move || {
                let runs = store.is_under_way(&id);
                Ok((runs, store.events_of(&id, turn)?))
            };
            // Who looks on comes back, and is told what is wrong.
            let Ok((runs, events)) = blocking(look).await else { return };
            let over = !runs || view::has_ended(events.iter());
            progress.send_if_modified(|seen| {
                let new = over || seen.events != events;
                *seen = Progress { events, over };
                new
            });
            if over {
                return;
            }
        }
    });
    looking
}

/// Ends a turn as Ctrl-C would.
pub async fn cancel(desk: Arc<Desk>, id: String, turn: u32) -> Result<(), ApiError> {
    reach(desk, id, turn, |run| run.interrupt()).await
}

/// Says something to a turn, which it takes up at its next step.
pub async fn say(desk: Arc<Desk>, id: String, turn: u32, message: String) -> Result<(), ApiError> {
    reach(desk, id, turn, move |run| run.say(&message)).await
}

/// Answers what a turn asks under this id.
pub async fn consent(desk: Arc<Desk>, id: String, turn: u32, asked: String, consent: Consent) -> Result<(), ApiError> {
    let (store, of, question) = (desk.store.clone(), id.clone(), asked.clone());
    // Nothing is answered before it is asked.
    let asks = blocking(move || Ok(view::asks(store.events_of(&of, turn)?.iter(), &question))).await?;
    if !asks {
        return Err(not_asked(&id, turn, &asked));
    }
    reach(desk, id, turn, move |run| run.answer(&asked, consent)).await
}

pub fn not_asked(id: &str, turn: u32, asked: &str) -> ApiError {
    let message = format!("turn {turn} of session {id} does not ask for `{asked}`, or does not any more");
    ApiError::new(StatusCode::CONFLICT, "not_asked", message)
}

/// Does something to the run of a turn, by what says whether that was reached.
async fn reach(
    desk: Arc<Desk>,
    id: String,
    turn: u32,
    how: impl FnOnce(&Detached) -> io::Result<bool> + Send + 'static,
) -> Result<(), ApiError> {
    let conflict = |code, message: String| Err(ApiError::new(StatusCode::CONFLICT, code, message));
    blocking(move || {
        let (record, under_way) = record(&desk.store, &id)?;
        if under_way != Some(turn) {
            return conflict("not_running", format!("turn {turn} of session {id} is not running"));
        }
        match how(&Detached::of(&desk.runs, &record.info.id)) {
            Ok(true) => Ok(()),
            Ok(false) => conflict(
                "runs_elsewhere",
                format!(
                    "turn {turn} of session {id} runs in a program that takes nothing from here; go to where it runs"
                ),
            ),
            Err(e) => {
                let message = format!("turn {turn} of session {id} cannot be reached: {e}; try again");
                Err(ApiError::new(StatusCode::INTERNAL_SERVER_ERROR, "internal_error", message))
            }
        }
    })
    .await
}
