//! What holds for every dialect, whatever it is fed.

use crate::dialect::{DIALECTS, Step, by_name, by_template};
use polymath_chat::ToolCall;
use proptest::prelude::*;
use serde_json::json;

/// Markers of all formats: each dialect is fed the others' too.
const MARKERS: &[&str] = &[
    // Qwen, GLM, generic
    "<think>",
    "</think>",
    "<tool_call>",
    "</tool_call>",
    "<tools>",
    "</tools>",
    "```python\n",
    "\n```\n",
    "<function=weather>",
    "</function>",
    "<parameter=city>",
    "</parameter>",
    "<tool_call>weather",
    "<arg_key>city</arg_key>",
    "<arg_key>",
    "<arg_value>",
    "</arg_value>",
    // Mistral
    "[TOOL_CALLS]",
    "[TOOL_CALLS]weather[ARGS]",
    "[CALL_ID]",
    "[THINK]",
    "[/THINK]",
    // Llama
    "<|python_tag|>",
    "[weather(city='",
    "')]",
    "; ",
    "<|eom_id|>",
    // gpt-oss
    "<|start|>assistant",
    "<|channel|>analysis",
    "<|channel|>commentary to=functions.weather",
    "<|message|>",
    "<|end|>",
    "<|call|>",
    "<|start|>",
    // DeepSeek
    "<｜tool▁calls▁begin｜>",
    "<｜tool▁call▁begin｜>",
    "function<｜tool▁sep｜>weather\n```json\n",
    "weather<｜tool▁sep｜>",
    "<｜tool▁call▁end｜>",
    "<｜tool▁calls▁end｜>",
    "<｜DSML｜function_calls>",
    "<｜DSML｜invoke name=\"weather\">",
    "<｜DSML｜parameter name=\"city\" string=\"true\">",
    "</｜DSML｜parameter>",
    "</｜DSML｜invoke>",
    "<｜DSML｜",
    // Kimi
    "<|tool_calls_section_begin|>",
    "<|tool_call_begin|>functions.weather:0<|tool_call_argument_begin|>",
    "<|tool_call_end|>",
    "<|tool_calls_section_end|>",
    "<|open|>think<|sep|>",
    "<|close|>think<|sep|>",
    "<|open|>tools<|sep|>",
    "<|open|>call tool=\"weather\" index=\"1\"<|sep|>",
    "<|close|>call<|sep|>",
    "<|open|>argument key=\"city\" type=\"string\"<|sep|>",
    "<|close|>argument<|sep|>",
    "<|open|>response<|sep|>",
    // Gemma
    "<|tool_call>call:weather{city:",
    "<|\"|>",
    "<tool_call|>",
    "<|channel>thought\n",
    "<channel|>",
];

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn cutting_changes_nothing(
        raw in super::replies(MARKERS),
        sizes in prop::collection::vec(1usize..12, 1..8),
        truncated: bool,
        prompt in prop::sample::select(&["", "<think>", "<think></think>", "<|start|>assistant", "<|open|>think<|sep|>", "[THINK]"][..]),
    ) {
        let cx = super::prompted(prompt);
        for dialect in DIALECTS {
            super::same_in_pieces(dialect.name(), &cx, &raw, &sizes, truncated)?;
            super::same_in_pieces(dialect.name(), &cx, &raw, &[1], truncated)?;
        }
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
