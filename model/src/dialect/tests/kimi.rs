use super::{bad, call, check, check_cut, cut, cx, prompted, say, think};
use serde_json::json;

const DIALECT: &str = "kimi";
const K3: &str = "<|open|>message role=\"assistant\"<|sep|><|open|>think<|sep|>";

#[test]
fn sections() {
    let calls = [call("weather", json!({"city": "Xi'an <|tool_call_end|>"})), call("clock", json!({}))];
    let section = "<|tool_calls_section_begin|><|tool_call_begin|>functions.weather:0<|tool_call_argument_begin|>{\"city\": \"Xi'an <|tool_call_end|>\"}<|tool_call_end|><|tool_call_begin|>functions.clock:1 <|tool_call_argument_begin|> {} <|tool_call_end|><|tool_calls_section_end|>";
    check(DIALECT, &cx(), section, &calls);
    check(DIALECT, &cx(), section.strip_suffix("<|tool_calls_section_end|>").unwrap(), &calls);
    check(DIALECT, &cx(), section.strip_prefix("<|tool_calls_section_begin|>").unwrap(), &calls);
    let want = [&[think("Hm."), say("Well.")], &calls[..], &[say(" Done.")]].concat();
    check(DIALECT, &prompted("<think>"), &format!("Hm.</think>Well.{section} Done."), &want);
    check(DIALECT, &prompted("<think>"), &format!("Hm.{section}"), &[&[think("Hm.")], &calls[..]].concat());
}

#[test]
fn elements() {
    check(
        DIALECT,
        &prompted(K3),
        "Hm.<|close|>think<|sep|><|open|>response<|sep|>Well.<|close|>response<|sep|><|open|>tools<|sep|><|open|>call tool=\"plan\" index=\"1\"<|sep|><|open|>argument key=\"title\" type=\"string\"<|sep|>5 <|close|>argument<|sep|> &amp;\n<|close|>argument<|sep|><|open|>argument key=\"when\" type=\"object\"<|sep|>{\"tz\": null}<|close|>argument<|sep|><|close|>call<|sep|><|open|>call tool=\"clock\" index=\"2\"<|sep|><|close|>call<|sep|><|close|>tools<|sep|><|close|>message<|sep|>",
        &[
            think("Hm."),
            say("Well."),
            call("plan", json!({"title": "5 <|close|>argument<|sep|> &amp;\n", "when": {"tz": null}})),
            call("clock", json!({})),
        ],
    );
    check(DIALECT, &prompted(K3), "<|open|>response<|sep|>Yes.<|close|>response<|sep|>", &[say("Yes.")]);
}

#[test]
fn cut_and_broken_calls() {
    for raw in [
        "<|tool_calls_section_begin|>",
        "<|tool_calls_section_begin|><|tool_call_begin|>functions.wea",
        "<|tool_calls_section_begin|><|tool_call_begin|>functions.weather:0<|tool_call_argument_begin|>{\"ci",
        "<|open|>tools<|sep|>",
        "<|open|>tools<|sep|><|open|>call tool=\"wea",
        "<|open|>call tool=\"weather\" index=\"1\"<|sep|><|open|>argument key=\"city\" type=\"string\"<|sep|>X",
    ] {
        check_cut(DIALECT, &cx(), raw, true, &[cut()]);
    }
    check(
        DIALECT,
        &cx(),
        "<|tool_calls_section_begin|><|tool_call_begin|>functions.weather:0<|tool_call_argument_begin|>Xi'an<|tool_call_end|><|tool_call_begin|>functions.clock:1<|tool_call_argument_begin|>{}<|tool_call_end|><|tool_calls_section_end|>",
        &[bad("the arguments of weather are no JSON object"), call("clock", json!({}))],
    );
}

#[test]
fn no_arguments_and_arguments_as_a_string() {
    let one = |name: &str, arguments: &str| {
        format!(
            "<|tool_calls_section_begin|><|tool_call_begin|>functions.{name}:0<|tool_call_argument_begin|>{arguments}<|tool_call_end|><|tool_calls_section_end|>"
        )
    };
    check(DIALECT, &cx(), &one("clock", ""), &[call("clock", json!({}))]);
    check(DIALECT, &cx(), &one("weather", " "), &[bad("the call of weather has no arguments")]);
    check(DIALECT, &cx(), &one("weather", "\"{\\\"city\\\": \\\"A\\\"}\""), &[call("weather", json!({"city": "A"}))]);
}
