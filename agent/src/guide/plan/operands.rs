//! What a plan's look-ups are of, and its calculation with: each of two values of its own year, and what something is
//! measured by among the operands.

use super::Step;
use super::guess::is_name;
use super::signs::{says, words, years};
use crate::evidence::terms;
use crate::notebook::{Chat, Fact};
use polymath_quantity::figures;
use std::collections::HashSet;

/// Of queries that have nothing to do with each other, for a request that asks for one thing, the first.
pub fn one_query(steps: &mut Vec<Step>, request: &str) {
    const AND: &[&str] = &["and", "also", "und", "et", "y", "both", "each", "then"];
    let behind = request.split_once(' ').map_or("", |(_, behind)| behind);
    let queries = steps.iter().all(|step| matches!(step, Step::Sql { .. }));
    let names: Vec<String> = steps
        .iter()
        .filter_map(|step| if let Step::Sql { name, .. } = step { Some(name.clone()) } else { None })
        .collect();
    let uses =
        |step: &Step| matches!(step, Step::Sql { query, .. } if words(query).any(|w| names.iter().any(|n| n == w)));
    if queries && steps.len() > 1 && !says(behind, AND) && !steps.iter().any(uses) {
        steps.truncate(1);
    }
}

/// Of two look-ups of one thing, one of which is of a year, the other is of the other year that the request names.
pub fn with_both_years(steps: &mut [Step], request: &str) {
    let years = years(request);
    let [first, second] = years.as_slice() else { return };
    let own = steps.iter().find_map(|step| match step {
        Step::Find { what, .. } if what.contains(first.as_str()) != what.contains(second.as_str()) => {
            Some(what.clone())
        }
        _ => None,
    });
    let Some(own) = own else { return };
    let (year, other) = if own.contains(first.as_str()) { (first, second) } else { (second, first) };
    let bare: HashSet<String> = terms(&own.replace(year.as_str(), " ")).into_iter().collect();
    let told = steps.iter().any(|step| matches!(step, Step::Find { what, .. } if what.contains(other.as_str())));
    for step in steps.iter_mut().filter(|_| !told) {
        if let Step::Find { what, .. } = step
            && !what.contains(year.as_str())
            && terms(what).into_iter().collect::<HashSet<_>>() == bare
        {
            *what = own.replace(year.as_str(), other);
        }
    }
}

/// Whether a calculation per something has nothing of that among its operands: locks per kilometre, of numbers of locks.
pub fn lacks_divisor(expression: &str, request: &str, chat: &Chat) -> bool {
    let all: Vec<&str> = words(request).collect();
    let Some(by) = all.windows(2).find(|w| w[0] == "per").map(|w| w[1]) else { return false };
    let facts: Vec<&Fact> = words(expression).filter_map(|w| chat.facts.iter().find(|f| f.name == w)).collect();
    let one = |text: &str| text.to_lowercase().trim_end_matches('s').to_owned();
    let unit_of =
        |text: &str| figures(&format!("1 {text}")).into_iter().next().and_then(|f| f.unit).map(|unit| unit.name);
    let is_it = |fact: &&Fact| {
        let unit = fact.unit();
        one(&unit).starts_with(&one(by))
            || unit_of(&unit).is_some_and(|own| Some(own) == unit_of(by))
            || words(&fact.about.to_lowercase()).any(|w| one(w) == one(by))
    };
    let time = ["year", "annum", "month", "week", "day", "hour", "minute", "second", "cent"].contains(&by);
    !time
        && !facts.is_empty()
        && words(expression).filter(|w| is_name(w)).count() == facts.len()
        && !facts.iter().any(is_it)
}

#[cfg(test)]
mod tests {
    use super::*;
    use polymath_chat::Provenance;

    #[test]
    fn each_of_two_values_has_its_year() {
        let mut steps = super::super::steps::read(
            "a = find(\"output of the Sund Works\")\nb = find(\"output of the Sund Works in 2019\")\nc = calc(\"(a - b) / b in percent\")",
        );
        with_both_years(&mut steps, "By what percentage did the output of the Sund Works grow from 2019 to 2023?");
        assert_eq!(steps[0].to_string(), "a = find(output of the Sund Works in 2023)");
    }

    #[test]
    fn what_is_measured_per_something_is_divided_by_it() {
        let mut chat = Chat::new("c");
        for (about, text) in [("locks of the Sund Canal", "41 locks"), ("length of the Ost Canal", "12 km")] {
            let provenance = Provenance::Given;
            let (name, about, text) = (String::new(), about.to_owned(), text.to_owned());
            chat.add_fact(Fact { name, about, text, number: Some(1.0), date: None, provenance, others: Vec::new() });
        }
        assert!(lacks_divisor("a / a", "how many locks is that per kilometre", &chat));
        assert!(!lacks_divisor("a / b", "how many locks is that per kilometre", &chat));
    }

    #[test]
    fn one_thing_asked_is_one_query() {
        let read = || super::super::steps::read("t2 = sql(\"SELECT A FROM t1\")\nt3 = sql(\"SELECT B FROM t1\")");
        let mut steps = read();
        one_query(&mut steps, "and the mean time of the men?");
        assert_eq!(steps.len(), 1);
        let mut steps = read();
        one_query(&mut steps, "the mean of the men and that of the women?");
        assert_eq!(steps.len(), 2);
    }
}
