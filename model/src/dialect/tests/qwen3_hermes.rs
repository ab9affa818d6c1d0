use super::{bad, call, check, check_cut, cx, prompted, say, think};
use serde_json::json;

const DIALECT: &str = "qwen3-hermes";
const CUT: &str = "the token limit came before the end of the call";

#[test]
fn reasoning_text_and_calls() {
    let raw = "<think>\nTwo cities.\n</think>\n\nOne moment.\n<tool_call>\n{\"name\": \"weather\", \"arguments\": {\"city\": \"Bern\"}}\n</tool_call>\n<tool_call>\n{\"name\": \"clock\", \"arguments\": {}}\n</tool_call>\nDone.";
    let calls = [call("weather", json!({"city": "Bern"})), call("clock", json!({}))];
    let want = [&[think("Two cities."), say("One moment.")], &calls[..], &[say("\n\n\nDone.")]].concat();
    check(DIALECT, &cx(), raw, &want);
    let headless = raw.strip_prefix("<think>\n").unwrap_or_default();
    check(DIALECT, &prompted("<|im_start|>assistant\n<think>\n"), headless, &want);
}

#[test]
fn markers_in_strings_and_in_talk() {
    check(
        DIALECT,
        &cx(),
        "<tool_call>\n{\"name\": \"weather\", \"arguments\": {\"city\": \"</tool_call> \\\"<tool_call>\"}}\n</tool_call>",
        &[call("weather", json!({"city": "</tool_call> \"<tool_call>"}))],
    );
    for talk in ["Put it between <tool_call> and </tool_call>.", "The marker <tool_call> begins a call."] {
        check(DIALECT, &cx(), talk, &[say(talk)]);
    }
    check(
        DIALECT,
        &prompted("<think>"),
        "I could write <tool_call>\n{\"name\": \"clock\", \"arguments\": {}}\n</tool_call> but won't.</think>No.",
        &[
            think("I could write <tool_call>\n{\"name\": \"clock\", \"arguments\": {}}\n</tool_call> but won't."),
            say("No."),
        ],
    );
}

#[test]
fn a_call_ends_reasoning_that_is_never_closed() {
    check(
        DIALECT,
        &prompted("<think>"),
        "So I ask.\n<tool_call>\n{\"name\": \"clock\", \"arguments\": {}}\n</tool_call>",
        &[think("So I ask."), call("clock", json!({}))],
    );
}

#[test]
fn what_cannot_be_read_is_said_and_the_rest_is_read() {
    let good = "<tool_call>\n{\"name\": \"clock\", \"arguments\": {}}\n</tool_call>";
    let clock = call("clock", json!({}));
    check(
        DIALECT,
        &cx(),
        &format!("<tool_call>\n{{\"name\": \"weather\", \"arguments\": {{\"city\": \"A}}}}\n</tool_call>\n{good}"),
        &[bad("the call's JSON does not end"), clock.clone()],
    );
    check(
        DIALECT,
        &cx(),
        &format!("<tool_call>\nclock, please\n</tool_call>{good}"),
        &[bad("there is no JSON object after the marker"), clock],
    );
    check_cut(DIALECT, &cx(), "<tool_call>\n{\"name\": \"clock\", \"argu", true, &[bad(CUT)]);
    check_cut(DIALECT, &cx(), "Now.\n<tool_call>", true, &[say("Now."), bad(CUT)]);
}

#[test]
fn json_with_and_without_faults() {
    let block = |body: &str| format!("<tool_call>\n{body}\n</tool_call>");
    check(DIALECT, &cx(), &block("{\"name\": \"clock\"}"), &[call("clock", json!({}))]);
    check(DIALECT, &cx(), &block("{\"name\": \"weather\"}"), &[bad("the call of weather has no arguments")]);
    check(
        DIALECT,
        &cx(),
        &block("{\"name\": \"python\", \"arguments\": {\"code\": \"a = 1\nre.match('\\d', a)\"}}"),
        &[call("python", json!({"code": "a = 1\nre.match('\\d', a)"}))],
    );
    // Correct JSON is handed to the dispatcher, whatever it says; what had to be mended is not.
    check(DIALECT, &cx(), &block("{\"name\": \"rm\", \"arguments\": {}}"), &[call("rm", json!({}))]);
    for (body, why) in [
        ("{'name': 'rm', 'arguments': {}}", "there is no tool \"rm\""),
        ("{\"name\": \"weather\", \"arguments\": {\"city\": None}}", "the arguments do not fit the schema of weather"),
        ("{\"name\": \"weather\", \"arguments\": {\"city\": \"A\"}", "'<' stands where JSON has no place for it"),
    ] {
        check(DIALECT, &cx(), &block(body), &[bad(why)]);
    }
}

#[test]
fn markers_written_twice() {
    let raw = "<tool_call>\n<tool_call>\n{\"name\": \"clock\", \"arguments\": {}}\n</tool_call></tool_call>\nDone.";
    check(DIALECT, &cx(), raw, &[call("clock", json!({})), say("Done.")]);
}

#[test]
fn arguments_as_a_string_and_lines_that_end_as_on_windows() {
    let raw =
        "<tool_call>\r\n{\"arguments\": \"{\\\"city\\\": \\\"Bern\\\"}\", \"name\": \"weather\"}\r\n</tool_call>\r\n";
    check(DIALECT, &cx(), raw, &[call("weather", json!({"city": "Bern"}))]);
}
