//! One session: its interpreter while it has one, and the journal that brings it back.

use super::{
    call::{self, Bounds},
    files::Files,
    journal::{Cell, Journal},
    live::Live,
    reply,
};
use crate::{Config, RunOutput, RunRequest, SandboxError, wire::GivenFile};
use std::{
    future::Future,
    os::fd::AsFd,
    sync::{Mutex, PoisonError},
    time::Duration,
};
use tokio::{sync::Mutex as AsyncMutex, time::Instant};
use tokio_util::sync::CancellationToken;

/// What running the journal again may take, whatever it took before.
const REBUILD: Duration = Duration::from_secs(120);
/// Time for one of its cells, beside four times what it took before.
const CELL: Duration = Duration::from_secs(5);
/// Interpreters that may be lost while the journal is run again.
const ATTEMPTS: usize = 3;

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
}

impl State {
    /// Makes sure of an interpreter with these files; `birth` makes one. Returns what the model
    /// should be told, if anything.
    pub async fn ready<F: Future<Output = Result<Live, SandboxError>>>(
        &mut self,
        files: &[GivenFile],
        config: &Config,
        birth: impl Fn() -> F,
        cancel: &CancellationToken,
    ) -> Result<Option<String>, SandboxError> {
        if self.given != files && self.live.take().is_some() {
            self.lost = Some("files were given");
        }
        if self.live.is_some() {
            return Ok(None);
        }
        self.given = files.to_vec();
        self.renew(birth().await?);
        let why = self.lost.take().unwrap_or("this session is an earlier one");
        match &self.journal {
            Some(journal) if !journal.is_empty() => {}
            _ => return Ok(None),
        }
        Ok(Some(format!("{why}: {}", self.rebuild(config, birth, cancel).await?)))
    }

    fn renew(&mut self, live: Live) {
        (self.live, self.files, self.fresh) = (Some(live), Files::default(), true);
    }

    /// Runs the journal again, in the fresh interpreter. Says how that went.
    async fn rebuild<F: Future<Output = Result<Live, SandboxError>>>(
        &mut self,
        config: &Config,
        birth: impl Fn() -> F,
        cancel: &CancellationToken,
    ) -> Result<String, SandboxError> {
        let until = Instant::now() + REBUILD;
        let (mut at, mut lost) = (0, 0);
        let Some(mut journal) = self.journal.take() else { return Ok(String::new()) };
        let long = journal.is_too_long();
        while let Some(cell) = journal.cells().get(at).cloned() {
            let left = until.saturating_duration_since(Instant::now());
            let timeout = left.min(CELL + Duration::from_secs_f64(cell.seconds * 4.0));
            if !left.is_zero()
                && !cancel.is_cancelled()
                && self.again(cell, journal.seed, config, timeout, cancel).await
            {
                at += 1;
                continue;
            }
            journal.forget(at);
            if self.live.is_none() {
                self.renew(birth().await?);
                (at, lost) = (0, lost + 1);
                if lost == ATTEMPTS {
                    break;
                }
            }
        }
        let left = journal.left_out();
        self.journal = Some(journal);
        if let Some(live) = &self.live {
            // What these cells wrote was handed out when they first ran.
            self.files.take(live.work.as_fd());
        }
        Ok(match (at, left) {
            _ if long => "it ran more than can be run again, so its variables are gone".to_owned(),
            (0, None) => "its earlier calls could not be run again, so its variables are gone".to_owned(),
            (0, Some(left)) => format!("its variables are gone; {left}"),
            (n, None) => format!("{n} earlier calls were run again, so its variables are back"),
            (n, Some(left)) => format!("{n} earlier calls were run again, so their variables are back; {left}"),
        })
    }

    /// Runs a cell of the journal once more; whether it went well. Its pictures are not drawn again.
    async fn again(
        &mut self,
        cell: Cell,
        seed: u64,
        config: &Config,
        timeout: Duration,
        cancel: &CancellationToken,
    ) -> bool {
        let Some(mut live) = self.live.take() else { return false };
        let id = rand::random::<u64>();
        let frame = serde_json::json!({
            "id": id, "code": cell.code, "tables": cell.tables, "return_tables": [], "replay": true, "cell": cell.number,
            "seed": std::mem::take(&mut self.fresh).then_some(seed),
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
        let cell = journal.begin(&request.code, &request.tables);
        let frame = serde_json::json!({
            "id": id, "code": request.code, "tables": request.tables, "return_tables": request.return_tables,
            "svg": request.svg, "seed": std::mem::take(&mut self.fresh).then_some(journal.seed), "cell": cell,
        });
        let began = Instant::now();
        // Kept here while the call runs, and not lost with it.
        self.journal = Some(journal);
        let bounds = Bounds { timeout, output: config.output };
        let call = call::run(&mut live, frame.to_string().as_bytes(), bounds, cancel).await;
        let (mut output, alive) = reply::read(call, id, config, timeout.as_secs_f64());
        if let Some(journal) = &mut self.journal {
            journal.end(alive && output.error.is_none(), began.elapsed().as_secs_f64());
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
