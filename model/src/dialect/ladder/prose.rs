//! Calls in the text, where no mark of the dialect's own says that they are calls.

use super::{
    fence::Fences,
    marks::{FENCE, MARKS, close_mark, ends},
    settle::Trust,
    talk::Place,
    value::{Found, calls, pass_to},
};
use crate::dialect::{
    ParseCx, call, pythonic,
    stream::{Io, Sink},
};

/// First keys of a call object, besides those of its name.
const FIRST_KEYS: &[&str] = &["type", "id", "arguments", "parameters"];

/// Reads the prose of a reply.
pub(in crate::dialect) struct Ladder<'a> {
    io: &'a Io,
    cx: &'a ParseCx,
    /// Marks of the dialect's own that begin a call.
    own: &'a [&'a str],
    /// How a call begins whose mark was forgotten.
    bare: &'a [String],
    /// Whether a fenced program is a call of the tool that runs such programs.
    programs: bool,
}

impl<'a> Ladder<'a> {
    pub fn new(io: &'a Io, cx: &'a ParseCx, own: &'a [&'a str]) -> Self {
        Ladder { io, cx, own, bare: &[], programs: false }
    }

    /// For formats whose calls can be told without the mark before them, on a line of their own.
    pub fn with_bare(self, bare: &'a [String]) -> Self {
        Ladder { bare, ..self }
    }

    /// For models that write a program where they should call the tool that runs it.
    pub fn with_programs(self) -> Self {
        Ladder { programs: true, ..self }
    }

    /// Hands text on as [`Io::until`] does, up to and including the next of the dialect's own marks or
    /// of `others`, and tells which it was: an index into both, and behind them into the beginnings of
    /// calls without a mark. Calls in the text are told as such, and marks that are being talked about
    /// are text.
    pub async fn text(&self, others: &[&str]) -> Option<usize> {
        let io = self.io;
        let mut stops: Vec<&str> = self.own.iter().chain(others).copied().collect();
        let bare = stops.len();
        stops.extend(self.bare.iter().map(String::as_str));
        let known = stops.len();
        stops.extend(MARKS.iter().map(|(open, _)| *open).filter(|open| !self.own.contains(open)));
        if !self.cx.tools.is_empty() {
            stops.extend([FENCE, "{", "["]);
        }
        let mut start = io.position();
        if let Some((before, at)) = io.held()
            && !self.mark_follows(&stops[..known]).await
        {
            match Place::new(io, before, at).talked_about(io).await {
                true => {
                    io.take_back();
                    start = before;
                }
                false => io.release(),
            }
        }
        // Behind the last mark that was talked about.
        let mut talk = None;
        while let Some(stop) = io.until(&stops, Sink::Text).await {
            let mark = stops[stop];
            let behind = io.position();
            let at = behind - mark.len();
            if (self.own.len()..bare).contains(&stop) {
                return Some(stop);
            }
            let object = stop >= known && matches!(mark, "{" | "[");
            // What stands directly behind a mark that was talked about belongs to it.
            let belongs = talk.is_some_and(|talk| touches(io, talk, at));
            if belongs && !object {
                talk = Some(behind);
            } else if !object || !belongs && self.plausible(at).await {
                let place = Place::new(io, start, at);
                if stop < known {
                    if !place.mentioned() && (stop < bare || place.line_start() && !place.shown()) {
                        if io.held().is_none() && place.doubtful() {
                            io.hold(start, at);
                        }
                        return Some(stop);
                    }
                } else if self.rescued(mark, &place).await {
                    start = io.position();
                    continue;
                }
                talk = Some(behind).filter(|_| !object).or(talk);
            }
            io.seek(behind);
            io.say(Sink::Text, mark);
        }
        None
    }

    /// Whether one of the marks comes next, white space aside: then what was read goes on.
    async fn mark_follows(&self, marks: &[&str]) -> bool {
        let behind = self.io.position();
        self.io.space().await;
        let mut follows = false;
        for mark in marks {
            follows = follows || self.io.looking_at(mark).await;
        }
        self.io.seek(behind);
        follows
    }

    /// Reads what begins with `mark` at the place. False when it is text.
    async fn rescued(&self, mark: &str, place: &Place) -> bool {
        self.io.seek(place.at);
        match MARKS.iter().find(|(open, _)| *open == mark) {
            Some((open, close)) => self.marked(open, close, place).await,
            None if mark == FENCE => {
                Fences { io: self.io, cx: self.cx, own: self.own, programs: self.programs }.read(place).await
            }
            None => self.bare(place).await,
        }
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
                close_mark(io, &[close]).await;
                if place.talked_about(io).await {
                    return false;
                }
                calls.into_iter().for_each(|step| io.emit(step));
            }
            Found::Cut if io.truncated() => io.cut(from),
            other => call::skip_broken(io, from, close, other.why()).await,
        }
        true
    }

    /// Reads calls without marks, on lines of their own. False when there are none.
    async fn bare(&self, place: &Place) -> bool {
        let (io, from) = (self.io, place.at);
        if place.shown() {
            return false;
        }
        let free = place.free();
        let ends = ends(self.own);
        let found = calls(io, self.cx, &ends, Trust::Unmarked).await;
        let why = found.why().to_owned();
        let steps = match found {
            Found::Calls(steps) => Some(steps),
            Found::Unfit(_) => None,
            Found::Description if place.first() => None,
            Found::Cut if free => {
                io.cut(from);
                return true;
            }
            Found::Broken(_) if free => {
                // What is left of it cannot be told from what follows.
                io.seek(from);
                pass_to(io, self.own).await;
                io.malformed(from, why);
                return true;
            }
            _ => return false,
        };
        // The closing mark alone is a mark.
        if !close_mark(io, &ends).await {
            self.brackets().await;
            if !free || !place.free_behind(io).await {
                return false;
            }
        }
        if place.doubtful() && place.talked_about(io).await {
            return false;
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

    /// Whether a call begins at offset `from`, as far as its first few characters tell. Anything else
    /// would be held back to its last bracket.
    async fn plausible(&self, from: usize) -> bool {
        let io = self.io;
        io.seek(from);
        if pythonic::call_list_ahead(io, self.cx).await {
            return true;
        }
        few(io, 40, |c| c.is_whitespace() || matches!(c, '[' | '{')).await;
        few(io, 2, |c| matches!(c, '"' | '\'')).await;
        let key = few(io, 16, |c| c.is_alphabetic()).await;
        few(io, 16, |c| c.is_whitespace() || matches!(c, '"' | '\'' | ':')).await;
        match key.as_str() {
            "function" if io.peek().await == Some('{') => true,
            "name" | "function" | "tool" => {
                let name = few(io, 128, |c| c.is_alphanumeric() || matches!(c, '_' | '.' | '-' | '/')).await;
                self.cx.tool(name.strip_prefix("functions.").unwrap_or(&name)).is_some()
            }
            key => FIRST_KEYS.contains(&key),
        }
    }
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

/// Whether nothing but white space stands between two offsets.
fn touches(io: &Io, from: usize, to: usize) -> bool {
    to - from < 16 && io.near(from, to).trim().is_empty()
}
