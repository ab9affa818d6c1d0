//! Decoding under a grammar that the server does not know.
//!
//! The server is let go on freely for some tokens and tells, for each, which others were likely. The
//! grammar follows here; where the model leaves it, the likeliest token that the grammar allows is
//! put in its place and the server goes on from there. With greedy sampling this writes what a
//! constrained decoder would write, for one request a correction; the server's prompt cache makes
//! such a request cost about as much as a token.

use super::ask::Endpoint;
use super::reading::{Reading, guess_tokens};
use super::server::Kind;
use super::task::{Task, Written, written};
use crate::engine::{EngineError, ReplyStop, TokenLogprob, TokenUsage};
use llguidance::Matcher;
use polymath_chat::Constraint;
use serde_json::json;

/// Tokens of the first request; twice as many after each that went well.
const FIRST: usize = 8;
const MOST: usize = 64;
/// Likely tokens asked for at each place: as many as every server gives.
const TOP: usize = 20;
/// As many as llama-server is asked for where none of those fits.
const WIDE: usize = 3000;

/// How a stretch of tokens went.
#[derive(Debug, PartialEq, Eq)]
enum Walk {
    /// All of them stand.
    Followed,
    /// Another token stands at the end instead of the model's.
    Corrected,
    /// The text is complete.
    Ended,
    /// The model's token cannot stand, nor any of the likely ones.
    Stuck,
}

/// A token's own text. llama-server holds back what may be the beginning of a stop: such a token has
/// no text, and the next one has that of both. What a greedy sampler took is the likeliest.
fn own_bytes(token: &TokenLogprob) -> &[u8] {
    let likeliest = token.top.iter().max_by(|a, b| a.1.total_cmp(&b.1)).map_or(&[][..], |(bytes, _)| bytes);
    match token.bytes.is_empty() || !likeliest.is_empty() && token.bytes.ends_with(likeliest) {
        true => likeliest,
        false => &token.bytes,
    }
}

/// The text so far, and where it is in the grammar.
struct Steered<'a> {
    matcher: Matcher,
    text: Vec<u8>,
    stop: &'a [String],
    tokens: usize,
}

impl Endpoint {
    /// Writes under a grammar. `None` when the server does not tell enough for that.
    pub(super) async fn steer(&self, task: &Task, constraint: &Constraint) -> Result<Option<Written>, EngineError> {
        let matcher = self.compiler.compile(constraint)?;
        let mut steered = Steered { matcher, text: Vec::new(), stop: &task.stop, tokens: 0 };
        let (mut stretch, mut top, mut go_on) = (FIRST, TOP, false);
        let mut usage: Option<TokenUsage> = None;
        for _ in 0..task.max_tokens + 8 {
            steered.force();
            if steered.is_complete() {
                return Ok(Some(steered.written(usage, ReplyStop::End)));
            }
            if steered.tokens >= task.max_tokens {
                return Ok(Some(steered.written(usage, ReplyStop::Length)));
            }
            steered.drop_half_character();
            let tokens = stretch.min(task.max_tokens - steered.tokens);
            let Some(reading) = self.stretch(task, &steered, (tokens, top, go_on)).await? else {
                return Ok(None);
            };
            let (finish, tokens) = (reading.finish, reading.logprobs.clone());
            if usage.is_none() {
                usage = Some(written(reading, ReplyStop::End, task).usage);
            }
            if task.cancel.is_cancelled() {
                return Err(EngineError::Cancelled);
            }
            match steered.walk(&tokens) {
                Walk::Ended => return Ok(Some(steered.written(usage, ReplyStop::End))),
                Walk::Corrected => (stretch, top, go_on) = (FIRST.max(stretch / 2), TOP, false),
                Walk::Followed if finish != Some(ReplyStop::End) => {
                    (stretch, top, go_on) = (MOST.min(stretch * 2), TOP, false);
                }
                // The model is done, and did not tell which token it ended with.
                Walk::Followed if steered.is_accepting() => return Ok(Some(steered.written(usage, ReplyStop::End))),
                Walk::Followed if !go_on => (stretch, go_on) = (1, true),
                Walk::Stuck if top == TOP && self.server.kind == Kind::LlamaServer => (stretch, top) = (1, WIDE),
                Walk::Followed | Walk::Stuck => return Ok(None),
            }
        }
        Ok(None)
    }

