use super::{bad, call, check_cut, cx, say};
use serde_json::json;

#[track_caller]
fn check(raw: &str, want: &[String]) {
    check_cut("qwen2.5-coder", &cx(), raw, false, want);
}

fn weather(city: &str) -> String {
    call("weather", json!({"city": city}))
}

#[test]
fn a_call_in_any_wrapping() {
    let object = "{\"name\": \"weather\", \"arguments\": {\"city\": \"Ōsaka\"}}";
    let doubled = "{{\"name\": \"weather\", \"arguments\": {\"city\": \"Ōsaka\"}}}";
    for raw in [
        format!("<tool_call>\n{object}\n</tool_call>"),
        format!("<tool_call>\n{doubled}\n</tool_call>"),
        format!("<tools>\n{object}\n</tools>"),
        format!("<tools> {object} </tool"),
        format!("<function-call> {object}"),
        format!("```json\n{object}\n```"),
        format!("```json\n[{object}]\n```"),
        format!("```json\n{object}"),
        format!("```xml\n<tool_call>\n{object}\n</tool_call>\n```"),
        object.to_owned(),
        format!("\n\n{object}\n"),
        format!("[{object}]"),
        doubled.to_owned(),
        object.replace("arguments", "parameters"),
        object.replace("{\"city\": \"Ōsaka\"}", "\"{\\\"city\\\": \\\"Ōsaka\\\"}\""),
        format!("{{\"type\": \"function\", \"function\": {object}}}"),
    ] {
        let got = super::steps("qwen2.5-coder", &cx(), &raw, 0, false);
        let want = crate::dialect::Step::Call { name: "weather".into(), arguments: json!({"city": "Ōsaka"}) };
        assert_eq!(got.first(), Some(&want), "{raw}");
        assert!(got.len() == 1 || raw.ends_with("</tool"), "{raw}: {got:?}");
    }
}

#[test]
fn several_calls() {
    let (a, b) =
        ("{\"name\": \"weather\", \"arguments\": {\"city\": \"A\"}}", "{\"name\": \"clock\", \"arguments\": {}}");
    for raw in [
        format!("{a}\n{b}"),
        format!("[{a}, {b}]"),
        format!("```json\n[\n  {a},\n  {b}\n]\n```"),
        format!("```json\n{a}\n{b}\n```"),
        format!("```json\n{a}\n```\n```json\n{b}\n```"),
        format!("<tool_call>\n{a}\n</tool_call>\n<tool_call>\n{b}\n</tool_call>"),
        format!("<tools>\n{a}\n{b}\n</tools>"),
    ] {
        check(&raw, &[weather("A"), call("clock", json!({}))]);
    }
    check(
        &format!("First this:\n```json\n{a}\n```\nthen that:\n```json\n{b}\n```\n"),
        &[say("First this:"), weather("A"), say("\n\nthen that:"), call("clock", json!({}))],
    );
}

#[test]
fn one_of_several_is_bad() {
    let unfit = bad("the call of weather has no arguments");
    let raw = "[{\"name\": \"clock\", \"arguments\": {}}, {\"name\": \"weather\", \"arguments\": {}}, {\"name\": \"weather\", \"arguments\": {\"city\": \"A\"}}]";
    check(raw, &[call("clock", json!({})), unfit, weather("A")]);
}

#[test]
fn examples_are_text() {
    for raw in [
        "For example, a call is written so:\n```json\n{\"name\": \"weather\", \"arguments\": {\"city\": \"A\"}}\n```\nIt has two keys.",
        "A call looks like this: {\"name\": \"weather\", \"arguments\": {\"city\": \"A\"}}",
        "The object {\"name\": \"weather\", \"arguments\": {\"city\": \"A\"}} is a call.",
        "In JSON:\n{\"name\": \"weather\", \"arguments\": {\"city\": \"A\"}}\nwhere `name` is the tool.",
        "Use `<tool_call>` and `</tool_call>` around it.",
        "For example: <tool_call>{\"name\": \"clock\", \"arguments\": {}}</tool_call>",
        "```json\n{\"name\": \"Ada\", \"arguments\": {\"born\": 1815}}\n```",
        "{\"city\": \"A\"}",
        "[1, 2, 3]",
        "```rust\nfn main() { println!(\"{}\", 1); }\n```",
    ] {
        check(raw, &[say(raw)]);
    }
}

#[test]
fn attempts_that_pass_no_gate_are_malformed() {
    let unfit = "the arguments do not fit the schema of weather";
    check("{\"name\": \"weather\", \"arguments\": {\"town\": \"A\"}}", &[bad(unfit)]);
    check("```json\n{\"name\": \"weather\", \"arguments\": {\"city\": [1]}}\n```", &[bad(unfit)]);
    check(
        "<tools>\n{\"type\": \"function\", \"function\": {\"name\": \"clock\", \"description\": \"d\", \"parameters\": {\"type\": \"object\", \"properties\": {}}}}\n</tools>",
        &[bad("this repeats the tool's description instead of calling it")],
    );
    check(
        "<tool_call>\n{\"name\": \"rm\", \"arguments\": {}}\n</tool_call>",
        &[bad("no tool of that name can be called")],
    );
    let cut = bad("the token limit came before the end of the call");
    for raw in [
        "{\"name\": \"weather\", \"argum",
        "```json\n{\"name\": \"weather\", \"arguments\": {\"city\": \"A",
        "```python\nprint(",
    ] {
        check_cut("qwen2.5-coder", &cx(), raw, true, std::slice::from_ref(&cut));
    }
}

#[test]
fn the_name_under_another_key() {
    for key in ["function", "tool"] {
        let raw = format!("```json\n{{\"{key}\": \"weather\", \"arguments\": {{\"city\": \"A\"}}}}\n```");
        check(&raw, &[call("weather", json!({"city": "A"}))]);
    }
    let other = "```json\n{\"tool\": \"hammer\", \"arguments\": {\"city\": \"A\"}}\n```";
    check(other, &[say(other)]);
}

#[test]
fn what_follows_an_unreadable_call_belongs_to_it() {
    let raw = "{\"name\": \"weather\", \"argum{\"name\": \"weather\"}} and more";
    let steps = super::steps("qwen2.5-coder", &cx(), raw, 1, false);
    assert!(matches!(&steps[..], [crate::dialect::Step::Malformed { raw: all, .. }] if all == raw), "{steps:?}");
}

#[test]
fn programs() {
    let run = |code: &str| call("python", json!({"code": code}));
    check("```python\nprint(1)\n```\n\nThis prints 1.", &[run("print(1)"), say("This prints 1.")]);
    check("I'll compute it.\n\n```py\nx = 1\n```", &[say("I'll compute it."), run("x = 1")]);
    check("```python\ns = 'a ``` b'\n```", &[run("s = 'a ``` b'")]);
    check(
        "{\"name\": \"python\", \"arguments\": {\"code\": \"\"\"import math\nprint(\"π\", '\\n')\n\"\"\"}}",
        &[run("import math\nprint(\"π\", '\\n')\n")],
    );
    check("{\"name\": \"python\", \"arguments\": {\"code\": \"a = 1\nprint(a)\"}}", &[run("a = 1\nprint(a)")]);
    check("```python\n```", &[bad("the program is empty")]);
}

#[test]
fn a_value_of_the_wrong_type_is_read_as_the_schema_says() {
    check(
        "{\"name\": \"weather\", \"arguments\": {\"city\": \"5\", \"days\": \"3\"}}",
        &[call("weather", json!({"city": "5", "days": 3}))],
    );
}
