//! How old somebody got: no page says it, the days of birth and death do.

use super::Step;
use super::signs::{says, words};
use crate::guide::named;
use crate::notebook::{Chat, fact_name};
use polymath_chat::Provenance;

/// Words of such a question, at most.
const SHORT: usize = 14;
/// Asking for an age, and for the whole of a life.
const AGE: &[&str] =
    &["how old", "what age", "which age", "wie alt", "welchem alter", "quel âge", "qué edad", "多大", "几岁"];
const ENDED: &[&str] = &[
    "die",
    "died",
    "dies",
    "death",
    "get",
    "live",
    "lived",
    "reach",
    "passed",
    "wurde",
    "gestorben",
    "starb",
    "tod",
    "mort",
    "morte",
    "décédé",
    "décédée",
    "murió",
    "falleció",
    "去世",
    "死",
];
const LIVED: &[&str] =
    &["how long did", "wie lange lebte", "combien de temps a vécu", "cuántos años vivió", "活了", "享年"];
const LIFE: &[&str] = &["live", "lived", "lebte", "vécu", "vivió", "活了", "享年"];

/// The look-ups of both days and the years between them, where somebody's age at the end is asked for.
pub fn at_death(request: &str, chat: &Chat) -> Option<Vec<Step>> {
    let small = request.to_lowercase();
    let asks = says(&small, AGE) && says(&small, ENDED) || says(&small, LIVED) && says(&small, LIFE);
    // "When the mill was built" asks for another day.
    let when = words(&small).any(|w| ["when", "als"].contains(&w)) && !says(&small, &["died", "death", "starb"]);
    if !asks || when || words(&small).count() > SHORT {
        return None;
    }
    let names = named::names(request);
    let who = match names.as_slice() {
        [name] => name.clone(),
        [] => spoken_of(chat)?,
        _ => return None,
    };
    let name = |i: usize| fact_name(chat.facts.len() + i);
    let expression = format!("{} - {} in years", name(1), name(0));
    Some(vec![
        Step::Find { name: name(0), what: format!("date of birth of {who}") },
        Step::Find { name: name(1), what: format!("date of death of {who}") },
        Step::Calc { name: name(2), expression },
    ])
}

/// Who was spoken of last: somebody whose name was found, or whom a question named.
fn spoken_of(chat: &Chat) -> Option<String> {
    let fact = chat.facts.iter().rev().find(|f| matches!(f.provenance, Provenance::Sourced { .. }))?;
    let named = fact.number.is_none() && fact.date.is_none() && fact.text.split(' ').count() > 1;
    let is_name = named && named::names_said(&fact.text).first().is_some_and(|name| *name == fact.text);
    match is_name {
        true => Some(fact.text.clone()),
        false => <[String; 1]>::try_from(named::names_said(&fact.about)).ok().map(|[name]| name),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::notebook::Fact;

    #[test]
    fn an_age_is_of_two_days() {
        let mut chat = Chat::new("c");
        let provenance = Provenance::Sourced { url: String::new(), title: String::new(), quote: String::new() };
        let (about, text) = ("who designed the mill".to_owned(), "Ann Bo".to_owned());
        chat.add_fact(Fact {
            name: String::new(),
            about,
            text,
            number: None,
            date: None,
            provenance,
            others: Vec::new(),
        });
        let plan = |request: &str| {
            Some(at_death(request, &chat)?.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))
        };
        let want = |who: &str| {
            Some(format!(
                "b = find(date of birth of {who}); c = find(date of death of {who}); d = calc(c - b in years)"
            ))
        };
        assert_eq!(plan("How old did she get?"), want("Ann Bo"));
        assert_eq!(plan("At what age did Veit Ulm die?"), want("Veit Ulm"));
        assert_eq!(plan("How old was she when the mill was built?"), None);
        assert_eq!(plan("How old is the mill?"), None);
    }
}
