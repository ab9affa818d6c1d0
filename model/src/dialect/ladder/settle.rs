//! From what was read to a call: the arguments as the tool's schema wants them, and the gate.

use crate::dialect::{ParseCx, Step, json, schema::Schema, stream::Io};
use polymath_chat::ToolSpec;
use serde_json::{Map, Value};

/// Calls are wrapped in their own arguments once, seldom twice; each layer may be a string or a list.
const LAYERS: usize = 8;
/// The keys of a call's arguments.
const ARGUMENTS: [&str; 2] = ["arguments", "parameters"];
/// The keys of its name. Models that know the idea but not the format call it otherwise.
const NAMES: [&str; 3] = ["name", "function", "tool"];

/// What speaks for a text's being a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::dialect) enum Trust {
    /// The format's own marks and correct JSON: whatever it is, the dispatcher judges it.
    Marked,
    /// Something was mended or guessed: only a known tool with arguments that fit its schema is a call.
    Rescued,
    /// Not even marks speak for it: beyond [`Trust::Rescued`], what has a name only may be anything.
    Unmarked,
}

/// A call object's name, and its arguments if it has any. Why it is none, when it is none.
pub(super) fn call_of(value: Value) -> Result<(String, Option<Value>), String> {
    let Value::Object(mut map) = value else { return Err("a call is a JSON object".into()) };
    // OpenAI's envelope: {"type": "function", "function": {…}}.
    if let Some(Value::Object(inner)) = map.get_mut("function") {
        map = std::mem::take(inner);
    }
    let named = NAMES.iter().find_map(|key| map.get(*key)?.as_str());
    let Some(name) = named.map(str::to_owned) else { return Err("the call has no \"name\"".into()) };
    Ok((name, ARGUMENTS.iter().find_map(|key| map.remove(*key))))
}

/// The call of `name` with these arguments, or why it is none. The rungs: arguments as a JSON string
/// (the wire format of OpenAI's API), in an array of one, within a whole call of the same tool; values
/// in quotation marks where the schema has no place for a string.
pub(in crate::dialect) fn settled(cx: &ParseCx, name: &str, given: Value, trust: Trust) -> Result<Step, String> {
    match cx.tool(name).or_else(|| cx.tool(name.strip_prefix("functions.")?)) {
        Some(tool) => fitted(tool, given, trust).map(|arguments| step(&tool.name, arguments)),
        None if trust != Trust::Marked => Err(format!("there is no tool {name:?}")),
        None => match opened(given) {
            arguments @ Value::Object(_) => Ok(step(name, arguments)),
            _ => Err(format!("the arguments of {name} are no JSON object")),
        },
    }
}

/// Tells the call of `name` whose text, read whole, began at offset `from`; see [`settled`].
pub(in crate::dialect) fn tell(io: &Io, cx: &ParseCx, from: usize, (name, arguments): (&str, Value)) {
    match settled(cx, name, arguments, Trust::Marked) {
        Ok(step) => io.emit(step),
        Err(why) => io.malformed(from, why),
    }
}

fn step(name: &str, arguments: Value) -> Step {
    Step::Call { name: name.to_owned(), arguments }
}

/// The arguments of a call of `tool`, coerced; see [`settled`].
pub(in crate::dialect) fn fitted(tool: &ToolSpec, given: Value, trust: Trust) -> Result<Value, String> {
    let schema = Schema::new(&tool.parameters);
    let given = opened(given);
    let layers = std::iter::successors(Some(given.clone()), |outer| inner(tool, outer)).take(LAYERS);
    let mut fitting = layers.map(|layer| schema.coerced(layer)).filter(|layer| layer.is_object() && schema.fits(layer));
    // A tool that takes anything takes its own call as well.
    let whole_call = |a: &Value| ARGUMENTS.iter().any(|k| a.get(k).is_some() && schema.property(k).is_none());
    let first = fitting.next();
    let best = match first {
        Some(outer) if whole_call(&outer) => fitting.find(|a| !whole_call(a)).or(Some(outer)),
        other => other,
    };
    match (best, given) {
        (Some(arguments), _) => Ok(arguments),
        (None, Value::Object(map)) if map.is_empty() => Err(format!("the call of {} has no arguments", tool.name)),
        (None, object @ Value::Object(_)) if trust == Trust::Marked => Ok(schema.coerced(object)),
        (None, Value::Object(_)) => Err(format!("the arguments do not fit the schema of {}", tool.name)),
        (None, _) => Err(format!("the arguments of {} are no JSON object", tool.name)),
    }
}

/// Arguments that are not there, or within a string.
fn opened(given: Value) -> Value {
    match given {
        Value::Null => Value::Object(Map::new()),
        Value::String(text) => json::parse(&text).unwrap_or(Value::String(text)),
        other => other,
    }
}

/// What `outer` is wrapped around.
fn inner(tool: &ToolSpec, outer: &Value) -> Option<Value> {
    match outer {
        Value::String(text) => json::parse(text).filter(|v| v.is_object() || v.is_array()),
        Value::Array(items) => match items.as_slice() {
            [only @ Value::Object(_)] => Some(only.clone()),
            _ => None,
        },
        Value::Object(map) => {
            let same = NAMES.iter().filter_map(|key| map.get(*key)).all(|name| *name == tool.name.as_str());
            let arguments = ARGUMENTS.iter().find_map(|key| map.get(*key)).filter(|_| same);
            // {"weather": {"city": …}}
            let keyed = (map.len() == 1).then(|| map.get(&tool.name)).flatten();
            arguments.or(keyed).cloned()
        }
        _ => None,
    }
}

/// Whether a JSON value is a tool's description, as the prompt showed it.
pub(super) fn description_of_a_tool(cx: &ParseCx, value: &Value) -> bool {
    let inner = value.get("function").filter(|f| f.is_object()).unwrap_or(value);
    let Some(tool) = inner.get("name").and_then(Value::as_str).and_then(|name| cx.tool(name)) else { return false };
    let schema = ARGUMENTS.iter().any(|key| inner.get(*key).is_some_and(|p| p.get("properties").is_some()));
    inner.get("description").is_some() || schema && Schema::new(&tool.parameters).property("properties").is_none()
}
