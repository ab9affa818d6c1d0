//! How a model that calls badly on its own is led to its calls: what it is asked, and how its
//! answer is read. The grammar of the answer is `constrain::calls_grammar`; which engine runs it is no affair of this file.
//!
//! The model is shown the functions as short signatures, in a conversation that begins with a few
//! worked examples. It first says of each function whether the request asks for it, then writes all
//! calls as one JSON array under the schemas of those that it said yes to. Asked so, a small model
//! tells the right function from its neighbours, and that none fits, far better than by the array
//! alone, where it goes on to call whatever else there is. The examples never change and come first,
//! so that they are evaluated once and found in the prefix cache from then on.

mod clauses;
mod examples;
mod fits;
mod signature;
#[cfg(test)]
mod tests;
mod unmentioned;
mod wording;

pub use clauses::clauses;
pub use fits::{doubtful, fits_grammar, fits_odds, fits_question};
pub use wording::said;

use crate::constrain::quoted;
use crate::engine::TokenLogprob;
use polymath_chat::{Constraint, Message, Role, ToolSpec};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use wording::{NO, YES, ask, written};

/// Logarithm of the odds for "yes" from which on a function is held to be asked for.
const ASKED_FROM: f32 = 0.0;
/// The same for a function that is not the surest: one thing is asked for more often than two.
const FURTHER_FROM: f32 = 1.4;

/// The same, and that a draft of its call does what the request asks for, added: a draft is held to do it rather often.
const FIT_FROM: f32 = 0.75;
/// The same for a function that a part of the request asks for, of the whole.
const PART_FROM: f32 = -2.0;

/// Characters of an earlier message or result that are shown with the request.
const SHOWN: usize = 600;
/// Earlier messages that are shown with the request.
const SHOWN_MESSAGES: usize = 6;

/// How a model is asked for its calls. `polymath model probe` finds out which it obeys.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum CallWay {
    /// As its own template has it.
    Template,
    /// As a system prompt of ours teaches it (the `generic` dialect).
    Taught,
    /// In questions of their own: whether to call, then all calls under one grammar.
    Decided,
}

impl CallWay {
    /// The one that needs least first.
    pub const ALL: [CallWay; 3] = [CallWay::Template, CallWay::Taught, CallWay::Decided];

    pub fn name(self) -> &'static str {
        match self {
            CallWay::Template => "template",
            CallWay::Taught => "taught",
            CallWay::Decided => "decided",
        }
    }
}

/// The conversation that ends where the model has to say which functions are asked for.
pub fn question(messages: &[Message], tools: &[ToolSpec]) -> Vec<Message> {
    let done = done_since_request(messages);
    let mut asked = examples::conversation(!done.is_empty());
    asked.push(Message::user(ask(tools, &request(messages), &done)));
    asked
}

/// The conversation that ends where the model has to say which functions a part of the request asks for.
pub fn question_of(part: &str, tools: &[ToolSpec]) -> Vec<Message> {
    let mut asked = examples::conversation(false);
    asked.push(Message::user(ask(tools, &format!("Request: {part}"), "")));
    asked
}

/// The request as the model reads it: instructions and earlier turns shortened, the last thing the
/// user said in full.
fn request(messages: &[Message]) -> String {
    let last = messages.iter().rposition(|m| m.role == Role::User);
    let before = &messages[..last.unwrap_or(0)];
    let mut text = String::new();
    for system in before.iter().filter(|m| m.role == Role::System) {
        text.push_str(&format!("Instructions: {}\n\n", clip(&system.content)));
    }
    let spoken: Vec<String> = before.iter().filter_map(spoken).collect();
    if !spoken.is_empty() {
        let shown = spoken[spoken.len().saturating_sub(SHOWN_MESSAGES)..].join("\n");
        text.push_str(&format!("Conversation so far:\n{shown}\n\n"));
    }
    let asked = last.map_or("", |i| messages[i].content.trim());
    text + "Request: " + asked
}

/// A line of the conversation so far.
fn spoken(message: &Message) -> Option<String> {
    let who = match message.role {
        Role::User => "User",
        Role::Assistant if message.calls.is_empty() => "Assistant",
        Role::Assistant => return Some(format!("Assistant: {}", written(&message.calls))),
        Role::Tool => "Result",
        Role::System => return None,
    };
    Some(format!("{who}: {}", clip(&message.content)))
}

