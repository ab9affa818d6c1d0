//! Where runs are begun: each is a task of its own, which no connection holds.

use super::live::Live;
use crate::error::ApiError;
use crate::files::FileStore;
use axum::http::StatusCode;
use polymath_agent::session::{Session, SessionStore, StoreError};
use polymath_agent::{Agent, Answers, Chat, Kept, Said, Settings};
use polymath_chat::Event;
use polymath_model::engine::Sampling;
use serde::Deserialize;
use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// Runs at once; the engine has its own queue, this bounds memory.
const MOST_RUNS: usize = 64;
/// Characters of a question: more than any context holds is a file, not a question.
const LONGEST_QUESTION: usize = 200_000;
/// Files of one question.
const MOST_FILES: usize = 20;

/// What the own API works with.
pub struct Workspace {
    pub agent: Agent,
    pub store: SessionStore,
    /// Where the files of conversations go: a folder each.
    pub artifacts: PathBuf,
    /// Where uploaded files are kept: a folder each.
    pub uploads: PathBuf,
    /// Where files that clients of OpenAI's API leave are kept.
    pub files: PathBuf,
    /// Where the files of detached runs are (`ask --detach`).
    pub runs: PathBuf,
    /// What tells the agent's model from others of its name.
    pub model_from: String,
    /// Told of each conversation that is removed: what else is kept of it goes too.
    pub forget: Forget,
}

pub type Forget = Box<dyn Fn(&str) + Send + Sync>;

/// `POST /api/runs`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ask {
    pub question: String,
    /// A new one where none is given.
    #[serde(default)]
    pub session: Option<String>,
    /// Ids of uploads, or of files of OpenAI's API.
    #[serde(default)]
    pub files: Vec<String>,
}

/// What a run is held to beside the agent's own settings.
#[derive(Default)]
pub struct Terms {
    /// The tools that it may use; all where nothing is said.
    pub tools: Option<Vec<String>>,
    pub sampling: Option<Sampling>,
    /// Nobody is asked through its events: who began it has no way to answer.
    pub unattended: bool,
}

pub struct Desk {
    pub agent: Agent,
    pub store: SessionStore,
    pub uploads: PathBuf,
    pub files: FileStore,
    pub runs: PathBuf,
    pub forget: Forget,
    artifacts: PathBuf,
    model_from: String,
    /// By session: a conversation has one run at a time.
    live: Mutex<HashMap<String, Arc<Live>>>,
    tasks: TaskTracker,
    /// Cancelled when the server stops.
    pub stop: CancellationToken,
}

/// A turn that has begun and is not led yet.
struct Begun {
    session: Session,
    chat: Chat,
    turn: u32,
    question: String,
}

impl Desk {
    /// `stop` ends every run, which then keeps what it has.
    pub fn new(workspace: Workspace, stop: CancellationToken) -> Desk {
        let Workspace { agent, store, artifacts, uploads, files, runs, model_from, forget } = workspace;
        let files = FileStore::new(files);
        Desk {
            agent,
            store,
            uploads,
            files,
            runs,
            forget,
            artifacts,
            model_from,
            live: Mutex::default(),
            tasks: TaskTracker::new(),
            stop,
        }
    }

    pub fn live(&self, session: &str) -> Option<Arc<Live>> {
        self.lives().get(session).cloned()
    }

    fn lives(&self) -> MutexGuard<'_, HashMap<String, Arc<Live>>> {
        self.live.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Runs under way.
    pub fn running(&self) -> usize {
        self.lives().len()
    }

    /// Until every run has come to its end, once no more are begun.
    pub async fn settled(&self) {
        self.tasks.close();
        self.tasks.wait().await;
    }

    /// Begins a run: its question is on disk when this returns. Says in which session, and
    /// what is to be looked on.
    pub async fn start(self: &Arc<Self>, ask: Ask) -> Result<(String, Arc<Live>), ApiError> {
        self.start_with(ask, Terms::default()).await
    }

