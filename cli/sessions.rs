//! `polymath sessions`: conversations of before, found, looked at, taken out and in, kept in order.

mod export;
mod list;
mod notebook;
mod tidy;

use crate::ask::session_store;
use crate::out::{Stdout, say};
use crate::render::{RenderOptions, Renderer};
use anyhow::Context;
use clap::Subcommand;
use polymath_agent::session::{SessionRecord, SessionStore, StoreError};
use polymath_chat::{Event, plain};
use std::collections::BTreeMap;
use std::io::{IsTerminal, Read, Write};
use std::path::{Path, PathBuf};

pub use export::{Format, exported};
pub use list::{ListArgs, print, print_found};

#[derive(Debug, Subcommand)]
pub enum SessionsCommand {
    /// The conversations, the one used last first
    List(ListArgs),
    /// Questions and answers of one
    Show {
        /// Its name, or how it begins
        id: String,
    },
    /// Those with all these words, or longer ones that begin so, in a question, an answer, a table or a page
    Search {
        #[arg(required = true)]
        words: Vec<String>,
        /// Conversations at most
        #[arg(long, value_name = "N", default_value_t = 20)]
        limit: usize,
        /// One JSON object a line
        #[arg(long)]
        json: bool,
    },
    /// Everything of one, to stdout
    Export {
        /// Its name, or how it begins
        id: String,
        #[arg(long, value_enum, default_value_t = Format::Md)]
        format: Format,
        /// Instead, the page that it cites as [N], byte by byte as it came
        #[arg(long, value_name = "N", conflicts_with = "format")]
        page: Option<usize>,
    },
    /// Takes in what `export --format json` wrote, here or elsewhere
    Import {
        /// The file, or `-` for standard input
        file: PathBuf,
    },
    /// Gives one another title
    Rename {
        /// Its name, or how it begins
        id: String,
        #[arg(value_name = "NAME")]
        title: String,
    },
    /// Puts tags on one: `list --tag TAG` shows those with it. Without tags, tells them
    Tag {
        /// Its name, or how it begins
        id: String,
        #[arg(value_name = "TAG")]
        tags: Vec<String>,
        /// Takes them off
        #[arg(long)]
        remove: bool,
    },
    /// Removes one for good, with the files in its artifacts' folder and its interpreter's variables
    Rm {
        /// Its name, or how it begins
        id: String,
    },
    /// Removes what no conversation needs: empty ones, files and variables of those that are no more
    Gc,
}

/// Runs one subcommand on the sessions below `home`.
pub fn run(command: SessionsCommand, home: &Path) -> anyhow::Result<()> {
    use SessionsCommand::{Gc, Import, Rename, Rm, Tag};
    let writes = matches!(command, Import { .. } | Rename { .. } | Tag { .. } | Rm { .. } | Gc);
    execute(command, &session_store(home, writes)?, home, &mut Stdout)
}

fn execute(command: SessionsCommand, store: &SessionStore, home: &Path, out: &mut dyn Write) -> anyhow::Result<()> {
    match command {
        SessionsCommand::List(args) => list::list(&args, store, out)?,
        SessionsCommand::Show { id } => show(&store.export(&id)?)?,
        SessionsCommand::Search { words, limit, json } => {
            let found = store.search(&words.join(" "), limit)?;
            if json {
                found.iter().try_for_each(|found| list::json_line(found, out))?;
            } else {
                list::print_found(&found, out)?;
            }
        }
        SessionsCommand::Export { id, page: Some(page), .. } => out.write_all(&export::page(store, &id, page)?)?,
        SessionsCommand::Export { id, format, page: None } => {
            // What goes elsewhere takes its pages along.
            let record = if format == Format::Json { store.export_whole(&id)? } else { store.export(&id)? };
            out.write_all(exported(&record, format, Path::new(""))?.as_bytes())?;
        }
        SessionsCommand::Import { file } => {
            let record = read(&file)?;
            let id = store.import(&record)?;
            writeln!(out, "{id}")?;
        }
        SessionsCommand::Rename { id, title } => {
            let id = store.rename(&id, &title)?;
            eprintln!("session {id} is called {}", plain::escaped(&title));
        }
        SessionsCommand::Tag { id, tags, remove } => {
            let (add, off) = if remove { (vec![], tags) } else { (tags, vec![]) };
            let tags = store.tag(&id, &add, &off)?;
            writeln!(out, "{}", tags.join(" "))?;
        }
        SessionsCommand::Rm { id } => {
            let id = store.remove(&id)?;
            let bytes = tidy::forget(home, &id)?;
            eprintln!("removed session {id}{}", tidy::with_files(bytes));
        }
        SessionsCommand::Gc => tidy::collect(store, home, out)?,
    }
    Ok(())
}

/// A session that was exported.
fn read(file: &Path) -> anyhow::Result<SessionRecord> {
    let name = file.display();
    let mut text = String::new();
    if file == Path::new("-") {
        std::io::stdin().lock().read_to_string(&mut text).context("cannot read standard input")?;
    } else {
        text = std::fs::read_to_string(file).with_context(|| format!("cannot read {name}"))?;
    }
    serde_json::from_str(&text).map_err(|e| StoreError::Import(format!("{name} is no exported session: {e}")).into())
}

/// Questions and answers as `ask` shows them, without the work between.
fn show(record: &SessionRecord) -> anyhow::Result<()> {
    let options = RenderOptions::new(false, true);
    let mut turns: BTreeMap<u32, Vec<&Event>> = record.questions.keys().map(|turn| (*turn, Vec::new())).collect();
    for event in &record.events {
        turns.entry(event.turn).or_default().push(&event.event);
    }
    if std::io::stdout().is_terminal() {
        say!("{}\n", list::head(&record.info))?;
    }
    for (turn, events) in turns {
        let mark = if record.taken_back.contains(&turn) { " (taken back)" } else { "" };
        say!("> {}{mark}\n", plain::clean(record.question(turn)))?;
        if let Some(made) = record.made.get(&turn).filter(|_| std::io::stdout().is_terminal()) {
            say!("{}\n", list::made(made))?;
        }
        let mut renderer = Renderer::new(options);
        for event in &events {
            if let Event::Said { text } = event {
                say!("> {} (said meanwhile)\n", plain::clean(text))?;
            }
            renderer.event(event);
        }
        renderer.finish()?;
        let ended = |e: &&Event| matches!(e, Event::Answer { .. } | Event::Error { .. });
        if !events.iter().any(ended) {
            say!("(no answer: the program was ended before there was one)")?;
        }
        say!("")?;
    }
    Ok(())
}

#[cfg(test)]
mod tests;
