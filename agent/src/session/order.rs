//! Keeping order: titles, tags, sessions of elsewhere, and what nobody needs any more.

use super::error::StoreError;
use super::pages;
use super::record::{SessionRecord, title_of};
use super::schema::explain;
use super::store::SessionStore;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use polymath_chat::Retrieval;
use rusqlite::params;

/// The longest tag, in characters.
const LONGEST_TAG: usize = 40;

/// More turns than any conversation has.
const MOST_TURNS: u32 = 1_000_000;

/// What a sweep found.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Swept {
    /// Sessions in which nothing was ever asked, now removed.
    pub sessions: Vec<String>,
    /// Lock files of sessions that are no more, now removed.
    pub locks: usize,
    /// Bytes that the database gave back to the file system.
    pub bytes: u64,
}

impl SessionStore {
    /// Gives a session another title; returns its name.
    ///
    /// # Errors
    /// `Unknown`, `Ambiguous`.
    pub fn rename(&self, id: &str, title: &str) -> Result<String, StoreError> {
        let id = self.find(id)?;
        self.database
            .write(|t| t.execute("UPDATE session SET title = ?2 WHERE id = ?1", params![id, title_of(title)]))?;
        Ok(id)
    }

    /// Puts tags on a session, or takes them off; returns the tags it has now.
    ///
    /// # Errors
    /// `Unknown`, `Ambiguous`, `Tag`.
    pub fn tag(&self, id: &str, add: &[String], remove: &[String]) -> Result<Vec<String>, StoreError> {
        let id = self.find(id)?;
        let fits = |tag: &&String| {
            (1..=LONGEST_TAG).contains(&tag.chars().count())
                && !tag.contains(|c: char| c.is_whitespace() || c.is_control())
        };
        if let Some(bad) = add.iter().find(|tag| !fits(tag)) {
            return Err(StoreError::Tag(bad.chars().take(LONGEST_TAG).collect()));
        }
        self.database.write(|t| {
            for tag in add {
                t.execute("INSERT OR IGNORE INTO tag (session, name) VALUES (?1, ?2)", params![id, tag])?;
            }
            for tag in remove {
                t.execute("DELETE FROM tag WHERE session = ?1 AND name = ?2", params![id, tag])?;
            }
            Ok(())
        })?;
        Ok(self.database.info(&id)?.map_or(Vec::new(), |info| info.tags))
    }

    /// As [`SessionStore::export`], with the pages as they came, so that the record can go elsewhere.
    ///
    /// # Errors
    /// `Unknown`, `Ambiguous`.
    pub fn export_whole(&self, id: &str) -> Result<SessionRecord, StoreError> {
        let mut record = self.export(id)?;
        for Retrieval { page, .. } in &record.chat.retrieved {
            if let Some(packed) = self.database.page(page)? {
                record.pages.insert(page.clone(), STANDARD.encode(packed));
            }
        }
        Ok(record)
    }

    /// Takes in a session as [`SessionStore::export_whole`] gave it, here or elsewhere, under its own name or,
    /// where that is taken, one made of it; returns the name.
    ///
    /// # Errors
    /// `Name` for a name that can't be one, `Import` for what no session has; what the database says. Nothing of it is kept then.
    pub fn import(&self, record: &SessionRecord) -> Result<String, StoreError> {
        check(record)?;
        let chat = pages::with(record)?;
        let own = record.info.id.as_str();
        let mut session = self.create_named(own, &record.info.title);
        let mut number = 2;
        while matches!(session, Err(StoreError::Exists(_) | StoreError::Busy(_))) {
            let base: String = own.chars().take(56).collect();
            session = self.create_named(&format!("{base}-{number}"), &record.info.title);
            number += 1;
        }
        let mut session = session?;
        let id = session.id().to_owned();
        let taken = self.take_in(&id, record).and_then(|()| session.save(&chat));
        if let Err(error) = taken {
            session.discard()?;
            return Err(error);
        }
        // Of the day it was used, not of today.
        self.database.write(|t| {
            t.execute(
                "UPDATE session SET created = ?2, updated = ?3 WHERE id = ?1",
                params![id, record.info.created, record.info.updated],
            )
        })?;
        Ok(id)
    }

