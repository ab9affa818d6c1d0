use super::{accepts, check, tool};
use crate::constrain::calls_grammar;
use polymath_chat::{Constraint, ToolSpec};
use serde_json::json;

fn weather() -> ToolSpec {
    let days = json!({"type": "integer", "minimum": 1, "maximum": 14});
    let properties = json!({"city": {"type": "string"}, "days": days, "unit": {"enum": ["C", "F"]}});
    tool("weather", json!({"type": "object", "properties": properties, "required": ["city"]}))
}

fn clock() -> ToolSpec {
    tool("clock", json!({"type": "object", "properties": {}}))
}

#[test]
fn required_ones_are_there_and_the_rest_in_any_order() {
    check(
        &calls_grammar(&[weather(), clock()], false, true),
        &[
            "[]",
            r#"[{"name": "weather", "arguments": {"city": "Zürich \"\n"}}]"#,
            r#"[{"name": "weather", "arguments": {"unit": "C", "city": "", "days": 14}}]"#,
            r#"[{"name": "clock", "arguments": {}}, {"name": "weather", "arguments": {"city": "a"}}]"#,
        ],
        &[
            "",
            "[ ]",
            r#"[{"name": "weather", "arguments": {}}]"#,
            r#"[{"name": "weather", "arguments": {"city": "a", "days": 15}}]"#,
            r#"[{"name": "weather", "arguments": {"city": "a", "city": "b"}}]"#,
            r#"[{"name": "weather", "arguments": {"city": "a", "country": "b"}}]"#,
            r#"[{"name":"weather","arguments":{"city":"a"}}]"#,
            r#"[{"name": "clock", "arguments": {"city": "a"}}]"#,
            r#"[{"name": "rain", "arguments": {}}]"#,
            r#"[{"name": "clock", "arguments": {}},]"#,
            r#"[{"name": "clock", "arguments": {}}"#,
        ],
    );
}

#[test]
fn how_many_calls() {
    let one = r#"[{"name": "clock", "arguments": {}}]"#;
    let two = r#"[{"name": "clock", "arguments": {}}, {"name": "clock", "arguments": {}}]"#;
    check(&calls_grammar(&[clock()], true, true), &[one, two], &["[]"]);
    check(&calls_grammar(&[clock()], false, false), &["[]", one], &[two]);
    check(&calls_grammar(&[clock()], true, false), &[one], &["[]", two]);
    check(&calls_grammar(&[], true, true), &["[]"], &[one]);
}

#[test]
fn names_of_any_kind() {
    let odd = ["a.b-c/d", "say \"hi\"", "größe\n☕", "back\\slash", "{}", "%json"];
    let tools: Vec<ToolSpec> =
        odd.iter().map(|n| tool(n, json!({"type": "object", "properties": {*n: {"type": "null"}}}))).collect();
    let grammar = calls_grammar(&tools, true, true);
    for name in odd {
        let name = json!(name).to_string();
        assert!(accepts(&grammar, &format!("[{{\"name\": {name}, \"arguments\": {{{name}: null}}}}]")), "{name}");
    }
}

#[test]
fn of_two_tools_of_one_name_the_first_counts() {
    let second = tool("clock", json!({"type": "object", "properties": {"zone": {"type": "string"}}}));
    check(
        &calls_grammar(&[clock(), second], true, true),
        &[r#"[{"name": "clock", "arguments": {}}]"#],
        &[r#"[{"name": "clock", "arguments": {"zone": "UTC"}}]"#],
    );
}

#[test]
fn many_properties_keep_the_order_of_the_schema() {
    let properties: serde_json::Map<_, _> =
        (0..9).map(|i| (format!("p{i}"), json!({"type": "integer", "title": "P"}))).collect();
    let wide = tool("wide", json!({"type": "object", "properties": properties, "required": ["p1", "p8"]}));
    let whole = |arguments: &str| format!(r#"[{{"name": "wide", "arguments": {arguments}}}]"#);
    check(
        &calls_grammar(&[wide], true, false),
        &[&whole(r#"{"p1": 1, "p8": 8}"#), &whole(r#"{"p0": 0, "p1": 1, "p4": 4, "p8": 8}"#)],
        &[&whole(r#"{"p1": 1}"#), &whole(r#"{"p1": 1, "p8": 8, "x": 1}"#), &whole(r#"{"p8": 8, "p1": 1}"#)],
    );
}

#[test]
fn references_still_point_at_their_definitions() {
    let point = json!({"type": "object", "properties": {"x": {"type": "number"}, "next": {"$ref": "#/$defs/Point"}}, "required": ["x"]});
    let few = tool(
        "few",
        json!({"type": "object", "properties": {"at": {"$ref": "#/$defs/Point"}}, "required": ["at"], "$defs": {"Point": point}}),
    );
    // The same name for something else, a reference that is no definition, and too many to be free.
    let other = tool(
        "other",
        json!({"type": "object", "properties": {"at": {"$ref": "#/$defs/Point"}, "to": {"$ref": "#/properties/at"}},
            "required": ["at"], "$defs": {"Point": {"type": "string"}}}),
    );
    let mut properties: serde_json::Map<_, _> = (0..7).map(|i| (format!("p{i}"), json!({"type": "null"}))).collect();
    properties.insert("at".into(), json!({"$ref": "#/definitions/Point"}));
    let many = tool(
        "many",
        json!({"type": "object", "properties": properties, "required": ["at"], "definitions": {"Point": {"type": "object", "properties": {"x": {"type": "number"}}, "required": ["x"]}}}),
    );
    let call = |name: &str, arguments: &str| format!(r#"[{{"name": "{name}", "arguments": {arguments}}}]"#);
    check(
        &calls_grammar(&[few, other, many], true, true),
        &[
            &call("few", r#"{"at": {"x": 1.5, "next": {"x": -2}}}"#),
            &call("other", r#"{"at": "here", "to": "there"}"#),
            &call("many", r#"{"at": {"x": 1}}"#),
        ],
        &[
            &call("few", r#"{"at": "here"}"#),
            &call("few", r#"{"at": {"x": 1, "next": {"y": 2}}}"#),
            &call("other", r#"{"at": {"x": 1}}"#),
            &call("other", r#"{"at": "here", "to": 1}"#),
            &call("many", r#"{"at": {}}"#),
        ],
    );
}

#[test]
fn many_tools_with_many_orders() {
    let properties: serde_json::Map<_, _> =
        (0..6).map(|i| (format!("p{i}"), json!({"type": "string", "maxLength": i + 4}))).collect();
    let tools: Vec<ToolSpec> = (0..128)
        .map(|i| tool(&format!("module_{}.function_{i}", i % 7), json!({"type": "object", "properties": properties})))
        .collect();
    let call = r#"[{"name": "module_1.function_127", "arguments": {"p5": "a", "p0": "b", "p3": ""}}]"#;
    check(&calls_grammar(&tools, true, true), &[call], &[&call.replace("127", "128")]);
}

/// What is not left open is forced, so that it costs no decoding.
#[test]
fn the_frame_is_forced() {
    let Constraint::Lark(_) = calls_grammar(&[clock()], true, true) else { panic!("no Lark") };
    let vocabulary = llguidance::toktrie::ApproximateTokEnv::single_byte_env();
    let compiler = crate::constrain::Compiler::new(&vocabulary).unwrap();
    let mut matcher = compiler.compile(&calls_grammar(&[clock()], true, false)).unwrap();
    let forced = matcher.consume_ff_tokens();
    let forced: String = forced.iter().map(|t| *t as u8 as char).collect();
    assert_eq!(forced, r#"[{"name": "clock", "arguments": {}}]"#);
}
