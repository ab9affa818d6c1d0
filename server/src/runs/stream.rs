//! A run's events as server-sent events. Each has an id; whoever comes back with the last one it saw
//! gets what came behind it. The last event is named `end` and says what became of the run.

use super::cursor::Cursor;
use super::desk::{Desk, blocking};
use super::live::Progress;
use super::{elsewhere, view};
use crate::app::App;
use crate::error::ApiError;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::sse::{Event, KeepAlive, Sse};
use futures::stream::{self, Stream};
use serde::Deserialize;
use serde_json::json;
use std::convert::Infallible;
use std::sync::Arc;
use tokio::sync::watch;

#[derive(Debug, Deserialize)]
pub struct From {
    /// As `Last-Event-ID`, for clients that cannot send headers.
    from: Option<String>,
}

pub async fn events(
    State(app): State<App>,
    Path((id, turn)): Path<(String, u32)>,
    Query(From { from }): Query<From>,
    headers: HeaderMap,
) -> Result<Sse<impl Stream<Item = Result<Event, Infallible>>>, ApiError> {
    let last = headers.get("last-event-id").map(|v| String::from_utf8_lossy(v.as_bytes()).into_owned());
    let cursor = match last.or(from).filter(|text| !text.is_empty()) {
        Some(text) => text.parse().map_err(|why: String| ApiError::invalid("from", why))?,
        None => Cursor::default(),
    };
    let progress = progress(app.desk()?, id, turn).await?;
    Ok(Sse::new(from_cursor(progress, cursor)).keep_alive(KeepAlive::default()))
}

/// The run's events: those of memory while it runs here, those of the record while it runs elsewhere and when it is over.
async fn progress(desk: Arc<Desk>, id: String, turn: u32) -> Result<watch::Receiver<Progress>, ApiError> {
    if let Some(live) = desk.live(&id).filter(|live| live.turn == turn) {
        return Ok(live.look_on());
    }
    let store = desk.store.clone();
    let (id, events, under_way) = blocking(move || {
        let (record, under_way) = elsewhere::record(&store, &id)?;
        let events = view::events(&record, turn).ok_or_else(|| {
            let message = format!("session {id} has no turn {turn}; GET /api/sessions/{id} lists them");
            ApiError::new(StatusCode::NOT_FOUND, "unknown_run", message)
        })?;
        Ok((record.info.id, events, under_way))
    })
    .await?;
    Ok(match under_way {
        Some(running) if running == turn => elsewhere::follow(desk, id, turn, events),
        _ => watch::channel(Progress { events, over: true }).1,
    })
}

fn from_cursor(progress: watch::Receiver<Progress>, cursor: Cursor) -> impl Stream<Item = Result<Event, Infallible>> {
    stream::unfold(Some((progress, cursor)), |reading| async move {
        let (mut progress, mut cursor) = reading?;
        loop {
            let (next, end) = {
                let seen = progress.borrow_and_update();
                let next = cursor.next(&seen.events);
                (next, seen.over.then(|| view::state(&seen.events, false)))
            };
            match (next, end) {
                (Some(event), _) => {
                    let data = serde_json::to_string(&event).unwrap_or_default();
                    let event = Event::default().id(cursor.to_string()).data(data);
                    return Some((Ok(event), Some((progress, cursor))));
                }
                (None, Some(state)) => {
                    let data = json!({"state": state}).to_string();
                    return Some((Ok(Event::default().event("end").id(cursor.to_string()).data(data)), None));
                }
                (None, None) => progress.changed().await.ok()?,
            }
        }
    })
}
