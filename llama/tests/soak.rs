//! Random cancels, long prompts and parallel sequences for a while: nothing leaks, nothing is stuck.
//!
//! `POLYMATH_SOAK_SECONDS` (20 unless it says otherwise) and `POLYMATH_SOAK_MODEL` (a catalogue name)
//! make more of it; the figures are printed (`--nocapture`).

#![allow(clippy::unwrap_used)]

use polymath_chat::{Completion, CompletionError, Constraint, Message};
use polymath_llama::{LlamaEngine, LlamaOptions};
use polymath_model::dialect::by_name;
use polymath_model::engine::{Engine, EngineError, ReplyRequest, Rules, Sampling};
use polymath_model::eval::prose;
use polymath_model::store::{Store, home};
use serde_json::json;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};
use tokio::sync::mpsc::unbounded_channel;
use tokio_util::sync::CancellationToken;

/// Callers at once.
const CALLERS: u64 = 8;
/// A request that takes longer than this is stuck.
const STUCK: Duration = Duration::from_secs(600);

#[derive(Default)]
struct Counts {
    done: AtomicUsize,
    cancelled: AtomicUsize,
    refused: AtomicUsize,
}

/// A small generator of its own, so that a run can be repeated.
struct Dice(u64);

impl Dice {
    fn throw(&mut self, sides: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 20) % sides
    }
}

fn resident_kib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|l| l.strip_prefix("VmRSS:").map(str::trim)).unwrap_or("0");
    line.split(' ').next().unwrap().parse().unwrap()
}

/// One request of a random kind.
async fn request(engine: &LlamaEngine, dice: &mut Dice, counts: &Counts) {
    let cancel = CancellationToken::new();
    let (events, _inbox) = unbounded_channel();
    let length = [20, 100, 400, 1500][dice.throw(4) as usize];
    let question = format!("{} {}", dice.throw(1000), prose(length));
    let sampling = Sampling { temperature: dice.throw(2) as f32, seed: dice.throw(99) as u32, ..Sampling::default() };
    let wait = Duration::from_millis(dice.throw(4000));
    if dice.throw(3) == 0 {
        let cancel = cancel.clone();
        tokio::spawn(async move {
            tokio::time::sleep(wait).await;
            cancel.cancel();
        });
    }
    let result = if dice.throw(2) == 0 {
        let schema = json!({"type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n"], "additionalProperties": false});
        let task = Completion::new(question, 24).constrained(Constraint::JsonSchema(schema));
        match tokio::time::timeout(STUCK, engine.complete(task, cancel, events)).await.expect("a task is stuck") {
            Ok(_) | Err(CompletionError::TooLong(_)) => Ok(()),
            Err(CompletionError::Cancelled) => Err(EngineError::Cancelled),
            Err(CompletionError::Engine(why)) if why.contains("context holds") => {
                Err(EngineError::ContextFull { need: 0, have: 0 })
            }
            Err(other) => panic!("{other}"),
        }
    } else {
        let messages = [Message::user(question)];
        let rules = Rules::free(1 + dice.throw(60) as usize);
        let request =
            ReplyRequest { conversation: "", messages: &messages, tools: &[], rules, sampling, cancel, events };
        // Every so often the caller goes away without a word.
        let patience = if dice.throw(6) == 0 { wait } else { STUCK };
        match tokio::time::timeout(patience, engine.reply(request)).await {
            Ok(reply) => reply.map(drop),
            Err(_) if patience < STUCK => Err(EngineError::Cancelled),
            Err(_) => panic!("a reply is stuck"),
        }
    };
    let count = match result {
        Ok(()) => &counts.done,
        Err(EngineError::Cancelled) => &counts.cancelled,
        Err(EngineError::ContextFull { .. }) => &counts.refused,
        Err(other) => panic!("{other}"),
    };
    count.fetch_add(1, Ordering::Relaxed);
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_leaks_and_nothing_is_stuck() {
    let seconds = std::env::var("POLYMATH_SOAK_SECONDS").ok().and_then(|s| s.parse().ok()).unwrap_or(20);
    let name = std::env::var("POLYMATH_SOAK_MODEL").unwrap_or_else(|_| "smollm2-135m".into());
    let model = Store::open(&home()).resolve(&name).expect("pull it: polymath model pull smollm2-135m");
    let cache = tempfile::tempdir().unwrap();
    let engine = Arc::new(
        LlamaEngine::load(LlamaOptions {
            context: 8192,
            prefix_cache: Some((cache.path().to_owned(), 256 << 20)),
            ..LlamaOptions::new(model.path, model.name, by_name("generic").unwrap())
        })
        .unwrap(),
    );
    let counts = Arc::new(Counts::default());
    let until = Instant::now() + Duration::from_secs(seconds);
    // What the first third allocates stays (pools, logs); from then on it must be flat.
    let third = Duration::from_secs(seconds / 3);
    let callers: Vec<_> = (1..=CALLERS)
        .map(|seed| {
            let (engine, counts) = (engine.clone(), counts.clone());
            tokio::spawn(async move {
                let mut dice = Dice(seed * 0x9E37_79B9_7F4A_7C15);
                while Instant::now() < until {
                    request(&engine, &mut dice, &counts).await;
                }
            })
        })
        .collect();
    tokio::time::sleep(third).await;
    let early = resident_kib();
    for caller in callers {
        caller.await.unwrap();
    }
    let late = resident_kib();
    let [done, cancelled, refused] =
        [&counts.done, &counts.cancelled, &counts.refused].map(|c| c.load(Ordering::Relaxed));
    println!(
        "{name}, {seconds} s: {done} done, {cancelled} cancelled, {refused} refused for room; resident {early} KiB after a third, {late} KiB at the end"
    );
    assert!(done > 0 && cancelled > 0);
    assert!(late < early + early / 8 + 64 * 1024, "resident memory grew from {early} to {late} KiB");
    // Nothing is left behind on the engine: a small request goes through at once.
    let task = Completion::new("Say yes.", 8).constrained(Constraint::Choice(vec!["yes".into()]));
    let (events, _inbox) = unbounded_channel();
    assert_eq!(engine.complete(task, CancellationToken::new(), events).await.unwrap(), "yes");
}
