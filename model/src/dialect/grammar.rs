//! Grammars for calls written as JSON, in llguidance's variant of Lark.
//!
//! The arguments of the outermost object may come in any order, since a model that is forced into
//! another order than it would choose writes worse values; what is nested keeps the schema's order,
//! which is all that llguidance's JSON offers. White space is bounded, so that a weak model cannot
//! wander off into it.

use super::{CallGrammar, markup, schema::Schema};
use polymath_chat::ToolSpec;
use serde_json::{Map, Value, json};
use std::fmt::Write;

/// With more properties than this the orders are too many to spell out, and the schema's is used.
const MAX_FREE: usize = 6;

/// White space between the parts of a call: none, or what models write.
const SPACE: &str = "SP: /[ \\t\\r\\n]{0,8}/\n";

/// The JSON inside of values: separators as models write them, nothing else.
fn guidance() -> Value {
    json!({"whitespace_flexible": false, "item_separator": ",\\s{0,8}", "key_separator": ":\\s{0,2}", "lenient": true})
}

/// One call object of `tool`, from its `{` to its `}`, as far as that fits what is `written` of it:
/// with single or doubled braces, the arguments under one of the keys that readers know.
pub(super) fn json_call(tool: &ToolSpec, written: &str) -> Option<CallGrammar> {
    let doubled = written.starts_with("{{");
    if !written.starts_with('{') {
        return None;
    }
    let (open, close) = if doubled { ("{{", "}}") } else { ("{", "}") };
    let mut lark = format!(
        "start: {} SP \"\\\"name\\\"\" SP \":\" SP {} SP \",\" SP (\"\\\"arguments\\\"\" | \"\\\"parameters\\\"\") SP \":\" SP args SP {}\n{SPACE}",
        quoted(open),
        quoted(&Value::from(tool.name.as_str()).to_string()),
        quoted(close),
    );
    arguments(&mut lark, &tool.parameters);
    Some(CallGrammar { lark })
}

/// The arguments object alone, to its `}`.
pub(super) fn json_arguments(tool: &ToolSpec) -> CallGrammar {
    let mut lark = format!("start: SP args\n{SPACE}");
    arguments(&mut lark, &tool.parameters);
    CallGrammar { lark }
}

/// [`json_call`] when what is `written` names the tool, [`json_arguments`] when it does not, because
/// the format has the name elsewhere.
pub(super) fn json_call_or_arguments(tool: &ToolSpec, written: &str) -> Option<CallGrammar> {
    let dense: String = written.chars().filter(|c| !c.is_whitespace()).take(tool.name.len() + 16).collect();
    match dense.trim_start_matches('{').starts_with(&format!("\"name\":\"{}\"", tool.name)) {
        true => json_call(tool, written),
        false => Some(json_arguments(tool)),
    }
}

/// A Lark string literal.
pub(super) fn quoted(text: &str) -> String {
    Value::from(text).to_string()
}

/// Appends the rule `args` and what it needs.
fn arguments(lark: &mut String, schema: &Value) {
    let properties = schema.get("properties").and_then(Value::as_object).filter(|p| p.len() <= MAX_FREE);
    match properties {
        Some(properties) if is_plain(schema) => any_order(lark, schema, properties),
        _ => {
            let _ = writeln!(lark, "args: %json {}", with_guidance(schema.clone()));
        }
    }
}

/// Whether the schema says what members there are by `properties` and `required` alone.
fn is_plain(schema: &Value) -> bool {
    let combining = ["anyOf", "oneOf", "allOf", "$ref", "patternProperties", "minProperties", "maxProperties", "not"];
    combining.iter().all(|key| schema.get(key).is_none())
        && !schema.get("additionalProperties").is_some_and(Value::is_object)
}

/// The members of `args` in any order.
fn any_order(lark: &mut String, schema: &Value, properties: &Map<String, Value>) {
    let _ = writeln!(lark, "args: \"{{\" SP members SP \"}}\"");
    orders(lark, schema, properties, "SP \",\" SP ");
    for (i, (name, member)) in properties.iter().enumerate() {
        let key = quoted(&Value::from(name.as_str()).to_string());
        let _ = writeln!(lark, "m_{i}: {key} SP \":\" SP v_{i}");
        let _ = writeln!(lark, "v_{i}: %json {}", with_guidance(carry_definitions(schema, member.clone())));
    }
}

