use super::{bad, call, check, check_cut, cut, cx, prompted, say, think};
use serde_json::json;

const DIALECT: &str = "gpt-oss";

#[test]
fn channels_and_recipients() {
    let weather = call("weather", json!({"city": "Sète"}));
    for header in [
        " to=functions.weather<|channel|>commentary <|constrain|>json",
        "<|channel|>commentary to=functions.weather <|constrain|>json",
        "<|channel|>commentary to=functions.weather<|constrain|>json",
        "<|channel|>commentary to=functions.weather json",
        "<|channel|>analysis to=functions.weather code",
        "<|channel|>commentary to=weather",
    ] {
        check(
            DIALECT,
            &prompted("<|start|>assistant"),
            &format!("{header}<|message|>{{\"city\": \"Sète\"}}<|call|>"),
            std::slice::from_ref(&weather),
        );
    }
    check(
        DIALECT,
        &prompted("<|start|>assistant"),
        "<|channel|>analysis<|message|>Hm.<|end|><|start|>assistant<|channel|>commentary<|message|>A moment.<|end|><|start|>assistant<|channel|>commentary to=functions.clock <|constrain|>json<|message|>{}<|call|><|start|>assistant<|channel|>analysis<|message|>So.<|end|><|start|>assistant<|channel|>final<|message|>Noon.<|return|>",
        &[think("Hm."), say("A moment."), call("clock", json!({})), think("\nSo."), say("\nNoon.")],
    );
    check(DIALECT, &prompted("<|start|>assistant<|channel|>final<|message|>"), "Noon.", &[say("Noon.")]);
}

#[test]
fn markers_within_bodies() {
    check(
        DIALECT,
        &cx(),
        "<|channel|>analysis<|message|>A call ends with <|call|>, I think; a turn with <|return|>.<|end|><|start|>assistant<|channel|>commentary to=functions.weather<|message|>{\"city\": \"<|call|><|end|><|start|>\"}<|call|>",
        &[
            think("A call ends with <|call|>, I think; a turn with <|return|>."),
            call("weather", json!({"city": "<|call|><|end|><|start|>"})),
        ],
    );
}

#[test]
fn tools_of_the_models_own() {
    check(
        DIALECT,
        &cx(),
        "<|channel|>analysis to=python code<|message|>print({1})\n<|call|>",
        &[call("python", json!({"code": "print({1})"}))],
    );
    check(
        DIALECT,
        &cx(),
        "<|channel|>analysis to=browser.search code<|message|>{\"query\": \"x\"}<|call|>",
        &[bad("the tool browser.search was not offered")],
    );
}

#[test]
fn cut_and_broken_messages() {
    check_cut(DIALECT, &cx(), "<|channel|>analysis<|message|>The us", true, &[think("The us")]);
    check_cut(DIALECT, &cx(), "<|channel|>commentary to=functions.weather<|message|>{\"city\": \"S", true, &[cut()]);
    check_cut(
        DIALECT,
        &cx(),
        "<|channel|>commentary to=functions.wea",
        true,
        &[bad("the reply ended within a message's header")],
    );
    check(DIALECT, &cx(), "<|channel|>note<|message|>x<|end|>", &[bad("there is no channel \"note\"")]);
    check(
        DIALECT,
        &cx(),
        "<|channel|>??<|end|><|start|>assistant<|channel|>final<|message|>Yes.",
        &[bad("this is no message of the format"), say("Yes.")],
    );
    check(
        DIALECT,
        &cx(),
        "<|channel|>commentary to=functions.weather<|message|>Rome<|call|><|start|>assistant<|channel|>final<|message|>Yes.",
        &[bad("the arguments of weather are no JSON object"), say("Yes.")],
    );
}

#[test]
fn plain_text_instead_of_messages() {
    for raw in ["Hello there.", "analysis of it: done", "1 < 2", "{\"a\": 1}"] {
        check(DIALECT, &cx(), raw, &[say(raw)]);
        check(DIALECT, &prompted("<|start|>assistant"), raw, &[say(raw)]);
    }
}

#[test]
fn arguments_in_other_clothes() {
    let call_of =
        |name: &str, body: &str| format!("<|channel|>commentary to=functions.{name}<|message|>{body}<|call|>");
    let want = call("weather", json!({"city": "a\"<|call|>\"\\"}));
    check(
        DIALECT,
        &cx(),
        &call_of("weather", r#""{\"city\": \"a\\\"<|call|>\\\"\\\\\"}""#),
        std::slice::from_ref(&want),
    );
    check(DIALECT, &cx(), &call_of("clock", ""), &[call("clock", json!({}))]);
    check(DIALECT, &cx(), &call_of("weather", ""), &[bad("the call of weather has no arguments")]);
    check(DIALECT, &cx(), &call_of("weather", "\"Bern\""), &[bad("the arguments of weather are no JSON object")]);
}
