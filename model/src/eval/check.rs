//! Whether calls are the ones that were expected, and whether they fit their tools' schemas.

use super::case::ExpectedCall;
use polymath_chat::{ToolCall, ToolSpec};
use serde_json::Value;

/// Checks calls against the expected ones, matched one to one in any order. The error says what is
/// wrong with the first call that could not be matched.
///
/// A call is right when its name is, when it gives every parameter that may not be left out and none
/// that is unknown, and when each value is among the accepted ones (see [`same`]).
pub fn check(expected: &[ExpectedCall], calls: &[ToolCall]) -> Result<(), String> {
    if expected.len() != calls.len() {
        let names: Vec<&str> = calls.iter().map(|c| c.name.as_str()).collect();
        return Err(format!("{} calls expected, {} made: [{}]", expected.len(), calls.len(), names.join(", ")));
    }
    let right: Vec<Vec<bool>> =
        calls.iter().map(|c| expected.iter().map(|e| compare(e, c).is_ok()).collect()).collect();
    if let Some(unmatched) = unmatched(&right) {
        let call = &calls[unmatched];
        let nearest = expected.iter().find(|e| e.name == call.name).or(expected.first());
        return Err(match nearest.map(|e| compare(e, call)) {
            Some(Err(why)) => why,
            _ => format!("`{}` is called too often with the same arguments", call.name),
        });
    }
    Ok(())
}

/// A row that finds no column of its own, when every row takes one of those that are true for it
/// (Kuhn's bipartite matching).
fn unmatched(right: &[Vec<bool>]) -> Option<usize> {
    fn place(row: usize, right: &[Vec<bool>], tried: &mut [bool], owner: &mut [Option<usize>]) -> bool {
        (0..owner.len()).any(|column| {
            if !right[row][column] || std::mem::replace(&mut tried[column], true) {
                return false;
            }
            let free = owner[column].is_none_or(|other| place(other, right, tried, owner));
            if free {
                owner[column] = Some(row);
            }
            free
        })
    }
    let mut owner = vec![None; right.len()];
    (0..right.len()).find(|row| !place(*row, right, &mut vec![false; right.len()], &mut owner))
}

fn compare(expected: &ExpectedCall, call: &ToolCall) -> Result<(), String> {
    if expected.name != call.name {
        return Err(format!("`{}` expected, `{}` called", expected.name, call.name));
    }
    let Some(given) = call.arguments.as_object() else {
        return Err(format!("the arguments of `{}` are not an object", call.name));
    };
    if let Some(unknown) = given.keys().find(|name| !expected.arguments.contains_key(*name)) {
        return Err(format!("`{}` has no parameter `{unknown}`", call.name));
    }
    for (name, accepted) in &expected.arguments {
        match given.get(name) {
            None if accepted.iter().any(Value::is_null) => {}
            None => return Err(format!("`{}` is called without `{name}`", call.name)),
            Some(value) if accepted.iter().any(|a| same(a, value)) => {}
            Some(value) => {
                let accepted: Vec<String> = accepted.iter().map(Value::to_string).collect();
                return Err(format!("`{name}` is {value}; right would be {}", accepted.join(" or ")));
            }
        }
    }
    Ok(())
}

/// Whether two values mean the same: numbers as numbers, strings without regard to case, white space
/// and punctuation, arrays element by element, objects member by member. A null means nothing.
fn same(accepted: &Value, given: &Value) -> bool {
    match (accepted, given) {
        (Value::Number(a), Value::Number(b)) => a.as_f64() == b.as_f64(),
        (Value::String(a), Value::String(b)) => plain(a) == plain(b),
        (Value::Bool(a), Value::Bool(b)) => a == b,
        (Value::Array(a), Value::Array(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(a, b)),
        (Value::Object(a), Value::Object(b)) => {
            a.len() == b.len() && a.iter().all(|(name, a)| b.get(name).is_some_and(|b| same(a, b)))
        }
        _ => false,
    }
}

fn plain(text: &str) -> String {
    let ignored = |c: char| c.is_whitespace() || ",./-_*^'\"“”‘’".contains(c);
    text.chars().filter(|c| !ignored(*c)).flat_map(char::to_lowercase).collect()
}

/// Whether a call is one of a known tool, with arguments that fit its schema.
pub fn fits(tools: &[ToolSpec], call: &ToolCall) -> bool {
    tools
        .iter()
        .find(|t| t.name == call.name)
        .and_then(|t| jsonschema::validator_for(&t.parameters).ok())
        .is_some_and(|validator| validator.is_valid(&call.arguments))
}
