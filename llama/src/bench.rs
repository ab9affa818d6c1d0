//! Measures an engine against the plainest loop that llama.cpp allows, in the same process and on
//! the same weights, so that only the ratios count.
//!
//! What is measured: reading and writing when nothing can be saved, writing what stands in the
//! prompt already, the second turn of a long conversation, several replies at once. The start of a
//! second process is measured from outside (`polymath model bench`).

use crate::engine::{LlamaEngine, backend};
use crate::job::{Control, Job, Kind, Watcher};
use crate::options::LlamaOptions;
use llama_cpp_2::context::LlamaContext;
use llama_cpp_2::context::params::LlamaContextParams;
use llama_cpp_2::llama_batch::LlamaBatch;
use llama_cpp_2::sampling::LlamaSampler;
use llama_cpp_2::token::LlamaToken;
use polymath_chat::Message;
use polymath_model::engine::{EngineError, ReplyStop, Sampling};
use polymath_model::eval::prose;
use serde::Serialize;
use std::fmt::Write;
use std::num::NonZeroU32;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// Runs of which the median counts.
const RUNS: usize = 3;
/// Tokens written where nothing repeats, and where everything does.
const WRITTEN: usize = 128;
const COPIED: usize = 320;
/// Tokens of the conversation that a second turn goes on with.
const HISTORY: usize = 4000;
/// Replies at once.
const TOGETHER: [usize; 3] = [2, 4, 8];

/// Something measured here and in the plain loop.
#[derive(Debug, Clone, Serialize)]
pub struct Compared {
    /// In the plain loop, a second.
    pub plain: f64,
    /// In the engine, a second.
    pub engine: f64,
    /// Engine to plain.
    pub ratio: f64,
}

/// What a bench found. Rates are tokens a second.
#[derive(Debug, Clone, Serialize)]
pub struct Report {
    pub load_ms: u64,
    pub prefill: Compared,
    pub decode: Compared,
    /// A table repeated with one edit.
    pub copy: Compared,
    /// Whether both wrote the same there.
    pub copy_identical: bool,
    pub second_turn: SecondTurn,
    pub together: Vec<Together>,
    /// Resident memory of this process at the end, the plain loop's context included.
    pub resident_mib: Option<u64>,
}

#[derive(Debug, Clone, Serialize)]
pub struct SecondTurn {
    pub history_tokens: usize,
    /// To the first token when all of it is read.
    pub cold_ms: f64,
    /// To the first token of the turn after it.
    pub warm_ms: f64,
    pub ratio: f64,
}

#[derive(Debug, Clone, Serialize)]
pub struct Together {
    pub sequences: usize,
    /// All sequences together.
    pub rate: f64,
    /// To the rate of one sequence.
    pub ratio: f64,
}

/// Runs everything; `tell` is told what comes next.
pub async fn bench(options: LlamaOptions, tell: &(dyn Fn(&str) + Sync)) -> Result<Report, EngineError> {
    tell("loading");
    let started = Instant::now();
    let engine = LlamaEngine::load(LlamaOptions { prefix_cache: None, ..options })?;
    let load_ms = started.elapsed().as_millis() as u64;
    let story = engine.prompt("Write a long story about a lighthouse keeper who finds a strange ship.")?;
    let copying = engine.prompt(&copy_task())?;
    tell("reading and writing where nothing repeats");
    let (prefill, decode) = compare_writing(&engine, &story).await?;
    tell("copying a table");
    let (copy, copy_identical) = compare_copying(&engine, &copying).await?;
    tell("several replies at once");
    let together = together(&engine, &story).await?;
    tell("the second turn of a long conversation");
    let second_turn = second_turn(&engine).await?;
    Ok(Report { load_ms, prefill, decode, copy, copy_identical, second_turn, together, resident_mib: resident() })
}

async fn compare_writing(engine: &LlamaEngine, story: &[LlamaToken]) -> Result<(Compared, Compared), EngineError> {
    let text = engine.prompt(&prose(500))?;
    let (mut reading, mut writing) = (Pairs::default(), Pairs::default());
    for _ in 0..RUNS {
        let (_, read, _) = plain(engine, &text, 1)?;
        let (tokens, _, wrote) = plain(engine, story, WRITTEN)?;
        let ours_read = engine.run(&text, 1, true).await?;
        let ours = engine.run(story, WRITTEN, true).await?;
        reading.add(rate(text.len(), read), rate(text.len(), ours_read.first));
        writing.add(rate(tokens.len() - 1, wrote), rate(ours.tokens.len() - 1, ours.rest));
    }
    Ok((reading.compared(), writing.compared()))
}

