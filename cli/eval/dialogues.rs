//! `polymath model eval --tasks` and `--fresh`: conversations with a checker for each turn, held by an
//! agent as `ask` has it, each in a session of its own that leaves nothing behind.

use super::generate;
use super::tally::{Judged, Tally};
use crate::interrupt::Interrupt;
use crate::settings::{Brought, RunArgs, Settings, Usage};
use crate::wiring;
use clap::Args;
use polymath_agent::{Agent, Chat};
use polymath_chat::{Event, FigureStatus, Stop};
use polymath_dialogues::{Dialogue, Task, Tasks, TasksError, check};
use serde_json::json;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Instant;
use tempfile::TempDir;
use tokio::sync::mpsc::unbounded_channel;
use tokio_util::sync::CancellationToken;

/// Which dialogues.
#[derive(Debug, Args)]
pub struct DialogueArgs {
    /// Dialogues of this file instead, each in a session of its own; pages/ beside it can be searched, files/ are handed over
    #[arg(long, value_name = "FILE", conflicts_with_all = ["plain", "both"])]
    tasks: Option<PathBuf>,
    /// Dialogues instead that nobody has seen, made from this number
    #[arg(long, value_name = "SEED", conflicts_with_all = ["tasks", "plain", "both"])]
    fresh: Option<u64>,
    /// Turns of the fresh dialogues, all together
    #[arg(long, value_name = "N", default_value_t = 60, requires = "fresh", value_parser = clap::value_parser!(u32).range(1..))]
    turns: u32,
}

impl DialogueArgs {
    /// Whether dialogues are asked for at all.
    pub fn any(&self) -> bool {
        self.tasks.is_some() || self.fresh.is_some()
    }
}

/// What of them is run, on what, and how it is told.
pub struct Wanted<'a> {
    /// The settings' own without any.
    pub models: &'a [String],
    pub kind: Option<&'a str>,
    /// All without any.
    pub ids: &'a [String],
    /// Of each kind.
    pub limit: Option<usize>,
    pub json: bool,
    pub quiet: bool,
}

