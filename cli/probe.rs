//! `polymath model probe`: which way of calling functions a model obeys, kept for later runs.

use crate::engine;
use crate::interrupt::Interrupt;
use clap::Args;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use polymath_llama::{LlamaEngine, LlamaOptions};
use polymath_model::engine::{Engine, EngineError};
use polymath_model::probe::{self, Verdict};
use polymath_model::store::Store;
use std::fmt::Write as _;
use std::io::{IsTerminal, Write};
use std::path::Path;

#[derive(Debug, Args)]
pub struct ProbeArgs {
    /// A name of the catalogue, hf:OWNER/REPO/FILE.gguf, or a path to a .gguf
    #[arg(value_name = "MODEL")]
    model: String,
    /// One JSON object
    #[arg(long)]
    json: bool,
}

pub async fn run(args: &ProbeArgs, home: &Path, quiet: bool, out: &mut impl Write) -> anyhow::Result<()> {
    let store = Store::open(home);
    let resolved = engine::ensure(&store, &args.model, quiet).await?;
    let path = resolved.path.clone();
    let bar = ProgressBar::new(probe::trials() as u64);
    if quiet || !std::io::stderr().is_terminal() {
        bar.set_draw_target(ProgressDrawTarget::hidden());
    }
    if let Ok(style) = ProgressStyle::with_template("{bar:30} {pos}/{len} {msg} {elapsed}") {
        bar.set_style(style);
    }
    let tell = |way: &str| {
        bar.set_message(way.to_owned());
        bar.inc(1);
    };
    let interrupt = Interrupt::listen()?;
    let options = engine::model_options(resolved);
    let load = move |way| -> Result<Box<dyn Engine>, EngineError> {
        Ok(Box::new(LlamaEngine::load(LlamaOptions { way: Some(way), prefix_cache: None, ..options.clone() })?))
    };
    let verdict = probe::probe(load, interrupt.token(), &tell).await?;
    bar.finish_and_clear();
    probe::keep(home, &path, &verdict)?;
    match args.json {
        true => writeln!(out, "{}", serde_json::to_value(&verdict)?)?,
        false => write!(out, "{}", table(&verdict))?,
    }
    Ok(())
}

/// The verdict for people.
pub fn table(verdict: &Verdict) -> String {
    let mut text = format!("{:10}{:>8}{:>16}\n", "calls", "alone", "behind a text");
    for s in &verdict.scores {
        let (short, long) = (format!("{}/{}", s.short, s.short_of), format!("{}/{}", s.long, s.long_of));
        let _ = writeln!(text, "{:10}{short:>8}{long:>16}", s.way.name());
    }
    let _ = writeln!(text, "taken: {} (the text had {} tokens)", verdict.chosen.name(), verdict.long_tokens);
    text
}
