//! The plan: a request turned into a few calls, in one completion under a grammar.

mod check;
mod grammar;
mod steps;

pub use steps::Step;

use crate::evidence::clip;
use crate::lead::Turn;
use crate::notebook::Chat;
use crate::prompts::PLAN;
use polymath_chat::{CompletionError, Constraint, Event, Table};

/// Plans that are asked for until one has a step that can be made.
const TRIES: usize = 3;
/// Tokens of a plan.
const LONGEST: usize = 220;
/// Facts and tables that a plan is told of, the latest first.
const TOLD: usize = 6;

/// Asks for a plan for the turn's question.
pub async fn ask(turn: &mut Turn<'_>, request: &str) -> anyhow::Result<Vec<Step>> {
    let tools: Vec<String> = turn.agent.tools.specs().into_iter().map(|t| t.name).collect();
    let there = at_hand(turn.chat);
    let prompt = match there.is_empty() {
        true => format!("Request: {}", clip(request, 1500)),
        false => format!("There is: {there}\nRequest: {}", clip(request, 1500)),
    };
    let mut without = Vec::new();
    let mut steps = Vec::new();
    for _ in 0..TRIES {
        let lark = grammar::grammar(request, turn.chat, &tools, &without);
        let task = PLAN.ask(prompt.clone(), LONGEST).constrained(Constraint::Lark(lark));
        let text = match turn.complete(task).await {
            Ok(text) => text,
            // A plan without end has no whole calls.
            Err(CompletionError::TooLong(_)) => String::new(),
            Err(other) => return Err(other.into()),
        };
        steps = steps::read(&text);
        without.extend(check::mend(&mut steps, request, turn.chat));
        if !steps.is_empty() {
            break;
        }
    }
    let told: Vec<String> = steps.iter().map(ToString::to_string).collect();
    let _ = turn.events.send(Event::Notice { text: format!("plan: {}", told.join("; ")) });
    Ok(steps)
}

/// Whether `later` has all that `table` has, and is of the same: a gap filled, a row or a column added.
fn replaces(later: &Table, table: &Table) -> bool {
    later.title == table.title
        && later.rows.len() >= table.rows.len()
        && table.columns.iter().all(|c| later.columns.contains(c))
}

/// What the notebook has, as plans are told of it.
pub fn at_hand(chat: &Chat) -> String {
    let facts = chat.facts.iter().rev().take(TOLD).rev();
    let facts = facts.map(|f| format!("{} = {} ({})", f.name, clip(&f.text, 60), clip(&f.about, 80)));
    let first = chat.tables.len().saturating_sub(TOLD);
    let current = |(i, table): &(usize, &Table)| !chat.tables[i + 1..].iter().any(|later| replaces(later, table));
    let tables =
        chat.tables.iter().enumerate().skip(first).filter(current).map(|(i, t)| {
            format!("t{} = {} ({}), {} rows", i + 1, clip(&t.title, 60), t.columns.join(", "), t.rows.len())
        });
    let charts = chat.charts.iter().rev().take(2).rev();
    let charts = charts.map(|c| format!("{} = {} of {}, x = {}, y = {}", c.name, c.kind, c.table, c.x, c.y));
    facts.chain(tables).chain(charts).collect::<Vec<_>>().join("; ")
}
