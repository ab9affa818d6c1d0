//! What can be seen to be wrong with values and a calculation, without a model.

use crate::evidence::{Passage, terms};
use crate::guide::calc;
use crate::guide::digits::in_digits;
use crate::guide::find::{is_of_kind, is_of_other_property, misfits};
use crate::guide::fits::asks_price;
use crate::guide::named::names;
use crate::guide::plan::{COMPARED, LEAST, MOST, given, said, words};
use crate::notebook::Fact;
use polymath_chat::Provenance;
use polymath_quantity::{Figure, UnitKind, figures};
use std::cmp::Ordering;

/// Whether a calculation works nothing out: of fewer than two values, or without one that was looked up; or it leaves
/// out an amount that the question gives with its unit.
pub fn is_no_answer(expression: &str, values: &[(String, Fact)], asked: &str) -> bool {
    let operands = words(expression).filter(|w| w.starts_with(|c: char| c.is_ascii_alphanumeric())).count();
    let works = expression.contains([' ', '(']) && operands > 1 && expression.contains(['+', '-', '*', '/']);
    let looked_up = values.iter().any(|(_, fact)| !matches!(fact.provenance, Provenance::Given));
    let measured = |f: &&Figure| f.date.is_none() && f.unit.as_ref().is_some_and(|u| u.kind == UnitKind::Measure);
    let used = |f: &Figure| {
        let digits: String = f.text.chars().filter(|c| c.is_ascii_digit() || *c == '.').collect();
        let own = |fact: &Fact| matches!(fact.provenance, Provenance::Given) && fact.number == f.number;
        values.iter().any(|(_, fact)| own(fact)) || words(expression).any(|w| w == digits)
    };
    // One piece of one line is not two values, whatever they are called.
    let twice = values.iter().enumerate().any(|(i, (_, fact))| {
        let sourced = matches!(fact.provenance, Provenance::Sourced { .. });
        let same = |(_, other): &(String, Fact)| other.text == fact.text && other.provenance == fact.provenance;
        sourced && values[..i].iter().any(same)
    });
    let one = |f: &Figure| f.number == Some(1.0) || f.number == Some(100.0);
    !works
        || !looked_up
        || twice && expression.contains(['-', '/'])
        || adds_a_guess(expression, asked)
        || is_by_a_guess(expression, values, asked)
        || only_converts(expression, values, asked)
        || is_in_another_unit(values, asked)
        || leaves_counts_out(expression, values.len(), asked)
        || figures(asked).iter().filter(measured).any(|f| !one(f) && !used(f))
}

/// Whether it is asked what several of something cost, and they are not counted: two adults and three children.
/// What three storms cost is three values.
fn leaves_counts_out(expression: &str, values: usize, asked: &str) -> bool {
    let said = in_digits(asked).to_lowercase();
    let all: Vec<&str> = words(&said).collect();
    let is_unit = |word: &str| figures(&format!("1 {word}")).iter().any(|figure| figure.unit.is_some());
    let counts = all.windows(2).filter(|pair| {
        let small = pair[0].parse::<u32>().is_ok_and(|n| (2..1000).contains(&n));
        small && pair[1].len() > 3 && pair[1].chars().all(char::is_alphabetic) && !is_unit(pair[1])
    });
    let mut counts = counts.map(|pair| pair[0]).peekable();
    asks_price(asked)
        && counts.peek().is_some()
        && !counts.any(|count| count == values.to_string() || words(expression).any(|word| word == count))
}

/// Whether a number that nobody said is added or subtracted: `v0 - 1`.
fn adds_a_guess(expression: &str, asked: &str) -> bool {
    let tokens: Vec<&str> = expression.split(' ').collect();
    let bare = |token: &str| token.trim_matches(['(', ')']).to_owned();
    let is_number = |token: &str| token.starts_with(|c: char| c.is_ascii_digit());
    let times = |i: usize| tokens.get(i).is_some_and(|token| ["*", "/"].contains(token));
    let said = given(asked);
    tokens.iter().enumerate().any(|(i, token)| {
        let token = bare(token);
        let factor = times(i + 1) || i.checked_sub(1).is_some_and(times);
        is_number(&token) && !factor && !said.contains(&token)
    })
}

