//! Look-ups of something that is only described, in two: what that is, and what is asked of it.

use super::grammar;
use super::lookup::compared_property;
use super::signs::says;
use super::steps::Step;
use crate::evidence::terms;
use crate::guide::{named, roles};
use crate::lead::Turn;
use crate::notebook::{Chat, fact_name};
use crate::prompts::HOPS;
use polymath_chat::{CompletionError, Constraint};
use polymath_quantity::text::is_cjk;
use std::collections::HashSet;

/// Tokens of the two questions.
const LONGEST: usize = 80;
/// Words beside names that a description and what is asked of it have, at least.
const WORDS: usize = 2;

/// Look-ups about somebody or something that has to be found first, in two steps: the first has the other's name with
/// an `h`.
pub async fn in_hops(turn: &mut Turn<'_>, steps: Vec<Step>) -> anyhow::Result<Vec<Step>> {
    let mut all = Vec::new();
    // Described, and the name that it has in the plan.
    let mut known: Vec<(String, String)> = Vec::new();
    let mut plain: HashSet<String> = HashSet::new();
    for step in steps {
        let Step::Find { name, what } = step else {
            all.push(step);
            continue;
        };
        let first = format!("{name}h");
        let described = roles::hops(&what, &first).or_else(|| superlative(&what, &first));
        let pair = match described.filter(|_| !what.contains('{')) {
            Some(pair) => Some(pair),
            // The same of another year is one step as well.
            None if may_describe(&what) && !plain.contains(&without_digits(&what)) => hops(turn, &what, &first).await?,
            None => None,
        };
        if pair.is_none() {
            plain.insert(without_digits(&what));
        }
        let what = match pair {
            Some((described, asked)) => match known.iter().find(|(before, _)| is_same(before, &described)) {
                Some((_, name)) => asked.replace(&format!("{{{first}}}"), &format!("{{{name}}}")),
                None => {
                    known.push((described.clone(), first.clone()));
                    all.push(Step::Find { name: first, what: described });
                    asked
                }
            },
            None => what,
        };
        known.push((what.clone(), name.clone()));
        all.push(Step::Find { name, what });
    }
    Ok(all)
}

/// Whether two descriptions are of the same thing to the word.
fn is_same(one: &str, other: &str) -> bool {
    let plain = |text: &str| text.to_lowercase().trim_start_matches("the ").to_owned();
    plain(one) == plain(other)
}

/// A thing that is described first and asked about then, in two steps: "The person who runs the Ost Mill, where was she born?"
pub fn described_first(request: &str, chat: &Chat) -> Option<Vec<Step>> {
    const PERSONS: [&str; 5] = ["the person who ", "the man who ", "the woman who ", "the one who ", "whoever "];
    const THINGS: [&str; 7] =
        ["the company ", "the firm ", "the town ", "the city ", "the village ", "the river ", "the brand "];
    const ASKING: [&str; 11] = ["in", "on", "at", "from", "where", "when", "how", "what", "which", "who", "since"];
    const PRONOUNS: [&str; 6] = ["she", "he", "it", "they", "him", "them"];
    const OWN: [&str; 4] = ["her", "his", "its", "their"];
    let sentence = request.trim_end_matches(['?', ' ', '.']);
    let sentence = sentence.rsplit_once(". ").map_or(sentence, |(_, last)| last).trim();
    let (front, back) = sentence.split_once(", ")?;
    let small = front.to_lowercase();
    let described = match PERSONS.iter().find(|opening| small.starts_with(**opening)) {
        Some(opening) => format!("who {}", front.get(opening.len()..)?),
        None => THINGS.iter().any(|opening| small.starts_with(opening)).then(|| front.to_owned())?,
    };
    let name = fact_name(chat.facts.len());
    let mut replaced = 0;
    let asked: Vec<String> = back
        .split(' ')
        .map(|word| {
            let own = OWN.contains(&word);
            replaced += usize::from(own || PRONOUNS.contains(&word));
            match (own, PRONOUNS.contains(&word)) {
                (true, _) => format!("{{{name}h}}'s"),
                (_, true) => format!("{{{name}h}}"),
                _ => word.to_owned(),
            }
        })
        .collect();
    let asks = back.split(' ').next().is_some_and(|first| ASKING.contains(&first));
    let apart = !named::names_said(front).is_empty() && named::names_said(back).is_empty();
    let first = Step::Find { name: format!("{name}h"), what: described };
    (asks && apart && replaced == 1).then(|| vec![first, Step::Find { name: name.clone(), what: asked.join(" ") }])
}

