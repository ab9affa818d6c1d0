//! The commands of a conversation, one row each.

use super::change::changed;
use super::talk::Talk;
use crate::engine::source;
use crate::out::{Stdout, say};
use crate::render::{RenderOptions, for_stdout};
use crate::sessions::{self, Format};
use crate::{tables, wiring};
use anyhow::{Context, bail};
use polymath_agent::Said;
use polymath_chat::plain::{clean, escaped};
use polymath_chat::{Event, Table};
use serde_json::json;
use std::path::Path;

/// Lines of a page that `/open` shows.
const PAGE_LINES: usize = 40;
/// Conversations that `/sessions` shows.
const SESSIONS: usize = 15;

/// What comes next.
pub enum Next {
    Over,
    /// This line, as if the user had written it.
    Line(String),
    Quit,
}

pub struct Command {
    pub name: &'static str,
    argument: &'static str,
    help: &'static str,
}

const fn row(name: &'static str, argument: &'static str, help: &'static str) -> Command {
    Command { name, argument, help }
}

pub const COMMANDS: &[Command] = &[
    row("/help", "", "this"),
    row("/file", "PATH", "gives the conversation a file"),
    row("/tables", "[[t1] FILE]", "the tables of this conversation, or one or all into a .xlsx, .csv, .json or .md"),
    row("/sql", "QUERY", "a query over them: /sql SELECT * FROM t1"),
    row("/chart", "c1 CHANGES", "draws a chart again: /chart c1 log; alone lists them"),
    row("/artifacts", "", "the files made in this conversation"),
    row("/open", "N", "shows the N-th source of the answers"),
    row("/calls", "", "the last turn's calls and results, whole"),
    row("/retry", "", "asks the last question again, in place of its answer"),
    row("/undo", "", "takes the last question and its answer back"),
    row("/export", "FORMAT [FILE]", "writes the conversation as md, html, json or ipynb"),
    row("/save", "FILE", "writes the conversation as Markdown"),
    row("/sessions", "[WORDS]", "the last conversations, or those with these words"),
    row("/search", "BACKEND", "where the browser searches from here on"),
    row("/model", "NAME", "the model from here on"),
    row("/tools", "", "the tools the model may use"),
    row("/quit", "", "leaves (also Ctrl-D)"),
];

const KEYS: &str = "Enter asks, Alt-Enter starts a new line, Tab completes.\n\
    Ctrl-C stops an answer and keeps what there is.";

impl Talk {
    /// # Errors
    /// What was wrong with the command; the conversation is as it was.
    pub async fn command(&mut self, line: &str) -> anyhow::Result<Next> {
        let (name, rest) = line.split_once(char::is_whitespace).unwrap_or((line, ""));
        let rest = rest.trim();
        if let Some(command) = COMMANDS.iter().find(|c| c.name == name)
            && rest.is_empty()
            && !command.argument.is_empty()
            && !matches!(name, "/chart" | "/sessions" | "/export" | "/tables")
        {
            bail!("say what: {name} {}", command.argument);
        }
        match name {
            "/help" => help()?,
            "/quit" | "/exit" => return Ok(Next::Quit),
            "/file" => self.give(Path::new(rest))?,
            "/tables" if rest.is_empty() => self.tables()?,
            "/tables" => say!("saved {}", escaped(&tables::write(&self.chat.tables, rest)?))?,
            "/sql" => self.call(line, "sql", json!({"query": rest})).await?,
            "/chart" => self.chart(line, rest).await?,
            "/artifacts" => list(self.chat.artifacts.iter().map(|a| escaped(&a.path.display().to_string())))?,
            "/open" => self.open(rest)?,
            "/calls" => self.calls()?,
            "/retry" => return self.retry(),
            "/undo" => match self.undo()? {
                Some(question) => say!("taken back: {}", clean(&question))?,
                None => say!("nothing to take back")?,
            },
            "/export" => self.export(rest)?,
            "/save" => self.write(Format::Md, Path::new(rest))?,
            "/sessions" if rest.is_empty() => sessions::print(&self.store.page(None, 0, SESSIONS)?, &mut Stdout)?,
            "/sessions" => sessions::print_found(&self.store.search(rest, SESSIONS)?, &mut Stdout)?,
            "/search" => self.search(rest).await?,
            "/model" => self.model(rest).await?,
            "/tools" => list(self.agent.tools.specs().into_iter().map(|t| format!("{}: {}", t.name, t.description)))?,
            other => bail!("there is no {}; /help lists the commands", clean(other)),
        }
        Ok(Next::Over)
    }

