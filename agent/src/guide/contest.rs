//! Which of two things has more of something, or less: told by their figures. The model only says which
//! way the question goes, and writes the sentence round names that are put in.

use super::named;
use crate::lead::Turn;
use crate::notebook::Fact;
use crate::prompts::CONTEST;
use polymath_chat::{Constraint, Provenance};
use polymath_quantity::text::is_cjk;
use std::cmp::Ordering;

/// Names of what is put into the sentence: the one that is asked for and its value, the other and its.
const ROLES: [&str; 4] = ["w", "w1", "l", "l1"];

/// The facts as a sentence about the one that is asked for needs them; `None` where the question
/// compares no two things.
pub async fn roles(turn: &mut Turn<'_>, facts: &[Fact]) -> anyhow::Result<Option<Vec<Fact>>> {
    let Some(facts) = outermost(turn, facts).await? else { return Ok(None) };
    let [a, b, rest @ ..] = facts.as_slice() else { return Ok(None) };
    let Some(order) = order(a, b).filter(|order| order.is_ne()) else { return Ok(None) };
    let (one, two) = names(&a.about, &b.about);
    let question = turn.asked.to_lowercase();
    if [&one, &two].iter().any(|name| name.is_empty() || !question.contains(&name.to_lowercase())) {
        return Ok(None);
    }
    let Some(wanted) = wanted(turn, a.date.is_some()).await? else { return Ok(None) };
    let ((winner, value), (loser, other)) = if order == wanted { ((one, a), (two, b)) } else { ((two, b), (one, a)) };
    let name = |name: &str, text: String, about: &str| Fact {
        name: name.to_owned(),
        about: about.to_owned(),
        text,
        number: None,
        date: None,
        provenance: Provenance::Given,
        others: Vec::new(),
    };
    let own = |name: &str, fact: &Fact| Fact { name: name.to_owned(), ..fact.clone() };
    let told = [
        name(ROLES[0], winner, "the one that is asked for"),
        own(ROLES[1], value),
        name(ROLES[2], loser, "the other one"),
        own(ROLES[3], other),
    ];
    Ok(Some(told.into_iter().chain(rest.iter().cloned()).collect()))
}

/// The facts with the greatest and the least first, where three or more of one kind are compared; `None` where the
/// question does not ask for one of them.
async fn outermost(turn: &mut Turn<'_>, facts: &[Fact]) -> anyhow::Result<Option<Vec<Fact>>> {
    const SEVERAL: usize = 3;
    let Some(first) = facts.first() else { return Ok(None) };
    let sourced = |fact: &&Fact| matches!(fact.provenance, Provenance::Sourced { .. });
    let alike = facts.iter().take_while(sourced).take_while(|fact| order(first, fact).is_some()).count();
    if alike < SEVERAL {
        return Ok(Some(facts.to_vec()));
    }
    let question = turn.asked.to_lowercase();
    let of_one = |i: usize| names(&facts[i].about, &facts[(i + 1) % alike].about).0;
    let named = (0..alike).map(of_one).all(|name| !name.is_empty() && question.contains(&name.to_lowercase()));
    if !named {
        return Ok(None);
    }
    let mut sorted: Vec<Fact> = facts[..alike].to_vec();
    sorted.sort_by(|a, b| order(b, a).unwrap_or(Ordering::Equal));
    let least = sorted.remove(alike - 1);
    sorted.insert(1, least);
    sorted.extend_from_slice(&facts[alike..]);
    Ok(Some(sorted))
}

/// Words that ask for the greater or for the lesser number, and for the later or the earlier date.
const MORE: &[&str] = &[
    "larger", "bigger", "greater", "higher", "taller", "longer", "deeper", "wider", "heavier", "faster", "more",
    "largest", "biggest", "greatest", "highest", "tallest", "longest", "deepest", "widest", "heaviest", "fastest",
    "furthest", "farthest", "most",
];
const LESS: &[&str] = &[
    "smaller", "lower", "shorter", "lighter", "slower", "cheaper", "less", "fewer", "smallest", "lowest", "shortest",
    "lightest", "slowest", "cheapest", "least", "fewest",
];
const LATER: &[&str] = &["newer", "younger", "later", "newest", "youngest", "latest"];
const EARLIER: &[&str] = &["older", "earlier", "first", "oldest", "earliest"];

/// Which way the question goes; `None` where it does not ask for one of the two.
async fn wanted(turn: &mut Turn<'_>, dates: bool) -> anyhow::Result<Option<Ordering>> {
    let question = turn.asked.to_lowercase();
    let says = |known: &[&str]| question.split(|c: char| !c.is_alphanumeric()).any(|w| known.contains(&w));
    let (up, down) = if dates { (LATER, EARLIER) } else { (MORE, LESS) };
    let asks = ["which", "who", "what", "is", "are", "was", "were"].iter().any(|w| says(&[*w]));
    // More for the money is less money for it.
    let worth = says(&["money", "value"]);
    // "Is A larger than B?" is answered by the one that is.
    let either = says(&["which", "who", "or"]) || says(&["than"]);
    match (says(up) && !worth, says(down) && !worth) {
        (true, false) if asks && either => return Ok(Some(Ordering::Greater)),
        (false, true) if asks && either => return Ok(Some(Ordering::Less)),
        _ => {}
    }
    let values = if dates { "dates" } else { "numbers" };
    let task = CONTEST.ask(format!("Values: {values}\nQuestion: {}", &turn.asked), 4);
    let ways = ["more", "less", "neither"].map(str::to_owned).to_vec();
    Ok(match turn.complete(task.constrained(Constraint::Choice(ways))).await?.as_str() {
        "more" => Some(Ordering::Greater),
        "less" => Some(Ordering::Less),
        _ => None,
    })
}

