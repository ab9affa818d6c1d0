//! What can be seen to be wrong with values and a calculation, without a model.

use crate::evidence::Passage;
use crate::guide::find::{is_of_kind, is_of_other_property};
use crate::guide::plan::{given, words};
use crate::notebook::Fact;
use polymath_chat::Provenance;
use polymath_quantity::{Figure, UnitKind, figures};

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
    let one = |f: &Figure| f.number == Some(1.0) || f.number == Some(100.0);
    !works
        || !looked_up
        || adds_a_guess(expression, asked)
        || figures(asked).iter().filter(measured).any(|f| !one(f) && !used(f))
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

/// Whether a value is of another kind than its name says, or its line tells another of the thing's measures.
pub fn is_of_another(about: &str, fact: &Fact, passage: &Passage) -> bool {
    !is_of_kind(about, fact) || is_of_other_property(about, &passage.text)
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
        dated && (a.is_empty() || b.is_empty() || pair[0].is_alike(pair[1]) || !is_unit(&a) && !is_unit(&b))
    });
    let number: String = result.chars().filter(|c| c.is_ascii_digit() || *c == '.').collect();
    let huge = percent && number.parse::<f64>().is_ok_and(|n| n > LARGEST_SHARE);
    !huge && (alike || !(percent || adds && plain))
}

/// Whether a word is a unit, and not what is counted.
fn is_unit(word: &str) -> bool {
    figures(&format!("1 {word}")).iter().any(|f| f.unit.is_some())
}
