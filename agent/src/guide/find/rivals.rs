//! Other pages that say otherwise.

use super::choose::{LINES, Like, choose, empty, fact_of, is_of_a_year_before, is_of_other_years, like_of};
use super::dated::day_of_page;
use super::measures::is_of_other_event;
use super::told;
use crate::evidence::{Passage, select, terms};
use crate::guide::named::names;
use crate::lead::Turn;
use crate::notebook::Fact;
use polymath_chat::{Provenance, Source};
use polymath_quantity::{figures, same};
use std::collections::HashSet;

/// Other pages that are asked whether they say the same.
const SECOND_OPINIONS: usize = 2;

/// Adds to a fact what other pages say of it that contradicts it. Where the pages say of what day they are, the latest one's
/// is the fact, and the others are what contradicts it.
pub async fn contradict(
    turn: &mut Turn<'_>,
    what: &str,
    sources: &[Source],
    fact: &mut Fact,
    passage: &Passage,
) -> anyhow::Result<()> {
    if fact.number.is_some() || fact.date.is_some() {
        let own = passage.text.clone();
        let mut others: Vec<Fact> = Vec::new();
        for page in rivals(sources, what, passage, &like_of(fact)).into_iter().take(SECOND_OPINIONS) {
            let alone: Vec<Source> =
                sources.iter().enumerate().map(|(i, s)| if i + 1 == page { s.clone() } else { empty(s) }).collect();
            let lines = select(&alone, what, LINES / 3);
            let Some((text, passage)) = choose(turn, what, &lines, Some(&like_of(fact)), &[]).await? else { continue };
            let other = fact_of(what, &text, &passage, turn.chat);
            let elsewhere = is_of_other_years(what, &passage, &turn.chat.sources)
                || is_of_a_year_before(what, &passage.text)
                || fact.date.is_some() && is_of_other_event(what, &own, &passage.text);
            if elsewhere || !differ(fact, &other) {
                continue;
            }
            // The question says more of it than the look-up that was made of it: "came out", for "year of".
            let asked = turn.asked.clone();
            if told::is_told(turn, what, &other.text, &passage).await?
                || told::is_told(turn, &asked, &other.text, &passage).await?
            {
                others.push(other);
            }
        }
        add(fact, others, sources);
    }
    Ok(())
}

/// As `contradict`, of a fact that is a cell of a page's table.
pub async fn contradict_cell(
    turn: &mut Turn<'_>,
    what: &str,
    sources: &[Source],
    fact: &mut Fact,
) -> anyhow::Result<()> {
    let Provenance::Sourced { url, quote, .. } = &fact.provenance else { return Ok(()) };
    let Some(at) = sources.iter().position(|source| source.url == *url) else { return Ok(()) };
    let passage = Passage { n: at + 1, line: 0, text: quote.clone() };
    contradict(turn, what, sources, fact, &passage).await
}

/// Adds to a fact another page's value, if that is another one.
pub fn add_other(fact: &mut Fact, other: Fact, sources: &[Source]) {
    if fact.provenance != other.provenance && fact.others.is_empty() && differ(fact, &other) {
        add(fact, vec![other], sources);
    }
}

fn add(fact: &mut Fact, mut others: Vec<Fact>, sources: &[Source]) {
    let day = |fact: &Fact| day_of_page(&fact.provenance, sources).map(|(_, date)| date.to_string());
    if let Some(later) = latest(fact, &others, day) {
        std::mem::swap(fact, &mut others[later]);
    }
    fact.others.extend(others.into_iter().map(|other| (other.text, other.provenance)));
}

/// Which of the others is of a later day than the fact and than the rest, where each has a day.
fn latest(fact: &Fact, others: &[Fact], day: impl Fn(&Fact) -> Option<String>) -> Option<usize> {
    let own = day(fact)?;
    let days = others.iter().map(&day).collect::<Option<Vec<String>>>()?;
    let (at, last) = days.into_iter().enumerate().max_by(|(_, a), (_, b)| a.cmp(b))?;
    (last > own).then_some(at)
}

