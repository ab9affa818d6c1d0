//! All that a question asks, read off the opened pages in one go: the model copies values from the lines, each under words
//! of its own for what it is ("the engineer who set it up"), and what has to be known first stands before what follows from
//! it. A plan has only the words of the request, and a look-up by itself only the lines that share words with it; here the
//! pages stand before the model whole. Each value is put back to it with its line.

use super::find;
use super::plan::{Step, years};
use super::reckon::{Line, shown, whole};
use super::state::{Guide, Outcome, Want, piece_of, quoted};
use super::{fits, named, quote};
use crate::evidence::{Passage, clip, terms};
use crate::lead::Turn;
use crate::notebook::Fact;
use crate::prompts::{ASKS, FACTS};
use polymath_chat::{CompletionError, Constraint};
use std::collections::HashSet;

/// Tokens of the values.
const LONGEST: usize = 120;
/// Stands between lines where pieces are cut from, so that none goes over two.
const BETWEEN: &str = " ¶ ";
/// What stands for a value that the pages do not have.
const NONE: &str = "none";

/// What pages say of one thing that is asked, or of one that leads to it.
struct Told {
    /// What it is, in the model's words.
    about: String,
    /// `None` where no page says it.
    fact: Option<Fact>,
    /// Whether it only leads to what is asked.
    leads: bool,
}

impl Guide {
    /// Reads what the question asks off the opened pages, where nothing but look-ups is planned. What is left to be found by
    /// itself; where nothing is, no look-up is left.
    pub(super) async fn read_off(&mut self, turn: &mut Turn<'_>, wants: Vec<Want>) -> anyhow::Result<Vec<Want>> {
        let look_up = |step: &Step| matches!(step, Step::Find { .. });
        let is_value = |want: &Want| match want {
            Want::Fact { what, .. } => !quote::is_whether(what) && !quote::is_explained(what),
            _ => false,
        };
        let only_values = !wants.is_empty() && wants.iter().all(is_value) && !quote::is_explained(&turn.asked);
        let tabled = |want: &Want| matches!(want, Want::Fact { what, .. } if find::is_told_by_a_table(what, turn.chat));
        if !only_values || wants.iter().any(tabled) || !self.plan.iter().flatten().all(look_up) || self.is_read(turn) {
            return Ok(wants);
        }
        if !self.reckoned && is_worked_out(turn).await? && self.reckon(turn, &[]).await? {
            return Ok(Vec::new());
        }
        let hops = self.plan.iter().flatten().any(|step| step.to_string().contains('{'));
        let Some(told) = facts(turn, &asked_now(&wants, turn)).await? else { return Ok(wants) };
        if hops && !are_linked(&told, turn) {
            return Ok(wants);
        }
        // What is known by now leads to other pages.
        let found = |told: &Told| told.fact.as_ref().map(|fact| fact.text.clone());
        let known: Vec<String> = told.iter().filter_map(found).collect();
        let on: Vec<String> = told
            .iter()
            .filter(|told| told.fact.is_none() && known.iter().any(|text| told.about.contains(text)))
            .map(|told| told.about.clone())
            .collect();
        if !on.is_empty() && !std::mem::replace(&mut self.followed, true) {
            let name = wants.first().map(Want::name).unwrap_or_default();
            let find = |(i, what): (usize, String)| Step::Find { name: format!("{name}{i}"), what };
            self.plan = Some(on.into_iter().enumerate().map(find).collect());
            return Ok(Vec::new());
        }
        let own = told.iter().filter(|told| !told.leads).count();
        let all = told.iter().all(|told| told.fact.is_some());
        if known.is_empty() || own < wants.len() || !all && own > wants.len() {
            return Ok(wants);
        }
        if all {
            self.plan.iter_mut().for_each(|plan| plan.clear());
        }
        let mut wants = wants.into_iter();
        let mut left = Vec::new();
        for told in told {
            let want = if told.leads { None } else { wants.next() };
            match (want, told.fact) {
                (Some(Want::Fact { name, .. }), Some(fact)) => self.take(turn, &name, fact),
                (None, Some(fact)) => self.results.push(place(turn, fact)),
                (want, None) => left.extend(want),
                (Some(want), Some(_)) => left.push(want),
            }
        }
        Ok(left)
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
            let Some(told) = facts(turn, &asked).await? else { continue };
            let Some(all) = told.into_iter().map(|told| told.fact).collect::<Option<Vec<Fact>>>() else { continue };
            found = true;
            let places: Vec<Outcome> = all.into_iter().map(|fact| place(turn, fact)).collect();
            // In the place of what was missing; a turn looks up few things.
            self.results.splice(i..=i, places);
        }
        Ok(found)
    }
}

