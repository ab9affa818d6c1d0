//! Follow-ups about "the two of them" with the names of both.

use super::lookup::compared_property;
use super::signs::{COMPARED, asks_how_much_more, says, words};
use crate::guide::{calc, named, roles};
use crate::notebook::{Chat, Fact};

/// Words of a follow-up, at most: what is longer says what it is about.
const SHORT: usize = 16;
/// Words of one that only compares, at most: "and which is older?"
const FEW: usize = 6;
/// Words that ask for a sum of what was spoken of.
const TOGETHER: &[&str] = &[
    "together",
    "in total",
    "in all",
    "combined",
    "altogether",
    "zusammen",
    "insgesamt",
    "ensemble",
    "au total",
    "juntos",
    "juntas",
    "en total",
];

/// The request with the names of the two things that the question before was about, where it means them and names
/// nothing itself: "Which of the two is older?", "How many do they take together?"
pub fn named(request: &str, before: &str) -> Option<String> {
    const TWO: &[&str] =
        &["of the two", "of them", "of these", "of those", "which one", "der beiden", "des deux", "de los dos"];
    let small = request.to_lowercase();
    let (names, own) = (named::names_said(before), named::names_said(request));
    if !own.is_empty() || words(&small).count() > SHORT {
        return None;
    }
    let [one, other] = names.as_slice() else { return of_several(request, &named::list(before)) };
    // Two things that were compared, and not a mill and its town.
    let of_two = before.to_lowercase();
    let compared = says(&of_two, COMPARED) || words(&of_two).any(|word| ["or", "oder", "ou", "o"].contains(&word));
    if compared && says(&small, TOGETHER) && !says(&small, COMPARED) {
        return of_both(request, one, other);
    }
    // "And the bigger mirror?" is of the two as well, but not by how much.
    const END: &[&str] = &["difference", "percent", "percentage", "unterschied", "prozent", "différence", "diferencia"];
    let short = words(&small).count() <= FEW && !asks_how_much_more(&small) && !says(&small, END);
    let compares = short && compared && says(&small, COMPARED) && calc::asked_unit(request).is_none();
    let asks = says(&small, TWO) || compares;
    asks.then(|| format!("{}, the {one} or the {other}?", request.trim_end_matches(['?', '.', ' '])))
}

/// "What would one of each cost?" with the names of all of them.
fn of_several(request: &str, names: &[String]) -> Option<String> {
    const ALL: &[&str] = &[
        "all three of them",
        "the three of them",
        "all of them",
        "each of them",
        "all three",
        "the three",
        "of each",
        "them all",
        "alle drei",
        "die drei",
        "les trois",
        "los tres",
        "las tres",
    ];
    let small = request.to_lowercase();
    let (at, word) = ALL.iter().find_map(|word| Some((place_of_words(&small, word)?, *word)))?;
    let (last, front) = names.split_last().filter(|(_, front)| front.len() > 1 && small.len() == request.len())?;
    let of = if word.starts_with("of ") { "of " } else { "" };
    let named = format!("{of}the {} and the {last}", front.join(", the "));
    Some(format!("{}{named}{}", &request[..at], &request[at + word.len()..]))
}

/// "How many do the two of them take together?" with the names of both for what stands for them.
fn of_both(request: &str, one: &str, other: &str) -> Option<String> {
    const BOTH: &[&str] = &[
        "the two of them",
        "both of them",
        "these two",
        "those two",
        "the two",
        "they both",
        "both",
        "they",
        "die beiden",
        "beide",
        "les deux",
        "los dos",
        "las dos",
    ];
    let small = request.to_lowercase();
    let (at, word) = BOTH.iter().find_map(|word| Some((place_of_words(&small, word)?, *word)))?;
    let whole = small.len() == request.len();
    whole.then(|| format!("{}the {one} and the {other}{}", &request[..at], &request[at + word.len()..]))
}

