use super::{bad, call, check, check_cut, cut, cx, prompted, say, think};
use serde_json::json;

const DIALECT: &str = "glm";

#[test]
fn with_and_without_line_breaks() {
    let plan = call("plan", json!({"title": "5", "tags": ["a b"], "volume": null, "private": true}));
    let clock = call("clock", json!({}));
    let raw = "\n<think>Two.</think>\n<tool_call>plan\n<arg_key>title</arg_key>\n<arg_value>5</arg_value>\n<arg_key>tags</arg_key>\n<arg_value>[\"a b\"]</arg_value>\n<arg_key>volume</arg_key>\n<arg_value>null</arg_value>\n<arg_key>private</arg_key>\n<arg_value>true</arg_value>\n</tool_call>\n<tool_call>clock\n</tool_call>";
    check(DIALECT, &cx(), raw, &[think("Two."), plan.clone(), clock.clone()]);
    check(DIALECT, &cx(), &raw.replace('\n', ""), &[think("Two."), plan, clock]);
    check(
        DIALECT,
        &prompted("<|assistant|><think>"),
        "One.</think>So: <tool_call>clock</tool_call> and more.",
        &[think("One."), say("So:"), call("clock", json!({})), say("  and more.")],
    );
}

#[test]
fn values_stand_as_they_are() {
    let weather = |city: &str| call("weather", json!({"city": city}));
    let raw =
        |city: &str| format!("<tool_call>weather<arg_key>city</arg_key><arg_value>{city}</arg_value></tool_call>");
    for city in [
        "  Bern  ",
        "a\n b\n",
        "use </arg_value> and </tool_call> there",
        "{\"a\": 1}",
        "null",
        "007",
        "<tool_call>x</tool_call>",
    ] {
        check(DIALECT, &cx(), &raw(city), &[weather(city)]);
    }
}

#[test]
fn forgotten_ends_are_made_good() {
    check(
        DIALECT,
        &cx(),
        "<tool_call>weather<arg_key>city</arg_key><arg_value>Bern<arg_key>days</arg_key><arg_value>2</tool_call><tool_call>clock</tool_call>",
        &[call("weather", json!({"city": "Bern", "days": 2})), call("clock", json!({}))],
    );
}

#[test]
fn cut_broken_and_mentioned_calls() {
    for raw in [
        "<tool_call>",
        "<tool_call>weather",
        "<tool_call>weather<arg_key>city</arg_key><arg_value>B",
        "<tool_call>weather\n<arg_key>ci",
    ] {
        check_cut(DIALECT, &cx(), raw, true, &[cut()]);
    }
    check(
        DIALECT,
        &cx(),
        "<tool_call>weather<arg_key>city</arg_key>Bern</tool_call><tool_call>clock</tool_call>",
        &[bad("there is neither an argument nor the call's end"), call("clock", json!({}))],
    );
    let talk = "A call stands between <tool_call> and </tool_call>.";
    check(DIALECT, &cx(), talk, &[say(talk)]);
}

#[test]
fn what_only_looks_like_a_name() {
    let talk = "A call is written <tool_call>name</tool_call> there.";
    check(DIALECT, &cx(), talk, &[say(talk)]);
    check(DIALECT, &cx(), "<tool_call>weather of Bern</tool_call>", &[bad("there is no JSON object after the marker")]);
    check(DIALECT, &cx(), "Hm.<tool_call>clock</tool_call>", &[say("Hm."), call("clock", json!({}))]);
    check(DIALECT, &cx(), "<tool_call>rm</tool_call>", &[call("rm", json!({}))]);
}
