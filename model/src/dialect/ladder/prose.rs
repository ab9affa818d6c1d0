//! Calls in the text, where no mark of the dialect's own says that they are calls.

use super::{
    settle::Trust,
    talk::Place,
    value::{FENCE, Found, calls, pass_to},
};
use crate::dialect::{
    ParseCx, Step, call,
    stream::{Io, Sink},
};
use serde_json::json;

/// Marks seen around a call, each with its end.
pub(in crate::dialect) const MARKS: &[(&str, &str)] = &[
    ("<tool_call>", "</tool_call>"),
    ("<tools>", "</tools>"),
    ("<tool>", "</tool>"),
    ("<function>", "</function>"),
    ("<function_call>", "</function_call>"),
    ("<function-call>", "</function-call>"),
];
/// More ends, of formats whose beginnings are read by their dialects only.
const ENDS: &[&str] =
    &["<tool_call|>", "<|tool_call_end|>", "<|tool_calls_section_end|>", "<｜tool▁call▁end｜>", "<｜tool▁calls▁end｜>"];
/// Languages of a fence that may hold calls as JSON.
const JSON_FENCES: &[&str] = &["", "json", "jsonc", "json5", "tool_call", "tools", "xml", "plaintext", "text"];
/// First keys of a call object, besides those of its name.
const FIRST_KEYS: &[&str] = &["type", "id", "arguments", "parameters"];

/// Reads the prose of a reply.
pub(in crate::dialect) struct Ladder<'a> {
    io: &'a Io,
    cx: &'a ParseCx,
    /// Marks of the dialect's own that begin a call.
    own: &'a [&'a str],
    /// Whether a fenced program is a call of the tool that runs such programs.
    programs: bool,
}

