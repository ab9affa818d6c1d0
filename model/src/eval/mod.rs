//! Polymath's own function-calling evaluation: cases, an exact checker, and running one case.
//!
//! The cases stand in for public benchmarks of single-turn function calling: one function, the right
//! one among several, several calls, and no call because nothing fits. They are data
//! (`model/eval/*.jsonl`, one case a line); nothing in the program may depend on their wording. What
//! is judged is the calls alone: no tool is run, and the text beside a call does not count.

mod case;
mod check;
#[cfg(test)]
mod tests;

pub use case::{Case, ExpectedCall, Kind, cases, parse, reference};
pub use check::{check, fits};

use crate::engine::{Engine, EngineError, Reply, ReplyRequest, Rules, Sampling};
use polymath_chat::{Message, ToolCall};
use std::time::Instant;
use tokio::sync::mpsc::unbounded_channel;
use tokio_util::sync::CancellationToken;

/// Longest reply to a case, in tokens.
pub const MAX_TOKENS: usize = 512;

/// What became of a case.
#[derive(Debug, Clone)]
pub struct Outcome {
    /// Why it is wrong; `None` when it is right.
    pub wrong: Option<String>,
    pub calls: Vec<ToolCall>,
    /// The reply's text beside the calls.
    pub text: String,
    /// How many of the calls fit the schema of a tool that was offered.
    pub fitted: usize,
    pub seconds: f64,
    pub prompt_tokens: usize,
    pub completion_tokens: usize,
}

/// Asks the engine for its reply to a case, greedily, and checks it. A failing engine makes a wrong
/// outcome, except where it was cancelled.
pub async fn run(engine: &dyn Engine, case: &Case, cancel: CancellationToken) -> Result<Outcome, EngineError> {
    let messages = [Message::user(case.question.as_str())];
    let (events, _inbox) = unbounded_channel();
    let request = ReplyRequest {
        conversation: "eval",
        messages: &messages,
        tools: &case.tools,
        rules: Rules::free(MAX_TOKENS),
        sampling: Sampling::default(),
        cancel,
        events,
    };
    let started = Instant::now();
    let reply = engine.reply(request).await;
    let seconds = started.elapsed().as_secs_f64();
    match reply {
        Ok(reply) => Ok(judged(case, reply, seconds)),
        Err(EngineError::Cancelled) => Err(EngineError::Cancelled),
        Err(error) => Ok(Outcome {
            wrong: Some(format!("the engine failed: {error}")),
            calls: Vec::new(),
            text: String::new(),
            fitted: 0,
            seconds,
            prompt_tokens: 0,
            completion_tokens: 0,
        }),
    }
}

fn judged(case: &Case, reply: Reply, seconds: f64) -> Outcome {
    let calls = reply.message.calls;
    let fitting = |call: &&ToolCall| fits(&case.tools, call);
    Outcome {
        wrong: check(&case.expected, &calls).err(),
        fitted: calls.iter().filter(fitting).count(),
        calls,
        text: reply.message.content,
        seconds,
        prompt_tokens: reply.usage.prompt,
        completion_tokens: reply.usage.completion,
    }
}

/// Prose of about so many tokens in which nothing repeats itself for long.
pub fn prose(tokens: usize) -> String {
    const WORDS: &[&str] = &[
        "harbour", "morning", "letter", "engine", "quiet", "between", "river", "seven", "market", "under", "winter",
        "captain", "bright", "follow", "garden", "stone", "across", "music", "window", "narrow", "paper", "distant",
        "signal", "copper", "valley", "answer", "evening", "island", "carried", "silver", "north", "remember",
    ];
    let mut text = String::from("Read these notes. ");
    let mut state = 0x2545_F491_4F6C_DD1Du64;
    for i in 1..tokens * 11 / 12 {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        text.push_str(WORDS[(state >> 33) as usize % WORDS.len()]);
        text.push_str(if i % 12 == 0 { ". " } else { " " });
    }
    text.push_str("\n\nWhat are they about?");
    text
}
