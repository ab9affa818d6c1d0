//! What is wrong with a sentence that the model drafted around its results, and how a value is put into it.

use crate::guide::plan::{COMPARED, words};
use crate::language::Language;
use crate::notebook::Fact;
use polymath_chat::Provenance;
use std::fmt::Write;

/// Units that a model writes out behind a value that has its unit already.
const UNIT_WORDS: &[&str] = &[
    "metres",
    "meters",
    "kilometres",
    "kilometers",
    "feet",
    "miles",
    "megawatts",
    "gigawatts",
    "kilowatts",
    "tonnes",
    "kilograms",
    "days",
    "years",
    "hours",
    "euros",
    "dollars",
    "pounds",
    "litres",
    "liters",
    "metern",
    "meter",
    "kilometer",
    "kilometern",
    "tonnen",
    "jahre",
    "mètres",
    "kilomètres",
    "ans",
    "metros",
    "kilómetros",
    "toneladas",
    "años",
];
/// Words of a rate or a share.
const PERS: &[&str] = &[
    "per", "pro", "par", "por", "je", "each", "every", "a", "percent", "prozent", "pourcent", "ciento", "chaque",
    "cada", "share", "rate", "ratio", "average", "mean", "avg",
];

/// Whether a draft says more of a value than it is: a year as a number of years, a height that was found as
/// how much taller something is than something else.
pub fn claims_more(draft: &str, fact: &Fact) -> bool {
    let Some((_, behind)) = draft.split_once(&format!("{{{}}}", fact.name)) else { return false };
    let small = behind.split(['.', '\n']).next().unwrap_or_default().to_lowercase();
    let all: Vec<&str> = words(&small).collect();
    let first = all.first().copied().unwrap_or_default();
    let found = matches!(fact.provenance, Provenance::Sourced { .. });
    let aged =
        fact.date.is_some() && ["years", "year", "jahre", "ans", "años", "metres", "meters", "feet"].contains(&first);
    let compared = found
        && fact.number.is_some()
        && fact.date.is_none()
        && all.windows(2).any(|w| COMPARED.contains(&w[0]) && w[1] == "than");
    // "149%" of a sum of 149, and a number of people "per hectare".
    let rest = behind.trim_start();
    let percent =
        rest.starts_with(['%', '％']) || ["percent", "prozent", "per cent"].iter().any(|w| rest.starts_with(w));
    let shares = |text: &str| text.contains(['%', '％', '/']) || words(&text.to_lowercase()).any(|w| PERS.contains(&w));
    let told = match &fact.provenance {
        Provenance::Sourced { quote, .. } => shares(quote),
        Provenance::Computed { how } => shares(how) || how.contains("100"),
        _ => true,
    };
    let rated = fact.date.is_none() && fact.number.is_some() && !told && !shares(&fact.text) && !shares(&fact.about);
    let per = all.iter().take(3).any(|word| PERS[..4].contains(word)) && !behind.starts_with(',');
    aged || compared || rated && (percent || per)
}

/// Whether a draft says more where the question says less, or the other way round.
pub fn turns_round(draft: &str, question: &str) -> bool {
    const PAIRS: [[&[&str]; 2]; 4] = [
        [&["more", "higher", "longer", "larger"], &["less", "fewer", "lower", "shorter", "smaller"]],
        [&["mehr", "höher", "länger", "größer"], &["weniger", "niedriger", "kürzer", "kleiner"]],
        [&["plus"], &["moins"]],
        [&["más", "mayor"], &["menos", "menor"]],
    ];
    let (draft, question) = (draft.to_lowercase(), question.to_lowercase());
    let has = |text: &str, known: &[&str]| words(text).any(|word| known.contains(&word));
    let only = |text: &str, own: &[&str], other: &[&str]| has(text, own) && !has(text, other);
    PAIRS.iter().any(|[more, less]| {
        only(&question, more, less) && only(&draft, less, more)
            || only(&question, less, more) && only(&draft, more, less)
    })
}