    /// The same on terms of its own.
    pub async fn start_with(self: &Arc<Self>, ask: Ask, terms: Terms) -> Result<(String, Arc<Live>), ApiError> {
        check(&ask)?;
        if self.lives().len() >= MOST_RUNS || self.stop.is_cancelled() {
            let message = format!("{MOST_RUNS} runs are under way, or the server is stopping; try again in a while");
            return Err(ApiError::new(StatusCode::TOO_MANY_REQUESTS, "too_many_runs", message));
        }
        let desk = self.clone();
        let (begun, notices) = blocking(move || desk.begin(ask)).await?;
        let (id, turn) = (begun.session.id().to_owned(), begun.turn);
        let live = Arc::new(Live::new(turn, self.stop.child_token()));
        notices.iter().for_each(|notice| live.push(notice));
        self.lives().insert(id.clone(), live.clone());
        // Out of the list and over, whatever becomes of the task.
        let ending = Ending { desk: self.clone(), id: id.clone(), live: live.clone() };
        self.tasks.spawn(lead(ending, begun, terms));
        Ok((id, live))
    }

    /// Everything that can be wrong with a question shows here, and leaves no trace.
    fn begin(&self, ask: Ask) -> Result<(Begun, Vec<Event>), ApiError> {
        let files = ask.files.iter().map(|id| self.uploaded(id)).collect::<Result<Vec<_>, _>>()?;
        let mut session = match &ask.session {
            Some(id) => self.store.resume(id)?,
            None => self.store.create(&ask.question)?,
        };
        session.make_with(self.agent.made(self.model_from.as_str()))?;
        let begin = |session: &mut Session| {
            let (mut chat, told) = session.resume()?;
            let mut notices: Vec<Event> = told.into_iter().map(|text| Event::Notice { text }).collect();
            for file in &files {
                let told = chat.give(file).map_err(|e| ApiError::invalid("files", format!("{e:#}")))?;
                notices.extend(told.into_iter().map(|text| Event::Notice { text }));
            }
            if !files.is_empty() {
                session.save(&chat)?;
            }
            let turn = session.begin(&ask.question)?;
            for notice in &notices {
                session.append(turn, notice)?;
            }
            Ok((chat, turn, notices))
        };
        match begin(&mut session) {
            Ok((chat, turn, notices)) => Ok((Begun { session, chat, turn, question: ask.question }, notices)),
            Err(error) => {
                let id = session.id().to_owned();
                drop(session);
                if ask.session.is_none() {
                    let _ = self.store.remove(&id);
                }
                Err(error)
            }
        }
    }

    /// The file of an upload.
    fn uploaded(&self, id: &str) -> Result<PathBuf, ApiError> {
        let unknown = || {
            let message = format!("there is no upload `{id}`; send the file to /api/uploads or /v1/files");
            ApiError::invalid("files", message)
        };
        if let Some(file) = self.files.find(id) {
            return self.files.path(&file).ok_or_else(unknown);
        }
        if id.is_empty() || !id.chars().all(|c| c.is_ascii_alphanumeric()) {
            return Err(unknown());
        }
        let mut files = std::fs::read_dir(self.uploads.join(id)).map_err(|_| unknown())?;
        files.find_map(|entry| Some(entry.ok()?.path())).ok_or_else(unknown)
    }

    /// Where files of this name's doings go.
    pub fn folder(&self, name: &str) -> PathBuf {
        self.artifacts.join(name)
    }

    /// The agent as a session has it: its files go to a folder of its own.
    fn agent_of(&self, session: &str, terms: Terms) -> Agent {
        let own = &self.agent.settings;
        let sampling = terms.sampling.unwrap_or_else(|| own.sampling.clone());
        let settings = Settings { out: self.folder(session), sampling, ..own.clone() };
        let tools = terms.tools.map_or_else(|| self.agent.tools.clone(), |names| self.agent.tools.just(&names));
        Agent { engine: self.agent.engine.clone(), tools, settings }
    }
}

