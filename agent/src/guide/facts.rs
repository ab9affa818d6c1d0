//! All that a question asks, read off the opened pages in one go: the model copies values from the lines, each under words
//! of its own for what it is ("the engineer who set it up"), and what has to be known first stands before what follows from
//! it. A plan has only the words of the request, and a look-up by itself only the lines that share words with it; here the
//! pages stand before the model whole. Each value is put back to it with its line.

use super::find;
use super::plan::{Step, years};
use super::reckon::{Line, shown, whole};
use super::state::{Guide, Outcome, Want, piece_of};
use super::{fits, quote};
use crate::evidence::{Passage, clip, terms};
use crate::lead::Turn;
use crate::notebook::Fact;
use crate::prompts::FACTS;
use polymath_chat::{CompletionError, Constraint};
use std::collections::HashSet;

/// Tokens of the values.
const LONGEST: usize = 120;
/// Stands between lines where pieces are cut from, so that none goes over two.
const BETWEEN: &str = " ¶ ";
/// What stands for a value that the pages do not have.
const NONE: &str = "none";

/// What pages say of a question.
struct Told {
    /// Each with whether it only leads to the next.
    facts: Vec<(Fact, bool)>,
    /// What the model looked for and did not see.
    missing: Vec<String>,
}

impl Guide {
    /// Reads all that the question asks off the opened pages, where nothing but look-ups is planned. Whether all of it was
    /// there; then no look-up is left.
    pub(super) async fn read_off(&mut self, turn: &mut Turn<'_>, wants: &[Want]) -> anyhow::Result<bool> {
        let look_up = |step: &Step| matches!(step, Step::Find { .. });
        let names = |want: &Want| match want {
            Want::Fact { name, what } => (!quote::is_whether(what) && !quote::is_explained(what)).then(|| name.clone()),
            _ => None,
        };
        let Some(names) = wants.iter().map(names).collect::<Option<Vec<String>>>() else { return Ok(false) };
        if names.is_empty() {
            return Ok(false);
        }
        if !self.plan.iter().flatten().all(look_up) || self.is_read(turn) {
            return Ok(false);
        }
        let Some(told) = facts(turn, &turn.asked.clone()).await? else { return Ok(false) };
        // What is known by now leads to other pages.
        let of_a_fact = |about: &&String| told.facts.iter().any(|(fact, _)| about.contains(&fact.text));
        let on: Vec<String> = told.missing.iter().filter(of_a_fact).cloned().collect();
        if !on.is_empty() && !std::mem::replace(&mut self.followed, true) {
            let find = |(i, what): (usize, String)| Step::Find { name: format!("{}{i}", names[0]), what };
            self.plan = Some(on.into_iter().enumerate().map(find).collect());
            return Ok(true);
        }
        let own = told.facts.iter().filter(|(_, leads)| !leads).count();
        if !told.missing.is_empty() || own < names.len() {
            return Ok(false);
        }
        self.plan.iter_mut().for_each(|plan| plan.clear());
        let mut names = names.into_iter();
        for (fact, leads) in told.facts {
            match if leads { None } else { names.next() } {
                Some(name) => self.take(turn, &name, fact),
                None => self.results.push(place(turn, fact)),
            }
        }
        Ok(true)
    }

    /// Whether the pages that are open were read off already.
    fn is_read(&mut self, turn: &Turn<'_>) -> bool {
        let pages = turn.chat.sources.len();
        std::mem::replace(&mut self.read_off, pages) == pages
    }

    /// Looks once more for what was not found. Whether something was found.
    pub(super) async fn look_again(&mut self, turn: &mut Turn<'_>) -> anyhow::Result<bool> {
        if std::mem::replace(&mut self.looked_again, true) || turn.chat.sources.is_empty() {
            return Ok(false);
        }
        let alone = matches!(self.results.as_slice(), [Outcome::NotFound(_)]);
        if alone && self.is_read(turn) {
            return Ok(false);
        }
        let mut found = false;
        for i in 0..self.results.len() {
            let Outcome::NotFound(what) = &self.results[i] else { continue };
            let asked = if alone { turn.asked.clone() } else { what.clone() };
            if quote::is_explained(&asked) || quote::is_whether(&asked) {
                continue;
            }
            let Some(told) = facts(turn, &asked).await?.filter(|told| told.missing.is_empty()) else { continue };
            found = true;
            let places: Vec<Outcome> = told.facts.into_iter().map(|(fact, _)| place(turn, fact)).collect();
            // In the place of what was missing; a turn looks up few things.
            self.results.splice(i..=i, places);
        }
        Ok(found)
    }
}

/// Takes a fact into the notebook.
fn place(turn: &mut Turn<'_>, fact: Fact) -> Outcome {
    turn.chat.add_fact(fact);
    Outcome::Fact(turn.chat.facts.len() - 1)
}

