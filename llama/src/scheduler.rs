//! The thread that owns the context: all jobs side by side, a step at a time.
//!
//! Each step evaluates one batch: of every job that is writing the token picked last (and guesses at
//! what follows), and of those whose prompt is not read yet a share of what room is left. So a long
//! prompt does not stop the others, and several replies together take little longer than one. Who does
//! not fit beside the others waits (`admission.rs`).

use crate::admission::{self, Admission, Taken};
use crate::compile::{LateCompiler, Preparing};
use crate::disk::PrefixCache;
use crate::job::{Advance, Answer, Generated, Job, Kind, Running, Surroundings};
use crate::sequences::{SEQUENCES, Sequences};
use crate::state;
use crate::vocabulary::Vocabulary;
use llama_cpp_2::DecodeError;
use llama_cpp_2::context::LlamaContext;
use llama_cpp_2::context::params::LlamaContextParams;
use llama_cpp_2::llama_backend::LlamaBackend;
use llama_cpp_2::llama_batch::LlamaBatch;
use llama_cpp_2::model::LlamaModel;
use llama_cpp_2::token::LlamaToken;
use polymath_model::engine::{EngineError, ReplyStop};
use std::num::NonZeroU32;
use std::sync::{Arc, mpsc};
use std::thread::JoinHandle;
use tokio::sync::oneshot;

/// Tokens of one evaluation; also how long a cancellation may wait.
pub const BATCH: usize = 256;
/// Tokens of prompts evaluated in a step while others write: their next token waits for this.
const BESIDE_WRITERS: usize = 64;
/// With more writers than this a step is worth as much without guesses.
const GUESSING_WRITERS: usize = 2;
/// A conversation's beginning is kept on disk when so many tokens of it are new there …
const WORTH_KEEPING: usize = 256;
/// … and at the end of the program already when so many are.
const WORTH_KEEPING_AT_EXIT: usize = 64;
/// A beginning that tasks happen to have in common is kept when it has at least this many tokens, and at
/// most that many: longer ones are pages, which do not come again.
const TASK_PREFIX: std::ops::RangeInclusive<usize> = 128..=1024;

/// Handle to the decoding thread; the thread ends when it is dropped.
pub struct Scheduler {
    orders: Option<mpsc::Sender<Order>>,
    thread: Option<JoinHandle<()>>,
}

/// What the thread is told to do.
enum Order {
    Run(Box<Job>, Answer),
    /// Empties what no job is using.
    Forget(oneshot::Sender<()>),
}

/// What the thread is given.
pub struct Setup {
    pub vocabulary: Arc<Vocabulary>,
    pub preparing: Preparing,
    /// Tokens of the context, all sequences together.
    pub context: usize,
    /// Whether parts of a sequence can be forgotten.
    pub divisible: bool,
    pub speculate: bool,
    pub disk: Option<PrefixCache>,
}

impl Scheduler {
    /// Makes the context and starts the thread.
    pub fn start(backend: &'static LlamaBackend, model: Arc<LlamaModel>, setup: Setup) -> Result<Self, EngineError> {
        let (orders, inbox) = mpsc::channel();
        let (ready, is_ready) = mpsc::channel();
        let run = move || match model.new_context(backend, parameters(setup.context)) {
            Ok(llama) => {
                let _ = ready.send(Ok(()));
                Loop::new(llama, setup).run(&inbox);
            }
            Err(e) => {
                let _ = ready.send(Err(EngineError::Failed(format!(
                    "no memory for a context of {} tokens ({e}); give a smaller --context",
                    setup.context
                ))));
            }
        };
        let thread = std::thread::Builder::new()
            .name("llama".into())
            .spawn(run)
            .map_err(|e| EngineError::Failed(format!("cannot start the decoding thread: {e}")))?;
        is_ready.recv().map_err(|_| EngineError::Failed("the decoding thread died at its start".into()))??;
        Ok(Scheduler { orders: Some(orders), thread: Some(thread) })
    }

    /// Runs a job. Dropping the future stops it, as its cancellation token does.
    pub async fn run(&self, job: Job) -> Result<Generated, EngineError> {
        let (answer, answered) = oneshot::channel();
        self.order(Order::Run(Box::new(job), answer))?;
        answered.await.map_err(|_| gone())?
    }

    /// Empties the sequences that no job is using.
    pub async fn forget(&self) -> Result<(), EngineError> {
        let (done, is_done) = oneshot::channel();
        self.order(Order::Forget(done))?;
        is_done.await.map_err(|_| gone())
    }

    fn order(&self, order: Order) -> Result<(), EngineError> {
        self.orders.as_ref().ok_or_else(gone)?.send(order).map_err(|_| gone())
    }
}

