//! Facts that a plan's words did not lead to: the model says in steps how it gets from the lines of the opened pages to the
//! answer, each step a piece of a line under words of its own ("the engineer who set it up"). A plan has only the words
//! of the request, and the checks of a look-up only those that they know; here each step is put back to the model with
//! its line, and the last one with the question and the lines of all.

use super::find;
use super::reckon::{Line, lines, shown};
use super::state::{Guide, Outcome, piece_of};
use super::{fits, quote};
use crate::evidence::{Passage, clip, terms};
use crate::lead::Turn;
use crate::notebook::Fact;
use crate::prompts::TRACE;
use polymath_chat::{CompletionError, Constraint};
use std::collections::HashSet;

/// Tokens of the steps.
const LONGEST: usize = 120;
/// Stands between lines where pieces are cut from, so that none goes over two.
const BETWEEN: &str = " ¶ ";

impl Guide {
    /// Looks once more, in steps, for what was not found. Whether something was found.
    pub(super) async fn trace(&mut self, turn: &mut Turn<'_>) -> anyhow::Result<bool> {
        if std::mem::replace(&mut self.traced, true) || turn.chat.sources.is_empty() {
            return Ok(false);
        }
        let alone = matches!(self.results.as_slice(), [Outcome::NotFound(_)]);
        let mut found = false;
        for i in 0..self.results.len() {
            let Outcome::NotFound(what) = &self.results[i] else { continue };
            let asked = if alone { turn.asked.clone() } else { what.clone() };
            if quote::is_explained(&asked) || quote::is_whether(&asked) {
                continue;
            }
            let Some(facts) = trace(turn, &asked).await? else { continue };
            found = true;
            let places: Vec<Outcome> = facts
                .into_iter()
                .map(|fact| {
                    turn.chat.add_fact(fact);
                    Outcome::Fact(turn.chat.facts.len() - 1)
                })
                .collect();
            // In the place of what was missing; a turn looks up few things.
            self.results.splice(i..=i, places);
        }
        Ok(found)
    }
}

/// The facts that lead to the answer, which is the last; `None` where the lines do not say it.
pub async fn trace(turn: &mut Turn<'_>, asked: &str) -> anyhow::Result<Option<Vec<Fact>>> {
    let lines = lines(asked, turn.chat);
    if lines.is_empty() {
        return Ok(None);
    }
    let prompt = format!("{}Question: {}", shown(&lines, &turn.chat.sources), clip(asked, 400));
    let all: Vec<&str> = lines.iter().map(Line::text).collect();
    let lark = format!(
        "start: \"none\" | step (\"\\n\" step){{0,2}}\nstep: ABOUT PIECE\nABOUT: /[^=\\n]{{3,80}} = /\nPIECE: {}\n",
        piece_of(&all.join(BETWEEN))
    );
    let text = match turn.complete(TRACE.ask(prompt, LONGEST).constrained(Constraint::Lark(lark))).await {
        Ok(text) => text,
        Err(CompletionError::TooLong(_)) => return Ok(None),
        Err(other) => return Err(other.into()),
    };
    tracing::debug!("traced {asked:?}: {text}");
    let steps = steps(&text);
    let mut facts = Vec::new();
    let mut passages: Vec<&Passage> = Vec::new();
    for (about, value) in &steps {
        let leaks = TRACE.leaks(about, asked);
        let Some(passage) = telling(about, value, asked, &lines).filter(|_| !leaks) else { return Ok(None) };
        let fact = find::fact_of(about, value, passage, turn.chat);
        if find::is_of_other_years(asked, passage, &turn.chat.sources)
            || !find::is_told(turn, about, value, passage).await?
        {
            return Ok(None);
        }
        passages.push(passage);
        facts.push(fact);
    }
    let (Some(last), Some(passage)) = (facts.last(), passages.last()) else { return Ok(None) };
    let told: Vec<&str> = passages.iter().map(|passage| passage.text.as_str()).collect();
    let together = Passage { text: told.join(" "), ..(*passage).clone() };
    let is_answer = find::is_of_kind(asked, last)
        && !find::misfits(asked, last)
        && !fits::is_of_another_kind(asked, std::slice::from_ref(last))
        && find::is_told(turn, asked, &last.text, &together).await?;
    Ok(is_answer.then_some(facts))
}

/// The steps of a reply: what is meant, and the piece of a line.
fn steps(text: &str) -> Vec<(String, String)> {
    let step = |line: &str| {
        let (about, value) = line.split_once(" = ")?;
        let value = value.trim_matches(|c: char| ",;:|.".contains(c) || c.is_whitespace());
        (!value.is_empty() && !value.contains('¶')).then(|| (about.trim().to_owned(), value.to_owned()))
    };
    text.lines().map_while(step).collect()
}

/// The line of a page that a step's value is a piece of: the one that shares most words with what is meant and asked.
/// Words of the question are no answer to it.
fn telling<'a>(about: &str, value: &str, asked: &str, lines: &'a [Line]) -> Option<&'a Passage> {
    let wanted: HashSet<String> = terms(&format!("{about} {asked}")).into_iter().collect();
    let own = terms(value);
    let says_nothing =
        !value.contains(|c: char| c.is_numeric()) && !own.is_empty() && own.iter().all(|term| wanted.contains(term));
    let shared = |line: &&Line| {
        let words: HashSet<String> = terms(&line.passage.text).into_iter().collect();
        (words.intersection(&wanted).count(), std::cmp::Reverse(line.passage.n))
    };
    let holds = |line: &&Line| line.known.is_none() && line.passage.text.contains(value);
    lines.iter().filter(|_| !says_nothing).filter(holds).max_by_key(shared).map(|line| &line.passage)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reply_is_read_in_steps() {
        let read = |text: &str| {
            steps(text).into_iter().map(|(about, value)| format!("{about}: {value}")).collect::<Vec<_>>().join("; ")
        };
        assert_eq!(
            read("head of the mill = Bo Lund,\nbirthplace of Bo Lund = Varn."),
            "head of the mill: Bo Lund; birthplace of Bo Lund: Varn"
        );
        assert_eq!(read("none"), "");
        assert_eq!(read("head of the mill = Bo ¶ Lund"), "");
    }

    #[test]
    fn a_value_is_of_the_line_that_speaks_of_it() {
        let line = |n: usize, text: &str| Line::of(Passage { n, line: n, text: text.to_owned() });
        let lines = [line(1, "The weir is by Bo Lund."), line(2, "The mill was set up by Bo Lund, an engineer.")];
        let page = |about: &str, value: &str| telling(about, value, "who founded the mill?", &lines).map(|p| p.n);
        assert_eq!(page("engineer who set up the mill", "Bo Lund"), Some(2));
        assert_eq!(page("founder", "the mill"), None);
        assert_eq!(page("founder", "Ann Bo"), None);
    }
}