async fn compare_copying(engine: &LlamaEngine, task: &[LlamaToken]) -> Result<(Compared, bool), EngineError> {
    let mut copying = Pairs::default();
    let mut identical = true;
    for _ in 0..RUNS {
        let (tokens, _, wrote) = plain(engine, task, COPIED)?;
        let ours = engine.run(task, COPIED, true).await?;
        identical &= tokens == ours.tokens;
        copying.add(rate(tokens.len() - 1, wrote), rate(ours.tokens.len() - 1, ours.rest));
    }
    Ok((copying.compared(), identical))
}

async fn together(engine: &LlamaEngine, story: &[LlamaToken]) -> Result<Vec<Together>, EngineError> {
    // The prompt is read once before: only the writing counts.
    engine.run(story, 1, false).await?;
    let mut one = Vec::new();
    let mut several: Vec<Vec<f64>> = TOGETHER.iter().map(|_| Vec::new()).collect();
    for _ in 0..RUNS {
        one.push(total_rate(engine, story, 1).await?);
        for (count, rates) in TOGETHER.iter().zip(&mut several) {
            rates.push(total_rate(engine, story, *count).await?);
        }
    }
    let one = median(&mut one);
    let rows = TOGETHER.iter().zip(&mut several).map(|(sequences, rates)| {
        let rate = median(rates);
        Together { sequences: *sequences, rate, ratio: rate / one }
    });
    Ok(rows.collect())
}

async fn total_rate(engine: &LlamaEngine, story: &[LlamaToken], count: usize) -> Result<f64, EngineError> {
    const EACH: usize = 64;
    let started = Instant::now();
    let runs = (0..count).map(|i| {
        // Each goes its own way after the common beginning.
        let mut prompt = story.to_vec();
        prompt.extend(engine.vocabulary.tokenize(["Once", "The", "In", "It", "A", "On", "When", "At"][i % 8]));
        async move { engine.run(&prompt, EACH, false).await }
    });
    let done = futures::future::try_join_all(runs).await?;
    let written: usize = done.iter().map(|d| d.tokens.len()).sum();
    Ok(rate(written, started.elapsed()))
}

async fn second_turn(engine: &LlamaEngine) -> Result<SecondTurn, EngineError> {
    let history = engine.prompt(&prose(HISTORY))?;
    let cold = engine.run(&history, 16, true).await?;
    let mut warm = Vec::new();
    for question in ["And then?", "Who was it?", "When was that?"] {
        let mut next = history.clone();
        next.extend(&cold.tokens);
        let message = [Message::user(question)];
        let tail = engine.template.render_after_assistant(&[], &message, &[])?;
        next.extend(engine.vocabulary.tokenize_tail(&tail));
        warm.push(engine.run(&next, 1, false).await?.first.as_secs_f64() * 1000.0);
    }
    let (cold_ms, warm_ms) = (cold.first.as_secs_f64() * 1000.0, median(&mut warm));
    Ok(SecondTurn { history_tokens: history.len(), cold_ms, warm_ms, ratio: cold_ms / warm_ms })
}

/// What one run of the engine took.
struct Run {
    tokens: Vec<LlamaToken>,
    /// To the first token.
    first: Duration,
    /// From the first token to the last.
    rest: Duration,
}

impl LlamaEngine {
    fn prompt(&self, question: &str) -> Result<Vec<LlamaToken>, EngineError> {
        Ok(self.vocabulary.tokenize_prompt(&self.template.render(&[Message::user(question)], &[])?))
    }

    /// Writes greedily, at most `max_tokens`. `afresh`: nothing of the prompt is found in the cache.
    async fn run(&self, prompt: &[LlamaToken], max_tokens: usize, afresh: bool) -> Result<Run, EngineError> {
        if afresh {
            self.scheduler.forget().await?;
        }
        let clock = Arc::new(Mutex::new(None));
        let started = Instant::now();
        let job = Job {
            kind: Kind::Conversation,
            prompt: prompt.to_vec(),
            fixed: 0,
            constraint: None,
            sampling: Sampling::default(),
            max_tokens,
            stop: Vec::new(),
            top_logprobs: None,
            watcher: Box::new(Stopwatch(clock.clone())),
            cancel: Default::default(),
        };
        let generated = self.scheduler.run(job).await?;
        let ended = Instant::now();
        let first = clock.lock().unwrap_or_else(|e| e.into_inner()).unwrap_or(ended);
        Ok(Run { tokens: generated.tokens, first: first - started, rest: ended - first })
    }
}