    fn give(&mut self, file: &Path) -> anyhow::Result<()> {
        let before = self.chat.tables.len();
        let notices = self.chat.give(file)?;
        self.session.save(&self.chat)?;
        notices.iter().try_for_each(|notice| say!("note: {}", clean(notice)))?;
        let tables = self.chat.tables.iter().enumerate().skip(before);
        let tables: String = tables.map(|(at, t)| format!("; t{} has {} rows", at + 1, t.rows.len())).collect();
        Ok(say!("given{tables}")?)
    }

    fn tables(&self) -> anyhow::Result<()> {
        let tables = self.chat.tables.iter().enumerate();
        list(tables.map(|(i, t)| shown(&format!("t{}", i + 1), t)))
    }

    async fn call(&mut self, line: &str, tool: &str, arguments: serde_json::Value) -> anyhow::Result<()> {
        if self.agent.tools.get(tool).is_none() {
            bail!(
                "the tool `{tool}` is not among those of this conversation; start it with --tools {tool} or --tools all"
            );
        }
        self.turn(Said::Command { line, tool, arguments }).await
    }

    async fn chart(&mut self, line: &str, rest: &str) -> anyhow::Result<()> {
        let (name, changes) = rest.split_once(char::is_whitespace).unwrap_or((rest, ""));
        let charts = &self.chat.charts;
        if name.is_empty() {
            let told = |c: &polymath_chat::Chart| {
                let title = c.title.as_deref().unwrap_or(&c.y);
                escaped(&format!("{}  {} of {}  {title}", c.name, c.kind, c.table))
            };
            return list(charts.iter().map(told));
        }
        let Some(chart) = charts.iter().find(|c| c.name == name) else {
            let names: Vec<&str> = charts.iter().map(|c| c.name.as_str()).collect();
            bail!(
                "there is no chart {}; there {}",
                clean(name),
                match names.as_slice() {
                    [] => "are none yet".to_owned(),
                    [one] => format!("is {one}"),
                    several => format!("are {}", several.join(", ")),
                }
            );
        };
        let spec = self.agent.tools.get("chart").map(|tool| tool.spec().parameters.clone()).unwrap_or_default();
        let arguments = changed(chart, changes, &spec).map_err(anyhow::Error::msg)?;
        self.call(line, "chart", arguments).await
    }

    fn open(&self, number: &str) -> anyhow::Result<()> {
        let count = self.chat.sources.len();
        let at = number.trim_matches(['[', ']']).parse::<usize>().ok().and_then(|n| n.checked_sub(1));
        let Some(source) = at.and_then(|at| self.chat.sources.get(at)) else {
            bail!("there is no source {}; the answers have {count}", clean(number));
        };
        say!("{}\n{}\n", escaped(&source.title), escaped(&source.url))?;
        let text = clean(&source.text);
        text.lines().take(PAGE_LINES).try_for_each(|line| say!("{line}"))?;
        let more = text.lines().count().saturating_sub(PAGE_LINES);
        if more > 0 {
            say!("… {more} more lines")?;
        }
        Ok(())
    }

    fn calls(&self) -> anyhow::Result<()> {
        let record = self.store.export(self.session.id())?;
        let last = record.events.iter().map(|e| e.turn).max().unwrap_or(0);
        let told = record.events.iter().filter(|e| e.turn == last).filter_map(|e| match &e.event {
            Event::Call { tool, arguments, .. } => {
                // A program reads best as it is.
                let code = arguments["code"].as_str().map(str::to_owned);
                Some(format!("→ {tool}\n{}", code.unwrap_or_else(|| format!("{arguments:#}"))))
            }
            Event::Result { ok, content, ms, .. } => {
                Some(format!("{} {:.1}s\n{content}\n", if *ok { "✓" } else { "✗" }, *ms as f64 / 1e3))
            }
            _ => None,
        });
        list(told.map(|text| clean(&text)))
    }

    fn undo(&mut self) -> anyhow::Result<Option<String>> {
        let question = self.session.undo()?;
        self.chat = self.session.chat()?;
        self.failed = None;
        Ok(question)
    }