/// Whether something is multiplied or divided by a number that nobody said and that converts nothing: `v0 * 8 * 365`.
fn is_by_a_guess(expression: &str, values: &[(String, Fact)], asked: &str) -> bool {
    const CONVERTING: [&str; 3] = ["2", "100", "1000"];
    const OF_TIMES: [&str; 8] = ["7", "10", "12", "24", "52", "60", "365", "3600"];
    let tokens: Vec<&str> = expression.split(' ').map(|token| token.trim_matches(['(', ')'])).collect();
    let is_number = |token: &str| token.starts_with(|c: char| c.is_ascii_digit());
    let times = |i: usize| tokens.get(i).is_some_and(|token| ["*", "/"].contains(token));
    // Seven days make a week, but two adults at seven are two at a price that nobody told.
    const TIMES: &[&str] = &[
        "second",
        "minute",
        "hour",
        "hourly",
        "day",
        "daily",
        "week",
        "weekly",
        "month",
        "monthly",
        "year",
        "yearly",
        "annual",
        "annually",
        "decade",
        "dozen",
        "km/h",
        "kwh",
        "mwh",
        "gwh",
        "kilowatt",
        "megawatt",
        "gigawatt",
        "sekunde",
        "minute",
        "stunde",
        "tag",
        "täglich",
        "woche",
        "monat",
        "jahr",
        "jährlich",
        "heure",
        "jour",
        "semaine",
        "mois",
        "an",
        "ans",
        "année",
        "hora",
        "día",
        "semana",
        "mes",
        "año",
        "segundo",
        "minuto",
    ];
    let texts = values.iter().map(|(_, fact)| format!("{} {}", fact.about, fact.text));
    let spoken = std::iter::once(asked.to_owned()).chain(texts).collect::<Vec<_>>().join(" ").to_lowercase();
    let timed = spoken.split(|c: char| !c.is_alphanumeric() && c != '/').any(|word| {
        TIMES.contains(&word)
            || ["s", "n", "e", "en"].iter().any(|end| word.strip_suffix(end).is_some_and(|w| TIMES.contains(&w)))
    }) || spoken.contains(['年', '月', '日', '天', '周', '时', '時', '分', '秒']);
    let said = given(&in_digits(asked));
    let fine = |token: &str| {
        CONVERTING.contains(&token) || timed && OF_TIMES.contains(&token) || said.iter().any(|own| own == token)
    };
    tokens.iter().enumerate().any(|(i, token)| {
        let factor = times(i + 1) || i.checked_sub(1).is_some_and(times);
        is_number(token) && factor && !fine(token)
    })
}

/// Whether one value is only written in another size, which nobody asked for: `v0 / 1000`.
fn only_converts(expression: &str, values: &[(String, Fact)], asked: &str) -> bool {
    let said = given(&in_digits(asked));
    let sizes = |word: &str| ["100", "1000"].contains(&word) && !said.iter().any(|own| own == word);
    let [(name, _)] = values else { return false };
    let bare = expression.split(" in ").next().unwrap_or_default();
    let mut operands = words(bare).filter(|word| word.chars().any(char::is_alphanumeric));
    operands.all(|word| word == name || sizes(word))
        && calc::asked_unit(asked).or_else(|| calc::named_unit(asked)).or_else(|| calc::counted_unit(asked)).is_none()
}

/// Whether a question wants a number of some unit (`How many gigawatt hours`) and the one value that there is cannot be in
/// it: a power is no energy, however often it is multiplied.
fn is_in_another_unit(values: &[(String, Fact)], asked: &str) -> bool {
    let [(_, fact)] = values else { return false };
    calc::counted_unit(asked).is_some_and(|goal| calc::is_of_another_unit(fact, &goal))
}

/// Whether a value is of another kind than its name says (a sum under the name of a rate too), or its line tells another of
/// the thing's measures than the name or the question.
pub fn is_of_another(about: &str, asked: &str, fact: &Fact, passage: &Passage) -> bool {
    let other = |what: &str| is_of_other_property(what, &passage.text);
    !is_of_kind(about, fact) || misfits(about, fact) || other(about) || other(asked)
}

