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
#[derive(Default, Clone)]
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
    /// The call that was begun last and is not read whole: the tool, and the offset of its first
    /// character. Told at the end of the batch.
    begun: Option<(String, usize)>,
    held: Option<Held>,
}

/// What was read and is not told yet, since what follows may show that it is only talk.
struct Held {
    /// Offsets: where the prose before it began, and where it begins itself.
    start: usize,
    at: usize,
    /// How many of the steps stand before it.
    steps: usize,
    /// The prose as it was then.
    prose: Prose,
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
        let before = shared.text[..at].trim_end_matches(|c: char| c.is_whitespace() && c != '\n');
        before.is_empty() || before.ends_with('\n')
    }

    /// The reply's text from offset `from` to offset `to`, but no more of it than its last bytes, about
    /// [`NEAR`]: what is asked for again and again must not grow with the reply.
    pub fn near(&self, from: usize, to: usize) -> String {
        last(&self.lock().text[from..to], NEAR).to_owned()
    }

    /// Holds back what is read from offset `at` on, behind prose that began at offset `start`, until
    /// it is released or taken back.
    pub fn hold(&self, start: usize, at: usize) {
        let mut shared = self.lock();
        let (steps, prose) = (shared.steps.len(), shared.prose.clone());
        shared.held = Some(Held { start, at, steps, prose });
    }

    /// The offsets of what is held back.
    pub fn held(&self) -> Option<(usize, usize)> {
        self.lock().held.as_ref().map(|held| (held.start, held.at))
    }

    /// What is held back is what it was read as.
    pub fn release(&self) {
        self.lock().held = None;
    }

    /// What is held back is prose, all of it up to the position.
    pub fn take_back(&self) {
        let mut shared = self.lock();
        let Some(held) = shared.held.take() else { return };
        shared.steps.truncate(held.steps);
        shared.prose = held.prose;
        drop(shared);
        self.say(Sink::Text, &self.since(held.at));
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
        let apart = shared.held.as_ref().is_some_and(|held| held.steps == shared.steps.len());
        match (shared.steps.last_mut().filter(|_| !apart), taken) {
            (Some(Step::Text(last)), Some(Step::Text(more)))
            | (Some(Step::Reasoning(last)), Some(Step::Reasoning(more))) => last.push_str(&more),
            (_, Some(step)) => shared.steps.push(step),
            (_, None) => {}
        }
    }

    /// Tells that a call of the tool `name` has begun at offset `from`.
    pub fn begin_call(&self, name: &str, from: usize) {
        self.lock().begun = Some((name.to_owned(), from));
    }

    /// The call that was begun is read, whatever becomes of it.
    pub fn end_call(&self) {
        self.lock().begun = None;
    }

    pub fn emit(&self, step: Step) {
        let mut shared = self.lock();
        shared.begun = None;
        shared.steps.push(step);
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

/// Bytes of prose that are looked at before something that may be a call.
const NEAR: usize = 2_000;

/// The end of a text, not much longer than `bytes`.
pub(super) fn last(text: &str, bytes: usize) -> &str {
    let from = text.len().saturating_sub(bytes);
    &text[(0..=from).rev().find(|&at| text.is_char_boundary(at)).unwrap_or(0)..]
}

/// How much of `rest` stands before any stop, and which stop stands there. While the reply goes on,
/// an end of `rest` that may be the beginning of a stop is neither. Looks no further than the first.
fn scan(rest: &str, stops: &[&str], ended: bool) -> (usize, Option<usize>) {
    let mut first = [false; 256];
    stops.iter().filter_map(|stop| stop.bytes().next()).for_each(|byte| first[usize::from(byte)] = true);
    for (at, byte) in rest.bytes().enumerate() {
        if !first[usize::from(byte)] {
            continue;
        }
        let tail = &rest.as_bytes()[at..];
        let open = |stop: &&str| stop.len() > tail.len() && stop.as_bytes().starts_with(tail);
        if !ended && stops.iter().any(open) {
            return (at, None);
        }
        let here = stops.iter().enumerate().filter(|(_, stop)| tail.starts_with(stop.as_bytes()));
        if let Some((which, _)) = here.max_by_key(|(which, stop)| (stop.len(), std::cmp::Reverse(*which))) {
            return (at, Some(which));
        }
    }
    (rest.len(), None)
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
        let all = shared.steps.len();
        let free = match &mut shared.held {
            Some(held) if self.reader.is_some() => std::mem::take(&mut held.steps),
            _ => all,
        };
        out.extend(shared.steps.drain(..free));
        if let Some((name, from)) = shared.begun.take() {
            out.push(Step::CallBegun { name, written: shared.text[from..].to_owned() });
        }
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