/// Leads a turn to its end. Its failures are events.
async fn lead(ending: Ending, begun: Begun, terms: Terms) {
    let Begun { mut session, mut chat, turn, question } = begun;
    let live = ending.live.clone();
    let answers = (!terms.unattended).then(|| live.clone() as Arc<dyn Answers>);
    let agent = ending.desk.agent_of(&ending.id, terms);
    let mut show = |event: &Event| live.push(event);
    let mut steer = || live.take_said();
    let said = Said::Question(&question);
    let kept = Kept { store: &mut session, chat: &mut chat, turn, said, steer: &mut steer, answers };
    if let Err(error) = agent.turn_kept(kept, &mut show, live.cancel.clone()).await {
        tracing::warn!("turn {turn} of session {} failed: {error:#}", ending.id);
    }
}

/// Takes a run from the list when it is dropped: last, when the session is free again.
struct Ending {
    desk: Arc<Desk>,
    id: String,
    live: Arc<Live>,
}

impl Drop for Ending {
    fn drop(&mut self) {
        self.desk.lives().remove(&self.id);
        self.live.end();
    }
}

fn check(ask: &Ask) -> Result<(), ApiError> {
    check_words("question", &ask.question)?;
    if ask.files.len() > MOST_FILES {
        return Err(ApiError::invalid("files", format!("a question may bring {MOST_FILES} files; send fewer")));
    }
    Ok(())
}

/// What a model is to read, which the client sends as `field`: something, and no book.
pub fn check_words(field: &'static str, text: &str) -> Result<(), ApiError> {
    let length = text.chars().count();
    if text.trim().is_empty() {
        return Err(ApiError::invalid(field, format!("the {field} is empty; write one")));
    }
    if length > LONGEST_QUESTION {
        let message = format!("the {field} has {length} characters and {LONGEST_QUESTION} is the most; send a file");
        return Err(ApiError::invalid(field, message));
    }
    Ok(())
}

/// Runs what waits for the disk where it keeps nobody waiting.
pub async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, ApiError> + Send + 'static,
) -> Result<T, ApiError> {
    tokio::task::spawn_blocking(work).await.unwrap_or_else(|e| {
        let message = format!("the server failed at this: {e}; try again, and report it");
        Err(ApiError::new(StatusCode::INTERNAL_SERVER_ERROR, "internal_error", message))
    })
}

impl From<StoreError> for ApiError {
    fn from(error: StoreError) -> Self {
        let message = match (&error, error.hint()) {
            (StoreError::Full { .. } | StoreError::Gone { .. } | StoreError::ReadOnly { .. }, Some(hint)) => {
                format!("{error}; {hint}")
            }
            _ => error.to_string(),
        };
        let (status, code) = match error {
            StoreError::Unknown(_) | StoreError::Ambiguous { .. } => (StatusCode::NOT_FOUND, "unknown_session"),
            StoreError::Busy(_) => (StatusCode::CONFLICT, "session_busy"),
            StoreError::Exists(_) | StoreError::Name(_) | StoreError::Tag(_) => {
                (StatusCode::BAD_REQUEST, "session_name")
            }
            StoreError::Full { .. } => (StatusCode::INSUFFICIENT_STORAGE, "session_store"),
            StoreError::NoWords | StoreError::Import(_) => (StatusCode::BAD_REQUEST, "invalid_request"),
            StoreError::Foreign { .. }
            | StoreError::Damaged { .. }
            | StoreError::Gone { .. }
            | StoreError::ReadOnly { .. }
            | StoreError::File { .. }
            | StoreError::Database { .. }
            | StoreError::Record { .. } => (StatusCode::INTERNAL_SERVER_ERROR, "session_store"),
        };
        ApiError::new(status, code, message)
    }
}