/// The difference, where a question compares two values and the answer is one of them: which of two lakes is deeper.
pub fn as_difference(expression: &str, values: &[(String, Fact)], asked: &str) -> Option<String> {
    let [a, b] = values else { return None };
    let (own, other) = if a.0 == expression { (a, b) } else { (b, a) };
    let bare = own.0 == expression && a.1.number.is_some() && b.1.number.is_some() && a.1.text != b.1.text;
    let compares = said(&asked.to_lowercase(), COMPARED) && names(asked).len() == 2;
    (bare && compares && a.1.is_alike(&b.1)).then(|| format!("{} - {}", own.0, other.0))
}

/// What the greatest of several like values is more than the least, where both ends are asked for and the model subtracted two
/// others of them.
pub fn of_the_ends(expression: &str, values: &[(String, Fact)], asked: &str) -> Option<String> {
    const SEVERAL: usize = 3;
    let small = asked.to_lowercase();
    let (a, b) = expression.split_once(" - ")?;
    let value = |name: &str| values.iter().find(|(own, _)| own == name).map(|(_, fact)| fact);
    let first = value(a).filter(|_| value(b).is_some())?;
    let alike = values.iter().filter(|(_, fact)| fact.number.is_some() && fact.is_alike(first)).collect::<Vec<_>>();
    if alike.len() < SEVERAL || !said(&small, MOST) || !said(&small, LEAST) {
        return None;
    }
    let by_size =
        |x: &&&(String, Fact), y: &&&(String, Fact)| x.1.number.partial_cmp(&y.1.number).unwrap_or(Ordering::Equal);
    let (most, least) = (alike.iter().max_by(by_size)?, alike.iter().min_by(by_size)?);
    Some(format!("{} - {}", most.0, least.0))
}

/// Whether a result can be: what is added or subtracted has one unit, a share is of like things, and no change is a
/// thousandfold.
pub fn is_sensible(result: &str, expression: &str, values: &[(String, Fact)]) -> bool {
    const LARGEST_SHARE: f64 = 10_000.0;
    let percent = expression.ends_with(" in percent");
    let adds = expression.contains([' ']) && (expression.contains(" + ") || expression.contains(" - "));
    let plain = !expression.contains('*') && (!expression.contains('/') || percent);
    let facts: Vec<&Fact> = values.iter().map(|(_, fact)| fact).collect();
    let alike = facts.windows(2).all(|pair| {
        let (a, b) = (pair[0].unit(), pair[1].unit());
        let dated = pair[0].date.is_some() == pair[1].date.is_some();
        let alike = pair[0].is_alike(pair[1]) || converts(&a, &b) || !is_unit(&a) && !is_unit(&b);
        dated && (a.is_empty() || b.is_empty() || alike)
    });
    let number: String = result.chars().filter(|c| c.is_ascii_digit() || *c == '.').collect();
    let huge = percent && number.parse::<f64>().is_ok_and(|n| n > LARGEST_SHARE);
    !huge && !is_by_a_date(expression, values) && (alike || !(percent || adds && plain))
}

/// Whether a day or a year is multiplied or divided: 2009, the year of a ship's launch, is no number of trips.
fn is_by_a_date(expression: &str, values: &[(String, Fact)]) -> bool {
    let tokens: Vec<&str> = expression.split(' ').map(|token| token.trim_matches(['(', ')'])).collect();
    let dated = |token: &str| values.iter().any(|(name, fact)| name == token && fact.date.is_some());
    tokens.windows(3).any(|w| ["*", "/"].contains(&w[1]) && (dated(w[0]) || dated(w[2])))
}

/// Whether a quotient is the wrong way round: trams by passengers for passengers per tram, an area by people for a density.
pub fn is_upside_down(expression: &str, values: &[(String, Fact)], asked: &str) -> bool {
    const PER: &[&str] = &["per", "pro", "je", "par", "por", "each", "every", "chaque", "cada"];
    const DENSE: [&str; 7] = ["dense", "density", "dicht", "densité", "densidad", "poblad", "密度"];
    let small = asked.to_lowercase();
    let all: Vec<&str> = words(&small).collect();
    let by: Vec<String> =
        all.windows(2).filter(|pair| PER.contains(&pair[0])).flat_map(|pair| terms(pair[1])).collect();
    let dense = DENSE.iter().any(|word| small.contains(word));
    let speaks = |fact: &Fact, term: &String| terms(&format!("{} {}", fact.about, fact.text)).contains(term);
    let is_area = |fact: &Fact| converts(&fact.unit(), "km²");
    let tokens: Vec<&str> = expression.split(' ').map(|token| token.trim_matches(['(', ')'])).collect();
    let value = |token: &str| values.iter().find(|(name, _)| name == token).map(|(_, fact)| fact);
    tokens.windows(3).filter(|w| w[1] == "/").any(|w| {
        let (Some(above), Some(below)) = (value(w[0]), value(w[2])) else { return false };
        by.iter().any(|term| speaks(above, term) && !speaks(below, term)) || dense && is_area(above) && !is_area(below)
    })
}

