//! One generation, from its prompt to its last token: what is asked, and how far it is.
//!
//! Knows nothing of batches and caches: the scheduler evaluates, a job says what it needs evaluated
//! and takes the tokens that were picked.

use crate::compile::LateCompiler;
use crate::lookup::Lookup;
use crate::sample::{Picker, is_looping};
use crate::vocabulary::Vocabulary;
use llama_cpp_2::token::LlamaToken;
use polymath_chat::Constraint;
use polymath_model::engine::{EngineError, ReplyStop, Sampling, TokenLogprob};
use std::time::Instant;
use tokio::sync::oneshot;
use tokio_util::sync::CancellationToken;

/// What a job is part of: conversations are kept when room gets scarce, tasks go first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    Task,
    Conversation,
}

/// Looks on while a reply is decoded, on the decoding thread.
pub trait Watcher: Send {
    /// The prompt is evaluated: so many tokens anew, so many found in the cache.
    fn prefilled(&mut self, new: usize, cached: usize, ms: u64);

    /// More text. The watcher may end the reply, or constrain how it goes on.
    fn text(&mut self, text: &str) -> Control;

    /// The reply is over.
    fn finished(&mut self, stop: ReplyStop);
}

/// What a [`Watcher`] wants next.
pub enum Control {
    Continue,
    Stop,
    /// Decode under this constraint, of which `written` stands in the reply already.
    Constrain {
        constraint: Constraint,
        written: String,
    },
}

/// One generation, as it is asked for.
pub struct Job {
    pub kind: Kind,
    pub prompt: Vec<LlamaToken>,
    /// So many tokens of the prompt's beginning come again in other jobs, and in other processes.
    pub fixed: usize,
    pub constraint: Option<Constraint>,
    pub sampling: Sampling,
    pub max_tokens: usize,
    /// The text ends before the first of these.
    pub stop: Vec<String>,
    pub top_logprobs: Option<usize>,
    pub watcher: Box<dyn Watcher>,
    pub cancel: CancellationToken,
}

/// What a job wrote; the end token is not among `tokens`.
pub struct Generated {
    pub tokens: Vec<LlamaToken>,
    pub text: String,
    pub stop: ReplyStop,
    /// Tokens of the prompt that stood in a cache.
    pub cached: usize,
    pub logprobs: Vec<TokenLogprob>,
}

pub type Answer = oneshot::Sender<Result<Generated, EngineError>>;

/// What every job needs to know of the model.
pub struct Surroundings<'a> {
    pub vocabulary: &'a Vocabulary,
    pub compiler: &'a LateCompiler,
    /// Most tokens of one sequence.
    pub context: usize,
}

/// What one evaluation brought a job.
pub struct Advance {
    /// Of the tokens evaluated (`pending`, then `draft`) so many are right and stay in the cache.
    pub keep: usize,
    /// How the reply ended, if it did.
    pub stop: Option<ReplyStop>,
}

enum Pick {
    Tokens(Vec<LlamaToken>),
    /// The constraint of the whole reply is fulfilled.
    Complete,
    /// The decision needs logits of its own.
    TooClose,
}

/// A lead of the best token over the second, in logits, that rounding may turn.
const NEARLY_A_TIE: f32 = 0.1;

/// A job under way: on a sequence of the context, or waiting for one.
pub struct Running {
    pub job: Job,
    pub answer: Answer,
    /// Without meaning while it waits.
    pub sequence: usize,
    /// Tokens to evaluate: the rest of the prompt, later those just picked. Never empty. While it
    /// waits, all that it has read and written.
    pub pending: Vec<LlamaToken>,
    /// Guesses at what follows `pending`, evaluated along with it.
    pub draft: Vec<LlamaToken>,
    /// `None` until the prompt is evaluated.
    picker: Option<Picker>,
    /// Whether `pending` is text that was there before, and not what was just picked.
    reading: bool,
    lookup: Lookup,
    /// Nothing is guessed in the next step.
    alone: bool,
    started: Instant,
    undecoded: Vec<u8>,
    stop_length: usize,
    /// Bytes of the text that the watcher has seen: what may be the beginning of a stop text waits.
    told: usize,
    /// Where in the written tokens a loop was broken out of.
    escaped: Option<usize>,
    written: Generated,
}

impl Running {
    pub fn new(job: Job, answer: Answer) -> Self {
        let written = Generated {
            tokens: Vec::new(),
            text: String::new(),
            stop: ReplyStop::End,
            cached: 0,
            logprobs: Vec::new(),
        };
        Running {
            answer,
            sequence: 0,
            pending: job.prompt.clone(),
            draft: Vec::new(),
            picker: None,
            reading: true,
            lookup: Lookup::new(&job.prompt),
            alone: false,
            started: Instant::now(),
            undecoded: Vec::new(),
            stop_length: job.stop.iter().map(String::len).max().unwrap_or(0),
            told: 0,
            escaped: None,
            written,
            job,
        }
    }

