//! Qwen2.5-Coder, which was never taught the tool calls that its template shows.
//!
//! It writes a ```json fence around the call, or copies the `<tools>` block, or writes the bare
//! object, or, for the Python tool, a ```python fence; seldom `<tool_call>` (ollama#12174,
//! vllm#32926, kronk#944). So it has no marks of its own, and all of its calls are rescued.

use super::{
    CallGrammar, Dialect, ParseCx, Parser, grammar,
    ladder::{Ladder, MARKS},
    qwen3_hermes::Qwen3Hermes,
    stream::{Coroutine, Io, Sink},
    think,
};
use polymath_chat::{ToolCall, ToolSpec};

/// See the module's text.
pub(super) struct Qwen25Coder;

impl Dialect for Qwen25Coder {
    fn name(&self) -> &'static str {
        "qwen2.5-coder"
    }

    fn parser(&self, cx: ParseCx) -> Box<dyn Parser> {
        Coroutine::boxed(|io| read(io, cx))
    }

    fn call_syntax(&self, calls: &[ToolCall]) -> String {
        Qwen3Hermes.call_syntax(calls)
    }

    fn call_grammar(&self, tool: &ToolSpec, written: &str) -> Option<CallGrammar> {
        grammar::json_call(tool, written)
    }
}

pub(super) async fn read(io: Io, cx: ParseCx) {
    think::read(&io, &cx, &think::TAGS, &[]).await;
    let ladder = Ladder::new(&io, &cx, &[]).with_programs();
    let ends: Vec<&str> = MARKS.iter().map(|(_, close)| *close).collect();
    while let Some(end) = ladder.text(&ends).await {
        // The end of a wrapper that was read already.
        if !io.at_line_start(io.position() - ends[end].len()) {
            io.say(Sink::Text, ends[end]);
        }
    }
}
