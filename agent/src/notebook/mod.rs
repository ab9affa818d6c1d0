//! What a conversation has: what was said, and what was found out. Everything above (the loop, both
//! leads, grounding, sessions) reads and writes it here, and nothing is read back out of prose.

mod files;
mod frames;

pub(crate) use files::describe as describe_files;
pub(crate) use frames::{describe as describe_frame, frames, inherit};

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
}
