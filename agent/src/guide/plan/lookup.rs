//! Look-ups that say too little: a bare name, a property of nothing, what was looked up before.

use super::Step;
use super::signs::{words, years};
use crate::evidence::terms;
use crate::guide::named::names_said;
use crate::guide::{calc, named, roles};
use crate::language::Language;
use crate::notebook::Chat;
use polymath_quantity::{Topic, figures, text::is_cjk, topic_of};
use std::collections::HashSet;

/// What is compared where a request says it.
const MEASURES: &[&str] = &[
    "height",
    "length",
    "width",
    "depth",
    "weight",
    "mass",
    "area",
    "capacity",
    "price",
    "cost",
    "population",
    "speed",
    "output",
    "duration",
    "distance",
    "budget",
    "revenue",
    "production",
    "volume",
    "power",
    "density",
    "altitude",
    "elevation",
    "range",
];

/// Comparing words, and the property that they compare.
const PROPERTIES: &[(&str, &[&str])] = &[
    (
        "year of opening",
        &[
            "older", "oldest", "younger", "youngest", "newer", "newest", "earlier", "later", "age", "first", "älter",
            "jünger", "vieux", "ancien", "antiguo", "viejo",
        ],
    ),
    ("height", &["taller", "tallest", "higher", "highest", "lower", "lowest", "tall", "high", "höher", "haut", "alto"]),
    ("length", &["longer", "longest", "shorter", "shortest", "long", "länger", "kürzer", "longue", "largo"]),
    ("depth", &["deeper", "deepest", "deep", "tiefer", "profond", "profundo"]),
    (
        "area",
        &["larger", "largest", "bigger", "biggest", "smaller", "smallest", "größer", "kleiner", "grand", "grande"],
    ),
    ("weight", &["heavier", "heaviest", "lighter", "lightest", "heavy", "schwerer", "lourd", "pesado"]),
    ("cost", &["cheaper", "cheapest", "expensive", "dearer", "billiger", "teurer", "cher", "caro"]),
    ("speed", &["faster", "fastest", "slower", "slowest", "fast", "schneller", "rapide", "rápido"]),
];