    /// Begins on a sequence that holds the first `cached` of the tokens in `pending`, or goes on there.
    pub fn take_place(&mut self, sequence: usize, cached: usize) {
        self.sequence = sequence;
        self.pending.drain(..cached);
        self.reading = true;
        if self.is_prefilling() {
            self.written.cached = cached;
        }
    }

    /// Leaves its sequence, which holds `evaluated`, to wait for another.
    pub fn lose_place(&mut self, evaluated: &[LlamaToken]) {
        self.pending.splice(..0, evaluated.iter().copied());
        self.draft.clear();
    }

    /// Most tokens that it may still write.
    pub fn left(&self) -> usize {
        self.job.max_tokens.saturating_sub(self.written.tokens.len())
    }

    /// Gives up what was guessed, for this step and the next. False when nothing was.
    pub fn drop_guesses(&mut self) -> bool {
        let guessed = !self.draft.is_empty();
        self.alone = self.alone || guessed;
        self.draft.clear();
        guessed
    }

    /// Whether what is evaluated is text that was there before: the prompt, or, behind a lost place, the
    /// reply so far.
    pub fn is_reading(&self) -> bool {
        self.reading
    }

    /// Whether the prompt is not evaluated to its end yet.
    pub fn is_prefilling(&self) -> bool {
        self.picker.is_none()
    }

    /// The prompt is evaluated, its last logits are there.
    pub fn prefilled(&mut self, around: &Surroundings<'_>) -> Result<(), EngineError> {
        let matcher = self.job.constraint.as_ref().map(|c| around.compiler.compile(c)).transpose()?;
        self.picker =
            Some(Picker::new(&self.job.sampling, matcher, around.vocabulary, self.job.top_logprobs.is_some()));
        let (cached, ms) = (self.written.cached, self.started.elapsed().as_millis() as u64);
        self.job.watcher.prefilled(self.job.prompt.len() - cached, cached, ms);
        Ok(())
    }

    /// Guesses what follows, to be checked in the next evaluation.
    pub fn guess(&mut self, at_most: usize) {
        if std::mem::take(&mut self.alone) {
            return;
        }
        self.draft = self.lookup.guess(at_most.min(self.left().saturating_sub(1)));
    }

    /// Picks from the logits of `pending` and `draft` as far as the guesses hold.
    pub fn advance<'l>(
        &mut self,
        logits: impl Fn(usize) -> &'l [f32],
        around: &Surroundings<'_>,
    ) -> Result<Advance, EngineError> {
        let fed = self.pending.len();
        self.reading = false;
        // Several rows at once are added up in another order than one: what is nearly a tie is
        // decided on its own, so that guesses do not change the text.
        let close = (!self.draft.is_empty()).then_some(NEARLY_A_TIE);
        let mut right = 0;
        let mut keep = None;
        let stop = loop {
            let picked = match self.pick(logits(fed - 1 + right), close)? {
                Pick::Tokens(picked) => picked,
                Pick::Complete => break Some(ReplyStop::End),
                Pick::TooClose => {
                    let last = if right > 0 { self.draft[right - 1] } else { self.pending[fed - 1] };
                    self.pending = vec![last];
                    self.alone = true;
                    keep = Some(fed + right - 1);
                    break None;
                }
            };
            if around.vocabulary.ends_generation(picked[0]) {
                break Some(ReplyStop::End);
            }
            let agree = picked.iter().zip(&self.draft[right..]).take_while(|(a, b)| a == b).count();
            right += agree;
            let stop = self.take(&picked, around)?;
            if stop.is_some() {
                break stop;
            }
            if agree < picked.len() {
                self.pending = picked[agree..].to_vec();
                break None;
            }
        };
        if !self.draft.is_empty() {
            self.lookup.learn(self.draft.len(), right);
            self.draft.clear();
        }
        Ok(Advance { keep: keep.unwrap_or(fed + right), stop })
    }

    fn pick(&mut self, logits: &[f32], close: Option<f32>) -> Result<Pick, EngineError> {
        let Some(picker) = &mut self.picker else {
            return Err(EngineError::Failed("a token was asked for before the prompt was evaluated".into()));
        };
        if picker.is_complete() {
            if self.job.constraint.is_some() {
                return Ok(Pick::Complete);
            }
            picker.release();
        }
        Ok(picker.pick(logits, close)?.map_or(Pick::TooClose, Pick::Tokens))
    }

    /// Takes in what was picked, and says whether it ends the reply.
    fn take(&mut self, picked: &[LlamaToken], around: &Surroundings<'_>) -> Result<Option<ReplyStop>, EngineError> {
        for token in picked {
            self.undecoded.extend(around.vocabulary.piece(*token));
        }
        self.written.tokens.extend_from_slice(picked);
        self.lookup.push(picked);
        if let (Some(top), Some(picker)) = (self.job.top_logprobs, &self.picker) {
            self.written.logprobs.extend(picker.logprobs(picked, top, around.vocabulary));
        }
        self.written.text.push_str(&take_utf8(&mut self.undecoded));
        let from = self.told.saturating_sub(self.stop_length);
        if let Some(at) = first_stop(&self.written.text, from, &self.job.stop) {
            self.written.text.truncate(at);
            return Ok(Some(ReplyStop::End));
        }
        let until = self.written.text.len() - held_back(&self.written.text[self.told..], &self.job.stop);
        match self.job.watcher.text(&self.written.text[self.told..until]) {
            Control::Stop => return Ok(Some(ReplyStop::End)),
            Control::Constrain { constraint, written } if until == self.written.text.len() => {
                let matcher = around.compiler.compile(&constraint)?;
                if let Some(picker) = &mut self.picker {
                    picker.constrain(matcher, &around.vocabulary.tokenize(&written))?;
                }
            }
            Control::Continue | Control::Constrain { .. } => {}
        }
        self.told = until;
        Ok(self.limits(around))
    }

    /// The ends that the model does not choose.
    fn limits(&mut self, around: &Surroundings<'_>) -> Option<ReplyStop> {
        let tokens = &self.written.tokens;
        if self.job.constraint.is_some() && self.picker.as_ref().is_some_and(Picker::is_complete) {
            return Some(ReplyStop::End);
        }
        if tokens.len() >= self.job.max_tokens || self.job.prompt.len() + tokens.len() >= around.context {
            return Some(ReplyStop::Length);
        }
        if is_looping(&tokens[self.escaped.unwrap_or(0)..]) {
            // Once, other tokens are tried from here; the second time nothing helps.
            if self.escaped.replace(tokens.len()).is_some() {
                return Some(ReplyStop::Loop);
            }
            if let Some(picker) = &mut self.picker {
                picker.escape(tokens, around.vocabulary);
            }
        }
        None
    }

    /// Hands over what was written.
    pub fn finish(mut self, stop: ReplyStop) {
        if let Some(rest) = self.written.text.get(self.told..).filter(|rest| !rest.is_empty()) {
            self.job.watcher.text(rest);
        }
        self.job.watcher.finished(stop);
        self.written.stop = stop;
        let _ = self.answer.send(Ok(self.written));
    }

    /// Whether nobody waits for it any more.
    pub fn is_cancelled(&self) -> bool {
        self.job.cancel.is_cancelled() || self.answer.is_closed()
    }

    /// Ends it for somebody who has cancelled it: with what was written, if anything was begun.
    pub fn cancelled(self) {
        match self.is_prefilling() {
            true => self.fail(EngineError::Cancelled),
            false => self.finish(ReplyStop::Cancelled),
        }
    }

    pub fn fail(self, error: EngineError) {
        let _ = self.answer.send(Err(error));
    }
}

