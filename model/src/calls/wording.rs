//! How a question and its answer are written, in the worked examples and in earnest alike.

use super::signature;
use polymath_chat::{ToolCall, ToolSpec};
use serde_json::json;

pub const YES: &str = "yes";
pub const NO: &str = "no";

/// One question: functions, the request, what was done about it already.
pub fn ask(tools: &[ToolSpec], request: &str, done: &str) -> String {
    let signatures: Vec<String> = tools.iter().map(signature::of).collect();
    let functions = signatures.join("\n");
    match done {
        "" => format!(
            "Functions:\n{functions}\n\n{request}\n\nFor each function, does the request ask for it? yes or no, and the calls."
        ),
        done => format!(
            "Functions:\n{functions}\n\n{request}\n\nDone already:\n{done}\n\nFor each function, does what is still to be done ask for it? yes or no, and the calls."
        ),
    }
}

/// Calls as the array that the model writes.
pub fn written(calls: &[ToolCall]) -> String {
    let calls: Vec<String> = calls
        .iter()
        .map(|c| format!("{{\"name\": {}, \"arguments\": {}}}", json!(c.name), signature::spaced(&c.arguments)))
        .collect();
    format!("[{}]", calls.join(", "))
}

/// What is said of the functions, a line each, before the calls are written.
pub fn said(tools: &[ToolSpec], asked_for: impl Fn(&ToolSpec) -> bool) -> String {
    let line = |tool: &ToolSpec| format!("{}: {}\n", tool.name, if asked_for(tool) { YES } else { NO });
    tools.iter().map(line).collect()
}
