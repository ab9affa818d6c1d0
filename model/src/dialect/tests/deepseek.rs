use super::{bad, call, check, check_cut, cut, cx, prompted, say, think};
use serde_json::json;

const DIALECT: &str = "deepseek";

#[test]
fn json_between_tokens() {
    let calls = [call("weather", json!({"city": "Nuuk"})), call("clock", json!({}))];
    let fenced = "<｜tool▁calls▁begin｜><｜tool▁call▁begin｜>function<｜tool▁sep｜>weather\n```json\n{\"city\": \"Nuuk\"}\n```<｜tool▁call▁end｜>\n<｜tool▁call▁begin｜>function<｜tool▁sep｜>clock\n```json\n{}\n```<｜tool▁call▁end｜><｜tool▁calls▁end｜>";
    let plain = "<｜tool▁calls▁begin｜><｜tool▁call▁begin｜>weather<｜tool▁sep｜>{\"city\": \"Nuuk\"}<｜tool▁call▁end｜><｜tool▁call▁begin｜>clock<｜tool▁sep｜>{}<｜tool▁call▁end｜><｜tool▁calls▁end｜>";
    for raw in [fenced, plain, &plain.replace("<｜tool▁calls▁begin｜>", ""), &plain.replace("<｜tool▁calls▁end｜>", "")]
    {
        check(DIALECT, &cx(), raw, &calls);
    }
    let want = [&[think("Two."), say("Let me see.")], &calls[..], &[say("Done.")]].concat();
    check(DIALECT, &cx(), &format!("<think>\nTwo.\n</think>\n\nLet me see.{fenced}Done."), &want);
    check(DIALECT, &prompted("<｜Assistant｜><think>\n"), &format!("Two.\n</think>\n\nLet me see.{plain}Done."), &want);
}

#[test]
fn markup_of_three_generations() {
    let raw = "Let me see.\n\n<｜DSML｜function_calls>\n<｜DSML｜invoke name=\"plan\">\n<｜DSML｜parameter name=\"title\" string=\"true\"> a </｜DSML｜parameter> \"5\"\n</｜DSML｜parameter>\n<｜DSML｜parameter name=\"tags\" string=\"false\">[\"x\"]</｜DSML｜parameter>\n<｜DSML｜parameter name=\"private\">true</｜DSML｜parameter>\n</｜DSML｜invoke>\n<｜DSML｜invoke name=\"clock\"/>\n<｜DSML｜invoke name=\"clock\">\n</｜DSML｜invoke>\n</｜DSML｜function_calls>";
    let want = [
        say("Let me see."),
        call("plan", json!({"title": " a </｜DSML｜parameter> \"5\"\n", "tags": ["x"], "private": true})),
        call("clock", json!({})),
        call("clock", json!({})),
    ];
    check(DIALECT, &prompted("<｜Assistant｜></think>"), raw, &want);
    check(DIALECT, &cx(), &raw.replace("function_calls", "tool_calls"), &want);
    let spaced = raw
        .replace("function_calls", "calls")
        .replace("｜DSML｜", "｜DSML｜ ")
        .replace("</｜DSML｜ parameter> \"5\"", "</｜DSML｜parameter> \"5\"");
    check(DIALECT, &cx(), &spaced, &want);
    check(
        DIALECT,
        &prompted("<think>"),
        "Hm.<｜DSML｜tool_calls>\n<｜DSML｜invoke name=\"weather\">\n{\"city\": \"Nuuk\"}\n</｜DSML｜invoke>\n</｜DSML｜tool_calls>",
        &[think("Hm."), call("weather", json!({"city": "Nuuk"}))],
    );
}

#[test]
fn cut_and_broken_calls() {
    let clock = "<｜tool▁call▁begin｜>clock<｜tool▁sep｜>{}<｜tool▁call▁end｜>";
    for raw in [
        "<｜tool▁calls▁begin｜>",
        "<｜tool▁calls▁begin｜><｜tool▁call▁begin｜>wea",
        "<｜tool▁call▁begin｜>function<｜tool▁sep｜>weather\n```json\n{\"ci",
        "<｜DSML｜function_calls>\n<｜DSML｜invoke name=\"weather\">\n<｜DSML｜parameter name=\"city\" string=\"true\">Nu",
        "<｜DSML｜tool_calls>\n<｜DSML｜invoke name=\"wea",
        "<｜DSML｜tool_calls>\n",
    ] {
        check_cut(DIALECT, &cx(), raw, true, &[cut()]);
    }
    check_cut(
        DIALECT,
        &cx(),
        &format!("{clock}<｜tool▁call▁begin｜>weather<｜tool▁sep｜>{{"),
        true,
        &[call("clock", json!({})), cut()],
    );
    check(
        DIALECT,
        &cx(),
        &format!("<｜tool▁calls▁begin｜><｜tool▁call▁begin｜>weather<｜tool▁sep｜>Nuuk<｜tool▁call▁end｜>{clock}"),
        &[bad("the arguments of weather are no JSON object"), call("clock", json!({}))],
    );
    check(
        DIALECT,
        &cx(),
        "<｜DSML｜tool_calls>\n<｜DSML｜invoke name=\"weather\">\ncity: Nuuk\n</｜DSML｜invoke>\n<｜DSML｜invoke name=\"clock\"/>\n</｜DSML｜tool_calls>",
        &[bad("there is neither a parameter nor the call's end"), call("clock", json!({}))],
    );
}

#[test]
fn a_call_without_arguments() {
    let one = |body: &str| {
        format!("<｜tool▁calls▁begin｜><｜tool▁call▁begin｜>{body}<｜tool▁call▁end｜><｜tool▁calls▁end｜>")
    };
    for body in ["clock<｜tool▁sep｜>", "function<｜tool▁sep｜>clock\n```json\n\n```", "function<｜tool▁sep｜>clock"]
    {
        check(DIALECT, &cx(), &one(body), &[call("clock", json!({}))]);
    }
    check(DIALECT, &cx(), &one("weather<｜tool▁sep｜>"), &[bad("the call of weather has no arguments")]);
}
