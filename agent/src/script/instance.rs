//! A step that is about to be run, once, and what it is given.

use super::frame::{Run, Shared};
use super::output::Output;
use super::plan::{Kind, Step};
use super::template::{Context, Style, render};
use crate::turn::Helper;
use polymath_chat::{Cell, Table};
use polymath_model::engine::Events;
use polymath_tools::CallCx;
use polymath_tools::chart::column;
use serde_json::Value;
use std::sync::Arc;

/// A thing that a step is done for.
pub struct Item {
    pub label: String,
    /// `item` in the step's texts.
    pub value: minijinja::Value,
    /// Its cells in the collected table.
    pub cells: Vec<Cell>,
    pub columns: Vec<String>,
}

/// What a step is given.
#[derive(Default, Clone)]
pub struct Given {
    pub context: Context,
    /// What the steps and files that it mentions came to, by name.
    pub outputs: Vec<(String, Output)>,
    /// What it is done for, of several.
    pub item: Option<String>,
}

impl Given {
    pub fn with(&self, item: &Item) -> Given {
        let mut given = self.clone();
        given.context.insert("item".into(), item.value.clone());
        given.item = Some(item.label.clone());
        given
    }

    pub fn output(&self, name: &str) -> Option<&Output> {
        self.outputs.iter().find(|(known, _)| known == name).map(|(_, output)| output)
    }

    pub fn table(&self, name: &str) -> Option<&Table> {
        self.output(name).and_then(|output| output.table.as_ref())
    }

    pub fn tables(&self) -> Vec<(String, Arc<Table>)> {
        let named = |(name, output): &(String, Output)| Some((name.clone(), Arc::new(output.table.clone()?)));
        self.outputs.iter().filter_map(named).collect()
    }
}

/// A step that is about to be run.
pub struct Instance<'a> {
    pub run: &'a Run<'a>,
    pub step: &'a Step,
    pub shared: &'a Shared,
    pub given: Given,
}

impl<'a> Instance<'a> {
    pub fn new(run: &'a Run<'a>, step: &'a Step, shared: &'a Shared, given: Given) -> Self {
        Instance { run, step, shared, given }
    }

    /// The values of variables and texts that a program finds under their names.
    pub fn variables(&self) -> Vec<(String, Value)> {
        let vars = self.run.inputs.vars.iter().filter(|(name, _)| self.step.mentions.contains(*name));
        let texts = self.given.outputs.iter().filter(|(_, output)| output.table.is_none());
        let texts =
            texts.map(|(name, o)| (name.clone(), o.number().map_or_else(|| o.text.as_str().into(), Value::from)));
        let item = self.given.context.get("item").and_then(|item| serde_json::to_value(item).ok());
        let item = item.map(|item| ("item".to_owned(), item));
        vars.map(|(name, value)| (name.clone(), value.clone())).chain(texts).chain(item).collect()
    }

    pub fn call_cx(&self, session: &str, events: &Events) -> CallCx {
        let agent = self.run.agent;
        CallCx {
            session: session.to_owned(),
            out: agent.settings.out.clone(),
            model: Some(Arc::new(Helper {
                engine: agent.engine.clone(),
                cancel: self.shared.cancel.clone(),
                events: events.clone(),
            })),
            approve: None,
            cancel: self.shared.cancel.clone(),
            today: agent.settings.today(),
            tables: self.given.tables(),
            files: self.run.inputs.files.iter().map(|file| file.file.clone()).collect(),
        }
    }

    /// A table with the columns that the step wants, by their names, in their order.
    pub fn shaped(&self, table: Table) -> anyhow::Result<Table> {
        let title = title(self.step, &self.given.context).map_err(anyhow::Error::msg)?;
        if self.step.columns.is_empty() || self.step.each.is_some() {
            return Ok(Table { title, ..table });
        }
        let place = |wanted: &String| {
            let own = column(&table, wanted, false).and_then(|own| table.columns.iter().position(|c| *c == own));
            own.ok_or_else(|| anyhow::anyhow!("the table has no column {wanted}; it has {}", table.columns.join(", ")))
        };
        let places: Vec<usize> = self.step.columns.iter().map(place).collect::<Result<_, _>>()?;
        let rows = table.rows.iter().map(|row| places.iter().map(|at| row[*at].clone()).collect()).collect();
        Ok(Table { title, columns: self.step.columns.clone(), rows })
    }
}

/// What the report calls a step: its title, or what it asks, or its name.
pub fn title(step: &Step, context: &Context) -> Result<String, String> {
    match (&step.title, &step.kind) {
        (Some(title), _) => render(title, context, Style::Report),
        (None, Kind::Ask { question, .. }) if step.each.is_none() => render(question, context, Style::Report),
        _ => Ok(step.name.replace('_', " ")),
    }
}