fn without_digits(what: &str) -> String {
    what.chars().filter(|c| !c.is_ascii_digit()).collect()
}

/// Whether a name of the plan's is that of a thing that is looked up to be asked about.
pub fn is_hop(name: &str) -> bool {
    name.len() > 1 && name.ends_with('h')
}

/// Whether the thing may be described by another: there is a name, and more said than one property, and no two things are
/// compared.
fn may_describe(what: &str) -> bool {
    const COMPARING: &[&str] = &["or", "than", "oder", "ou", "als", "versus", "vs"];
    let names = named::names_said(what);
    let named: HashSet<String> = names.iter().flat_map(|name| terms(name)).collect();
    let rest = terms(what).into_iter().filter(|term| !named.contains(term)).count();
    let compares = says(&what.to_lowercase(), COMPARING);
    !compares && !names.is_empty() && rest >= WORDS && !what.contains(['{', '"']) && !what.chars().any(is_cjk)
}

/// The two questions of one, as the model tells them: what is meant, and what is asked of `{first}`.
async fn hops(turn: &mut Turn<'_>, what: &str, first: &str) -> anyhow::Result<Option<(String, String)>> {
    let lark = grammar::hops(what);
    let text = match turn.complete(HOPS.ask(what.to_owned(), LONGEST).constrained(Constraint::Lark(lark))).await {
        Ok(text) => text,
        Err(CompletionError::TooLong(_)) => return Ok(None),
        Err(other) => return Err(other.into()),
    };
    tracing::debug!("hops of {what:?}: {text:?}");
    Ok(two(&text, what).map(|(described, asked)| (described, asked.replace("{a}", &format!("{{{first}}}")))))
}

/// The two questions, if together they ask what `what` asks, and the first describes a thing by one with a name.
fn two(text: &str, what: &str) -> Option<(String, String)> {
    let (described, asked) = text.strip_prefix("a: ")?.split_once("\nthen: ")?;
    let of = |text: &str| -> HashSet<String> { terms(text).into_iter().collect() };
    let (front, rest, all) = (of(described), of(&asked.replace("{a}", "")), of(what));
    let names: HashSet<String> = named::names_said(described).iter().flat_map(|name| terms(name)).collect();
    let whole = all.iter().all(|term| front.contains(term) || rest.contains(term));
    // "The Lanner Prize for maps" is called so, and not described.
    let called = named::names_said(described).first().is_some_and(|name| {
        let start = described.strip_prefix("the ").or_else(|| described.strip_prefix("The ")).unwrap_or(described);
        start.starts_with(name.as_str()) && !start[name.len()..].starts_with(['\'', '’'])
    });
    let describes = !names.is_empty() && front.iter().any(|term| !names.contains(term)) && !called;
    let once = asked.matches("{a}").count() == 1 && front.is_disjoint(&rest) && !rest.is_empty();
    (whole && describes && once).then(|| (described.to_owned(), asked.to_owned()))
}

/// "who first climbed the highest mountain of the Olm Range": the mountain that is, and who climbed it. The height of
/// the highest one is no second question: it is told where that one is.
fn superlative(what: &str, name: &str) -> Option<(String, String)> {
    /// What stands before a thing that is asked for itself.
    const ITSELF: [&str; 12] =
        ["which", "what", "who", "is", "was", "are", "were", "name", "of", "the", "called", "named"];
    let at =
        what.match_indices(" the ").map(|(at, _)| at).find(|at| superlative_property(&what[at + 5..]).is_some())?;
    let (front, thing) = (&what[..at], &what[at + 5..]);
    let property = superlative_property(thing)?;
    let of_it = |word: &str| compared_property(word).is_some_and(|(own, _)| own == property) || word == property;
    let asks = front.split(' ').map(str::to_lowercase).filter(|word| !ITSELF.contains(&word.as_str()));
    let mut asks = asks.peekable();
    let asked = asks.peek().is_some() && !asks.any(|word| of_it(&word));
    // "... of the oldest bridge in Sund built": what stands behind the thing is asked of it.
    let last = named::names(thing).into_iter().last()?;
    let end = thing.rfind(&last)? + last.len();
    // "In the Olm range": a name may have a small word behind it.
    const HEADS: &[&str] = &[
        "range",
        "mountains",
        "hills",
        "river",
        "valley",
        "region",
        "district",
        "county",
        "province",
        "lake",
        "island",
        "islands",
        "park",
        "coast",
        "area",
        "bay",
        "basin",
        "canal",
        "sea",
        "railway",
        "line",
        "street",
        "square",
        "festival",
        "league",
    ];
    let next = thing[end..].trim_start().split(' ').next().unwrap_or_default();
    let end = if HEADS.contains(&next) { thing[end..].find(next).map_or(end, |at| end + at + next.len()) } else { end };
    let (thing, behind) = thing.split_at(end);
    let whole = thing.split(' ').count() >= 3 && !what.contains('{') && behind.split(' ').count() <= 3;
    (asked && whole).then(|| (thing.to_owned(), format!("{front} {{{name}}}{behind}")))
}

