//! Dialects: how a family of models writes its tool calls, and how that is read.
//!
//! A dialect is one file with three things that must agree: the reader of a reply (text to
//! [`Step`]s, while it is being written), the syntax of a call as history and examples show it, and
//! the grammar that a call is held to once it has begun. It is chosen once, when a model is loaded,
//! and never guessed from output. Dialects know nothing of tokens, templates or tools' workings.
//!
//! `stream`, `json`, `schema`, `call` and `grammar` are what the files share.

mod call;
mod cut;
mod deepseek;
mod gemma4;
mod generic;
mod glm;
mod gpt_oss;
mod grammar;
mod json;
mod kimi;
mod llama;
mod markup;
mod mistral;
mod pythonic;
mod qwen25_coder;
mod qwen3_hermes;
mod qwen3_xml;
mod schema;
mod stream;
#[cfg(test)]
mod tests;
mod think;

pub use cut::reader;
pub use generic::generic_instructions;

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
    fn tool(&self, name: &str) -> Option<&ToolSpec> {
        self.tools.iter().find(|t| t.name == name)
    }

    fn prompt_ends_with(&self, marker: &str) -> bool {
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

/// All of them, one row each.
pub const DIALECTS: &[&dyn Dialect] = &[
    &qwen25_coder::Qwen25Coder,
    &qwen3_hermes::Qwen3Hermes,
    &qwen3_xml::Qwen3Xml,
    &llama::Llama,
    &mistral::Mistral,
    &gpt_oss::GptOss,
    &deepseek::DeepSeek,
    &glm::Glm,
    &kimi::Kimi,
    &gemma4::Gemma4,
    &generic::Generic,
];

/// The dialect of that name.
pub fn by_name(name: &str) -> Option<&'static dyn Dialect> {
    DIALECTS.iter().copied().find(|d| d.name() == name)
}

/// The arguments of a call that came as JSON text, as a server tells them, coerced as the tool's
/// schema says. Nothing is an object without members. Why not, when they are no object.
pub(crate) fn read_arguments(tool: Option<&ToolSpec>, text: &str) -> Result<Value, String> {
    let text = if text.trim().is_empty() { "{}" } else { text };
    let value = match serde_json::from_str(text).ok().or_else(|| json::parse(text)) {
        // Some servers quote them once more.
        Some(Value::String(inner)) => json::parse(&inner),
        other => other,
    };
    let value = value.filter(Value::is_object).ok_or("the arguments are no whole JSON object")?;
    Ok(tool.map_or(value.clone(), |tool| schema::Schema::new(&tool.parameters).coerced(value)))
}

/// What only one family's chat templates contain, and the dialect of that family.
const TEMPLATE_MARKERS: &[(&str, &str)] = &[
    ("<|channel|>", "gpt-oss"),
    ("[TOOL_CALLS]", "mistral"),
    ("｜DSML｜", "deepseek"),
    ("<｜tool▁calls▁begin｜>", "deepseek"),
    ("<|tool_calls_section_begin|>", "kimi"),
    ("<|open|>", "kimi"),
    ("<|tool_call>", "gemma4"),
    ("<arg_key>", "glm"),
    ("<function=", "qwen3-xml"),
    ("<tool_call>", "qwen3-hermes"),
    ("<|python_tag|>", "llama"),
    ("<|start_header_id|>", "llama"),
    ("<|header_start|>", "llama"),
];

/// The dialect of a model about which nothing is known but its chat template; none when the template
/// shows no tool format. (Qwen2.5-Coder's shows a format that the model does not write.)
pub fn by_template(template: &str) -> Option<&'static dyn Dialect> {
    TEMPLATE_MARKERS.iter().find(|(marker, _)| template.contains(marker)).and_then(|(_, name)| by_name(name))
}
