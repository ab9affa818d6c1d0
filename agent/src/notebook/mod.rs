//! What a conversation has: what was said, and what was found out. Everything above (the loop, both
//! leads, grounding, sessions) reads and writes it here, and nothing is read back out of prose.

mod asked;
mod fact;
mod files;
mod frames;
mod mark;
mod markdown;
mod stack;

pub use asked::Asked;
pub use fact::Fact;
pub(crate) use fact::fact_name;
pub(crate) use files::describe as describe_files;
pub(crate) use frames::{describe as describe_frame, inherit, query_of, unit_of_column, unit_of_header};
pub use mark::Mark;
pub(crate) use markdown::tables_of;
pub use polymath_chat::Chart;
pub(crate) use polymath_tools::load::name_of;
pub(crate) use stack::{is_of_files, is_part};

use frames::{FRAMES, frames};

use polymath_chat::{Artifact, Message, Retrieval, Source, Table, ToolCall, ToolOutput};
use serde::{Deserialize, Serialize};
use std::path::PathBuf;
use std::sync::Arc;

/// A conversation: what was said, and what was found out.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Chat {
    pub id: String,
    pub messages: Vec<Message>,
    /// Opened pages; a citation `[n]` is the n-th.
    pub sources: Vec<Source>,
    /// Which pages these were, in the order of their opening.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub retrieved: Vec<Retrieval>,
    pub tables: Vec<Table>,
    /// Tables that stand in opened pages, as they stand there.
    #[serde(default)]
    pub page_tables: Vec<Table>,
    pub artifacts: Vec<Artifact>,
    /// Single values that were found or worked out.
    #[serde(default)]
    pub facts: Vec<Fact>,
    /// Charts that were drawn.
    #[serde(default)]
    pub charts: Vec<Chart>,
    /// Files that the user gave.
    #[serde(default, with = "polymath_chat::path::list")]
    pub files: Vec<PathBuf>,
    /// Where each of them is, without links, since it was given.
    #[serde(default, with = "polymath_chat::path::list")]
    pub targets: Vec<PathBuf>,
    /// The user's questions as they were understood, the latest last.
    #[serde(default)]
    pub asked: Vec<Asked>,
    /// Names of the skills that it took up, in order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub skills: Vec<String>,
    /// Calls that a killed process had begun: the turn that comes next asks before it makes one again.
    #[serde(skip)]
    pub begun: Vec<ToolCall>,
}

impl Chat {
    pub fn new(id: impl Into<String>) -> Self {
        Chat { id: id.into(), ..Chat::default() }
    }

    /// Takes in what a call found: pages are numbered once, by their address.
    pub(crate) fn learn(&mut self, output: &ToolOutput) {
        for source in &output.sources {
            match self.sources.iter_mut().find(|s| s.url == source.url) {
                Some(known) => known.text.clone_from(&source.text),
                None => self.sources.push(source.clone()),
            }
        }
        output.retrieved.iter().for_each(|page| self.retrieve(page));
        if !output.sources.is_empty() {
            self.page_tables
                .extend(output.tables.iter().filter(|t| !self.page_tables.contains(t)).cloned().collect::<Vec<_>>());
        }
        self.artifacts.extend(output.artifacts.iter().cloned());
        for chart in &output.charts {
            let name = format!("c{}", self.charts.len() + 1);
            self.charts.push(Chart { name, ..chart.clone() });
        }
    }

    /// Takes in where a page is from. One that came as it was is still that of before.
    fn retrieve(&mut self, page: &Retrieval) {
        match self.retrieved.iter_mut().rfind(|known| known.url == page.url) {
            Some(known) if known.page == page.page => known.body = page.body.clone().or(known.body.take()),
            _ => self.retrieved.push(page.clone()),
        }
    }

    /// Which page the text of this address was read off: the one that was opened last.
    pub fn page_of(&self, url: &str) -> Option<&Retrieval> {
        self.retrieved.iter().rfind(|page| page.url == url)
    }

    /// The number by which answers cite the page of this address.
    pub(crate) fn number_of(&self, url: &str) -> Option<usize> {
        self.sources.iter().position(|s| s.url == url).map(|i| i + 1)
    }

    /// Names a new fact and keeps it; returns its name.
    pub(crate) fn add_fact(&mut self, fact: Fact) -> String {
        let name = fact_name(self.facts.len());
        self.facts.push(Fact { name: name.clone(), ..fact });
        name
    }

    /// Adds a table, unless programs find it already; returns its name with what is in it, as a model
    /// reads it.
    pub(crate) fn add_table(&mut self, table: Table) -> String {
        let first = self.tables.len().saturating_sub(FRAMES);
        let known = self.tables[first..].iter().position(|t| *t == table).map(|at| first + at);
        let n = known.unwrap_or(self.tables.len()) + 1;
        let told = format!("t{n} = {} ({}), {} rows", table.title, table.columns.join(" | "), table.rows.len());
        if known.is_none() {
            self.tables.push(table);
        }
        told
    }

    /// The tables as programs find them; one that has two names is one table.
    pub(crate) fn frames(&self) -> Vec<(String, Arc<Table>)> {
        let mut copies: Vec<(&Table, Arc<Table>)> = Vec::new();
        let mut named = Vec::new();
        for (name, table) in frames(&self.tables) {
            let known = copies.iter().find(|(known, _)| std::ptr::eq(*known, table)).map(|(_, copy)| copy.clone());
            let copy = known.unwrap_or_else(|| {
                let copy = Arc::new(table.clone());
                copies.push((table, copy.clone()));
                copy
            });
            named.push((name, copy));
        }
        named
    }

    /// The table that programs know by this name.
    pub(crate) fn table_named(&self, name: &str) -> Option<&Table> {
        frames(&self.tables).into_iter().find(|(known, _)| known == name).map(|(_, table)| table)
    }
}