/// Whether each value is said to be of a thing that the question names, or of a value before it. "Founding of the shipyard",
/// where the question names only the ship, may be any year of the ship's page.
fn are_linked(told: &[Told], turn: &Turn<'_>) -> bool {
    let named = named::names_among(&turn.asked, &turn.chat.sources);
    let value = |told: &Told| told.fact.as_ref().map(|fact| fact.text.clone());
    (0..told.len()).all(|i| {
        let before = told[..i].iter().filter_map(value);
        named.is_empty() || named.iter().cloned().chain(before).any(|name| told[i].about.contains(name.as_str()))
    })
}

/// Takes a fact into the notebook.
fn place(turn: &mut Turn<'_>, fact: Fact) -> Outcome {
    turn.chat.add_fact(fact);
    Outcome::Fact(turn.chat.facts.len() - 1)
}

/// Whether what is asked has to be worked out of what pages tell: plans in other languages than English look up a
/// difference like a height. Of 50 questions labelled by hand, 22 of 30 that are worked out, and one of 20 that are not.
async fn is_worked_out(turn: &mut Turn<'_>) -> anyhow::Result<bool> {
    let ways = ["read", "work out"].map(str::to_owned).to_vec();
    let task = ASKS.ask(clip(&turn.asked, 400), 4).constrained(Constraint::Choice(ways));
    let way = turn.complete(task).await?;
    tracing::debug!("asks {:?}: {way}", turn.asked);
    Ok(way == "work out")
}

/// What the opened pages say of one thing, by the names of `columns`: its row of a table. The model has the request before
/// it, which says more than a column's name.
pub async fn row(turn: &mut Turn<'_>, thing: &str, columns: &[String]) -> anyhow::Result<Vec<Option<Fact>>> {
    let abouts: Vec<String> = columns.iter().map(|column| format!("{} of {thing}", column.to_lowercase())).collect();
    // A column's capital makes it no name.
    let lines = whole(&format!("{} of {thing}", columns.join(", ").to_lowercase()), turn.chat);
    let nothing = vec![None; columns.len()];
    if lines.is_empty() {
        return Ok(nothing);
    }
    let cells: Vec<String> = abouts.iter().map(|about| format!("{} value", quoted(&format!("{about} = ")))).collect();
    let lark = format!("start: row\nrow: {}\nvalue: PIECE | \"{NONE}\"\n", cells.join(" \"\\n\" "));
    let prompt = format!("{}Question: {} ({thing})", shown(&lines, &turn.chat.sources), clip(&turn.asked.clone(), 400));
    let Some(text) = copied(turn, prompt, lark, &lines, LONGEST * columns.len()).await? else { return Ok(nothing) };
    tracing::debug!("row of {thing}: {text}");
    let mut row = nothing;
    const IN: [&str; 3] = ["in", "jahr", "en"];
    // "In 2021" is meant of each column; "since 2021" is no day of any.
    let asked = turn.asked.clone();
    let when = match years(&asked).as_slice() {
        [year] if IN.iter().any(|before| asked.to_lowercase().contains(&format!("{before} {year}"))) => asked.as_str(),
        _ => "",
    };
    for ((about, (_, value)), cell) in abouts.iter().zip(said(&text)).zip(&mut row) {
        let Some(passage) = telling(about, &value, about, &lines).filter(|_| value != NONE) else { continue };
        let when = if years(about).is_empty() { when } else { about };
        let Some(mut fact) = checked(turn, about, &value, passage, when).await? else { continue };
        find::contradict(turn, about, &mut fact, passage).await?;
        *cell = Some(fact);
    }
    Ok(row)
}

/// A value as a fact, where nothing is seen to be wrong with it and its line is held to say it. `when` has the years that
/// are asked about.
async fn checked(
    turn: &mut Turn<'_>,
    about: &str,
    value: &str,
    passage: &Passage,
    when: &str,
) -> anyhow::Result<Option<Fact>> {
    let value = find::of_its_place(about, value, passage, turn.chat);
    let fact = find::fact_of(about, &value, passage, turn.chat);
    let holds = find::is_of_kind(about, &fact)
        && !find::misfits(about, &fact)
        && !find::is_one_of_all(about, &passage.text)
        && !find::is_of_other_years(when, passage, &turn.chat.sources)
        && find::is_told(turn, about, &value, passage).await?;
    Ok(holds.then_some(fact))
}