/// By what a thing that is called "oldest bridge" or "most visited museum" is the first of all.
fn superlative_property(thing: &str) -> Option<&'static str> {
    let mut words = thing.split(' ');
    match words.next()? {
        "most" => words.next().filter(|word| word.ends_with("ed") || word.ends_with("ar")).map(|_| "number"),
        word => compared_property(word).filter(|_| word.ends_with("est")).map(|(property, _)| property),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_questions_ask_what_one_asked() {
        let what = "in which town was the head of the Olm Station born";
        let told = |text: &str| two(text, what).is_some();
        assert!(told("a: the head of the Olm Station\nthen: in which town was {a} born"));
        let prize = |text: &str| two(text, "who won the Olm Prize for maps in 2021").is_some();
        assert!(!prize("a: the Olm Prize for maps\nthen: who won {a} in 2021"));
        // Something is lost, said twice, or named and not described.
        assert!(!told("a: the head of the Olm Station\nthen: when was {a} born"));
        assert!(!told("a: the head of the Olm Station\nthen: in which town was {a} of the Station born"));
        assert!(!told("a: the Olm Station\nthen: in which town was {a} head born"));
        assert!(!told("one step"));
    }

    #[test]
    fn what_is_described_first_is_found_first() {
        let told = |request: &str| {
            let steps = described_first(request, &Chat::new("c"))?;
            Some(steps.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))
        };
        assert_eq!(
            told("It is for a quiz. The person who runs the Olm Station today, in which town was she born?").as_deref(),
            Some("ah = find(who runs the Olm Station today); a = find(in which town was {ah} born)")
        );
        assert_eq!(
            told("The firm behind the Petrel 4, what is its turnover?").as_deref(),
            Some("ah = find(The firm behind the Petrel 4); a = find(what is {ah}'s turnover)")
        );
        assert_eq!(told("The Olm Station, who runs it?"), None);
        assert_eq!(told("The person who runs the Olm Station, how old is she and where does she live?"), None);
    }

    #[test]
    fn one_property_of_a_named_thing_is_one_step() {
        assert!(may_describe("in which town was the head of the Olm Station born"));
        assert!(may_describe("city of the company behind the Petrel 4"));
        assert!(!may_describe("which holds more water, the Olm Lake or the Sund Lake"));
        assert!(!may_describe("height of Mount Kenya") && !may_describe("price of tea in winter"));
    }

    #[test]
    fn the_first_of_all_is_found_first() {
        let told = |what: &str| superlative(what, "h").map(|(described, asked)| format!("{described}; {asked}"));
        for (what, two) in [
            (
                "Who was the first to climb the highest mountain in the Olm Range",
                "highest mountain in the Olm Range; Who was the first to climb {h}",
            ),
            ("who owns the longest boat on the Olm river", "longest boat on the Olm river; who owns {h}"),
            ("when was the oldest bridge over the Penn built", "oldest bridge over the Penn; when was {h} built"),
            ("who directs the most visited museum of Sund", "most visited museum of Sund; who directs {h}"),
        ] {
            assert_eq!(told(what).as_deref(), Some(two), "{what}");
        }
        for what in [
            "height of the highest mountain in the Olm Range",
            "How high is the highest mountain in the Olm Range",
            "which is the oldest bridge over the Penn",
            "name of the largest lake of Sund",
            "who directs the museum of Sund",
        ] {
            assert_eq!(told(what), None, "{what}");
        }
    }
}