impl<'a> Ladder<'a> {
    pub fn new(io: &'a Io, cx: &'a ParseCx, own: &'a [&'a str]) -> Self {
        Ladder { io, cx, own, programs: false }
    }

    /// For models that write a program where they should call the tool that runs it.
    pub fn with_programs(self) -> Self {
        Ladder { programs: true, ..self }
    }

    /// Hands text on as [`Io::until`] does, up to and including the next of the dialect's own marks or
    /// of `others`, and tells which it was: an index into both, one after the other. Calls in the text
    /// are told as such, and marks that are being talked about are text.
    pub async fn text(&self, others: &[&str]) -> Option<usize> {
        let mut stops: Vec<&str> = self.own.iter().chain(others).copied().collect();
        let known = stops.len();
        stops.extend(MARKS.iter().map(|(open, _)| *open).filter(|open| !self.own.contains(open)));
        if !self.cx.tools.is_empty() {
            stops.extend([FENCE, "{", "["]);
        }
        let mut start = self.io.position();
        while let Some(stop) = self.io.until(&stops, Sink::Text).await {
            let mark = stops[stop];
            let at = self.io.position() - mark.len();
            if stop >= self.own.len() && stop < known {
                return Some(stop);
            }
            if matches!(mark, "{" | "[") && stop >= known {
                self.io.seek(at);
                let plausible = self.plausible().await;
                self.io.seek(at + mark.len());
                if !plausible {
                    self.io.say(Sink::Text, mark);
                    continue;
                }
            }
            let place = Place::new(self.io, start, at);
            if stop < known {
                if !place.mentioned() {
                    return Some(stop);
                }
            } else {
                self.io.seek(at);
                if self.rescued(mark, &place).await {
                    start = self.io.position();
                    continue;
                }
                self.io.seek(at + mark.len());
            }
            self.io.say(Sink::Text, mark);
        }
        None
    }

    /// Reads what begins with `mark` at the position. False when it is text.
    async fn rescued(&self, mark: &str, place: &Place) -> bool {
        match MARKS.iter().find(|(open, _)| *open == mark) {
            Some((open, close)) => self.marked(open, close, place).await,
            None if mark == FENCE => self.fence(place).await,
            None => self.bare(place).await,
        }
    }

    /// Where something unreadable ends.
    fn ends(&self) -> Vec<&str> {
        self.own.iter().copied().chain(MARKS.iter().map(|(_, close)| *close)).chain(ENDS.iter().copied()).collect()
    }

    /// Reads calls between marks of another format. False when there is no JSON between them.
    async fn marked(&self, open: &str, close: &str, place: &Place) -> bool {
        let (io, from) = (self.io, place.at);
        if place.mentioned() || place.example() {
            return false;
        }
        io.eat(open).await;
        io.space().await;
        match io.peek().await {
            Some('{' | '[') => {}
            None if io.truncated() => {
                io.cut(from);
                return true;
            }
            _ => return false,
        }
        match calls(io, self.cx, &[close], Trust::Rescued).await {
            Found::Calls(calls) => {
                self.close(&[close]).await;
                if place.within_sentence(io).await {
                    return false;
                }
                calls.into_iter().for_each(|step| io.emit(step));
            }
            Found::Cut if io.truncated() => io.cut(from),
            other => call::skip_broken(io, from, close, other.why()).await,
        }
        true
    }

    /// Passes over surplus brackets and one of `ends` behind a call; whether there was one.
    async fn close(&self, ends: &[&str]) -> bool {
        let behind = self.io.position();
        self.io.take_while(|c| c.is_whitespace() || matches!(c, '}' | ']' | ';')).await;
        for end in ends {
            if self.io.eat(end).await {
                return true;
            }
        }
        self.io.seek(behind);
        false
    }

    /// Reads calls without marks, on lines of their own. False when there are none.
    async fn bare(&self, place: &Place) -> bool {
        let (io, from) = (self.io, place.at);
        if !place.free() {
            return false;
        }
        let ends = self.ends();
        let found = calls(io, self.cx, &ends, Trust::Unmarked).await;
        let why = found.why().to_owned();
        let steps = match found {
            Found::Calls(steps) => Some(steps),
            Found::Unfit(_) => None,
            Found::Description if place.first() => None,
            Found::Cut => {
                io.cut(from);
                return true;
            }
            Found::Broken(_) => {
                // What is left of it cannot be told from what follows.
                io.seek(from);
                pass_to(io, self.own).await;
                io.malformed(from, why);
                return true;
            }
            Found::Description | Found::Nothing => return false,
        };
        // The closing mark alone is a mark.
        if !self.close(&ends).await {
            self.brackets().await;
            if !place.free_behind(io).await {
                return false;
            }
        }
        match steps {
            Some(steps) => steps.into_iter().for_each(|step| io.emit(step)),
            None => io.malformed(from, why),
        }
        true
    }

    /// Passes over brackets too many behind a call.
    async fn brackets(&self) {
        let behind = self.io.position();
        let passed = self.io.take_while(|c| c.is_whitespace() || matches!(c, '}' | ']' | ';')).await;
        if passed.trim().is_empty() {
            self.io.seek(behind);
        }
    }

    /// Whether a call begins here, as far as its first few characters tell. Anything else would be held
    /// back to its last bracket.
    async fn plausible(&self) -> bool {
        let io = self.io;
        if crate::dialect::pythonic::call_list_ahead(io, self.cx).await {
            return true;
        }
        let from = io.position();
        few(io, 40, |c| c.is_whitespace() || matches!(c, '[' | '{')).await;
        few(io, 2, |c| matches!(c, '"' | '\'')).await;
        let key = few(io, 16, |c| c.is_alphabetic()).await;
        few(io, 16, |c| c.is_whitespace() || matches!(c, '"' | '\'' | ':')).await;
        let plausible = match key.as_str() {
            "function" if io.peek().await == Some('{') => true,
            "name" | "function" | "tool" => {
                let name = few(io, 128, |c| c.is_alphanumeric() || matches!(c, '_' | '.' | '-' | '/')).await;
                self.cx.tool(name.strip_prefix("functions.").unwrap_or(&name)).is_some()
            }
            key => FIRST_KEYS.contains(&key),
        };
        io.seek(from);
        plausible
    }

    /// Reads a fenced block: calls as JSON, the program text of a tool, or text. False when this is no
    /// fence at all.
    async fn fence(&self, place: &Place) -> bool {
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
                self.close(close.as_slice()).await;
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

/// Consumes wanted characters, but no more than a few.
async fn few(io: &Io, most: usize, wanted: impl Fn(char) -> bool) -> String {
    let from = io.position();
    let mut left = most;
    loop {
        let (length, done) = io.ahead(|rest| {
            let taken = rest.chars().take(left).take_while(|c| wanted(*c));
            let (count, length) = taken.fold((0, 0), |(n, length), c| (n + 1, length + c.len_utf8()));
            left -= count;
            (length, length < rest.len())
        });
        io.seek(io.position() + length);
        if done || left == 0 || !io.beyond(io.position()).await {
            return io.since(from);
        }
    }
}
