//! The ladder of rescues: every rung and every gate in every dialect.

use super::{bad, call, check, check_cut, cut, cx, say};
use crate::dialect::{DIALECTS, ParseCx, Step};
use polymath_chat::ToolSpec;
use serde_json::json;

/// Tools that the rungs need: arguments of all types, one string, and two.
pub fn ladder_cx() -> ParseCx {
    let tool = |name: &str, properties, required| ToolSpec {
        name: name.into(),
        description: String::new(),
        parameters: json!({"type": "object", "properties": properties, "required": required}),
        raw_argument: None,
        stateful: false,
    };
    let mut cx = cx();
    let mut tools = cx.tools.to_vec();
    tools.push(tool(
        "tag",
        json!({"ids": {"type": "array", "items": {"type": "integer"}}, "dry": {"type": "boolean"},
               "limit": {"type": "number"}, "note": {"type": "string"}, "any": {}, "both": {"type": ["string", "integer"]}}),
        json!(["ids"]),
    ));
    tools.push(tool(
        "save",
        json!({"path": {"type": "string"}, "text": {"type": "string"}, "mode": {"type": "integer"}}),
        json!(["text"]),
    ));
    cx.tools = tools.into();
    cx
}

/// How a dialect writes a call between its own marks, given the arguments as they stand.
pub fn marked(dialect: &str, name: &str, arguments: &str) -> String {
    let object = format!("{{\"name\": \"{name}\", \"arguments\": {arguments}}}");
    match dialect {
        "mistral" => format!("[TOOL_CALLS]{name}[ARGS]{arguments}"),
        "gpt-oss" => {
            format!("<|channel|>commentary to=functions.{name} <|constrain|>json<|message|>{arguments}<|call|>")
        }
        "deepseek" => format!(
            "<｜tool▁calls▁begin｜><｜tool▁call▁begin｜>{name}<｜tool▁sep｜>{arguments}<｜tool▁call▁end｜><｜tool▁calls▁end｜>"
        ),
        "kimi" => format!(
            "<|tool_calls_section_begin|><|tool_call_begin|>functions.{name}:0<|tool_call_argument_begin|>{arguments}<|tool_call_end|><|tool_calls_section_end|>"
        ),
        "gemma4" => format!("<|tool_call>call:{name}{arguments}<tool_call|>"),
        "llama" => format!("<|python_tag|>{{\"name\": \"{name}\", \"parameters\": {arguments}}}"),
        _ => format!("<tool_call>\n{object}\n</tool_call>"),
    }
}

#[track_caller]
fn everywhere(raw: &str, want: &[String]) {
    for dialect in DIALECTS {
        check(dialect.name(), &ladder_cx(), raw, want);
    }
}

/// The arguments between each dialect's own marks, and in a bare object.
#[track_caller]
fn arguments(name: &str, arguments: &str, want: serde_json::Value) {
    let want = [call(name, want)];
    for dialect in DIALECTS {
        check(dialect.name(), &ladder_cx(), &marked(dialect.name(), name, arguments), &want);
    }
    everywhere(&format!("{{\"name\": \"{name}\", \"arguments\": {arguments}}}"), &want);
}

#[test]
fn values_in_quotation_marks_become_what_the_schema_wants() {
    arguments(
        "tag",
        r#"{"ids": "[3, 5, 8]", "dry": "true", "limit": "2.5"}"#,
        json!({"ids": [3, 5, 8], "dry": true, "limit": 2.5}),
    );
    arguments(
        "tag",
        r#"{"ids": "[\"3\"]", "note": "[1]", "both": "5", "any": "true"}"#,
        json!({"ids": [3], "note": "[1]", "both": "5", "any": "true"}),
    );
}

#[test]
fn what_is_not_exactly_a_value_stays_a_string() {
    let raw = r#"{"ids": "3, 5", "dry": "yes", "limit": "2.5 kg"}"#;
    let want = call("tag", json!({"ids": "3, 5", "dry": "yes", "limit": "2.5 kg"}));
    for dialect in ["qwen3-hermes", "mistral", "gpt-oss", "deepseek", "kimi", "gemma4", "glm", "qwen3-xml"] {
        check(dialect, &ladder_cx(), &marked(dialect, "tag", raw), std::slice::from_ref(&want));
    }
    everywhere(
        &format!("{{\"name\": \"tag\", \"arguments\": {raw}}}"),
        &[bad("the arguments do not fit the schema of tag")],
    );
}

