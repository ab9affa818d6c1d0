use super::{bad, call, check, check_cut, cut, cx, say};
use serde_json::json;

const DIALECT: &str = "llama";

#[test]
fn objects_and_python_lists() {
    let calls = [call("weather", json!({"city": "Łódź", "days": 2})), call("clock", json!({}))];
    let object = "{\"name\": \"weather\", \"parameters\": {\"city\": \"Łódź\", \"days\": 2}}";
    for raw in [
        format!("{object}; {{\"name\": \"clock\", \"parameters\": {{}}}}"),
        format!("{object}\n{{\"name\": \"clock\", \"arguments\": {{}}}}"),
        format!("[{object}, {{\"name\": \"clock\", \"parameters\": {{}}}}]"),
        format!(
            "<|python_tag|>{object}; {{\"type\": \"function\", \"name\": \"clock\", \"parameters\": {{}}}}<|eom_id|>"
        ),
        format!("{object}; {{\"type\": \"function\", \"function\": \"clock\", \"parameters\": {{}}}}"),
        "[weather(city='Łódź', days=2), clock()]".to_owned(),
        "<|python_start|>[weather(city=\"Łódź\", days=2,), clock()]<|python_end|>".to_owned(),
        "<function=weather>{\"city\": \"Łódź\", \"days\": 2}</function><function=clock>{}</function>".to_owned(),
    ] {
        check(DIALECT, &cx(), &raw, &calls);
    }
}

#[test]
fn python_literals() {
    check(
        DIALECT,
        &cx(),
        r#"[plan(title='it\'s "x"\n\u00e9\d', when={'start': "a", 'tz': None}, tags=['(', "]"], volume=-.5, private=True)]"#,
        &[call(
            "plan",
            json!({"title": "it's \"x\"\né\\d", "when": {"start": "a", "tz": null}, "tags": ["(", "]"], "volume": -0.5, "private": true}),
        )],
    );
}

#[test]
fn what_names_no_tool_is_text() {
    for raw in [
        "{\"name\": \"Ada\", \"parameters\": {\"born\": 1815}}",
        "{\"parameters\": {}}",
        "{\"name\": \"weather\"}",
        "{\"weather\": {\"city\": \"A\"}}",
        "[1] Some source (2020)",
        "[open(path='x')]",
        "Call it as {\"name\": \"clock\", \"parameters\": {}} or not.",
        "fn main() {\n{\n}\n}",
        "I would write\n{\"name\": \"clock\", \"parameters\": {}}\nfor that.",
    ] {
        check(DIALECT, &cx(), raw, &[say(raw)]);
    }
}

#[test]
fn text_before_a_call() {
    check(
        DIALECT,
        &cx(),
        "I'll look.\n\n{\"name\": \"clock\", \"parameters\": {}}",
        &[say("I'll look."), call("clock", json!({}))],
    );
    check(
        DIALECT,
        &cx(),
        "I'll look.<|python_tag|>clock.call(zone=\"UTC\")",
        &[say("I'll look."), call("clock", json!({"zone": "UTC"}))],
    );
}

#[test]
fn programs() {
    check(
        DIALECT,
        &cx(),
        "<|python_tag|>x = [1]\nprint(x)<|eom_id|>",
        &[call("python", json!({"code": "x = [1]\nprint(x)"}))],
    );
    let without = crate::dialect::ParseCx { tools: super::tools()[..2].to_vec().into(), ..cx() };
    check(DIALECT, &without, "<|python_tag|>print(1)", &[bad("no tool runs programs")]);
}

#[test]
fn cut_calls() {
    for raw in ["{\"name\": \"weather\", \"param", "[weather(city='Łó", "<|python_tag|>print(", "<|python_tag|>"] {
        check_cut(DIALECT, &cx(), raw, true, &[cut()]);
    }
}

#[test]
fn a_call_that_is_announced() {
    let object = "{\"name\": \"weather\", \"parameters\": {\"city\": \"A\"}}";
    let want = [say("Here is the call:"), call("weather", json!({"city": "A"})), say("  Anything else?")];
    check(DIALECT, &cx(), &format!("Here is the call: {object} Anything else?"), &want);
    for talk in [
        format!("For example: {object} is a call."),
        "It is: {\"name\": \"weather\", \"parameters\": {\"town\": \"A\"}} then.".to_owned(),
    ] {
        check(DIALECT, &cx(), &talk, &[say(&talk)]);
    }
}
