//! A second look where it is in doubt which function a request asks for, or whether any does: a call of each
//! that may be meant is drafted, and put to the model with the request. Asked about a call, a small model sees
//! what it does not see in a list of functions: that a quote sells no shares, that a converter of lengths was
//! given pounds.

use super::wording::{NO, YES, written};
use super::{examples, log_odds, request, signature};
use crate::constrain::quoted;
use crate::engine::TokenLogprob;
use polymath_chat::{Constraint, Message, ToolCall, ToolSpec};
use serde_json::{Value, json};

/// Surest odds from which on there is no doubt.
const SURE: f32 = 1.5;
/// Odds below which a function is none of those that may be meant.
const LOWEST: f32 = -2.0;
/// How far below the surest one may be.
const NEAR: f32 = 2.2;
/// Functions that are looked at, at most.
const MOST: usize = 3;

/// The functions to look at again, the surest first: none where one is sure and no other near it.
pub fn doubtful(odds: &[f32]) -> Vec<usize> {
    let mut by_odds: Vec<usize> = (0..odds.len()).collect();
    by_odds.sort_by(|a, b| odds[*b].total_cmp(&odds[*a]));
    let Some(surest) = by_odds.first().map(|i| odds[*i]) else { return Vec::new() };
    by_odds.retain(|i| odds[*i] >= LOWEST && odds[*i] >= surest - NEAR);
    by_odds.truncate(MOST);
    if by_odds.len() < 2 && surest >= SURE { Vec::new() } else { by_odds }
}

/// The conversation that ends where the model has to say whether a call does what the request asks for.
pub fn fits_question(messages: &[Message], tool: &ToolSpec, arguments: &Value) -> Vec<Message> {
    const SYSTEM: &str = "You check function calls. You are given a function, a request and a call of the function. \
                          Say whether the call does what the request asks for or a part of it, or gives something \
                          that it wants to know.";
    let mut asked = vec![Message::system(SYSTEM)];
    for (tool, request, arguments, fits) in worked() {
        asked.push(Message::user(ask(&tool, &format!("Request: {request}"), &arguments)));
        asked.push(Message::assistant(if fits { YES } else { NO }));
    }
    asked.push(Message::user(ask(tool, &request(messages), arguments)));
    asked
}

/// The grammar of the answer.
pub fn fits_grammar() -> Constraint {
    Constraint::Lark(format!("start: {} | {}\n", quoted(YES), quoted(NO)))
}

/// Logarithm of the odds that the call does it, by the answer's first token; `None` where nothing was said.
pub fn fits_odds(said: &[TokenLogprob]) -> Option<f32> {
    said.first().map(log_odds)
}

fn ask(tool: &ToolSpec, request: &str, arguments: &Value) -> String {
    let call = ToolCall { id: String::new(), name: tool.name.clone(), arguments: arguments.clone() };
    let call = written(&[call]);
    format!(
        "Function:\n{}\n\n{request}\n\nCall: {}\n\nDoes the call do what the request asks for or a part of it, or give something that it wants to know? yes or no",
        signature::of(tool),
        &call[1..call.len() - 1]
    )
}

/// Worked examples: a function, a request, a call's arguments, and whether they fit.
fn worked() -> Vec<(ToolSpec, &'static str, Value, bool)> {
    let (weather, mail, convert, find) = (examples::weather, examples::mail, examples::convert, examples::find_mail);
    let feet = |value: u32, from: &str, to: &str| json!({"value": value, "from": from, "to": to});
    let send = |to: &str, text: &str| json!({"to": to, "text": text});
    vec![
        (weather(), "How much warmer is it in Rome than in Oslo?", json!({"city": "Rome"}), true),
        (weather(), "Who was the first mayor of Rome?", json!({"city": "Rome"}), false),
        (mail(), "Let Kim and Jo know that it rains in Bern.", send("kim@home.example", "It rains in Bern"), true),
        (mail(), "Delete the last e-mail from Jo.", send("jo@home.example", "Delete the last e-mail"), false),
        (convert(), "How many litres are 30 gallons?", feet(30, "ft", "m"), false),
        (convert(), "30 metres, what's that in feet?", feet(30, "m", "ft"), true),
        (find(), "Has Jo answered me yet?", json!({"from": "Jo"}), true),
        (find(), "Reply to Jo that I agree.", json!({"from": "Jo"}), false),
    ]
}
