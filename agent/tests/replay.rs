//! Runs again from their records: those of this release, and those that older ones kept.

#![allow(clippy::unwrap_used)]

use polymath_agent::replay;
use polymath_agent::session::SessionStore;
use polymath_agent::{Agent, CallLimits, Mode, Record, Settings};
use polymath_chat::{Event, Message};
use polymath_model::engine::Sampling;
use polymath_model::scripted::ScriptedEngine;
use polymath_tools::{Calculator, Registry};
use serde_json::json;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc::unbounded_channel;
use tokio_util::sync::CancellationToken;

fn lines<'a>(events: impl Iterator<Item = &'a Event>) -> Vec<String> {
    events.map(|event| serde_json::to_string(event).unwrap()).collect()
}

#[test]
fn records_of_each_release_are_read_byte_for_byte() {
    let folder = Path::new(&std::env::var("CARGO_MANIFEST_DIR").unwrap()).join("tests/records");
    let mut releases = 0;
    for entry in std::fs::read_dir(&folder).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|extension| extension != "sql") {
            continue;
        }
        releases += 1;
        let home = tempfile::tempdir().unwrap();
        let file = home.path().join("sessions.db");
        let database = rusqlite::Connection::open(&file).unwrap();
        database.execute_batch(&std::fs::read_to_string(&path).unwrap()).unwrap();
        drop(database);
        let record = SessionStore::open(&file).unwrap().export("kites").unwrap();
        let want = std::fs::read_to_string(path.with_extension("jsonl")).unwrap();
        assert_eq!(lines(replay::events(&record, None).map(|e| &e.event)), want.lines().collect::<Vec<_>>());
        assert_eq!(replay::events(&record, Some(2)).count(), 3);
        assert_eq!((record.question(2), record.chat.facts.len(), record.chat.charts.len()), ("And now?", 1, 1));
    }
    assert!(releases > 0);
}

/// A turn of its own kind: so many calls, an answer with a figure, a failure, a cut.
fn replies(run: usize) -> Vec<Message> {
    let calls = (0..run % 4).map(|n| {
        let expression = if (run + n) % 5 == 4 { "1 +* 2".to_owned() } else { format!("{run} * 7 + {n}") };
        ScriptedEngine::calling(&[("calculator", json!({"expression": expression}))])
    });
    let answer = match run % 3 {
        0 => Message::assistant(format!("It is {}.\nAnd that's that. 的确", run * 7)),
        1 => Message::assistant(format!("| a | b |\n| --- | --- |\n| x | {run} |")),
        _ => Message { reasoning: Some("so".into()), ..Message::assistant(format!("Sentence one. Number {run}?")) },
    };
    // The last of them fails: there is no reply left.
    calls.chain((run != 19).then_some(answer)).collect()
}

#[tokio::test]
async fn twenty_runs_come_back_as_they_went() {
    let home = tempfile::tempdir().unwrap();
    let store = SessionStore::open(&home.path().join("sessions.db")).unwrap();
    let mut seen = std::collections::BTreeSet::new();
    for run in 0..20 {
        let settings = Settings {
            mode: Mode::Native,
            max_steps: 1 + run as u32 % 6,
            deadline: Duration::from_secs(60),
            sampling: Sampling::default(),
            limits: CallLimits::default(),
            out: home.path().join("out"),
            approve: Default::default(),
            today: None,
            skills: Default::default(),
        };
        let engine = Arc::new(ScriptedEngine::new(false, replies(run), &[]));
        let agent = Agent { engine, tools: Registry::new([Arc::new(Calculator::new()) as _]), settings };
        let name = format!("run-{run}");
        let mut session = store.create_named(&name, "q").unwrap();
        let mut chat = session.chat().unwrap();
        let turn = session.begin(&format!("What is {run} times seven?")).unwrap();
        let (events, mut inbox) = unbounded_channel();
        let (kept, record) = Record::new();
        let asked = async {
            let result = agent.turn_on_record(&mut chat, "q", (&events, &record), CancellationToken::new()).await;
            if let Err(e) = &result {
                let _ = events.send(Event::Error { message: e.to_string(), hint: None });
            }
            drop(events);
        };
        let keep = async {
            let mut live: Vec<Event> = Vec::new();
            while let Some(event) = inbox.recv().await {
                session.append(turn, &event).unwrap();
                if matches!(event, Event::Call { .. }) {
                    kept.send_modify(|calls| *calls += 1);
                }
                // Pieces of one text are one event of the record.
                match (live.last_mut(), &event) {
                    (Some(Event::Text { delta }), Event::Text { delta: more }) => delta.push_str(more),
                    _ => live.push(event),
                }
            }
            live
        };
        let ((), live) = tokio::join!(asked, keep);
        drop(session);
        let record = SessionStore::open(&home.path().join("sessions.db")).unwrap().export(&name).unwrap();
        let again = lines(replay::events(&record, Some(1)).map(|e| &e.event));
        assert_eq!(again, lines(live.iter()), "run {run}");
        assert!(!again.is_empty());
        seen.insert(again.join("\n").replace(char::is_numeric, ""));
    }
    assert!(seen.len() > 8, "they are {} kinds of run only", seen.len());
}
