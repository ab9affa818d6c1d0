//! What holds for every dialect, whatever it is fed.

use super::markers::{self, ALL, PIECES, PROMPTS};
use crate::dialect::{DIALECTS, Step, by_name, by_template};
use polymath_chat::{ToolCall, ToolSpec};
use proptest::prelude::*;
use serde_json::json;

/// A dialect and a reply for it.
fn reply() -> impl Strategy<Value = (&'static str, String)> {
    let names: Vec<&'static str> = DIALECTS.iter().map(|d| d.name()).collect();
    prop::sample::select(names).prop_flat_map(|name| {
        let foreign: Vec<&'static str> = ALL.iter().flat_map(|(_, markers)| *markers).copied().collect();
        let pieces = prop_oneof![
            8 => prop::sample::select(markers::of(name)).prop_map(str::to_owned),
            5 => prop::sample::select(PIECES).prop_map(str::to_owned),
            1 => prop::sample::select(foreign).prop_map(str::to_owned),
            1 => ".{0,6}",
        ];
        (Just(name), prop::collection::vec(pieces, 0..24).prop_map(|pieces| pieces.concat()))
    })
}

/// The tools of the markers under schemas that are hard to read values by: without types, referring
/// to themselves, of several types at once, not even schemas.
fn odd_tools() -> Vec<ToolSpec> {
    let tool = |name: &str, parameters| ToolSpec {
        name: name.into(),
        description: String::new(),
        parameters,
        raw_argument: Some("city".into()),
        stateful: false,
    };
    vec![
        tool(
            "weather",
            json!({"properties": {"city": {"$ref": "#/properties/city"}, "days": {"type": ["integer", "array", "null"]}}}),
        ),
        tool("clock", json!(true)),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 3000, failure_persistence: None, ..ProptestConfig::default() })]

    /// Each dialect with replies of its own markers mostly, and now and then the others'.
    #[test]
    fn cutting_changes_nothing(
        (dialect, raw) in reply(),
        sizes in prop::collection::vec(1usize..12, 1..8),
        truncated: bool,
        prompt in prop::sample::select(PROMPTS),
        offered in 0usize..3,
    ) {
        let mut cx = super::prompted(prompt);
        match offered {
            0 => cx.tools = Default::default(),
            1 => cx.tools = odd_tools().into(),
            _ => {}
        }
        super::same_in_pieces(dialect, &cx, &raw, &sizes, truncated)?;
        super::same_in_pieces(dialect, &cx, &raw, &[1], truncated)?;
    }

    #[test]
    fn any_text_is_read(raw in any::<String>(), truncated: bool) {
        for dialect in DIALECTS {
            super::same_in_pieces(dialect.name(), &super::cx(), &raw, &[1, 3], truncated)?;
        }
    }

    /// Calls as history shows them are read back as the same calls.
    #[test]
    fn call_syntax_is_read_back(city in any::<String>(), days in any::<i32>(), tags in prop::collection::vec(any::<String>(), 0..3)) {
        let call = |name: &str, arguments| ToolCall { id: "call00001".into(), name: name.into(), arguments };
        let calls = [
            call("weather", json!({"city": city, "days": days})),
            call("clock", json!({})),
            call("plan", json!({"title": "x", "tags": tags, "when": {"start": city, "tz": null}, "private": true})),
        ];
        for dialect in DIALECTS {
            let raw = dialect.call_syntax(&calls);
            let steps = super::steps(dialect.name(), &super::cx(), &raw, 0, false);
            let want: Vec<Step> = calls
                .iter()
                .map(|c| Step::Call { name: c.name.clone(), arguments: c.arguments.clone() })
                .collect();
            prop_assert_eq!(steps, want, "{}: {}", dialect.name(), raw);
        }
    }
}

/// No dialect is tested with nothing but foreign markers.
#[test]
fn every_dialect_has_markers() {
    for dialect in DIALECTS {
        assert!(markers::of(dialect.name()).len() > 5, "{}", dialect.name());
    }
}

/// A call is announced as soon as its tool is known, and what then stands of it, with the rest, is
/// what the dialect's grammar allows.
#[test]
fn announced_calls_fit_their_grammar() {
    let name = "{\"name\": \"weather\"";
    let rest = ", \"arguments\": {\"city\": \"Oslo\"}}";
    let arguments = "{\"days\": 3, \"city\": \"Oslo\"}";
    for (dialect, before, written, rest) in [
        ("qwen2.5-coder", "", name, rest),
        (
            "qwen2.5-coder",
            "Well.\n```json\n",
            "{\n  \"name\": \"weather\"",
            ",\n  \"arguments\": {\n    \"city\": \"Oslo\"\n  }\n}",
        ),
        ("qwen2.5-coder", "<tool_call>\n", "{{\"name\": \"weather\"", ", \"arguments\": {\"city\": \"Oslo\"}}}"),
        ("qwen2.5-coder", "```json\n[", name, ", \"parameters\": {\"city\": \"Oslo\"}}"),
        ("generic", "<tool_call>\n", name, rest),
        ("qwen3-hermes", "<think>Hm.</think>\n<tool_call>\n", name, rest),
        ("qwen3-xml", "<tool_call>\n", "<function=weather>", "\n<parameter=city>\nOslo\n</parameter>\n</function>"),
        ("llama", "", name, ", \"parameters\": {\"city\": \"Oslo\"}}"),
        ("llama", "<function=weather>", "", arguments),
        ("mistral", "[TOOL_CALLS]weather[ARGS]", "", arguments),
        ("mistral", "[TOOL_CALLS] [", name, rest),
        ("gpt-oss", "<|channel|>commentary to=functions.weather<|message|>", "", arguments),
        ("deepseek", "<｜tool▁calls▁begin｜><｜tool▁call▁begin｜>weather<｜tool▁sep｜>", "{", &arguments[1..]),
        (
            "kimi",
            "<|tool_calls_section_begin|><|tool_call_begin|>functions.weather:0<|tool_call_argument_begin|>",
            "",
            arguments,
        ),
    ] {
        let cx = super::cx();
        let announced = super::begun(dialect, &cx, &format!("{before}{written}"));
        assert_eq!(announced, Some(("weather".to_owned(), written.to_owned())), "{dialect}: {before}{written}");
        let grammar = by_name(dialect).and_then(|d| d.call_grammar(&cx.tools[0], written)).unwrap();
        assert!(super::accepts(&grammar, &format!("{written}{rest}")), "{dialect}: {written}{rest}\n{}", grammar.lark);
        let raw = format!("{before}{written}{rest}");
        let calls =
            super::steps(dialect, &cx, &raw, 0, false).into_iter().filter(|s| matches!(s, Step::Call { .. })).count();
        assert_eq!(calls, 1, "{dialect}: {raw}");
    }
}

/// Every dialect with a format of its own is recognised by the calls that its template writes.
#[test]
fn templates_tell_the_dialect() {
    let calls = [ToolCall { id: "call00001".into(), name: "weather".into(), arguments: json!({"city": "Oslo"}) }];
    for dialect in DIALECTS {
        let want = match dialect.name() {
            "qwen2.5-coder" | "generic" => "qwen3-hermes",
            // Calls without markers: the template's own give it away.
            "llama" => continue,
            own => own,
        };
        let template = format!("{{{{ bos }}}}{}", dialect.call_syntax(&calls));
        assert_eq!(by_template(&template).map(|d| d.name()), Some(want), "{template}");
    }
    assert_eq!(by_template("<|start_header_id|>user<|end_header_id|>").map(|d| d.name()), Some("llama"));
    assert!(by_template("<|im_start|>user").is_none());
}
