//! Ctrl-C, and the signals that ask the process to end: work is stopped so that what there is can be
//! kept.

use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use termimad::crossterm::event::DisableBracketedPaste;
use termimad::crossterm::execute;
use termimad::crossterm::terminal::{disable_raw_mode, is_raw_mode_enabled};
use tokio_util::sync::CancellationToken;

/// Exit status of a process that Ctrl-C ended.
pub const INTERRUPTED: u8 = 130;

/// Listens from its making until it is dropped. A first signal cancels the work under way, a second one
/// leaves; so does any where no work is under way.
pub struct Interrupt {
    state: Arc<State>,
    listening: tokio::task::JoinHandle<()>,
}

#[derive(Default)]
struct State {
    work: Mutex<Option<CancellationToken>>,
    /// The exit status that a signal asked for; 0 for none.
    ending: AtomicU8,
    /// What is done before a signal ends the process.
    last: Mutex<Option<Last>>,
}

type Last = Box<dyn FnOnce() + Send>;

impl State {
    fn work(&self) -> MutexGuard<'_, Option<CancellationToken>> {
        self.work.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn signal(&self, status: u8) {
        if status != INTERRUPTED {
            self.ending.store(status, Ordering::Relaxed);
        }
        match &*self.work() {
            Some(work) if !work.is_cancelled() => work.cancel(),
            _ => {
                let last = self.last.lock().unwrap_or_else(PoisonError::into_inner).take();
                last.into_iter().for_each(|last| last());
                leave_terminal();
                std::process::exit(status.into());
            }
        }
    }
}

/// Where a line is being edited, the terminal is set back to what it was before.
fn leave_terminal() {
    if is_raw_mode_enabled().unwrap_or(false) {
        let _ = execute!(std::io::stderr(), DisableBracketedPaste);
        let _ = disable_raw_mode();
    }
}

impl Interrupt {
    /// Listens when it returns; all that follows is work under way. An error says that the system
    /// refuses signal handlers.
    pub fn listen() -> anyhow::Result<Interrupt> {
        let state = Arc::<State>::default();
        *state.work() = Some(CancellationToken::new());
        let listening = tokio::spawn(signals(state.clone())?);
        Ok(Interrupt { state, listening })
    }

    /// What the next signal cancels.
    pub fn token(&self) -> CancellationToken {
        self.state.work().get_or_insert_default().clone()
    }

    /// No work is under way until [`Interrupt::token`] is called for the next: a signal ends the process.
    pub fn rest(&self) {
        *self.state.work() = None;
    }

    /// What is done before a signal ends the process where no work is under way.
    pub fn at_last(&self, last: impl FnOnce() + Send + 'static) {
        *self.state.last.lock().unwrap_or_else(PoisonError::into_inner) = Some(Box::new(last));
    }

    /// The exit status that a signal asked for which ends the process.
    pub fn ending(&self) -> Option<u8> {
        Some(self.state.ending.load(Ordering::Relaxed)).filter(|status| *status != 0)
    }
}

impl Drop for Interrupt {
    fn drop(&mut self) {
        self.listening.abort();
    }
}

/// Tells the state of each signal. `tokio::signal::ctrl_c` would begin to listen only when it is first
/// polled.
#[cfg(unix)]
fn signals(state: Arc<State>) -> anyhow::Result<impl Future<Output = ()>> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut pressed = signal(SignalKind::interrupt())?;
    let mut asked = signal(SignalKind::terminate())?;
    let mut closed = if outlives_its_terminal() { None } else { Some(signal(SignalKind::hangup())?) };
    Ok(async move {
        loop {
            let hung_up = async {
                match &mut closed {
                    Some(closed) => closed.recv().await,
                    None => std::future::pending().await,
                }
            };
            let status = tokio::select! {
                Some(()) = pressed.recv() => INTERRUPTED,
                Some(()) = asked.recv() => 143,
                Some(()) = hung_up => 129,
                else => return,
            };
            state.signal(status);
        }
    })
}

/// Whether the process was started to ignore that its terminal goes, as by `nohup`: listening would end
/// that. Linux tells it as a mask whose lowest bit is SIGHUP (proc_pid_status(5)).
#[cfg(unix)]
fn outlives_its_terminal() -> bool {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).is_some_and(|mask| mask & 1 == 1)
}

#[cfg(windows)]
fn signals(state: Arc<State>) -> anyhow::Result<impl Future<Output = ()>> {
    let mut pressed = tokio::signal::windows::ctrl_c()?;
    Ok(async move {
        while pressed.recv().await.is_some() {
            state.signal(INTERRUPTED);
        }
    })
}
