//! What schemas of tools are made of: for each, arguments that are taken and arguments that are not.

use super::{accepts, tool};
use crate::constrain::{calls_grammar, check_tools};
use crate::dialect::DIALECTS;
use polymath_chat::Constraint;
use serde_json::{Value, json};

/// Checks a schema in each way it is used.
#[track_caller]
fn check(parameters: Value, good: &[&str], bad: &[&str]) {
    let tool = tool("f", parameters);
    check_tools(std::slice::from_ref(&tool)).unwrap();
    let calls = calls_grammar(std::slice::from_ref(&tool), true, false);
    // One dialect that constrains arguments alone, one that constrains the whole call.
    let grammar = |dialect: &str, written: &str| {
        let dialect = DIALECTS.iter().find(|d| d.name() == dialect).unwrap();
        Constraint::Lark(dialect.call_grammar(&tool, written).unwrap().lark)
    };
    let (alone, whole) = (grammar("gpt-oss", ""), grammar("qwen3-hermes", "{"));
    for (texts, want) in [(good, true), (bad, false)] {
        for text in texts {
            let call = format!("{{\"name\": \"f\", \"arguments\": {text}}}");
            assert_eq!(accepts(&calls, &format!("[{call}]")), want, "{text}\n{calls:?}");
            assert_eq!(accepts(&alone, text), want, "{text}\n{alone:?}");
            assert_eq!(accepts(&whole, &call), want, "{text}\n{whole:?}");
        }
    }
}

/// [`check`] of one required argument `a`.
#[track_caller]
fn check_value(schema: Value, good: &[&str], bad: &[&str]) {
    let object = |values: &[&str]| values.iter().map(|v| format!("{{\"a\": {v}}}")).collect::<Vec<_>>();
    let (good, bad) = (object(good), object(bad));
    let texts = |list: &[String]| list.iter().map(|s| &*s.clone().leak()).collect::<Vec<&str>>();
    let parameters = json!({"type": "object", "properties": {"a": schema}, "required": ["a"]});
    check(parameters, &texts(&good), &texts(&bad));
}

