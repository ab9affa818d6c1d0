use super::{accepts, bad, call, check, check_cut, cut, cx, prompted, say, think, tools};
use crate::dialect::by_name;
use serde_json::json;

const DIALECT: &str = "qwen3-xml";

fn weather(city: &str) -> String {
    format!("<tool_call>\n<function=weather>\n<parameter=city>\n{city}\n</parameter>\n</function>\n</tool_call>")
}

#[test]
fn reasoning_text_and_calls() {
    let raw = format!(
        "Two.\n</think>\n\nOne moment.\n\n{}\n<tool_call>\n<function=clock>\n</function>\n</tool_call>\nDone.",
        weather("Bari")
    );
    let want = [
        think("Two."),
        say("One moment."),
        call("weather", json!({"city": "Bari"})),
        call("clock", json!({})),
        say("\n\n\n\nDone."),
    ];
    check(DIALECT, &prompted("<think>\n"), &raw, &want);
    check(DIALECT, &prompted("<think>\n"), &format!("Hm.\n{}", weather("Bari")), &[think("Hm."), want[2].clone()]);
    check(DIALECT, &cx(), "<function=clock>\n</function>\n</tool_call>", &[want[3].clone()]);
    check(DIALECT, &cx(), "<tool_call>\n{\"name\": \"clock\", \"arguments\": {}}\n</tool_call>", &[want[3].clone()]);
}

#[test]
fn values_stand_as_they_are() {
    for city in [
        "  x \n",
        "\n",
        "",
        "</parameter> is the end",
        "</function></tool_call>!",
        "<parameter=zip>",
        "{\"a\": 1}",
        "null",
        "a\r\n\tb",
    ] {
        check(DIALECT, &cx(), &weather(city), &[call("weather", json!({"city": city}))]);
    }
}

#[test]
fn types_come_from_the_schema() {
    check(
        DIALECT,
        &cx(),
        "<tool_call><function=plan><parameter=title>5</parameter><parameter=tags>['a', \"b\"]</parameter><parameter=volume>null</parameter><parameter=private>True</parameter><parameter=other>7</parameter></function></tool_call>",
        &[call("plan", json!({"title": "5", "tags": ["a", "b"], "volume": null, "private": true, "other": "7"}))],
    );
    check(
        DIALECT,
        &cx(),
        &weather("x").replace("</parameter>", "</parameter>\n<parameter=days>\ntwo\n</parameter>"),
        &[call("weather", json!({"city": "x", "days": "two"}))],
    );
}

#[test]
fn forgotten_ends_are_made_good() {
    check(
        DIALECT,
        &cx(),
        "<tool_call>\n<function=weather>\n<parameter=city>\nBari\n<parameter=days>\n2\n</function>\n</tool_call>",
        &[call("weather", json!({"city": "Bari", "days": 2}))],
    );
}

#[test]
fn cut_and_broken_calls() {
    let whole = weather("rm -rf /tmp");
    for end in [11, 20, 30, 45, 50, 70] {
        check_cut(DIALECT, &cx(), &whole[..end], true, &[cut()]);
    }
    check(
        DIALECT,
        &cx(),
        &format!("<tool_call>\n<function=weather>\nBari\n</function>\n</tool_call>\n{}", weather("x")),
        &[bad("there is neither a parameter nor the function's end"), call("weather", json!({"city": "x"}))],
    );
}

#[test]
fn the_grammar_is_what_the_reader_reads() {
    let dialect = by_name(DIALECT).unwrap();
    let plan = &tools()[3];
    let grammar = dialect.call_grammar(plan, "<function=plan>").unwrap();
    let body = |parameters: &str| format!("<function=plan>\n{parameters}</function>");
    let title = "<parameter=title>\na <b>\n c\n</parameter>\n";
    for good in [title.to_owned(), format!("<parameter=private>\ntrue\n</parameter>\n{title}")] {
        assert!(accepts(&grammar, &body(&good)), "{good}\n{}", grammar.lark);
    }
    for bad in ["", "<parameter=private>\nmaybe\n</parameter>\n", "<parameter=x>\n1\n</parameter>\n"] {
        assert!(!accepts(&grammar, &body(bad)), "{bad}\n{}", grammar.lark);
    }
}

#[test]
fn lines_that_end_as_on_windows() {
    check(
        DIALECT,
        &cx(),
        &weather("Bari\nby night").replace('\n', "\r\n"),
        &[call("weather", json!({"city": "Bari\r\nby night"}))],
    );
}
