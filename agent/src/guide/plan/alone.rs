//! Follow-ups made to stand alone, so that what they are about can be looked up.

use super::grammar;
use super::signs::{is_drawn, says, words};
use crate::evidence::{clip, terms};
use crate::guide::{calc, named};
use crate::lead::Turn;
use crate::notebook::Chat;
use crate::prompts::ALONE;
use polymath_chat::{CompletionError, Constraint, Role};
use std::collections::HashSet;

/// Words of a follow-up, at most: what is longer says what it is about.
const SHORT: usize = 14;
/// Facts that a follow-up may be about.
const FACTS: usize = 3;
/// Words that stand for something said before.
const POINTING: &[&str] = &[
    "it", "its", "he", "his", "she", "her", "they", "their", "them", "there", "that", "this", "one", "er", "sein",
    "seine", "sie", "ihr", "es", "dort", "il", "elle", "son", "sa", "y", "él", "ella", "su", "allí",
];

/// The request, with what it leaves unsaid taken from the turn before.
pub async fn standing_alone(turn: &mut Turn<'_>, request: &str) -> anyhow::Result<String> {
    if !may_lean(request, turn.chat) {
        return Ok(request.to_owned());
    }
    let before = last_question(turn.chat).unwrap_or_default();
    let facts = turn.chat.facts.iter().rev().take(FACTS).rev();
    let found: Vec<String> = facts.map(|f| format!("{} = {}", clip(&f.about, 100), clip(&f.text, 60))).collect();
    let prompt = format!("Before: {}\nFound: {}\nNow: {request}", clip(&before, 300), found.join("; "));
    let lark = grammar::said(&[request, &before, &found.join(" ")]);
    let text = match turn.complete(ALONE.ask(prompt, 60).constrained(Constraint::Lark(lark))).await {
        Ok(text) => text,
        Err(CompletionError::TooLong(_)) => return Ok(request.to_owned()),
        Err(other) => return Err(other.into()),
    };
    tracing::debug!("alone: {text}");
    // What it is about can be added without a model, where there is only one thing.
    let named = match named::names(&before).as_slice() {
        [name] if named::names(request).is_empty() => format!("{} ({name})", request.trim_end_matches(['?', '.', ' '])),
        _ => request.to_owned(),
    };
    let lost = named::names(&text).is_empty() && named != request;
    Ok(if is_kept(request, &text) && !lost { text } else { named })
}

/// Whether a request may be about what was found before: it is short and names nothing, or points back.
fn may_lean(request: &str, chat: &Chat) -> bool {
    let small = request.to_lowercase();
    let points = words(&small).any(|w| POINTING.contains(&w));
    !chat.sources.is_empty()
        && chat
            .messages
            .iter()
            .rev()
            .find(|m| m.role == Role::Assistant && !m.content.is_empty())
            .is_some_and(|m| !m.content.contains("| ---"))
        && words(&small).count() <= SHORT
        && (points || named::names(request).is_empty())
        && !is_drawn(&small)
        && calc::asked_unit(request).is_none()
        && !says(&small, &["percent", "percentage", "prozent", "translate", "table"])
}

/// The user's question before this one.
pub fn last_question(chat: &Chat) -> Option<String> {
    let asked = chat.messages.iter().filter(|m| m.role == Role::User && !m.content.is_empty());
    asked.rev().nth(1).map(|m| m.content.clone())
}

/// Whether a rewritten question still says what the request says.
fn is_kept(request: &str, text: &str) -> bool {
    let now: HashSet<String> = terms(text).into_iter().collect();
    let pointing = |term: &String| {
        POINTING.contains(&term.as_str()) || ["way", "please", "tell", "know", "about"].contains(&term.as_str())
    };
    let lost = terms(request).iter().filter(|term| !now.contains(*term) && !pointing(term)).count();
    lost == 0 && !text.trim().is_empty()
}
