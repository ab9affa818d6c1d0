//! Whether a calculation with what is known already is the one that is asked for. A plan is made of what there is: asked
//! what three of them and two batteries cost, it takes some other known value for the battery's price.

use super::grammar;
use super::signs::{COMPARED, words};
use super::steps::Step;
use crate::evidence::{clip, terms};
use crate::guide::digits::in_digits;
use crate::guide::fits::is_of_no_money;
use crate::lead::Turn;
use crate::notebook::{Chat, Fact};
use crate::prompts::SUITS;
use polymath_chat::Constraint;
use polymath_quantity::figures;
use std::collections::HashSet;

/// Whether the model holds a calculation with the values of these names to be the one that the question asks for.
pub async fn suits(turn: &mut Turn<'_>, expression: &str, values: &[(String, Fact)]) -> anyhow::Result<bool> {
    let fact = |word: &str| values.iter().find(|(name, _)| name == word).map(|(_, fact)| fact);
    let used: Vec<&Fact> = words(expression).filter_map(fact).collect();
    if is_of_no_money(&turn.asked, &used) {
        return Ok(false);
    }
    let filled: String = expression
        .split_inclusive(|c: char| !c.is_alphanumeric())
        .map(|piece| {
            let word = piece.trim_end_matches(|c: char| !c.is_alphanumeric());
            format!("{}{}", fact(word).map_or(word, |fact| fact.text.as_str()), &piece[word.len()..])
        })
        .collect();
    // With nothing used, what was known last says what it is about.
    let known = if used.is_empty() { values.last().map(|(_, fact)| fact).into_iter().collect() } else { used };
    let known: Vec<String> = known.iter().map(|f| format!("{} ({})", clip(&f.text, 60), clip(&f.about, 100))).collect();
    let question = clip(&turn.asked, 400);
    let prompt = format!("Known: {}\nQuestion: {question}\nCalculation: {filled}", known.join("; "));
    let said = turn.complete(SUITS.ask(prompt, 4).constrained(Constraint::yes_or_no())).await?;
    tracing::debug!("suits {question:?}: {filled}: {said}");
    Ok(said == "yes")
}

/// Whether a request counts things of which no value that is used is: two batteries, where the prices are of drones.
fn counts_another(request: &str, used: &[&Fact]) -> bool {
    /// Words behind a number that count nothing, or what was said before.
    const OF_BEFORE: &[&str] =
        &["of", "ones", "more", "times", "such", "davon", "von", "de", "percent", "and", "or", "in"];
    const THOSE: &[&str] = &["the", "these", "those", "der", "die", "den", "beiden", "les", "des", "los", "las"];
    /// Words behind a number of which one has to be a word of a value: two spare batteries.
    const NEAR: usize = 2;
    let about: HashSet<String> = used.iter().flat_map(|fact| terms(&format!("{} {}", fact.about, fact.text))).collect();
    let said = in_digits(request).to_lowercase();
    let all: Vec<&str> = words(&said).collect();
    let is_unit = |word: &str| figures(&format!("1 {word}")).iter().any(|figure| figure.unit.is_some());
    let counts = |i: usize| {
        let behind: Vec<&str> = all[i + 1..].iter().copied().take(NEAR).collect();
        // "Which of the two flies longer" counts nothing new.
        let known = i > 0 && THOSE.contains(&all[i - 1]);
        let small = !known && all[i].parse::<u32>().is_ok_and(|n| n < 1000);
        let worded =
            behind.first().is_some_and(|word| word.chars().all(char::is_alphabetic) && !OF_BEFORE.contains(word));
        small
            && worded
            && !behind.iter().any(|word| is_unit(word) || terms(word).iter().any(|term| about.contains(term)))
    };
    !used.is_empty() && (0..all.len()).any(counts)
}

