//! Events to a terminal: progress to stderr, the answer to stdout, or NDJSON for programs.
//!
//! Where stdout is no terminal it gets plain Markdown and nothing else. Text of models and pages is
//! stripped of control characters before a terminal sees it. Nothing is decided here.

mod figures;
mod inline;
mod layout;
mod line;
mod live;

use crate::approve;
use crate::out::Stdout;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use inline::{Pictures, pictures};
use line::{arguments_line, call_line, first_line, seconds};
use live::Live;
use polymath_chat::plain::clean;
use polymath_chat::{Artifact, Citation, Consent, Event, Figure, Stop, Table};
use std::{
    collections::HashMap,
    io::{self, IsTerminal, Write},
    path::PathBuf,
    time::Duration,
};
use termimad::MadSkin;
use termimad::crossterm::{style::Color, terminal};

/// Columns that running text is laid out in: long lines are hard to read.
const LONGEST_LINE: usize = 110;

/// How events are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RenderOptions {
    /// One JSON object an event, on stdout, and nothing else.
    pub json: bool,
    /// The answer only: no progress, no notices.
    pub quiet: bool,
    /// Colours in the text.
    pub color: bool,
    /// stdout is a terminal: Markdown is laid out.
    pub tty: bool,
    /// stdout is a terminal whose cursor can be moved: text is shown as it is written.
    pub live: bool,
    /// stderr is a terminal: there may be a spinner.
    pub spinner: bool,
    /// stdout is a terminal that shows pictures.
    pub pictures: Option<Pictures>,
    /// Size of the terminal.
    pub columns: usize,
    pub rows: usize,
}

impl RenderOptions {
    /// For this process: `NO_COLOR` (any value but an empty one), `TERM` and where the streams go decide.
    pub fn new(json: bool, quiet: bool) -> Self {
        let dumb = is_dumb();
        let color = has_color();
        let (out, err) = (io::stdout().is_terminal(), io::stderr().is_terminal());
        let (columns, rows) = terminal::size().unwrap_or((80, 24));
        RenderOptions {
            json,
            quiet,
            color: color && out && err,
            tty: out,
            live: out && !dumb,
            spinner: err && color,
            pictures: pictures(|name| std::env::var(name).ok()).filter(|_| out && !dumb),
            columns: usize::from(columns),
            rows: usize::from(rows),
        }
    }

    /// Columns that text is laid out in. Less than that is no terminal that anybody reads on.
    fn width(self) -> usize {
        self.columns.clamp(20, LONGEST_LINE)
    }
}

/// Whether the terminal's cursor can't be moved.
pub fn is_dumb() -> bool {
    std::env::var_os("TERM").is_some_and(|v| v == "dumb")
}

/// Whether colours are wanted and can be shown.
pub fn has_color() -> bool {
    !is_dumb() && std::env::var_os("NO_COLOR").is_none_or(|v| v.is_empty())
}

/// Markdown for this process's standard output: laid out on a terminal.
pub fn for_stdout(markdown: &str) -> String {
    let options = RenderOptions::new(false, false);
    let markdown = clean(markdown);
    if options.tty { layout::lay_out(&markdown, options.width(), &skin(options.color)) } else { markdown }
}

/// Shows the events of one turn, in order.
pub struct Renderer {
    options: RenderOptions,
    out: Box<dyn Write + Send>,
    err: Box<dyn Write + Send>,
    live: Live,
    spinner: Option<ProgressBar>,
    /// The calls under way, each in a line, by their id.
    calls: HashMap<String, String>,
    /// Files to be listed at the end, each once.
    files: Vec<PathBuf>,
    answered: bool,
    /// Tokens of the conversation that the model last had before it.
    context: usize,
    /// Why the answer could not be written.
    failure: Option<io::Error>,
}

impl Renderer {
    pub fn new(options: RenderOptions) -> Self {
        Self::with_writers(options, Box::new(Stdout), Box::new(io::stderr()))
    }

    /// For other streams than the process's own.
    pub fn with_writers(options: RenderOptions, out: Box<dyn Write + Send>, err: Box<dyn Write + Send>) -> Self {
        Renderer {
            options,
            out,
            err,
            live: Live::default(),
            spinner: None,
            calls: HashMap::new(),
            files: Vec::new(),
            answered: false,
            context: 0,
            failure: None,
        }
    }

    /// Whether errors are told as events; elsewhere `main` tells them, with their hint.
    pub fn tells_errors(&self) -> bool {
        self.options.json
    }

