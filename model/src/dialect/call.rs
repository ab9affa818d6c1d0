//! Calls written as JSON objects, `{"name": …, "arguments": {…}}`, alone or within markers.

use super::{
    ParseCx,
    json::{self, NoValue, Style},
    schema::Schema,
    stream::{Io, Sink},
};
use polymath_chat::{ToolCall, ToolSpec};
use serde_json::{Map, Value, json};

/// The call that a JSON value is, or why it is none.
pub(super) fn from_value(value: Value) -> Result<(String, Value), String> {
    let Value::Object(mut map) = value else { return Err("a call is a JSON object".into()) };
    // OpenAI's envelope: {"type": "function", "function": {…}}.
    if let Some(Value::Object(inner)) = map.get_mut("function") {
        map = std::mem::take(inner);
    }
    // Models that know the idea but not the format call it otherwise.
    let named = ["name", "function", "tool"].iter().find_map(|key| map.get(*key)?.as_str());
    let Some(name) = named.map(str::to_owned) else { return Err("the call has no \"name\"".into()) };
    let given = map.remove("arguments").or_else(|| map.remove("parameters"));
    let arguments = match given {
        None | Some(Value::Null) => Value::Object(Map::new()),
        // Escaped once more than needed: the wire format of OpenAI's API.
        Some(Value::String(text)) => json::parse(&text).unwrap_or(Value::String(text)),
        Some(value) => value,
    };
    match arguments {
        Value::Object(_) => Ok((name, arguments)),
        _ => Err(format!("the arguments of {name} are no JSON object")),
    }
}

/// Whether arguments pass the gate of a tool's schema.
pub(super) fn fits(tool: &ToolSpec, arguments: &Value) -> bool {
    Schema::new(&tool.parameters).fits(arguments)
}

/// How [`tagged`] went.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Tagged {
    /// At least one call was emitted; the position is behind the last object.
    Calls,
    /// The text is no call: its position is undefined.
    Broken(String),
    /// The reply ended within the first object.
    Cut,
}

/// Reads the call, the array of calls or the calls one after another at the position and emits them.
/// What cannot be read after the first call is emitted as malformed here.
pub(super) async fn tagged(io: &Io, cx: &ParseCx) -> Tagged {
    io.space().await;
    let array = io.eat("[").await;
    let mut found = Tagged::Broken("there is no JSON object after the marker".into());
    loop {
        io.take_while(|c| c.is_whitespace() || c == ',').await;
        let from = io.position();
        if io.peek().await != Some('{') {
            break;
        }
        let problem = match object(io, cx).await {
            Ok((name, arguments)) => {
                io.call(name, arguments);
                found = Tagged::Calls;
                continue;
            }
            Err(problem) => problem,
        };
        match (found, problem) {
            (Tagged::Calls, NoValue::Bad(why)) => {
                io.malformed(from, why);
                return Tagged::Calls;
            }
            (Tagged::Calls, NoValue::Cut) => {
                io.cut(from);
                return Tagged::Calls;
            }
            (_, NoValue::Bad(why)) => return Tagged::Broken(why),
            (_, NoValue::Cut) => return Tagged::Cut,
        }
    }
    if array && found == Tagged::Calls {
        io.eat("]").await;
    }
    found
}

/// Reads one call object, telling the caller as soon as a known tool is named.
pub(super) async fn object(io: &Io, cx: &ParseCx) -> Result<(String, Value), NoValue> {
    let from = io.position();
    let value = json::read(io, Style::Strict, |name| {
        if cx.tool(name).is_some() {
            io.begin_call(name, from);
        }
    })
    .await?;
    let (name, arguments) = from_value(value).map_err(NoValue::Bad)?;
    // Arguments may be left out where there is nothing to say.
    let none = arguments.as_object().is_some_and(Map::is_empty);
    match cx.tool(&name) {
        Some(tool) if none && !fits(tool, &arguments) => {
            Err(NoValue::Bad(format!("the call of {name} has no arguments")))
        }
        _ => Ok((name, arguments)),
    }
}

/// Reads the arguments of a call whose format has the name elsewhere: an object, or one within a JSON
/// string (the wire format of OpenAI's API), or, for a tool that can do without, nothing before one of
/// `ends` or the end of the reply.
pub(super) async fn arguments(io: &Io, cx: &ParseCx, name: &str, ends: &[&str]) -> Result<Value, NoValue> {
    io.space().await;
    let none = Value::Object(Map::new());
    match io.peek().await {
        Some('{') => json::read(io, Style::Strict, |_| {}).await,
        Some('"') => match json::parse(&json::string(io).await?) {
            Some(value) if value.is_object() => Ok(value),
            _ => Err(NoValue::Bad(format!("the arguments of {name} are no JSON object"))),
        },
        None if io.truncated() => Err(NoValue::Cut),
        next => {
            let mut over = next.is_none();
            for end in ends {
                over = over || io.looking_at(end).await;
            }
            match over {
                true if cx.tool(name).is_none_or(|tool| fits(tool, &none)) => Ok(none),
                true => Err(NoValue::Bad(format!("the call of {name} has no arguments"))),
                false => Err(NoValue::Bad(format!("the arguments of {name} are no JSON object"))),
            }
        }
    }
}

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
