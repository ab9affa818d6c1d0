//! The warm process that sessions are forked from, and the road to it.

use super::leftovers;
use crate::{
    Config, SandboxError, packet,
    wire::{SessionPlan, ZygotePlan, ZygoteReply},
};
use nix::{
    sys::{
        signal::{Signal, kill},
        socket::{setsockopt, sockopt::ReceiveTimeout},
    },
    unistd::Pid,
};
use std::{
    fs,
    io::{self, Read},
    os::{
        fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd, RawFd},
        unix::process::CommandExt,
    },
    process::{Child, Command, Stdio},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

/// The first import of the packages compiles them; on a slow disk that takes its time.
const WARM_UP: Duration = Duration::from_secs(120);
/// Any later answer is a matter of milliseconds.
const ANSWER: Duration = Duration::from_secs(10);
/// How often one that does not answer is looked at meanwhile.
const LOOK: Duration = Duration::from_millis(200);
/// From this age on another takes its place.
const OLD: Duration = Duration::from_secs(3600);

/// The warm process of the moment, replaced when it died and when it has grown old.
#[derive(Debug)]
pub struct Warm {
    state: Mutex<State>,
    /// Held by the thread that starts the next one.
    renewing: Mutex<()>,
}

#[derive(Debug)]
struct State {
    zygote: Arc<Zygote>,
    forks: u32,
    since: Instant,
}

impl State {
    fn new(zygote: Zygote) -> Self {
        State { zygote: Arc::new(zygote), forks: 0, since: Instant::now() }
    }

    fn is_young(&self, config: &Config) -> bool {
        self.zygote.is_well() && self.forks <= config.forks && self.since.elapsed() < OLD
    }
}

impl Warm {
    /// Blocks until the packages are imported.
    pub fn start(config: &Config) -> Result<Self, SandboxError> {
        Ok(Warm { state: Mutex::new(State::new(Zygote::start(config)?)), renewing: Mutex::default() })
    }

    pub fn python(&self) -> String {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).zygote.python.clone()
    }

    /// The process to fork from. An old one goes on for as long as its successor takes to start.
    pub fn zygote(self: &Arc<Self>, config: &Config) -> Result<Arc<Zygote>, SandboxError> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.zygote.wake();
        if !state.zygote.alive() || state.zygote.is_stopped() {
            *state = State::new(Zygote::start(config)?);
        }
        state.forks += 1;
        let zygote = state.zygote.clone();
        let old = !state.is_young(config);
        drop(state);
        if old {
            let (warm, config) = (self.clone(), config.clone());
            std::thread::spawn(move || warm.renew(&config));
        }
        Ok(zygote)
    }

    /// Whether the process runs and was not stopped. One that was stopped goes on, and is replaced: by the
    /// next session, or by who asked.
    pub fn is_well(&self) -> bool {
        let zygote = self.state.lock().unwrap_or_else(PoisonError::into_inner).zygote.clone();
        zygote.wake();
        zygote.is_well()
    }

    /// Starts another when this one is old or ill; whether all is well then. Blocks.
    pub fn renew(&self, config: &Config) -> bool {
        let Ok(_alone) = self.renewing.try_lock() else { return true };
        if self.state.lock().unwrap_or_else(PoisonError::into_inner).is_young(config) {
            return true;
        }
        match Zygote::start(config) {
            Ok(next) => *self.state.lock().unwrap_or_else(PoisonError::into_inner) = State::new(next),
            Err(error) => {
                tracing::warn!("no new warm Python process: {error}");
                return false;
            }
        }
        true
    }
}

/// A running zygote. Dropping it ends it and every session forked from it.
#[derive(Debug)]
pub struct Zygote {
    child: Mutex<Child>,
    pid: u32,
    control: Mutex<OwnedFd>,
    /// Somebody stopped it once: it goes on until another is there.
    was_stopped: AtomicBool,
    pub python: String,
}