/// Holds the dialogues with every model; Ctrl-C ends them, and what there is till then is told.
pub async fn run(args: &DialogueArgs, wanted: Wanted<'_>, out: &mut impl Write) -> anyhow::Result<ExitCode> {
    let scratch = tempfile::tempdir()?;
    let mut flags = RunArgs::from_environment()?;
    let environment = wiring::python_config(&Settings::read(&flags)?).environment;
    let mut tasks = read(args, &environment, scratch.path())?;
    choose(&mut tasks, &wanted)?;
    let files = Files::find(&tasks, &environment, scratch.path())?;
    flags.search = Some(format!("local:{}", tasks.folder.join("pages").display()));
    let interrupt = Interrupt::listen()?;
    let own = flags.model.take();
    let models = wanted.models.iter().cloned().map(Some);
    let models: Vec<Option<String>> = if wanted.models.is_empty() { vec![own] } else { models.collect() };
    for model in models {
        flags.model = model;
        let mut settings = Settings::read(&flags)?;
        settings.state = scratch.path().join("state");
        settings.brought = Brought::default();
        let agent = wiring::agent(&settings, scratch.path().to_owned(), wanted.quiet).await?;
        let name = agent.engine.info().name.clone();
        let mut run = Run { agent, files: &files, scratch: &scratch, cancel: interrupt.token() };
        let mut tally = Tally::default();
        for dialogue in &tasks.dialogues {
            let turns = run.dialogue(dialogue, &mut |at, turn| tell(&name, dialogue, at, turn, &wanted, out)).await?;
            tally.add(&dialogue.kind, &turns, turns.len() == dialogue.turns.len());
            if run.cancel.is_cancelled() {
                break;
            }
        }
        match wanted.json {
            true => tally.lines(&name).iter().try_for_each(|line| writeln!(out, "{line}"))?,
            false => write!(out, "{}", tally.table(&name))?,
        }
        if run.cancel.is_cancelled() {
            return Ok(ExitCode::from(130));
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn read(args: &DialogueArgs, environment: &Path, scratch: &Path) -> anyhow::Result<Tasks> {
    let file = match (&args.tasks, args.fresh) {
        (Some(file), _) => file.clone(),
        (None, Some(seed)) => generate::fresh(environment, (seed, args.turns), scratch)?,
        (None, None) => anyhow::bail!(Usage("say which dialogues: --tasks FILE or --fresh SEED".into())),
    };
    Tasks::read(&file).map_err(|e| match e {
        TasksError::Read { .. } => e.into(),
        TasksError::Line { .. } | TasksError::Empty(_) => Usage(e.to_string()).into(),
    })
}

/// Leaves the dialogues that are wanted.
fn choose(tasks: &mut Tasks, wanted: &Wanted) -> anyhow::Result<()> {
    let mut kinds: Vec<String> = tasks.dialogues.iter().map(|d| d.kind.clone()).collect();
    let mut taken: Vec<String> = Vec::new();
    tasks.dialogues.retain(|d| {
        let before = taken.iter().filter(|kind| **kind == d.kind).count();
        let fits =
            wanted.kind.is_none_or(|kind| kind == d.kind) && (wanted.ids.is_empty() || wanted.ids.contains(&d.id));
        let fits = fits && wanted.limit.is_none_or(|limit| before < limit);
        taken.extend(fits.then(|| d.kind.clone()));
        fits
    });
    if tasks.dialogues.is_empty() {
        kinds.sort();
        kinds.dedup();
        anyhow::bail!(Usage(format!("no dialogue is left to run; their kinds are {}", kinds.join(", "))));
    }
    Ok(())
}

/// Where the files lie that are handed over.
struct Files {
    folder: PathBuf,
    /// What `make.py` wrote.
    made: PathBuf,
}

impl Files {
    /// Makes sure that all are there: those that are not beside the tasks are made, where there is a
    /// program for it.
    fn find(tasks: &Tasks, environment: &Path, scratch: &Path) -> anyhow::Result<Files> {
        let files = Files { folder: tasks.folder.join("files"), made: scratch.join("made") };
        let script = tasks.folder.join("make.py");
        for name in tasks.dialogues.iter().flat_map(|d| &d.turns).flat_map(|t| &t.files) {
            if files.path(name).exists() {
                continue;
            }
            if script.exists() && !files.made.exists() {
                generate::files(environment, &script, &files.made)?;
            }
            if !files.path(name).exists() {
                anyhow::bail!(Usage(format!("{} is asked for and is not there", files.folder.join(name).display())));
            }
        }
        Ok(files)
    }

    fn path(&self, name: &str) -> PathBuf {
        let beside = self.folder.join(name);
        if beside.exists() { beside } else { self.made.join(name) }
    }
}

/// One model.
struct Run<'a> {
    agent: Agent,
    files: &'a Files,
    scratch: &'a TempDir,
    cancel: CancellationToken,
}

impl Run<'_> {
    /// Holds a dialogue, and tells each turn as it is over; turns behind a Ctrl-C are missing.
    async fn dialogue(
        &mut self,
        dialogue: &Dialogue,
        tell: &mut impl FnMut(usize, &Judged) -> std::io::Result<()>,
    ) -> anyhow::Result<Vec<Judged>> {
        let place = tempfile::tempdir_in(self.scratch.path())?;
        self.agent.settings.out = place.path().to_owned();
        let mut chat = Chat::new(format!("eval-{}-{}", std::process::id(), dialogue.id));
        let mut turns = Vec::new();
        for task in &dialogue.turns {
            let Some(turn) = self.turn(&mut chat, task).await else { break };
            tell(turns.len() + 1, &turn)?;
            turns.push(turn);
        }
        self.agent.tools.end(&chat.id).await;
        Ok(turns)
    }

    /// `None` when it was interrupted.
    async fn turn(&self, chat: &mut Chat, task: &Task) -> Option<Judged> {
        let (sender, mut inbox) = unbounded_channel();
        let (started, before) = (Instant::now(), chat.mark());
        let given = task.files.iter().try_for_each(|name| chat.give(&self.files.path(name)).map(drop));
        let result = match given {
            Ok(()) => self.agent.turn(chat, &task.q, &sender, self.cancel.clone()).await,
            Err(error) => Err(error),
        };
        if self.cancel.is_cancelled() {
            return None;
        }
        let mut why = Vec::new();
        match result {
            Ok(end) if end.stop == Stop::Answer => {}
            Ok(end) => why.push(format!("stopped: {}", json!(end.stop).as_str().unwrap_or_default())),
            Err(error) => {
                chat.back_to(before);
                why.push(format!("failed: {error:#}"));
            }
        }
        let seconds = started.elapsed().as_secs_f64();
        let mut events = Vec::new();
        while let Ok(event) = inbox.try_recv() {
            events.push(event);
        }
        match check(task, &events, &pictures(&events)) {
            Ok(wrong) => why.extend(wrong),
            Err(error) => why.push(error.to_string()),
        }
        let (text, unverified) = answer(&events);
        Some(Judged { why, calls: calls(&events), text, seconds, unverified })
    }
}

fn pictures(events: &[Event]) -> Vec<PathBuf> {
    let made = events.iter().filter_map(|event| match event {
        Event::Artifact { artifact } if artifact.mime == "image/png" => Some(artifact.path.clone()),
        _ => None,
    });
    made.collect()
}

/// The answer, and how many of its figures stand nowhere.
fn answer(events: &[Event]) -> (String, usize) {
    let last = events.iter().rev().find_map(|event| match event {
        Event::Answer { text, figures, .. } => {
            Some((text.clone(), figures.iter().filter(|f| f.status == FigureStatus::Unverified).count()))
        }
        _ => None,
    });
    last.unwrap_or_default()
}

fn calls(events: &[Event]) -> Vec<String> {
    let failed = |call: &str| events.iter().any(|e| matches!(e, Event::Result { id, ok: false, .. } if id == call));
    let told = events.iter().filter_map(|event| match event {
        Event::Call { id, tool, .. } => Some(format!("{tool}{}", if failed(id) { "!" } else { "" })),
        _ => None,
    });
    told.collect()
}

/// A turn as it is over: to programs on `out`, to people on stderr.
fn tell(
    model: &str,
    dialogue: &Dialogue,
    at: usize,
    turn: &Judged,
    wanted: &Wanted,
    out: &mut impl Write,
) -> std::io::Result<()> {
    if wanted.json {
        let line = json!({
            "type": "turn", "model": model, "id": dialogue.id, "turn": at, "kind": dialogue.kind,
            "question": dialogue.turns[at - 1].q, "right": turn.why.is_empty(), "why": turn.why, "calls": turn.calls,
            "text": turn.text, "unverified": turn.unverified, "seconds": turn.seconds,
        });
        writeln!(out, "{line}")?;
        return out.flush();
    }
    if !wanted.quiet {
        let verdict = if turn.why.is_empty() { "ok".to_owned() } else { turn.why.join("; ") };
        eprintln!("{}.{at} {verdict} [{}] {:.0} s", dialogue.id, turn.calls.join(" "), turn.seconds);
    }
    Ok(())
}
