//! What a conversation has: what was said, and what was found out. Everything above (the loop, both
//! leads, grounding, sessions) reads and writes it here, and nothing is read back out of prose.

mod files;
mod frames;
mod mark;
mod markdown;

pub(crate) use files::describe as describe_files;
pub(crate) use frames::{describe as describe_frame, inherit};
pub use mark::Mark;
pub(crate) use markdown::tables_of;

use frames::frames;

use polymath_chat::{Artifact, Message, Source, Table, ToolOutput};
use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// A conversation: what was said, and what was found out.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Chat {
    pub id: String,
    pub messages: Vec<Message>,
    /// Opened pages; a citation `[n]` is the n-th.
    pub sources: Vec<Source>,
    pub tables: Vec<Table>,
    pub artifacts: Vec<Artifact>,
    /// Files that the user gave.
    #[serde(default)]
    pub files: Vec<PathBuf>,
    /// The short protocol that a guided model's decisions are made on.
    pub decisions: Vec<Message>,
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
        self.artifacts.extend(output.artifacts.iter().cloned());
    }

    /// Adds a table; returns its name with what is in it, as a model reads it.
    pub(crate) fn add_table(&mut self, table: Table) -> String {
        let told = format!(
            "t{} = {} ({}), {} rows",
            self.tables.len() + 1,
            table.title,
            table.columns.join(" | "),
            table.rows.len()
        );
        self.tables.push(table);
        told
    }

    /// The tables as programs find them.
    pub(crate) fn frames(&self) -> Vec<(String, Table)> {
        frames(&self.tables).into_iter().map(|(name, table)| (name, table.clone())).collect()
    }

    /// The table that programs know by this name.
    pub(crate) fn table_named(&self, name: &str) -> Option<&Table> {
        frames(&self.tables).into_iter().find(|(known, _)| known == name).map(|(_, table)| table)
    }
}
