//! The calls of steps that are no questions, and what they came to.

use super::instance::Instance;
use super::output::Output;
use super::plan::Kind;
use crate::dispatch::{CallLimits, Dispatch, Record, Repeats};
use crate::notebook::inherit;
use polymath_chat::{Citation, Source, ToolCall, ToolOutput, call_id};
use polymath_model::engine::Events;
use polymath_tools::CallCx;
use serde_json::{Value, json};
use std::collections::HashMap;

/// Makes the calls of a step that is no question.
pub struct Caller<'a> {
    pub instance: &'a Instance<'a>,
    pub cx: CallCx,
    pub events: &'a Events,
    pub record: &'a Record,
}

impl Caller<'_> {
    /// Makes the calls.
    ///
    /// # Errors
    /// One of them failed, or the table has not the columns that the step wants.
    pub async fn output(&self, kind: &Kind) -> anyhow::Result<Output> {
        let called = match kind {
            Kind::Tool { name, args } => self.call(1, name, args.clone()).await?,
            Kind::Sql(query) => self.call(1, "sql", json!({"query": query})).await?,
            Kind::Python(code) => {
                let variables = self.instance.variables();
                if !variables.is_empty() {
                    self.call(1, "python", json!({"code": assignments(&variables)})).await?;
                }
                self.call(2, "python", json!({"code": code})).await?
            }
            Kind::Chart(args) => self.call(1, "chart", args.clone()).await?,
            Kind::Picture(what) => self.call(1, "image", json!({"prompt": what})).await?,
            Kind::Ask { .. } | Kind::Assert(_) | Kind::Report { .. } => {
                anyhow::bail!("`{}` makes no calls", kind.name())
            }
        };
        let table = called.tables.iter().find(|table| table.title == self.instance.step.name).or(called.tables.last());
        let table = match table.cloned() {
            // What a query or program took over keeps its origin.
            Some(table) if matches!(kind, Kind::Sql(_) | Kind::Python(_)) => {
                Some(self.cx.tables.iter().fold(table, |table, (_, old)| inherit(old, table)))
            }
            other => other,
        };
        let mut output = match table {
            Some(table) => Output::of_table(self.instance.shaped(table)?),
            None => Output::of_text(called.printed.clone().unwrap_or_else(|| called.content.clone())),
        };
        if let Kind::Tool { .. } | Kind::Chart(_) | Kind::Picture(_) = kind {
            output.text.clone_from(&called.content);
        }
        let citation = |(i, source): (usize, &Source)| Citation {
            n: i + 1,
            url: source.url.clone(),
            title: source.title.clone(),
            quote: String::new(),
            page: called.retrieved.iter().find(|page| page.url == source.url).map(|page| page.page.clone()),
        };
        output.citations = called.sources.iter().enumerate().map(citation).collect();
        output.retrieved = called.retrieved;
        output.artifacts = called.artifacts;
        Ok(output)
    }

    async fn call(&self, n: usize, tool: &str, arguments: Value) -> anyhow::Result<ToolOutput> {
        let agent = self.instance.run.agent;
        // Nothing is cut: no model reads it.
        let limits = CallLimits { result_tokens: usize::MAX, ..agent.settings.limits.clone() };
        let (tools, engine, events) = (&agent.tools, &*agent.engine, self.events);
        let barred = HashMap::new();
        let dispatch = Dispatch { tools, engine, limits: &limits, events, record: Some(self.record), barred: &barred };
        let call = ToolCall { id: call_id(n), name: tool.to_owned(), arguments };
        let outcomes = dispatch.run(&[call], &self.cx, &mut Repeats::default(), &mut |_| {}).await?;
        match outcomes.into_iter().flatten().next().map(|outcome| outcome.result) {
            Some(Ok(output)) => Ok(output),
            Some(Err(failure)) => anyhow::bail!("{} ({tool}: {})", failure.message, failure.kind),
            None => anyhow::bail!("`{tool}` was not called"),
        }
    }
}

/// A program that gives names their values, as JSON says them: no text of theirs is code.
fn assignments(variables: &[(String, Value)]) -> String {
    let (names, values): (Vec<&str>, Vec<&Value>) =
        variables.iter().map(|(name, value)| (name.as_str(), value)).unzip();
    let json = json!(values).to_string();
    // JSON's way to write a text is Python's as well.
    format!("import json as _json\n[{}] = _json.loads({})", names.join(", "), Value::from(json))
}
