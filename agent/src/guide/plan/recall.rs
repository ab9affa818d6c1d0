//! Which of two things that were asked about one after the other has more: both values are at hand.

use super::signs::{COMPARED, is_drawn, says, words};
use super::{Step, swap};
use crate::evidence::terms;
use crate::guide::named;
use crate::notebook::{Chat, Fact, fact_name};
use polymath_chat::Provenance;

/// Words of such a question, at most.
const SHORT: usize = 14;
/// Words that ask for one of the two.
const ASKING: &[&str] =
    &["which", "who", "what", "welche", "welcher", "welches", "quel", "quelle", "lequel", "cuál", "哪"];
/// Words that such a question may have beside comparing ones and those of the questions before.
const EMPTY: &[&str] = &[
    "two", "both", "them", "these", "those", "one", "figure", "value", "number", "measure", "got", "get", "ha", "have",
    "wa", "is", "are", "were", "better", "best", "worse", "money", "so", "then", "now", "between",
];

/// The values of the last two questions, where they were the same question about two things and this one
/// compares them; with the question as it can be understood alone.
pub fn recalled(request: &str, chat: &Chat) -> Option<(Step, String)> {
    let [.., first, second] = chat.asked.as_slice() else { return None };
    let small = request.to_lowercase();
    let asks = says(&small, ASKING) && says(&small, COMPARED) && words(&small).count() <= SHORT;
    if !asks || is_drawn(&small) || !named::names(request).is_empty() {
        return None;
    }
    let (one, other) = swap::difference(&first.question, &second.question)?;
    let known = terms(&format!("{} {}", first.question, second.question));
    let says_no_more = |term: &String| {
        known.contains(term)
            || [COMPARED, ASKING, EMPTY].iter().any(|list| list.contains(&term.as_str()))
            || COMPARED.iter().any(|word| terms(word).contains(term))
    };
    if !terms(request).iter().all(says_no_more) {
        return None;
    }
    let facts = vec![first.fact.clone()?, second.fact.clone()?];
    let understood = format!("{} ({one} or {other}?)", request.trim_end_matches(['?', '.', '!', ' ']));
    Some((Step::Recall { facts }, understood))
}

/// How many times the greater of the last two values that were found is the smaller one, where that is
/// asked.
pub fn ratio(request: &str, chat: &Chat) -> Option<Step> {
    const RATIO: &[&str] = &[
        "ratio",
        "how many times",
        "times as much",
        "times as many",
        "verhältnis",
        "rapport",
        "proporción",
        "几倍",
        "多少倍",
    ];
    let small = request.to_lowercase();
    if !says(&small, RATIO) || words(&small).count() > SHORT || !named::names(request).is_empty() {
        return None;
    }
    let found = |fact: &&Fact| matches!(fact.provenance, Provenance::Sourced { .. });
    let mut found = chat.facts.iter().rev().filter(found);
    let (second, first) = (found.next()?, found.next()?);
    let (a, b) = (first.number?, second.number?);
    if first.unit() != second.unit() || first.date.is_some() || a == 0.0 || b == 0.0 {
        return None;
    }
    let (more, less) = if a >= b { (first, second) } else { (second, first) };
    let (name, expression) = (fact_name(chat.facts.len()), format!("{} / {}", more.name, less.name));
    Some(Step::Calc { name, expression })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::notebook::Asked;

    #[track_caller]
    fn check(request: &str, want: Option<&str>) {
        let mut chat = Chat::new("c");
        let asked = |question: &str, fact: &str| Asked {
            question: question.into(),
            fact: Some(fact.into()),
            ..Asked::default()
        };
        chat.asked = vec![
            asked("What did the Post Hotel cost per room?", "c"),
            asked("What did the Adler Hotel cost per room?", "f"),
        ];
        let got = recalled(request, &chat).map(|(step, understood)| format!("{step} {understood}"));
        assert_eq!(got.as_deref(), want);
    }

    #[test]
    fn two_values_at_hand_are_compared() {
        check(
            "so which is cheaper per room?",
            Some("recall(c, f) so which is cheaper per room (Post Hotel or Adler Hotel?)"),
        );
        check(
            "Which of the two was cheaper by that measure?",
            Some("recall(c, f) Which of the two was cheaper by that measure (Post Hotel or Adler Hotel?)"),
        );
        check("Which of them was opened earlier?", None);
        check("which is cheaper, the Post Hotel or the Ritz?", None);
    }
}
