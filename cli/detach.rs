//! A run in a process of its own, which goes on when the terminal that asked is gone, and who follows it.

use crate::approve::Terminal;
use crate::ask::{check_question, exit_code, from_standard_input, open_session, session_store};
use crate::out::say;
use crate::render::{RenderOptions, Renderer};
use crate::said::DETACHED;
use crate::settings::{RunArgs, Settings};
use crate::wiring;
use anyhow::{Context, bail};
use clap::{Args, ValueEnum};
use nix::unistd::{Pid, getsid, setsid};
use polymath_agent::session::{SessionStore, TurnEvent};
use polymath_agent::{Detached, replay, waiting};
use polymath_chat::{Consent, Event, Stop, plain};
use polymath_tools::mcp::{Approval, Approve, Intent};
use std::collections::BTreeSet;
use std::io::Write;
use std::process::{Child, Command, ExitCode, Stdio};
use std::time::Duration;

/// Between two looks at a run's record.
const LOOK: Duration = Duration::from_millis(150);
/// Between two looks whether a process has left the terminal, and how many there are: two seconds in all.
const LEAVES: (Duration, usize) = (Duration::from_millis(5), 400);

/// Arguments of `polymath attach`.
#[derive(Debug, Args)]
pub struct AttachArgs {
    /// The run: its session's name, or how it begins
    run: String,
    /// The first event that is shown, from 1
    #[arg(long, value_name = "N", default_value_t = 1)]
    from: usize,
    /// Stops the run, which keeps what there is
    #[arg(long, group = "doing")]
    cancel: bool,
    /// Says something to the run, which it takes up at its next step
    #[arg(long, value_name = "MESSAGE", group = "doing")]
    say: Option<String>,
    /// Allows the call that waits for a yes: once, or its tool as long as the run goes on
    #[arg(
        long, value_name = "once|always", group = "doing", value_enum, hide_possible_values = true,
        num_args = 0..=1, require_equals = true, default_missing_value = "once"
    )]
    approve: Option<Yes>,
    /// Refuses the call that waits for a yes
    #[arg(long, group = "doing")]
    refuse: bool,
    /// One JSON object a line instead of text
    #[arg(long)]
    json: bool,
}

/// How far a yes goes.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum Yes {
    Once,
    Always,
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
    // Its lock goes with this line, and the other process takes it.
    let session = open_session(&settings.home, args.session.as_deref(), &question, true)?.id().to_owned();
    let run = Detached::of(&settings.home.join("runs"), &session);
    let log = run.prepare()?;
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
    run.began(child.id())?;
    has_left(&mut child);
    say!("{session}")?;
    if !quiet {
        eprintln!("follow it: polymath attach {session}");
    }
    Ok(ExitCode::SUCCESS)
}

/// Waits until the process has left the terminal, or has ended: what ends all of this one's group then does not end the run
/// that was just told.
fn has_left(child: &mut Child) {
    let Ok(pid) = i32::try_from(child.id()).map(Pid::from_raw) else { return };
    for _ in 0..LEAVES.1 {
        if getsid(Some(pid)) == Ok(pid) || !matches!(child.try_wait(), Ok(None)) {
            return;
        }
        std::thread::sleep(LEAVES.0);
    }
}

/// Shows a run's events from one on, those to come included, until it is over.
pub async fn attach(args: AttachArgs, quiet: bool) -> anyhow::Result<ExitCode> {
    let home = polymath_model::store::home();
    let store = session_store(&home, false)?;
    let session = store.find(replay::name(&args.run).0)?;
    let run = Detached::of(&home.join("runs"), &session);
    let reached = Reached { store, session, run };
    let consent = args.approve.map(|yes| match yes {
        Yes::Once => Consent::Once,
        Yes::Always => Consent::Always,
    });
    match (&args.say, consent.or(args.refuse.then_some(Consent::Refused))) {
        _ if args.cancel => reached.cancel(),
        (Some(message), _) => reached.say(message),
        (_, Some(answer)) => reached.answer(answer, quiet).await,
        _ => reached.follow(&args, quiet).await,
    }
}

/// A run in a process of its own.
struct Reached {
    store: SessionStore,
    session: String,
    run: Detached,
}

impl Reached {
    /// What is kept of it, and whether it runs.
    fn look(&self) -> anyhow::Result<(Vec<TurnEvent>, bool)> {
        // First whether it runs, then what it told: so its last words are among it.
        let runs = self.run.is_running();
        Ok((self.store.export(&self.session)?.events, runs))
    }

