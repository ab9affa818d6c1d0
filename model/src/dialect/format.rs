//! What a dialect is: what it is told, what it reads a reply as, and what it promises.

use polymath_chat::{ToolCall, ToolSpec};
use serde_json::Value;
use std::sync::Arc;

/// What the next piece of a reply is. Joining neighbouring `Text`s and neighbouring `Reasoning`s
/// gives the same steps however the reply was cut into pieces.
#[derive(Debug, Clone, PartialEq)]
pub enum Step {
    /// More of the text that the user sees.
    Text(String),
    /// More of what the model thinks before it speaks.
    Reasoning(String),
    /// The name of a known tool is complete in a call that is not. `written` is the reply's text from
    /// the call's first character, as [`Dialect::call_grammar`] counts it, to the end of what was
    /// pushed. A caller that does not constrain may ignore this; the call itself follows all the same.
    CallBegun { name: String, written: String },
    /// A whole call. The tool may be unknown and the arguments may not fit: the dispatcher says so.
    Call { name: String, arguments: Value },
    /// An attempt at a call that cannot be read, or was cut short.
    Malformed { raw: String, why: String },
}

/// A grammar in llguidance's variant of Lark for one call, from its first character to its last.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CallGrammar {
    pub lark: String,
}

/// What a parser is told about the reply it will read.
#[derive(Debug, Clone, Default)]
pub struct ParseCx {
    pub tools: Arc<[ToolSpec]>,
    /// The model's repository name, where generations of a family differ.
    pub model: Option<String>,
    /// What the template has already written of the assistant's message: `<think>`, say.
    pub generation_prompt: Option<String>,
}

impl ParseCx {
    pub(super) fn tool(&self, name: &str) -> Option<&ToolSpec> {
        self.tools.iter().find(|t| t.name == name)
    }

    pub(super) fn prompt_ends_with(&self, marker: &str) -> bool {
        self.generation_prompt.as_deref().is_some_and(|p| p.trim_end().ends_with(marker))
    }
}

/// One family's format.
pub trait Dialect: Send + Sync {
    fn name(&self) -> &'static str;

    /// A parser for one reply.
    fn parser(&self, cx: ParseCx) -> Box<dyn Parser>;

    /// Calls as they stand in history and in examples.
    fn call_syntax(&self, calls: &[ToolCall]) -> String;

    /// The grammar for a call of `tool` of which `written` stands already (see [`Step::CallBegun`]).
    /// None when the rest cannot be constrained; then, and when `written` does not match the grammar,
    /// the model goes on freely and the parser judges.
    fn call_grammar(&self, tool: &ToolSpec, written: &str) -> Option<CallGrammar>;
}

/// Reads one reply.
pub trait Parser: Send {
    /// More of the reply. Appends what it means to `out`.
    fn push(&mut self, text: &str, out: &mut Vec<Step>);

    /// The reply is over; `truncated` when the token limit ended it.
    fn finish(&mut self, truncated: bool, out: &mut Vec<Step>);
}