/// "How high is that?" after somebody was found who climbed it: of the mountain, and not of the climber.
pub fn of_the_thing(request: &str, chat: &Chat) -> Option<String> {
    const SHORT: usize = 10;
    const POINTING: &[&str] = &["that", "it", "this"];
    let small = request.to_lowercase();
    let measured = words(&small).any(|word| compared_property(word).is_some_and(|(own, _)| own != "year of opening"));
    let last = chat.facts.last().filter(|fact| fact.number.is_none() && fact.date.is_none())?;
    let leans = named::names_said(request).is_empty() && words(&small).count() <= SHORT && small.len() == request.len();
    if !measured || !leans || !roles::asks_who(&last.about) {
        return None;
    }
    let is_thing = |fact: &&Fact| {
        let named = fact.number.is_none() && fact.date.is_none() && fact.text.starts_with(char::is_uppercase);
        named && last.about.contains(&fact.text) && !roles::asks_who(&fact.about)
    };
    let found = chat.facts.iter().rev().find(is_thing).map(|fact| fact.text.clone());
    let thing = found.or_else(|| <[String; 1]>::try_from(named::names_said(&last.about)).ok().map(|[one]| one))?;
    let (at, word) = POINTING.iter().find_map(|word| Some((place_of_words(&small, word)?, *word)))?;
    Some(format!("{}{thing}{}", &request[..at], &request[at + word.len()..]))
}

/// Where these words stand in a text as whole words.
fn place_of_words(text: &str, wanted: &str) -> Option<usize> {
    let ends = |c: Option<char>| c.is_none_or(|c| !c.is_alphanumeric());
    let mut places = text.match_indices(wanted).map(|(at, _)| at);
    places.find(|at| ends(text[..*at].chars().next_back()) && ends(text[at + wanted.len()..].chars().next()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use polymath_chat::Provenance;

    #[test]
    fn a_mountain_is_high_and_not_its_climber() {
        let mut chat = Chat::new("c");
        for (about, text) in [("highest mountain of Olm", "Mount Vell"), ("who first climbed Mount Vell", "Ann Bo")] {
            let (about, text, provenance) = (about.to_owned(), text.to_owned(), Provenance::Given);
            let (name, others) = (String::new(), Vec::new());
            chat.add_fact(Fact { name, about, text, number: None, date: None, provenance, others });
        }
        assert_eq!(
            of_the_thing("how high is that in feet?", &chat).as_deref(),
            Some("how high is Mount Vell in feet?")
        );
        assert_eq!(of_the_thing("and where was she born?", &chat), None);
    }

    #[test]
    fn the_two_have_names() {
        let before = "Which is longer, the Ost Tunnel or the West Tunnel?";
        let told = |request: &str| named(request, before);
        assert_eq!(
            told("and which of the two was opened first?").as_deref(),
            Some("and which of the two was opened first, the Ost Tunnel or the West Tunnel?")
        );
        assert_eq!(
            told("and the bigger entrance?").as_deref(),
            Some("and the bigger entrance, the Ost Tunnel or the West Tunnel?")
        );
        assert_eq!(
            told("how many lamps do the two of them have together?").as_deref(),
            Some("how many lamps do the Ost Tunnel and the West Tunnel have together?")
        );
        assert_eq!(
            told("And what did they cost in total?").as_deref(),
            Some("And what did the Ost Tunnel and the West Tunnel cost in total?")
        );
        let three = "Which of the boats Alk, Tern and Skua is longest?";
        assert_eq!(
            named("what would one of each cost?", three).as_deref(),
            Some("what would one of the Alk, the Tern and the Skua cost?")
        );
        assert_eq!(told("and the difference?"), None);
        assert_eq!(told("and what is that in total?"), None);
        assert_eq!(told("how much longer is it?"), None);
        assert_eq!(named("and is it older?", "Who built the Ost Mill in Port Sund?"), None);
    }
}
