//! The thread that owns the context: prefill, decode, stop, cancel.
//!
//! One job at a time. Each slot is a sequence of the context with the tokens that stand in its KV
//! cache; a job evaluates only what follows the beginning that its prompt shares with them.

use super::sample::{Picker, is_looping};
use super::vocabulary::Vocabulary;
use crate::constrain::Compiler;
use crate::engine::{EngineError, ReplyStop, Sampling};
use llama_cpp_2::context::LlamaContext;
use llama_cpp_2::context::params::LlamaContextParams;
use llama_cpp_2::llama_backend::LlamaBackend;
use llama_cpp_2::llama_batch::LlamaBatch;
use llama_cpp_2::model::LlamaModel;
use llama_cpp_2::token::LlamaToken;
use polymath_chat::Constraint;
use std::num::NonZeroU32;
use std::sync::{Arc, mpsc};
use std::time::Instant;
use tokio::sync::oneshot;
use tokio_util::sync::CancellationToken;

/// Tokens evaluated between two looks at the cancellation token.
const BATCH: usize = 256;

/// Which sequence of the context a job works on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Slot {
    /// The conversation's history, kept from reply to reply.
    Conversation = 0,
    /// Short tasks, which must not push the conversation out.
    Task = 1,
}

const SLOTS: [Slot; 2] = [Slot::Conversation, Slot::Task];

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

/// One generation.
pub struct Job {
    pub slot: Slot,
    pub prompt: Vec<LlamaToken>,
    pub constraint: Option<Constraint>,
    pub sampling: Sampling,
    pub max_tokens: usize,
    /// The text ends before the first of these.
    pub stop: Vec<String>,
    pub watcher: Box<dyn Watcher>,
    pub cancel: CancellationToken,
}

/// What a job wrote; the end token is not among `tokens`.
pub struct Generated {
    pub tokens: Vec<LlamaToken>,
    pub text: String,
    pub stop: ReplyStop,
    /// Tokens of the prompt that stood in the cache.
    pub cached: usize,
}

type Answer = oneshot::Sender<Result<Generated, EngineError>>;

/// Handle to the decoding thread; the thread ends when it is dropped.
pub struct Worker {
    jobs: mpsc::Sender<(Job, Answer)>,
}

impl Worker {
    /// Makes the context and starts the thread.
    pub fn start(
        backend: &'static LlamaBackend,
        model: Arc<LlamaModel>,
        vocabulary: Arc<Vocabulary>,
        compiler: Compiler,
        context: usize,
    ) -> Result<Self, EngineError> {
        let (jobs, inbox) = mpsc::channel::<(Job, Answer)>();
        let (ready, is_ready) = mpsc::channel();
        let run = move || {
            let threads = std::thread::available_parallelism().map_or(2, |n| n.get()) as i32;
            let parameters = LlamaContextParams::default()
                .with_n_ctx(NonZeroU32::new(context as u32))
                .with_n_batch(BATCH as u32)
                .with_n_ubatch(BATCH as u32)
                .with_n_seq_max(SLOTS.len() as u32)
                .with_kv_unified(true)
                .with_n_threads(threads)
                .with_n_threads_batch(threads);
            let llama = match model.new_context(backend, parameters) {
                Ok(llama) => llama,
                Err(e) => {
                    let _ = ready.send(Err(EngineError::Failed(format!(
                        "no memory for a context of {context} tokens ({e}); give a smaller --context"
                    ))));
                    return;
                }
            };
            let _ = ready.send(Ok(()));
            let mut decoder = Decoder {
                llama,
                vocabulary,
                compiler,
                context,
                cache: [Vec::new(), Vec::new()],
                batch: LlamaBatch::new(BATCH, 1),
            };
            for (job, answer) in inbox {
                let _ = answer.send(decoder.run(job));
            }
        };
        std::thread::Builder::new()
            .name("llama".into())
            .spawn(run)
            .map_err(|e| EngineError::Failed(format!("cannot start the decoding thread: {e}")))?;
        is_ready.recv().map_err(|_| EngineError::Failed("the decoding thread died at its start".into()))??;
        Ok(Worker { jobs })
    }

    /// Runs a job. Dropping the future does not stop it; its cancellation token does.
    pub async fn run(&self, job: Job) -> Result<Generated, EngineError> {
        let gone = || EngineError::Failed("the decoding thread has died; start the program again".into());
        let (answer, answered) = oneshot::channel();
        self.jobs.send((job, answer)).map_err(|_| gone())?;
        answered.await.map_err(|_| gone())?
    }
}

struct Decoder<'a> {
    llama: LlamaContext<'a>,
    vocabulary: Arc<Vocabulary>,
    compiler: Compiler,
    context: usize,
    /// By slot: the tokens whose keys and values stand in the cache.
    cache: [Vec<LlamaToken>; SLOTS.len()],
    batch: LlamaBatch<'a>,
}