#[test]
fn python_in_json() {
    arguments(
        "tag",
        "{'ids': [1, 2,], 'dry': True, \"note\": None,}",
        json!({"ids": [1, 2], "dry": true, "note": null}),
    );
    arguments("tag", "{ids: [1], dry: False}", json!({"ids": [1], "dry": false}));
}

#[test]
fn arguments_within_something() {
    for raw in [
        r#"[{"city": "Bonn"}]"#,
        r#"{"name": "weather", "arguments": {"city": "Bonn"}}"#,
        r#"{"name": "weather", "parameters": [{"city": "Bonn"}]}"#,
        r#"{"arguments": "{\"city\": \"Bonn\"}"}"#,
        r#"{"weather": {"city": "Bonn"}}"#,
    ] {
        arguments("weather", raw, json!({"city": "Bonn"}));
    }
    arguments("clock", r#"{"name": "clock", "arguments": {}}"#, json!({}));
}

#[test]
fn two_objects_are_not_one() {
    for dialect in ["mistral", "gpt-oss", "deepseek", "kimi"] {
        let raw = marked(dialect, "weather", r#"[{"city": "A"}, {"city": "B"}]"#);
        check(dialect, &ladder_cx(), &raw, &[bad("the arguments of weather are no JSON object")]);
    }
}

#[test]
fn quotation_marks_without_escapes() {
    arguments("python", r#"{"code": "print("Hello, world")"}"#, json!({"code": "print(\"Hello, world\")"}));
    arguments("python", r#"{"code": "d = {"a": {"b": "c"}}"}"#, json!({"code": "d = {\"a\": {\"b\": \"c\"}}"}));
    arguments("python", "{\"code\": \"a = \"x\"\nprint(a)\"}", json!({"code": "a = \"x\"\nprint(a)"}));
    arguments("weather", r#"{"days": 2, "city": "the "big" one"}"#, json!({"days": 2, "city": "the \"big\" one"}));
    arguments("weather", r#"{"city": "the "big" one", "days": 2}"#, json!({"city": "the \"big\" one", "days": 2}));
}

/// Where there are several readings, the model is told.
#[test]
fn quotation_marks_that_cannot_be_told_apart() {
    let cx = ladder_cx();
    let two = r#"{"path": "a "b"", "text": "c "d""}"#;
    for dialect in DIALECTS {
        for raw in [marked(dialect.name(), "save", two), format!("{{\"name\": \"save\", \"arguments\": {two}}}")] {
            for chunk in [0, 1, 7] {
                let steps = super::steps(dialect.name(), &cx, &raw, chunk, false);
                assert!(matches!(&steps[..], [Step::Malformed { .. }]), "{}: {raw}: {steps:?}", dialect.name());
            }
        }
    }
}

#[test]
fn quotation_marks_and_the_next_call() {
    let run = |code: &str| call("python", json!({"code": code}));
    let object = |code: &str| format!("{{\"name\": \"python\", \"arguments\": {{\"code\": \"{code}\"}}}}");
    let (a, b) = (object("print(\"a\")"), object("print(\"b\")"));
    everywhere(&format!("{a}\n{b}"), &[run("print(\"a\")"), run("print(\"b\")")]);
    everywhere(&format!("```json\n{a}\n```\nThis prints a."), &[run("print(\"a\")"), say("This prints a.")]);
    everywhere(&format!("{a}\nThis prints a."), &[run("print(\"a\")"), say("This prints a.")]);
    // Cut by the limit, the braces may be the program's.
    let raw = "{\"name\": \"python\", \"arguments\": {\"code\": \"d = {\"a\": {\"b\": \"c\"}}";
    for dialect in DIALECTS {
        let steps = super::steps(dialect.name(), &ladder_cx(), raw, 1, true);
        assert!(matches!(&steps[..], [Step::Malformed { .. }]), "{}: {steps:?}", dialect.name());
    }
}

const CALL: &str = "{\"name\": \"weather\", \"arguments\": {\"city\": \"Bonn\"}}";

#[test]
fn calls_without_their_marks() {
    let weather = call("weather", json!({"city": "Bonn"}));
    for raw in [
        CALL.to_owned(),
        format!("[{CALL}]"),
        format!("{CALL}]"),
        format!("```json\n{CALL}\n```"),
        format!("```\n{CALL}\n```"),
        format!("```xml\n<tool_call>\n{CALL}\n</tool_call>\n```"),
        format!("<tools>\n{CALL}\n</tools>"),
        format!("<function_call>{CALL}</function_call>"),
        format!("<tool_call>\n```json\n{CALL}\n```\n</tool_call>"),
        "[weather(city=\"Bonn\")]".to_owned(),
        CALL.replace("weather", "functions.weather"),
    ] {
        if raw.contains("<tool_call>\n```") {
            for dialect in ["qwen3-hermes", "qwen3-xml", "glm"] {
                check(dialect, &ladder_cx(), &raw, std::slice::from_ref(&weather));
            }
            continue;
        }
        everywhere(&raw, std::slice::from_ref(&weather));
        everywhere(&format!("I'll look it up.\n\n{raw}"), &[say("I'll look it up."), weather.clone()]);
        everywhere(&format!("{raw}\n\nOne moment."), &[weather.clone(), say("One moment.")]);
    }
}

#[test]
fn prose_around_a_call() {
    let weather = call("weather", json!({"city": "Bonn"}));
    for dialect in DIALECTS {
        let raw = format!("I'll look it up.\n{CALL}\nThen I'll tell you.");
        let steps = super::steps(dialect.name(), &ladder_cx(), &raw, 1, false);
        assert!(
            matches!(&steps[..], [Step::Text(_), Step::Call { .. }, Step::Text(_)]),
            "{}: {steps:?}",
            dialect.name()
        );
    }
    everywhere(&format!("Here is the call: {CALL}"), &[say("Here is the call:"), weather.clone()]);
    everywhere(&format!("Let me check that. {CALL}"), &[say("Let me check that."), weather.clone()]);
    check("qwen3-hermes", &ladder_cx(), &format!("I call {CALL}</tool_call>"), &[say("I call"), weather]);
}

#[test]
fn only_the_closing_mark() {
    let weather = call("weather", json!({"city": "Bonn"}));
    for (dialect, close) in [
        ("qwen2.5-coder", "</tool_call>"),
        ("generic", "</tool_call>"),
        ("qwen3-hermes", "</tool_call>"),
        ("qwen3-xml", "</tool_call>"),
        ("glm", "</tool_call>"),
        ("kimi", "<|tool_call_end|>"),
        ("deepseek", "<｜tool▁call▁end｜>"),
        ("gemma4", "<tool_call|>"),
        ("mistral", "</tool_call>"),
    ] {
        check(dialect, &ladder_cx(), &format!("{CALL}\n{close}"), std::slice::from_ref(&weather));
        check(dialect, &ladder_cx(), &format!("So.\n{CALL}{close}"), &[say("So."), weather.clone()]);
    }
}

/// The first mark is forgotten, of calls that have their name before their arguments.
#[test]
fn only_the_closing_mark_of_calls_without_objects() {
    let weather = call("weather", json!({"city": "Bonn"}));
    let json = "{\"city\": \"Bonn\"}";
    for (dialect, raw) in [
        ("mistral", format!("weather[ARGS]{json}")),
        ("deepseek", format!("weather<｜tool▁sep｜>{json}<｜tool▁call▁end｜>")),
        (
            "kimi",
            format!("functions.weather:0<|tool_call_argument_begin|>{json}<|tool_call_end|><|tool_calls_section_end|>"),
        ),
        ("gemma4", "call:weather{city:<|\"|>Bonn<|\"|>}<tool_call|>".to_owned()),
        ("glm", "weather\n<arg_key>city</arg_key>\n<arg_value>Bonn</arg_value>\n</tool_call>".to_owned()),
        ("qwen3-xml", "<function=weather>\n<parameter=city>\nBonn\n</parameter>\n</function>\n</tool_call>".to_owned()),
    ] {
        check(dialect, &ladder_cx(), &raw, std::slice::from_ref(&weather));
        check(dialect, &ladder_cx(), &format!("I'll look.\n{raw}"), &[say("I'll look."), weather.clone()]);
        if !raw.contains('\n') {
            let talk = format!("It is `{raw}` then.");
            check(dialect, &ladder_cx(), &talk, &[say(&talk)]);
        }
    }
}

#[test]
fn a_name_before_the_arguments() {
    let weather = call("weather", json!({"city": "Bonn"}));
    for body in [
        "weather(city=\"Bonn\")",
        "weather\n{\"city\": \"Bonn\"}",
        "weather {\"name\": \"weather\", \"arguments\": {\"city\": \"Bonn\"}}",
    ] {
        for dialect in ["qwen3-hermes", "qwen3-xml", "glm"] {
            let raw = format!("<tool_call>\n{body}\n</tool_call>");
            check(dialect, &ladder_cx(), &raw, std::slice::from_ref(&weather));
        }
        check("mistral", &ladder_cx(), &format!("[TOOL_CALLS]{body}"), std::slice::from_ref(&weather));
    }
}

#[test]
fn what_is_talked_about_is_text() {
    for raw in [
        format!("For example, a call is written so:\n```json\n{CALL}\n```\nIt has two keys."),
        format!("For example:\n\n{CALL}"),
        format!("Zum Beispiel:\n{CALL}"),
        format!("A call looks like this: {CALL}"),
        format!("The object {CALL} is a call."),
        format!("{CALL} is how a call is written."),
        format!("{CALL}\n\nThis is how a call looks."),
        format!("I would write\n{CALL}\nfor that."),
        format!("In JSON:\n{CALL}\nwhere `name` is the tool."),
        format!("Use `{CALL}` for it."),
        format!("He wrote \"{CALL}\" to me."),
        format!("> {CALL}"),
        format!("- {CALL}"),
        "{\"name\": \"Ada\", \"arguments\": {\"born\": 1815}}".to_owned(),
        "{\"name\": \"weather\"}".to_owned(),
        "{\"city\": \"Bonn\"}".to_owned(),
        format!("```python\nx = {CALL}\n```").replace("python", "rust"),
    ] {
        everywhere(&raw, &[say(&raw)]);
    }
}

#[test]
fn own_marks_that_are_talked_about_are_text() {
    let one = "<tool_call>{\"name\": \"clock\", \"arguments\": {}}</tool_call>";
    for raw in [
        format!("Write `{one}` for it."),
        format!("He wrote \"{one}\" to me."),
        format!("> {one}"),
        format!("For example:\n{one}"),
        format!("Write {one} to call it."),
        format!("```rust\nlet call = r#\"{one}\"#;\n```"),
    ] {
        for dialect in ["qwen3-hermes", "qwen3-xml", "glm", "qwen2.5-coder", "generic"] {
            check(dialect, &ladder_cx(), &raw, &[say(&raw)]);
        }
    }
    for (dialect, own) in [
        ("mistral", "[TOOL_CALLS]clock[ARGS]{}"),
        ("deepseek", "<｜tool▁calls▁begin｜>"),
        ("kimi", "<|tool_calls_section_begin|>"),
        ("gemma4", "<|tool_call>call:clock{}<tool_call|>"),
        ("llama", "<|python_tag|>"),
    ] {
        let raw = format!("Put `{own}` before it.");
        check(dialect, &ladder_cx(), &raw, &[say(&raw)]);
    }
}

/// A fence that is never closed does not swallow a call.
#[test]
fn a_call_behind_an_open_fence() {
    let raw = "Now:\n```sh\nls\n<tool_call>\n{\"name\": \"clock\", \"arguments\": {}}\n</tool_call>";
    for dialect in ["qwen3-hermes", "qwen3-xml", "glm"] {
        check(dialect, &ladder_cx(), raw, &[say("Now:\n```sh\nls"), call("clock", json!({}))]);
    }
}

/// What is meant as a call and passes no gate is never the answer.
#[test]
fn what_cannot_be_rescued_is_told() {
    let unfit = bad("the arguments do not fit the schema of weather");
    let raw = CALL.replace("city", "town");
    everywhere(&raw, std::slice::from_ref(&unfit));
    everywhere(&format!("I'll look.\n```json\n{raw}\n```"), &[say("I'll look."), unfit.clone()]);
    everywhere(&format!("I'll look.\n{raw}"), &[say("I'll look."), unfit]);
    for dialect in DIALECTS {
        check_cut(dialect.name(), &ladder_cx(), &CALL[..40], true, &[cut()]);
        let broken = "{\"type\": \"function\", \"name\": \"weather\", \"arguments\": {\"city\": Bonn!}}";
        let steps = super::steps(dialect.name(), &ladder_cx(), broken, 7, false);
        assert!(matches!(&steps[..], [Step::Malformed { .. }]), "{}: {steps:?}", dialect.name());
    }
}

#[test]
fn text_behind_mistrals_mark() {
    let weather = call("weather", json!({"city": "Bonn"}));
    let check = |raw: &str, want: &[String]| check("mistral", &ladder_cx(), raw, want);
    check("[TOOL_CALLS]I will look it up", &[bad("there is no tool \"I will look it up\"")]);
    check("[TOOL_CALLS]rm", &[bad("there is no tool \"rm\"")]);
    check("[TOOL_CALLS]rm[ARGS]{\"path\": \"/\"}", &[bad("there is no tool \"rm\"")]);
    check(&format!("[TOOL_CALLS]I'll look: {CALL}"), std::slice::from_ref(&weather));
    check(&format!("[TOOL_CALLS]rm[ARGS]{{}}[TOOL_CALLS]{CALL}"), &[bad("there is no tool \"rm\""), weather]);
}
