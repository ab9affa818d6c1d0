//! Calls in fenced blocks, and programs where they stand for a call.

use super::{
    marks::{FENCE, MARKS, close_mark, ends},
    settle::Trust,
    talk::Place,
    value::{Found, calls},
};
use crate::dialect::{
    ParseCx, Step,
    stream::{Io, Sink},
};
use serde_json::json;

/// Languages of a fence that may hold calls as JSON.
const JSON_FENCES: &[&str] = &["", "json", "jsonc", "json5", "tool_call", "tools", "xml", "plaintext", "text"];

/// Reads fenced blocks; the members are those of the ladder.
pub(super) struct Fences<'a> {
    pub io: &'a Io,
    pub cx: &'a ParseCx,
    pub own: &'a [&'a str],
    pub programs: bool,
}

impl Fences<'_> {
    /// Reads a fenced block: calls as JSON, the program text of a tool, or text. False when this is no
    /// fence at all.
    pub async fn read(&self, place: &Place) -> bool {
        let io = self.io;
        if !place.line_start() {
            return false;
        }
        io.eat(FENCE).await;
        let language = io.take_while(|c| c != '\n' && c != '`').await.trim().to_lowercase();
        if io.peek().await == Some('`') {
            return false;
        }
        if !place.free() {
            self.text_block(place.at).await;
        } else if let Some(call) = self.program_tool(&language) {
            self.program(call, place.at).await;
        } else if JSON_FENCES.contains(&language.as_str()) {
            self.json_block(place).await;
        } else {
            self.text_block(place.at).await;
        }
        true
    }

    async fn json_block(&self, place: &Place) {
        let (io, from) = (self.io, place.at);
        io.space().await;
        let mut close = None;
        for (open, end) in MARKS {
            if io.eat(open).await {
                close = Some(*end);
                break;
            }
        }
        io.space().await;
        let trust = if close.is_some() { Trust::Rescued } else { Trust::Unmarked };
        let found = match io.peek().await {
            Some('{' | '[') => calls(io, self.cx, &["\n```"], trust).await,
            _ => Found::Nothing,
        };
        match found {
            Found::Calls(calls) => {
                close_mark(io, &ends(self.own)).await;
                io.take_while(|c| c.is_whitespace() || matches!(c, '}' | ']' | ';')).await;
                let behind = io.position();
                io.until(&[FENCE], Sink::Nothing).await;
                if place.explained(io).await {
                    return self.text_block(from).await;
                }
                io.seek(behind);
                calls.into_iter().for_each(|step| io.emit(step));
                io.until(&[FENCE], Sink::Text).await;
            }
            Found::Cut => io.cut(from),
            Found::Description if !place.first() => self.text_block(from).await,
            Found::Nothing => self.text_block(from).await,
            other => {
                io.seek(from + FENCE.len());
                io.until(&[FENCE], Sink::Nothing).await;
                io.malformed(from, other.why());
            }
        }
    }

    /// The tool whose program text a fence of this language is, and its argument.
    fn program_tool(&self, language: &str) -> Option<(String, String)> {
        let language = match language.split_whitespace().next().filter(|_| self.programs)? {
            "py" | "python3" | "ipython" => "python",
            other => other,
        };
        let tool = self.cx.tool(language)?;
        Some((tool.name.clone(), tool.raw_argument.clone()?))
    }

    /// Reads a program, to be run by a tool as its argument.
    async fn program(&self, (name, argument): (String, String), from: usize) {
        let io = self.io;
        io.eat("\n").await;
        let body = io.position();
        let closed = close_fence(io).await;
        let text = io.since(body);
        let program = text.strip_suffix(FENCE).filter(|_| closed).unwrap_or(&text).trim_end();
        if !closed && io.truncated() {
            io.cut(from);
        } else if program.is_empty() {
            io.malformed(from, "the program is empty");
        } else {
            io.emit(Step::Call { name, arguments: json!({argument: program}) });
        }
    }

    /// Passes over a fenced block as text. Marks within it are text as well, if it is closed at all:
    /// models that do not close it have begun to call.
    async fn text_block(&self, from: usize) {
        let io = self.io;
        io.seek(from + FENCE.len());
        io.say(Sink::Text, FENCE);
        let stops: Vec<&str> = std::iter::once(FENCE).chain(self.own.iter().copied()).collect();
        while let Some(stop) = io.until(&stops, Sink::Text).await {
            let at = io.position() - stops[stop].len();
            if stop > 0 {
                if !close_fence(io).await {
                    return io.seek(at);
                }
                return io.say(Sink::Text, &io.since(at));
            }
            io.say(Sink::Text, FENCE);
            if io.at_line_start(at) {
                return;
            }
        }
    }
}

/// Goes behind the next fence that stands at the beginning of a line; false when none does.
async fn close_fence(io: &Io) -> bool {
    while io.until(&[FENCE], Sink::Nothing).await.is_some() {
        if io.at_line_start(io.position() - FENCE.len()) {
            return true;
        }
    }
    false
}