/// A quotient of two values the right way round, where it is not.
pub fn upright(expression: &str, values: &[(String, Fact)], asked: &str) -> Option<String> {
    let (above, below) = expression.split_once(" / ").filter(|(_, below)| !below.contains(' '))?;
    let plain = !above.contains(' ') && is_upside_down(expression, values, asked);
    plain.then(|| format!("{below} / {above}"))
}

/// Whether two units are of one measure: what is 31 m and what is 940 cm have a difference.
fn converts(a: &str, b: &str) -> bool {
    is_unit(a) && is_unit(b) && polymath_tools::calculate(&format!("1 {a} in {b}")).is_ok()
}

/// Whether a word is a unit, and not what is counted.
fn is_unit(word: &str) -> bool {
    figures(&format!("1 {word}")).iter().any(|f| f.unit.is_some())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_counted_is_multiplied() {
        let asked = "What do two adults and three children pay for the crossing?";
        assert!(leaves_counts_out("v0 + v1 + v2 + v3", 4, asked));
        assert!(!leaves_counts_out("2 * v0 + 3 * v1", 2, asked));
        assert!(!leaves_counts_out("v0 + v1 + v2", 3, "What did the three storms cost?"));
        assert!(!leaves_counts_out("v0 / v1", 2, "What does it cost per day?"));
    }

    #[test]
    fn a_price_is_no_number_of_days() {
        let asked = "What do 2 adults and 3 children pay for the crossing?";
        assert!(is_by_a_guess("(2 * 7) + (3 * v0)", &[], asked));
        assert!(!is_by_a_guess("v0 * 7", &[], "What does it cost for a week?"));
    }

    #[test]
    fn a_quotient_has_a_right_way_round() {
        let fact = |about: &str, text: &str| Fact {
            name: String::new(),
            about: about.into(),
            text: text.into(),
            number: Some(1.0),
            date: None,
            provenance: Provenance::Given,
            others: Vec::new(),
        };
        let values = [("v0".to_owned(), fact("passengers", "238,500")), ("v1".to_owned(), fact("trams", "18"))];
        assert!(is_upside_down("v1 / v0", &values, "How many passengers per tram?"));
        assert!(!is_upside_down("v0 / v1", &values, "How many passengers per tram?"));
        let turned = upright("v1 / v0", &values, "How many passengers per tram?");
        assert_eq!(turned.as_deref(), Some("v0 / v1"));
        let values = [("v0".to_owned(), fact("area", "96 km²")), ("v1".to_owned(), fact("population", "12,400"))];
        assert!(is_upside_down("v0 / v1", &values, "How densely populated is it?"));
        assert!(!is_upside_down("v1 / v0", &values, "What is its population density?"));
    }

    #[test]
    fn metres_and_centimetres_have_a_difference() {
        assert!(converts("m", "cm") && converts("kg", "t"));
        assert!(!converts("m", "kg") && !converts("people", "cm"));
    }

    #[test]
    fn a_size_that_nobody_asked_for_is_no_answer() {
        let fact = Fact {
            name: "v0".into(),
            about: "altitude".into(),
            text: "2,147 m".into(),
            number: Some(2147.0),
            date: None,
            provenance: Provenance::Given,
            others: Vec::new(),
        };
        let only = |expression: &str, asked: &str| only_converts(expression, &[("v0".into(), fact.clone())], asked);
        assert!(only("v0 / 1000", "how high is it, and when was it opened?"));
        assert!(!only("v0 / 1000", "How many kilometres high is it?"));
        assert!(!only("v0 * 1000", "What do 1000 of them come to?"));
        assert!(!only("v0 / 12", "What is that a month?"));
    }
}