/// Calls made since the last request, with their results, a line each.
fn done_since_request(messages: &[Message]) -> String {
    let since = messages.iter().rposition(|m| m.role == Role::User).map_or(0, |i| i + 1);
    let calls = messages[since..].iter().flat_map(|m| &m.calls);
    let lines = calls.map(|call| {
        let answers = |m: &&Message| m.call_id.as_deref() == Some(call.id.as_str());
        let result = messages[since..].iter().find(answers).map_or("", |m| m.content.as_str());
        format!("{} -> {}", written(std::slice::from_ref(call)), clip(result))
    });
    lines.collect::<Vec<_>>().join("\n")
}

fn clip(text: &str) -> String {
    let text = text.trim();
    match text.char_indices().nth(SHOWN) {
        Some((at, _)) => format!("{} …", &text[..at]),
        None => text.to_owned(),
    }
}

/// The grammar of what is [`said`].
pub fn said_grammar(tools: &[ToolSpec]) -> Constraint {
    let lines: Vec<String> =
        tools.iter().map(|tool| format!("{} answer", quoted(&format!("{}:", tool.name)))).collect();
    Constraint::Lark(format!("start: {}\nanswer: {} | {}\n", lines.join(" "), quoted(" yes\n"), quoted(" no\n")))
}

/// The functions that are asked for, by the [`odds`] of each: the surest of those that the model holds to
/// be, and the others that it is sure enough of, or that a part of the request asks for (`parts`: the odds for
/// each of its [`clauses`]). Of those that were looked at again (`fits`: the odds that a draft of its call does
/// it, see [`doubtful`]) the one that is surest by both. Where a call is `demanded`, one is asked for in any case.
pub fn asked_for(
    odds: &[f32],
    parts: &[Vec<f32>],
    fits: &[Option<f32>],
    tools: &[ToolSpec],
    demanded: bool,
) -> Vec<ToolSpec> {
    let names: Vec<&str> = tools.iter().map(|t| t.name.as_str()).collect();
    tracing::debug!("log odds that it is asked for: {:?}", names.iter().zip(odds).collect::<Vec<_>>());
    tracing::debug!("by parts: {parts:?}; that a draft does it: {fits:?}");
    let fit = |i: usize| fits.get(i).copied().flatten();
    let by_both: Vec<f32> = (0..odds.len()).filter_map(|i| Some(odds[i] + fit(i)?)).collect();
    let surest = highest(odds);
    let none = if by_both.is_empty() { surest < ASKED_FROM } else { highest(&by_both) < FIT_FROM };
    if none && !demanded {
        return Vec::new();
    }
    let of_a_part = |i: usize| {
        odds[i] >= PART_FROM
            && parts.iter().any(|part| part.get(i).is_some_and(|o| *o >= ASKED_FROM && *o == highest(part)))
    };
    let is_surest = |i: usize| match fit(i) {
        Some(fit) => odds[i] + fit == highest(&by_both),
        None => by_both.is_empty() && odds[i] == surest,
    };
    let is_sure = |i: usize| odds[i] >= FURTHER_FROM && fit(i).is_none_or(|fit| fit >= ASKED_FROM);
    let is_asked = |i: usize| is_surest(i) || is_sure(i) || of_a_part(i);
    tools.iter().enumerate().filter(|(i, _)| *i < odds.len() && is_asked(*i)).map(|(_, tool)| tool.clone()).collect()
}

/// Whether something is asked for, and it is not settled whether something else is.
pub fn is_open(odds: &[f32]) -> bool {
    let surest = highest(odds);
    surest >= ASKED_FROM && odds.iter().any(|o| *o != surest && (PART_FROM..FURTHER_FROM).contains(o))
}

fn highest(odds: &[f32]) -> f32 {
    odds.iter().copied().fold(f32::NEG_INFINITY, f32::max)
}

/// Logarithms of the odds for "yes" in what was [`said`], by the distribution of the token in which
/// each answer begins. Vocabularies differ in where that token begins.
pub fn odds(said: &[TokenLogprob], tools: &[ToolSpec]) -> Vec<f32> {
    let mut starts = Vec::new();
    let mut text = Vec::new();
    for token in said {
        starts.push(text.len());
        text.extend_from_slice(&token.bytes);
    }
    let mut line = 0;
    let mut odds = Vec::new();
    for tool in tools {
        let answer = line + tool.name.len() + ": ".len();
        let Some(end) = text.get(answer..).and_then(|rest| rest.iter().position(|b| *b == b'\n')) else { break };
        let token = &said[starts.partition_point(|start| *start <= answer) - 1];
        odds.push(log_odds(token));
        line = answer + end + 1;
    }
    odds
}

