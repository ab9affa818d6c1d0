//! How a dialect reads a reply that is still being written: as a coroutine.
//!
//! A dialect's reader is an `async` function that goes through the reply from its first character to
//! its last as though all of it were there; where the text ends for now, it waits. [`Coroutine`] polls
//! it once for every piece of text. So each dialect reads top to bottom like the format's
//! description, and since nothing but the text itself is ever looked at, how it was cut into pieces
//! cannot change the result. There is no I/O here and no waking: a reader waits for text only.
//!
//! The whole reply is kept until the end (it is a few thousand characters), so that positions are
//! plain byte offsets and a reader may go back.

use super::{Parser, Step};
use std::{
    future::{Future, poll_fn},
    pin::Pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::{Context, Poll, Waker},
};

/// Where text goes that a reader passes over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sink {
    Text,
    Reasoning,
    /// Nobody sees it: it is a piece of a call, or white space between calls.
    Nothing,
}

/// One kind of prose. White space at its very beginning and end is layout of the format, not prose.
#[derive(Default)]
struct Prose {
    begun: bool,
    /// White space that counts only if more prose follows.
    pending: String,
}

impl Prose {
    fn take(&mut self, text: &str) -> Option<String> {
        let text = if self.begun { text } else { text.trim_start() };
        let body = text.trim_end();
        if body.is_empty() {
            self.pending.push_str(text);
            return None;
        }
        self.begun = true;
        let mut out = std::mem::replace(&mut self.pending, text[body.len()..].to_owned());
        out.push_str(body);
        Some(out)
    }
}

#[derive(Default)]
struct Shared {
    text: String,
    /// Byte offset of what the reader has not consumed.
    position: usize,
    ended: bool,
    truncated: bool,
    steps: Vec<Step>,
    prose: Prose,
    reasoning: Prose,
    /// Calls begun in this batch of steps: index of the step, offset of the call's first character.
    begun: Vec<(usize, usize)>,
}

/// A reader's end: the reply's text, and where the steps go.
#[derive(Clone, Default)]
pub(super) struct Io(Arc<Mutex<Shared>>);

impl Io {
    fn lock(&self) -> MutexGuard<'_, Shared> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until there is text beyond offset `end`; false when the reply ended there.
    pub async fn beyond(&self, end: usize) -> bool {
        poll_fn(|_| {
            let shared = self.lock();
            match shared.text.len() > end {
                true => Poll::Ready(true),
                false if shared.ended => Poll::Ready(false),
                false => Poll::Pending,
            }
        })
        .await
    }

    /// Whether the token limit ended the reply; known only at its end.
    pub fn truncated(&self) -> bool {
        self.lock().truncated
    }

    pub fn position(&self) -> usize {
        self.lock().position
    }

    /// Goes to `position`, an offset that this `Io` gave out.
    pub fn seek(&self, position: usize) {
        self.lock().position = position;
    }

    /// The text from offset `from` up to the reader's position.
    pub fn since(&self, from: usize) -> String {
        let shared = self.lock();
        shared.text[from..shared.position].to_owned()
    }

    /// Calls `f` with the text that is there and not consumed.
    pub fn ahead<R>(&self, f: impl FnOnce(&str) -> R) -> R {
        let shared = self.lock();
        f(&shared.text[shared.position..])
    }

    /// Whether nothing but spaces stands before offset `at` on its line.
    pub fn at_line_start(&self, at: usize) -> bool {
        let shared = self.lock();
        let line = shared.text[..at].rsplit('\n').next().unwrap_or_default();
        line.trim().is_empty()
    }

    /// The last paragraph of the reply before the position, or its last 300 bytes or so.
    pub fn paragraph_before(&self) -> String {
        let shared = self.lock();
        let before = shared.text[..shared.position].trim_end();
        let near = (before.len().saturating_sub(300)..).find(|&at| before.is_char_boundary(at)).unwrap_or(0);
        before[near..].rsplit("\n\n").next().unwrap_or_default().to_owned()
    }

    /// Whether only white space stands before the position.
    pub fn at_reply_start(&self) -> bool {
        let shared = self.lock();
        shared.text[..shared.position].trim().is_empty()
    }

    /// The next character, not consumed; none at the end of the reply.
    pub async fn peek(&self) -> Option<char> {
        self.beyond(self.position()).await;
        self.ahead(|rest| rest.chars().next())
    }

    /// Whether `marker` stands at the position. Waits no longer than needed to say no.
    pub async fn looking_at(&self, marker: &str) -> bool {
        loop {
            let (have, possible) =
                self.ahead(|rest| (rest.len(), rest.starts_with(marker) || marker.starts_with(rest)));
            if !possible || have >= marker.len() {
                return possible;
            }
            if !self.beyond(self.position() + have).await {
                return false;
            }
        }
    }

    /// Consumes `marker` if it stands at the position.
    pub async fn eat(&self, marker: &str) -> bool {
        let there = self.looking_at(marker).await;
        if there {
            self.lock().position += marker.len();
        }
        there
    }

    /// Consumes characters for as long as `wanted` says yes, and returns them.
    pub async fn take_while(&self, wanted: impl Fn(char) -> bool) -> String {
        let from = self.position();
        loop {
            let (more, length) = self.ahead(|rest| {
                let length = rest.find(|c| !wanted(c)).unwrap_or(rest.len());
                (length == rest.len(), length)
            });
            self.lock().position += length;
            if !more || !self.beyond(self.position()).await {
                return self.since(from);
            }
        }
    }