/// A reply to what the pages say, its values cut out of the lines: `PIECE` is one of these. `None` where they are too long.
async fn copied(
    turn: &mut Turn<'_>,
    prompt: String,
    lark: String,
    lines: &[Line],
    longest: usize,
) -> anyhow::Result<Option<String>> {
    let all: Vec<&str> = lines.iter().map(Line::text).collect();
    let lark = format!("{lark}PIECE: {}\n", piece_of(&all.join(BETWEEN)));
    match turn.complete(FACTS.ask(prompt, longest).constrained(Constraint::Lark(lark))).await {
        Ok(text) => Ok(Some(text)),
        Err(CompletionError::TooLong(_)) => Ok(None),
        Err(other) => Err(other.into()),
    }
}

/// What the opened pages say of a question; `None` where nothing, or nothing that leads to it.
async fn facts(turn: &mut Turn<'_>, asked: &str) -> anyhow::Result<Option<Vec<Told>>> {
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
    let lark = format!(
        "start: \"{NONE}\" | fact (\"\\n\" fact){{0,3}}\nfact: ABOUT (PIECE | \"{NONE}\")\nABOUT: /[^=\\n。；;!?！？]{{3,80}} = /\n"
    );
    let Some(text) = copied(turn, prompt, lark, &lines, LONGEST).await? else { return Ok(None) };
    tracing::debug!("read off for {asked:?}: {text}");
    let said = said(&text);
    let mut told: Vec<Told> = Vec::new();
    let mut passages: Vec<&Passage> = Vec::new();
    for (i, (about, value)) in said.iter().enumerate() {
        let leaks = FACTS.leaks(about, &format!("{asked} {}", turn.question));
        let passage = telling(about, value, asked, &lines).filter(|_| !leaks && value != NONE);
        // In which year somebody was born says nothing of the year that he won in.
        let follows = said[..i].iter().any(|(_, before)| before != NONE && about.contains(before.as_str()));
        let when = if years(about).is_empty() && !follows { asked } else { about.as_str() };
        let fact = match passage {
            Some(passage) => checked(turn, about, value, passage, when).await?,
            None => None,
        };
        // Another page's value for the same.
        if let Some(known) = told.iter_mut().find(|known| known.about.eq_ignore_ascii_case(about)) {
            if let (Some(known), Some(other)) = (&mut known.fact, fact) {
                find::add_other(known, other, &turn.chat.sources);
            }
            continue;
        }
        let leads = value != NONE && said[i + 1..].iter().any(|(about, _)| about.contains(value.as_str()));
        let (Some(mut fact), Some(passage)) = (fact, passage) else {
            if leads {
                return Ok(None);
            }
            told.push(Told { about: about.clone(), fact: None, leads });
            continue;
        };
        // One value under two names.
        let same = |known: &Fact| known.text == fact.text && known.provenance == fact.provenance;
        if told.iter().filter_map(|told| told.fact.as_ref()).any(same) {
            continue;
        }
        if !leads {
            find::contradict(turn, about, &mut fact, passage).await?;
        }
        passages.push(passage);
        told.push(Told { about: about.clone(), fact: Some(fact), leads });
    }
    let (Some(last), Some(passage)) = (told.iter().filter_map(|told| told.fact.as_ref()).next_back(), passages.last())
    else {
        return Ok(None);
    };
    // One answer has to be one to the question itself, with all that leads to it.
    if told.iter().filter(|told| !told.leads).count() == 1 && told.iter().all(|told| told.fact.is_some()) {
        let lines: Vec<&str> = passages.iter().map(|passage| passage.text.as_str()).collect();
        let together = Passage { text: lines.join(" "), ..(*passage).clone() };
        let is_answer = find::is_of_kind(asked, last)
            && !find::misfits(asked, last)
            && !find::is_one_of_all(asked, &passage.text)
            && !fits::is_of_another_kind(asked, std::slice::from_ref(last))
            && find::is_told(turn, asked, &last.text, &together).await?;
        return Ok(is_answer.then_some(told));
    }
    // Two counts are no rate.
    let own: Vec<Fact> = told.iter().filter(|told| !told.leads).filter_map(|told| told.fact.clone()).collect();
    let beside = own.iter().all(|fact| find::misfits(asked, fact)) || fits::is_of_another_kind(asked, &own);
    Ok((!beside).then_some(told))
}

/// What is to be read off: the question, or the one look-up that is left of it where that names what was found for what
/// the question only describes.
fn asked_now(wants: &[Want], turn: &Turn<'_>) -> String {
    let found = |what: &str| turn.chat.facts.iter().any(|f| what.contains(&f.text) && !turn.asked.contains(&f.text));
    match wants {
        [Want::Fact { what, .. }] if found(what) => what.clone(),
        _ => turn.asked.clone(),
    }
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
