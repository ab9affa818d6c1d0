//! Keeps a conversation within the model's context: where it does not fit any more, the oldest
//! results of tools give way to a line that says so. Questions, answers, calls and the latest
//! results stay, and so does all that was found: pages, tables and facts are the notebook's.

use crate::evidence::clip;
use polymath_chat::{Message, Role};

/// Tokens of a message beside its text: its role and marks.
const FRAME: usize = 8;
/// How full the room is left, in per cent, once something has to give way: an engine evaluates again
/// what stands behind a change, so that it should not happen in each step.
const FILL: usize = 70;
/// Characters that stay of a result: its first line says what it is.
const HEAD: usize = 120;
/// What a line about a result's tables begins with. It stays: programs need their names.
pub const TABLES: &str = "[tables, ";

/// Tokens of a message, by a count of a text's tokens.
pub fn size(message: &Message, count: &dyn Fn(&str) -> usize) -> usize {
    let calls = message.calls.iter().map(|c| count(&c.name) + count(&c.arguments.to_string()) + FRAME);
    count(&message.content) + message.reasoning.as_deref().map_or(0, count) + calls.sum::<usize>() + FRAME
}

/// Shortens old results of tools in `messages` until all fits into `room` tokens. Returns the ids of
/// the calls whose results were shortened; where nothing is left to shorten it may still not fit.
pub fn fit(messages: &mut [Message], room: usize, count: &dyn Fn(&str) -> usize) -> Vec<String> {
    let mut total: usize = messages.iter().map(|m| size(m, count)).sum();
    if total <= room {
        return Vec::new();
    }
    let latest = messages.iter().rposition(|m| !m.calls.is_empty()).unwrap_or(messages.len());
    let last = messages.len() - 1;
    let mut shortened = Vec::new();
    for (i, message) in messages.iter_mut().enumerate() {
        // Of the latest results as few as it takes, and never the last.
        let target = if i < latest { room * FILL / 100 } else { room };
        if total <= target || i == last {
            continue;
        }
        let before = size(message, count);
        if i < latest {
            message.reasoning = None;
        }
        if message.role == Role::Tool {
            let text = short(&message.content, count);
            if count(&text) < count(&message.content) {
                message.content = text;
                shortened.extend(message.call_id.clone());
            }
        }
        total = total + size(message, count) - before;
    }
    shortened
}

/// The line for a result.
fn short(content: &str, count: &dyn Fn(&str) -> usize) -> String {
    let first = clip(content.lines().next().unwrap_or_default(), HEAD);
    let tables = content.lines().rfind(|line| line.starts_with(TABLES));
    let tables = tables.map(|line| format!("\n{line}")).unwrap_or_default();
    format!("[shortened: {first} ({} tokens; the call may be made again)]{tables}", count(content))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use polymath_chat::ToolCall;
    use serde_json::json;

    fn call(n: usize) -> ToolCall {
        ToolCall { id: format!("c{n}"), name: "open".into(), arguments: json!({"page": n}) }
    }

    /// A question and three steps, the last with two calls; each result has `length` words.
    fn conversation(length: usize) -> Vec<Message> {
        let result = |n: usize| {
            let tables = if n == 1 { "\n[tables, in sql and as DataFrames in python: t1 = x (a), 2 rows]" } else { "" };
            Message::tool(&call(n), format!("[{n}] Page {n}\n{}{tables}", "word ".repeat(length)))
        };
        let calling = |calls: &[usize]| Message {
            calls: calls.iter().map(|n| call(*n)).collect(),
            reasoning: Some("hm ".repeat(20)),
            ..Message::assistant("")
        };
        let first = [Message::user("question"), calling(&[1]), result(1), calling(&[2]), result(2)];
        first.into_iter().chain([calling(&[3, 4]), result(3), result(4)]).collect()
    }

    fn words(text: &str) -> usize {
        text.split_whitespace().count()
    }

    #[track_caller]
    fn check(length: usize, room: usize, want: &[&str]) -> Vec<Message> {
        let mut messages = conversation(length);
        assert_eq!(fit(&mut messages, room, &words), want);
        assert_eq!(messages[0].content, "question");
        messages
    }

    #[test]
    fn the_oldest_results_give_way_and_the_latest_stay() {
        assert_eq!(check(100, 1000, &[]), conversation(100));
        let messages = check(100, 480, &["c1", "c2"]);
        assert!(messages[2].content.starts_with("[shortened: [1] Page 1 (117 tokens"), "{}", messages[2].content);
        assert!(messages[2].content.ends_with("\n[tables, in sql and as DataFrames in python: t1 = x (a), 2 rows]"));
        assert_eq!((&messages[1].reasoning, messages[5].reasoning.is_some()), (&None, true));
        // Only as many of the latest as it takes.
        let messages = check(100, 300, &["c1", "c2", "c3"]);
        assert_eq!(messages[7], conversation(100)[7]);
        // Nothing is shortened twice.
        let mut again = messages.clone();
        assert!(fit(&mut again, 10, &words).is_empty());
        assert_eq!(again[2], messages[2]);
    }
}
