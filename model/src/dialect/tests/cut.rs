//! A reply that its limit cut shows nothing of a call that it had begun.

use super::super::{DIALECTS, ParseCx, Parser, Step, by_name, reader};
use polymath_chat::{ToolCall, ToolSpec};
use serde_json::json;

fn cx() -> ParseCx {
    let tool = |name: &str| ToolSpec {
        name: name.into(),
        description: "Weather of a city".into(),
        parameters: json!({"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}),
        raw_argument: None,
        stateful: false,
    };
    ParseCx { tools: vec![tool("get_weather"), tool("get_tide")].into(), ..ParseCx::default() }
}

/// The text, the number of calls and that of attempts in a reply that came in pieces of one character.
fn read(mut parser: Box<dyn Parser>, raw: &str, truncated: bool) -> (String, usize, usize) {
    let mut steps = Vec::new();
    raw.chars().for_each(|c| parser.push(&c.to_string(), &mut steps));
    parser.finish(truncated, &mut steps);
    let (mut text, mut calls, mut attempts) = (String::new(), 0, 0);
    for step in steps {
        match step {
            // As the engines do it: what stands behind a call is shown to nobody.
            Step::Text(more) if calls == 0 => text.push_str(&more),
            Step::Call { .. } => calls += 1,
            Step::Malformed { .. } => attempts += 1,
            Step::Text(_) | Step::Reasoning(_) | Step::CallBegun { .. } => {}
        }
    }
    (text, calls, attempts)
}

#[test]
fn wherever_a_call_is_cut_nothing_of_it_is_text() {
    let call = ToolCall { id: "a".into(), name: "get_weather".into(), arguments: json!({"city": "Lund"}) };
    let mut shown = Vec::new();
    for dialect in DIALECTS {
        let syntax = dialect.call_syntax(std::slice::from_ref(&call));
        let syntax = syntax.trim();
        let marked = !syntax.starts_with('{');
        for prose in ["", "I look.\n\n"] {
            // `{"name": "` may begin any JSON.
            let least = if marked { 3 } else { 11 };
            for (at, _) in syntax.char_indices().skip(least) {
                let raw = format!("{prose}{}", &syntax[..at]);
                let (text, ..) = read(reader(*dialect, cx()), &raw, true);
                let of_call = text.trim().strip_prefix(prose.trim()).unwrap_or(&text).trim();
                // One or two characters may be text: `1 <`.
                if of_call.chars().count() > 2 {
                    shown.push(format!("{}: {raw:?} shows {text:?}", dialect.name()));
                }
            }
        }
    }
    assert!(shown.is_empty(), "{}", shown.join("\n"));
}

#[track_caller]
fn check(raw: &str, truncated: bool, want: (&str, usize, usize)) {
    let (text, calls, attempts) = read(reader(by_name("generic").unwrap(), cx()), raw, truncated);
    assert_eq!((text.as_str(), calls, attempts), want, "{raw:?}");
}

#[test]
fn what_is_no_call_stays_text() {
    check("<", true, ("", 0, 1));
    check("1 <", true, ("1 <", 0, 0));
    check("a <to", true, ("a", 0, 1));
    check("a <to", false, ("a <to", 0, 0));
    check("a <top", true, ("a <top", 0, 0));
    check("{\"name\": \"Bob", true, ("{\"name\": \"Bob", 0, 0));
    check("{\"name\": \"get_ti", true, ("", 0, 1));
    check("{\"name\":\"get_ti", false, ("{\"name\":\"get_ti", 0, 0));
    check("```json\n[{\"name\": \"g", true, ("", 0, 1));
    check("{\"items\": [1, ", true, ("{\"items\": [1,", 0, 0));
    check("<tool_call>\n{\"name\": \"get_tide\", \"arguments\": {\"city\": \"Lund\"}}\n</tool", true, ("", 1, 0));
}