#[test]
fn no_arguments() {
    for none in [json!({}), Value::Null, json!({"type": "object"}), json!({"type": "object", "properties": {}})] {
        check(none, &["{}"], &[r#"{"a": 1}"#, "[]", "1", ""]);
    }
    check(json!({"type": "object", "additionalProperties": true}), &["{}", r#"{"a": [1]}"#], &["[]"]);
    check(
        json!({"type": "object", "additionalProperties": {"type": "integer"}}),
        &["{}", r#"{"a": 1, "b": 2}"#],
        &[r#"{"a": "1"}"#],
    );
}

#[test]
fn scalars() {
    check_value(json!({"type": "string"}), &[r#""""#, r#""a\"\n\\ü☕""#], &["1", "null", "\"\n\"", "\"a"]);
    check_value(json!({"type": "integer"}), &["0", "-12"], &["1.5", "01", "\"1\"", "1e3"]);
    check_value(json!({"type": "integer", "minimum": -2, "exclusiveMaximum": 13}), &["-2", "12"], &["-3", "13"]);
    check_value(json!({"type": "number", "minimum": 0, "maximum": 1}), &["0", "0.25", "1"], &["-1", "1.5"]);
    check_value(json!({"type": "integer", "multipleOf": 5}), &["0", "15"], &["7"]);
    check_value(json!({"type": "boolean"}), &["true", "false"], &["True", "\"true\"", "1"]);
    check_value(json!({"type": "null"}), &["null"], &["\"\"", "None"]);
    check_value(
        json!({"type": "string", "minLength": 2, "maxLength": 3}),
        &["\"ab\"", "\"äöü\""],
        &["\"a\"", "\"abcd\""],
    );
    check_value(json!({"type": "string", "pattern": "^[A-Z]{3}-\\d+$"}), &["\"ABC-12\""], &["\"abc-12\"", "\"ABC-\""]);
    check_value(json!({"type": "string", "format": "date"}), &["\"2024-02-29\""], &["\"29.2.2024\"", "\"\""]);
    check_value(json!({"type": "string", "format": "email"}), &["\"a@b.org\""], &["\"a\""]);
    check_value(json!({"type": "string", "maxLength": 20000}), &["\"ab\""], &["1"]);
}

#[test]
fn choices() {
    check_value(json!({"enum": ["a", "b c", 1, null]}), &["\"a\"", "\"b c\"", "1", "null"], &["\"c\"", "2"]);
    check_value(json!({"type": "string", "enum": ["é\"", "b"]}), &[r#""é\"""#], &["\"é\""]);
    check_value(json!({"const": {"k": [1, 2]}}), &[r#"{"k": [1, 2]}"#], &[r#"{"k": [2, 1]}"#, "{}"]);
    check_value(json!({"type": ["string", "null"]}), &["\"x\"", "null"], &["1"]);
    check_value(json!({"anyOf": [{"type": "integer"}, {"type": "null"}]}), &["1", "null"], &["\"1\""]);
    check_value(json!({"oneOf": [{"type": "integer"}, {"type": "string"}]}), &["1", "\"1\""], &["null", "1.5"]);
    // They overlap, so that only "any of" can be decoded.
    check_value(json!({"oneOf": [{"type": "integer"}, {"type": "number", "minimum": 3}]}), &["1", "3.5"], &["1.5"]);
    check_value(json!({"allOf": [{"type": "integer"}, {"minimum": 3}]}), &["3"], &["2", "\"3\""]);
    check_value(
        json!({"anyOf": [
            {"type": "object", "properties": {"kind": {"const": "x"}, "n": {"type": "integer"}}, "required": ["kind", "n"]},
            {"type": "object", "properties": {"kind": {"const": "y"}}, "required": ["kind"]}
        ]}),
        &[r#"{"kind": "x", "n": 1}"#, r#"{"kind": "y"}"#],
        &[r#"{"kind": "x"}"#, r#"{"kind": "y", "n": 1}"#, r#"{"kind": "z"}"#],
    );
}

#[test]
fn lists() {
    check_value(json!({"type": "array", "items": {"type": "integer"}}), &["[]", "[1, 2]"], &["[\"1\"]", "[1,", "1"]);
    check_value(
        json!({"type": "array", "items": {"type": "null"}, "minItems": 1, "maxItems": 2}),
        &["[null]"],
        &["[]", "[null, null, null]"],
    );
    check_value(json!({"type": "array"}), &["[]", "[1, \"a\", {\"b\": []}]"], &["{}"]);
    check_value(
        json!({"type": "array", "prefixItems": [{"type": "number"}, {"type": "string"}], "items": false, "minItems": 2}),
        &["[1, \"a\"]"],
        &["[\"a\", 1]", "[1]", "[1, \"a\", 2]"],
    );
    check_value(
        json!({"type": "array", "items": {"type": "array", "items": {"enum": [0, 1]}}}),
        &["[[0, 1], []]"],
        &["[[2]]"],
    );
}

#[test]
fn objects() {
    check_value(
        json!({"type": "object", "properties": {"x": {"type": "object", "properties": {"y": {"type": "integer"}}, "required": ["y"]},
            "z": {"type": "string"}}, "required": ["x"]}),
        &[r#"{"x": {"y": 1}}"#, r#"{"x": {"y": 1}, "z": ""}"#],
        &["{}", r#"{"x": {}}"#, r#"{"x": {"y": 1}, "w": 1}"#, r#"{"x": {"y": 1, "w": 1}}"#],
    );
    check_value(
        json!({"type": "object", "patternProperties": {"^n_": {"type": "integer"}}, "additionalProperties": false}),
        &["{}", r#"{"n_a": 1}"#],
        &[r#"{"n_a": "1"}"#, r#"{"m": 1}"#],
    );
    check(
        json!({"type": "object", "properties": {"a": {"type": "integer"}, "b": {"type": "integer"}, "c": {"type": "integer"}},
            "required": ["b"]}),
        &[r#"{"b": 1}"#, r#"{"c": 3, "b": 2, "a": 1}"#, r#"{"a": 1, "b": 2}"#, r#"{"b": 2, "c": 3}"#],
        &["{}", r#"{"a": 1, "c": 3}"#, r#"{"b": 1, "b": 2}"#],
    );
    check(
        json!({"anyOf": [{"properties": {"id": {"type": "integer"}}, "required": ["id"]},
            {"properties": {"name": {"type": "string"}}, "required": ["name"]}], "type": "object"}),
        &[r#"{"id": 1}"#, r#"{"name": "x"}"#],
        &["{}", r#"{"id": "x"}"#, r#"{"name": 1}"#],
    );
    check(
        json!({"allOf": [{"type": "object", "properties": {"a": {"type": "integer"}}, "required": ["a"]},
            {"type": "object", "properties": {"b": {"type": "string"}}}]}),
        &[r#"{"a": 1}"#, r#"{"a": 1, "b": "x"}"#],
        &["{}", r#"{"a": "x"}"#],
    );
}

#[test]
fn references() {
    let tree = json!({"type": "object", "properties": {"value": {"type": "integer"},
        "children": {"type": "array", "items": {"$ref": "#/$defs/tree"}}}, "required": ["value"]});
    check(
        json!({"type": "object", "properties": {"a": {"$ref": "#/$defs/tree"}}, "required": ["a"], "$defs": {"tree": tree}}),
        &[r#"{"a": {"value": 1, "children": [{"value": 2}, {"value": 3, "children": []}]}}"#],
        &[r#"{"a": {}}"#, r#"{"a": {"value": 1, "children": [1]}}"#],
    );
    check(
        json!({"$ref": "#/definitions/args", "definitions": {"args": {"type": "object", "properties": {"q": {"type": "string"}}, "required": ["q"]}}}),
        &[r#"{"q": "x"}"#],
        &["{}", r#"{"q": 1}"#],
    );
    check(
        json!({"type": "object", "properties": {"q": {"type": "string"}, "and": {"$ref": "#"}}, "required": ["q"]}),
        &[r#"{"q": "x", "and": {"q": "y"}}"#],
        &[r#"{"q": "x", "and": {}}"#],
    );
}

/// Schemas as people write them.
#[test]
fn loosely_written() {
    check(
        json!({"properties": {"q": {"description": "what"}, "n": {"minimum": 1}, "o": {"properties": {"x": {"type": "integer"}}}}}),
        &["{}", r#"{"q": [1, {}]}"#, r#"{"n": 2, "q": null}"#, r#"{"o": {"x": 1}}"#],
        &["[]", r#"{"n": 0}"#, r#"{"n": "1"}"#, r#"{"o": 1}"#],
    );
    check(
        json!({"type": "dict", "properties": {"f": {"type": "float"}, "l": {"type": "list", "items": {"type": "int"}}, "x": {"type": "any"}}}),
        &[r#"{"f": 1.5, "l": [1], "x": "y"}"#],
        &[r#"{"f": "1"}"#, r#"{"l": [1.5]}"#],
    );
    check_value(json!({"type": "string", "nullable": true, "enum": ["a"]}), &["\"a\"", "null"], &["\"b\""]);
    check_value(json!({"type": "string", "format": "a-format-of-our-own"}), &["\"x\""], &["1"]);
    check_value(json!({"type": "array", "uniqueItems": true}), &["[1, 2]"], &["{}"]);
    check_value(json!(true), &["1", "{\"x\": []}"], &["x"]);
    check_value(
        json!({"type": "object", "properties": {"title": {"type": "string", "title": "Title"}, "description": {"type": "integer"}}}),
        &[r#"{"title": "x", "description": 1}"#],
        &[r#"{"title": 1}"#],
    );
}

#[test]
fn what_cannot_be_used_is_said() {
    #[track_caller]
    fn fails(parameters: Value, words: &[&str]) {
        let why = check_tools(&[tool("fine", json!({})), tool("broken", parameters)]).unwrap_err().to_string();
        for word in words.iter().chain(&["\"broken\""]) {
            assert!(why.contains(word), "{word:?} is not in: {why}");
        }
    }
    let with = |schema: Value| json!({"type": "object", "properties": {"a": schema}, "required": ["a"]});
    fails(with(json!({"$ref": "#/$defs/Nothing"})), &["Nothing", "$defs"]);
    fails(with(json!({"$ref": "https://example.org/schema.json"})), &["$ref"]);
    fails(with(json!({"type": "integer", "enum": ["1"]})), &["let `enum`"]);
    fails(with(json!({"type": "integer", "minimum": 3, "maximum": 2})), &["bounds"]);
    fails(with(json!({"type": "string", "pattern": "(?=a)b"})), &["pattern"]);
    fails(with(json!({"type": "number-ish"})), &["number-ish"]);
    fails(json!({"type": "array", "items": {}}), &["always an object"]);
    fails(json!("object"), &["not a JSON schema"]);
    let twice = check_tools(&[tool("a", json!({})), tool("a", json!({}))]).unwrap_err().to_string();
    assert!(twice.contains("two tools are called \"a\""), "{twice}");
    let raw = polymath_chat::ToolSpec { raw_argument: Some("code".into()), ..tool("py", json!({})) };
    assert!(check_tools(&[raw]).unwrap_err().to_string().contains("raw argument"));
    assert!(check_tools(&[tool(" ", json!({}))]).is_err());
}