    fn take_in(&self, id: &str, record: &SessionRecord) -> Result<(), StoreError> {
        let events = record.events.iter().map(|e| {
            let json = serde_json::to_string(&e.event);
            json.map(|json| (e.turn, json)).map_err(|cause| StoreError::Record { session: id.to_owned(), cause })
        });
        let events = events.collect::<Result<Vec<_>, _>>()?;
        let made = record.made.iter().map(|(turn, made)| {
            let json = serde_json::to_string(made);
            json.map(|json| (turn, json)).map_err(|cause| StoreError::Record { session: id.to_owned(), cause })
        });
        let made = made.collect::<Result<Vec<_>, _>>()?;
        self.database.write(|t| {
            for (turn, question) in &record.questions {
                let sql = "INSERT INTO question (session, turn, text) VALUES (?1, ?2, ?3)";
                t.execute(sql, params![id, turn, question])?;
            }
            for (turn, json) in &made {
                t.execute("UPDATE question SET made = ?3 WHERE session = ?1 AND turn = ?2", params![id, turn, json])?;
            }
            for (turn, json) in &events {
                t.execute("INSERT INTO event (session, turn, json) VALUES (?1, ?2, ?3)", params![id, turn, json])?;
            }
            for turn in &record.taken_back {
                let sql = "UPDATE question SET taken_back = 1 WHERE session = ?1 AND turn = ?2";
                t.execute(sql, params![id, turn])?;
            }
            for tag in &record.info.tags {
                t.execute("INSERT OR IGNORE INTO tag (session, name) VALUES (?1, ?2)", params![id, tag])?;
            }
            Ok(())
        })
    }

    /// Whether there is a session of this very name.
    pub fn has(&self, id: &str) -> Result<bool, StoreError> {
        Ok(self.database.info(id)?.is_some())
    }

    /// Removes sessions in which nothing was asked and lock files without a session, unless a process
    /// holds them, and gives the file's unused pages back.
    pub fn sweep(&self) -> Result<Swept, StoreError> {
        let mut swept = Swept::default();
        for info in self.database.infos("WHERE turns = 0", &[])? {
            match self.remove(&info.id) {
                Ok(id) => swept.sessions.push(id),
                Err(StoreError::Busy(_) | StoreError::Unknown(_)) => {}
                Err(error) => return Err(error),
            }
        }
        let locks = std::fs::read_dir(self.database.path.with_extension("locks")).into_iter().flatten().flatten();
        for name in locks.filter_map(|entry| entry.file_name().into_string().ok()) {
            // Held while it is looked at: a session may just begin under this name.
            if let Ok(held) = self.hold(&name)
                && !self.has(&name)?
                && std::fs::remove_file(self.lock_path(held.id())).is_ok()
            {
                swept.locks += 1;
            }
        }
        let size = || std::fs::metadata(&self.database.path).map_or(0, |m| m.len());
        let before = size();
        let vacuum = "VACUUM; PRAGMA wal_checkpoint(TRUNCATE);";
        self.database.connection().execute_batch(vacuum).map_err(|e| explain(&self.database.path, e))?;
        swept.bytes = before.saturating_sub(size());
        Ok(swept)
    }
}

