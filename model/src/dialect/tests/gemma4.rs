use super::{bad, call, check, check_cut, cut, cx, prompted, say, think};
use serde_json::json;

const DIALECT: &str = "gemma4";

#[test]
fn the_notation() {
    check(
        DIALECT,
        &cx(),
        "<|tool_call>call:plan{title:<|\"|>a \"b\" {c}, <tool_call|> \\n\n<|\"|>, when:{start key:<|\"|><|\"|>,tz:null}, tags:[<|\"|>x<|\"|>, \"y\"],volume:1e-05,private:True,n:[[-1,2.5],[]]}<tool_call|>",
        &[call(
            "plan",
            json!({"title": "a \"b\" {c}, <tool_call|> \\n\n", "when": {"start key": "", "tz": null}, "tags": ["x", "y"], "volume": 1e-5, "private": true, "n": [[-1, 2.5], []]}),
        )],
    );
}

#[test]
fn reasoning_text_and_calls() {
    let rest = "Hm.\n<channel|>Well. <|tool_call>call:clock{}<tool_call|><|tool_call>call:weather{city:<|\"|>Zürich<|\"|>}<tool_call|><|tool_response>";
    let want = [think("Hm."), say("Well."), call("clock", json!({})), call("weather", json!({"city": "Zürich"}))];
    check(DIALECT, &cx(), &format!("<|channel>thought\n{rest}"), &want);
    check(DIALECT, &prompted("<|turn>model\n<|channel>thought\n"), rest, &want);
    check(
        DIALECT,
        &cx(),
        "<|channel>thought\nHm.<|tool_call>call:clock{}<tool_call|>",
        &[think("Hm."), call("clock", json!({}))],
    );
    check(DIALECT, &prompted("<|channel>thought\n<channel|>"), "Yes.", &[say("Yes.")]);
}

#[test]
fn cut_and_broken_calls() {
    for raw in [
        "<|tool_call>",
        "<|tool_call>call:wea",
        "<|tool_call>call:weather{city:<|\"|>Z}",
        "<|tool_call>call:weather{city:<|\"|>Z<|\"|>",
    ] {
        check_cut(DIALECT, &cx(), raw, true, &[cut()]);
    }
    let good = "<|tool_call>call:clock{}<tool_call|>";
    for (raw, why) in [
        ("<|tool_call>clock<tool_call|>", "a call is written call:NAME{…}"),
        ("<|tool_call>call:weather{city}<tool_call|>", "the arguments cannot be read"),
        ("<|tool_call>call:weather{city:<|\"|>Z}<tool_call|>", "the call does not end"),
    ] {
        check(DIALECT, &cx(), &format!("{raw}{good}"), &[bad(why), call("clock", json!({}))]);
    }
}

#[test]
fn a_call_without_arguments() {
    check(DIALECT, &cx(), "<|tool_call>call:clock<tool_call|>", &[call("clock", json!({}))]);
    check(DIALECT, &cx(), "<|tool_call>call:weather<tool_call|>", &[bad("a call is written call:NAME{…}")]);
}
