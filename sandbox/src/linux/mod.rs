//! Linux: namespaces, Landlock, seccomp, control groups and limits, raised by the worker program.

mod call;
mod cgroups;
mod files;
mod journal;
mod leftovers;
mod live;
mod pidfd;
mod reduced;
mod reply;
mod session;
mod uids;
mod zygote;

use crate::{
    Config, RunOutput, RunRequest, SandboxError, Wall,
    wire::{GivenFile, Ground, NAMESPACES, SessionPlan},
};
use cgroups::Groups;
use journal::Journal;
use live::{Kept, Live};
use polymath_chat::plain::escaped;
use reduced::Place;
use session::Session;
use std::{
    collections::HashMap,
    io,
    path::Path,
    sync::{Arc, Mutex, PoisonError, Weak},
    time::Duration,
};
use tokio_util::sync::CancellationToken;
use uids::Uids;
use zygote::Warm;

/// How often the warm process is looked at.
const WATCH: Duration = Duration::from_millis(500);
/// How long after a failure another one is tried.
const AGAIN: Duration = Duration::from_secs(10);

type Sessions = Mutex<HashMap<String, Arc<Session>>>;

/// Sessions of Python behind walls, all forked from one warm process.
#[derive(Debug)]
pub struct Sandbox {
    config: Config,
    /// For programs that run as root.
    uids: Option<Uids>,
    groups: Groups,
    /// For root without namespaces.
    reduced: Option<Place>,
    warm: Arc<Warm>,
    sessions: Arc<Sessions>,
}

impl Sandbox {
    /// Starts the warm process and makes sure, with one throwaway session, that the walls stand.
    /// Takes about as long as importing pandas and matplotlib.
    ///
    /// # Errors
    /// Names the wall, program or package that is missing. There is no way to go on without.
    pub async fn start(config: Config) -> Result<Sandbox, SandboxError> {
        let uids = nix::unistd::geteuid().is_root().then(Uids::find).transpose()?;
        let (warm, groups) = {
            let config = config.clone();
            blocking(move || {
                let ended = leftovers::end_orphans();
                Ok((Warm::start(&config)?, Groups::find(&config.limits, ended > 0)))
            })
            .await?
        };
        let mut sandbox =
            Sandbox { config, uids, groups, reduced: None, warm: Arc::new(warm), sessions: Arc::default() };
        match sandbox.birth(&[], &[]).await {
            Ok(_) => {}
            // Not for an ordinary user, who has no other user to become and would stay among their own processes.
            Err(error) if error.wall.as_deref() == Some(NAMESPACES) && sandbox.uids.is_some() => {
                sandbox.reduced = Some(Place::find(sandbox.config.work.as_deref(), &sandbox.config.limits)?);
                sandbox.birth(&[], &[]).await?;
            }
            Err(error) => return Err(error),
        }
        tokio::spawn(watch(Arc::downgrade(&sandbox.warm), sandbox.config.clone()));
        tokio::spawn(put_idle_ones_away(Arc::downgrade(&sandbox.sessions), sandbox.config.idle));
        Ok(sandbox)
    }

    /// Every wall, up or down and why, as a fresh session finds them.
    pub async fn report(config: &Config) -> Vec<Wall> {
        let walls = async {
            let sandbox = Sandbox::start(config.clone()).await?;
            let live = sandbox.birth(&[], &[]).await?;
            let packages = format!("{} with the packages in {}", sandbox.warm.python(), config.environment.display());
            Ok::<_, SandboxError>(
                [vec![Wall::up("Python", packages)], live.walls.clone(), vec![sandbox.groups.wall()]].concat(),
            )
        };
        match walls.await {
            Ok(walls) => walls,
            Err(error) => vec![Wall::down(error.wall.as_deref().unwrap_or("Python"), error.message)],
        }
    }

    /// Runs code in a session, which begins with its first call and keeps its variables. A failure
    /// of the code is part of the output; the session can be used again after any of them, and its
    /// variables come back by running its earlier calls again.
    ///
    /// # Errors
    /// Only when no session can be had: no walls, or another process holds the session.
    pub async fn run(
        &self,
        name: &str,
        request: RunRequest,
        cancel: &CancellationToken,
    ) -> Result<RunOutput, SandboxError> {
        let session = self.session(name);
        let mut state = session.state.lock().await;
        if state.journal.is_none() {
            state.journal = Some(self.journal(name)?);
        }
        let files = &request.files;
        let birth = async |later: Vec<String>| self.birth(files, &later).await;
        let told = state.ready(files, &self.config, birth, cancel).await?;
        let mut output = state.call(request, &self.config, cancel).await;
        output.notes.splice(0..0, told);
        session.touch();
        Ok(output)
    }

    /// Ends a session; its variables, files and journal are gone.
    pub async fn end(&self, name: &str) {
        let ended = self.sessions.lock().unwrap_or_else(PoisonError::into_inner).remove(name);
        if let Some(session) = ended {
            *session.state.lock().await = session::State::default();
        }
        if let Some(folder) = &self.config.journals {
            Self::forget(folder, name);
        }
    }

