//! Texts of models, pages and tools cut to one safe line, and text that can be taken back.

use polymath_chat::plain::clean;
use serde_json::Value;
use termimad::crossterm::terminal;
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// What the model is writing, and whether the terminal shows it already.
#[derive(Default)]
pub struct Stream {
    text: String,
    shown: bool,
}

impl Stream {
    pub fn push(&mut self, delta: &str, shown: bool) {
        self.text.push_str(delta);
        self.shown |= shown && !delta.is_empty();
    }

    pub fn take(&mut self) -> (String, bool) {
        (std::mem::take(&mut self.text), std::mem::take(&mut self.shown))
    }

    pub fn is_shown(&self) -> bool {
        self.shown
    }
}

/// The escapes that remove `text` from the end of the terminal. What has scrolled away can't be
/// taken back: it stays, and the next output begins on a line of its own.
pub fn erase(text: &str) -> String {
    let (width, height) = terminal::size().unwrap_or((80, 24));
    let rows: usize = text.split('\n').map(|line| line.width().saturating_sub(1) / usize::from(width.max(1)) + 1).sum();
    if rows >= usize::from(height) {
        return "\n".into();
    }
    let up = if rows > 1 { format!("\u{1b}[{}A", rows - 1) } else { String::new() };
    format!("\r{up}\u{1b}[J")
}

/// Columns that running text is laid out in: long lines are hard to read.
pub fn text_width() -> usize {
    usize::from(terminal::size().map_or(80, |(width, _)| width)).clamp(20, 110)
}

/// The first line with something in it, at most `columns` wide.
pub fn first_line(text: &str, columns: usize) -> String {
    let text = clean(text);
    let mut lines = text.lines().map(str::trim).filter(|l| !l.is_empty());
    let line = lines.next().unwrap_or("");
    let (mut out, mut used) = (String::new(), 0);
    for c in line.chars() {
        let width = c.width().unwrap_or(0);
        if used + width > columns {
            return out + "…";
        }
        used += width;
        out.push(c);
    }
    if lines.next().is_some() { out + " …" } else { out }
}

/// The arguments of a call in one line: the only one by itself, several by their names.
pub fn arguments_line(arguments: &Value) -> String {
    let show = |value: &Value| match value {
        Value::String(s) => format!("{:?}", first_line(s, 80)),
        other => first_line(&other.to_string(), 80),
    };
    match arguments.as_object() {
        Some(map) if map.len() == 1 => map.values().map(show).collect(),
        Some(map) => map.iter().map(|(k, v)| format!("{}={}", clean(k), show(v))).collect::<Vec<_>>().join(" "),
        None => show(arguments),
    }
}

pub fn seconds(ms: u64) -> String {
    format!("{:.1}s", ms as f64 / 1e3)
}
