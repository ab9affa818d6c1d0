//! A question of a script: a turn of the agent's, in a conversation of its own or in that of another
//! question.

use super::instance::Instance;
use super::output::Output;
use crate::dispatch::Record;
use crate::guide::with_unit;
use crate::lead::{Agent, Settings};
use crate::notebook::{Chat, Fact};
use crate::turn::TurnEnd;
use polymath_chat::{Cell, FigureStatus, Provenance, Stop, Table};
use polymath_model::engine::Events;
use polymath_quantity::figures;

/// Asks, and takes out what was found.
///
/// # Errors
/// The turn came to no answer, or its table has not the columns that the step wants.
pub async fn ask(
    instance: &Instance<'_>,
    (question, tables, follows): (&str, &[String], Option<Chat>),
    session: &str,
    (events, record): (&Events, &Record),
) -> anyhow::Result<Output> {
    let run = instance.run;
    let tools = run.script.tools.as_ref().map_or_else(|| run.agent.tools.clone(), |only| run.agent.tools.only(only));
    let deadline = run.budget.time.map_or(run.agent.settings.deadline, |time| time.min(run.agent.settings.deadline));
    let settings = Settings { deadline, ..run.agent.settings.clone() };
    let agent = Agent { engine: run.agent.engine.clone(), tools, settings };
    let mut chat = follows.unwrap_or_else(|| Chat::new(session));
    for name in tables {
        if let Some(table) = instance.given.table(name) {
            chat.tables.push(Table { title: name.clone(), ..table.clone() });
        }
    }
    let facts = chat.facts.len();
    let cancel = instance.shared.cancel.clone();
    let end = agent.turn_on_record(&mut chat, question, (events, record), cancel).await?;
    match end.stop {
        Stop::Answer => {}
        Stop::Interrupted => anyhow::bail!("it was interrupted"),
        Stop::Deadline => anyhow::bail!("the question took longer than {} s", deadline.as_secs()),
        Stop::StepLimit => anyhow::bail!("the question took more than {} steps", agent.settings.max_steps),
        Stop::Repetition => anyhow::bail!("the model went in circles"),
        Stop::Error => anyhow::bail!("the model came to no answer"),
    }
    let table = match end.tables.last().cloned() {
        Some(table) => Some(instance.shaped(table)?),
        None if !instance.step.columns.is_empty() && instance.step.each.is_none() => {
            anyhow::bail!("the answer has no table; it is: {}", crate::evidence::clip(&end.answer.text, 200))
        }
        None => None,
    };
    Ok(Output {
        cell: value(&chat.facts[facts.min(chat.facts.len())..], &end).filter(|_| table.is_none()),
        table,
        text: end.answer.text,
        figures: end.answer.figures,
        citations: end.answer.citations,
        artifacts: end.artifacts,
        chat: Some(chat),
        ..Output::default()
    })
}

/// The value that answers the question: the fact that was found last, or the first figure of the answer
/// that the question does not have itself.
fn value(facts: &[Fact], end: &TurnEnd) -> Option<Cell> {
    if let Some(Fact { text, number, date, provenance, .. }) = facts.last().cloned() {
        return Some(Cell { number, date, ..Cell::new(text, provenance) });
    }
    let answer = &end.answer;
    let known = answer.figures.iter().find(|figure| figure.status != FigureStatus::Given)?;
    let spotted = figures(&answer.text).into_iter().find(|spotted| spotted.text == known.text)?;
    let provenance = match (known.status, answer.citations.first()) {
        (FigureStatus::Sourced, Some(page)) => {
            let (url, title) = (page.url.clone(), page.title.clone());
            Provenance::Sourced { url, title, quote: known.evidence.clone() }
        }
        (FigureStatus::Computed, _) => Provenance::Computed { how: known.evidence.clone() },
        (FigureStatus::Imputed, _) => Provenance::Imputed { how: known.evidence.clone() },
        (FigureStatus::Extrapolated, _) => Provenance::Extrapolated { how: known.evidence.clone() },
        _ => Provenance::Unverified,
    };
    let date = spotted.date.map(|date| date.to_string());
    let text = with_unit(&spotted, &answer.text);
    Some(Cell { number: spotted.number, date, ..Cell::new(text, provenance) })
}
