//! Marks around calls, of whatever family.

use crate::dialect::stream::Io;

pub(super) const FENCE: &str = "```";
/// Marks seen around a call, each with its end.
pub(in crate::dialect) const MARKS: &[(&str, &str)] = &[
    ("<tool_call>", "</tool_call>"),
    ("<tools>", "</tools>"),
    ("<tool>", "</tool>"),
    ("<function>", "</function>"),
    ("<function_call>", "</function_call>"),
    ("<function-call>", "</function-call>"),
];
/// More ends, of formats whose beginnings are read by their dialects only.
const ENDS: &[&str] =
    &["<tool_call|>", "<|tool_call_end|>", "<|tool_calls_section_end|>", "<｜tool▁call▁end｜>", "<｜tool▁calls▁end｜>"];

/// Where an unreadable call ends in a dialect with these marks of its own.
pub(super) fn ends<'a>(own: &[&'a str]) -> Vec<&'a str> {
    own.iter().copied().chain(MARKS.iter().map(|(_, close)| *close)).chain(ENDS.iter().copied()).collect()
}

/// Passes over surplus brackets and one of `ends` behind a call; whether there was one.
pub(super) async fn close_mark(io: &Io, ends: &[&str]) -> bool {
    let behind = io.position();
    io.take_while(|c| c.is_whitespace() || matches!(c, '}' | ']' | ';')).await;
    for end in ends {
        if io.eat(end).await {
            return true;
        }
    }
    io.seek(behind);
    false
}