    /// Some tokens more, each with the likely ones at its place. `None` without those.
    async fn stretch(
        &self,
        task: &Task,
        steered: &Steered<'_>,
        (tokens, top, go_on): (usize, usize, bool),
    ) -> Result<Option<Reading>, EngineError> {
        let so_far = format!("{}{}", task.prefill, String::from_utf8_lossy(&steered.text));
        let mut messages = task.messages.clone();
        let mut stop = task.stop.clone();
        if !so_far.is_empty() {
            messages.push(json!({"role": "assistant", "content": so_far}));
        }
        if go_on {
            stop.clear();
        }
        let mut body = self.body(messages, &task.sampling, (tokens, &stop));
        body.insert("logprobs".into(), json!(true));
        body.insert("top_logprobs".into(), json!(top));
        if go_on {
            body.insert("ignore_eos".into(), json!(true));
        }
        if !so_far.is_empty() {
            body.extend(self.going_on());
        }
        let mut reading = Reading::new(None, task.events.clone());
        let read = match self.post(body, &task.cancel).await {
            Ok(response) => self.follow(response, &mut reading, &task.cancel).await,
            Err(failure) => Err(failure),
        };
        match read {
            Ok(ReplyStop::Cancelled) => Err(EngineError::Cancelled),
            Ok(_) => Ok((!reading.logprobs.is_empty()).then_some(reading)),
            Err(failure) => Err(self.explain(failure).await),
        }
    }
}

impl Steered<'_> {
    /// Appends what the grammar leaves no choice about.
    fn force(&mut self) {
        let forced = self.matcher.compute_ff_bytes();
        if !forced.is_empty() && self.accept(&forced) {
            self.tokens += guess_tokens(&String::from_utf8_lossy(&forced));
        }
    }

    /// Appends bytes if all of them may stand.
    fn accept(&mut self, bytes: &[u8]) -> bool {
        let ids: Vec<u32> = bytes.iter().copied().map(u32::from).collect();
        let fits = self.matcher.validate_tokens(&ids).is_ok_and(|good| good == ids.len());
        let accepted = fits && self.matcher.consume_tokens(&ids).is_ok();
        if accepted {
            self.text.extend_from_slice(bytes);
        }
        accepted
    }

    fn is_accepting(&mut self) -> bool {
        self.matcher.is_stopped() || self.matcher.is_accepting().unwrap_or(false)
    }

    /// Whether nothing can follow.
    fn is_complete(&self) -> bool {
        self.matcher.is_stopped()
    }

    /// Text is sent as text: a character that is not whole is left for the model to write again.
    fn drop_half_character(&mut self) {
        let whole = std::str::from_utf8(&self.text).map_or_else(|e| e.valid_up_to(), str::len);
        if whole < self.text.len() && self.matcher.rollback(self.text.len() - whole).is_ok() {
            self.text.truncate(whole);
        }
    }

    fn walk(&mut self, tokens: &[TokenLogprob]) -> Walk {
        for token in tokens {
            let bytes = own_bytes(token);
            // An end of the reply has no text.
            let ends = bytes.is_empty();
            if ends && self.is_accepting() || self.stops(bytes) {
                return Walk::Ended;
            }
            if !ends && self.accept(bytes) {
                self.tokens += 1;
                if self.is_complete() {
                    return Walk::Ended;
                }
                continue;
            }
            return self.correct(token);
        }
        Walk::Followed
    }

    /// Puts the likeliest token that may stand in the place of one that may not.
    fn correct(&mut self, token: &TokenLogprob) -> Walk {
        let own = own_bytes(token);
        let mut likely: Vec<&(Vec<u8>, f32)> = token.top.iter().filter(|(bytes, _)| bytes != own).collect();
        likely.sort_by(|a, b| b.1.total_cmp(&a.1));
        for (bytes, _) in likely {
            if bytes.is_empty() && self.is_accepting() || self.stops(bytes) {
                return Walk::Ended;
            }
            let whole = std::str::from_utf8(bytes).is_ok();
            if !bytes.is_empty() && whole && self.accept(bytes) {
                self.tokens += 1;
                return if self.is_complete() { Walk::Ended } else { Walk::Corrected };
            }
        }
        Walk::Stuck
    }

    /// Whether a token brings a stop, and the text is complete before it; then that much is accepted.
    fn stops(&mut self, bytes: &[u8]) -> bool {
        let from = self.text.len();
        let with = [self.text.as_slice(), bytes].concat();
        let find = |s: &String| with.windows(s.len().max(1)).position(|w| w == s.as_bytes());
        let Some(at) = self.stop.iter().filter_map(find).min().filter(|at| *at >= from) else { return false };
        let head = &with[from..at];
        (head.is_empty() || self.accept(head)) && self.is_accepting()
    }

    fn written(self, usage: Option<TokenUsage>, stop: ReplyStop) -> Written {
        let usage = TokenUsage { completion: self.tokens, ..usage.unwrap_or_default() };
        Written { text: String::from_utf8_lossy(&self.text).into_owned(), usage, stop }
    }
}