    fn retry(&mut self) -> anyhow::Result<Next> {
        let failed = self.failed.take();
        match failed.map_or_else(|| self.undo(), |line| Ok(Some(line)))? {
            Some(line) => {
                say!("> {}", clean(&line))?;
                Ok(Next::Line(line))
            }
            None => bail!("nothing was asked yet"),
        }
    }

    fn export(&self, rest: &str) -> anyhow::Result<()> {
        let (format, file) = rest.split_once(char::is_whitespace).unwrap_or((rest, ""));
        let Some(known) = Format::named(format) else { bail!("say how: /export md, html, json or ipynb, and a file") };
        let name = match file.trim() {
            "" => format!("{}.{format}", self.session.id()),
            name => name.to_owned(),
        };
        self.write(known, Path::new(&name))
    }

    fn write(&self, format: Format, file: &Path) -> anyhow::Result<()> {
        let folder = file.parent().unwrap_or(Path::new(""));
        let record = match format {
            Format::Json => self.store.export_whole(self.session.id())?,
            _ => self.store.export(self.session.id())?,
        };
        let text = sessions::exported(&record, format, folder)?;
        std::fs::write(file, text).with_context(|| format!("cannot write {}", file.display()))?;
        Ok(say!("saved {}", escaped(&file.display().to_string()))?)
    }

    async fn search(&mut self, backend: &str) -> anyhow::Result<()> {
        let mut settings = self.settings.clone();
        settings.search = backend.to_owned();
        self.agent.tools = wiring::every_tool(&settings).await?;
        self.settings = settings;
        Ok(say!("searches {}", clean(backend))?)
    }

    async fn model(&mut self, model: &str) -> anyhow::Result<()> {
        let mut settings = self.settings.clone();
        // The user names it, here as by the flag.
        (settings.model, settings.model_is_own) = (Some(model.to_owned()), true);
        self.agent = wiring::agent_with_servers(&settings, self.agent.settings.out.clone(), self.quiet).await?;
        self.session.make_with(self.agent.made(source(&settings)))?;
        self.settings = settings;
        Ok(say!("goes on with {}", clean(&self.agent.engine.info().name))?)
    }
}

/// The commands in two columns, their meanings wrapped beside them; below each other where the terminal is too
/// narrow for both.
fn help() -> anyhow::Result<()> {
    let options = RenderOptions::new(false, false);
    let columns = if options.tty { options.columns.max(20) } else { usize::MAX };
    Ok(say!("{}", help_text(columns))?)
}

fn help_text(columns: usize) -> String {
    let head =
        |c: &Command| if c.argument.is_empty() { c.name.to_owned() } else { format!("{} {}", c.name, c.argument) };
    let width = COMMANDS.iter().map(|c| head(c).len()).max().unwrap_or(0) + 2;
    let beside = columns >= width + 30;
    let indent = " ".repeat(if beside { width } else { 4 });
    let wrapped = |text: &str, indent: &str| {
        textwrap::fill(text, textwrap::Options::new(columns).subsequent_indent(indent).break_words(false))
    };
    let mut lines: Vec<String> = COMMANDS
        .iter()
        .map(|command| {
            let head = head(command);
            let line =
                if beside { format!("{head:width$}{}", command.help) } else { format!("{head}: {}", command.help) };
            wrapped(&line, &indent)
        })
        .collect();
    lines.extend(KEYS.lines().map(|line| wrapped(line, "")));
    lines.join("\n")
}

fn shown(name: &str, table: &Table) -> String {
    let text = format!("**{name}** {}\n\n{}", table.title, table.markdown());
    for_stdout(&text).trim_end().to_owned() + "\n"
}

fn list(items: impl Iterator<Item = String>) -> anyhow::Result<()> {
    let items: Vec<String> = items.collect();
    let text = if items.is_empty() { "none yet".to_owned() } else { items.join("\n") };
    Ok(say!("{text}")?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn help_is_as_wide_as_the_terminal() {
        for columns in [40, 80, 120] {
            let text = help_text(columns);
            // A word that is longer than a narrow terminal stays whole.
            let longest = text.split_whitespace().map(str::len).max().unwrap_or(0);
            assert!(text.lines().all(|line| line.chars().count() <= columns.max(longest + 4)), "{columns}:\n{text}");
            assert!(text.split_whitespace().any(|word| word == "conversation"), "{columns}:\n{text}");
        }
        assert!(help_text(120).lines().count() == COMMANDS.len() + KEYS.lines().count());
    }
}
