//! `polymath sessions`: conversations of before, looked at, taken out and removed.

use crate::ask::session_store;
use crate::render::{RenderOptions, Renderer};
use crate::report::{self, ReportTurn};
use crate::wiring;
use anyhow::Context;
use clap::{Subcommand, ValueEnum};
use polymath_agent::session::{SessionRecord, SessionStore};
use polymath_chat::{Artifact, Event, plain};
use polymath_sandbox::Sandbox;
use std::{collections::BTreeMap, io::Write, path::Path};

#[derive(Debug, Subcommand)]
pub enum SessionsCommand {
    /// All conversations, the one used last first
    List,
    /// Questions and answers of one
    Show {
        /// Its name, or how it begins
        id: String,
    },
    /// Everything of one, to stdout
    Export {
        /// Its name, or how it begins
        id: String,
        #[arg(long, value_enum, default_value_t = Format::Md)]
        format: Format,
    },
    /// Removes one for good
    Rm {
        /// Its name, or how it begins
        id: String,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// The report, with links to its files
    Md,
    /// The report as one file, pictures inside
    Html,
    /// The record itself: messages, sources, tables, every event
    Json,
}

/// Runs one subcommand on the sessions below `home`.
pub fn run(command: SessionsCommand, home: &Path) -> anyhow::Result<()> {
    let store = session_store(home, matches!(command, SessionsCommand::Rm { .. }))?;
    if let Some(removed) = execute(command, &store, &mut std::io::stdout())? {
        Sandbox::forget(&wiring::journals(home), &removed);
    }
    Ok(())
}

/// Returns the session that was removed, if that was the command.
fn execute(command: SessionsCommand, store: &SessionStore, out: &mut dyn Write) -> anyhow::Result<Option<String>> {
    match command {
        SessionsCommand::List => {
            for session in store.list()? {
                let when = session.updated.get(..16).unwrap_or(&session.updated).replace('T', " ");
                writeln!(
                    out,
                    "{}  {when}  {:>3} turns  {}",
                    session.id,
                    session.turns,
                    plain::escaped(&session.title)
                )?;
            }
        }
        SessionsCommand::Show { id } => {
            show(&store.export(&id)?)?;
        }
        SessionsCommand::Export { id, format } => {
            let record = store.export(&id)?;
            let text = match format {
                Format::Json => {
                    let mut json = serde_json::to_string_pretty(&record).context("can't write the session as JSON")?;
                    json.push('\n');
                    plain::json(&json)
                }
                Format::Md => plain::clean(&report::markdown(Path::new(""), &record.info.title, &turns(&record))),
                Format::Html => plain::clean(&report::html(&record.info.title, &turns(&record))),
            };
            out.write_all(text.as_bytes())?;
        }
        SessionsCommand::Rm { id } => {
            let id = store.remove(&id)?;
            eprintln!("removed session {id}");
            return Ok(Some(id));
        }
    }
    Ok(None)
}

/// Questions and answers as `ask` shows them, without the work between.
fn show(record: &SessionRecord) -> anyhow::Result<()> {
    let options = RenderOptions::new(false, true);
    let mut events = BTreeMap::<u32, Vec<&Event>>::new();
    for event in &record.events {
        events.entry(event.turn).or_default().push(&event.event);
    }
    for (turn, events) in events {
        writeln!(std::io::stdout(), "> {}\n", plain::clean(record.question(turn)))?;
        let mut renderer = Renderer::new(options);
        events.iter().for_each(|event| renderer.event(event));
        renderer.finish();
        writeln!(std::io::stdout())?;
    }
    Ok(())
}

fn turns(record: &SessionRecord) -> Vec<ReportTurn> {
    let mut turns = BTreeMap::<u32, ReportTurn>::new();
    for event in &record.events {
        let turn = turns.entry(event.turn).or_insert_with(|| ReportTurn {
            question: record.question(event.turn).to_owned(),
            ..ReportTurn::default()
        });
        let keep = |turn: &mut ReportTurn, artifact: &Artifact| {
            if turn.artifacts.iter().all(|known| known.path != artifact.path) {
                turn.artifacts.push(artifact.clone());
            }
        };
        match &event.event {
            Event::Answer { text, citations, figures } => {
                turn.answer_markdown.clone_from(text);
                turn.citations.clone_from(citations);
                turn.figures.clone_from(figures);
            }
            Event::Table { table } => turn.tables.push(table.clone()),
            Event::Artifact { artifact } => keep(turn, artifact),
            Event::Result { artifacts, .. } => artifacts.iter().for_each(|artifact| keep(turn, artifact)),
            Event::Step { .. }
            | Event::Text { .. }
            | Event::Reasoning { .. }
            | Event::Call { .. }
            | Event::Notice { .. }
            | Event::Prefill { .. }
            | Event::Done { .. }
            | Event::Error { .. } => {}
        }
    }
    turns.into_values().collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use polymath_chat::Message;

    #[test]
    fn a_kept_conversation_becomes_a_report() {
        let directory = tempfile::tempdir().unwrap();
        let store = SessionStore::open(&directory.path().join("sessions.db")).unwrap();
        let mut session = store.create_named("talk", "How\u{1b}]0;x\u{7} much?").unwrap();
        assert_eq!(session.begin("How much?").unwrap(), 1);
        let artifact = Artifact { name: "a.png".into(), mime: "image/png".into(), path: "/o/a.png".into(), bytes: 1 };
        for event in [
            Event::Artifact { artifact: artifact.clone() },
            Event::Artifact { artifact },
            Event::Answer { text: "Five [1].".into(), citations: vec![], figures: vec![] },
        ] {
            session.append(1, &event).unwrap();
        }
        let mut chat = session.chat().unwrap();
        chat.messages = vec![Message::user("How much?"), Message::assistant("Five [1].")];
        session.save(&chat).unwrap();
        let record = store.export("talk").unwrap();
        let turns = turns(&record);
        assert_eq!(turns.len(), 1);
        assert_eq!((turns[0].question.as_str(), turns[0].artifacts.len()), ("How much?", 1));
        assert!(
            report::markdown(Path::new("/o"), "t", &turns)
                .contains("## 1. How much?\n\nFive [1].\n\n![a.png](<a.png>)")
        );
        let said = |command| {
            let mut out = Vec::new();
            execute(command, &store, &mut out).map(|_| String::from_utf8(out).unwrap())
        };
        let list = said(SessionsCommand::List).unwrap();
        assert!(list.starts_with("talk  ") && list.ends_with("  1 turns  How\\u{1b}]0;x\\u{7} much?\n"), "{list}");
        let export = |format| said(SessionsCommand::Export { id: "ta".into(), format }).unwrap();
        assert!(export(Format::Html).contains("<h2>How much?</h2>"));
        assert!(export(Format::Md).starts_with("# How]0;x much?\n"), "{}", export(Format::Md));
        assert!(serde_json::from_str::<SessionRecord>(&export(Format::Json)).is_ok());
        assert!(said(SessionsCommand::Rm { id: "talk".into() }).is_err(), "it is held");
        drop(session);
        said(SessionsCommand::Rm { id: "talk".into() }).unwrap();
        assert!(store.list().unwrap().is_empty());
    }
}
