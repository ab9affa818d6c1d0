//! One step, once: its texts filled in, its result looked for among those of before, and what it does
//! done on record.

use super::cache::StepCache;
use super::calls::Caller;
use super::frame::Progress;
use super::instance::{Instance, title};
use super::output::Output;
use super::plan::{Assertion, Kind};
use super::template::{Style, evaluate, render};
use super::{ask, assert};
use crate::dispatch::Record;
use polymath_chat::Event;
use polymath_model::engine::Events;
use serde_json::{Value, json};
use std::sync::atomic::Ordering;
use tokio::sync::mpsc::unbounded_channel;

/// Of the results that are kept: it changes when old ones must not be used any more.
const VERSION: u32 = 1;

impl Instance<'_> {
    /// Runs it, unless its result is known: whether it was is the second value.
    pub async fn run(self) -> anyhow::Result<(Output, bool)> {
        let title = title(self.step, &self.given.context).map_err(anyhow::Error::msg)?;
        let (output, known) = self.result().await?;
        Ok((Output { title, ..output }, known))
    }

    async fn result(&self) -> anyhow::Result<(Output, bool)> {
        let kind = self.filled().map_err(anyhow::Error::msg)?;
        match &kind {
            Kind::Assert(assertion) => return Ok((self.assert(assertion)?, false)),
            Kind::Report { text, show } => {
                return Ok((Output { text: text.clone(), show: show.clone(), ..Output::default() }, false));
            }
            _ => {}
        }
        let key = self.key(&kind);
        if let Some(output) = self.run.cache.get(&key) {
            return Ok((output, true));
        }
        let turns = if kind.needs_model() { &self.shared.model } else { &self.shared.tools };
        let _turn = turns.acquire().await?;
        let mut tries = 0;
        let output = loop {
            self.shared.check(if kind.needs_model() { self.run.budget } else { Default::default() })?;
            match self.once(&kind, &key).await {
                Ok(output) => break output,
                Err(e) if tries < self.step.retries && !self.shared.cancel.is_cancelled() => {
                    tries += 1;
                    self.run.watch.progress(&self.step.name, &Progress::Again { why: format!("{e:#}") });
                }
                Err(e) => return Err(e),
            }
        };
        self.run.cache.put(&key, &output)?;
        Ok((output, false))
    }

    /// The step with its texts filled in.
    fn filled(&self) -> Result<Kind, String> {
        let text = |text: &str| render(text, &self.given.context, Style::Text);
        Ok(match &self.step.kind {
            Kind::Ask { question, tables, follows } => {
                Kind::Ask { question: text(question)?, tables: tables.clone(), follows: follows.clone() }
            }
            Kind::Tool { name, args } => Kind::Tool { name: name.clone(), args: filled(args, &text)? },
            Kind::Sql(query) => Kind::Sql(render(query, &self.given.context, Style::Sql)?),
            Kind::Python(code) => Kind::Python(code.clone()),
            Kind::Chart(args) => {
                let mut args = filled(args, &text)?;
                // A chart is called as its step is.
                if let (Some(title), Some(own)) = (&self.step.title, args.as_object_mut()) {
                    let title = text(title)?;
                    own.entry("title").or_insert_with(|| title.into());
                }
                Kind::Chart(args)
            }
            Kind::Picture(what) => Kind::Picture(text(what)?),
            Kind::Assert(a) => {
                let value = |value: &Option<Value>| value.as_ref().map(|value| filled(value, &text)).transpose();
                let rows_where: Result<_, String> =
                    a.rows_where.iter().map(|(column, value)| Ok((column.clone(), filled(value, &text)?))).collect();
                Kind::Assert(Box::new(Assertion {
                    rows_where: rows_where?,
                    equals: value(&a.equals)?,
                    tolerance: value(&a.tolerance)?,
                    min: value(&a.min)?,
                    max: value(&a.max)?,
                    ..(**a).clone()
                }))
            }
            Kind::Report { text, show } => {
                Kind::Report { text: render(text, &self.given.context, Style::Report)?, show: show.clone() }
            }
        })
    }

    /// The hash of all that goes into its result.
    fn key(&self, kind: &Kind) -> String {
        let settings = &self.run.agent.settings;
        let model = || {
            json!([
                self.run.agent.engine.info().name,
                settings.mode,
                settings.sampling.temperature,
                settings.sampling.seed
            ])
        };
        let files = || self.run.inputs.files.iter().map(|file| json!([file.name, file.hash])).collect::<Vec<_>>();
        let today = settings.today().to_string();
        // What the web says is the same for a day.
        let around = match kind {
            Kind::Ask { .. } => json!([model(), files(), today, self.run.world]),
            Kind::Picture(_) => model(),
            Kind::Tool { name, .. } => {
                let stateful = self.run.agent.tools.get(name).is_some_and(|tool| tool.spec().stateful);
                json!([stateful.then(files), today, self.run.world])
            }
            Kind::Python(_) => json!([files(), self.variables()]),
            _ => json!([today]),
        };
        let inputs: Vec<Value> =
            self.given.outputs.iter().map(|(name, o)| json!([name, o.text, o.table, o.chat])).collect();
        StepCache::key(&json!([VERSION, kind, self.step.columns, around, inputs]))
    }

    /// Does it, on record.
    async fn once(&self, kind: &Kind, key: &str) -> anyhow::Result<Output> {
        let of = self.given.item.as_ref().map_or(String::new(), |item| format!(" ({item})"));
        let label = match kind {
            Kind::Ask { question, .. } => question.clone(),
            other => format!("{}{of}: {}", self.step.name, other.name()),
        };
        let number = self.run.watch.begin(&label)?;
        let (events, mut inbox) = unbounded_channel();
        let (kept, record) = Record::new();
        let work = async {
            let result = self.work(kind, key, &events, &record).await;
            if let Err(e) = &result {
                let _ = events.send(Event::Error { message: format!("{e:#}"), hint: None });
            }
            drop(events);
            result
        };
        let keep = async move {
            let mut tokens = 0;
            while let Some(event) = inbox.recv().await {
                self.run.watch.event(number, &event)?;
                match event {
                    Event::Call { .. } => kept.send_modify(|calls| *calls += 1),
                    Event::Done { tokens: written, .. } => tokens += written,
                    _ => {}
                }
            }
            Ok::<usize, anyhow::Error>(tokens)
        };
        let (result, tokens) = tokio::join!(work, keep);
        let tokens = tokens?;
        self.shared.tokens.fetch_add(tokens, Ordering::Relaxed);
        Ok(Output { tokens, ..result? })
    }

    async fn work(&self, kind: &Kind, key: &str, events: &Events, record: &Record) -> anyhow::Result<Output> {
        // A conversation and its tools' sessions are this step's alone.
        let session = format!("{}-{}-{}", self.run.id, self.step.name, &key[..8]);
        let output = match kind {
            Kind::Ask { question, tables, follows } => {
                let follows = follows.as_ref().and_then(|name| self.given.output(name)?.chat.clone());
                ask::ask(self, (question, tables, follows), &session, (events, record)).await?
            }
            _ => {
                let caller = Caller { instance: self, cx: self.call_cx(&session, events), events, record };
                let output = caller.output(kind).await;
                self.run.agent.tools.end(&session).await;
                output?
            }
        };
        Ok(output)
    }

    fn assert(&self, assertion: &Assertion) -> anyhow::Result<Output> {
        if let Some(that) = &assertion.that
            && !evaluate(that, &self.given.context).map_err(anyhow::Error::msg)?.is_true()
        {
            anyhow::bail!("it does not hold that {that}");
        }
        let told = match &assertion.of {
            Some(of) => match self.given.output(of) {
                Some(output) => assert::check(assertion, of, output).map_err(anyhow::Error::msg)?,
                None => anyhow::bail!("the file `{of}` is no table"),
            },
            None => assertion.that.clone().unwrap_or_default(),
        };
        Ok(Output::of_text(told))
    }
}

/// All texts of a value filled in; one that is a number then is a number.
fn filled(value: &Value, text: &impl Fn(&str) -> Result<String, String>) -> Result<Value, String> {
    Ok(match value {
        Value::String(template) => {
            let filled = text(template)?;
            let number = || filled.parse::<serde_json::Number>().ok().map(Value::Number);
            // A template alone, whose value is a number.
            let alone = template.trim().starts_with("{{") && template.trim().ends_with("}}");
            if alone { number().unwrap_or(Value::String(filled)) } else { Value::String(filled) }
        }
        Value::Array(list) => Value::Array(list.iter().map(|item| filled(item, text)).collect::<Result<_, _>>()?),
        Value::Object(map) => {
            let pairs: Result<_, String> =
                map.iter().map(|(key, item)| Ok((key.clone(), filled(item, text)?))).collect();
            Value::Object(pairs?)
        }
        other => other.clone(),
    })
}