impl Zygote {
    /// Starts the worker program and waits until its packages are imported. Blocks.
    pub fn start(config: &Config) -> Result<Self, SandboxError> {
        let missing = |what: &str, hint: &str| Err(SandboxError::unavailable(None, format!("{what}; {hint}")));
        if !config.worker.is_file() {
            let what = format!("there is no worker program at {}", config.worker.display());
            return missing(&what, "build it (cargo build --release -p polymath-python) or set POLYMATH_PYTHON_WORKER");
        }
        if !config.environment.is_dir() {
            let what = format!("there is no Python environment at {}", config.environment.display());
            return missing(&what, "make it with ./run or ./test, or name one with POLYMATH_PYTHON");
        }
        let failed =
            |e: io::Error| SandboxError::unavailable(None, format!("starting {}: {e}", config.worker.display()));
        let (ours, theirs) = packet::pair().map_err(failed)?;
        setsockopt(&ours, ReceiveTimeout, &time_value(WARM_UP)).map_err(|e| failed(e.into()))?;
        let child = spawn(config, theirs).map_err(failed)?;
        let pid = child.id();
        let mut zygote = Zygote {
            child: Mutex::new(child),
            pid,
            control: Mutex::new(ours),
            was_stopped: AtomicBool::new(false),
            python: String::new(),
        };
        zygote.python = zygote.warm_up(config)?;
        Ok(zygote)
    }

    fn warm_up(&self, config: &Config) -> Result<String, SandboxError> {
        let control = self.control.lock().unwrap_or_else(PoisonError::into_inner);
        let plan = ZygotePlan { environment: config.environment.clone() };
        // A program that died at once is told by what it wrote, not by this error.
        let _ = packet::send(control.as_fd(), &plan, &[]);
        match packet::receive::<ZygoteReply>(control.as_fd()) {
            Ok(Some((ZygoteReply::Ready { python }, _))) => {
                setsockopt(&*control, ReceiveTimeout, &time_value(LOOK)).map_err(|e| unavailable(e.to_string()))?;
                Ok(python)
            }
            Ok(Some((ZygoteReply::Failed { wall, message }, _))) => Err(SandboxError::unavailable(wall, message)),
            Ok(Some((ZygoteReply::Born, _))) => Err(unavailable("the worker program answered out of turn".into())),
            Ok(None) => Err(unavailable(format!("the worker program ended: {}", self.last_words()))),
            Err(e) => Err(unavailable(format!("the worker program did not answer in {} s: {e}", WARM_UP.as_secs()))),
        }
    }

    /// What a dead zygote left on its standard error.
    fn last_words(&self) -> String {
        let mut child = self.child.lock().unwrap_or_else(PoisonError::into_inner);
        let status = child.wait().map(|s| s.to_string()).unwrap_or_default();
        let mut text = String::new();
        if let Some(stderr) = child.stderr.take() {
            let _ = stderr.take(4096).read_to_string(&mut text);
        }
        format!("{status} {}", text.trim())
    }

    /// Asks for a session; `fds` are its ends of the channel, stdout, stderr and status, then its
    /// control groups. Returns the pidfd of its PID 1. Blocks for some milliseconds.
    pub fn session(&self, plan: &SessionPlan, fds: &[RawFd]) -> Result<OwnedFd, SandboxError> {
        let control = self.control.lock().unwrap_or_else(PoisonError::into_inner);
        let gone = |e: io::Error| unavailable(format!("the warm Python process is gone: {e}"));
        packet::send(control.as_fd(), plan, fds).map_err(gone)?;
        match self.answer(control.as_fd()).map_err(gone)? {
            Some((ZygoteReply::Born, mut fds)) if fds.len() == 1 => Ok(fds.remove(0)),
            Some((ZygoteReply::Failed { wall, message }, _)) => Err(SandboxError::unavailable(wall, message)),
            _ => Err(gone(io::ErrorKind::UnexpectedEof.into())),
        }
    }