    pub fn event(&mut self, event: &Event) {
        if self.options.json {
            if let Ok(json) = serde_json::to_string(event) {
                self.print(&format!("{}\n", polymath_chat::plain::json(&json)));
            }
            return;
        }
        match event {
            Event::Step { .. } => {
                self.take_back();
                self.spin("thinking");
            }
            Event::Text { delta } => self.text(delta),
            Event::Reasoning { .. } => self.spin("thinking"),
            Event::Call { id, tool, arguments } => self.call(id, tool, arguments),
            Event::Result { id, ok, content, artifacts, tables: _, ms } => {
                self.keep_files(artifacts);
                self.result(id, *ok, content, *ms);
            }
            Event::Table { table } => self.table(table),
            Event::Artifact { artifact } => self.keep_files(std::slice::from_ref(artifact)),
            Event::Said { text } => self.progress(&format!("said meanwhile: {}", first_line(text, 400))),
            Event::Approval { server, tool, arguments, .. } => {
                let call = format!("{} {}", clean(tool), arguments_line(arguments));
                self.progress(&format!("waits for a yes: {call} of the MCP server {}", clean(server)));
            }
            Event::Approved { answer, .. } => self.progress(match answer {
                Consent::Once => "allowed once",
                Consent::Always => "allowed from here on",
                Consent::Refused => "not allowed",
            }),
            Event::Notice { text } => self.progress(&format!("note: {}", first_line(text, 400))),
            Event::Prefill { new_tokens, cached_tokens, ms } => self.prefill(*new_tokens, *cached_tokens, *ms),
            Event::Answer { text, citations, figures } => self.answer(text, citations, figures),
            Event::Done { stop, steps, tokens, seconds } => self.done(*stop, *steps, *tokens, *seconds),
            Event::Error { message, hint } => self.error(message, hint.as_deref()),
            Event::Session { id, .. } => self.progress(&format!("session {}", clean(id))),
        }
    }

    /// Ends the turn's output: no spinner is left, and text that never became an answer is kept.
    ///
    /// # Errors
    /// Standard output could not be written; a reader that went away (`| head`) is no error.
    pub fn finish(&mut self) -> io::Result<()> {
        self.still();
        let text = self.take_back();
        if !self.answered && !text.trim().is_empty() && !self.options.json {
            let text = self.laid_out(text.trim());
            self.print(&text);
        }
        self.list_files();
        match self.failure.take() {
            Some(e) if e.kind() != io::ErrorKind::BrokenPipe => Err(e),
            _ => Ok(()),
        }
    }

    fn text(&mut self, delta: &str) {
        let text = self.live.push(&clean(delta)).to_owned();
        if self.options.live {
            self.still();
            let laid_out = self.laid_out(text.trim());
            let lines: Vec<String> = laid_out.lines().map(str::to_owned).collect();
            // Two rows are for what is below and for the first line's way up.
            let first = lines.len().saturating_sub(self.options.rows.saturating_sub(2).max(1));
            let escapes = self.live.show(lines[first..].to_vec());
            self.print(&escapes);
        }
    }

    /// A text as stdout gets it, with a line break at its end.
    fn laid_out(&self, markdown: &str) -> String {
        let text = match self.options.tty {
            true => layout::lay_out(markdown, self.options.width(), &skin(self.options.color)),
            false => markdown.to_owned(),
        };
        format!("{}\n", text.trim_end())
    }

    fn call(&mut self, id: &str, tool: &str, arguments: &serde_json::Value) {
        self.take_back();
        let line = format!("{} {}", clean(tool), arguments_line(arguments));
        if !self.options.spinner {
            // Nothing else tells that it runs.
            self.progress(&format!("→ {line}"));
        }
        self.spin(&line);
        self.calls.insert(id.to_owned(), line);
    }

    fn result(&mut self, id: &str, ok: bool, content: &str, ms: u64) {
        let call = self.calls.remove(id).unwrap_or_default();
        let sign = if ok { "✓" } else { "✗" };
        let told = match (self.options.spinner, ok) {
            (true, true) => call_line(&call, &first_line(content, 200), ms, self.options.columns),
            (true, false) => format!("{call} · {}  {}", first_line(content, 300), seconds(ms)),
            (false, _) => {
                // With several calls under way their results need a name.
                let name = call.split(' ').next().filter(|_| !self.calls.is_empty());
                let name = name.map(|name| format!("{name} ")).unwrap_or_default();
                format!("{name}{}  {}", first_line(content, if ok { 90 } else { 300 }), seconds(ms))
            }
        };
        self.progress(&format!("{sign} {told}"));
        match self.calls.values().next().cloned() {
            Some(call) => self.spin(&call),
            None => self.spin("thinking"),
        }
    }

    fn table(&mut self, table: &Table) {
        let (rows, columns) = (table.rows.len(), table.columns.len());
        let title = if table.title.trim().is_empty() { "a table" } else { &table.title };
        self.progress(&format!("▦ {}: {rows} rows, {columns} columns", first_line(title, 80)));
    }

    fn prefill(&mut self, new_tokens: usize, cached_tokens: usize, ms: u64) {
        self.context = new_tokens + cached_tokens;
        // Short ones happen all the time and tell a reader nothing.
        if ms >= 1_000 {
            self.progress(&format!("  read {new_tokens} tokens ({cached_tokens} known already)  {}", seconds(ms)));
        }
    }

    fn answer(&mut self, text: &str, citations: &[Citation], figures: &[Figure]) {
        self.take_back();
        self.still();
        self.answered = true;
        let mut markdown = clean(text.trim());
        if self.options.tty {
            markdown = figures::marked(&markdown, figures);
        }
        markdown.push_str(&clean(&figures::notes(figures, self.options.tty)));
        let text = self.laid_out(&markdown);
        self.print(&text);
        if !citations.is_empty() {
            let mut list = String::from("\nSources:\n");
            for source in citations {
                let line = format!("[{}] {} — {}", source.n, first_line(&source.title, 120), clean(&source.url));
                list.push_str(&self.item(&line));
            }
            self.print(&list);
        }
    }