impl Decoder<'_> {
    fn run(&mut self, mut job: Job) -> Result<Generated, EngineError> {
        let matcher = job.constraint.as_ref().map(|c| self.compiler.compile(c)).transpose()?;
        let mut picker = Picker::new(&job.sampling, matcher);
        let cached = self.prefill(&mut job)?;
        let mut generated = Generated { tokens: Vec::new(), text: String::new(), stop: ReplyStop::End, cached };
        generated.stop = self.decode(&mut job, &mut picker, &mut generated)?;
        job.watcher.finished(generated.stop);
        Ok(generated)
    }

    /// Evaluates the part of the prompt that the cache does not hold.
    fn prefill(&mut self, job: &mut Job) -> Result<usize, EngineError> {
        let started = Instant::now();
        if job.prompt.is_empty() {
            return Err(EngineError::Failed("the prompt is empty".into()));
        }
        let cache = &self.cache[job.slot as usize];
        let common = cache.iter().zip(&job.prompt).take_while(|(a, b)| a == b).count();
        // The last token is always evaluated: its logits are the first thing needed.
        let common = common.min(job.prompt.len() - 1);
        self.truncate(job.slot, common)?;
        self.make_room(job)?;
        let new = job.prompt[common..].to_vec();
        for chunk in new.chunks(BATCH) {
            if job.cancel.is_cancelled() {
                return Err(EngineError::Cancelled);
            }
            self.evaluate(job.slot, chunk)?;
        }
        job.watcher.prefilled(new.len(), common, started.elapsed().as_millis() as u64);
        Ok(common)
    }

    /// Checks that prompt and reply fit; a task's leftovers give way to the conversation and the
    /// other way round only where they must.
    fn make_room(&mut self, job: &Job) -> Result<(), EngineError> {
        let need = job.prompt.len() + job.max_tokens.min(256);
        if need > self.context {
            return Err(EngineError::ContextFull { need, have: self.context });
        }
        for slot in SLOTS.into_iter().filter(|s| *s != job.slot) {
            if need + self.cache[slot as usize].len() > self.context {
                self.truncate(slot, 0)?;
            }
        }
        Ok(())
    }

    fn decode(&mut self, job: &mut Job, picker: &mut Picker, out: &mut Generated) -> Result<ReplyStop, EngineError> {
        let mut undecoded: Vec<u8> = Vec::new();
        let stop_length = job.stop.iter().map(String::len).max().unwrap_or(0);
        while out.tokens.len() < job.max_tokens {
            if job.cancel.is_cancelled() {
                return Ok(ReplyStop::Cancelled);
            }
            if picker.is_complete() {
                if job.constraint.is_some() {
                    return Ok(ReplyStop::End);
                }
                picker.release();
            }
            let picked = picker.pick(self.llama.get_logits_ith(-1))?;
            if self.vocabulary.ends_generation(picked[0]) {
                return Ok(ReplyStop::End);
            }
            for token in &picked {
                undecoded.extend(self.vocabulary.piece(*token));
            }
            out.tokens.extend_from_slice(&picked);
            if self.used() + picked.len() >= self.context {
                return Ok(ReplyStop::Length);
            }
            let text = take_utf8(&mut undecoded);
            let before = out.text.len();
            out.text.push_str(&text);
            if let Some(at) = first_stop(&out.text, before.saturating_sub(stop_length), &job.stop) {
                out.text.truncate(at);
                return Ok(ReplyStop::End);
            }
            match job.watcher.text(&text) {
                Control::Continue => {}
                Control::Stop => return Ok(ReplyStop::End),
                Control::Constrain { constraint, written } => {
                    let matcher = self.compiler.compile(&constraint)?;
                    picker.constrain(matcher, &self.vocabulary.tokenize(&written))?;
                }
            }
            if is_looping(&out.tokens) {
                return Ok(ReplyStop::Loop);
            }
            self.evaluate(job.slot, &picked)?;
        }
        Ok(ReplyStop::Length)
    }

    fn used(&self) -> usize {
        self.cache.iter().map(Vec::len).sum()
    }

    /// Evaluates up to a batch of tokens at the end of a slot's sequence.
    fn evaluate(&mut self, slot: Slot, tokens: &[LlamaToken]) -> Result<(), EngineError> {
        for chunk in tokens.chunks(BATCH) {
            let start = self.cache[slot as usize].len();
            self.batch.clear();
            for (i, token) in chunk.iter().enumerate() {
                let last = i + 1 == chunk.len();
                self.batch
                    .add(*token, (start + i) as i32, &[slot as i32], last)
                    .map_err(|e| EngineError::Failed(format!("cannot fill a batch: {e}")))?;
            }
            self.llama
                .decode(&mut self.batch)
                .map_err(|e| EngineError::Failed(format!("llama.cpp cannot decode {} tokens: {e}", chunk.len())))?;
            self.cache[slot as usize].extend_from_slice(chunk);
        }
        Ok(())
    }

    /// Forgets a slot's tokens from `keep` on.
    fn truncate(&mut self, slot: Slot, keep: usize) -> Result<(), EngineError> {
        if self.cache[slot as usize].len() > keep {
            let removed = self.llama.clear_kv_cache_seq(Some(slot as u32), Some(keep as u32), None);
            if !matches!(removed, Ok(true)) {
                // Models with a recurrent state cannot forget a part: they begin anew.
                let _ = self.llama.clear_kv_cache_seq(Some(slot as u32), None, None);
                self.cache[slot as usize].clear();
                return Ok(());
            }
            self.cache[slot as usize].truncate(keep);
        }
        Ok(())
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
    }
}