    /// Consumes white space.
    pub async fn space(&self) {
        self.take_while(char::is_whitespace).await;
    }

    /// Consumes up to and including the earliest of `stops` (of several at one place the longest),
    /// handing what stands before it to `sink` as it comes. Returns which stop it was; none at the
    /// end of the reply.
    pub async fn until(&self, stops: &[&str], sink: Sink) -> Option<usize> {
        loop {
            let ended = self.lock().ended;
            let (free, hit) = self.ahead(|rest| scan(rest, stops, ended));
            let passed = {
                let mut shared = self.lock();
                let from = shared.position;
                shared.position += free;
                shared.text[from..from + free].to_owned()
            };
            self.say(sink, &passed);
            if let Some(which) = hit {
                self.lock().position += stops[which].len();
                return Some(which);
            }
            let have = self.ahead(str::len);
            if !self.beyond(self.position() + have).await && have == 0 {
                return None;
            }
        }
    }

    /// Gives prose away.
    pub fn say(&self, sink: Sink, text: &str) {
        let mut shared = self.lock();
        let taken = match sink {
            Sink::Text => shared.prose.take(text).map(Step::Text),
            Sink::Reasoning => shared.reasoning.take(text).map(Step::Reasoning),
            Sink::Nothing => None,
        };
        match (shared.steps.last_mut(), taken) {
            (Some(Step::Text(last)), Some(Step::Text(more)))
            | (Some(Step::Reasoning(last)), Some(Step::Reasoning(more))) => last.push_str(&more),
            (_, Some(step)) => shared.steps.push(step),
            (_, None) => {}
        }
    }

    /// Tells that a call of the tool `name` has begun at offset `from`.
    pub fn begin_call(&self, name: &str, from: usize) {
        let mut shared = self.lock();
        let index = shared.steps.len();
        shared.begun.push((index, from));
        shared.steps.push(Step::CallBegun { name: name.to_owned(), written: String::new() });
    }

    pub fn emit(&self, step: Step) {
        self.lock().steps.push(step);
    }

    pub fn call(&self, name: String, arguments: serde_json::Value) {
        self.emit(Step::Call { name, arguments });
    }

    /// Tells that the text from offset `from` up to the position is no call and no prose.
    pub fn malformed(&self, from: usize, why: impl Into<String>) {
        self.emit(Step::Malformed { raw: self.since(from), why: why.into() });
    }

    /// [`Io::malformed`] for a call that the reply's end cut short. To be called at the end only.
    pub fn cut(&self, from: usize) {
        self.seek_end();
        self.malformed(from, self.cut_why());
    }

    /// Why the reply ended too early.
    pub fn cut_why(&self) -> &'static str {
        match self.truncated() {
            true => "the token limit came before the end of the call",
            false => "the reply ended before the call did",
        }
    }

    fn seek_end(&self) {
        let mut shared = self.lock();
        shared.position = shared.text.len();
    }
}

/// How much of `rest` stands before any stop, and which stop stands there. While the reply goes on,
/// an end of `rest` that may be the beginning of a stop is neither.
fn scan(rest: &str, stops: &[&str], ended: bool) -> (usize, Option<usize>) {
    let hit = stops
        .iter()
        .enumerate()
        .filter_map(|(which, stop)| rest.find(stop).map(|at| (at, std::cmp::Reverse(stop.len()), which)))
        .min();
    let partial = if ended { None } else { stops.iter().filter_map(|stop| partial_at(rest, stop)).min() };
    match (hit, partial) {
        (Some((at, _, _)), Some(open)) if open <= at => (open, None),
        (Some((at, _, which)), _) => (at, Some(which)),
        (None, open) => (open.unwrap_or(rest.len()), None),
    }
}

/// Where a tail of `rest` begins that is a proper beginning of `stop`.
fn partial_at(rest: &str, stop: &str) -> Option<usize> {
    let longest = rest.len().min(stop.len() - 1);
    (rest.len() - longest..rest.len()).find(|&at| rest.is_char_boundary(at) && stop.starts_with(&rest[at..]))
}

/// The parser around a reader.
pub(super) struct Coroutine {
    io: Io,
    /// Gone once the reader has returned.
    reader: Option<Pin<Box<dyn Future<Output = ()> + Send>>>,
}

impl Coroutine {
    /// Starts `reader`, which goes on until [`Io`] says that the reply has ended.
    pub fn boxed<F>(reader: impl FnOnce(Io) -> F) -> Box<dyn Parser>
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let io = Io::default();
        Box::new(Coroutine { reader: Some(Box::pin(reader(io.clone()))), io })
    }

    fn resume(&mut self, out: &mut Vec<Step>) {
        if let Some(reader) = &mut self.reader {
            let mut nobody = Context::from_waker(Waker::noop());
            if reader.as_mut().poll(&mut nobody).is_ready() {
                self.reader = None;
            }
        }
        let mut shared = self.io.lock();
        for (index, from) in std::mem::take(&mut shared.begun) {
            let so_far = shared.text[from..].to_owned();
            if let Some(Step::CallBegun { written, .. }) = shared.steps.get_mut(index) {
                *written = so_far;
            }
        }
        out.append(&mut shared.steps);
    }
}

impl Parser for Coroutine {
    fn push(&mut self, text: &str, out: &mut Vec<Step>) {
        self.io.lock().text.push_str(text);
        self.resume(out);
    }

    fn finish(&mut self, truncated: bool, out: &mut Vec<Step>) {
        {
            let mut shared = self.io.lock();
            shared.ended = true;
            shared.truncated = truncated;
        }
        self.resume(out);
    }
}
