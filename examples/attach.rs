//! Follows a run that another process leads (`polymath ask … --detach`), from one of its events on.
//!
//! cargo run --release --example attach -- SESSION [FROM]

use anyhow::Context;
use polymath_agent::Detached;
use polymath_agent::session::SessionStore;
use polymath_model::store::home;
use std::time::Duration;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let mut words = std::env::args().skip(1);
    let name = words.next().context("usage: attach SESSION [FROM]")?;
    let from: usize = words.next().map_or(Ok(1), |word| word.parse())?;
    let store = SessionStore::open_to_read(&home().join("sessions.db"))?;
    let session = store.find(&name)?;
    // Also: `say` tells it something, `answer` allows a call, `interrupt` stops it.
    let run = Detached::of(&home().join("runs"), &session);
    let mut next = from.saturating_sub(1);
    loop {
        // First whether it runs, then what it told: so its last words are among it.
        let runs = run.is_running();
        let events = store.export(&session)?.events;
        // The last one may be a text that is still being written.
        let open = runs && events.last().is_some_and(|last| last.event.piece().is_some());
        for event in &events[next.min(events.len())..events.len() - usize::from(open)] {
            println!("{}", serde_json::to_string(&event.event)?);
            next += 1;
        }
        if !runs {
            return Ok(());
        }
        tokio::time::sleep(Duration::from_millis(150)).await;
    }
}
