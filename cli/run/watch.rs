//! Keeps the record of a script's run in its session, and shows how it goes.

use super::report::Written;
use anyhow::Context;
use polymath_agent::Chat;
use polymath_agent::script::{Progress, Watch};
use polymath_agent::session::Session;
use polymath_chat::Event;
use polymath_chat::plain::{clean, json};
use serde_json::json;
use std::collections::BTreeSet;
use std::io::Write;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// The record and the terminal of one run.
pub struct Recorder {
    session: Mutex<Session>,
    json: bool,
    quiet: bool,
    steps: usize,
    running: Mutex<BTreeSet<String>>,
}

impl Recorder {
    pub fn new(session: Session, json: bool, quiet: bool, steps: Vec<String>) -> Recorder {
        Recorder { session: Mutex::new(session), json, quiet, steps: steps.len(), running: Mutex::default() }
    }

    /// Tells the run's name.
    pub fn began(&self, run: &str) {
        if self.json {
            self.line(&json!({"type": "run", "run": run, "steps": self.steps}));
        } else if !self.quiet {
            eprintln!("run {run}, {} steps", self.steps);
        }
    }

    /// Keeps the conversation that the run's questions were, and tells what was written.
    pub fn finish(&self, chat: &Chat, written: &Written) -> anyhow::Result<()> {
        lock(&self.session).save(chat)?;
        if self.json {
            self.line(&json!({"type": "report", "files": written.files}));
            return Ok(());
        }
        let mut text = clean(&written.text);
        if !self.quiet {
            text.push_str("\nFiles:\n");
            written.files.iter().for_each(|path| text.push_str(&format!("{}\n", clean(&path.display().to_string()))));
        }
        std::io::stdout().write_all(text.trim_start().as_bytes()).context("cannot write to standard output")
    }

    fn line(&self, value: &serde_json::Value) {
        // A reader that went away must not end the run: the record is kept elsewhere.
        let _ = writeln!(std::io::stdout(), "{}", json(&value.to_string()));
    }
}

impl Watch for Recorder {
    fn begin(&self, what: &str) -> anyhow::Result<u32> {
        Ok(lock(&self.session).begin(what)?)
    }

    fn event(&self, number: u32, event: &Event) -> anyhow::Result<()> {
        lock(&self.session).append(number, event)?;
        if self.json {
            self.line(&json!({"type": "event", "turn": number, "event": event}));
        }
        Ok(())
    }

    fn progress(&self, step: &str, progress: &Progress) {
        let mut running = lock(&self.running);
        match progress {
            Progress::Begun => drop(running.insert(step.to_owned())),
            Progress::Again { .. } => {}
            Progress::Done { .. } | Progress::Skipped { .. } | Progress::Failed { .. } => drop(running.remove(step)),
        }
        if self.json {
            self.line(&as_json(step, progress));
        } else if !self.quiet {
            let (sign, what, left) = match progress {
                Progress::Begun => ("→", String::new(), None),
                Progress::Again { why } => ("↻", format!("failed and is tried again: {}", first_line(why)), None),
                Progress::Done { cached: true, left, .. } => ("✓", "known already".to_owned(), Some(*left)),
                Progress::Done { seconds, left, .. } => ("✓", format!("{seconds:.1} s"), Some(*left)),
                Progress::Skipped { left } => ("·", "skipped".to_owned(), Some(*left)),
                Progress::Failed { why, left } => ("✗", first_line(why), Some(*left)),
            };
            let others: Vec<&str> = running.iter().map(String::as_str).filter(|name| *name != step).collect();
            let left = left.map(|left| match others.is_empty() {
                true => format!("  ({left} left)"),
                false => format!("  ({left} left, running: {})", others.join(", ")),
            });
            eprintln!("{sign} {}{}", clean(&format!("{step} {what}")).trim_end(), left.unwrap_or_default());
        }
    }
}

fn as_json(step: &str, progress: &Progress) -> serde_json::Value {
    let of = |state: &str| json!({"type": "progress", "step": step, "state": state});
    let with = |mut line: serde_json::Value, key: &str, value: serde_json::Value| {
        line[key] = value;
        line
    };
    match progress {
        Progress::Begun => of("begun"),
        Progress::Again { why } => with(of("again"), "why", json!(why)),
        Progress::Done { cached, seconds, left } => {
            with(with(with(of("done"), "cached", json!(cached)), "seconds", json!(seconds)), "left", json!(left))
        }
        Progress::Skipped { left } => with(of("skipped"), "left", json!(left)),
        Progress::Failed { why, left } => with(with(of("failed"), "why", json!(why)), "left", json!(left)),
    }
}

fn first_line(text: &str) -> String {
    text.lines().next().unwrap_or_default().chars().take(300).collect()
}

fn lock<T>(value: &Mutex<T>) -> MutexGuard<'_, T> {
    value.lock().unwrap_or_else(PoisonError::into_inner)
}
