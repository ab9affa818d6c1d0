//! The file of all conversations: begin, find, list, export, remove.

use super::database::{Database, Use};
use super::error::StoreError;
use super::held::Session;
use super::record::{SessionInfo, SessionRecord, now, title_of};
use super::schema::explain;
use super::under_way::is_held;
use chrono::Utc;
use polymath_chat::Event;
use polymath_tools::browser::unpacked;
use rusqlite::{OptionalExtension, params};
use std::{
    collections::{BTreeMap, BTreeSet},
    fs::{File, TryLockError},
    hash::{BuildHasher, RandomState},
    path::{Path, PathBuf},
    sync::Arc,
};

/// The file of all conversations. Its calls block for the length of a commit.
#[derive(Clone)]
pub struct SessionStore {
    pub(super) database: Arc<Database>,
}

impl SessionStore {
    /// Opens the database at `path`, making it and its directory where they don't exist.
    ///
    /// A damaged one is set aside, and what can be read of it is in the new one: see
    /// [`SessionStore::notice`]. A link is not followed.
    ///
    /// Errors: `Foreign` for a file that is no database, another program's or a newer polymath's; `File` and `Database` for what the system refuses.
    pub fn open(path: &Path) -> Result<Self, StoreError> {
        Ok(SessionStore { database: Arc::new(Database::open(path, Use::Write)?) })
    }

    /// As `open`, to look at conversations and go on with none: a large file is not checked for damage as a
    /// whole, and damage is then an error of what meets it.
    pub fn open_to_read(path: &Path) -> Result<Self, StoreError> {
        Ok(SessionStore { database: Arc::new(Database::open(path, Use::Read)?) })
    }

    /// What became of a damaged file that stood in this one's place: for the user.
    pub fn notice(&self) -> Option<&str> {
        self.database.notice.as_deref()
    }

    /// Begins a conversation under a new name that sorts by time. Without a title it gets that of its
    /// first question.
    pub fn create(&self, title: &str) -> Result<Session, StoreError> {
        loop {
            let random = RandomState::new().hash_one(std::process::id()) % 36u64.pow(4);
            let id = format!("{}-{}", Utc::now().format("%Y%m%d-%H%M%S"), base36(random));
            match self.create_named(&id, title) {
                Err(StoreError::Exists(_)) => continue,
                other => return other,
            }
        }
    }

    /// Begins a conversation under a name of the caller's. Errors: `Name`, `Exists`, `Busy`.
    pub fn create_named(&self, id: &str, title: &str) -> Result<Session, StoreError> {
        check_name(id)?;
        let session = self.hold(id)?;
        let (title, now) = (title_of(title), now());
        let added = self.database.write(|t| {
            t.execute(
                "INSERT INTO session (id, title, created, updated) VALUES (?1, ?2, ?3, ?3) ON CONFLICT DO NOTHING",
                params![id, title, now],
            )
        })?;
        if added == 0 { Err(StoreError::Exists(id.to_owned())) } else { Ok(session) }
    }

    /// Goes on with a conversation. Errors: `Unknown`, `Ambiguous`, and `Busy` while another
    /// process (or another handle of this one) holds it.
    pub fn resume(&self, id: &str) -> Result<Session, StoreError> {
        let id = self.find(id)?;
        self.hold(&id)
    }

    /// The session of that name, or the one whose name begins so.
    pub fn find(&self, prefix: &str) -> Result<String, StoreError> {
        check_name(prefix).map_err(|_| StoreError::Unknown(prefix.to_owned()))?;
        let connection = self.database.connection();
        let exact = connection
            .query_row("SELECT id FROM session WHERE id = ?1", [prefix], |row| row.get(0))
            .optional()
            .map_err(|e| explain(&self.database.path, e))?;
        if let Some(id) = exact {
            return Ok(id);
        }
        let mut ids = self.database.rows(
            &connection,
            "SELECT id FROM session WHERE substr(id, 1, length(?1)) = ?1 ORDER BY id LIMIT 6",
            prefix,
        )?;
        match ids.len() {
            0 => Err(StoreError::Unknown(prefix.to_owned())),
            1 => Ok(ids.swap_remove(0)),
            _ => Err(StoreError::Ambiguous { prefix: prefix.to_owned(), ids }),
        }
    }

    /// All sessions, the one used last first.
    pub fn list(&self) -> Result<Vec<SessionInfo>, StoreError> {
        self.page(None, 0, usize::MAX)
    }

    /// Some of the sessions (with that tag), the one used last first.
    pub fn page(&self, tag: Option<&str>, skip: usize, limit: usize) -> Result<Vec<SessionInfo>, StoreError> {
        let number = |n: usize| i64::try_from(n).unwrap_or(i64::MAX);
        let (skip, limit) = (number(skip), number(limit));
        match tag {
            None => self.database.infos("ORDER BY updated DESC, id DESC LIMIT ?1 OFFSET ?2", &[&limit, &skip]),
            Some(tag) => self.database.infos(
                "WHERE id IN (SELECT session FROM tag WHERE name = ?3)
                 ORDER BY updated DESC, id DESC LIMIT ?1 OFFSET ?2",
                &[&limit, &skip, &tag],
            ),
        }
    }

