//! A sentence of a page as the answer to whether something is so, with yes or no. It is quoted and not told in other
//! words.

use super::find::{in_sentences, relevant};
use super::named::names_said;
use super::plan::words;
use super::speaking::speaking_of;
use super::state::Quote;
use crate::evidence::{Passage, clip, select, terms};
use crate::language::Language;
use crate::lead::Turn;
use crate::prompts::QUOTE;
use polymath_chat::{CompletionError, Constraint};
use std::collections::HashSet;
use std::fmt::Write;

/// Characters of the lines that one is chosen from, and lines of them.
const LINES: usize = 1800;
const MOST: usize = 20;
/// Words that ask for a reason, and signs of it in languages that put no spaces.
const WHY: &[&str] = &["why", "warum", "wieso", "weshalb", "pourquoi"];
const WHY_WITHIN: &[&str] = &["por qué", "为什么", "为何", "なぜ", "どうして", "how come"];
/// Words behind "how" that ask for no value.
const HOW: &[&str] = &["did", "does", "do", "can", "could", "was", "were", "is", "are", "to"];
/// Words that a question begins with that is answered by yes or no.
const WHETHER: &[&str] = &[
    "is", "are", "was", "were", "does", "do", "did", "has", "have", "had", "can", "may", "will", "must", "ist", "sind",
    "war", "waren", "hat", "haben", "hatte", "kann", "darf", "gibt", "est", "sont", "a", "ont", "peut", "es", "son",
    "tiene", "tienen", "hay", "puede", "fue", "está",
];
/// Words before the one that a question begins with.
const BEFORE: &[&str] = &["and", "but", "so", "then", "und", "et", "y"];

/// Whether a look-up asks why or how something is.
pub fn is_explained(what: &str) -> bool {
    let small = what.to_lowercase();
    let all: Vec<&str> = words(&small).skip_while(|w| BEFORE.contains(w)).take(2).collect();
    let how = all.len() == 2 && all[0] == "how" && HOW.contains(&all[1]);
    how || all.first().is_some_and(|first| WHY.contains(first)) || WHY_WITHIN.iter().any(|w| small.contains(w))
}

/// Whether a look-up is a question that is answered by yes or no.
pub fn is_whether(what: &str) -> bool {
    let small = what.to_lowercase();
    let first = words(&small).find(|w| !BEFORE.contains(w)).unwrap_or_default();
    let chinese = what.trim_end_matches(['？', '?', '。']).ends_with('吗') || what.contains("是否");
    // "A" begins a question in French only, and "was" one in German that wants to know what.
    let article = first == "a" && !small.contains("-t-");
    let what_is = first == "was" && Language::of(what) == Language::German;
    chinese || WHETHER.contains(&first) && !article && !what_is && words(&small).count() > 2
}

/// The line that answers `what`, a question after yes or no, if a page has one.
pub async fn quote(turn: &mut Turn<'_>, what: &str) -> anyhow::Result<Option<Quote>> {
    let sources = relevant(&speaking_of(&turn.chat.sources, what), what);
    let lines: Vec<Passage> = select(&sources, what, LINES).iter().flat_map(in_sentences).collect();
    // A line that has none but the names of the question says nothing of what is asked.
    let named: HashSet<String> = names_said(what).iter().flat_map(|name| terms(name)).collect();
    let wanted: HashSet<String> = terms(what).into_iter().filter(|term| !named.contains(term)).collect();
    let foreign = Language::of(what) != Language::English;
    let bears = |line: &Passage| {
        let title = turn.chat.sources.get(line.n - 1).map_or_else(Vec::new, |source| terms(&source.title));
        // A question in another language than the page shares no words with it.
        foreign || terms(&line.text).iter().any(|term| wanted.contains(term) && !title.contains(term))
    };
    let lines: Vec<Passage> = lines.into_iter().filter(bears).take(MOST).collect();
    if lines.is_empty() {
        return Ok(None);
    }
    let (mut prompt, mut page) = (String::new(), 0);
    for (i, line) in lines.iter().enumerate() {
        if line.n != page {
            page = line.n;
            let title = turn.chat.sources.get(page - 1).map_or("", |source| source.title.as_str());
            let _ = writeln!(prompt, "Page: {}", clip(title, 80));
        }
        let _ = writeln!(prompt, "{}. {}", i + 1, line.text);
    }
    let _ = write!(prompt, "Question: {what}");
    let numbers: Vec<String> = (1..=lines.len()).map(|i| format!("\"{i}\"")).collect();
    let lark = format!("start: \"none\" | ({}) (\" yes\" | \" no\")\n", numbers.join(" | "));
    let said = match turn.complete(QUOTE.ask(prompt, 8).constrained(Constraint::Lark(lark))).await {
        Ok(said) => said,
        Err(CompletionError::TooLong(_)) => return Ok(None),
        Err(other) => return Err(other.into()),
    };
    tracing::debug!("quoted for {what:?}: {said}");
    let mut said = said.split_whitespace();
    let place: Option<usize> = said.next().and_then(|number| number.parse().ok());
    let verdict = said.next().map(|word| word == "yes");
    let line = place.and_then(|place| lines.get(place.checked_sub(1)?));
    Ok(line.map(|line| Quote { page: line.n, line: line.text.clone(), verdict }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_answered_by_a_sentence() {
        for what in ["why was it shut in 2016?", "and how did they meet", "Warum schloss es?", "¿Por qué cerró?"] {
            assert!(is_explained(what) && !is_whether(what), "{what}");
        }
        for what in ["is it older than the mill", "Tiene más arcos que 12", "Hat das Museum montags offen?", "塔高吗？"]
        {
            assert!(is_whether(what) && !is_explained(what), "{what}");
        }
        for what in [
            "how many bells has it",
            "how long is it",
            "height of the mill",
            "a mill in Sund",
            "und was kostet es (Nuvo 2)",
        ] {
            assert!(!is_whether(what) && !is_explained(what), "{what}");
        }
    }
}