/// What a session of ours never has.
fn check(record: &SessionRecord) -> Result<(), StoreError> {
    let turns = record.questions.keys().chain(record.events.iter().map(|e| &e.turn)).chain(&record.taken_back);
    if let Some(turn) = turns.into_iter().find(|turn| !(1..=MOST_TURNS).contains(*turn)) {
        return Err(StoreError::Import(format!("turns are numbered from 1, and there is a turn {turn}")));
    }
    for time in [&record.info.created, &record.info.updated] {
        if chrono::DateTime::parse_from_rfc3339(time).is_err() {
            return Err(StoreError::Import(format!("`{time}` is no time as in 2026-01-31T12:00:00Z")));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use polymath_chat::{Event, Message, Source};

    fn store(folder: &tempfile::TempDir, name: &str) -> SessionStore {
        SessionStore::open(&folder.path().join(name)).unwrap()
    }

    /// A session of two turns, the second of which was taken back.
    fn talk(store: &SessionStore) {
        let mut session = store.create_named("talk", "").unwrap();
        for (question, answer) in [("First?", "One."), ("Second?", "Two.")] {
            let turn = session.begin(question).unwrap();
            session.append(turn, &Event::Answer { text: answer.into(), citations: vec![], figures: vec![] }).unwrap();
            let mut chat = session.chat().unwrap();
            chat.messages.extend([Message::user(question), Message::assistant(answer)]);
            chat.sources.push(Source { url: format!("http://h/{turn}"), title: "T".into(), text: question.into() });
            session.save(&chat).unwrap();
        }
        assert_eq!(session.undo().unwrap().as_deref(), Some("Second?"));
    }

    #[test]
    fn a_turn_is_taken_back_in_another_process_too() {
        let folder = tempfile::tempdir().unwrap();
        talk(&store(&folder, "sessions.db"));
        let store = store(&folder, "sessions.db");
        let record = store.export("talk").unwrap();
        assert_eq!((record.chat.messages.len(), record.chat.sources.len()), (2, 1));
        assert_eq!(record.taken_back, [2].into());
        // A turn that failed left nothing to take back, and is none.
        let mut session = store.resume("talk").unwrap();
        session.begin("Fails?").unwrap();
        assert_eq!(session.undo().unwrap().as_deref(), Some("First?"));
        assert_eq!(session.undo().unwrap(), None);
        assert!(session.chat().unwrap().messages.is_empty());
        assert_eq!(session.begin("Next?").unwrap(), 4);
        assert!(store.search("second", 5).unwrap().is_empty(), "what was taken back is not found");
    }

    #[test]
    fn a_turn_that_an_older_version_kept_is_taken_back_by_its_messages() {
        let folder = tempfile::tempdir().unwrap();
        let store = store(&folder, "sessions.db");
        let mut session = store.create_named("old", "").unwrap();
        session.begin("First?").unwrap();
        let mut chat = session.chat().unwrap();
        chat.messages.extend([Message::user("First?"), Message::assistant("One.")]);
        session.save(&chat).unwrap();
        store.database.write(|t| t.execute("UPDATE question SET mark = NULL", [])).unwrap();
        assert_eq!(session.undo().unwrap().as_deref(), Some("First?"));
        assert!(session.chat().unwrap().messages.is_empty());
    }

    #[test]
    fn titles_are_first_questions_until_they_are_given() {
        let folder = tempfile::tempdir().unwrap();
        let store = store(&folder, "sessions.db");
        talk(&store);
        assert_eq!(store.list().unwrap()[0].title, "First?");
        store.rename("ta", "  Of\nnumbers ").unwrap();
        assert_eq!(store.list().unwrap()[0].title, "Of numbers");
        assert!(matches!(store.rename("nobody", "x"), Err(StoreError::Unknown(_))));
    }

    #[test]
    fn tags_select() {
        let folder = tempfile::tempdir().unwrap();
        let store = store(&folder, "sessions.db");
        for id in ["a", "b", "c"] {
            store.create_named(id, id).unwrap();
        }
        let tags = |list: &[&str]| list.iter().map(|t| (*t).to_owned()).collect::<Vec<_>>();
        assert_eq!(store.tag("a", &tags(&["work", "work", "2026"]), &[]).unwrap(), ["2026", "work"]);
        store.tag("c", &tags(&["work"]), &[]).unwrap();
        assert_eq!(store.tag("a", &[], &tags(&["2026", "none"])).unwrap(), ["work"]);
        assert!(matches!(store.tag("a", &tags(&["two words"]), &[]), Err(StoreError::Tag(_))));
        let page = |skip| store.page(Some("work"), skip, 1).unwrap().into_iter().map(|i| i.id).collect::<String>();
        assert_eq!((page(0) + &page(1), store.count(Some("work")).unwrap()), ("ca".to_owned(), 2));
        assert_eq!((store.page(None, 1, 1).unwrap()[0].id.as_str(), store.count(None).unwrap()), ("b", 3));
        // Of many they are read in one go.
        store.tag("a", &tags(&["also"]), &[]).unwrap();
        (0..70).for_each(|n| drop(store.create_named(&format!("more-{n}"), "").unwrap()));
        let tagged = store.list().unwrap().into_iter().filter(|info| !info.tags.is_empty());
        let tagged: Vec<String> = tagged.map(|info| format!("{} {}", info.id, info.tags.join(","))).collect();
        assert_eq!(tagged, ["c work", "a also,work"]);
    }

    #[test]
    fn an_exported_session_comes_back_elsewhere_and_beside_itself() {
        let folder = tempfile::tempdir().unwrap();
        let (here, there) = (store(&folder, "here.db"), store(&folder, "there.db"));
        talk(&here);
        here.tag("talk", &["kept".to_owned()], &[]).unwrap();
        let record = here.export("talk").unwrap();
        assert_eq!(there.import(&record).unwrap(), "talk");
        let json = |record: &SessionRecord| serde_json::to_value(record).unwrap();
        assert_eq!(json(&there.export("talk").unwrap()), json(&record));
        assert_eq!(there.search("first", 5).unwrap().len(), 1);
        assert_eq!(there.import(&record).unwrap(), "talk-2");
        let mut bad = record.clone();
        bad.info.id = "../etc".into();
        assert!(matches!(there.import(&bad), Err(StoreError::Name(_))));
        let mut bad = record.clone();
        bad.questions.insert(0, "x".into());
        assert!(matches!(there.import(&bad), Err(StoreError::Import(_))));
        assert_eq!(there.count(None).unwrap(), 2);
    }

    #[test]
    fn a_sweep_takes_what_nobody_needs_and_nobody_holds() {
        let folder = tempfile::tempdir().unwrap();
        let store = store(&folder, "sessions.db");
        talk(&store);
        store.create_named("empty", "").unwrap();
        let held = store.create_named("held", "").unwrap();
        std::fs::write(folder.path().join("sessions.locks/gone"), "").unwrap();
        let swept = store.sweep().unwrap();
        assert_eq!((swept.sessions, swept.locks), (vec!["empty".to_owned()], 1));
        drop(held);
        assert_eq!(store.sweep().unwrap().sessions, ["held"]);
        assert_eq!(store.list().unwrap().len(), 1);
    }
}