/// Notes when the first token came.
struct Stopwatch(Arc<Mutex<Option<Instant>>>);

impl Watcher for Stopwatch {
    fn prefilled(&mut self, _: usize, _: usize, _: u64) {}

    fn text(&mut self, _: &str) -> Control {
        self.0.lock().unwrap_or_else(|e| e.into_inner()).get_or_insert_with(Instant::now);
        Control::Continue
    }

    fn finished(&mut self, _: ReplyStop) {}
}

/// The loop that everything is compared with: read the prompt, take the best token, evaluate it.
/// Returns the tokens, the time to the first one, and the time from there to the last.
fn plain(
    engine: &LlamaEngine,
    prompt: &[LlamaToken],
    max_tokens: usize,
) -> Result<(Vec<LlamaToken>, Duration, Duration), EngineError> {
    let failed = |e: &dyn std::fmt::Display| EngineError::Failed(format!("the plain loop failed: {e}"));
    let threads = std::thread::available_parallelism().map_or(2, |n| n.get()) as i32;
    let parameters = LlamaContextParams::default()
        .with_n_ctx(NonZeroU32::new((prompt.len() + max_tokens + 8) as u32))
        .with_n_threads(threads)
        .with_n_threads_batch(threads);
    let mut llama = engine.model.new_context(backend()?, parameters).map_err(|e| failed(&e))?;
    let mut batch = LlamaBatch::new(512, 1);
    let mut greedy = LlamaSampler::greedy();
    let started = Instant::now();
    let mut at = 0;
    for chunk in prompt.chunks(512) {
        evaluate(&mut llama, &mut batch, chunk, at).map_err(|e| failed(&e))?;
        at += chunk.len();
    }
    let mut tokens = vec![greedy.sample(&llama, -1)];
    let first = started.elapsed();
    while tokens.len() < max_tokens {
        evaluate(&mut llama, &mut batch, &tokens[tokens.len() - 1..], at).map_err(|e| failed(&e))?;
        at += 1;
        let token = greedy.sample(&llama, -1);
        if engine.vocabulary.ends_generation(token) {
            break;
        }
        tokens.push(token);
    }
    Ok((tokens, first, started.elapsed() - first))
}

fn evaluate(
    llama: &mut LlamaContext<'_>,
    batch: &mut LlamaBatch<'_>,
    tokens: &[LlamaToken],
    at: usize,
) -> anyhow::Result<()> {
    batch.clear();
    for (i, token) in tokens.iter().enumerate() {
        batch.add(*token, (at + i) as i32, &[0], i + 1 == tokens.len())?;
    }
    Ok(llama.decode(batch)?)
}

#[derive(Default)]
struct Pairs {
    plain: Vec<f64>,
    engine: Vec<f64>,
    ratios: Vec<f64>,
}

impl Pairs {
    fn add(&mut self, plain: f64, engine: f64) {
        self.plain.push(plain);
        self.engine.push(engine);
        self.ratios.push(engine / plain);
    }

    fn compared(mut self) -> Compared {
        Compared { plain: median(&mut self.plain), engine: median(&mut self.engine), ratio: median(&mut self.ratios) }
    }
}

fn median(values: &mut [f64]) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

fn rate(tokens: usize, time: Duration) -> f64 {
    tokens as f64 / time.as_secs_f64().max(1e-9)
}

/// A table to be repeated with one edit.
fn copy_task() -> String {
    let mut table = String::from("| Station | Opened | Lines | Passengers |\n| --- | --- | --- | --- |\n");
    let names = ["Almond Gate", "Birch Hill", "Corn Exchange", "Dove Street", "Elm Park", "Fuller's Wharf"];
    for (i, name) in names.iter().enumerate() {
        let _ = writeln!(table, "| {name} | {} | {} | {} |", 1901 + i * 7, 2 + i % 3, 12_431 + i * 3_517);
    }
    format!("Repeat this table, and change the year of Dove Street to 1999. Write nothing else.\n\n{table}")
}

/// Resident memory of this process, where the system tells it.
fn resident() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|l| l.strip_prefix("VmRSS:"))?;
    line.split_whitespace().next()?.parse::<u64>().ok().map(|kib| kib / 1024)
}