/// The rule `members`: rules `m_0`, `m_1`, … in any order with `separator` between them, none twice,
/// the required ones all. There is one rule for every set of members that are still to come: what may
/// come next, or, when nothing required is left, the end.
fn orders(lark: &mut String, schema: &Value, properties: &Map<String, Value>, separator: &str) {
    let listed = schema.get("required").and_then(Value::as_array);
    let is_required = |name: &String| listed.is_some_and(|r| r.iter().any(|v| v.as_str() == Some(name)));
    let required: usize = properties.keys().enumerate().filter(|(_, n)| is_required(n)).map(|(i, _)| 1 << i).sum();
    let all = (1usize << properties.len()) - 1;
    let rest = |left: usize, separator: &str| {
        let open = (0..properties.len()).filter(move |i| left & (1 << i) != 0);
        let next = open.map(|i| format!("{separator}m_{i} more_{}", left & !(1 << i)));
        let end = (left & required == 0).then(|| "\"\"".to_owned());
        next.chain(end).collect::<Vec<_>>().join(" | ")
    };
    let _ = writeln!(lark, "members: {}", rest(all, ""));
    for left in 0..all {
        let _ = writeln!(lark, "more_{left}: {}", rest(left, separator));
    }
}

/// How a format writes a call as markup.
pub(super) struct Markup<'a> {
    /// What stands before the first argument.
    pub head: String,
    /// What stands before and behind an argument's name.
    pub key: (&'a str, &'a str),
    pub value_end: &'a str,
    /// What stands behind the last argument.
    pub tail: &'a str,
}

impl Markup<'_> {
    /// The grammar of a call of `tool`: strings as they are up to the end marker, the rest as JSON.
    pub fn call(&self, tool: &ToolSpec) -> Option<CallGrammar> {
        let schema = &tool.parameters;
        let none = Map::new();
        let properties = schema.get("properties").and_then(Value::as_object).unwrap_or(&none);
        if properties.len() > MAX_FREE || !is_plain(schema) {
            return None;
        }
        let mut lark = format!("start: {} members {}\n", quoted(&self.head), quoted(self.tail));
        orders(&mut lark, schema, properties, "");
        for (i, (name, member)) in properties.iter().enumerate() {
            let key = quoted(&format!("{}{name}{}", self.key.0, self.key.1));
            let _ = writeln!(lark, "m_{i}: {key} v_{i}");
            let types = Schema::new(schema).property(name).map(Schema::types).unwrap_or_default();
            if types.contains(&"string") && member.get("enum").is_none() {
                let end = self.value_end.replace('/', "\\/").replace('\n', "\\n");
                let _ = writeln!(lark, "v_{i}[lazy]: /(.|\\n)*{end}/");
            } else if let Some(choices) = member.get("enum").and_then(Value::as_array) {
                let choices: Vec<String> = choices.iter().map(|c| quoted(&markup::written(c))).collect();
                let _ = writeln!(lark, "v_{i}: ({}) {}", choices.join(" | "), quoted(self.value_end));
            } else {
                let json = with_guidance(carry_definitions(schema, member.clone()));
                let _ = writeln!(lark, "v_{i}: j_{i} {}\nj_{i}: %json {json}", quoted(self.value_end));
            }
        }
        Some(CallGrammar { lark })
    }
}

/// A member's schema as a document of its own: references into the tool's definitions still hold.
fn carry_definitions(schema: &Value, member: Value) -> Value {
    let Value::Object(mut member) = member else { return member };
    for key in ["$defs", "definitions"] {
        if let Some(definitions) = schema.get(key) {
            member.entry(key).or_insert_with(|| definitions.clone());
        }
    }
    Value::Object(member)
}

fn with_guidance(mut schema: Value) -> Value {
    match schema.as_object_mut() {
        Some(map) => {
            map.insert("x-guidance".into(), guidance());
            schema
        }
        // `true`: anything goes.
        None => json!({"x-guidance": guidance()}),
    }
}
