//! A run that goes on in a process of its own (`ask --detach`), as others reach it: files of the data directory say which
//! process it is, and what is said to it. Nothing here starts one.

use crate::approval::Answers;
use futures::future::BoxFuture;
use polymath_chat::Consent;
use serde_json::{Value, json};
use std::fs::File;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

/// Between two looks for an answer.
const LOOK: Duration = Duration::from_millis(150);

/// What the data directory has of such a run.
pub struct Detached {
    /// The process, and when it began.
    pid: PathBuf,
    /// What it told its terminal, had it one.
    pub log: PathBuf,
    /// What is said to the run: a JSON text a line.
    said: PathBuf,
    /// What it asked and was answered: a JSON list of an id and the answer a line.
    answers: PathBuf,
}

impl Detached {
    /// The latest one of a session, whose files are in the folder `runs`.
    pub fn of(runs: &Path, session: &str) -> Detached {
        let file = |ending: &str| runs.join(format!("{session}.{ending}"));
        Detached { pid: file("pid"), log: file("log"), said: file("said"), answers: file("answers") }
    }

    /// Makes room for a run: what was said to an earlier one of the session is not said to it. The file that
    /// its process writes to is returned.
    ///
    /// # Errors
    /// A file can't be written.
    pub fn prepare(&self) -> io::Result<File> {
        self.log.parent().map_or(Ok(()), std::fs::create_dir_all)?;
        let empty = |path: &Path| File::create(path).map_err(|e| unwritten(path, &e));
        empty(&self.said)?;
        empty(&self.answers)?;
        empty(&self.log)
    }

    /// Notes its process.
    ///
    /// # Errors
    /// The file can't be written.
    pub fn began(&self, pid: u32) -> io::Result<()> {
        let began = process::began_at(pid).unwrap_or_default();
        std::fs::write(&self.pid, format!("{pid} {began}")).map_err(|e| unwritten(&self.pid, &e))
    }

    pub fn is_running(&self) -> bool {
        self.process().is_some()
    }

    /// Interrupts the run as Ctrl-C would; says whether it runs.
    ///
    /// # Errors
    /// The system refuses.
    pub fn interrupt(&self) -> io::Result<bool> {
        self.process().map_or(Ok(false), |pid| process::interrupt(pid).map(|()| true))
    }

    /// Leaves a message where the run looks at each step; says whether it runs.
    ///
    /// # Errors
    /// The file can't be written.
    pub fn say(&self, message: &str) -> io::Result<bool> {
        self.leave(&self.said, &json!(message.trim()))
    }

    /// Answers what the run asks under this id; says whether it runs.
    ///
    /// # Errors
    /// The file can't be written.
    pub fn answer(&self, id: &str, answer: Consent) -> io::Result<bool> {
        self.leave(&self.answers, &json!((id, answer)))
    }

    fn leave(&self, path: &Path, what: &Value) -> io::Result<bool> {
        if !self.is_running() {
            return Ok(false);
        }
        // In one piece: others may leave something too.
        let line = format!("{what}\n");
        let append = || File::options().append(true).create(true).open(path)?.write_all(line.as_bytes());
        append().map(|()| true).map_err(|e| unwritten(path, &e))
    }

    /// What others say to this run, each message once.
    pub fn said(self) -> impl FnMut() -> Vec<String> + Send {
        let mut taken = 0;
        move || {
            let text = std::fs::read_to_string(&self.said).unwrap_or_default();
            // What is only half written is the next step's.
            let whole = text.rfind('\n').map_or(0, |at| at + 1);
            let new = text.get(taken..whole).unwrap_or_default();
            taken = whole;
            new.lines().filter_map(|line| serde_json::from_str(line).ok()).collect()
        }
    }

    /// What others answer this run.
    pub fn answers(self) -> Arc<dyn Answers> {
        Arc::new(Answered(self.answers))
    }

    /// The run's process, while it runs. Another that has its number by now is not it.
    fn process(&self) -> Option<u32> {
        let text = std::fs::read_to_string(&self.pid).ok()?;
        let mut words = text.split_whitespace();
        let pid: u32 = words.next()?.parse().ok().filter(|pid| *pid > 1)?;
        let began = words.next().map(str::to_owned);
        let same = began.is_none() || began == process::began_at(pid);
        (same && process::is_alive(pid)).then_some(pid)
    }
}

/// A file of answers.
struct Answered(PathBuf);

impl Answers for Answered {
    fn answer(&self, id: &str) -> BoxFuture<'static, Consent> {
        let (path, id) = (self.0.clone(), id.to_owned());
        Box::pin(async move {
            loop {
                let text = std::fs::read_to_string(&path).unwrap_or_default();
                let mut answers = text.lines().filter_map(|line| serde_json::from_str::<(String, Consent)>(line).ok());
                if let Some((_, answer)) = answers.find(|(answered, _)| *answered == id) {
                    return answer;
                }
                tokio::time::sleep(LOOK).await;
            }
        })
    }
}

fn unwritten(path: &Path, e: &io::Error) -> io::Error {
    io::Error::new(e.kind(), format!("cannot write {}: {e}", path.display()))
}

#[cfg(unix)]
mod process {
    use nix::errno::Errno;
    use nix::sys::signal::{Signal, kill};
    use nix::unistd::Pid;
    use std::io;

    fn number(pid: u32) -> Option<Pid> {
        i32::try_from(pid).ok().map(Pid::from_raw)
    }

    pub fn interrupt(pid: u32) -> io::Result<()> {
        number(pid).map_or(Ok(()), |pid| Ok(kill(pid, Signal::SIGINT)?))
    }

    /// Whether there is such a process, one that has ended and is not taken leave of aside.
    pub fn is_alive(pid: u32) -> bool {
        let there = number(pid).is_some_and(|pid| !matches!(kill(pid, None), Err(Errno::ESRCH)));
        there && status(pid).first().is_none_or(|state| state != "Z")
    }

    /// When a process began, by the system's own count; `None` where the system does not tell.
    pub fn began_at(pid: u32) -> Option<String> {
        status(pid).get(19).cloned()
    }

    /// What Linux says of a process behind its name, from its state on (proc_pid_stat(5)).
    fn status(pid: u32) -> Vec<String> {
        let text = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
        let behind = text.rsplit_once(')').map(|(_, behind)| behind.split_whitespace().map(str::to_owned).collect());
        behind.unwrap_or_default()
    }
}

/// Nothing is detached there.
#[cfg(not(unix))]
mod process {
    pub fn interrupt(_: u32) -> std::io::Result<()> {
        Ok(())
    }

    pub fn is_alive(_: u32) -> bool {
        false
    }

    pub fn began_at(_: u32) -> Option<String> {
        None
    }
}
