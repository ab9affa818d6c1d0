//! Comparisons with what is at hand: "how much taller is it than the Ost Tower?", "when was the taller one built?".

use super::Step;
use super::lookup::compared_property;
use super::signs::{COMPARED, LEAST, MOST, PERCENT, asks_how_much_more, says, words};
use crate::guide::named;
use crate::notebook::{Chat, Fact, fact_name};
use polymath_chat::Provenance;
use polymath_quantity::read;

/// Words of such a question, at most.
const SHORT: usize = 18;
/// Words for what was spoken of.
const POINTING: &[&str] = &["it", "that", "this", "he", "she", "er", "sie", "es", "il", "elle", "él", "ella", "its"];
/// Words behind which stands what something is compared with.
const THAN: &[&str] = &["than", "als", "que", "to", "with"];
/// Comparing words for the smaller figure.
const LESS: &[&str] = &[
    "smaller",
    "lower",
    "shorter",
    "cheaper",
    "lighter",
    "slower",
    "older",
    "earlier",
    "oldest",
    "smallest",
    "lowest",
    "shortest",
    "cheapest",
    "lightest",
    "slowest",
    "earliest",
    "kleinere",
    "niedrigere",
    "kürzere",
    "ältere",
    "billigere",
];

/// Several named things by a measure of each per something: a table of both, and one by the other.
pub fn rates(request: &str, chat: &Chat) -> Option<Vec<Step>> {
    /// Words of a measure, at most: "yearly running costs".
    const NEAR: usize = 3;
    let small = request.to_lowercase();
    let all: Vec<&str> = words(&small).collect();
    let per = all.iter().position(|word| *word == "per")?;
    let compared = |word: &&str| COMPARED.contains(word) || MOST.contains(word) || LEAST.contains(word);
    let from =
        all[..per].iter().rposition(compared).map(|at| at + 1).filter(|from| *from < per && per - from <= NEAR)?;
    let (measure, by) = (all[from..per].join(" "), *all.get(per + 1)?);
    let is_unit = read(&format!("1 {by}")).unit.is_some();
    if named::list(request).len() < 2 || is_unit || ["year", "month", "day", "week"].contains(&by) {
        return None;
    }
    let capital =
        |text: &str| text.chars().take(1).flat_map(char::to_uppercase).chain(text.chars().skip(1)).collect::<String>();
    let counted = format!("Number of {by}{}", if by.ends_with('s') { "" } else { "s" });
    let (table, result) = (format!("t{}", chat.tables.len() + 1), format!("t{}", chat.tables.len() + 2));
    let down = if LESS.contains(&all[from - 1]) || LEAST.contains(&all[from - 1]) { "" } else { " DESC" };
    let value = capital(&measure);
    let query = format!(
        "SELECT \"Name\", \"{value}\" * 1.0 / \"{counted}\" AS \"{value} per {by}\" FROM {table} ORDER BY 2{down}"
    );
    let columns = vec!["Name".to_owned(), value, counted];
    let things = format!("{measure} per {by}");
    Some(vec![Step::Collect { name: table, things, columns }, Step::Sql { name: result, query }])
}

/// The last value that was found against the same of another thing, which the request names.
pub fn against(request: &str, chat: &Chat) -> Option<Vec<Step>> {
    let small = request.to_lowercase();
    let asks = asks_how_much_more(&small) && words(&small).any(|w| POINTING.contains(&w));
    let [name] = <[String; 1]>::try_from(named::names(request)).ok()?;
    let (fact, own) = chat.facts.iter().rev().find_map(|fact| Some((fact, thing_of(fact)?)))?;
    let measured = fact.number.is_some() && fact.date.is_none();
    if !asks || !measured || words(&small).count() > SHORT || fact.about.contains(&name) || !is_of(&small, fact) {
        return None;
    }
    let (other, result) = (fact_name(chat.facts.len()), fact_name(chat.facts.len() + 1));
    let what = fact.about.replacen(own.as_str(), &name, 1);
    let before = &small[..small.find(&name.to_lowercase())?];
    let behind = ends_with(before, THAN);
    let (a, b) = if behind { (&fact.name, &other) } else { (&other, &fact.name) };
    let expression = match says(&small, PERCENT) || small.contains('%') {
        true => format!("({a} - {b}) / {b} in percent"),
        false => format!("{a} - {b}"),
    };
    Some(vec![Step::Find { name: other.clone(), what }, Step::Calc { name: result, expression }])
}

