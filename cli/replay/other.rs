//! The questions of a run put to another model: both answers side by side.

use crate::ask::{open_session, turn as ask_turn};
use crate::engine::source;
use crate::interrupt::Interrupt;
use crate::render::{RenderOptions, Renderer};
use crate::settings::Settings;
use crate::wiring;
use polymath_agent::Said;
use polymath_agent::session::SessionRecord;
use polymath_chat::{Event, plain};
use serde_json::json;
use std::collections::BTreeSet;
use std::io::Write;
use std::process::ExitCode;

/// Asks what was asked, in a session of its own that is kept.
pub async fn ask(
    record: &SessionRecord,
    turn: Option<u32>,
    settings: Settings,
    json: bool,
    quiet: bool,
) -> anyhow::Result<ExitCode> {
    let answered = record.events.iter().filter(|e| matches!(e.event, Event::Answer { .. })).map(|e| e.turn);
    let turns: BTreeSet<u32> = answered.filter(|of| turn.is_none_or(|turn| turn == *of)).collect();
    let mut session = open_session(&settings.home, None, &record.info.title, quiet)?;
    let mut chat = session.chat()?;
    for file in &record.chat.files {
        chat.give(file)?;
    }
    let out = settings.home.join("artifacts").join(session.id());
    let agent = wiring::agent(&settings, out, quiet).await?;
    session.make_with(agent.made(source(&settings)))?;
    let interrupt = Interrupt::listen()?;
    for number in turns {
        let question = record.question(number).to_owned();
        let mut renderer = Renderer::with_writers(
            RenderOptions { json: false, tty: false, ..RenderOptions::new(false, quiet) },
            Box::new(std::io::sink()),
            Box::new(std::io::stderr()),
        );
        let end =
            ask_turn(&agent, &mut chat, &mut session, Said::Question(&question), &mut renderer, interrupt.token())
                .await?;
        renderer.finish()?;
        let before = record.events.iter().rev().find_map(|event| match &event.event {
            Event::Answer { text, .. } if event.turn == number => Some(text.as_str()),
            _ => None,
        });
        let before = before.unwrap_or_default();
        let now = &end.answer.text;
        let text = match json {
            true => plain::json(&format!(
                "{}\n",
                json!({"turn": number, "question": question, "before": before, "now": now,
                       "model": agent.engine.info().name, "session": session.id()})
            )),
            false => plain::clean(&format!(
                "## {question}\n\n**Before:**\n\n{}\n\n**{}:**\n\n{}\n\n",
                before.trim(),
                agent.engine.info().name,
                now.trim()
            )),
        };
        std::io::stdout().write_all(text.as_bytes())?;
    }
    Ok(ExitCode::SUCCESS)
}
