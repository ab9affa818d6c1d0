//! One session: its interpreter while it has one, and the journal that brings it back.

use super::{
    call::{self, Bounds},
    files::Files,
    journal::{Cell, Journal},
    live::Live,
    reply,
};
use crate::{Config, RunOutput, RunRequest, SandboxError, wire::GivenFile};
use polymath_chat::plain::escaped;
use std::{
    future::Future,
    os::fd::AsFd,
    sync::{Mutex, PoisonError},
    time::{Duration, SystemTime, UNIX_EPOCH},
};
use tokio::{sync::Mutex as AsyncMutex, time::Instant};
use tokio_util::sync::CancellationToken;

/// What running the journal again may take in all; each of its cells may take what it could before.
const REBUILD: Duration = Duration::from_secs(120);
/// Interpreters that may be lost while the journal is run again.
const ATTEMPTS: usize = 3;
/// What is told of variables that are back.
const NOT_BACK: &str = " (not back are open files, threads, and the times of files)";

/// Seconds of Unix time.
fn now() -> f64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0.0, |since| since.as_secs_f64())
}

/// A named session of a sandbox.
#[derive(Debug, Default)]
pub struct Session {
    used: Mutex<Option<Instant>>,
    pub state: AsyncMutex<State>,
}

impl Session {
    pub fn touch(&self) {
        *self.used.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now());
    }

    /// When it was last used; `None` before its first call ended.
    pub fn used(&self) -> Option<Instant> {
        *self.used.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Ends an interpreter that nobody is using, which the journal brings back.
    pub fn put_away(&self) {
        if let Ok(mut state) = self.state.try_lock()
            && state.live.take().is_some()
        {
            state.lost = Some("the interpreter had been put away");
        }
    }
}

/// What a session is made of.
#[derive(Debug, Default)]
pub struct State {
    pub live: Option<Live>,
    /// Opened by the first call.
    pub journal: Option<Journal>,
    /// Files the code wrote, taken out already.
    files: Files,
    /// Files of the user's that this interpreter has.
    given: Vec<GivenFile>,
    /// Why there is no interpreter, when there was one.
    lost: Option<&'static str>,
    /// Whether the interpreter has run nothing yet.
    fresh: bool,
    /// Names of given files that the code does not find yet.
    later: Vec<String>,
}

impl State {
    /// Makes sure of an interpreter with these files; `birth` makes one. Returns what the model
    /// should be told, if anything.
    ///
    /// What `birth` gets are the names of files that the first of the cells to be run again did not have: such a file
    /// is there once a cell comes that had it, or the session's next call.
    pub async fn ready<F: Future<Output = Result<Live, SandboxError>>>(
        &mut self,
        files: &[GivenFile],
        config: &Config,
        birth: impl Fn(Vec<String>) -> F,
        cancel: &CancellationToken,
    ) -> Result<Option<String>, SandboxError> {
        if self.given != files && self.live.take().is_some() {
            self.lost = Some("files were given");
        }
        if self.live.is_some() {
            return Ok(None);
        }
        self.given = files.to_vec();
        self.renew(&birth).await?;
        let why = self.lost.take().unwrap_or("this session is an earlier one");
        match &self.journal {
            Some(journal) if !journal.is_empty() => {}
            _ => return Ok(None),
        }
        Ok(Some(format!("{why}: {}", self.rebuild(config, birth, cancel).await?)))
    }

    /// A fresh interpreter.
    async fn renew<F: Future<Output = Result<Live, SandboxError>>>(
        &mut self,
        birth: impl Fn(Vec<String>) -> F,
    ) -> Result<(), SandboxError> {
        let first = self.journal.as_ref().and_then(|journal| journal.cells().first());
        let names = self.given.iter().map(|file| file.name.clone());
        let later: Vec<String> = match first.and_then(|cell| cell.files.as_ref()) {
            Some(had) => names.filter(|name| !had.contains(name)).collect(),
            None => Vec::new(),
        };
        let live = birth(later.clone()).await?;
        (self.live, self.files, self.fresh, self.later) = (Some(live), Files::default(), true, later);
        Ok(())
    }

    /// Puts the files that are not there yet where the code finds them: those that `had` names, or all.
    fn reveal(&mut self, had: Option<&[String]>) -> Result<(), SandboxError> {
        let Some(live) = &self.live else { return Ok(()) };
        let (now, later) = std::mem::take(&mut self.later)
            .into_iter()
            .partition(|name: &String| had.is_none_or(|had| had.contains(name)));
        self.later = later;
        for file in self.given.iter().filter(|file| now.contains(&file.name)) {
            live.reveal(file).map_err(|e| {
                let name = escaped(&file.name);
                SandboxError::unavailable(None, format!("giving {name} to a session that goes on: {e}"))
            })?;
        }
        Ok(())
    }

