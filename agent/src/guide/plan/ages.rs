//! How old somebody got: no page says it, the days of birth and death do.

use super::Step;
use super::signs::{says, words};
use crate::guide::named;
use crate::guide::roles::is_of_person;
use crate::notebook::{Chat, Fact, fact_name};
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

/// The look-ups of the day of birth and of the day of an event, and the years between them, where somebody's age at it is
/// asked for: when she took up that post.
pub fn at_event(request: &str, chat: &Chat) -> Option<Vec<Step>> {
    const WHEN: &[&str] =
        &[" when ", " als ", " quand ", " lorsque ", " lorsqu'", " cuando ", " on the day of ", " at the time of "];
    const WHO: &[&str] = &["she", "he", "they", "sie", "er", "elle", "il", "ella", "él"];
    let small = request.to_lowercase();
    let (at, when) = WHEN.iter().filter_map(|when| Some((small.find(when)?, *when))).min()?;
    let asks = says(&small[..at], AGE) && small.len() == request.len() && words(&small).count() <= 2 * SHORT;
    if !asks {
        return None;
    }
    let (front, event) = (&request[..at], request[at + when.len()..].trim_end_matches(['?', '.', '!', ' ']));
    if let Some(somebody) = described(front) {
        return Some(of_somebody(somebody, when, event, chat));
    }
    let who = match named::names(front).as_slice() {
        // The bridge has no birth.
        [name] if !small[..at].contains(&format!("the {}", name.to_lowercase())) => name.clone(),
        [] if words(&small[..at]).any(|word| WHO.contains(&word)) => spoken_of(chat)?,
        _ => return None,
    };
    let (first, rest) = event.split_once(' ')?;
    let event = if WHO.contains(&first.to_lowercase().as_str()) { format!("{who} {rest}") } else { event.to_owned() };
    let name = |i: usize| fact_name(chat.facts.len() + i);
    Some(vec![
        Step::Find { name: name(0), what: format!("date of birth of {who}") },
        Step::Find { name: name(1), what: format!("{} {}", when.trim(), in_that_post(&event, &who, chat)) },
        Step::Calc { name: name(2), expression: format!("{} - {} in years", name(1), name(0)) },
    ])
}

/// `who scored`, of "how old was the player who scored".
fn described(front: &str) -> Option<&str> {
    let at = front.to_lowercase().find(" who ")? + 1;
    let before = words(&front[..at]).count();
    let end = front[at..].find([',', ';']).map_or(front.len(), |end| at + end);
    // How old, was, the, and what somebody is.
    (before <= 6 && words(&front[at..end]).count() > 2).then(|| front[at..end].trim())
}

/// The look-ups of who somebody is that is only described, of the days, and the years between them.
fn of_somebody(somebody: &str, when: &str, event: &str, chat: &Chat) -> Vec<Step> {
    let name = |i: usize| fact_name(chat.facts.len() + i);
    let first = format!("{}h", name(0));
    // "The match" is the one that the description names.
    let nameless = named::names(event).is_empty();
    let of = named::names(somebody).into_iter().next().filter(|_| nameless);
    let of = of.map_or(String::new(), |own| {
        let at = somebody.find(own.as_str()).unwrap_or_default();
        format!(" ({})", somebody[year_before(somebody, at)..].trim())
    });
    let day = if when == " when " { "when".to_owned() } else { "date of".to_owned() };
    vec![
        Step::Find { name: first.clone(), what: somebody.to_owned() },
        Step::Find { name: name(0), what: format!("date of birth of {{{first}}}") },
        Step::Find { name: name(1), what: format!("{day} {event}{of}") },
        Step::Calc { name: name(2), expression: format!("{} - {} in years", name(1), name(0)) },
    ]
}

/// Where the year begins that stands before a name: the 2023 Olm Cup.
fn year_before(text: &str, at: usize) -> usize {
    let before = text[..at].trim_end();
    let start = before.rfind(' ').map_or(0, |space| space + 1);
    let year = before[start..].len() == 4 && before[start..].bytes().all(|b| b.is_ascii_digit());
    if year { start } else { at }
}

/// An event with the post that somebody was found to have for "that job".
fn in_that_post(event: &str, who: &str, chat: &Chat) -> String {
    const POSTS: [&str; 5] = ["job", "post", "position", "office", "role"];
    // "Director of the mill", "the head of the mill".
    let of_post = |fact: &&Fact| fact.text == who && (is_of_person(&fact.about) || fact.about.starts_with("the "));
    let Some(post) = chat.facts.iter().rev().find(of_post) else { return event.to_owned() };
    let said = POSTS.iter().flat_map(|word| ["that", "this", "the"].map(|the| format!("{the} {word}")));
    match said.into_iter().find(|phrase| event.ends_with(phrase.as_str())) {
        Some(phrase) => format!("{} of {}", event.replace(&phrase, "the job"), post.about),
        None => event.to_owned(),
    }
}

/// Who was spoken of last: somebody whose name was found, or whom a question named.
fn spoken_of(chat: &Chat) -> Option<String> {
    const OF_A_LIFE: &[&str] = &["born", "person", "geboren", "né", "née", "nació", "nacido", "nacida"];
    let fact = chat.facts.iter().rev().find(|f| matches!(f.provenance, Provenance::Sourced { .. }))?;
    // Where somebody was born whom the question did not name: the line does.
    if let (true, Provenance::Sourced { quote, .. }) = (says(&fact.about.to_lowercase(), OF_A_LIFE), &fact.provenance)
        && named::names_said(&fact.about).iter().all(|name| !quote.starts_with(name.as_str()))
        && let Some(name) = named::names(&format!("- {quote}")).into_iter().find(|name| name.contains(' '))
        && quote.starts_with(name.as_str())
    {
        return Some(name);
    }
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

    #[test]
    fn an_age_at_an_event_is_of_two_days_too() {
        let mut chat = Chat::new("c");
        let provenance = Provenance::Sourced { url: String::new(), title: String::new(), quote: String::new() };
        let (about, text) = ("director of the Sund Mill".to_owned(), "Ann Bo".to_owned());
        let (name, others) = (String::new(), Vec::new());
        chat.add_fact(Fact { name, about, text, number: None, date: None, provenance, others });
        let plan = |request: &str| {
            Some(at_event(request, &chat)?.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))
        };
        let want = |who: &str, when: &str| {
            Some(format!("b = find(date of birth of {who}); c = find({when}); d = calc(c - b in years)"))
        };
        assert_eq!(
            plan("how old was she when she got that job?"),
            want("Ann Bo", "when Ann Bo got the job of director of the Sund Mill")
        );
        assert_eq!(plan("Wie alt war Veit Ulm, als die Mühle abbrannte?"), want("Veit Ulm", "als die Mühle abbrannte"));
        assert_eq!(plan("How old was the Sund Mill when it burned down?"), None);
        assert_eq!(plan("how old was she?"), None);
    }

    #[test]
    fn somebody_who_is_only_described_is_found_first() {
        let told = |request: &str| {
            let steps = at_event(request, &Chat::new("c"))?;
            Some(steps.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))
        };
        assert_eq!(
            told("how old was the guy who won the 2023 Olm Cup, I mean on the day of the race?").as_deref(),
            Some(
                "ah = find(who won the 2023 Olm Cup); a = find(date of birth of {ah}); b = find(date of the race (2023 Olm Cup)); \
                 c = calc(b - a in years)"
            )
        );
        assert_eq!(told("how old was the guy who won the Olm Cup?"), None);
    }
}