/// Other pages with a line about all that `what` names.
fn rivals(sources: &[Source], what: &str, passage: &Passage, like: &Like) -> Vec<usize> {
    let wanted: HashSet<String> = terms(what).into_iter().collect();
    let pages = sources.iter().enumerate().filter(|(i, _)| i + 1 != passage.n);
    let names = names(what);
    let says = |source: &Source| {
        let title: HashSet<String> = terms(&source.title).into_iter().collect();
        source.text.lines().any(|line| {
            let words: HashSet<String> = terms(line).into_iter().collect();
            let own = words.intersection(&wanted).count();
            let all = wanted.iter().filter(|w| words.contains(*w) || title.contains(*w)).count();
            // Somebody else of the same family says nothing of this one.
            let both = format!("{} {line}", source.title).to_lowercase();
            // "The Scarecrow Fair was the largest that Quillby has seen" is of the Quillby Scarecrow Fair.
            let in_words = |name: &str| {
                let mut parts = name.split(' ').filter(|part| part.len() > 2);
                name.split(' ').count() > 2 && parts.all(|part| both.contains(&part.to_lowercase()))
            };
            let is_named = |name: &str| source.title.contains(name) || line.contains(name) || in_words(name);
            let named = names.iter().all(|name| is_named(name));
            // A line that counts the same things may say it in other words.
            let alike = like.counts && !like.in_line(line).is_empty() && (all * 2 >= wanted.len() || !names.is_empty());
            named && own > 0 && (alike || all * 3 >= wanted.len() * 2) && line.contains(|c: char| c.is_ascii_digit())
        })
    };
    pages.filter(|(_, source)| says(source)).map(|(i, _)| i + 1).collect()
}

/// Whether two values of the same kind are not the same.
fn differ(a: &Fact, b: &Fact) -> bool {
    let first = |fact: &Fact| figures(&fact.text).into_iter().next();
    let (Some(x), Some(y)) = (first(a), first(b)) else { return false };
    let kind = x.date.is_some() == y.date.is_some() && (a.is_alike(b) || a.unit().is_empty() || b.unit().is_empty());
    // Ten times as much is told of something else.
    const ALIKE: f64 = 10.0;
    let alike = match (a.number.filter(|n| *n != 0.0), b.number.filter(|n| *n != 0.0)) {
        (Some(x), Some(y)) => (1.0 / ALIKE..=ALIKE).contains(&(x / y).abs()),
        _ => true,
    };
    kind && alike && !same(&x, &y) && !same(&y, &x)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_latest_page_holds() {
        let fact = |text: &str| Fact {
            name: String::new(),
            about: String::new(),
            text: text.into(),
            number: None,
            date: None,
            provenance: Provenance::Given,
            others: Vec::new(),
        };
        let day = |fact: &Fact| Some(fact.text.clone()).filter(|text| !text.is_empty());
        assert_eq!(latest(&fact("2020-05-01"), &[fact("2019-01-01"), fact("2021-03-04")], day), Some(1));
        assert_eq!(latest(&fact("2022-05-01"), &[fact("2021-03-04")], day), None);
        assert_eq!(latest(&fact("2020-05-01"), &[fact(""), fact("2021-03-04")], day), None);
    }

    #[test]
    fn a_page_that_counts_the_same_in_other_words_is_asked_too() {
        let source = |title: &str, text: &str| Source { url: title.into(), title: title.into(), text: text.into() };
        let report = "# The Ostwater flood of 1 November 2021: final report\nIn all, 1,730 people were evacuated.";
        let news = "2 November 2021\nThe river burst its banks at Ostwater. 1,150 people had to be evacuated from their homes.";
        let sources = [
            source("The Ostwater flood of 1 November 2021: final report", report),
            source("Ostwater under water", news),
        ];
        let what = "number of people evacuated in the Ostwater flood";
        let text = "1,730 people".to_owned();
        let passage = Passage { n: 1, line: 1, text: "In all, 1,730 people were evacuated.".into() };
        let (name, about, provenance) = (String::new(), what.to_owned(), Provenance::Given);
        let fact = Fact { name, about, text, number: Some(1730.0), date: None, provenance, others: Vec::new() };
        assert_eq!(rivals(&sources, what, &passage, &like_of(&fact)), [2]);
        let echo =
            source("Sund Echo", "With 1,150 people evacuated, the River Flood was the worst that Ostwater has seen.");
        let what = "number of people evacuated in the Ostwater River Flood";
        assert_eq!(rivals(&[sources[0].clone(), echo], what, &passage, &like_of(&fact)), [2]);
    }
}