    /// Waits for an answer, and wakes a process that was stopped while it owes one. One that owes it for too
    /// long is ended: its answer would be taken for the next session's.
    fn answer(&self, control: BorrowedFd) -> io::Result<Option<(ZygoteReply, Vec<OwnedFd>)>> {
        let sent = Instant::now();
        loop {
            match packet::receive::<ZygoteReply>(control) {
                Err(e) if e.kind() == io::ErrorKind::WouldBlock && sent.elapsed() < ANSWER => {
                    self.wake();
                }
                Err(e) => {
                    let _ = self.child.lock().unwrap_or_else(PoisonError::into_inner).kill();
                    return Err(e);
                }
                answer => return answer,
            }
        }
    }

    /// Whether somebody stopped the process (SIGSTOP, or a debugger).
    fn is_stopped(&self) -> bool {
        leftovers::field(self.pid, 2).is_some_and(|state| matches!(state.as_str(), "T" | "t"))
    }

    /// Whether it runs and never was stopped.
    fn is_well(&self) -> bool {
        !self.was_stopped.load(Ordering::Relaxed) && self.alive()
    }

    /// Lets a stopped process go on, and waits a moment until it does.
    fn wake(&self) {
        if !self.is_stopped() {
            return;
        }
        self.was_stopped.store(true, Ordering::Relaxed);
        // The number is the child's for as long as nobody has waited for it, which this lock keeps off.
        let mut child = self.child.lock().unwrap_or_else(PoisonError::into_inner);
        if !matches!(child.try_wait(), Ok(None)) {
            return;
        }
        let _ = kill(Pid::from_raw(self.pid as i32), Signal::SIGCONT);
        let sent = Instant::now();
        while self.is_stopped() && sent.elapsed() < LOOK {
            std::thread::sleep(Duration::from_millis(1));
        }
    }

    /// Whether the process still runs.
    pub fn alive(&self) -> bool {
        let mut child = self.child.lock().unwrap_or_else(PoisonError::into_inner);
        matches!(child.try_wait(), Ok(None))
    }
}

impl Drop for Zygote {
    fn drop(&mut self) {
        let child = self.child.get_mut().unwrap_or_else(PoisonError::into_inner);
        let _ = child.kill();
        let _ = child.wait();
    }
}

fn unavailable(message: String) -> SandboxError {
    SandboxError::unavailable(None, message)
}

fn time_value(duration: Duration) -> nix::sys::time::TimeVal {
    nix::sys::time::TimeVal::new(duration.as_secs() as i64, duration.subsec_micros().into())
}

/// Runs the worker program with a clean environment and the control socket as descriptor 3.
fn spawn(config: &Config, control: OwnedFd) -> io::Result<Child> {
    fs::create_dir_all(&config.cache)?;
    let mut command = Command::new(&config.worker);
    // Its host, by which one that is left over is known.
    command.arg("zygote").arg(std::process::id().to_string());
    command.env_clear().current_dir("/");
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
    command.envs([
        ("LANG", "C.UTF-8"),
        ("LC_CTYPE", "C.UTF-8"),
        ("PYTHONNOUSERSITE", "1"),
        ("PYTHONDONTWRITEBYTECODE", "1"),
        ("PYTHONSAFEPATH", "1"),
        // The same in every warm process, so that a set of a session that comes back has its order.
        ("PYTHONHASHSEED", "0"),
        ("MPLBACKEND", "Agg"),
        // One thread: a fork takes only the thread that forks.
        ("OPENBLAS_NUM_THREADS", "1"),
        ("OMP_NUM_THREADS", "1"),
        ("MKL_NUM_THREADS", "1"),
    ]);
    command.env("MPLCONFIGDIR", &config.cache);
    let raw = control.as_raw_fd();
    // SAFETY: only async-signal-safe calls between fork and exec.
    #[allow(unsafe_code)]
    unsafe {
        command.pre_exec(move || {
            if raw == 3 {
                libc::fcntl(3, libc::F_SETFD, 0);
            } else if libc::dup2(raw, 3) < 0 {
                return Err(io::Error::last_os_error());
            }
            // Libraries of the host may have opened files that would stay open.
            libc::close_range(4, libc::c_uint::MAX, libc::CLOSE_RANGE_CLOEXEC as libc::c_int);
            Ok(())
        });
    }
    command.spawn()
}
