//! A grammar for a list of calls, for models that have no syntax of their own for it, or a bad one.

use super::arguments::{FIXED, Rules, quoted};
use polymath_chat::{Constraint, ToolSpec};
use serde_json::Value;

/// A JSON array of calls, `[{"name": "f", "arguments": {"a": 1}}]`, each of one of `tools` (of two
/// with the same name the first) with arguments that fit its schema: the required ones are there,
/// the others may be, in any order. The white space is as in this example, to the character.
///
/// `at_least_one` forbids `[]`; without `many` there is one call at most.
pub fn calls_grammar(tools: &[ToolSpec], at_least_one: bool, many: bool) -> Constraint {
    let mut rules = Rules::new(String::new(), FIXED);
    let mut names: Vec<&str> = Vec::new();
    for tool in tools {
        if names.contains(&tool.name.as_str()) {
            continue;
        }
        let head = format!("{{\"name\": {}, \"arguments\": ", Value::from(tool.name.as_str()));
        let arguments = rules.arguments(&tool.parameters);
        rules.push(&format!("call_{}: {} {arguments} \"}}\"", names.len(), quoted(&head)));
        names.push(&tool.name);
    }
    let empty = if at_least_one && !names.is_empty() { "" } else { "\"[]\" | " };
    let more = if many { " (\", \" call)*" } else { "" };
    match names.len() {
        0 => rules.push("start: \"[]\""),
        some => {
            let calls: Vec<String> = (0..some).map(|i| format!("call_{i}")).collect();
            rules.push(&format!("call: {}", calls.join(" | ")));
            rules.push(&format!("start: {empty}\"[\" call{more} \"]\""));
        }
    }
    Constraint::Lark(rules.into_lark())
}
