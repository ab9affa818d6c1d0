//! A script (`polymath run`) from Rust: read, given its variables, run, and its report printed. `examples/runs/sales.toml` asks
//! no model; a script that does gets an engine in place of `NoModel`.
//!
//! cargo run --release --example multi_step_analysis -- examples/runs/sales.toml year=2023

use anyhow::{Context, bail};
use polymath_agent::script::{self, Budget, Inputs, Kind, NoModel, Progress, Run, StepCache, StepEnd, Watch};
use polymath_agent::{Agent, Settings};
use polymath_chat::Event;
use polymath_tools::{Calculator, Charts, Registry, Sql, Tool};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use tokio_util::sync::CancellationToken;

/// Shows how it goes. Whoever wants to have the record keeps it here.
#[derive(Default)]
struct Shown(AtomicU32);

impl Watch for Shown {
    fn begin(&self, _: &str) -> anyhow::Result<u32> {
        Ok(self.0.fetch_add(1, Ordering::Relaxed) + 1)
    }

    fn event(&self, _: u32, event: &Event) -> anyhow::Result<()> {
        if let Event::Result { ok: false, content, .. } = event {
            eprintln!("  {content}");
        }
        Ok(())
    }

    fn progress(&self, step: &str, progress: &Progress) {
        match progress {
            Progress::Done { cached: true, .. } => eprintln!("✓ {step}: known already"),
            Progress::Done { .. } => eprintln!("✓ {step}"),
            Progress::Failed { why, .. } => eprintln!("✗ {step}: {why}"),
            Progress::Begun | Progress::Again { .. } | Progress::Skipped { .. } => {}
        }
    }
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let mut words = std::env::args().skip(1);
    let file = words.next().context("usage: multi_step_analysis SCRIPT.toml [NAME=VALUE]…")?;
    let given = words.map(|word| word.split_once('=').map(|(name, value)| (name.to_owned(), value.to_owned())));
    let given = given.collect::<Option<Vec<_>>>().context("variables are given as NAME=VALUE")?;

    let tools: [Arc<dyn Tool>; 3] =
        [Arc::new(Sql::default()), Arc::new(Calculator::new()), Arc::new(Charts::default())];
    let tools = Registry::new(tools);
    let text = std::fs::read_to_string(&file)?;
    let script = match script::read(Path::new(&file), &text, &tools.specs()) {
        Ok(script) => script,
        // Each with its line, its key and what to do.
        Err(errors) => bail!(errors.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")),
    };
    let inputs = Inputs::read(&script, &given)?;

    let kept = tempfile::tempdir()?;
    let today = script.today;
    let settings = Settings { today, ..Settings::new(kept.path().join("out")) };
    let agent = Agent { engine: Arc::new(NoModel::default()), tools, settings };
    let run = Run {
        id: "example",
        script: &script,
        inputs: &inputs,
        agent: &agent,
        // In a folder that stays, a second run does only what has changed.
        cache: &StepCache::new(&kept.path().join("cache")),
        world: "",
        watch: &Shown::default(),
        budget: Budget::default(),
        cancel: CancellationToken::new(),
    };
    let ended = run.run().await;

    let mut failed = ended.stopped.is_some();
    println!("# {}\n", script.title(&inputs));
    for step in &script.steps {
        match ended.steps.get(&step.name) {
            Some(StepEnd::Done(output)) if matches!(step.kind, Kind::Report { .. }) => println!("{}", output.text),
            Some(StepEnd::Done(output)) => {
                if let Some(table) = &output.table {
                    println!("**{}**\n\n{}", step.name, table.markdown());
                }
            }
            Some(StepEnd::Failed(_)) => failed = true,
            Some(StepEnd::Skipped) | None => {}
        }
    }
    if failed {
        bail!("the script did not come to its end");
    }
    Ok(())
}
