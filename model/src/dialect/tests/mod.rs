//! How dialects are tested: a reply goes in whole, one character and seven characters at a time, and
//! the same steps must come out.

#![allow(clippy::unwrap_used)]

mod cut;
mod deepseek;
mod gemma4;
mod glm;
mod gpt_oss;
mod grammar;
mod kimi;
mod ladder;
mod llama;
mod markers;
mod mistral;
mod properties;
mod quoted;
mod qwen25_coder;
mod qwen3_hermes;
mod qwen3_xml;
mod schema;

use super::{CallGrammar, ParseCx, Step, by_name};
use polymath_chat::ToolSpec;
use proptest::prelude::*;
use serde_json::{Value, json};

/// The steps of `raw`, cut into pieces of `chunk` characters (0: whole), joined where joining is
/// without meaning. Announcements of calls are left out.
pub fn steps(dialect: &str, cx: &ParseCx, raw: &str, chunk: usize, truncated: bool) -> Vec<Step> {
    let chars: Vec<char> = raw.chars().collect();
    let pieces = chars.chunks(if chunk == 0 { chars.len().max(1) } else { chunk });
    run(dialect, cx, pieces.map(|p| p.iter().collect()), truncated)
}

fn run(dialect: &str, cx: &ParseCx, pieces: impl Iterator<Item = String>, truncated: bool) -> Vec<Step> {
    let mut parser = by_name(dialect).expect(dialect).parser(cx.clone());
    let mut out = Vec::new();
    pieces.for_each(|piece| parser.push(&piece, &mut out));
    parser.finish(truncated, &mut out);
    let mut joined: Vec<Step> = Vec::new();
    for step in out {
        match (joined.last_mut(), step) {
            (_, Step::CallBegun { .. }) => {}
            (Some(Step::Text(last)), Step::Text(more)) | (Some(Step::Reasoning(last)), Step::Reasoning(more)) => {
                last.push_str(&more)
            }
            (_, step) => joined.push(step),
        }
    }
    joined
}

/// Checks the steps of `raw`, each written as the helpers below write it.
#[track_caller]
pub fn check(dialect: &str, cx: &ParseCx, raw: &str, want: &[String]) {
    check_cut(dialect, cx, raw, false, want);
}

#[track_caller]
pub fn check_cut(dialect: &str, cx: &ParseCx, raw: &str, truncated: bool, want: &[String]) {
    for chunk in [0, 1, 7] {
        let got: Vec<String> = steps(dialect, cx, raw, chunk, truncated).iter().map(brief).collect();
        assert_eq!(got, want, "{dialect}, in pieces of {chunk}: {raw}");
    }
}

fn brief(step: &Step) -> String {
    match step {
        Step::Text(text) => say(text),
        Step::Reasoning(text) => think(text),
        Step::CallBegun { name, .. } => format!("begun {name}"),
        Step::Call { name, arguments } => call(name, arguments.clone()),
        Step::Malformed { why, .. } => bad(why),
    }
}

pub fn say(text: &str) -> String {
    format!("text {text:?}")
}

pub fn think(text: &str) -> String {
    format!("reasoning {text:?}")
}

pub fn call(name: &str, arguments: Value) -> String {
    format!("call {name} {arguments}")
}

/// What is said of a call that the token limit cut.
pub fn cut() -> String {
    bad("the token limit came before the end of the call")
}

pub fn bad(why: &str) -> String {
    format!("malformed: {why}")
}

/// Tools of several shapes.
pub fn tools() -> Vec<ToolSpec> {
    let tool = |name: &str, properties: Value, required: Value| ToolSpec {
        name: name.into(),
        description: format!("The tool {name}"),
        parameters: json!({"type": "object", "properties": properties, "required": required}),
        raw_argument: (name == "python").then(|| "code".to_owned()),
        stateful: false,
    };
    vec![
        tool("weather", json!({"city": {"type": "string"}, "days": {"type": "integer"}}), json!(["city"])),
        tool("clock", json!({}), json!([])),
        tool("python", json!({"code": {"type": "string"}}), json!(["code"])),
        tool(
            "plan",
            json!({
                "title": {"type": "string"},
                "when": {"type": "object", "properties": {"start": {"type": "string"}, "tz": {"type": ["string", "null"]}}},
                "tags": {"type": "array", "items": {"type": "string"}},
                "volume": {"anyOf": [{"type": "number"}, {"type": "null"}]},
                "private": {"type": "boolean"}
            }),
            json!(["title"]),
        ),
    ]
}

pub fn cx() -> ParseCx {
    ParseCx { tools: tools().into(), ..ParseCx::default() }
}

/// The context of a reply whose beginning the template wrote.
pub fn prompted(generation_prompt: &str) -> ParseCx {
    ParseCx { generation_prompt: Some(generation_prompt.to_owned()), ..cx() }
}

/// However a reply is cut, the steps are the same; and nothing panics.
pub fn same_in_pieces(
    dialect: &str,
    cx: &ParseCx,
    raw: &str,
    sizes: &[usize],
    truncated: bool,
) -> Result<(), TestCaseError> {
    let whole = steps(dialect, cx, raw, 0, truncated);
    let mut rest: Vec<char> = raw.chars().collect();
    let mut sizes = sizes.iter().copied().cycle();
    let pieces = std::iter::from_fn(|| {
        let size = sizes.next().unwrap_or(1).clamp(1, rest.len().max(1));
        (!rest.is_empty()).then(|| rest.drain(..size).collect::<String>())
    });
    prop_assert_eq!(&run(dialect, cx, pieces, truncated), &whole);
    Ok(())
}

/// The announcement of a call at the end of `raw`.
pub fn begun(dialect: &str, cx: &ParseCx, raw: &str) -> Option<(String, String)> {
    let mut parser = by_name(dialect).expect(dialect).parser(cx.clone());
    let mut out = Vec::new();
    raw.chars().for_each(|c| parser.push(&c.to_string(), &mut out));
    out.into_iter().find_map(|step| match step {
        Step::CallBegun { name, written } => Some((name, written)),
        _ => None,
    })
}

/// Whether `grammar` accepts exactly `text`.
pub fn accepts(grammar: &CallGrammar, text: &str) -> bool {
    use llguidance::{Matcher, ParserFactory, api::TopLevelGrammar, toktrie::ApproximateTokEnv};
    let vocabulary = ApproximateTokEnv::single_byte_env();
    let mut factory = ParserFactory::new_simple(&vocabulary).expect("factory");
    factory.quiet();
    let mut matcher = Matcher::new(factory.create_parser(TopLevelGrammar::from_lark(grammar.lark.clone())));
    assert_eq!(matcher.get_error(), None, "{}", grammar.lark);
    let tokens = vocabulary.tokenize(text);
    let taken = matcher.try_consume_tokens(&tokens).expect("consume");
    taken == tokens.len() && matcher.is_accepting().expect("accepting")
}