    /// Runs the journal again, in the fresh interpreter. Says how that went.
    async fn rebuild<F: Future<Output = Result<Live, SandboxError>>>(
        &mut self,
        config: &Config,
        birth: impl Fn(Vec<String>) -> F,
        cancel: &CancellationToken,
    ) -> Result<String, SandboxError> {
        let until = Instant::now() + REBUILD;
        let (mut at, mut lost) = (0, 0);
        let long = self.journal.as_ref().is_some_and(Journal::is_too_long);
        while let Some(cell) = self.journal.as_ref().and_then(|journal| journal.cells().get(at).cloned()) {
            let left = until.saturating_duration_since(Instant::now());
            let why = if cancel.is_cancelled() {
                "was not run again, since the call was cancelled"
            } else if left.is_zero() {
                "was not run again: all of them take too long"
            } else {
                self.reveal(cell.files.as_deref())?;
                let own = Duration::try_from_secs_f64(cell.limit).ok().filter(|own| !own.is_zero());
                let own = own.unwrap_or(config.timeout);
                if self.again(cell, config, left.min(own), cancel).await {
                    at += 1;
                    continue;
                }
                "did not work this time"
            };
            if let Some(journal) = &mut self.journal {
                journal.forget(at, why);
            }
            if self.live.is_none() {
                self.renew(&birth).await?;
                (at, lost) = (0, lost + 1);
                if lost == ATTEMPTS {
                    break;
                }
            }
        }
        self.reveal(None)?;
        let left = self.journal.as_ref().and_then(Journal::left_out);
        if let Some(live) = &self.live {
            // What these cells wrote was handed out when they first ran.
            self.files.take(live.work.as_fd());
        }
        Ok(match (at, left) {
            _ if long => "it ran more than can be run again, so its variables are gone".to_owned(),
            (0, None) => "its earlier calls could not be run again, so its variables are gone".to_owned(),
            (0, Some(left)) => format!("its variables are gone; {left}"),
            (n, None) => format!("{n} earlier calls were run again, so its variables are back{NOT_BACK}"),
            (n, Some(left)) => {
                format!("{n} earlier calls were run again, so their variables are back{NOT_BACK}; {left}")
            }
        })
    }

    /// Runs a cell of the journal once more, with what it had: its tables, its time, its clock. Whether it went well.
    /// Its pictures are not drawn again.
    async fn again(&mut self, cell: Cell, config: &Config, timeout: Duration, cancel: &CancellationToken) -> bool {
        let (Some(mut live), Some(journal)) = (self.live.take(), &self.journal) else { return false };
        let id = rand::random::<u64>();
        let at = if cell.at > 0.0 { cell.at } else { now() };
        let frame = serde_json::json!({
            "id": id, "code": cell.code, "tables": cell.tables, "return_tables": [], "replay": true, "cell": cell.number,
            "at": at, "entropy": journal.entropy(cell.number),
            "seed": std::mem::take(&mut self.fresh).then_some(journal.seed),
        });
        let bounds = Bounds { timeout, output: config.output };
        let call = call::run(&mut live, frame.to_string().as_bytes(), bounds, cancel).await;
        let (output, alive) = reply::read(call, id, config, timeout.as_secs_f64());
        if alive {
            self.live = Some(live);
        }
        alive && output.error.is_none()
    }

    /// Runs a request in the interpreter, and keeps it in the journal.
    pub async fn call(&mut self, request: RunRequest, config: &Config, cancel: &CancellationToken) -> RunOutput {
        // Taken out, so that a caller who gives up waiting leaves no half-done call behind.
        let (Some(mut live), Some(mut journal)) = (self.live.take(), self.journal.take()) else {
            return RunOutput::default();
        };
        self.lost = Some("the call before this one was given up");
        // Not to be guessed, so that no answer can be prepared for a later call.
        let id = rand::random::<u64>();
        let timeout = request.timeout.unwrap_or(config.timeout);
        let at = now();
        let cell = journal.begin(Cell {
            code: request.code.clone(),
            tables: request.tables.clone(),
            files: Some(request.files.iter().map(|file| file.name.clone()).collect()),
            limit: timeout.as_secs_f64(),
            at,
            number: 0,
        });
        let frame = serde_json::json!({
            "id": id, "code": request.code, "tables": request.tables, "return_tables": request.return_tables,
            "svg": request.svg, "cell": cell, "at": at, "entropy": journal.entropy(cell),
            "seed": std::mem::take(&mut self.fresh).then_some(journal.seed),
        });
        // Kept here while the call runs, and not lost with it.
        self.journal = Some(journal);
        let bounds = Bounds { timeout, output: config.output };
        let call = call::run(&mut live, frame.to_string().as_bytes(), bounds, cancel).await;
        let (mut output, alive) = reply::read(call, id, config, timeout.as_secs_f64());
        if let Some(journal) = &mut self.journal {
            journal.end(alive && output.error.is_none());
        }
        let taken = self.files.take(live.work.as_fd());
        output.files = taken.files;
        output.notes.extend(taken.left);
        self.lost = (!alive).then_some("the interpreter had been restarted");
        if alive {
            self.live = Some(live);
        }
        output
    }
}