/// Takes the whole characters from the front of `bytes`; a cut one stays, garbage becomes U+FFFD.
fn take_utf8(bytes: &mut Vec<u8>) -> String {
    let mut out = String::new();
    loop {
        match std::str::from_utf8(bytes) {
            Ok(text) => {
                out.push_str(text);
                bytes.clear();
                return out;
            }
            Err(e) => {
                let valid = e.valid_up_to();
                out.push_str(&String::from_utf8_lossy(&bytes[..valid]));
                let Some(bad) = e.error_len() else {
                    bytes.drain(..valid);
                    return out;
                };
                out.push('\u{FFFD}');
                bytes.drain(..valid + bad);
            }
        }
    }
}

/// Byte index of the earliest stop text at or after `from`.
fn first_stop(text: &str, from: usize, stops: &[String]) -> Option<usize> {
    let from = (0..=from).rev().find(|i| text.is_char_boundary(*i)).unwrap_or(0);
    stops.iter().filter_map(|s| text[from..].find(s.as_str())).min().map(|at| from + at)
}

/// Bytes at the end of `text` that may be the beginning of a stop text.
fn held_back(text: &str, stops: &[String]) -> usize {
    let longest = |stop: &String| {
        let cuts = stop.char_indices().map(|(i, _)| i).rev();
        cuts.filter(|cut| *cut > 0).find(|cut| text.ends_with(&stop[..*cut])).unwrap_or(0)
    };
    stops.iter().map(longest).max().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn characters_cut_between_tokens_are_put_together() {
        let mut bytes = "a中".as_bytes()[..2].to_vec();
        assert_eq!(take_utf8(&mut bytes), "a");
        bytes.extend(&"中".as_bytes()[1..]);
        assert_eq!(take_utf8(&mut bytes), "中");
        let mut bytes = vec![b'x', 0xFF, b'y'];
        assert_eq!(take_utf8(&mut bytes), "x\u{FFFD}y");
    }

    #[test]
    fn earliest_stop_wins() {
        let stops = ["\n\n".to_owned(), "END".to_owned()];
        assert_eq!(first_stop("中END\n\n", 0, &stops), Some(3));
        assert_eq!(first_stop("中END\n\n", 2, &stops), Some(3));
        assert_eq!(first_stop("none", 1, &stops), None);
        assert_eq!(held_back("a", &stops), 0);
        assert_eq!(held_back("a EN", &stops), 2);
        assert_eq!(held_back("EN\n", &stops), 1);
    }
}