fn gone() -> EngineError {
    EngineError::Failed("the decoding thread has died; start the program again".into())
}

impl Drop for Scheduler {
    /// Waits for the thread, which keeps what is worth keeping.
    fn drop(&mut self) {
        self.orders = None;
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn parameters(context: usize) -> LlamaContextParams {
    let threads = std::thread::available_parallelism().map_or(2, |n| n.get()) as i32;
    LlamaContextParams::default()
        .with_n_ctx(NonZeroU32::new(context as u32))
        .with_n_batch(BATCH as u32)
        .with_n_ubatch(BATCH as u32)
        .with_n_seq_max(SEQUENCES as u32)
        // One pool of cells: a beginning that sequences share is stored once.
        .with_kv_unified(true)
        .with_n_threads(threads)
        .with_n_threads_batch(threads)
}

struct Loop<'a> {
    llama: LlamaContext<'a>,
    vocabulary: Arc<Vocabulary>,
    compiler: LateCompiler,
    context: usize,
    speculate: bool,
    disk: Option<PrefixCache>,
    sequences: Sequences,
    batch: LlamaBatch<'a>,
    waiting: Admission<Running>,
    /// Oldest first.
    running: Vec<Running>,
    /// Whose prompt comes first in the next step.
    turn: usize,
}

/// A job's part of a batch: tokens from its pending ones, and where its first logits are.
struct Part {
    tokens: usize,
    /// Row of the last pending token, when all of them are in the batch.
    logits: Option<usize>,
}

impl<'a> Loop<'a> {
    fn new(llama: LlamaContext<'a>, setup: Setup) -> Self {
        Loop {
            llama,
            vocabulary: setup.vocabulary,
            compiler: LateCompiler::new(setup.preparing),
            context: setup.context,
            speculate: setup.speculate && setup.divisible,
            disk: setup.disk,
            sequences: Sequences::new(setup.divisible),
            batch: LlamaBatch::new(BATCH, 1),
            waiting: Admission::new(setup.context, SEQUENCES),
            running: Vec::new(),
            turn: 0,
        }
    }

    fn run(mut self, inbox: &mpsc::Receiver<Order>) {
        loop {
            if self.running.is_empty() && self.waiting.is_empty() {
                match inbox.recv() {
                    Ok(order) => self.obey(order),
                    Err(_) => break,
                }
            }
            inbox.try_iter().for_each(|order| self.obey(order));
            self.drop_cancelled();
            self.admit();
            if !self.running.is_empty() {
                self.step();
            }
        }
        self.keep_conversations();
    }

    fn obey(&mut self, order: Order) {
        match order {
            Order::Run(job, answer) => self.receive(*job, answer),
            Order::Forget(done) => {
                while self.sequences.evict(&mut self.llama) {}
                let _ = done.send(());
            }
        }
    }

    /// Lets a job wait for its turn, unless it can never come.
    fn receive(&mut self, job: Job, answer: Answer) {
        let need = admission::cells_for(job.prompt.len(), job.max_tokens);
        let refused = if job.prompt.is_empty() {
            EngineError::Failed("the prompt is empty".into())
        } else if need > self.context {
            EngineError::ContextFull { need, have: self.context }
        } else {
            return self.waiting.join(Running::new(job, answer));
        };
        let _ = answer.send(Err(refused));
    }

    /// Gives waiting jobs a sequence each, as far as there is room.
    fn admit(&mut self) {
        loop {
            if self.waiting.is_empty() {
                return;
            }
            let (taken, sequences, context) = (self.taken(), &self.sequences, self.context);
            let need = |job: &Running| {
                let tokens = job.pending.len();
                let most = admission::cells_for(tokens, job.left()).min(context);
                most - sequences.shared(&job.pending).min(tokens)
            };
            let Some(mut next) = self.waiting.next(taken, need) else { return };
            self.fetch(&next.pending);
            self.keep_common(&next);
            match self.sequences.place(&mut self.llama, &next.pending, next.job.kind) {
                Some((sequence, cached)) => {
                    next.take_place(sequence, cached);
                    self.running.push(next);
                }
                // There are as many sequences as jobs at once.
                None => return self.waiting.give_way(next),
            }
        }
    }

    /// What the jobs that are running take, and will soon.
    fn taken(&self) -> Taken {
        let soon = self.running.iter().map(|running| {
            let tokens = self.sequences.tokens(running.sequence).len();
            admission::cells_for(running.pending.len(), running.left()).min(self.context.saturating_sub(tokens))
        });
        Taken { jobs: self.running.len(), cells: self.sequences.busy_cells() + soon.sum::<usize>() }
    }