    /// Removes a session's journal from the folder of journals.
    pub fn forget(journals: &Path, name: &str) {
        let _ = std::fs::remove_file(journal::path(journals, name));
    }

    fn journal(&self, name: &str) -> Result<Journal, SandboxError> {
        let Some(folder) = &self.config.journals else { return Ok(Journal::in_memory()) };
        Journal::open(folder, name).map_err(|e| {
            let message = match e.kind() {
                io::ErrorKind::WouldBlock => format!("another polymath is using session {name}"),
                _ => format!("the journal of session {name} in {}: {e}", folder.display()),
            };
            SandboxError::unavailable(None, message)
        })
    }

    /// The session of that name; a new one may push the interpreter out that was idle for longest.
    fn session(&self, name: &str) -> Arc<Session> {
        let mut sessions = self.sessions.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(session) = sessions.get(name) {
            return session.clone();
        }
        let has_one = |s: &&Arc<Session>| s.state.try_lock().map_or(true, |state| state.live.is_some());
        let with: Vec<&Arc<Session>> = sessions.values().filter(has_one).collect();
        if with.len() >= self.config.sessions {
            // One that is in a call, or about to be, is held by more than the map.
            let idle = with.into_iter().filter(|s| Arc::strong_count(s) == 1);
            if let Some(oldest) = idle.min_by_key(|s| s.used()) {
                oldest.put_away();
            }
        }
        sessions.entry(name.to_owned()).or_default().clone()
    }

    /// A fresh interpreter behind all its walls, with these files; those that `later` names are to be revealed.
    async fn birth(&self, files: &[GivenFile], later: &[String]) -> Result<Live, SandboxError> {
        let uid = self.uids.as_ref().map(Uids::take).transpose()?;
        let id = uid.as_ref().map(|uid| uid.id);
        let (warm, groups, place) = (self.warm.clone(), self.groups.clone(), self.reduced.clone());
        let (config, files, later) = (self.config.clone(), files.to_vec(), later.to_vec());
        let (newborn, kept) = blocking(move || {
            let failed = |what: &str, e: io::Error| SandboxError::unavailable(None, format!("{what}: {e}"));
            let refused = |file: &GivenFile, e: io::Error| {
                failed(&format!("the file {}", escaped(&file.path.display().to_string())), e)
            };
            let zygote = warm.zygote(&config)?;
            let group = groups.take(&config.limits).map_err(|e| failed("making control groups for a session", e))?;
            let open = |file: &GivenFile| files::open_given(file, later.contains(&file.name));
            let opened = files.iter().map(|file| open(file).map_err(|e| refused(file, e)));
            let mut opened = opened.collect::<Result<Vec<_>, _>>()?;
            let make = |place: &Place| place.make(id.unwrap_or_default(), &mut opened);
            let work = place.as_ref().map(make).transpose().map_err(|e| failed("making a work directory", e))?;
            let ground = match &work {
                Some(work) => Ground::Reduced { work: work.path().to_owned() },
                None => Ground::Namespaces,
            };
            let files = opened.iter().map(|(seen, _)| seen.clone()).collect();
            let plan = SessionPlan { limits: config.limits.clone(), uid: id, ground, files };
            let kept = Kept { _uid: uid, group, _work: work, zygote };
            Ok((live::birth(&plan, &kept)?, kept))
        })
        .await?;
        Live::adopt(newborn, kept)
    }
}

/// Looks after the warm process for as long as the sandbox is there, so that no session has to wait for
/// one that was stopped or ended from outside.
async fn watch(warm: Weak<Warm>, config: Config) {
    let mut often = tokio::time::interval(WATCH);
    loop {
        often.tick().await;
        let Some(warm) = warm.upgrade() else { return };
        if warm.is_well() {
            continue;
        }
        let config = config.clone();
        if !tokio::task::spawn_blocking(move || warm.renew(&config)).await.unwrap_or(false) {
            tokio::time::sleep(AGAIN).await;
        }
    }
}

/// Ends interpreters that were not used for `idle`, for as long as the sandbox is there.
async fn put_idle_ones_away(sessions: Weak<Sessions>, idle: Duration) {
    let mut often = tokio::time::interval((idle / 8).max(Duration::from_millis(50)));
    loop {
        often.tick().await;
        let Some(sessions) = sessions.upgrade() else { return };
        let all: Vec<Arc<Session>> =
            sessions.lock().unwrap_or_else(PoisonError::into_inner).values().cloned().collect();
        all.iter().filter(|s| s.used().is_some_and(|used| used.elapsed() >= idle)).for_each(|s| s.put_away());
    }
}

/// Runs something that blocks for a while off the async threads.
async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, SandboxError> + Send + 'static,
) -> Result<T, SandboxError> {
    let joined = tokio::task::spawn_blocking(work).await;
    joined.unwrap_or_else(|e| Err(SandboxError::unavailable(None, format!("starting Python: {e}"))))
}
