#![allow(clippy::unwrap_used)]

use super::*;
use serde_json::{Value, json};
use std::collections::HashSet;

fn call(name: &str, arguments: Value) -> ToolCall {
    ToolCall { id: String::new(), name: name.into(), arguments }
}

fn expected(list: Value) -> Vec<ExpectedCall> {
    serde_json::from_value(list).unwrap()
}

#[track_caller]
fn right(accepted: Value, given: Value) {
    let list = expected(json!([{"name": "f", "arguments": {"x": [accepted]}}]));
    check(&list, &[call("f", json!({"x": given}))]).unwrap();
}

#[track_caller]
fn wrong(accepted: Value, given: Value) {
    let list = expected(json!([{"name": "f", "arguments": {"x": [accepted]}}]));
    assert!(check(&list, &[call("f", json!({"x": given}))]).is_err());
}

#[test]
fn values_are_compared_by_what_they_mean() {
    right(json!(2), json!(2.0));
    right(json!("New-York, N.Y."), json!("new york NY"));
    right(json!("x^2"), json!("x ^ 2"));
    right(json!([1, 2.5]), json!([1.0, 2.5]));
    right(json!({"a": "B", "c": [1]}), json!({"c": [1], "a": "b"}));
    wrong(json!(2), json!("2"));
    wrong(json!("2"), json!(2));
    wrong(json!(true), json!("true"));
    wrong(json!(true), json!(1));
    wrong(json!([1, 2]), json!([2, 1]));
    wrong(json!([1, 2]), json!([1]));
    wrong(json!({"a": 1}), json!({"a": 1, "b": 2}));
    wrong(json!({"a": 1, "b": 2}), json!({"a": 1}));
    wrong(json!(null), json!(null));
}

#[test]
fn parameters_are_there_unless_they_may_be_absent() {
    let list = expected(json!([{"name": "f", "arguments": {"x": [1, 2], "unit": ["m", null]}}]));
    let one = |arguments: Value| check(&list, &[call("f", arguments)]);
    one(json!({"x": 2})).unwrap();
    one(json!({"x": 1, "unit": "M"})).unwrap();
    assert!(one(json!({"unit": "m"})).unwrap_err().contains("without `x`"));
    assert!(one(json!({"x": 3})).unwrap_err().contains("`x` is 3; right would be 1 or 2"));
    assert!(one(json!({"x": 1, "unit": "km"})).is_err());
    assert!(one(json!({"x": 1, "unit": null})).is_err());
    assert!(one(json!({"x": 1, "y": 1})).unwrap_err().contains("no parameter `y`"));
    assert!(one(json!([1])).unwrap_err().contains("not an object"));
}

#[test]
fn several_calls_are_matched_one_to_one() {
    // The first call fits both places, the second only the one that the first would take.
    let list = expected(json!([
        {"name": "f", "arguments": {"x": [1, 2]}},
        {"name": "f", "arguments": {"x": [1]}}
    ]));
    let f = |x: i32| call("f", json!({"x": x}));
    check(&list, &[f(1), f(2)]).unwrap();
    check(&list, &[f(2), f(1)]).unwrap();
    check(&list, &[f(1), f(1)]).unwrap();
    assert!(check(&list, &[f(2), f(2)]).unwrap_err().contains("too often"));
    assert!(check(&list, &[f(1)]).unwrap_err().contains("2 calls expected, 1 made"));
    assert!(check(&list, &[f(1), call("g", json!({"x": 1}))]).unwrap_err().contains("`g` called"));
}

#[test]
fn no_call_is_right_only_where_none_is_expected() {
    check(&[], &[]).unwrap();
    assert!(check(&[], &[call("f", json!({}))]).is_err());
    assert!(check(&expected(json!([{"name": "f", "arguments": {}}])), &[]).is_err());
}

/// Schemas compile, and the reference answers pass the checker and fit their schemas.
#[test]
fn cases_are_sound() {
    let mut seen = HashSet::new();
    for kind in Kind::ALL {
        let cases = cases(kind).unwrap();
        assert!(cases.len() >= 32, "only {} cases of kind {}", cases.len(), kind.name());
        for case in cases {
            let id = &case.id;
            assert_eq!(case.kind, kind, "{id}");
            assert!(seen.insert(case.question.clone()) && seen.insert(id.clone()), "{id} is there twice");
            shape_is_right(&case);
            for tool in &case.tools {
                jsonschema::meta::validate(&tool.parameters).unwrap_or_else(|e| panic!("{id}, {}: {e}", tool.name));
            }
            let answers = case.expected.iter().map(|e| call(&e.name, reference(e).into()));
            let answers: Vec<ToolCall> = answers.rev().collect();
            check(&case.expected, &answers).unwrap_or_else(|e| panic!("{id}: {e}"));
            for answer in &answers {
                assert!(fits(&case.tools, answer), "{id}: {answer:?} does not fit");
            }
        }
    }
}

/// The blind cases load as the built-in ones do.
#[test]
fn cases_of_a_folder_are_read() {
    let files = [
        include_str!("../../eval/new/one.jsonl"),
        include_str!("../../eval/new/choice.jsonl"),
        include_str!("../../eval/new/several.jsonl"),
        include_str!("../../eval/new/none.jsonl"),
    ];
    for (kind, text) in Kind::ALL.into_iter().zip(files) {
        let cases = parse(text).unwrap();
        assert!(cases.len() >= 50 && cases.iter().all(|case| case.kind == kind), "{}", kind.name());
    }
    assert!(parse("{\"id\": 1}").is_err());
}

fn shape_is_right(case: &Case) {
    let shape = match case.kind {
        Kind::One => case.tools.len() == 1 && case.expected.len() == 1,
        Kind::Choice => (2..=5).contains(&case.tools.len()) && case.expected.len() == 1,
        Kind::Several => (1..=4).contains(&case.tools.len()) && (2..=4).contains(&case.expected.len()),
        Kind::None => (1..=4).contains(&case.tools.len()) && case.expected.is_empty(),
    };
    assert!(shape, "{}: {} tools, {} calls", case.id, case.tools.len(), case.expected.len());
}
