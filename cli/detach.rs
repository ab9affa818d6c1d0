//! A run in a process of its own, which goes on when the terminal that asked is gone, and who follows it.

use crate::ask::{check_question, exit_code, from_standard_input, session_store};
use crate::render::{RenderOptions, Renderer};
use crate::settings::{RunArgs, Settings};
use crate::wiring;
use anyhow::{Context, bail};
use clap::Args;
use nix::errno::Errno;
use nix::sys::signal::{Signal, kill};
use nix::unistd::{Pid, setsid};
use polymath_agent::replay;
use polymath_chat::{Event, Stop, plain};
use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};
use std::time::Duration;

/// Tells the started process that it is to leave its terminal.
const DETACHED: &str = "POLYMATH_DETACHED";
/// Between two looks at a run's record.
const LOOK: Duration = Duration::from_millis(150);

/// Arguments of `polymath attach`.
#[derive(Debug, Args)]
pub struct AttachArgs {
    /// The run: its session's name, or how it begins
    run: String,
    /// The first event that is shown, from 1
    #[arg(long, value_name = "N", default_value_t = 1)]
    from: usize,
    /// Stops the run, which keeps what there is
    #[arg(long)]
    cancel: bool,
    /// One JSON object a line instead of text
    #[arg(long)]
    json: bool,
}

/// Leaves the terminal, in a process that was started for that.
pub fn leave_terminal() {
    if std::env::var_os(DETACHED).is_some() {
        // It fails for a leader of its group, which has left already.
        let _ = setsid();
    }
}

/// Starts the process that answers, and tells the run's name.
///
/// # Errors
/// What `ask` would refuse at once, or the process cannot be started.
pub fn detach(question: &str, args: &RunArgs, quiet: bool) -> anyhow::Result<ExitCode> {
    let from_stdin = question == "-";
    let question = if from_stdin { from_standard_input()? } else { question.to_owned() };
    check_question(&question)?;
    let settings = Settings::read(args)?;
    wiring::tools(&settings)?;
    let store = session_store(&settings.home, true)?;
    let session = match &args.session {
        Some(id) => id.clone(),
        // Its lock goes with it, and the other process takes it.
        None => store.create(&question)?.id().to_owned(),
    };
    let files = files(&settings.home, &session);
    std::fs::create_dir_all(settings.home.join("runs"))?;
    let log = File::create(&files.log).with_context(|| format!("cannot write {}", files.log.display()))?;
    let mut command = Command::new(std::env::current_exe().context("cannot find this program")?);
    command.args(std::env::args_os().skip(1).filter(|arg| arg != "--detach")).env(DETACHED, "1");
    if args.session.is_none() {
        command.args(["--session", &session]);
    }
    let stdin = if from_stdin { Stdio::piped() } else { Stdio::null() };
    let mut child =
        command.stdin(stdin).stdout(log.try_clone()?).stderr(log).spawn().context("cannot start the run")?;
    if let Some(mut stdin) = child.stdin.take() {
        stdin.write_all(question.as_bytes())?;
    }
    std::fs::write(&files.pid, child.id().to_string())
        .with_context(|| format!("cannot write {}", files.pid.display()))?;
    println!("{session}");
    if !quiet {
        eprintln!("follow it: polymath attach {session}");
    }
    Ok(ExitCode::SUCCESS)
}

/// Shows a run's events from one on, those to come included, until it is over.
pub async fn attach(args: AttachArgs, quiet: bool) -> anyhow::Result<ExitCode> {
    let home = polymath_model::store::home();
    let store = session_store(&home, false)?;
    let session = store.find(replay::name(&args.run).0)?;
    let files = files(&home, &session);
    if args.cancel {
        return cancel(&files, &session);
    }
    let mut renderer = Renderer::new(RenderOptions::new(args.json, quiet));
    let mut next = args.from.saturating_sub(1);
    let mut stop = None;
    loop {
        // First whether it runs, then what it told: so its last words are among it.
        let runs = process(&files.pid).is_some_and(is_alive);
        let record = store.export(&session)?;
        // The last event may be a text that is still being written.
        let complete = record.events.len().saturating_sub(usize::from(runs));
        for event in record.events.iter().take(complete).skip(next) {
            renderer.event(&event.event);
            if let Event::Done { stop: how, .. } = event.event {
                stop = Some(how);
            }
        }
        next = next.max(complete);
        if !runs {
            break;
        }
        tokio::time::sleep(LOOK).await;
    }
    renderer.finish()?;
    if stop.is_none() && next == 0 {
        let told = std::fs::read_to_string(&files.log).unwrap_or_default();
        bail!("the run {session} ended before it began: {}", plain::clean(told.trim()));
    }
    Ok(exit_code(stop.unwrap_or(Stop::Error)))
}

/// Interrupts the run as Ctrl-C would.
fn cancel(files: &RunFiles, session: &str) -> anyhow::Result<ExitCode> {
    let running = process(&files.pid).filter(|pid| is_alive(*pid));
    let Some(pid) = running else {
        bail!("the run {session} does not run any more\nhint: polymath attach {session} shows it")
    };
    kill(pid, Signal::SIGINT).with_context(|| format!("cannot stop the run {session}"))?;
    Ok(ExitCode::SUCCESS)
}

struct RunFiles {
    pid: PathBuf,
    log: PathBuf,
}

fn files(home: &Path, session: &str) -> RunFiles {
    let file = |ending: &str| home.join("runs").join(format!("{session}.{ending}"));
    RunFiles { pid: file("pid"), log: file("log") }
}

fn process(file: &Path) -> Option<Pid> {
    let pid: i32 = std::fs::read_to_string(file).ok()?.trim().parse().ok()?;
    (pid > 1).then(|| Pid::from_raw(pid))
}

/// Whether there is such a process, one that has ended and is not taken leave of aside.
fn is_alive(pid: Pid) -> bool {
    let there = !matches!(kill(pid, None), Err(Errno::ESRCH));
    let state = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    there && !state.rsplit(')').next().is_some_and(|rest| rest.trim_start().starts_with('Z'))
}