/// The one fact that is asked for.
pub async fn fact(turn: &mut Turn<'_>, what: &str) -> anyhow::Result<Option<Fact>> {
    let told = facts(turn, what).await?.filter(|told| told.missing.is_empty());
    Ok(told.and_then(|mut told| told.facts.pop()).map(|(fact, _)| fact))
}

/// What the opened pages say of a question; `None` where nothing, or something that its line is not held to say.
async fn facts(turn: &mut Turn<'_>, asked: &str) -> anyhow::Result<Option<Told>> {
    let lines = whole(asked, turn.chat);
    if lines.is_empty() {
        return Ok(None);
    }
    // A follow-up stands alone in words that the model chose for it.
    let leans = asked == turn.asked && turn.question != turn.asked;
    let before = turn.chat.facts.last().filter(|_| leans);
    let before = before.map(|fact| format!("Before: {} = {}\n", clip(&fact.about, 100), clip(&fact.text, 100)));
    let own = if leans { format!(" ({})", clip(&turn.question, 200)) } else { String::new() };
    let lines_shown = shown(&lines, &turn.chat.sources);
    let prompt = format!("{lines_shown}{}Question: {}{own}", before.unwrap_or_default(), clip(asked, 400));
    let all: Vec<&str> = lines.iter().map(Line::text).collect();
    let lark = format!(
        "start: \"{NONE}\" | fact (\"\\n\" fact){{0,3}}\nfact: ABOUT (PIECE | \"{NONE}\")\nABOUT: /[^=\\n]{{3,80}} = /\nPIECE: {}\n",
        piece_of(&all.join(BETWEEN))
    );
    let text = match turn.complete(FACTS.ask(prompt, LONGEST).constrained(Constraint::Lark(lark))).await {
        Ok(text) => text,
        Err(CompletionError::TooLong(_)) => return Ok(None),
        Err(other) => return Err(other.into()),
    };
    tracing::debug!("read off for {asked:?}: {text}");
    let said = said(&text);
    let mut told = Told { facts: Vec::new(), missing: Vec::new() };
    let mut passages: Vec<&Passage> = Vec::new();
    for (i, (about, value)) in said.iter().enumerate() {
        if value == NONE {
            told.missing.push(about.clone());
            continue;
        }
        let leaks = FACTS.leaks(about, &format!("{asked} {}", turn.question));
        let Some(passage) = telling(about, value, asked, &lines).filter(|_| !leaks) else { return Ok(None) };
        let value = &find::of_its_place(about, value, passage, turn.chat);
        let mut fact = find::fact_of(about, value, passage, turn.chat);
        let when = if years(about).is_empty() { asked } else { about.as_str() };
        // Another page's value for the same.
        if told.facts.iter().any(|(known, _)| known.about.eq_ignore_ascii_case(about)) {
            continue;
        }
        if !find::is_of_kind(about, &fact)
            || find::misfits(about, &fact)
            || find::is_of_other_years(when, passage, &turn.chat.sources)
            || !find::is_told(turn, about, value, passage).await?
        {
            return Ok(None);
        }
        let leads = said[i + 1..].iter().any(|(about, _)| about.contains(value.as_str()));
        if !leads {
            find::contradict(turn, about, &mut fact, passage).await?;
        }
        passages.push(passage);
        told.facts.push((fact, leads));
    }
    let (Some((last, _)), Some(passage)) = (told.facts.last(), passages.last()) else { return Ok(None) };
    // One answer has to be one to the question itself, with all that leads to it.
    if told.facts.iter().filter(|(_, leads)| !leads).count() == 1 && told.missing.is_empty() {
        let lines: Vec<&str> = passages.iter().map(|passage| passage.text.as_str()).collect();
        let together = Passage { text: lines.join(" "), ..(*passage).clone() };
        let is_answer = find::is_of_kind(asked, last)
            && !find::misfits(asked, last)
            && !fits::is_of_another_kind(asked, std::slice::from_ref(last))
            && find::is_told(turn, asked, &last.text, &together).await?;
        return Ok(is_answer.then_some(told));
    }
    Ok(Some(told))
}

/// The values of a reply: what each is, and the piece of a line.
fn said(text: &str) -> Vec<(String, String)> {
    let value = |line: &str| {
        let (about, value) = line.split_once(" = ")?;
        let value = value.trim_matches(|c: char| ",;:|.".contains(c) || c.is_whitespace());
        (!value.is_empty() && !value.contains('¶')).then(|| (about.trim().to_owned(), value.to_owned()))
    };
    text.lines().map_while(value).collect()
}

/// The line of a page that a value is a piece of: the one that shares most words with what is meant and asked.
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
    fn a_reply_is_read_value_by_value() {
        let read = |text: &str| {
            said(text).into_iter().map(|(about, value)| format!("{about}: {value}")).collect::<Vec<_>>().join("; ")
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
