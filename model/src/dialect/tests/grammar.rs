use super::accepts;
use crate::dialect::{CallGrammar, grammar::json_call};
use polymath_chat::ToolSpec;
use serde_json::{Value, json};

fn tool(parameters: Value) -> ToolSpec {
    ToolSpec { name: "look_up".into(), description: String::new(), parameters, raw_argument: None, stateful: false }
}

#[track_caller]
fn check(parameters: Value, good: &[&str], bad: &[&str]) {
    let grammar = json_call(&tool(parameters), "{").map(|g| g.lark).unwrap_or_default();
    let grammar = CallGrammar { lark: grammar };
    let whole = |arguments: &str| format!("{{\"name\": \"look_up\", \"arguments\": {arguments}}}");
    for arguments in good {
        assert!(accepts(&grammar, &whole(arguments)), "{arguments} is refused by\n{}", grammar.lark);
    }
    for arguments in bad {
        assert!(!accepts(&grammar, &whole(arguments)), "{arguments} is allowed by\n{}", grammar.lark);
    }
}

#[test]
fn any_order_of_members_and_only_known_ones() {
    check(
        json!({"type": "object", "required": ["q"], "properties": {
            "q": {"type": "string"}, "n": {"type": "integer"}, "kind": {"enum": ["a", "b"]}}}),
        &[
            r#"{"q": "x"}"#,
            r#"{ "n": 3, "q": "é \" \\ \n" }"#,
            "{\n  \"kind\": \"b\",\n  \"q\": \"x\",\n  \"n\": 1\n}",
            r#"{"q":"x","kind":"a"}"#,
        ],
        &[
            r#"{}"#,
            r#"{"n": 3}"#,
            r#"{"q": 3}"#,
            r#"{"q": "x", "q": "y"}"#,
            r#"{"q": "x", "other": 1}"#,
            r#"{"q": "x", "kind": "c"}"#,
            r#"{"q": "x",}"#,
        ],
    );
}

#[test]
fn no_members_and_nested_ones() {
    check(json!({"type": "object", "properties": {}}), &["{}", "{ }"], &[r#"{"a": 1}"#]);
    check(
        json!({"type": "object", "properties": {"p": {"$ref": "#/$defs/P"}},
            "$defs": {"P": {"type": "object", "properties": {"x": {"type": ["number", "null"]}}, "required": ["x"]}}}),
        &[r#"{"p": {"x": 1.5}}"#, r#"{"p": {"x": null}}"#, "{}"],
        &[r#"{"p": {}}"#, r#"{"p": 1}"#],
    );
    check(
        json!({"type": "object", "anyOf": [{"properties": {"a": {"type": "string"}}, "required": ["a"]}]}),
        &[r#"{"a": "1"}"#],
        &[r#"{"a": 1}"#],
    );
}

#[test]
fn what_is_written_decides_the_braces() {
    let tool = tool(json!({"type": "object", "properties": {}}));
    let grammar = |written: &str| json_call(&tool, written).unwrap_or(CallGrammar { lark: "start: \"-\"".into() });
    assert!(accepts(&grammar("{{\"name\""), r#"{{"name": "look_up", "arguments": {}}}"#));
    assert!(!accepts(&grammar("{{\"name\""), r#"{"name": "look_up", "arguments": {}}"#));
    assert!(accepts(&grammar("{\n"), "{\n  \"name\": \"look_up\",\n  \"parameters\": {}\n}"));
    assert_eq!(json_call(&tool, "<tool_call>"), None);
}
