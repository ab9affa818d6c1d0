//! Dialects: how a family of models writes its tool calls, and how that is read.
//!
//! A dialect is one file with three things that must agree: the reader of a reply (text to
//! [`Step`]s, while it is being written), the syntax of a call as history and examples show it, and
//! the grammar that a call is held to once it has begun. It is chosen once, when a model is loaded,
//! and never guessed from output. Dialects know nothing of tokens, templates or tools' workings.
//!
//! `format` says what a dialect is; `stream`, `json`, `schema`, `call`, `grammar` and others are what the files
//! share, and `ladder` is what is read as a call in every dialect although its format doesn't say so.

mod call;
mod cut;
mod deepseek;
mod format;
mod gemma4;
mod generic;
mod glm;
mod gpt_oss;
mod grammar;
mod json;
mod kimi;
mod ladder;
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
pub use format::{CallGrammar, Dialect, ParseCx, Parser, Step};
pub use generic::generic_instructions;

use polymath_chat::ToolSpec;
use serde_json::Value;

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
    let value = serde_json::from_str(text).ok().or_else(|| json::parse(text));
    let value = value.ok_or("the arguments are no whole JSON object")?;
    match tool {
        Some(tool) => ladder::fitted(tool, value, ladder::Trust::Marked),
        None if value.is_object() => Ok(value),
        None => Err("the arguments are no whole JSON object".into()),
    }
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
