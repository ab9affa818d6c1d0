//! Grammars for calls as dialects write them, in llguidance's variant of Lark. White space is bounded,
//! so that a weak model cannot wander off into it.

use super::{CallGrammar, markup, schema::Schema};
use crate::constrain::{
    arguments::{FREE, Rules, SPACE, free_members, quoted},
    schema::normalised,
};
use polymath_chat::ToolSpec;
use serde_json::Value;

/// One call object of `tool`, from its `{` to its `}`, as far as that fits what is `written` of it:
/// with single or doubled braces, the arguments under one of the keys that readers know.
pub(super) fn json_call(tool: &ToolSpec, written: &str) -> Option<CallGrammar> {
    let doubled = written.starts_with("{{");
    if !written.starts_with('{') {
        return None;
    }
    let (open, close) = if doubled { ("{{", "}}") } else { ("{", "}") };
    let mut rules = Rules::new(SPACE.to_owned(), FREE);
    let arguments = rules.arguments(&tool.parameters);
    rules.push(&format!(
        "start: {} SP \"\\\"name\\\"\" SP \":\" SP {} SP \",\" SP (\"\\\"arguments\\\"\" | \"\\\"parameters\\\"\") SP \":\" SP {arguments} SP {}",
        quoted(open),
        quoted(&Value::from(tool.name.as_str()).to_string()),
        quoted(close),
    ));
    Some(CallGrammar { lark: rules.into_lark() })
}

/// The arguments object alone, to its `}`.
pub(super) fn json_arguments(tool: &ToolSpec) -> CallGrammar {
    let mut rules = Rules::new(SPACE.to_owned(), FREE);
    let arguments = rules.arguments(&tool.parameters);
    rules.push(&format!("start: SP {arguments}"));
    CallGrammar { lark: rules.into_lark() }
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
        let schema = normalised(&tool.parameters);
        let properties = free_members(&schema)?;
        let mut rules = Rules::new(String::new(), FREE);
        let (object, members) = rules.orders(&schema, properties, "");
        rules.push(&format!("start: {} {members} {}", quoted(&self.head), quoted(self.tail)));
        for (i, (name, member)) in properties.iter().enumerate() {
            let key = quoted(&format!("{}{name}{}", self.key.0, self.key.1));
            rules.push(&format!("m_{object}_{i}: {key} raw_{i}"));
            let types = Schema::new(&schema).property(name).map(Schema::types).unwrap_or_default();
            if types.contains(&"string") && member.get("enum").is_none() {
                let end = self.value_end.replace('/', "\\/").replace('\n', "\\n");
                rules.push(&format!("raw_{i}[lazy]: /(.|\\n)*{end}/"));
            } else if let Some(choices) = member.get("enum").and_then(Value::as_array) {
                let choices: Vec<String> = choices.iter().map(|c| quoted(&markup::written(c))).collect();
                rules.push(&format!("raw_{i}: ({}) {}", choices.join(" | "), quoted(self.value_end)));
            } else {
                let value = rules.value(&schema, member.clone());
                rules.push(&format!("raw_{i}: {value} {}", quoted(self.value_end)));
            }
        }
        Some(CallGrammar { lark: rules.into_lark() })
    }
}