/// The property that a comparing word compares, with the words for it.
pub fn compared_property(word: &str) -> Option<(&'static str, &'static [&'static str])> {
    PROPERTIES.iter().find(|(_, words)| words.contains(&word)).copied()
}

/// What a question's first words ask for, and words of look-ups that say so.
const SORTS: &[(&[&str], &[&str])] = &[
    (&["when"], &["when", "year", "date", "day", "opening", "founding", "birth", "age", "start", "end", "beginning"]),
    (&["where"], &["where", "place", "town", "city", "birthplace", "location", "country", "village", "region"]),
    (&["year"], &["when", "year", "date", "opening", "founding", "birth"]),
    (&["town", "city", "village", "country"], &["where", "place", "town", "city", "birthplace", "location", "country"]),
];

/// Words that may stand before the one that asks.
const BEFORE: &[&str] = &[
    "and", "in", "which", "what", "the", "then", "so", "but", "tell", "me", "please", "can", "could", "you", "find",
    "out", "say", "i", "want", "to", "know", "would", "like", "do", "also",
];

/// Whether a question opens with one of these words, or with "which" or "what" before it.
fn opens(request: &str, asking: &[&str]) -> bool {
    let small = request.to_lowercase();
    let mut front = super::signs::words(&small).take(10).skip_while(|w| BEFORE.contains(w));
    front.next().is_some_and(|first| asking.contains(&first))
}

/// A question as what is looked up.
fn asked_for(request: &str) -> String {
    request.trim_matches(['?', '？', '¿', '.', '!', '。', ' ']).to_owned()
}

/// A look-up with what the request says and it does not. `alone`: it is the plan's only one.
pub fn complete(step: &mut Step, request: &str, chat: &Chat, alone: bool) {
    let Step::Find { what, .. } = step else { return };
    if what.contains('{') && !alone {
        return;
    }
    let own: HashSet<String> = terms(what).into_iter().collect();
    let asked: HashSet<String> = terms(request).into_iter().collect();
    let before = alone && chat.facts.iter().any(|f| f.about.eq_ignore_ascii_case(what));
    // When and where is not said by what happened.
    let sort = SORTS.iter().find(|(asking, _)| opens(request, asking));
    let who = opens(request, &["who", "whom"]) && !opens(what, &["who"]) && !roles::is_of_person(what);
    if alone
        && (sort.is_some_and(|(_, said)| !said.iter().any(|w| own.contains(*w))) || who && !what.contains('{'))
        && !named::names(request).is_empty()
    {
        *what = asked_for(request);
        return;
    }
    if what.contains('{') {
        return;
    }
    // The one year that the request names is the year that is meant.
    if let ([_], true, true) = (years(request).as_slice(), years(what).is_empty(), alone) {
        *what = asked_for(request);
        return;
    }
    let small = request.to_lowercase();
    // What was looked up before is not what is asked for now, and neither is what shares no word with it.
    let words: Vec<&str> = what.split(' ').collect();
    let loops = words.iter().any(|w| w.len() > 3 && words.iter().filter(|x| *x == w).count() > 2);
    if before && !own.is_subset(&asked) || own.is_disjoint(&asked) || loops {
        *what = asked_for(request);
        return;
    }
    // How many people took it is not said by its name and the year.
    let counted = small.split_once("how many ").filter(|_| opens(request, &["how"])).and_then(|(_, behind)| {
        let noun = super::signs::words(behind).find(|word| !["more", "of", "other"].contains(word))?;
        let is_unit = figures(&format!("1 {noun}")).iter().any(|figure| figure.unit.is_some());
        // "People" is too common a word to be searched for.
        terms(noun).into_iter().next().or(Some(noun.to_owned())).filter(|_| !is_unit)
    });
    let population = small.contains("how many people") && own.contains("population");
    if counted.is_some_and(|noun| alone && !own.contains(&noun) && !own.contains("number")) && !population {
        *what = asked_for(request);
        return;
    }
    // In another language than English, English words are the examples', and not the request's.
    let foreign = Language::of(request) != Language::English;
    let drifts = |word: &str| word.is_ascii() && word.len() > 1 && !request.contains(word);
    // A name that is left out: the seats of the hall, in which the Sund Music Days are held.
    let big = |word: &str| word.starts_with(char::is_uppercase) && word.chars().count() > 2;
    let left_out =
        |word: &str| big(word) && !terms(word).is_empty() && !terms(word).iter().all(|term| own.contains(term));
    let loses = alone && super::signs::words(request).skip(1).any(left_out);
    if foreign && (loses || what.split(|c: char| !c.is_alphanumeric()).any(drifts)) {
        *what = asked_for(request);
        return;
    }
    if what.chars().any(is_cjk) {
        return;
    }
    // When and where is not said by what happened.
    // Pages say since when something is there, not how old it is.
    if let Some(thing) = what.strip_prefix("age of ") {
        *what = format!("year of opening or founding of {thing}");
        return;
    }
    // "The larger capacity" is no area.
    let measured = super::signs::words(&small).find(|word| MEASURES.contains(word));
    // "Larger in employees" compares no areas.
    let counted = super::signs::words(&small).find(|w| topic_of(w) == Some(Topic::Counted)).map(str::to_owned);
    let first = what.split(' ').next().unwrap_or_default().to_owned();
    let drifted = PROPERTIES.iter().any(|(property, _)| *property == first) && !small.contains(&first);
    if let (Some(word), true, Some(rest)) = (&counted, drifted, what.strip_prefix(&format!("{first} of "))) {
        *what = format!("number of {word} of {rest}");
        return;
    }
    if let (Some(word), true, Some(rest)) = (measured, drifted, what.strip_prefix(&format!("{first} of "))) {
        *what = format!("{word} of {rest}");
        return;
    }
    let names = named::names(what);
    let named: HashSet<String> = names.iter().flat_map(|name| terms(name)).collect();
    let year = |term: &String| term.chars().all(|c| c.is_ascii_digit());
    if !names.is_empty() && own.iter().all(|term| named.contains(term) || year(term)) {
        let small = request.to_lowercase();
        let compared = |words: &[&str]| super::signs::words(&small).any(|w| words.contains(&w));
        // "Larger in employees": it is said what is compared.
        let counted = super::signs::words(&small)
            .find(|word| topic_of(word) == Some(Topic::Counted) && !named.contains(*word))
            .filter(|_| compared(&PROPERTIES.iter().flat_map(|(_, words)| words.iter().copied()).collect::<Vec<_>>()));
        if let Some(word) = counted {
            *what = format!("number of {word} of the {what}");
        } else if let Some(word) = measured.filter(|_| PROPERTIES.iter().any(|(_, words)| compared(words))) {
            *what = format!("{word} of the {what}");
        } else if let Some((property, _)) = PROPERTIES.iter().find(|(_, words)| compared(words)) {
            *what = format!("{property} of the {what}");
        } else if alone && asked.iter().any(|term| !named.contains(term) && !year(term)) {
            *what = asked_for(request);
        }
        return;
    }
    // A property of the one thing that the request names.
    if let ([name], true) = (named::names(request).as_slice(), names.is_empty()) {
        match name.contains(' ') {
            true => *what = format!("{what} of the {name}"),
            false if !alone && !request.starts_with(name.as_str()) => *what = format!("{what} of {name}"),
            false => {}
        }
    }
}

/// A look-up without the unit that the request wants the value in: pages have their own, and it is converted.
pub fn without_unit(step: &mut Step, request: &str) {
    let (Step::Find { what, .. }, Some(unit)) = (step, calc::asked_unit(request)) else { return };
    let front = what.strip_suffix(&unit).and_then(|front| front.strip_suffix(" in ")).map(str::to_owned);
    if let Some(front) = front.filter(|front| front.split(' ').count() > 1) {
        *what = front;
    }
}

/// The plan without look-ups of which another one has every word, and more: "the Olm Prize in 2021" beside "who won the Olm Prize
/// in 2021". They ask nothing.
pub fn without_fragments(steps: &mut Vec<Step>) {
    let of = |step: &Step| match step {
        Step::Find { what, .. } => Some(terms(what).into_iter().collect::<HashSet<String>>()),
        _ => None,
    };
    let all: Vec<Option<HashSet<String>>> = steps.iter().map(of).collect();
    let told: Vec<String> = steps.iter().map(ToString::to_string).collect();
    let fragment = |i: usize| {
        let (Some(Step::Find { name, what }), Some(own)) = (steps.get(i), &all[i]) else { return false };
        let used = told.iter().skip(i + 1).any(|step| words(step).any(|word| word == name));
        let called = |name: &String| what.strip_prefix("the ").unwrap_or(what).starts_with(name.as_str());
        let asks = !names_said(what).first().is_some_and(called);
        let within =
            |other: &Option<HashSet<String>>| other.as_ref().is_some_and(|all| own.is_subset(all) && own != all);
        !used && !asks && !own.is_empty() && all.iter().any(within)
    };
    let dropped: Vec<bool> = (0..steps.len()).map(fragment).collect();
    let mut dropped = dropped.into_iter();
    steps.retain(|_| !dropped.next().unwrap_or_default());
}

/// "who designed it" for "designed it": who did it is somebody, and not when it was done.
pub fn with_who(step: &mut Step, request: &str) {
    let Step::Find { what, .. } = step else { return };
    if !opens(what, &["who"]) && request.to_lowercase().contains(&format!("who {}", what.to_lowercase())) {
        *what = format!("who {what}");
    }
}

/// Look-ups about "that person" or "that town" as ones about what was looked up just before.
pub fn of_the_one_before(steps: &mut [Step]) {
    const SHOWING: [&str; 4] = ["that ", "this ", "the same ", "said "];
    const SHOWN: &[&str] = &[
        "person",
        "man",
        "woman",
        "town",
        "city",
        "village",
        "place",
        "country",
        "architect",
        "founder",
        "designer",
        "engineer",
        "climber",
        "director",
        "author",
        "artist",
        "company",
        "club",
    ];
    /// Words for somebody, and for what is theirs.
    const SOMEBODY: &[&str] = &["he", "she", "him"];
    const THEIRS: &[&str] = &["his", "her"];
    let mut before: Option<String> = None;
    let mut somebody = false;
    for step in steps.iter_mut() {
        let Step::Find { name, what } = step else { continue };
        if let (Some(before), true, false) = (&before, somebody, what.contains('{')) {
            let named = |word: &str| match word.to_lowercase() {
                small if SOMEBODY.contains(&small.as_str()) => format!("{{{before}}}"),
                small if THEIRS.contains(&small.as_str()) => format!("{{{before}}}'s"),
                _ => word.to_owned(),
            };
            *what = what.split(' ').map(named).collect::<Vec<_>>().join(" ");
        }
        somebody = roles::is_of_person(what) || opens(what, &["who"]);
        let shown = SHOWING.iter().find_map(|word| {
            let at = what.find(word).filter(|at| *at == 0 || what[..*at].ends_with(' '))?;
            let behind = &what[at + word.len()..];
            let noun = behind.split(' ').next().unwrap_or_default();
            SHOWN.contains(&noun).then_some((at, at + word.len() + noun.len()))
        });
        if let (Some((start, end)), Some(before), false) = (shown, &before, what.contains('{')) {
            what.replace_range(start..end, &format!("{{{before}}}"));
        }
        before = Some(name.clone());
    }
}

/// A plan that only finds out who somebody is, with what the request asks of them: when the designer of
/// the dam was born is not said by who that was.
pub fn with_the_rest(mut steps: Vec<Step>, request: &str) -> Vec<Step> {
    let [Step::Find { name, what }] = steps.as_slice() else { return steps };
    let (small, person) = (request.to_lowercase(), what.trim_start_matches("the ").to_lowercase());
    let at = small.find(&person).filter(|_| small.len() == request.len() && roles::is_of_person(&person));
    let Some(at) = at else { return steps };
    let before = request[..at].trim_end().trim_end_matches("the").trim_end();
    let behind = request[at + person.len()..].trim_end_matches(['?', '.', '!', ' ']);
    let rest = format!("{before} {{{name}}}{behind}");
    // "Who was", "What is the name of": nothing is asked but who it is.
    let asks = |term: &String| !["name", "who", "wa", "is"].contains(&term.as_str());
    if terms(&format!("{before} {behind}")).iter().any(asks) {
        let next = format!("{name}r");
        steps.push(Step::Find { name: next, what: rest });
    }
    steps
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(what: &str, request: &str, want: &str) {
        let mut step = Step::Find { name: "a".into(), what: what.into() };
        with_who(&mut step, request);
        complete(&mut step, request, &Chat::new("c"), true);
        assert_eq!(step, Step::Find { name: "a".into(), what: want.into() });
    }

    #[test]
    fn what_is_asked_of_a_person_is_looked_up_too() {
        let told = |what: &str, request: &str| {
            let steps = vec![Step::Find { name: "a".into(), what: what.into() }];
            with_the_rest(steps, request).iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")
        };
        let who = "designer of the Kestrel Dam";
        assert_eq!(
            told(who, "When was the designer of the Kestrel Dam born?"),
            format!("a = find({who}); ar = find(When was {{a}} born)")
        );
        assert_eq!(told(who, "Who was the designer of the Kestrel Dam?"), format!("a = find({who})"));
        assert_eq!(
            told("height of the Kestrel Dam", "What is the height of the Kestrel Dam?"),
            "a = find(height of the Kestrel Dam)"
        );
    }

    #[test]
    fn what_is_compared_is_what_the_request_says() {
        let request = "Which station has the larger capacity, Ost Sound or West Bank, and by how many megawatts?";
        check("Ost Sound", request, "capacity of the Ost Sound");
        check("area of the West Bank", request, "capacity of the West Bank");
        check("Ost Sound", "Which is larger, Ost Sound or West Bank?", "area of the Ost Sound");
    }

    #[test]
    fn that_person_is_the_one_before() {
        let mut steps =
            super::super::steps::read("a = find(\"who climbed it\")\nb = find(\"where that person was born\")");
        of_the_one_before(&mut steps);
        assert_eq!(steps[1].to_string(), "b = find(where {a} was born)");
        let mut steps = super::super::steps::read("a = find(\"who climbed it\")\nb = find(\"where was he born\")");
        of_the_one_before(&mut steps);
        assert_eq!(steps[1].to_string(), "b = find(where was {a} born)");
    }

    #[test]
    fn look_ups_are_completed_from_the_request() {
        let output = "What was the output of the Varn Dam in 2014?";
        check("output of the Varn Dam", output, "What was the output of the Varn Dam in 2014");
        let year = "Tell me in which year Mount Chib was first climbed.";
        check("first climbed of Mount Chib", year, "Tell me in which year Mount Chib was first climbed");
        check("name of the Sund", "Who is the mayor of Sund?", "Who is the mayor of Sund");
        check("mayor of Sund", "Who is the mayor of Sund?", "mayor of Sund");
        let climbed = "Find out who first climbed Mount Chib.";
        check("first climbed Mount Chib", climbed, "who first climbed Mount Chib");
        let older = "Which is older, the Minna Ferry or the Mosi Ferry?";
        check("Minna Ferry", older, "year of opening of the Minna Ferry");
        let larger = "Which is larger in employees, the Minna Ferry or the Mosi Ferry?";
        check("Minna Ferry", larger, "number of employees of the Minna Ferry");
        check("area of the Minna Ferry", larger, "number of employees of the Minna Ferry");
        let cost = "building cost per object of the Sukhin Museum of Clocks?";
        check("building cost", cost, "building cost of the Sukhin Museum of Clocks");
        let output = "I need the output of the Varn Dam in 2014";
        check("the Varn Dam in 2014", output, output);
        let mut step = Step::Find { name: "a".into(), what: "height of the Varn Dam in feet".into() };
        without_unit(&mut step, "and how high is it in feet?");
        assert_eq!(step, Step::Find { name: "a".into(), what: "height of the Varn Dam".into() });
        check("height of the Varn Dam", "How high is the Varn Dam?", "height of the Varn Dam");
        let hall = "Wie viele Plätze hat der Saal, in dem die Musiktage Sund stattfinden";
        check("Plätze in dem Saal", &format!("{hall}?"), hall);
        check(
            "the end of the end",
            "In which year was the Pitiloa Brewery founded?",
            "In which year was the Pitiloa Brewery founded",
        );
    }
}
