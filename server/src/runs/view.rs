//! A conversation as the API shows it: its turns, each with its state and its events so far.

use super::cursor::Cursor;
use super::live::Live;
use polymath_agent::session::SessionRecord;
use polymath_agent::waiting;
use polymath_chat::Event;
use serde_json::{Value, json};
use std::collections::BTreeMap;

fn ending(event: &Event) -> Option<&'static str> {
    match event {
        Event::Done { .. } => Some("done"),
        Event::Error { .. } => Some("failed"),
        _ => None,
    }
}

pub fn has_ended<'a>(mut events: impl Iterator<Item = &'a Event>) -> bool {
    events.any(|event| ending(event).is_some())
}

/// Whether what is asked under this id waits for an answer.
pub fn asks<'a>(events: impl Iterator<Item = &'a Event>, asked: &str) -> bool {
    waiting(events).iter().any(|(id, _)| id == asked)
}

/// What became of a turn.
pub fn state(events: &[Event], running: bool) -> &'static str {
    match events.iter().rev().find_map(ending) {
        _ if running => "running",
        Some(state) => state,
        // The process ended before the turn did.
        None => "cut_off",
    }
}

/// The events of each turn that was begun.
fn turns(record: &SessionRecord) -> BTreeMap<u32, Vec<Event>> {
    let mut turns: BTreeMap<u32, Vec<Event>> = record.questions.keys().map(|turn| (*turn, Vec::new())).collect();
    for event in &record.events {
        turns.entry(event.turn).or_default().push(event.event.clone());
    }
    turns
}

/// The turn that was begun last.
pub fn last(record: &SessionRecord) -> Option<u32> {
    record.questions.keys().copied().chain(record.events.iter().map(|event| event.turn)).max()
}

/// `GET /api/sessions/ID`. A turn that was taken back is still there, and said to be. What runs here is as far as memory has it, which is further than the record; `under_way` is
/// the turn that runs elsewhere.
pub fn session(record: &SessionRecord, live: Option<&Live>, under_way: Option<u32>) -> Value {
    let turn = |(turn, mut events): (u32, Vec<Event>)| {
        let live = live.filter(|live| live.turn == turn);
        if let Some(live) = live {
            events = live.events();
        }
        let state = match record.taken_back.contains(&turn) {
            true => "taken_back",
            false => state(&events, live.is_some() || under_way == Some(turn)),
        };
        json!({
            "turn": turn,
            "question": record.question(turn),
            "state": state,
            "events": events,
            "cursor": Cursor::end(&events).to_string(),
        })
    };
    let info = &record.info;
    let files: Vec<String> = record.chat.user_files().into_iter().map(|file| file.name).collect();
    let pages = record.chat.sources.iter().zip(1..).map(|(s, n)| json!({"n": n, "url": s.url, "title": s.title}));
    json!({
        "id": info.id,
        "title": info.title,
        "created": info.created,
        "updated": info.updated,
        "files": files,
        "pages": pages.collect::<Vec<_>>(),
        "turns": turns(record).into_iter().map(turn).collect::<Vec<_>>(),
    })
}

/// The events of one turn that is over.
pub fn events(record: &SessionRecord, turn: u32) -> Option<Vec<Event>> {
    turns(record).remove(&turn)
}