/// "The taller one" with the name of the one of the last two things that it is.
pub fn of_the_greater(request: &str, chat: &Chat) -> Option<String> {
    let small = request.to_lowercase();
    if small.len() != request.len() || !named::names_said(request).is_empty() {
        return None;
    }
    let all: Vec<&str> = small.split_whitespace().collect();
    let bare = |word: &str| word.trim_matches(|c: char| !c.is_alphanumeric()).to_owned();
    let at = all.windows(3).position(|w| {
        ["the", "der", "die", "das"].contains(&w[0])
            && compared_property(w[1]).is_some()
            && ["one", "of"].contains(&bare(w[2]).as_str())
    })?;
    let of_two = bare(all[at + 2]) == "of";
    let rest: Vec<String> = all[at + 3..].iter().map(|w| bare(w)).collect();
    let known: &[&[&str]] = &[&["the", "two"], &["them"], &["these"], &["those"], &["these", "two"]];
    let length = match of_two {
        false => 3,
        true => 3 + known.iter().filter(|k| rest.iter().take(k.len()).eq(k.iter())).map(|k| k.len()).max()?,
    };
    let word = all[at + 1];
    let mut found = chat.facts.iter().rev().filter(|f| is_of(word, f)).filter_map(|f| Some((f, thing_of(f)?)));
    let (second, its) = found.next()?;
    let (first, own) = found.find(|(_, name)| *name != its)?;
    let (a, b) = (value(first)?, value(second)?);
    if !first.is_alike(second) || first.date.is_some() != second.date.is_some() || a == b {
        return None;
    }
    let name = if (a < b) == LESS.contains(&word) { own } else { its };
    // The words themselves, as they stand in the request.
    let start = all[at].as_ptr() as usize - small.as_ptr() as usize;
    let last = all[at + length - 1];
    let end = last.as_ptr() as usize - small.as_ptr() as usize + last.trim_end_matches(['?', '.', '!', ',']).len();
    Some(format!("{}the {name}{}", &request[..start], &request[end..]))
}

/// What a found value is of, where that is one thing with a name.
fn thing_of(fact: &Fact) -> Option<String> {
    let found = matches!(fact.provenance, Provenance::Sourced { .. });
    let [name] = <[String; 1]>::try_from(named::names(&fact.about)).ok().filter(|_| found)?;
    Some(name)
}

/// Whether a comparison is in what a fact is of: "taller" in heights. "More" says nothing of what.
fn is_of(comparison: &str, fact: &Fact) -> bool {
    let properties: Vec<_> = words(comparison).filter_map(compared_property).collect();
    let about = fact.about.to_lowercase();
    properties.iter().all(|(property, forms)| {
        let tall = *property == "length" && comparison.contains("short") && says(&about, &["height", "tall", "high"]);
        about.contains(property) || says(&about, forms) || tall || fact.date.is_some() && *property == "year of opening"
    })
}

fn value(fact: &Fact) -> Option<f64> {
    match &fact.date {
        Some(date) => date.get(..4)?.parse().ok(),
        None => fact.number,
    }
}

/// Whether a text's last word, but for articles, is one of these.
fn ends_with(text: &str, known: &[&str]) -> bool {
    const ARTICLES: &[&str] = &["the", "der", "die", "das", "dem", "den", "la", "le", "el"];
    let all: Vec<&str> = words(text).filter(|w| !ARTICLES.contains(w)).collect();
    all.last().is_some_and(|w| known.contains(w))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chat(facts: &[(&str, &str, f64)]) -> Chat {
        let mut chat = Chat::new("c");
        for (about, text, number) in facts {
            let provenance = Provenance::Sourced { url: String::new(), title: String::new(), quote: String::new() };
            let (name, date) = (String::new(), None);
            let (about, text) = ((*about).to_owned(), (*text).to_owned());
            chat.add_fact(Fact { name, about, text, number: Some(*number), date, provenance, others: Vec::new() });
        }
        chat
    }

    #[test]
    fn things_are_compared_by_a_rate() {
        let plan = |request: &str| {
            rates(request, &Chat::new("c"))
                .map(|steps| steps.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))
        };
        assert_eq!(
            plan("the Ost Band and the Sund Choir - which has the larger budget per singer and how much is it")
                .as_deref(),
            Some(
                "t1 = collect(budget per singer: Name, Budget, Number of singers); t2 = sql(SELECT \"Name\", \"Budget\" * 1.0 / \"Number of singers\" AS \"Budget per singer\" FROM t1 ORDER BY 2 DESC)"
            )
        );
        assert_eq!(plan("Which is larger, the Ost Band or the Sund Choir?"), None);
        assert_eq!(plan("Which uses less power per hour, the Ost Lamp or the Sund Lamp?"), None);
        assert_eq!(plan("Which has the larger budget per singer?"), None);
    }

    #[test]
    fn what_is_at_hand_is_compared() {
        let chat = chat(&[("How tall is the Varn Tower", "41.5 m", 41.5)]);
        let plan = |request: &str| {
            Some(against(request, &chat)?.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))
        };
        let want = |expression: &str| Some(format!("b = find(How tall is the Chib Tower); c = calc({expression})"));
        assert_eq!(plan("How much taller is it than the Chib Tower?"), want("a - b"));
        assert_eq!(plan("By how many percent is it taller than the Chib Tower?"), want("(a - b) / b in percent"));
        assert_eq!(plan("How much heavier is it than the Chib Tower?"), None);
        assert_eq!(plan("How tall is the Chib Tower?"), None);
    }

    #[test]
    fn the_taller_one_has_a_name() {
        let chat =
            chat(&[("How tall is the Varn Tower", "41.5 m", 41.5), ("How tall is the Chib Tower", "33 metres", 33.0)]);
        let named = |request: &str| of_the_greater(request, &chat);
        assert_eq!(named("when was the taller one built?").as_deref(), Some("when was the Varn Tower built?"));
        assert_eq!(named("Who built the shorter one?").as_deref(), Some("Who built the Chib Tower?"));
        assert_eq!(named("who built the taller of the two?").as_deref(), Some("who built the Varn Tower?"));
        assert_eq!(named("who built the heavier one?"), None);
        assert_eq!(named("is the Ost Tower the taller one?"), None);
    }
}
