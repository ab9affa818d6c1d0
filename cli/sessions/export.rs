//! A conversation as a file of its own.

use super::notebook;
use crate::report::{self, ReportTurn};
use crate::settings::Usage;
use anyhow::{Context, bail};
use clap::ValueEnum;
use polymath_agent::script::script_of;
use polymath_agent::session::{SessionRecord, SessionStore};
use polymath_chat::{Artifact, Event, plain};
use std::collections::BTreeMap;
use std::path::Path;

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// The report, with links to its files
    Md,
    /// The report as one file, pictures inside
    Html,
    /// The record itself: messages, sources, tables, every event
    Json,
    /// A Jupyter notebook: the programs as cells, their output and pictures, the answers between them
    Ipynb,
    /// A script for `polymath run` that does it again for another subject
    Script,
}

impl Format {
    /// As the flag has it.
    pub fn named(name: &str) -> Option<Format> {
        Format::from_str(name, false).ok()
    }
}

/// The conversation as this format has it; links are relative to `folder`.
///
/// # Errors
/// It cannot be written as JSON.
pub fn exported(record: &SessionRecord, format: Format, folder: &Path) -> anyhow::Result<String> {
    let title = &record.info.title;
    let report = || turns(record).into_values().collect::<Vec<_>>();
    Ok(match format {
        Format::Json => {
            let mut json = serde_json::to_string_pretty(record).context("can't write the session as JSON")?;
            json.push('\n');
            plain::json(&json)
        }
        Format::Md => plain::clean(&report::markdown(folder, title, &report())),
        Format::Html => plain::clean(&report::html(title, &report())),
        Format::Script => plain::clean(&script_of(record)),
        Format::Ipynb => {
            let notebook = notebook::notebook(record, &turns(record));
            plain::json(&serde_json::to_string_pretty(&notebook).context("can't write the notebook as JSON")?) + "\n"
        }
    })
}

/// The page that answers cite by this number, as it came.
///
/// # Errors
/// There is no such page, or its bytes were not kept.
pub fn page(store: &SessionStore, id: &str, number: usize) -> anyhow::Result<Vec<u8>> {
    let record = store.export(id)?;
    let (id, count) = (&record.info.id, record.chat.sources.len());
    let Some(source) = number.checked_sub(1).and_then(|at| record.chat.sources.get(at)) else {
        bail!(Usage(format!("the session {id} has no page {number}; it has {count}")));
    };
    let kept =
        record.chat.page_of(&source.url).map(|retrieval| store.page_bytes(&retrieval.page)).transpose()?.flatten();
    kept.with_context(|| {
        format!(
            "of the page {} the text alone was kept\nhint: polymath sessions export {id} --format json has it",
            source.url
        )
    })
}

/// The turns that came to an answer or to files, by their numbers, but for those that were taken back.
fn turns(record: &SessionRecord) -> BTreeMap<u32, ReportTurn> {
    let mut turns = BTreeMap::<u32, ReportTurn>::new();
    for event in record.events.iter().filter(|e| !record.taken_back.contains(&e.turn)) {
        let turn = turns.entry(event.turn).or_insert_with(|| ReportTurn {
            question: record.question(event.turn).to_owned(),
            ..ReportTurn::default()
        });
        let keep = |turn: &mut ReportTurn, artifact: &Artifact| {
            if turn.artifacts.iter().all(|known| known.path != artifact.path) {
                turn.artifacts.push(artifact.clone());
            }
        };
        match &event.event {
            Event::Answer { text, citations, figures } => {
                turn.answer_markdown.clone_from(text);
                turn.citations.clone_from(citations);
                turn.figures.clone_from(figures);
            }
            Event::Said { text } => turn.said.push(text.clone()),
            Event::Table { table } => turn.tables.push(table.clone()),
            Event::Artifact { artifact } => keep(turn, artifact),
            Event::Result { artifacts, .. } => artifacts.iter().for_each(|artifact| keep(turn, artifact)),
            Event::Session { .. }
            | Event::Step { .. }
            | Event::Text { .. }
            | Event::Reasoning { .. }
            | Event::Call { .. }
            | Event::Approval { .. }
            | Event::Approved { .. }
            | Event::Notice { .. }
            | Event::Prefill { .. }
            | Event::Done { .. }
            | Event::Error { .. } => {}
        }
    }
    turns.retain(|_, turn| !turn.answer_markdown.is_empty() || !turn.artifacts.is_empty());
    turns
}
