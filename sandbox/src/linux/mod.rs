//! Linux: namespaces, Landlock, seccomp and limits, raised by the worker program.

mod call;
mod files;
mod live;
mod reply;
mod uids;
mod zygote;

use crate::{Config, RunOutput, RunRequest, SandboxError, Wall};
use call::Bounds;
use files::Files;
use live::Live;
use std::{
    collections::HashMap,
    os::fd::AsFd,
    sync::{Arc, Mutex, PoisonError},
};
use tokio::{sync::Mutex as AsyncMutex, time::Instant};
use tokio_util::sync::CancellationToken;
use uids::Uids;
use zygote::Zygote;

/// Sessions of Python behind walls, all forked from one warm process.
#[derive(Debug)]
pub struct Sandbox {
    config: Config,
    /// For programs that run as root.
    uids: Option<Uids>,
    zygote: Mutex<Arc<Zygote>>,
    sessions: Mutex<HashMap<String, Arc<Session>>>,
}

#[derive(Debug, Default)]
struct Session {
    used: Mutex<Option<Instant>>,
    state: AsyncMutex<State>,
}

#[derive(Debug, Default)]
struct State {
    live: Option<Live>,
    files: Files,
    /// The caller of the last call did not wait for its end.
    given_up: bool,
}

impl Sandbox {
    /// Starts the warm process and makes sure, with one throwaway session, that the walls stand.
    /// Takes about as long as importing pandas and matplotlib.
    ///
    /// # Errors
    /// Names the wall, program or package that is missing. There is no way to go on without.
    pub async fn start(config: Config) -> Result<Sandbox, SandboxError> {
        let uids = nix::unistd::geteuid().is_root().then(Uids::find).transpose()?;
        let started = config.clone();
        let zygote = blocking(move || Zygote::start(&started)).await?;
        let sandbox = Sandbox { config, uids, zygote: Mutex::new(Arc::new(zygote)), sessions: Mutex::default() };
        sandbox.birth().await?;
        Ok(sandbox)
    }

    /// Every wall, up or down and why, as a fresh session finds them.
    pub async fn report(config: &Config) -> Vec<Wall> {
        let walls = async {
            let sandbox = Sandbox::start(config.clone()).await?;
            let live = sandbox.birth().await?;
            let python = sandbox.zygote.lock().unwrap_or_else(PoisonError::into_inner).python.clone();
            let packages = format!("{python} with the packages in {}", config.environment.display());
            Ok::<_, SandboxError>([vec![Wall::up("Python", packages)], live.walls.clone()].concat())
        };
        match walls.await {
            Ok(walls) => walls,
            Err(error) => vec![Wall::down(error.wall.as_deref().unwrap_or("Python"), error.message)],
        }
    }

    /// Runs code in a session, which begins with its first call and keeps its variables. A failure
    /// of the code is part of the output; the session can be used again after any of them.
    ///
    /// # Errors
    /// Only when no session can be had.
    pub async fn run(
        &self,
        session: &str,
        request: RunRequest,
        cancel: &CancellationToken,
    ) -> Result<RunOutput, SandboxError> {
        let session = self.session(session);
        let mut state = session.state.lock().await;
        let given_up = state.given_up;
        if state.live.is_none() {
            *state = State { live: Some(self.birth().await?), ..State::default() };
        }
        let mut output = self.call(&mut state, request, cancel).await;
        if given_up {
            output.notes.push("the call before this one was given up; variables of earlier calls are gone".to_owned());
        }
        *session.used.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now());
        Ok(output)
    }

    async fn call(&self, state: &mut State, request: RunRequest, cancel: &CancellationToken) -> RunOutput {
        // Taken out, so that a caller who gives up waiting leaves no half-done call behind.
        let Some(mut live) = state.live.take() else { return RunOutput::default() };
        state.given_up = true;
        // Not to be guessed, so that no answer can be prepared for a later call.
        let id = rand::random::<u64>();
        let timeout = request.timeout.unwrap_or(self.config.timeout);
        let frame = serde_json::json!({
            "id": id, "code": request.code, "tables": request.tables, "return_tables": request.return_tables,
        });
        let bounds = Bounds { timeout, output: self.config.output };
        let call = call::run(&mut live, frame.to_string().as_bytes(), bounds, cancel).await;
        let (mut output, alive) = reply::read(call, id, &self.config, timeout.as_secs_f64());
        let taken = state.files.take(live.work.as_fd());
        output.files = taken.files;
        output.notes.extend(taken.left);
        if alive {
            state.live = Some(live);
        }
        state.given_up = false;
        output
    }

    /// Ends a session; its variables and files are gone.
    pub async fn end(&self, session: &str) {
        let ended = self.sessions.lock().unwrap_or_else(PoisonError::into_inner).remove(session);
        if let Some(session) = ended {
            session.state.lock().await.live = None;
        }
    }

    /// The session of that name; a new one may push out the one idle for longest.
    fn session(&self, name: &str) -> Arc<Session> {
        let mut sessions = self.sessions.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(session) = sessions.get(name) {
            return session.clone();
        }
        if sessions.len() >= self.config.sessions {
            // One that is in a call, or about to be, is held by more than the map.
            let idle = sessions.iter().filter(|(_, s)| Arc::strong_count(s) == 1);
            let oldest = idle.min_by_key(|(_, s)| *s.used.lock().unwrap_or_else(PoisonError::into_inner));
            if let Some(oldest) = oldest.map(|(name, _)| name.clone()) {
                sessions.remove(&oldest);
            }
        }
        sessions.entry(name.to_owned()).or_default().clone()
    }

    /// A fresh session behind all its walls.
    async fn birth(&self) -> Result<Live, SandboxError> {
        let uid = self.uids.as_ref().map(Uids::take).transpose()?;
        let id = uid.as_ref().map(|uid| uid.id);
        let (zygote, config) = (self.zygote().await?, self.config.clone());
        let parent = zygote.clone();
        let newborn = blocking(move || live::birth(&zygote, &config.limits, id)).await?;
        Live::adopt(newborn, parent, uid)
    }

    /// The warm process, started anew when it died.
    async fn zygote(&self) -> Result<Arc<Zygote>, SandboxError> {
        let zygote = self.zygote.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if zygote.alive() {
            return Ok(zygote);
        }
        let config = self.config.clone();
        let fresh = Arc::new(blocking(move || Zygote::start(&config)).await?);
        *self.zygote.lock().unwrap_or_else(PoisonError::into_inner) = fresh.clone();
        Ok(fresh)
    }
}

/// Runs something that blocks for a while off the async threads.
async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, SandboxError> + Send + 'static,
) -> Result<T, SandboxError> {
    let joined = tokio::task::spawn_blocking(work).await;
    joined.unwrap_or_else(|e| Err(SandboxError::unavailable(None, format!("starting Python: {e}"))))
}
