//! What dialects need to write calls, and to give one up.

use super::stream::{Io, Sink};
use polymath_chat::ToolCall;
use serde_json::{Value, json};

/// Goes on behind a call that turned out unreadable: behind the first `end` after offset `from`.
pub(super) async fn skip_broken(io: &Io, from: usize, end: &str, why: &str) {
    io.seek(from);
    if io.until(&[end], Sink::Nothing).await.is_none() && io.truncated() {
        return io.cut(from);
    }
    io.malformed(from, why);
}

/// `{"name": …, "arguments": …}`, spaced as Python's `json.dumps` spaces it.
pub(super) fn syntax(call: &ToolCall, arguments_key: &str) -> String {
    let object = json!({"name": call.name, arguments_key: call.arguments});
    spaced(&object)
}

/// JSON as `json.dumps(ensure_ascii=False)` writes it: what models were trained on.
pub(super) fn spaced(value: &Value) -> String {
    let joined = |items: Vec<String>| items.join(", ");
    match value {
        Value::Array(items) => format!("[{}]", joined(items.iter().map(spaced).collect())),
        Value::Object(map) => {
            let members = map.iter().map(|(k, v)| format!("{}: {}", Value::from(k.as_str()), spaced(v)));
            format!("{{{}}}", joined(members.collect()))
        }
        scalar => scalar.to_string(),
    }
}