/// Whether a question asks which of two things has more or less of something: no sentence may say that which the figures
/// were not compared for.
pub fn compares(question: &str) -> bool {
    let small = question.to_lowercase();
    let says = |known: &[&str]| small.split(|c: char| !c.is_alphanumeric()).any(|word| known.contains(&word));
    says(&["which", "who", "welche", "welcher", "welches", "quel", "quelle", "lequel", "laquelle", "cuál", "qué"])
        && (says(MORE) || says(LESS) || says(LATER) || says(EARLIER) || says(super::plan::COMPARED))
}

/// Whether `fact` is only a name for the sentence, and no value that an answer has to give.
pub fn is_name(fact: &Fact) -> bool {
    [ROLES[0], ROLES[2]].contains(&fact.name.as_str())
}

/// The draft with names in braces, if it says it of the right one: the one that is asked for comes first,
/// and so does its value.
pub fn right(draft: &str, facts: &[Fact]) -> Option<String> {
    let [winner, _, loser, ..] = facts else { return Some(draft.to_owned()) };
    let draft = draft.replace(&winner.text, "{w}").replace(&loser.text, "{l}");
    let at = |role: &str| draft.find(&format!("{{{role}}}"));
    let before = |a: Option<usize>, b: Option<usize>| a.is_some() && b.is_none_or(|b| a < Some(b));
    let [w, w1, l, l1] = ROLES.map(at);
    let written = [&winner.text, &loser.text].iter().any(|name| draft.to_lowercase().contains(&name.to_lowercase()));
    (!written && before(w, l) && (l1.is_none() || before(w1, l1))).then_some(draft)
}

/// How two values of one kind stand to each other.
fn order(a: &Fact, b: &Fact) -> Option<Ordering> {
    match (a.number, b.number, &a.date, &b.date) {
        (_, _, Some(x), Some(y)) => Some(x.cmp(y)),
        // "29 locks" and "41": one page says what it counts, and the other one's line does.
        (Some(x), Some(y), None, None) if a.is_alike(b) || a.unit().is_empty() || b.unit().is_empty() => {
            x.partial_cmp(&y)
        }
        _ => None,
    }
}

/// What two descriptions do not have in common: `Lake Geneva` and `Lake Como` of "depth of Lake Geneva"
/// and "depth of Lake Como".
fn names(a: &str, b: &str) -> (String, String) {
    let words = |text: &str| -> Vec<String> {
        match text.chars().any(is_cjk) {
            true => text.chars().map(String::from).collect(),
            false => text.split_inclusive(' ').map(str::to_owned).collect(),
        }
    };
    let (x, y) = (words(a), words(b));
    let same = |(a, b): &(&String, &String)| a.trim().eq_ignore_ascii_case(b.trim());
    let mut front = x.iter().zip(&y).take_while(same).count();
    // A capital before the difference belongs to the name: Lake.
    while front > 0
        && x[front - 1].starts_with(char::is_uppercase)
        && !is_cjk(x[front - 1].chars().next().unwrap_or(' '))
    {
        front -= 1;
    }
    let mut back = x[front..].iter().rev().zip(y[front..].iter().rev()).take_while(same).count();
    // And so does one behind it: Ferry.
    while back > 0 && x[x.len() - back].starts_with(|c: char| c.is_uppercase() && !is_cjk(c)) {
        back -= 1;
    }
    let name = |words: &[String]| words[front..words.len() - back].concat().trim().to_owned();
    // "Post Museum" of the Post Museum of Clocks is not all of its name.
    let whole = |text: &str, part: String| {
        let names = named::names(text).into_iter();
        names.filter(|name| !part.is_empty() && name.starts_with(&part)).max_by_key(String::len).unwrap_or(part.clone())
    };
    (whole(a, name(&x)), whole(b, name(&y)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_what_differs() {
        let pair = |a: &str, b: &str| (a.to_owned(), b.to_owned());
        assert_eq!(
            names("capacity of Whinmoor Sound", "Capacity of Plover Bank"),
            pair("Whinmoor Sound", "Plover Bank")
        );
        assert_eq!(names("depth of Lake Geneva", "depth of Lake Como"), pair("Lake Geneva", "Lake Como"));
        assert_eq!(names("height of the mill of Ardun", "height of the tower of Ardun"), pair("mill", "tower"));
        assert_eq!(names("黄河的长度", "珠江的长度"), pair("黄河", "珠江"));
        assert_eq!(names("year of the Minna Ferry", "year of the Mosi Ferry"), pair("Minna Ferry", "Mosi Ferry"));
        assert_eq!(
            names("cost of the Post Museum of Clocks", "cost of the Chib Museum of Clocks"),
            pair("Post Museum of Clocks", "Chib Museum of Clocks")
        );
        assert_eq!(names("length", "length"), pair("", ""));
    }
}
