//! A script's run: steps begin when what they need is there, side by side where they can; the model's
//! turns one at a time. The first failure lets what is running come to its end, and begins nothing more.

use super::collect::{collected, items};
use super::frame::{Ended, Progress, Run, Shared, StepEnd};
use super::instance::{Given, Instance, Item, title};
use super::output::Output;
use super::plan::{Kind, Step};
use super::template::{Context, evaluate};
use futures::stream::{FuturesUnordered, StreamExt, iter};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::AtomicUsize;
use std::time::Instant;
use tokio::sync::Semaphore;
use tokio_util::task::AbortOnDropHandle;

/// Tools that run at once, and items of a `for-each` that are looked at.
const TOOLS: usize = 4;
const ITEMS: usize = 8;

impl Run<'_> {
    /// Runs all steps that can be run.
    pub async fn run(&self) -> Ended {
        let shared = Shared {
            model: Semaphore::new(1),
            tools: Semaphore::new(TOOLS),
            tokens: AtomicUsize::new(0),
            cancel: self.cancel.child_token(),
        };
        let _alarm = self.budget.time.map(|time| {
            let cancel = shared.cancel.clone();
            AbortOnDropHandle::new(tokio::spawn(async move {
                tokio::time::sleep(time).await;
                cancel.cancel();
            }))
        });
        let mut steps = BTreeMap::new();
        if let Err(e) = std::fs::create_dir_all(&self.agent.settings.out) {
            let stopped = Some(format!("cannot make {}: {e}", self.agent.settings.out.display()));
            return Ended { steps, tokens: 0, stopped };
        }
        self.all(&shared, &mut steps).await;
        let stopped = match (self.cancel.is_cancelled(), shared.cancel.is_cancelled()) {
            (true, _) => Some("it was interrupted".to_owned()),
            (false, true) => Some(format!(
                "the time of the run is over ({})",
                humantime::format_duration(self.budget.time.unwrap_or_default())
            )),
            (false, false) => None,
        };
        Ended { steps, tokens: shared.tokens.into_inner(), stopped }
    }

    async fn all(&self, shared: &Shared, ends: &mut BTreeMap<String, StepEnd>) {
        let mut running = FuturesUnordered::new();
        let mut begun = BTreeSet::new();
        loop {
            let stop = shared.cancel.is_cancelled() || ends.values().any(|end| matches!(end, StepEnd::Failed(_)));
            let next = self.script.steps.iter().find(|step| !begun.contains(&step.name) && is_ready(step, ends));
            if let Some(step) = next.filter(|_| !stop) {
                begun.insert(step.name.clone());
                match self.given(step, ends) {
                    Ok(Some(given)) => {
                        self.watch.progress(&step.name, &Progress::Begun);
                        running.push(async move { (step, self.step(step, given, shared).await) });
                    }
                    Ok(None) => self.end(step, StepEnd::Skipped, None, ends),
                    Err(why) => self.end(step, StepEnd::Failed(why), None, ends),
                }
                continue;
            }
            match running.next().await {
                Some((step, (end, done))) => self.end(step, end, Some(done), ends),
                None => break,
            }
        }
    }

    fn end(&self, step: &Step, end: StepEnd, done: Option<(bool, f64)>, ends: &mut BTreeMap<String, StepEnd>) {
        let left = self.script.steps.len() - ends.len() - 1;
        let progress = match &end {
            StepEnd::Done(_) => {
                let (cached, seconds) = done.unwrap_or_default();
                Progress::Done { cached, seconds, left }
            }
            StepEnd::Skipped => Progress::Skipped { left },
            StepEnd::Failed(why) => Progress::Failed { why: why.clone(), left },
        };
        self.watch.progress(&step.name, &progress);
        ends.insert(step.name.clone(), end);
    }

    /// What a step that begins is given; `None` when it is skipped.
    fn given(&self, step: &Step, ends: &BTreeMap<String, StepEnd>) -> Result<Option<Given>, String> {
        let skipped = step.needs.iter().any(|need| matches!(ends.get(need), Some(StepEnd::Skipped)));
        // A report says what there is.
        if skipped && !matches!(step.kind, Kind::Report { .. }) {
            return Ok(None);
        }
        let mut context: Context = self.inputs.context();
        let mut given = Given::default();
        for file in self.inputs.files.iter().filter(|file| step.mentions.contains(&file.name)) {
            if let Some(table) = &file.table {
                let output = Output::of_table(table.clone());
                context.insert(file.name.clone(), output.value());
                given.outputs.push((file.name.clone(), output));
            }
        }
        for name in &step.needs {
            if let Some(StepEnd::Done(output)) = ends.get(name) {
                context.insert(name.clone(), output.value());
                given.outputs.push((name.clone(), (**output).clone()));
            }
        }
        let holds = step.condition.as_ref().map_or(Ok(true), |c| evaluate(c, &context).map(|value| value.is_true()));
        given.context = context;
        Ok(holds.map_err(|why| format!("its condition cannot be told: {why}"))?.then_some(given))
    }

    /// Runs a step; the second value says whether it was known already, and the seconds it took.
    async fn step(&self, step: &Step, given: Given, shared: &Shared) -> (StepEnd, (bool, f64)) {
        let started = Instant::now();
        let result = match &step.each {
            None => Instance::new(self, step, shared, given).run().await.map_err(|e| format!("{e:#}")),
            Some(each) => match items(each, self.inputs, &given) {
                Ok(items) => self.each(step, items, &given, shared).await,
                Err(why) => Err(why),
            },
        };
        let seconds = started.elapsed().as_secs_f64();
        match result {
            Ok((output, cached)) => (StepEnd::Done(Box::new(output)), (cached, seconds)),
            Err(why) => (StepEnd::Failed(why), (false, seconds)),
        }
    }

    async fn each(
        &self,
        step: &Step,
        items: Vec<Item>,
        given: &Given,
        shared: &Shared,
    ) -> Result<(Output, bool), String> {
        let runs = items.iter().map(|item| Instance::new(self, step, shared, given.with(item)).run());
        let results: Vec<anyhow::Result<(Output, bool)>> = iter(runs).buffered(ITEMS).collect().await;
        let failed: Vec<String> = items
            .iter()
            .zip(&results)
            .filter_map(|(item, result)| result.as_ref().err().map(|e| format!("{}: {e:#}", item.label)))
            .collect();
        if let Some(first) = failed.first() {
            return Err(format!("{} of {} failed, the first {first}", failed.len(), items.len()));
        }
        let (outputs, cached): (Vec<Output>, Vec<bool>) = results.into_iter().flatten().unzip();
        let title = title(step, &given.context)?;
        Ok((collected(step, title, &items, outputs)?, cached.into_iter().all(|cached| cached)))
    }
}

/// Whether all that a step needs has come to its end.
fn is_ready(step: &Step, ends: &BTreeMap<String, StepEnd>) -> bool {
    step.needs.iter().all(|need| matches!(ends.get(need), Some(StepEnd::Done(_) | StepEnd::Skipped)))
}
