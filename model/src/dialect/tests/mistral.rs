use super::{bad, call, check, check_cut, cut, cx, prompted, say, think};
use serde_json::json;

const DIALECT: &str = "mistral";

#[test]
fn all_generations() {
    let calls = [call("weather", json!({"city": "Nîmes"})), call("clock", json!({}))];
    for raw in [
        "[TOOL_CALLS] [{\"name\": \"weather\", \"arguments\": {\"city\": \"Nîmes\"}}, {\"name\": \"clock\", \"arguments\": {}}]",
        "[TOOL_CALLS][{\"arguments\": {\"city\": \"Nîmes\"}, \"name\": \"weather\", \"id\": \"a1B2c3D4e\"},{\"name\": \"clock\"}]",
        "[TOOL_CALLS]weather[ARGS]{\"city\": \"Nîmes\"}[TOOL_CALLS]clock[ARGS]{}",
        "[TOOL_CALLS]weather[CALL_ID]a1B2c3D4e[ARGS]{\"city\": \"Nîmes\"}[TOOL_CALLS]clock[CALL_ID]b[ARGS]{}",
        "[TOOL_CALLS]weather{\"city\": \"Nîmes\"}\n[TOOL_CALLS]clock{}",
    ] {
        check(DIALECT, &cx(), raw, &calls);
    }
}

#[test]
fn reasoning_and_text_around_calls() {
    let raw = "[THINK]Look it up.[/THINK]One moment.[TOOL_CALLS]clock[ARGS]{}";
    let want = [think("Look it up."), say("One moment."), call("clock", json!({}))];
    check(DIALECT, &cx(), raw, &want);
    check(DIALECT, &prompted("[/INST][THINK]"), &raw[7..], &want);
    check(DIALECT, &cx(), "<think>\nhm\n</think>\nYes.", &[think("hm"), say("Yes.")]);
    check(DIALECT, &cx(), "[THINK]So:[TOOL_CALLS]clock[ARGS]{}", &[think("So:"), call("clock", json!({}))]);
}

#[test]
fn markers_in_arguments() {
    check(
        DIALECT,
        &cx(),
        "[TOOL_CALLS]weather[ARGS]{\"city\": \"[TOOL_CALLS]clock[ARGS]{} }]\\\"\"}",
        &[call("weather", json!({"city": "[TOOL_CALLS]clock[ARGS]{} }]\""}))],
    );
}

#[test]
fn cut_and_broken_calls() {
    for raw in [
        "[TOOL_CALLS]",
        "[TOOL_CALLS]wea",
        "[TOOL_CALLS]weather[ARGS]{\"city\": \"N",
        "[TOOL_CALLS] [{\"name\": \"weather\"",
    ] {
        check_cut(DIALECT, &cx(), raw, true, &[cut()]);
    }
    check_cut(
        DIALECT,
        &cx(),
        "[TOOL_CALLS][{\"name\": \"clock\", \"arguments\": {}}, {\"name\": \"weather\", \"argu",
        true,
        &[call("clock", json!({})), cut()],
    );
    check(
        DIALECT,
        &cx(),
        "[TOOL_CALLS]weather[ARGS]city=Rome[TOOL_CALLS]clock[ARGS]{}",
        &[bad("the arguments of weather are no JSON object"), call("clock", json!({}))],
    );
}

#[test]
fn no_arguments_and_arguments_as_a_string() {
    let clock = call("clock", json!({}));
    check(DIALECT, &cx(), "[TOOL_CALLS]clock[ARGS][TOOL_CALLS]clock", &[clock.clone(), clock]);
    check(DIALECT, &cx(), "[TOOL_CALLS]weather[ARGS]", &[bad("the call of weather has no arguments")]);
    check(
        DIALECT,
        &cx(),
        "[TOOL_CALLS]weather[ARGS]\"{\\\"city\\\": \\\"A\\\"}\"",
        &[call("weather", json!({"city": "A"}))],
    );
    check_cut(DIALECT, &cx(), "[TOOL_CALLS]clock", true, &[cut()]);
}
