//! Events to a terminal: progress to stderr, the answer to stdout, or NDJSON for programs.
//!
//! Where stdout is no terminal it gets plain Markdown and nothing else. Text of models and pages is
//! stripped of control characters before a terminal sees it. Nothing is decided here.

mod line;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use line::{Stream, arguments_line, first_line, seconds};
use polymath_chat::plain::clean;
use polymath_chat::{Artifact, Citation, Event, Figure, FigureStatus, Stop, Table};
use std::{
    collections::HashMap,
    io::{IsTerminal, Write},
    path::PathBuf,
    time::Duration,
};
use termimad::{MadSkin, crossterm::style::Color};

/// How events are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RenderOptions {
    /// One JSON object an event, on stdout, and nothing else.
    pub json: bool,
    /// The answer only: no progress, no notices.
    pub quiet: bool,
    /// Colours and other escapes in the text.
    pub color: bool,
    /// stdout is a terminal: Markdown is laid out, text is shown as it is written.
    pub tty: bool,
    /// stderr is a terminal: there may be a spinner.
    pub spinner: bool,
}

impl RenderOptions {
    /// For this process: `NO_COLOR` (any value but an empty one) and where the streams go decide.
    pub fn new(json: bool, quiet: bool) -> Self {
        let no_color = std::env::var_os("NO_COLOR").is_some_and(|v| !v.is_empty())
            || std::env::var_os("TERM").is_some_and(|v| v == "dumb");
        let (out, err) = (std::io::stdout().is_terminal(), std::io::stderr().is_terminal());
        RenderOptions { json, quiet, color: !no_color && out && err, tty: out, spinner: err && !no_color }
    }
}

/// Shows the events of one turn, in order.
pub struct Renderer {
    options: RenderOptions,
    out: Box<dyn Write + Send>,
    err: Box<dyn Write + Send>,
    stream: Stream,
    spinner: Option<ProgressBar>,
    /// The calls under way: their tool by their id.
    calls: HashMap<String, String>,
    /// Files to be listed at the end, each once.
    files: Vec<PathBuf>,
    answered: bool,
}

impl Renderer {
    pub fn new(options: RenderOptions) -> Self {
        Self::with_writers(options, Box::new(std::io::stdout()), Box::new(std::io::stderr()))
    }

    /// For other streams than the process's own.
    pub fn with_writers(options: RenderOptions, out: Box<dyn Write + Send>, err: Box<dyn Write + Send>) -> Self {
        Renderer {
            options,
            out,
            err,
            stream: Stream::default(),
            spinner: None,
            calls: HashMap::new(),
            files: Vec::new(),
            answered: false,
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
            Event::Notice { text } => self.progress(&format!("note: {}", first_line(text, 400))),
            Event::Prefill { new_tokens, cached_tokens, ms } => self.prefill(*new_tokens, *cached_tokens, *ms),
            Event::Answer { text, citations, figures } => self.answer(text, citations, figures),
            Event::Done { stop, steps, tokens, seconds } => self.done(*stop, *steps, *tokens, *seconds),
            Event::Error { message, hint } => self.error(message, hint.as_deref()),
        }
    }

    /// Ends the turn's output: no spinner is left, and text that never became an answer is kept.
    pub fn finish(&mut self) {
        self.still();
        let (text, shown) = self.stream.take();
        if !self.answered && !text.trim().is_empty() && !self.options.json {
            let text = if shown { "\n".to_owned() } else { format!("{}\n", clean(text.trim())) };
            self.print(&text);
        }
        self.list_files();
        let _ = self.out.flush();
    }

    fn text(&mut self, delta: &str) {
        let delta = clean(delta);
        self.stream.push(&delta, self.options.tty);
        if self.options.tty {
            self.still();
            self.print(&delta);
        }
    }

    fn call(&mut self, id: &str, tool: &str, arguments: &serde_json::Value) {
        self.take_back();
        self.calls.insert(id.to_owned(), tool.to_owned());
        self.progress(&format!("→ {} {}", clean(tool), arguments_line(arguments)));
        self.spin(tool);
    }