/// The text with a value for its name. A unit that the model wrote behind the name as well goes.
pub fn inserted(text: &str, name: &str, fact: &Fact, value: &str) -> String {
    let Some((before, after)) = text.split_once(name) else { return text.to_owned() };
    let unit = fact.unit();
    let rest = after.trim_start();
    let next: String = rest.chars().take_while(|c| c.is_alphabetic() || "%²³/".contains(*c)).collect();
    let percent = unit == "%" || fact.text.ends_with('%');
    // "1.180 localidades personas": what is counted is said by the value.
    const PEOPLE: [&str; 6] = ["people", "persons", "personas", "personnes", "personen", "menschen"];
    let noun = fact.text.trim_end().ends_with(char::is_alphabetic) && fact.number.is_some() && fact.date.is_none();
    let same = !next.is_empty()
        && (next == unit
            || noun && PEOPLE.contains(&next.to_lowercase().as_str())
            || fact.text.strip_suffix(next.as_str()).is_some_and(|before| before.ends_with([' ', '/']))
            || percent && ["%", "percent", "Prozent", "pour", "por"].contains(&next.as_str())
            || !unit.is_empty() && !percent && UNIT_WORDS.contains(&next.to_lowercase().as_str()));
    // "16,000 florins per seat per seat": what it is measured by is said by the value.
    let by = fact.text.rsplit_once(" per ").map(|(_, by)| format!("per {by}"));
    let after = match by.and_then(|by| rest.strip_prefix(&by)).filter(|rest| !rest.starts_with(char::is_alphanumeric)) {
        Some(rest) => rest,
        None if same => &rest[next.len()..],
        None => after,
    };
    // "4,850 per hectáreas botellas por hectárea".
    let told = |by: &str| {
        let near: Vec<&str> = rest.split(' ').take(4).collect();
        let stem: String = by.chars().take(5).collect();
        near.windows(2).any(|w| ["per", "por", "par", "pro", "je"].contains(&w[0]) && w[1].starts_with(&stem))
    };
    let bare = fact.text.rsplit_once(" per ").filter(|(_, by)| told(by)).map(|(value, _)| value.to_owned());
    let value = bare.as_deref().map_or(value.to_owned(), |own| value.replacen(&fact.text, own, 1));
    let value = value.as_str();
    // "It fell by -26%": the verb says it.
    const FALLS: &[&str] = &[
        "decreased",
        "fell",
        "dropped",
        "declined",
        "shrank",
        "lower",
        "less",
        "fewer",
        "decrease",
        "fall",
        "drop",
        "decline",
        "differ",
        "differs",
        "difference",
        "weniger",
        "geringer",
        "niedriger",
        "moins",
        "inférieur",
        "inférieure",
        "menos",
        "menor",
        "inferior",
        "gesunken",
        "gefallen",
        "zurückgegangen",
        "baissé",
        "diminué",
        "bajado",
        "disminuido",
    ];
    const NEAR: usize = 3;
    let behind: Vec<&str> = after.split(['.', '\n']).next().unwrap_or_default().split_whitespace().take(NEAR).collect();
    let sentence = before.rsplit(['.', '\n']).next().unwrap_or_default();
    let sentence = format!("{sentence} {}", behind.join(" ")).to_lowercase();
    let falls = sentence.split(|c: char| !c.is_alphabetic()).any(|word| FALLS.contains(&word));
    let value = value.strip_prefix('-').filter(|_| falls).unwrap_or(value);
    // "£{a}" for £18.00.
    let sign = value.chars().next().filter(|c| "$€£¥₹".contains(*c));
    let before = sign.and_then(|sign| before.strip_suffix(sign)).unwrap_or(before);
    format!("{before}{value}{after}").replace(name, value)
}

/// Whether a draft has a word with a capital, not at a sentence's start, that stands in no fact and not
/// in the question. Languages that give all nouns capitals are left out.
pub fn invents(draft: &str, facts: &[Fact], question: &str) -> bool {
    if Language::of(question) == Language::German {
        return false;
    }
    let mut known = question.to_lowercase();
    facts.iter().for_each(|f| {
        let _ = write!(known, " {} {}", f.about.to_lowercase(), f.text.to_lowercase());
    });
    let mut starts = true;
    draft.split_whitespace().any(|word| {
        let bare = word.trim_matches(|c: char| !c.is_alphanumeric());
        let big = bare.chars().next().is_some_and(char::is_uppercase) && bare.chars().count() > 1;
        let stem = bare.trim_end_matches("'s").trim_end_matches("’s").to_lowercase();
        let unknown = big && !starts && !known.contains(&stem);
        starts = word.ends_with(['.', '!', '?', ':']);
        unknown
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_no_more_than_it_is() {
        let provenance = Provenance::Sourced { url: String::new(), title: String::new(), quote: String::new() };
        let (name, about, number) = ("a".to_owned(), String::new(), Some(33.0));
        let height = Fact { name, about, text: "33 m".into(), number, date: None, provenance, others: Vec::new() };
        assert!(claims_more("The Ost Tower is {a} taller than the Chib Tower.", &height));
        assert!(!claims_more("The Chib Tower is {a} tall. More than one know it.", &height));
        let year = Fact { text: "2000".into(), date: Some("2000".into()), ..height.clone() };
        assert!(claims_more("Sund is {a} years old.", &year));
        assert!(!claims_more("It was in {a} that Sund was founded.", &year));
        let sum = Provenance::Computed { how: "sql: SELECT SUM(cups) FROM t1".into() };
        let sum = Fact { text: "149".into(), provenance: sum, ..height.clone() };
        assert!(claims_more("Tea was {a}%.", &sum) && claims_more("It has {a} per hectare.", &sum));
        assert!(!claims_more("Tea was {a} cups.", &sum));
        let share = Provenance::Computed { how: "sql: SELECT SUM(tea) * 100.0 / SUM(cups) FROM t1".into() };
        assert!(!claims_more("Tea was {a}%.", &Fact { provenance: share, ..sum }));
        let computed = Fact { provenance: Provenance::Computed { how: String::new() }, ..height };
        assert!(!claims_more("It is {a} taller than the Chib Tower.", &computed));
    }

    #[test]
    fn more_is_not_less() {
        assert!(turns_round("It has 18% mehr als 2019.", "Um wie viel Prozent weniger war das als 2019?"));
        assert!(turns_round("It sold {a} more.", "how many fewer did it sell?"));
        assert!(!turns_round("It sold {a} fewer.", "how many fewer did it sell?"));
        assert!(!turns_round("It sold {a} more.", "how many more or less did it sell?"));
    }

    #[test]
    fn what_it_is_measured_by_is_told_once() {
        let provenance = Provenance::Computed { how: String::new() };
        let (name, about, text) = ("a".to_owned(), String::new(), "4,850 per hectáreas".to_owned());
        let fact = Fact { name, about, text, number: Some(4850.0), date: None, provenance, others: Vec::new() };
        let pounds = Fact { text: "£18.00".into(), ..fact.clone() };
        assert_eq!(inserted("They pay £{a}.", "{a}", &pounds, "£18.00 [1]"), "They pay £18.00 [1].");
        let told = inserted("Salieron {a} botellas por hectárea.", "{a}", &fact, "4,850 per hectáreas");
        assert_eq!(told, "Salieron 4,850 botellas por hectárea.");
    }
}
