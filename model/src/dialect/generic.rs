//! For models that were taught no tool format: the one that our own system prompt teaches them.
//!
//! It is Hermes' format, since that is what most models have seen most often, whatever their own
//! template says; and because such models copy the instruction loosely, their replies are read with
//! the same leniency as Qwen2.5-Coder's.

use super::{
    CallGrammar, Dialect, ParseCx, Parser, call, grammar, qwen3_hermes::Qwen3Hermes, qwen25_coder, stream::Coroutine,
};
use polymath_chat::{ToolCall, ToolSpec};
use serde_json::json;

/// See the module's text.
pub(super) struct Generic;

impl Dialect for Generic {
    fn name(&self) -> &'static str {
        "generic"
    }

    fn parser(&self, cx: ParseCx) -> Box<dyn Parser> {
        Coroutine::boxed(|io| qwen25_coder::read(io, cx))
    }

    fn call_syntax(&self, calls: &[ToolCall]) -> String {
        Qwen3Hermes.call_syntax(calls)
    }

    fn call_grammar(&self, tool: &ToolSpec, written: &str) -> Option<CallGrammar> {
        grammar::json_call(tool, written)
    }
}

/// The part of a system prompt that describes `tools` and how to call them, for models whose template
/// has no place for tools. Empty without tools. The same tools give the same text.
pub fn generic_instructions(tools: &[ToolSpec]) -> String {
    if tools.is_empty() {
        return String::new();
    }
    let mut text = String::from("You can use these tools, one JSON description a line:\n");
    for tool in tools {
        let description = json!({"name": tool.name, "description": tool.description, "parameters": tool.parameters});
        text.push_str(&call::spaced(&description));
        text.push('\n');
    }
    text.push_str(
        "\nTo use one, reply with nothing but its call, and wait for the result:\n\
         <tool_call>\n{\"name\": \"the tool's name\", \"arguments\": {\"argument\": \"value\"}}\n</tool_call>\n\
         Write one such block for each call. When no tool is needed, answer in plain words.",
    );
    text
}
