//! Calls written as markup, one element an argument: what Qwen3-Coder, GLM, DeepSeek and Kimi share.
//!
//! A value stands there as it is, without quotation marks or escapes, so it may hold the very markers
//! that end it. What follows a marker tells whether it is one.

use super::{
    schema::Schema,
    stream::{Io, Sink},
};
use polymath_chat::ToolSpec;
use serde_json::Value;

/// A marker that ends a value, if one of `followers` comes next (white space aside).
pub(super) struct End<'a> {
    pub marker: &'a str,
    pub followers: &'a [&'a str],
    /// What has to come behind the follower, if not the end of the reply. Empty: anything.
    pub then: &'a [&'a str],
    /// Whether the end of the reply may follow as well.
    pub or_end: bool,
    /// The marker belongs to what comes next: the value's own end marker was forgotten.
    pub keep: bool,
}

impl<'a> End<'a> {
    /// The marker that properly ends a value.
    pub fn proper(marker: &'a str, followers: &'a [&'a str]) -> Self {
        End { marker, followers, then: &[], or_end: false, keep: false }
    }

    /// A marker before which a forgotten end marker is made good.
    pub fn forgotten(marker: &'a str, followers: &'a [&'a str]) -> Self {
        End { marker, followers, then: &[], or_end: true, keep: true }
    }
}

/// The text from the position to the first of `ends`, and goes there; none when the reply ends first.
pub(super) async fn value(io: &Io, ends: &[End<'_>]) -> Option<String> {
    let from = io.position();
    let markers: Vec<&str> = ends.iter().map(|e| e.marker).collect();
    while let Some(which) = io.until(&markers, Sink::Nothing).await {
        let end = &ends[which];
        let behind = io.position();
        if follows(io, end).await {
            let before = behind - end.marker.len();
            io.seek(before);
            let text = io.since(from);
            io.seek(if end.keep { before } else { behind });
            return Some(text);
        }
        io.seek(behind);
    }
    None
}

async fn follows(io: &Io, end: &End<'_>) -> bool {
    io.space().await;
    if io.peek().await.is_none() {
        return end.or_end && !io.truncated();
    }
    for follower in end.followers {
        if io.eat(follower).await {
            return end.then.is_empty() || starts_with_any(io, end.then).await;
        }
    }
    false
}

/// Whether one of `markers`, or the end of the reply, comes next.
async fn starts_with_any(io: &Io, markers: &[&str]) -> bool {
    io.space().await;
    for marker in markers {
        if io.looking_at(marker).await {
            return true;
        }
    }
    io.peek().await.is_none()
}

/// The value that `text` is for the argument `name`: a string unless the tool's schema says otherwise.
pub(super) fn typed(tool: Option<&ToolSpec>, name: &str, text: &str) -> Value {
    match tool.and_then(|t| Schema::new(&t.parameters).property(name)) {
        Some(schema) => schema.read(text),
        None => Value::String(text.to_owned()),
    }
}

/// The argument as such formats write it: a string as it is, anything else as JSON.
pub(super) fn written(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => super::call::spaced(other),
    }
}

/// The value of the attribute `key` in a tag's text: `name="city" string="true"`.
pub(super) fn attribute(tag: &str, key: &str) -> Option<String> {
    let (_, rest) = tag.split_once(&format!("{key}=\""))?;
    let (text, _) = rest.split_once('"')?;
    Some(text.replace("&quot;", "\"").replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&"))
}
