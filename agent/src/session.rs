//! Conversations on disk: what was said, what was found out, and every event of every turn.
//!
//! One SQLite file. A question is committed before its turn begins, and an event before it is shown;
//! a reply's text is shown as it comes and committed sentence by sentence. So whatever a user has
//! seen survives the process, and the machine's power, but for the sentence that the model was
//! writing; and a call runs only once its event is on disk (`dispatch.rs`). The conversation itself (what a next turn builds on) is committed when a turn is over,
//! whole: what a killed turn had begun is put into it by the next process (`unfinished.rs`).
//!
//! A turn sees none of this: it writes its journal through [`RunStore`].
//!
//! A conversation has one writer at a time: its lock is the operating system's, and goes when the
//! process does. Nothing here runs a turn.

mod database;
mod error;
mod held;
mod order;
mod packed;
mod pages;
mod record;
mod rescue;
pub(crate) mod run_store;
mod schema;
mod search;
mod store;
mod under_way;
mod unfinished;
mod words;

pub use error::StoreError;
pub use held::Session;
pub use order::Swept;
pub use record::{Made, SessionInfo, SessionRecord, TurnEvent};
pub use run_store::RunStore;
pub use search::{Found, Place};
pub use store::SessionStore;

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::notebook::Chat;
    use polymath_chat::{Cell, Event, Message, Provenance, Source, Table};
    use std::path::Path;

    fn notice(text: &str) -> Event {
        Event::Notice { text: text.into() }
    }

    fn text(delta: &str) -> Event {
        Event::Text { delta: delta.into() }
    }

    fn store(directory: &tempfile::TempDir) -> SessionStore {
        SessionStore::open(&directory.path().join("deep/sessions.db")).unwrap()
    }

    fn some_chat(id: &str) -> Chat {
        let table =
            Table { title: "t".into(), columns: vec!["a".into()], rows: vec![vec![Cell::new("1", Provenance::Given)]] };
        Chat {
            messages: vec![Message::user("q"), Message::assistant("a")],
            sources: vec![Source { url: "http://h/".into(), title: "T".into(), text: "body".into() }],
            tables: vec![table],
            ..Chat::new(id)
        }
    }

    #[test]
    fn a_conversation_comes_back_as_it_was() {
        let directory = tempfile::tempdir().unwrap();
        let mut session = store(&directory).create("  What is\n 2 + 2? ").unwrap();
        let id = session.id().to_owned();
        assert_eq!(session.begin("What?").unwrap(), 1);
        session.append(1, &notice("one")).unwrap();
        let chat = some_chat(&id);
        session.save(&chat).unwrap();
        drop(session);

        let store = store(&directory);
        let mut session = store.resume(&id[..id.len() - 1]).unwrap();
        assert_eq!(session.begin("And?").unwrap(), 2);
        let back = session.chat().unwrap();
        assert_eq!((back.messages, back.sources, back.tables), (chat.messages, chat.sources, chat.tables));
        let record = store.export(&id).unwrap();
        assert_eq!(record.info.title, "What is 2 + 2?");
        assert_eq!(record.events, [TurnEvent { turn: 1, event: notice("one") }]);
        let json = serde_json::to_string(&record).unwrap();
        assert_eq!(serde_json::from_str::<SessionRecord>(&json).unwrap().events, record.events);
    }

    #[test]
    fn a_large_table_is_kept_as_any_other() {
        let directory = tempfile::tempdir().unwrap();
        let mut session = store(&directory).create("q").unwrap();
        let row = |n: u32| vec![Cell { number: Some(n.into()), ..Cell::new(n.to_string(), Provenance::Given) }];
        let large = Table { title: "large".into(), columns: vec!["n".into()], rows: (0..250_000).map(row).collect() };
        let mut chat = some_chat(session.id());
        for tables in [vec![large.clone()], vec![large.clone()], vec![], vec![large.clone()]] {
            chat.tables = tables;
            session.save(&chat).unwrap();
            assert!(session.chat().unwrap().tables == chat.tables);
        }
        chat.tables[0].rows[7][0].text = Some("seven".into());
        session.save(&chat).unwrap();
        assert!(session.chat().unwrap().tables == chat.tables);
        let found = store(&directory).search("large", 5).unwrap();
        assert_eq!(found.len(), 1, "its title is found");
    }

    #[test]
    fn saving_less_takes_the_rest_away() {
        let directory = tempfile::tempdir().unwrap();
        let mut session = store(&directory).create("q").unwrap();
        let mut chat = some_chat(session.id());
        session.save(&chat).unwrap();
        chat.messages.truncate(1);
        chat.tables.clear();
        session.save(&chat).unwrap();
        let back = session.chat().unwrap();
        assert_eq!((back.messages.len(), back.tables.len(), back.sources.len()), (1, 0, 1));
    }

    #[test]
    fn deltas_of_text_become_one_event() {
        let directory = tempfile::tempdir().unwrap();
        let store = store(&directory);
        let mut session = store.create("q").unwrap();
        let reasoning = |delta: &str| Event::Reasoning { delta: delta.into() };
        let pieces = [text("Hel"), text("lo. How"), text(" are you"), text("? Well")];
        for event in [reasoning("h"), reasoning("m")].into_iter().chain(pieces).chain([notice("n"), text("end")]) {
            session.append(1, &event).unwrap();
        }
        let id = session.id().to_owned();
        drop(session);
        let events: Vec<Event> = store.export(&id).unwrap().events.into_iter().map(|e| e.event).collect();
        assert_eq!(events, [reasoning("hm"), text("Hello. How are you? Well"), notice("n"), text("end")]);
    }

    #[test]
    fn questions_stay_with_their_turns() {
        let directory = tempfile::tempdir().unwrap();
        let store = store(&directory);
        let mut session = store.create_named("s", "q").unwrap();
        let answer = || Event::Answer { text: "a".into(), citations: vec![], figures: vec![] };
        let failed = || Event::Error { message: "e".into(), hint: None };
        for (question, event) in [("first", answer()), ("fails", failed()), ("third", answer())] {
            let turn = session.begin(question).unwrap();
            session.append(turn, &event).unwrap();
        }
        // What killed the process before the first event is a turn as well.
        session.begin("dies").unwrap();
        let mut chat = Chat::new("s");
        chat.messages = ["first", "third"].map(Message::user).into();
        session.save(&chat).unwrap();
        let mut record = store.export("s").unwrap();
        let told = |record: &SessionRecord| (1..=4).map(|turn| record.question(turn).to_owned()).collect::<Vec<_>>();
        assert_eq!(told(&record), ["first", "fails", "third", "dies"]);
        assert_eq!((record.info.turns, session.begin("next").unwrap()), (4, 5));
        // As a session of before has it.
        record.questions.clear();
        assert_eq!(told(&record), ["first", "", "third", ""]);
    }

    #[test]
    fn a_turn_keeps_what_it_was_made_with() {
        let directory = tempfile::tempdir().unwrap();
        let store = store(&directory);
        let mut session = store.create_named("s", "q").unwrap();
        session.begin("by somebody").unwrap();
        let made = Made {
            version: "0.1.0".into(),
            model: "m".into(),
            from: "12ab".into(),
            mode: crate::Mode::Guided,
            max_steps: 3,
            temperature: 0.5,
            seed: 7,
            today: "2026-01-02".parse().unwrap(),
            began: String::new(),
        };
        assert_eq!(session.make_with(made.clone()).unwrap(), None);
        session.begin("by this").unwrap();
        assert_eq!(session.make_with(made.clone()).unwrap().unwrap().model, "m");
        let record = store.export("s").unwrap();
        let kept = &record.made[&2];
        assert_eq!((record.made.len(), Made { began: String::new(), ..kept.clone() }), (1, made));
        assert!(kept.began.starts_with("20") && kept.began.ends_with('Z'), "{}", kept.began);
        // Also elsewhere.
        let json = serde_json::to_string(&record).unwrap();
        let id = store.import(&serde_json::from_str(&json).unwrap()).unwrap();
        assert_eq!(store.export(&id).unwrap().made, record.made);
    }

    #[test]
    fn a_file_of_before_is_brought_up_to_date() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("sessions.db");
        let old = rusqlite::Connection::open(&path).unwrap();
        old.execute_batch(schema::MIGRATIONS[0]).unwrap();
        old.execute_batch(
            "PRAGMA application_id = 0x706f6c79; PRAGMA user_version = 1;
             INSERT INTO session VALUES ('old', 'q', '2026-01-01', '2026-01-01');
             INSERT INTO event (session, turn, json) VALUES ('old', 1, '{\"type\":\"notice\",\"text\":\"n\"}');",
        )
        .unwrap();
        drop(old);
        let store = SessionStore::open(&path).unwrap();
        assert_eq!(store.export("old").unwrap().events, [TurnEvent { turn: 1, event: notice("n") }]);
        assert_eq!(store.resume("old").unwrap().begin("next").unwrap(), 2);
    }

    /// As version 2 left it, also where somebody broke the JSON.
    #[test]
    fn what_an_older_version_kept_is_found_and_counted() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("sessions.db");
        let old = rusqlite::Connection::open(&path).unwrap();
        schema::MIGRATIONS[..2].iter().for_each(|script| old.execute_batch(script).unwrap());
        old.execute_batch(
            r#"PRAGMA application_id = 0x706f6c79; PRAGMA user_version = 2;
             INSERT INTO session VALUES ('old', 'chat', '2026-01-01', '2026-01-01');
             INSERT INTO question VALUES ('old', 1, 'How high
is it?');
             INSERT INTO event (session, turn, json) VALUES
                ('old', 1, '{"type":"answer","text":"Twelve","citations":[],"figures":[]}'), ('old', 2, '{');
             INSERT INTO item VALUES ('old', 'source', 0, '{"url":"u","title":"Mills","text":"grist"}'),
                ('old', 'message', 0, '{"role":"user","content":"How high\nis it?"}');"#,
        )
        .unwrap();
        drop(old);
        let store = SessionStore::open(&path).unwrap();
        let info = store.list().unwrap().remove(0);
        assert_eq!((info.title.as_str(), info.turns), ("How high is it?", 2));
        assert!(info.bytes > 150, "{}", info.bytes);
        for word in ["high", "twelve", "grist"] {
            assert_eq!(store.search(word, 5).unwrap().len(), 1, "{word}");
        }
    }

    #[test]
    fn one_writer_at_a_time() {
        let directory = tempfile::tempdir().unwrap();
        let (first, second) = (store(&directory), store(&directory));
        let mut session = first.create_named("mine", "q").unwrap();
        assert!(matches!(second.resume("mine"), Err(StoreError::Busy(_))));
        assert!(matches!(second.remove("mine"), Err(StoreError::Busy(_))));
        // Readers don't wait, and other sessions are free.
        session.append(1, &notice("one")).unwrap();
        assert_eq!(second.export("mine").unwrap().events.len(), 1);
        second.create("other").unwrap().append(1, &notice("two")).unwrap();
        drop(session);
        assert!(matches!(second.create_named("mine", "q"), Err(StoreError::Exists(_))));
        second.resume("mine").unwrap().append(2, &notice("three")).unwrap();
        assert_eq!(second.remove("mine").unwrap(), "mine");
        assert!(matches!(first.resume("mine"), Err(StoreError::Unknown(_))));
        assert_eq!(first.list().unwrap().len(), 1);
    }

    /// What a killed process leaves: its connection and lock vanish without any clean-up.
    #[test]
    fn what_was_appended_survives_a_death() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("sessions.db");
        if let Ok(path) = std::env::var("POLYMATH_TEST_SESSION_DB") {
            let mut session = SessionStore::open(Path::new(&path)).unwrap().create_named("dying", "q").unwrap();
            session.append(1, &notice("kept")).unwrap();
            for piece in ["Kept", ", too", ". And", " lost"] {
                session.append(1, &text(piece)).unwrap();
            }
            std::process::abort();
        }
        let dead = std::process::Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "session::tests::what_was_appended_survives_a_death"])
            .env("POLYMATH_TEST_SESSION_DB", &path)
            .stderr(std::process::Stdio::null())
            .stdout(std::process::Stdio::null())
            .status()
            .unwrap();
        assert!(!dead.success());
        let store = SessionStore::open(&path).unwrap();
        let mut session = store.resume("dying").unwrap();
        let kept = [notice("kept"), text("Kept, too. And")].map(|event| TurnEvent { turn: 1, event });
        assert_eq!(store.export("dying").unwrap().events, kept);
        assert_eq!(session.begin("q").unwrap(), 2);
    }

    #[test]
    fn a_turn_is_under_way_from_its_question_until_it_is_kept() {
        let directory = tempfile::tempdir().unwrap();
        let mut session = store(&directory).create_named("s", "q").unwrap();
        // As another process has it.
        let elsewhere = store(&directory);
        let look = || (elsewhere.is_under_way("s"), elsewhere.under_way().into_iter().collect::<Vec<_>>());
        for _ in 0..2 {
            assert_eq!(look(), (false, vec![]));
            let turn = session.begin("q").unwrap();
            session.append(turn, &notice("n")).unwrap();
            assert_eq!((look(), look()), ((true, vec!["s".to_owned()]), (true, vec!["s".to_owned()])));
            assert_eq!(elsewhere.events_of("s", turn).unwrap(), [notice("n")]);
            RunStore::end(&mut session, turn, &some_chat("s")).unwrap();
        }
        session.begin("q").unwrap();
        drop(session);
        assert_eq!(look(), (false, vec![]));
        // What a killed process leaves.
        std::fs::write(directory.path().join("deep/sessions.turns/s"), "").unwrap();
        assert_eq!(look(), (false, vec![]));
        assert!(!elsewhere.is_under_way("../sessions.db"));
    }

    #[test]
    fn names_are_checked_and_prefixes_found() {
        let directory = tempfile::tempdir().unwrap();
        let store = store(&directory);
        for bad in ["", "../x", "a/b", ".hidden", "a b", &"x".repeat(65)] {
            assert!(matches!(store.create_named(bad, "q"), Err(StoreError::Name(_))), "{bad}");
            assert!(matches!(store.resume(bad), Err(StoreError::Unknown(_))), "{bad}");
        }
        store.create_named("abc", "q").unwrap();
        store.create_named("abd", "q").unwrap();
        assert_eq!(store.find("abc").unwrap(), "abc");
        assert!(matches!(store.find("ab"), Err(StoreError::Ambiguous { ids, .. }) if ids == ["abc", "abd"]));
    }

    #[test]
    fn a_session_gets_another_title_while_it_is_in_use() {
        let directory = tempfile::tempdir().unwrap();
        let store = store(&directory);
        let _held = store.create_named("abc", "q").unwrap();
        store.rename("abc", " Another\n one ").unwrap();
        assert_eq!(store.list().unwrap()[0].title, "Another one");
        assert!(matches!(store.rename("none", "x"), Err(StoreError::Unknown(_))));
    }

    #[track_caller]
    fn check_foreign(path: &Path, part: &str) {
        let error = SessionStore::open(path).err().unwrap().to_string();
        assert!(error.contains(part) && error.contains("sessions.db"), "{error}");
    }

    #[test]
    fn foreign_files_are_left_alone() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("sessions.db");
        let content = "these are my notes, not a database\n".repeat(100);
        std::fs::write(&path, &content).unwrap();
        check_foreign(&path, "no SQLite file");
        assert_eq!(std::fs::read_to_string(&path).unwrap(), content);

        std::fs::remove_file(&path).unwrap();
        rusqlite::Connection::open(&path).unwrap().execute_batch("CREATE TABLE cookies (x)").unwrap();
        check_foreign(&path, "another program");

        std::fs::remove_file(&path).unwrap();
        drop(SessionStore::open(&path).unwrap());
        rusqlite::Connection::open(&path).unwrap().pragma_update(None, "user_version", 99).unwrap();
        check_foreign(&path, "newer polymath");
        assert!(matches!(SessionStore::open(&path.join("below/a/file")), Err(StoreError::File { .. })));
    }
}