    fn result(&mut self, id: &str, ok: bool, content: &str, ms: u64) {
        let tool = self.calls.remove(id);
        // With several calls under way their results need a name.
        let name = tool.filter(|_| !self.calls.is_empty()).map(|t| format!("{} ", clean(&t))).unwrap_or_default();
        let (sign, width) = if ok { ("✓", 90) } else { ("✗", 300) };
        self.progress(&format!("{sign} {name}{}  {}", first_line(content, width), seconds(ms)));
        match self.calls.values().next().cloned() {
            Some(tool) => self.spin(&tool),
            None => self.spin("thinking"),
        }
    }

    fn table(&mut self, table: &Table) {
        let (rows, columns) = (table.rows.len(), table.columns.len());
        self.progress(&format!("▦ {}: {rows} rows, {columns} columns", first_line(&table.title, 80)));
    }

    fn prefill(&mut self, new_tokens: usize, cached_tokens: usize, ms: u64) {
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
        markdown.push_str(&checked_figures(figures));
        if self.options.tty {
            let laid_out = self.skin().text(&markdown, Some(line::text_width())).to_string();
            self.print(&format!("{}\n", laid_out.trim_end()));
        } else {
            self.print(&format!("{markdown}\n"));
        }
        if !citations.is_empty() {
            let mut list = String::from("\nSources:\n");
            for source in citations {
                list.push_str(&format!("[{}] {} — {}\n", source.n, first_line(&source.title, 120), clean(&source.url)));
            }
            self.print(&list);
        }
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
        self.progress(&format!("{how}: {steps} steps, {tokens} tokens, {seconds:.1} s"));
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
        for path in std::mem::take(&mut self.files) {
            list.push_str(&format!("{}\n", clean(&path.display().to_string())));
        }
        self.print(&list);
    }

    /// Removes text that was shown as it was written and that the answer, or nothing, replaces.
    fn take_back(&mut self) {
        let (text, shown) = self.stream.take();
        if shown {
            let escape = line::erase(&text);
            self.print(&escape);
        }
    }

    fn progress(&mut self, text: &str) {
        if self.options.quiet {
            return;
        }
        self.still();
        let text = format!("{}\n", self.paint("2", text));
        // Nobody can be told that stderr is gone.
        let _ = self.err.write_all(text.as_bytes());
    }

    fn print(&mut self, text: &str) {
        // A reader that went away (`| head`) must not end the run: the record is kept elsewhere.
        let _ = self.out.write_all(text.as_bytes()).and_then(|()| self.out.flush());
    }

    fn paint(&self, code: &str, text: &str) -> String {
        if self.options.color { format!("\u{1b}[{code}m{text}\u{1b}[0m") } else { text.to_owned() }
    }

    fn spin(&mut self, what: &str) {
        if self.options.quiet || !self.options.spinner || self.stream.is_shown() {
            return;
        }
        let spinner = self.spinner.get_or_insert_with(|| {
            let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
            if let Ok(style) = ProgressStyle::with_template("{spinner:.dim} {msg:.dim} {elapsed:.dim}") {
                bar.set_style(style);
            }
            bar.enable_steady_tick(Duration::from_millis(100));
            bar
        });
        spinner.set_message(clean(what));
    }

    fn still(&mut self) {
        if let Some(spinner) = self.spinner.take() {
            spinner.finish_and_clear();
        }
    }

    fn skin(&self) -> MadSkin {
        if !self.options.color {
            return MadSkin::no_style();
        }
        let mut skin = MadSkin::default();
        skin.set_headers_fg(Color::Cyan);
        for header in &mut skin.headers {
            header.align = termimad::Alignment::Left;
        }
        skin
    }
}

impl Drop for Renderer {
    fn drop(&mut self) {
        self.still();
    }
}

/// What a reader must know of the answer's figures: which are estimates, which nothing supports.
fn checked_figures(figures: &[Figure]) -> String {
    let named = |wanted: &[FigureStatus]| {
        let texts: Vec<String> =
            figures.iter().filter(|f| wanted.contains(&f.status)).map(|f| clean(&first_line(&f.text, 60))).collect();
        texts.join(", ")
    };
    let mut out = String::new();
    let estimated = named(&[FigureStatus::Imputed, FigureStatus::Extrapolated]);
    if !estimated.is_empty() {
        out.push_str(&format!("\n\n*Estimated:* {estimated}"));
    }
    let unverified = named(&[FigureStatus::Unverified]);
    if !unverified.is_empty() {
        out.push_str(&format!("\n\n**Not found in any source:** {unverified}"));
    }
    out
}

#[cfg(test)]
mod tests;
