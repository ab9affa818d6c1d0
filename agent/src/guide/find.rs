//! Finds a fact in opened pages: the line that says it, and the piece of the line that is the answer.
//! Both are chosen under a grammar, so what is found stands on a page to the letter.

use crate::evidence::{Passage, about, clip, select, terms};
use crate::figures::{figures, same};
use crate::guide::state::quoted;
use crate::lead::Turn;
use crate::notebook::Fact;
use crate::prompts::FIND;
use polymath_chat::{Constraint, Provenance, Source};
use polymath_tools::read_value;
use std::collections::HashSet;
use std::fmt::Write;

/// Characters of the lines that a fact is looked for in.
const LINES: usize = 1800;
/// Other pages that are asked whether they say the same.
const SECOND_OPINIONS: usize = 2;

/// The fact `what`, if a page says it; pages that contradict it are kept with it.
pub async fn find(turn: &mut Turn<'_>, what: &str) -> anyhow::Result<Option<Fact>> {
    let query = format!("{what} {}", turn.question);
    let sources = about(&turn.chat.sources, &query);
    let passages = select(&sources, &query, LINES);
    let Some((text, passage)) = choose(turn, what, &passages).await? else { return Ok(None) };
    let mut fact = fact_of(what, &text, &passage, &turn.chat.sources);
    if fact.number.is_some() || fact.date.is_some() {
        for page in rivals(&sources, what, &passage).into_iter().take(SECOND_OPINIONS) {
            let alone: Vec<Source> =
                sources.iter().enumerate().map(|(i, s)| if i + 1 == page { s.clone() } else { empty(s) }).collect();
            let lines = select(&alone, what, LINES / 3);
            let Some((text, passage)) = choose(turn, what, &lines).await? else { continue };
            let other = fact_of(what, &text, &passage, &turn.chat.sources);
            if differ(&fact, &other) {
                fact.others.push((other.text, other.provenance));
            }
        }
    }
    Ok(Some(fact))
}

fn empty(source: &Source) -> Source {
    Source { text: String::new(), ..source.clone() }
}

/// The line that says `what`, and the piece of it that is the answer.
async fn choose(turn: &mut Turn<'_>, what: &str, passages: &[Passage]) -> anyhow::Result<Option<(String, Passage)>> {
    if passages.is_empty() {
        return Ok(None);
    }
    let mut prompt = String::new();
    let mut page = 0;
    for (i, passage) in passages.iter().enumerate() {
        if passage.n != page {
            page = passage.n;
            let title = turn.chat.sources.get(page - 1).map_or("", |s| s.title.as_str());
            let _ = writeln!(prompt, "Page: {}", clip(title, 80));
        }
        let _ = writeln!(prompt, "{}: {}", i + 1, plain(&passage.text));
    }
    let _ = write!(prompt, "Fact: {what}");
    let mut lark = String::from("start: \"none\"");
    for i in 1..=passages.len() {
        let _ = write!(lark, " | \"{i}: \" L{i}");
    }
    for (i, passage) in passages.iter().enumerate() {
        let _ = write!(lark, "\nL{}: %regex {{\"substring_words\": {}}}", i + 1, quoted(&plain(&passage.text)));
    }
    lark.push('\n');
    let text = match turn.complete(FIND.ask(prompt, 60).constrained(Constraint::Lark(lark))).await {
        Ok(text) => text,
        // A whole line without end is no value.
        Err(polymath_chat::CompletionError::TooLong(_)) => return Ok(None),
        Err(other) => return Err(other.into()),
    };
    let Some((number, value)) = text.split_once(':') else { return Ok(None) };
    let chosen = number.trim().parse::<usize>().ok().and_then(|n| passages.get(n.checked_sub(1)?));
    let value = value.trim().trim_matches(|c: char| ",;:|".contains(c)).trim();
    Ok(chosen.filter(|_| !value.is_empty()).map(|passage| (value.to_owned(), passage.clone())))
}

/// Text that can stand in a Lark literal.
fn plain(text: &str) -> String {
    text.chars().map(|c| if c == '"' || c == '\\' || c.is_control() { ' ' } else { c }).collect()
}

fn fact_of(what: &str, text: &str, passage: &Passage, sources: &[Source]) -> Fact {
    let source = &sources[passage.n - 1];
    let (number, date) = match read_value(text) {
        (None, None) => figures(text).into_iter().next().map_or((None, None), |f| (f.number, f.date)),
        read => read,
    };
    Fact {
        name: String::new(),
        about: what.to_owned(),
        text: text.to_owned(),
        number,
        date,
        provenance: Provenance::Sourced {
            url: source.url.clone(),
            title: source.title.clone(),
            quote: passage.text.clone(),
        },
        others: Vec::new(),
    }
}

/// Other pages with a line about all that `what` names.
fn rivals(sources: &[Source], what: &str, passage: &Passage) -> Vec<usize> {
    let wanted: HashSet<String> = terms(what).into_iter().collect();
    let pages = sources.iter().enumerate().filter(|(i, _)| i + 1 != passage.n);
    let says = |source: &Source| {
        let title: HashSet<String> = terms(&source.title).into_iter().collect();
        source.text.lines().any(|line| {
            let words: HashSet<String> = terms(line).into_iter().collect();
            let own = words.intersection(&wanted).count();
            let all = wanted.iter().filter(|w| words.contains(*w) || title.contains(*w)).count();
            own > 0 && all * 3 >= wanted.len() * 2 && line.contains(|c: char| c.is_ascii_digit())
        })
    };
    pages.filter(|(_, source)| says(source)).map(|(i, _)| i + 1).collect()
}

/// Whether two values of the same kind are not the same.
fn differ(a: &Fact, b: &Fact) -> bool {
    let first = |fact: &Fact| figures(&fact.text).into_iter().next();
    let (Some(x), Some(y)) = (first(a), first(b)) else { return false };
    let kind =
        x.date.is_some() == y.date.is_some() && (a.unit() == b.unit() || a.unit().is_empty() || b.unit().is_empty());
    kind && !same(&x, &y) && !same(&y, &x)
}
