//! Replies that their limit cut within the first characters of a call.
//!
//! A dialect's reader knows a call by its marker and the tool's name. Where the reply ends before
//! those are whole, it takes what stands there for prose, and people would be shown `<tool_ca`. Here
//! such an end of a cut reply is told as what it is, the beginning of a call. Replies that ended by
//! themselves are left as they are: in them it is what the model wanted to say.

use super::{Dialect, ParseCx, Parser, Step};
use polymath_chat::{ToolCall, ToolSpec};
use serde_json::{Map, Value};

/// Characters of a marker that are one, and not a `<` of the text.
const MARKER: usize = 3;
/// How calls without markers begin, in every family: small models write them whatever was taught.
const BARE: &[&str] = &["{\"name\":\"", "[{\"name\":\"", "```json{\"name\":\"", "```json[{\"name\":\""];

/// A parser for one reply of the dialect, in which a cut beginning of a call is no text.
pub fn reader(dialect: &dyn Dialect, cx: ParseCx) -> Box<dyn Parser> {
    let openings = cx.tools.iter().flat_map(|tool| openings(dialect, tool)).collect();
    Box::new(CutCalls { inner: dialect.parser(cx), openings, spoken: false })
}

/// How a call may begin, without white space.
struct Opening {
    text: String,
    /// Characters of it that tell it from text.
    enough: usize,
}

struct CutCalls {
    inner: Box<dyn Parser>,
    openings: Vec<Opening>,
    /// Whether there was text already.
    spoken: bool,
}

impl Parser for CutCalls {
    fn push(&mut self, text: &str, out: &mut Vec<Step>) {
        let from = out.len();
        self.inner.push(text, out);
        self.spoken = self.spoken || out[from..].iter().any(|step| matches!(step, Step::Text(_)));
    }

    fn finish(&mut self, truncated: bool, out: &mut Vec<Step>) {
        let mut steps = Vec::new();
        self.inner.finish(truncated, &mut steps);
        if truncated {
            self.take_opening(&mut steps);
        }
        out.append(&mut steps);
    }
}

impl CutCalls {
    /// Makes of the beginning of a call at the end of the text an attempt at one.
    fn take_opening(&self, steps: &mut Vec<Step>) {
        let trailing = steps.iter().rev().take_while(|step| matches!(step, Step::Text(_))).count();
        let texts = steps.drain(steps.len() - trailing..);
        let text: String =
            texts.filter_map(|step| if let Step::Text(text) = step { Some(text) } else { None }).collect();
        let begins = text.char_indices().map(|(at, _)| at).find(|at| self.is_opening(&text[*at..], *at == 0));
        let (said, call) = text.split_at(begins.unwrap_or(text.len()));
        if !said.is_empty() {
            steps.push(Step::Text(said.to_owned()));
        }
        if !call.is_empty() {
            let why = "the token limit came before the end of the call".to_owned();
            steps.push(Step::Malformed { raw: call.to_owned(), why });
        }
    }

    fn is_opening(&self, end: &str, first: bool) -> bool {
        let end: String = end.chars().filter(|c| !c.is_whitespace()).collect();
        let alone = first && !self.spoken;
        self.openings.iter().any(|opening| {
            // A reply that is nothing but the beginning of a marker leaves no doubt.
            let enough = if alone && opening.enough <= MARKER { 1 } else { opening.enough };
            end.chars().count() >= enough && opening.text.starts_with(&end)
        })
    }
}

fn openings(dialect: &dyn Dialect, tool: &ToolSpec) -> Vec<Opening> {
    let call = ToolCall { id: String::new(), name: tool.name.clone(), arguments: Value::Object(Map::new()) };
    let syntax: String = dialect.call_syntax(&[call]).chars().filter(|c| !c.is_whitespace()).collect();
    let bare = BARE.iter().map(|head| {
        let name: String = tool.name.chars().filter(|c| !c.is_whitespace()).collect();
        Opening { enough: head.chars().count() + 1, text: format!("{head}{name}\"") }
    });
    // JSON alone is no marker: a reply may be JSON.
    let marked = !syntax.starts_with(['{', '[']) || syntax.starts_with("[TOOL");
    // Some begin with several markers one after the other; those behind the name are ends.
    let named = syntax.find(&tool.name).unwrap_or(0);
    let markers = syntax.char_indices().filter(|(at, c)| marked && (*at == 0 || *at < named && *c == '<'));
    bare.chain(markers.map(|(at, _)| Opening { text: syntax[at..].to_owned(), enough: MARKER })).collect()
}