    /// A line of a list below the answer; on a terminal what does not fit goes on indented, and no
    /// address is broken in two.
    fn item(&self, line: &str) -> String {
        if !self.options.tty {
            return format!("{line}\n");
        }
        let options = textwrap::Options::new(self.options.width())
            .subsequent_indent("    ")
            .break_words(false)
            .word_separator(textwrap::WordSeparator::AsciiSpace)
            .word_splitter(textwrap::WordSplitter::NoHyphenation);
        textwrap::wrap(line, options).into_iter().map(|line| format!("{line}\n")).collect()
    }

    fn done(&mut self, stop: Stop, steps: u32, tokens: usize, seconds: f64) {
        self.still();
        let how = match stop {
            Stop::Answer => "done",
            Stop::StepLimit => "stopped at the step limit (--max-steps raises it)",
            Stop::Deadline => "stopped at the deadline (--deadline moves it)",
            Stop::Repetition => "stopped: the model repeated the same call",
            Stop::Interrupted => "interrupted",
            Stop::Error => "failed",
        };
        self.list_files();
        let context = if self.context > 0 { format!(", context {}", self.context + tokens) } else { String::new() };
        self.progress(&format!("{how}: {steps} steps, {tokens} tokens, {seconds:.1} s{context}"));
    }

    /// Shown even with `--quiet`: it is why there is no answer.
    fn error(&mut self, message: &str, hint: Option<&str>) {
        self.take_back();
        self.still();
        let mut text = format!("{} {}\n", self.paint("1;31", "error:"), clean(message));
        if let Some(hint) = hint {
            text.push_str(&format!("{} {}\n", self.paint("1;36", "hint:"), clean(hint)));
        }
        let _ = self.err.write_all(text.as_bytes());
    }

    fn keep_files(&mut self, artifacts: &[Artifact]) {
        for artifact in artifacts {
            if !self.files.contains(&artifact.path) {
                self.files.push(artifact.path.clone());
            }
        }
    }

    fn list_files(&mut self) {
        if self.files.is_empty() || self.options.json {
            return;
        }
        let mut list = String::from("\nFiles:\n");
        let files = std::mem::take(&mut self.files);
        let (pictures, width) = (self.options.pictures, self.options.width());
        for shown in files.iter().filter_map(|file| pictures?.show(file, width)) {
            self.print(&shown);
        }
        for path in files {
            // In one piece: it is copied.
            list.push_str(&format!("{}\n", clean(&path.display().to_string())));
        }
        self.print(&list);
    }

    /// Removes text that was shown as it was written and that the answer, or nothing, replaces; returns
    /// it.
    fn take_back(&mut self) -> String {
        let escapes = self.live.erase();
        self.print(&escapes);
        self.live.take()
    }

    fn progress(&mut self, text: &str) {
        if self.options.quiet {
            return;
        }
        self.still();
        // Text that is being written stands below what was done: its next piece shows it again.
        let escapes = self.live.erase();
        self.print(&escapes);
        let text = format!("{}\n", self.paint("2", text));
        // Nobody can be told that stderr is gone.
        let _ = self.err.write_all(text.as_bytes());
    }

    fn print(&mut self, text: &str) {
        // The run goes on, since its record is kept elsewhere; `finish` tells.
        if !text.is_empty()
            && self.failure.is_none()
            && let Err(e) = self.out.write_all(text.as_bytes()).and_then(|()| self.out.flush())
        {
            self.failure = Some(e);
        }
    }

    fn paint(&self, code: &str, text: &str) -> String {
        if self.options.color { format!("\u{1b}[{code}m{text}\u{1b}[0m") } else { text.to_owned() }
    }

    fn spin(&mut self, what: &str) {
        if self.options.quiet || !self.options.spinner || self.live.is_shown() {
            return;
        }
        let spinner = self.spinner.get_or_insert_with(|| {
            let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
            if let Ok(style) = ProgressStyle::with_template("{spinner:.dim} {msg:.dim} {elapsed:.dim}") {
                bar.set_style(style);
            }
            bar.enable_steady_tick(Duration::from_millis(100));
            approve::spins(Some(bar.clone()));
            bar
        });
        spinner.set_message(clean(what));
    }

    fn still(&mut self) {
        if let Some(spinner) = self.spinner.take() {
            spinner.finish_and_clear();
            approve::spins(None);
        }
    }
}

impl Drop for Renderer {
    fn drop(&mut self) {
        self.still();
    }
}

fn skin(color: bool) -> MadSkin {
    if !color {
        return MadSkin::no_style();
    }
    let mut skin = MadSkin::default();
    skin.set_headers_fg(Color::Cyan);
    for header in &mut skin.headers {
        header.align = termimad::Alignment::Left;
    }
    skin
}

#[cfg(test)]
mod tests;
