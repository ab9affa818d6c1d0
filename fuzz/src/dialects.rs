//! Replies of models: bytes become a reply and a way of cutting it up, the reply is read whole and in pieces, and
//! both must come out the same, without a panic.
//!
//! Most random texts are just text to a dialect. So bytes stand for markers as well as for letters, and mutations
//! rearrange calls instead of breaking the words they are made of.

// Shared with the property tests there.
#[path = "../../model/src/dialect/tests/markers.rs"]
pub mod markers;

use polymath_chat::ToolSpec;
use polymath_model::dialect::{DIALECTS, Dialect, ParseCx, Step};
use serde_json::json;
use std::sync::{Arc, OnceLock};

/// Bytes that say how a reply is read: in which dialect, whether it is truncated and what tells of its text; what the
/// template wrote before it; three sizes of pieces.
const HEADER: usize = 5;

/// Reads the reply that `data` describes, whole and in pieces. Panics where the two differ.
pub fn check(data: &[u8]) {
    let Some((head, body)) = data.split_at_checked(HEADER) else { return };
    let dialect = DIALECTS[usize::from(head[0] >> 2) % DIALECTS.len()];
    let truncated = head[0] & 1 == 1;
    let raw = match head[0] & 2 == 2 {
        true => String::from_utf8_lossy(body).into_owned(),
        false => body.iter().map(|byte| spelt(dialect.name(), *byte)).collect(),
    };
    let prompts = markers::PROMPTS;
    let cx = ParseCx {
        tools: tools(),
        model: None,
        generation_prompt: Some(prompts[usize::from(head[1]) % prompts.len()].to_owned()),
    };
    let sizes: Vec<usize> = head[2..].iter().map(|size| usize::from(*size) % 24 + 1).collect();
    let whole = read(dialect, &cx, std::iter::once(raw.as_str()), truncated);
    let pieces = read(dialect, &cx, Pieces { rest: &raw, sizes: sizes.iter().cycle() }, truncated);
    assert_eq!(whole, pieces, "{} in pieces of {sizes:?}: {raw:?}", dialect.name());
}

/// What a byte stands for: ASCII for itself, the others for markers, most of them the dialect's own.
fn spelt(dialect: &str, byte: u8) -> String {
    let own = markers::of(dialect);
    match usize::from(byte) {
        ascii @ 0..128 => char::from(ascii as u8).to_string(),
        marker @ 128..208 if !own.is_empty() => own[(marker - 128) % own.len()].to_owned(),
        piece @ 208..232 => markers::PIECES[(piece - 208) % markers::PIECES.len()].to_owned(),
        other => markers::ALL[other % markers::ALL.len()].1.first().copied().unwrap_or_default().to_owned(),
    }
}

struct Pieces<'a, I> {
    rest: &'a str,
    sizes: I,
}

impl<'a, 'b, I: Iterator<Item = &'b usize>> Iterator for Pieces<'a, I> {
    type Item = &'a str;

    fn next(&mut self) -> Option<&'a str> {
        let size = *self.sizes.next()?;
        let end = self.rest.char_indices().nth(size).map_or(self.rest.len(), |(at, _)| at);
        let (piece, rest) = self.rest.split_at(end);
        self.rest = rest;
        (!piece.is_empty()).then_some(piece)
    }
}

fn read<'a>(dialect: &dyn Dialect, cx: &ParseCx, pieces: impl Iterator<Item = &'a str>, truncated: bool) -> Vec<Step> {
    let mut parser = dialect.parser(cx.clone());
    let mut out = Vec::new();
    pieces.for_each(|piece| parser.push(piece, &mut out));
    parser.finish(truncated, &mut out);
    let mut joined: Vec<Step> = Vec::new();
    for step in out {
        match (joined.last_mut(), step) {
            (Some(Step::Text(last)), Step::Text(more)) | (Some(Step::Reasoning(last)), Step::Reasoning(more)) => {
                last.push_str(&more);
            }
            // What is written at this point depends on the pieces, but must never break the grammar.
            (_, Step::CallBegun { name, written }) => {
                let tool = cx.tools.iter().find(|t| t.name == name);
                dialect.call_grammar(tool.unwrap_or_else(|| panic!("{name} is announced and not known")), &written);
            }
            (_, step) => joined.push(step),
        }
    }
    joined
}

fn tools() -> Arc<[ToolSpec]> {
    static TOOLS: OnceLock<Arc<[ToolSpec]>> = OnceLock::new();
    let tool = |name: &str, properties| ToolSpec {
        name: name.into(),
        description: String::new(),
        parameters: json!({"type": "object", "properties": properties}),
        raw_argument: (name == "python").then(|| "code".to_owned()),
        stateful: false,
    };
    let made = || {
        Arc::from([
            tool("weather", json!({"city": {"type": "string"}, "days": {"type": ["integer", "null"]}})),
            tool("clock", json!({})),
            tool("python", json!({"code": {"type": "string"}})),
        ])
    };
    TOOLS.get_or_init(made).clone()
}
