//! `polymath run`: a script of several steps. Its run is a session, each step a turn of it.

mod args;
mod pins;
mod record;
mod report;
mod watch;

use crate::ask::session_store;
use crate::engine::source;
use crate::interrupt::Interrupt;
use crate::out::say;
use crate::settings::{RunArgs, Settings, Usage};
use crate::wiring;
use anyhow::Context;
pub use args::ScriptArgs;
use chrono::Local;
use polymath_agent::script::{self, Budget, Ended, Inputs, NoModel, Run, Script, StepCache, StepEnd};
use polymath_agent::session::Session;
use polymath_chat::plain::clean;
use record::RunRecord;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;
use watch::Recorder;

/// How long results of steps are known.
const KEPT: Duration = Duration::from_secs(30 * 86_400);

pub async fn run(args: ScriptArgs, quiet: bool) -> anyhow::Result<ExitCode> {
    let text = std::fs::read_to_string(&args.script)
        .with_context(|| format!("cannot read the script {}", args.script.display()))?;
    let base = RunArgs::from_environment()?;
    let known = Settings { tools: None, functions: args.functions.clone(), ..Settings::read(&base)? };
    let script = script::read(&args.script, &text, &wiring::all_tools(&known).await?.specs()).map_err(|errors| {
        let told: Vec<String> = errors.iter().map(ToString::to_string).collect();
        Usage(told.join("\n"))
    })?;
    if args.graph {
        say!("{}", script::mermaid(&script).trim_end())?;
        return Ok(ExitCode::SUCCESS);
    }
    let record = args.resume.as_deref().map(|run| RunRecord::read(&known.home, run)).transpose()?;
    let vars = args.vars.clone().into_iter();
    // What is said now comes behind what was said then, and counts.
    let vars: Vec<(String, String)> = record.iter().flat_map(|record| record.vars.clone()).chain(vars).collect();
    let inputs = Inputs::read(&script, &vars).map_err(|e| Usage(e.to_string()))?;
    let settings = Settings::read(&pins::pinned(&args, &script, base, record.as_ref(), quiet))?;
    let settings = Settings { tools: None, ..settings };
    wiring::tools(&settings)?;
    if args.check {
        say!("{}: {} steps, nothing wrong", args.script.display(), script.steps.len())?;
        return Ok(ExitCode::SUCCESS);
    }
    for notice in inputs.notices.iter().filter(|_| !quiet) {
        eprintln!("note: {}", clean(notice));
    }
    let store = session_store(&settings.home, true)?;
    let session = match &record {
        Some(record) => store.resume(&record.run)?,
        None => store.create(&format!("script: {}", args.script.display()))?,
    };
    let out = args.out.clone().or_else(|| record.as_ref().map(|r| r.out.clone()));
    let out = out.unwrap_or_else(|| settings.home.join("artifacts").join(session.id()));
    let today = settings.today.unwrap_or_else(|| Local::now().date_naive());
    let settings = Settings { today: Some(today), ..settings };
    let record = RunRecord { run: session.id().to_owned(), script: args.script.clone(), vars, today, out };
    record.write(&settings.home)?;
    execute(&args, (&script, &inputs), settings, (session, record), quiet).await
}

async fn execute(
    args: &ScriptArgs,
    (script, inputs): (&Script, &Inputs),
    settings: Settings,
    (mut session, record): (Session, RunRecord),
    quiet: bool,
) -> anyhow::Result<ExitCode> {
    let agent = match script.needs_model() {
        true => wiring::agent(&settings, record.out.clone(), quiet).await?,
        false => {
            let tools = wiring::all_tools(&settings).await?;
            wiring::with_engine(&settings, record.out.clone(), Arc::new(NoModel::default()), tools)
        }
    };
    if script.needs_model() {
        session.make_with(agent.made(source(&settings)))?;
    }
    let interrupt = Interrupt::listen()?;
    let recorder = Recorder::new(session, args.json, quiet, script.steps.iter().map(|s| s.name.clone()).collect());
    recorder.began(&record.run);
    let cache = StepCache::new(&settings.state.join("cache/steps"));
    cache.prune(KEPT);
    let run = Run {
        id: &record.run,
        script,
        inputs,
        agent: &agent,
        cache: &cache,
        world: &pins::world(&settings),
        watch: &recorder,
        budget: Budget { time: script.time, tokens: script.tokens },
        cancel: interrupt.token(),
    };
    let ended = run.run().await;
    let written = report::write(&record, script, inputs, &ended)?;
    recorder.finish(&report::chat(&record.run, script, &ended), &written)?;
    Ok(verdict(&record, &ended, interrupt.token().is_cancelled()))
}

/// The exit status, and how the run is gone on with.
fn verdict(record: &RunRecord, ended: &Ended, interrupted: bool) -> ExitCode {
    let failed = ended.steps.iter().find_map(|(name, end)| match end {
        StepEnd::Failed(why) => Some(format!("step {name}: {why}")),
        StepEnd::Done(_) | StepEnd::Skipped => None,
    });
    let Some(why) = ended.stopped.clone().or(failed) else { return ExitCode::SUCCESS };
    eprintln!("error: {}", clean(&why));
    let script = clean(&record.script.display().to_string());
    eprintln!("hint: polymath run {script} --resume {} goes on where this stopped", record.run);
    ExitCode::from(if interrupted { 130 } else { 1 })
}
