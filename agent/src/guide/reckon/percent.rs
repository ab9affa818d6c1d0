//! What is said in percent: shares, and differences by their base.

use crate::guide::plan::{HOW_MANY, PERCENT, said, years};
use crate::notebook::Fact;

/// A difference in percent as the difference, where a question asks how many there are more, and of no percentage.
pub fn counted(expression: &str, asked: &str) -> String {
    let small = asked.to_lowercase();
    let bare = expression.strip_suffix(" in percent").filter(|bare| bare.contains(" - ") && !bare.contains('/'));
    let counts = said(&small, HOW_MANY) && !said(&small, PERCENT) && !small.contains('%');
    bare.filter(|_| counts).unwrap_or(expression).to_owned()
}

/// A share as the calculator has it in percent: without "* 100", and where the question asks for it so.
pub fn in_percent(expression: &str, asked: &str) -> String {
    let bare = expression.strip_suffix(" in percent").unwrap_or(expression);
    let hundred = bare.strip_suffix(" * 100").or_else(|| bare.strip_prefix("100 * "));
    let share = bare.contains(" / ") && !bare.contains(" * ") && !bare.contains(" in ");
    match hundred {
        Some(share) => format!("{share} in percent"),
        None if share && said(&asked.to_lowercase(), PERCENT) => format!("{bare} in percent"),
        None => expression.to_owned(),
    }
}

/// A difference in percent is one by its base: by the value of the earlier year, or by the second value.
pub fn by_the_base(expression: &str, values: &[(String, Fact)]) -> String {
    let bare = expression.strip_suffix(" in percent").unwrap_or_default();
    let Some((a, b)) = bare.split_once(" - ").filter(|(a, b)| !a.contains([' ', '(']) && !b.contains([' ', '(', ')']))
    else {
        return expression.to_owned();
    };
    let fact = |name: &str| values.iter().find(|(own, _)| own == name).map(|(_, fact)| fact);
    let (Some(first), Some(second)) = (fact(a), fact(b)) else { return expression.to_owned() };
    if first.unit() == "%" || second.unit() == "%" {
        return bare.to_owned();
    }
    let year = |fact: &Fact| years(&fact.about).into_iter().next();
    let base = match (year(first), year(second)) {
        (Some(own), Some(other)) if own < other => a,
        _ => b,
    };
    format!("({bare}) / {base} in percent")
}

/// The difference that a percentage is of, where a question asks for both: by how many km, and how many percent is that?
pub fn difference_asked(expression: &str, asked: &str) -> Option<String> {
    const ASKING: [&str; 7] = ["how m", "wie viel", "wieviel", "combien", "cuánt", "多少", "几"];
    let small = asked.to_lowercase();
    let twice = ASKING.iter().any(|asking| small.matches(asking).count() > 1);
    let body = expression.strip_suffix(" in percent").filter(|_| twice)?;
    let (difference, _) = body.strip_prefix('(')?.split_once(") / ")?;
    (difference.split(" - ").count() == 2 && !difference.contains('(')).then(|| difference.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_difference_and_its_percentage_are_two() {
        let asked = "Um wie viel km ist er kürzer geworden, und wie viel Prozent sind das?";
        assert_eq!(difference_asked("(v0 - v1) / v0 in percent", asked).as_deref(), Some("v0 - v1"));
        assert_eq!(difference_asked("(v0 - v1) / v0 in percent", "Um wie viel Prozent ist er kürzer?"), None);
        assert_eq!(difference_asked("v0 / v1 in percent", asked), None);
    }
}
