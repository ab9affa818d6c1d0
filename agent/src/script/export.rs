//! A conversation as a script that does it again for another subject.

use super::names::is_name;
use crate::session::SessionRecord;
use polymath_chat::Event;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

/// Words of a subject, at most.
const LONGEST: usize = 5;

/// The script of a conversation: its answered questions, one after the other, with what most of them
/// are about as a variable. Where its questions have no name in common there is no variable.
pub fn script_of(record: &SessionRecord) -> String {
    let answered = record.events.iter().filter(|e| matches!(e.event, Event::Answer { .. })).map(|e| e.turn);
    let turns: BTreeSet<u32> = answered.collect();
    let questions: Vec<&str> = turns.iter().flat_map(|turn| asked(record, *turn)).collect();
    let subject = subject(&questions);
    let variable = subject.as_ref().map_or_else(String::new, |name| variable(&questions, name));
    let filled = |text: &str| {
        // What stands in a question is no template.
        let text = text.replace("{{", "{ {").replace("{%", "{ %").replace("{#", "{ #");
        subject.as_ref().map_or(text.clone(), |name| text.replace(name.as_str(), &format!("{{{{ {variable} }}}}")))
    };
    let mut script = String::new();
    let quoted = |text: &str| toml::Value::from(text).to_string();
    let _ = writeln!(script, "# From the conversation {}.", record.info.id);
    let _ = writeln!(script, "title = {}", quoted(&filled(&record.info.title)));
    if let Some(name) = &subject {
        let _ = writeln!(script, "\n[vars]\n{variable} = {}", quoted(name));
    }
    let files: Vec<String> = record.chat.files.iter().map(|path| path.display().to_string()).collect();
    if !files.is_empty() {
        script.push_str("\n[files]\n");
        for (number, path) in files.iter().enumerate() {
            let _ = writeln!(script, "file_{} = {}", number + 1, quoted(path));
        }
    }
    for (number, question) in questions.iter().enumerate() {
        let _ = writeln!(script, "\n[steps.question_{}]\nask = {}", number + 1, quoted(&filled(question)));
        match number {
            0 if !files.is_empty() => {
                let names: Vec<String> = (1..=files.len()).map(|n| format!("\"file_{n}\"")).collect();
                let _ = writeln!(script, "tables = [{}]", names.join(", "));
            }
            0 => {}
            _ => {
                let _ = writeln!(script, "follows = \"question_{number}\"");
            }
        }
    }
    script
}

/// A turn's question, and what was said while it was answered: a question that goes on with it.
fn asked(record: &SessionRecord, turn: u32) -> impl Iterator<Item = &str> {
    let said = record.events_of(turn).filter_map(|event| match event {
        Event::Said { text } => Some(text.as_str()),
        _ => None,
    });
    std::iter::once(record.question(turn)).chain(said).map(str::trim).filter(|text| !text.is_empty())
}

/// The name that most questions have, the longest of those: words in a row that are written with
/// capitals or figures. One that only begins a sentence is none, nor one of a single question.
fn subject(questions: &[&str]) -> Option<String> {
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    for question in questions {
        let names: BTreeSet<String> = names(question).into_iter().collect();
        names.into_iter().for_each(|name| *counts.entry(name).or_default() += 1);
    }
    let least = if questions.len() == 1 { 1 } else { 2 };
    let best = counts.into_iter().filter(|(_, n)| *n >= least);
    best.max_by_key(|(name, n)| (*n, name.chars().count())).map(|(name, _)| name)
}

/// What the variable is called: as a question calls the subject ("the company Brightwater Foods"), or `subject`.
fn variable(questions: &[&str], subject: &str) -> String {
    let said = questions.iter().flat_map(|question| question.match_indices(subject).map(|(at, _)| &question[..at]));
    let kind = said.into_iter().find_map(|before| {
        let mut words = before.split_whitespace().rev();
        let kind = words.next().filter(|word| word.len() > 2 && word.chars().all(|c| c.is_ascii_lowercase()))?;
        words.next().filter(|word| word.eq_ignore_ascii_case("the")).map(|_| kind.to_owned())
    });
    kind.filter(|kind| is_name(kind) && kind != "item").unwrap_or_else(|| "subject".to_owned())
}

fn names(question: &str) -> Vec<String> {
    let bare = |word: &str| {
        let word = word.trim_matches(|c: char| !c.is_alphanumeric());
        let own = ["'s", "’s"].iter().find_map(|s| word.strip_suffix(s)).unwrap_or(word);
        own.to_owned()
    };
    let words: Vec<&str> = question.split_whitespace().collect();
    let named = |word: &str| bare(word).starts_with(|c: char| c.is_uppercase());
    let mut found = Vec::new();
    for start in 0..words.len() {
        let begins = start == 0 || words[start - 1].ends_with(['.', '?', '!', ':']);
        let more = words.get(start + 1).is_some_and(|word| named(word));
        if !named(words[start]) || begins && !more {
            continue;
        }
        for end in start + 1..=(start + LONGEST).min(words.len()) {
            let inner = |word: &&str| {
                named(word) && !word.ends_with([',', '.', '?', '!', ':', ';', ')']) && bare(word) == **word
            };
            if !named(words[end - 1]) || !words[start..end - 1].iter().all(inner) {
                break;
            }
            let name: Vec<String> = words[start..end].iter().map(|word| bare(word)).collect();
            // The first word of a sentence has a capital whatever it is.
            if !(begins && end == start + 1) {
                found.push(name.join(" "));
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(questions: &[&str], want: Option<&str>) {
        assert_eq!(subject(questions).as_deref(), want);
    }

    #[test]
    fn the_subject_is_what_the_questions_name() {
        check(
            &[
                "Collect Brightwater Foods's funding rounds into a table",
                "Estimate the valuations of Series A and B",
                "Draw a picture that represents the company Brightwater Foods",
            ],
            Some("Brightwater Foods"),
        );
        let called = |questions: &[&str]| variable(questions, "Brightwater Foods");
        assert_eq!(called(&["What is Brightwater Foods?", "Draw the company Brightwater Foods"]), "company");
        assert_eq!(called(&["How old is the Brightwater Foods shop?", "the 2 Brightwater Foods"]), "subject");
        check(&["How high is the Ostermann Tower?", "When was it built?"], None);
        check(&["How high is the Ostermann Tower?"], Some("Ostermann Tower"));
        check(&["what is 2 + 2?", "and times three?"], None);
        check(&["How long is the Elbe?", "Where does the Elbe rise?", "Compare it with the Rhine"], Some("Elbe"));
    }
}