fn log_odds(answer: &TokenLogprob) -> f32 {
    let likelihood = |word: &str| -> f32 {
        let meant = |bytes: &[u8]| {
            let text = std::str::from_utf8(bytes).unwrap_or_default();
            text.trim_start_matches([':', ' ']).trim_end().eq_ignore_ascii_case(word)
        };
        answer.top.iter().filter(|(bytes, _)| meant(bytes)).map(|(_, logprob)| logprob.exp()).sum()
    };
    // A word that is not even among the likeliest tokens has next to no likelihood.
    const NONE: f32 = 1e-6;
    ((likelihood(YES) + NONE) / (likelihood(NO) + NONE)).ln()
}

/// The whole calls of what was written for a conversation under
/// [`calls_grammar`](crate::constrain::calls_grammar): names and arguments, none twice, nor one that only
/// says more or less than one before, nor one that lacks a value. What was cut in the middle of a call has only the calls before it.
pub fn read(text: &str, tools: &[ToolSpec], messages: &[Message]) -> Vec<(String, Value)> {
    let said: String = messages.iter().map(|m| m.content.as_str()).collect::<Vec<_>>().join("\n");
    let mut calls: Vec<(String, Value)> = Vec::new();
    for Written { name, arguments } in whole_calls(text).0 {
        let call = match tools.iter().find(|t| t.name == name) {
            Some(tool) if unmentioned::lacks_a_value(&arguments, tool, &said) => continue,
            Some(tool) => (name, unmentioned::without(without_empty(arguments, &tool.parameters), tool, &said)),
            None => (name, arguments),
        };
        if !calls
            .iter()
            .any(|known| known.0 == call.0 && (is_within(&known.1, &call.1) || is_within(&call.1, &known.1)))
        {
            calls.push(call);
        }
    }
    calls
}

/// Names of the functions whose calls [`read`] left out for want of a value, each once.
pub fn lacking(text: &str, tools: &[ToolSpec], messages: &[Message]) -> Vec<String> {
    let said: String = messages.iter().map(|m| m.content.as_str()).collect::<Vec<_>>().join("\n");
    let mut names: Vec<String> = Vec::new();
    for Written { name, arguments } in whole_calls(text).0 {
        let tool = tools.iter().find(|t| t.name == name);
        if tool.is_some_and(|tool| unmentioned::lacks_a_value(&arguments, tool, &said)) && !names.contains(&name) {
            names.push(name);
        }
    }
    names
}

/// Whether a call's arguments are all among another's.
fn is_within(arguments: &Value, others: &Value) -> bool {
    match (arguments.as_object(), others.as_object()) {
        (Some(own), Some(others)) => own.iter().all(|(name, value)| others.get(name) == Some(value)),
        _ => arguments == others,
    }
}

/// What [`read`] left out since it was cut in the middle; empty where the list ends with a whole call.
pub fn cut(text: &str) -> &str {
    let (_, rest) = whole_calls(text);
    rest.trim_matches(|c: char| c.is_whitespace() || matches!(c, '[' | ',' | ']'))
}

/// Whether the last of the calls written so far stands there twice: from then on a weak model would
/// write it for ever.
pub fn repeats(text: &str) -> bool {
    match whole_calls(text).0.as_slice() {
        [before @ .., last] => before.contains(last),
        [] => false,
    }
}

#[derive(serde::Deserialize, PartialEq)]
struct Written {
    name: String,
    arguments: Value,
}

/// The whole calls that `text` begins with, and what stands behind the last.
fn whole_calls(text: &str) -> (Vec<Written>, &str) {
    let mut rest = text.trim_start();
    rest = rest.strip_prefix('[').unwrap_or(rest);
    let mut calls = Vec::new();
    loop {
        let mut stream = serde_json::Deserializer::from_str(rest).into_iter::<Written>();
        let Some(Ok(call)) = stream.next() else { return (calls, rest) };
        calls.push(call);
        rest = rest[stream.byte_offset()..].trim_start().trim_start_matches(',');
    }
}

/// Leaves out optional arguments that say nothing: small models fill in whatever there is a place
/// for. Where the schema speaks of a default, an empty value may be another one, and stays.
fn without_empty(arguments: Value, schema: &Value) -> Value {
    let Value::Object(arguments) = arguments else { return arguments };
    let says_nothing = |name: &str, value: &Value| {
        let empty = match value {
            Value::Null | Value::Bool(false) => true,
            Value::String(text) => text.is_empty(),
            Value::Array(items) => items.is_empty(),
            _ => false,
        };
        empty && !signature::is_required(schema, name) && !has_default(&schema["properties"][name])
    };
    arguments.into_iter().filter(|(name, value)| !says_nothing(name, value)).collect()
}

fn has_default(parameter: &Value) -> bool {
    let description = parameter.get("description").and_then(Value::as_str).unwrap_or_default();
    parameter.get("default").is_some() || description.to_lowercase().contains("default")
}