    /// Takes a beginning of the prompt from disk, where more of it is there than in memory.
    fn fetch(&mut self, prompt: &[LlamaToken]) {
        let known = self.sequences.known(prompt);
        let Some(disk) = &mut self.disk else { return };
        let Some((path, common)) = disk.find(prompt) else { return };
        // An indivisible state is of use only as a whole.
        if common < known + TASK_PREFIX.start() / 2 || common > prompt.len() {
            return;
        }
        let Some((tokens, bytes)) = disk.load(&path) else { return };
        if self.sequences.divisible() || tokens.len() < prompt.len() && prompt.starts_with(&tokens) {
            self.sequences.adopt(&mut self.llama, tokens, |llama, id| state::restore(llama, id, &bytes));
        }
    }

    /// Keeps on disk the beginning that a task has in common with one before.
    fn keep_common(&mut self, next: &Running) {
        let job = &next.job;
        if job.kind != Kind::Task || !next.is_prefilling() || !self.sequences.divisible() {
            return;
        }
        let Some(disk) = &mut self.disk else { return };
        let Some((sequence, common)) = self.sequences.alike(&job.prompt) else { return };
        if job.fixed == 0 && TASK_PREFIX.contains(&common) && disk.covered(&job.prompt) + 32 <= common {
            self.keep_beginning(sequence, common);
        }
    }

    /// Keeps on disk what is known to come again of a prompt that was just evaluated.
    fn keep_fixed(&mut self, sequence: usize, i: usize) {
        let Job { prompt, fixed, .. } = &self.running[i].job;
        let fixed = *fixed;
        if fixed < *TASK_PREFIX.start() || !self.sequences.divisible() {
            return;
        }
        let known = self.disk.as_mut().is_none_or(|disk| disk.covered(&prompt[..fixed]) + 32 > fixed);
        if !known {
            self.keep_beginning(sequence, fixed);
        }
    }

    /// Keeps the first `length` tokens of a sequence on disk.
    fn keep_beginning(&mut self, sequence: usize, length: usize) {
        let Some(spare) = self.sequences.spare(&mut self.llama, sequence) else { return };
        self.sequences.share(&mut self.llama, sequence, spare, length);
        if let (Some(disk), Some(bytes)) = (&mut self.disk, state::save(&self.llama, spare)) {
            disk.store(self.sequences.tokens(spare), bytes);
        }
    }

    fn drop_cancelled(&mut self) {
        let mut i = 0;
        while i < self.running.len() {
            if self.running[i].is_cancelled() {
                self.end(i, Ok(ReplyStop::Cancelled));
            } else {
                i += 1;
            }
        }
        for running in self.waiting.take_out(Running::is_cancelled) {
            running.cancelled();
        }
    }

    /// Ends a job; its sequence keeps its tokens.
    fn end(&mut self, i: usize, how: Result<ReplyStop, EngineError>) {
        let running = self.running.remove(i);
        self.sequences.release(running.sequence);
        self.waiting.ended();
        match how {
            Ok(ReplyStop::Cancelled) => running.cancelled(),
            Ok(stop) => running.finish(stop),
            Err(error) => running.fail(error),
        }
    }

    /// One evaluation, and what follows from it for each job.
    fn step(&mut self) {
        let parts = match self.fill() {
            Ok(parts) => parts,
            Err(error) => return self.fail_all(&error),
        };
        if !self.evaluate() {
            return;
        }
        // From the last to the first, so that a job that ends does not move the others.
        for (i, part) in parts.into_iter().enumerate().rev() {
            if let Err(error) = self.digest(i, &part) {
                self.end(i, Err(error));
            }
        }
        self.turn += 1;
    }

    /// Fills the batch: writers first, then the prompts in turn.
    fn fill(&mut self) -> Result<Vec<Part>, EngineError> {
        self.batch.clear();
        let writers = self.running.iter().filter(|r| !r.is_reading()).count();
        let readers = self.running.len() - writers;
        let mut room = BATCH;
        let mut parts: Vec<Part> = self.running.iter().map(|_| Part { tokens: 0, logits: None }).collect();
        let guesses = if self.speculate && writers <= GUESSING_WRITERS { BATCH / 4 } else { 0 };
        let for_prompts = if writers == 0 { BATCH } else { BESIDE_WRITERS };
        let share = (for_prompts / readers.max(1)).max(16);
        let first = self.turn % self.running.len();
        let in_turn = (0..self.running.len()).map(|i| (first + i) % self.running.len());
        let (prompts, writing): (Vec<usize>, Vec<usize>) = in_turn.partition(|i| self.running[*i].is_reading());
        for i in writing.into_iter().chain(prompts) {
            let running = &mut self.running[i];
            let most = if running.is_reading() { share.min(room) } else { room };
            let tokens = running.pending.len().min(most);
            let whole = tokens == running.pending.len() && tokens > 0;
            if whole && !running.is_reading() && guesses > 0 {
                running.guess(guesses.min(room - tokens));
            }
            let row = self.batch.n_tokens() as usize;
            let start = self.sequences.tokens(running.sequence).len();
            let all = running.pending[..tokens].iter().chain(&running.draft);
            for (n, token) in all.enumerate() {
                let wanted = whole && n + 1 >= tokens;
                self.batch
                    .add(*token, (start + n) as i32, &[running.sequence as i32], wanted)
                    .map_err(|e| EngineError::Failed(format!("cannot fill a batch: {e}")))?;
            }
            room -= tokens + running.draft.len();
            parts[i] = Part { tokens, logits: whole.then_some(row + tokens.max(1) - 1) };
        }
        Ok(parts)
    }

