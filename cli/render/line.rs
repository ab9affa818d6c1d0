//! Texts of models, pages and tools cut to one safe line.

use polymath_chat::plain::clean;
use serde_json::Value;
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// The first line with something in it, at most `columns` wide.
pub fn first_line(text: &str, columns: usize) -> String {
    let text = clean(text);
    let mut lines = text.lines().map(str::trim).filter(|l| !l.is_empty());
    let line = lines.next().unwrap_or("");
    let cut = cut(line, columns);
    if cut.len() == line.len() && lines.next().is_some() { cut + " …" } else { cut }
}

/// A line at most `columns` wide; what was cut off is an ellipsis more.
pub fn cut(line: &str, columns: usize) -> String {
    let (mut out, mut used) = (String::new(), 0);
    for c in line.chars() {
        let width = c.width().unwrap_or(0);
        if used + width > columns {
            return out + "…";
        }
        used += width;
        out.push(c);
    }
    out
}

/// The arguments of a call in one line: the only one by itself, several by their names.
pub fn arguments_line(arguments: &Value) -> String {
    let show = |value: &Value| match value {
        Value::String(s) => format!("{:?}", first_line(s, 80)),
        other => first_line(&other.to_string(), 80),
    };
    match arguments.as_object() {
        Some(map) if map.len() == 1 => map.values().map(show).collect(),
        Some(map) => map.iter().map(|(k, v)| format!("{}={}", clean(k), show(v))).collect::<Vec<_>>().join(" "),
        None => show(arguments),
    }
}

/// A call and its result in one line of a terminal, the time always at the end. Where it is too short for
/// both, the call gets half of it, or what the result leaves.
pub fn call_line(call: &str, result: &str, ms: u64, columns: usize) -> String {
    let time = format!("  {}", seconds(ms));
    // The sign, and the ellipses that cutting adds.
    let room = columns.saturating_sub(time.width() + 4);
    let call = cut(call, (room.max(12) / 2).max(room.saturating_sub(result.width() + 3)));
    let rest = room.saturating_sub(call.width() + 3);
    let result = if rest < 4 { String::new() } else { format!(" · {}", cut(result, rest)) };
    format!("{call}{result}{time}")
}

pub fn seconds(ms: u64) -> String {
    format!("{:.1}s", ms as f64 / 1e3)
}