    async fn follow(&self, args: &AttachArgs, quiet: bool) -> anyhow::Result<ExitCode> {
        let mut renderer = Renderer::new(RenderOptions::new(args.json, quiet));
        let mut next = args.from.saturating_sub(1);
        let mut stop = None;
        let mut told = BTreeSet::new();
        loop {
            let (events, runs) = self.look()?;
            // The last event may be a text that is still being written.
            let open = runs && events.last().is_some_and(|last| last.event.piece().is_some());
            let complete = events.len() - usize::from(open);
            for event in events.iter().take(complete).skip(next) {
                renderer.event(&event.event);
                if let Event::Done { stop: how, .. } = event.event {
                    stop = Some(how);
                }
            }
            next = next.max(complete);
            if !runs {
                break;
            }
            // Each is asked once here: who has not answered it lets others do so.
            if let Some((id, intent)) = waits(&events).into_iter().find(|(id, _)| !told.contains(id)) {
                told.insert(id.clone());
                self.ask(&id, intent, args.json || quiet).await?;
            }
            tokio::time::sleep(LOOK).await;
        }
        renderer.finish()?;
        if stop.is_none() && next == 0 {
            let told = std::fs::read_to_string(&self.run.log).unwrap_or_default();
            bail!("the run {} ended before it began: {}", self.session, plain::clean(told.trim()));
        }
        Ok(exit_code(stop.unwrap_or(Stop::Error)))
    }

    /// Asks whoever follows at a terminal whether a call may be made, until somebody has answered; elsewhere it is said how it is
    /// answered.
    async fn ask(&self, id: &str, intent: Intent, silent: bool) -> anyhow::Result<()> {
        if silent {
            return Ok(());
        }
        let terminal = Terminal::default();
        let approval = tokio::select! {
            approval = terminal.ask(intent) => approval,
            answered = self.answered(id) => return answered.map(drop),
        };
        let consent = match approval {
            Approval::Once => Consent::Once,
            Approval::Always => Consent::Always,
            Approval::Refused => Consent::Refused,
            Approval::Nobody => {
                let session = &self.session;
                eprintln!("hint: polymath attach {session} --approve allows it, --refuse does not");
                return Ok(());
            }
        };
        self.run.answer(id, consent).with_context(|| format!("cannot answer the run {}", self.session))?;
        self.answered(id).await.map(drop)
    }

    /// The answer to what is asked under this id, once it is told; `None` where the run ends before.
    async fn answered(&self, asked: &str) -> anyhow::Result<Option<Consent>> {
        loop {
            let (events, runs) = self.look()?;
            let last = events.last().map_or(0, |event| event.turn);
            let answer =
                events.iter().rev().take_while(|event| event.turn == last).find_map(|event| match &event.event {
                    Event::Approved { id, answer } if id == asked => Some(*answer),
                    _ => None,
                });
            if answer.is_some() || !runs {
                return Ok(answer);
            }
            tokio::time::sleep(LOOK).await;
        }
    }

    /// Answers the call that has waited longest for the user's word.
    async fn answer(&self, answer: Consent, quiet: bool) -> anyhow::Result<ExitCode> {
        let session = &self.session;
        let (events, _) = self.look()?;
        let Some((id, intent)) = waits(&events).into_iter().next() else {
            bail!("the run {session} does not ask for a yes\nhint: polymath attach {session} shows it")
        };
        let failed = || format!("cannot answer the run {session}");
        if !self.run.answer(&id, answer).with_context(failed)? {
            bail!("the run {session} does not run any more\nhint: polymath attach {session} shows it")
        }
        if self.answered(&id).await? != Some(answer) {
            bail!("the run {session} had another answer before, or ended\nhint: polymath attach {session} shows it")
        }
        if !quiet {
            let how = match answer {
                Consent::Once => "allowed once",
                Consent::Always => "allowed from here on",
                Consent::Refused => "not allowed",
            };
            let Intent { server, tool, arguments } = intent;
            let call = plain::escaped(&format!("{tool} {arguments}"));
            eprintln!("{how}: {call} of the MCP server {}", plain::escaped(&server));
        }
        Ok(ExitCode::SUCCESS)
    }

    /// Interrupts the run as Ctrl-C would.
    fn cancel(&self) -> anyhow::Result<ExitCode> {
        let session = &self.session;
        if !self.run.interrupt().with_context(|| format!("cannot stop the run {session}"))? {
            bail!("the run {session} does not run any more\nhint: polymath attach {session} shows it")
        }
        Ok(ExitCode::SUCCESS)
    }

    /// Leaves a message where the run looks at each step.
    fn say(&self, message: &str) -> anyhow::Result<ExitCode> {
        check_question(message)?;
        let session = &self.session;
        if !self.run.say(message)? {
            bail!("the run {session} does not run any more\nhint: polymath ask … --session {session} goes on with it")
        }
        Ok(ExitCode::SUCCESS)
    }
}

/// What the last turn waits for the user's word for.
fn waits(events: &[TurnEvent]) -> Vec<(String, Intent)> {
    let last = events.last().map_or(0, |event| event.turn);
    waiting(events.iter().filter(|event| event.turn == last).map(|event| &event.event))
}