    /// What was asked in the sessions used last, those of `id` at the end: the latest last, `most` of
    /// them.
    pub fn asked(&self, id: &str, most: usize) -> Result<Vec<String>, StoreError> {
        let connection = self.database.connection();
        let sql = format!(
            "SELECT text FROM (
                SELECT text, session = ?1 AS own, updated, turn FROM question JOIN session ON session = id
                WHERE session = ?1 OR session IN (SELECT id FROM session ORDER BY updated DESC LIMIT {most})
                ORDER BY own DESC, updated DESC, turn DESC LIMIT {most}
             ) ORDER BY own, updated, turn"
        );
        self.database.rows(&connection, &sql, id)
    }

    /// How many sessions there are (with that tag).
    pub fn count(&self, tag: Option<&str>) -> Result<usize, StoreError> {
        let sql = match tag {
            None => "SELECT count(*) FROM session WHERE ?1 = ''",
            Some(_) => "SELECT count(*) FROM tag WHERE name = ?1",
        };
        let connection = self.database.connection();
        let count: i64 = connection
            .query_row(sql, [tag.unwrap_or_default()], |row| row.get(0))
            .map_err(|e| explain(&self.database.path, e))?;
        Ok(usize::try_from(count).unwrap_or(0))
    }

    /// Removes a session for good. Errors: `Unknown`, `Ambiguous`, `Busy`.
    pub fn remove(&self, id: &str) -> Result<String, StoreError> {
        let session = self.resume(id)?;
        let id = session.id().to_owned();
        session.discard()?;
        Ok(id)
    }

    /// Removes a session in which nothing was asked and nothing is: for who holds it and is about to end.
    pub fn discard_empty(&self, id: &str) -> Result<(), StoreError> {
        let sql = "DELETE FROM session WHERE id = ?1 AND turns = 0 AND bytes = 0";
        self.database.write(|t| t.execute(sql, [id])).map(drop)
    }

    /// Everything about a session; it may be in use.
    pub fn export(&self, id: &str) -> Result<SessionRecord, StoreError> {
        let id = self.find(id)?;
        let info = self.database.info(&id)?.ok_or_else(|| StoreError::Unknown(id.clone()))?;
        let connection = self.database.connection();
        Ok(SessionRecord {
            info,
            chat: self.database.chat(&connection, &id)?,
            questions: self.database.questions(&connection, &id)?,
            taken_back: self.database.taken_back(&connection, &id)?,
            made: self.database.made(&connection, &id)?,
            events: self.database.events(&connection, &id)?,
            pages: BTreeMap::new(),
        })
    }

    /// The bytes of a page as it came, by the name that its [`Retrieval`](polymath_chat::Retrieval) and citations have
    /// for it; `None` where they are not kept.
    ///
    /// # Errors
    /// `Damaged` where others stand in their place.
    pub fn page_bytes(&self, page: &str) -> Result<Option<Vec<u8>>, StoreError> {
        let Some(packed) = self.database.page(page)? else { return Ok(None) };
        let damaged = || StoreError::Damaged {
            path: self.database.path.clone(),
            why: format!("the page {page} has other bytes than its name says"),
        };
        unpacked(page, &packed).map(Some).ok_or_else(damaged)
    }

    /// The events of one turn as far as they are kept: less work than [`SessionStore::export`], for who follows it.
    pub fn events_of(&self, id: &str, turn: u32) -> Result<Vec<Event>, StoreError> {
        let told = self.database.events_of(&self.database.connection(), id, turn)?;
        Ok(told.into_iter().map(|told| told.event).collect())
    }

    /// Whether a turn of the session of this very name is under way, in whichever process.
    pub fn is_under_way(&self, id: &str) -> bool {
        check_name(id).is_ok() && is_held(&self.database.turn_path(id))
    }

    /// The sessions of which a turn is under way.
    pub fn under_way(&self) -> BTreeSet<String> {
        let turns = std::fs::read_dir(self.database.path.with_extension("turns")).into_iter().flatten().flatten();
        turns.filter_map(|entry| entry.file_name().into_string().ok()).filter(|id| self.is_under_way(id)).collect()
    }

    pub(super) fn lock_path(&self, id: &str) -> PathBuf {
        self.database.path.with_extension("locks").join(id)
    }

    pub(super) fn hold(&self, id: &str) -> Result<Session, StoreError> {
        let path = self.lock_path(id);
        let failed = |cause| StoreError::File { path: path.clone(), cause };
        if let Some(directory) = path.parent() {
            std::fs::create_dir_all(directory).map_err(failed)?;
        }
        let lock = File::options().create(true).truncate(false).write(true).open(&path).map_err(failed)?;
        match lock.try_lock() {
            Ok(()) => Ok(Session::new(self.database.clone(), id, lock)),
            Err(TryLockError::WouldBlock) => Err(StoreError::Busy(id.to_owned())),
            Err(TryLockError::Error(e)) => Err(failed(e)),
        }
    }
}

fn base36(mut n: u64) -> String {
    let mut out = [b'0'; 4];
    for digit in out.iter_mut().rev() {
        *digit = b"0123456789abcdefghijklmnopqrstuvwxyz"[(n % 36) as usize];
        n /= 36;
    }
    out.iter().map(|b| char::from(*b)).collect()
}

/// Names are also names of lock files.
fn check_name(id: &str) -> Result<(), StoreError> {
    let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
    if (1..=64).contains(&id.len()) && id.chars().all(fits) && !id.starts_with('.') {
        return Ok(());
    }
    Err(StoreError::Name(id.chars().take(64).collect()))
}
