//! `polymath replay`: a run again from its record, its pages fetched again, or its questions put to another
//! model.

mod anew;
mod other;

use crate::ask::session_store;
use crate::render::{RenderOptions, Renderer};
use crate::settings::{RunArgs, Settings, Usage};
use anyhow::Context;
use clap::Args;
use polymath_agent::replay;
use polymath_agent::session::SessionRecord;
use polymath_chat::plain;
use std::io::Write;
use std::process::ExitCode;

/// Arguments of `polymath replay`.
#[derive(Debug, Args)]
pub struct ReplayArgs {
    /// A session's name, or how it begins; with /3 behind it, its third turn
    run: String,
    /// Fetches its pages again and tells what has changed; exit status 3 when a conclusion has
    #[arg(long)]
    refresh: bool,
    /// Puts its questions to this model and shows both answers
    #[arg(long, value_name = "M", conflicts_with = "refresh")]
    model: Option<String>,
    /// Where is searched, where the run's pages were of a local folder
    #[arg(long, value_name = "BACKEND")]
    search: Option<String>,
    /// One JSON object a line instead of text
    #[arg(long)]
    json: bool,
}

pub async fn run(args: ReplayArgs, quiet: bool) -> anyhow::Result<ExitCode> {
    let (session, turn) = replay::name(&args.run);
    let store = session_store(&polymath_model::store::home(), false)?;
    let record = store.export(session)?;
    if let Some(turn) = turn
        && record.events.iter().all(|event| event.turn != turn)
    {
        let known = record.info.turns;
        anyhow::bail!(Usage(format!("the session {} has no turn {turn}; it has {known}", record.info.id)));
    }
    if !args.refresh && args.model.is_none() {
        return again(&record, turn, &args, quiet);
    }
    let mut run = RunArgs::from_environment()?;
    run.search = args.search.clone().or(run.search);
    run.model = args.model.clone().or(run.model);
    let settings = Settings::read(&run)?;
    match args.refresh {
        true => anew::refresh(&record, &settings, args.json).await,
        false => other::ask(&record, turn, settings, args.json, quiet).await,
    }
}

/// The events as they were kept: nothing is fetched, nobody is asked.
fn again(record: &SessionRecord, turn: Option<u32>, args: &ReplayArgs, quiet: bool) -> anyhow::Result<ExitCode> {
    let mut renderer = Renderer::new(RenderOptions::new(false, quiet));
    let mut shown = None;
    for event in replay::events(record, turn) {
        if args.json {
            let line = serde_json::to_string(&event.event).context("can't write an event as JSON")?;
            writeln!(std::io::stdout(), "{}", plain::json(&line))?;
            continue;
        }
        if shown.replace(event.turn) != Some(event.turn) {
            renderer.finish()?;
            renderer = Renderer::new(RenderOptions::new(false, quiet));
            writeln!(std::io::stdout(), "> {}\n", plain::clean(record.question(event.turn)))?;
        }
        renderer.event(&event.event);
    }
    renderer.finish()?;
    Ok(ExitCode::SUCCESS)
}