/// Whether a plan only calculates with values at hand though the request compares things by something of which none of
/// them is: the bigger mirror, where their heights are known.
pub fn compares_another(steps: &[Step], request: &str, chat: &Chat) -> bool {
    /// Words behind a comparative that name nothing.
    const NOTHING: &[&str] =
        &["than", "one", "ones", "up", "of", "the", "and", "or", "is", "was", "are", "were", "it", "by", "in", "at"];
    let [Step::Calc { expression, .. }] = steps else { return false };
    let used: Vec<&Fact> = words(expression).filter_map(|word| chat.facts.iter().find(|f| f.name == word)).collect();
    let about: HashSet<String> = used.iter().flat_map(|fact| terms(&format!("{} {}", fact.about, fact.text))).collect();
    let small = request.to_lowercase();
    let all: Vec<&str> = words(&small).collect();
    let names_another = |pair: &[&str]| {
        // "More expensive" names none.
        let counted = !["more", "less", "fewer"].contains(&pair[0]) || pair[1].ends_with('s');
        let noun =
            pair[1].chars().all(char::is_alphabetic) && !NOTHING.contains(&pair[1]) && !terms(pair[1]).is_empty();
        let is_unit = figures(&format!("1 {}", pair[1])).iter().any(|figure| figure.unit.is_some());
        COMPARED.contains(&pair[0])
            && counted
            && noun
            && !is_unit
            && !terms(pair[1]).iter().any(|term| about.contains(term))
    };
    !used.is_empty() && all.windows(2).any(names_another)
}

/// The plan, or one that looks up what is asked where it only calculates with values that were asked for before, and
/// the model holds them not to be the ones that are asked for now.
pub async fn suited(turn: &mut Turn<'_>, steps: Vec<Step>) -> anyhow::Result<Vec<Step>> {
    let [Step::Calc { expression, .. }] = steps.as_slice() else { return Ok(steps) };
    if turn.chat.sources.is_empty() {
        return Ok(steps);
    }
    let known = turn.chat.facts.iter().map(|fact| (fact.name.clone(), fact.clone())).collect::<Vec<_>>();
    let used: Vec<&Fact> =
        words(expression).filter_map(|word| turn.chat.facts.iter().find(|fact| fact.name == word)).collect();
    if !counts_another(&turn.asked, &used) && suits(turn, expression, &known).await? {
        return Ok(steps);
    }
    let what = turn.asked.trim_end_matches(['?', '？', '.', '!', ' ']).to_owned();
    Ok(vec![Step::Find { name: grammar::next_fact(turn.chat), what }])
}

#[cfg(test)]
mod tests {
    use super::*;
    use polymath_chat::Provenance;

    #[test]
    fn what_is_compared_has_a_value() {
        let mut chat = Chat::new("c");
        for (about, text, n) in [("height of the Ost Hall", "21 m", 21.0), ("height of the Vell Hall", "14 m", 14.0)] {
            let (about, text, provenance) = (about.to_owned(), text.to_owned(), Provenance::Given);
            let (name, others) = (String::new(), Vec::new());
            chat.add_fact(Fact { name, about, text, number: Some(n), date: None, provenance, others });
        }
        let another = |request: &str| {
            let steps = [Step::Calc { name: "c".into(), expression: "a - b".into() }];
            compares_another(&steps, request, &chat)
        };
        assert!(another("and the bigger mirror, the Ost Hall or the Vell Hall?") && another("which has more windows?"));
        assert!(!another("how much higher is it than the Vell Hall?") && !another("and the larger height?"));
        assert!(!another("which is more expensive?") && !another("how many metres more?"));
    }

    #[test]
    fn what_is_counted_has_a_value() {
        let (name, about, text) = ("b".to_owned(), "price of the Olm lamp".to_owned(), "€589".to_owned());
        let provenance = Provenance::Given;
        let lamp = Fact { name, about, text, number: Some(589.0), date: None, provenance, others: Vec::new() };
        let counts = |request: &str| counts_another(request, &[&lamp]);
        assert!(counts("I take three of them with two spare bulbs for each") && counts("and for 4 adults?"));
        assert!(
            !counts("what do three of them cost?") && !counts("and for two lamps?") && !counts("is that 20% more?")
        );
        assert!(!counts("what is that in 3 years?") && !counts("which of the two flies longer?"));
    }
}
