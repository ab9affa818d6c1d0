//! What can be seen to be wrong with a plan without a model.

use super::Step;
use crate::evidence::terms;
use crate::notebook::Chat;
use std::collections::HashSet;

/// Takes out what nobody asked for: a conversion into a unit that the request does not name, the same
/// look-up twice, and steps behind a table that is shown as it is.
pub fn drop_unasked(steps: &mut Vec<Step>, request: &str, chat: &Chat) {
    let request = request.to_lowercase();
    let mut seen = HashSet::new();
    steps.retain(|step| match step {
        Step::Calc { expression, .. } => !is_unasked(expression, &request),
        Step::Find { what, .. } => seen.insert(what.to_lowercase()),
        Step::Collect { things, .. } => seen.insert(things.to_lowercase()),
        Step::Chart { table, .. } => table.starts_with('t') || chat.table_named(table).is_some(),
        _ => true,
    });
}

/// A bare conversion of something found into a unit of which no word stands in the request.
fn is_unasked(expression: &str, request: &str) -> bool {
    let Some((body, unit)) = expression.rsplit_once(" in ") else { return false };
    let bare = body.trim().chars().all(|c| c.is_ascii_alphanumeric()) && body.starts_with(|c: char| c.is_alphabetic());
    let said = terms(request).iter().any(|word| {
        let unit = unit.trim().to_lowercase();
        unit.starts_with(word.as_str()) || word.starts_with(unit.trim_end_matches('s'))
    });
    bare && !said
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_conversion_that_nobody_asked_for_goes() {
        assert!(is_unasked("a in feet", "how tall is the mill?"));
        assert!(!is_unasked("a in metres", "how long is it in metres?"));
        assert!(!is_unasked("a in feet", "and in feet?"));
        assert!(!is_unasked("(a - b) / b in percent", "how much did it grow?"));
        assert!(!is_unasked("70 miles in kilometres", "convert 70 miles"));
    }

    #[test]
    fn the_same_look_up_is_made_once() {
        let find = |name: &str| Step::Find { name: name.into(), what: "height of the tower".into() };
        let mut steps = vec![find("a"), find("b")];
        drop_unasked(&mut steps, "how tall is it?", &Chat::new("c"));
        assert_eq!(steps.len(), 1);
    }
}