    /// Evaluates the batch. Where the cache is full, others give way; false when nothing came of it.
    fn evaluate(&mut self) -> bool {
        loop {
            match self.llama.decode(&mut self.batch) {
                Ok(()) => return true,
                Err(DecodeError::NoKvCacheSlot) if self.sequences.evict(&mut self.llama) => {}
                Err(DecodeError::NoKvCacheSlot) => {
                    self.make_room();
                    return false;
                }
                Err(e) => {
                    let count = self.batch.n_tokens();
                    self.fail_all(&EngineError::Failed(format!("llama.cpp cannot decode {count} tokens: {e}")));
                    return false;
                }
            }
        }
    }

    /// Takes less of a cache that is full with what jobs need: first their guesses are given up, then
    /// the youngest gives way to the older ones. One that fills the cache alone has reached its end.
    fn make_room(&mut self) {
        let guessed = self.running.iter_mut().filter_map(|r| r.drop_guesses().then_some(())).count();
        if guessed > 0 {
            return;
        }
        match self.running.pop() {
            Some(mut youngest) if !self.running.is_empty() => {
                tracing::debug!(
                    "the cache is full: a reply of {} tokens waits",
                    youngest.job.max_tokens - youngest.left()
                );
                youngest.lose_place(self.sequences.tokens(youngest.sequence));
                self.sequences.release(youngest.sequence);
                self.waiting.give_way(youngest);
            }
            Some(alone) => {
                let error = self.sequences.no_room(alone.sequence, self.context);
                self.running.push(alone);
                self.end(0, Err(error));
            }
            None => {}
        }
    }

    fn fail_all(&mut self, error: &EngineError) {
        while !self.running.is_empty() {
            let sequence = self.running[0].sequence;
            let length = self.sequences.tokens(sequence).len();
            self.sequences.truncate(&mut self.llama, sequence, length);
            self.end(0, Err(error.clone()));
        }
    }

    /// What the evaluation brought a job.
    fn digest(&mut self, i: usize, part: &Part) -> Result<(), EngineError> {
        let running = &mut self.running[i];
        let sequence = running.sequence;
        self.sequences.extend(sequence, &running.pending[..part.tokens]);
        let Some(row) = part.logits else {
            running.pending.drain(..part.tokens);
            return Ok(());
        };
        let around = Surroundings { vocabulary: &self.vocabulary, compiler: &self.compiler, context: self.context };
        let first = running.is_prefilling();
        if first {
            running.prefilled(&around)?;
        }
        let start = self.sequences.tokens(sequence).len() - part.tokens;
        let draft = running.draft.clone();
        let (base, llama) = (row + 1 - part.tokens, &self.llama);
        let Advance { keep, stop } = running.advance(|n| llama.get_logits_ith((base + n) as i32), &around)?;
        self.sequences.extend(sequence, &draft);
        if keep < part.tokens + draft.len() {
            self.sequences.truncate(&mut self.llama, sequence, start + keep);
        }
        if first {
            match self.running[i].job.kind {
                Kind::Conversation => self.keep(sequence, WORTH_KEEPING),
                Kind::Task => self.keep_fixed(sequence, i),
            }
        }
        if let Some(stop) = stop {
            self.end(i, Ok(stop));
        }
        Ok(())
    }

    /// Keeps a sequence on disk, where enough of it is new there. The more there is, the more must
    /// be new: a growing conversation is not written again and again.
    fn keep(&mut self, sequence: usize, worth: usize) {
        let Some(disk) = &mut self.disk else { return };
        let tokens = self.sequences.tokens(sequence);
        let covered = disk.covered(tokens);
        let enough = tokens.len() - covered >= worth.max(covered / 4);
        if enough && let Some(bytes) = state::save(&self.llama, sequence) {
            disk.store(tokens, bytes);
        }
    }

    fn keep_conversations(&mut self) {
        let idle: Vec<usize> = self.sequences.conversations().collect();
        for sequence in idle {
            self.keep(sequence, WORTH_KEEPING_AT_EXIT);
        }
    }
}
