//! The format of Nous Research's Hermes models, which Qwen2.5, Qwen3 and many others took over:
//! `<tool_call>` around a JSON object, after optional `<think>`.
//! Source: Qwen3's chat template, github.com/NousResearch/Hermes-Function-Calling.

use super::{
    CallGrammar, Dialect, ParseCx, Parser,
    call::{self, Tagged},
    grammar,
    stream::{Coroutine, Io, Sink},
    think,
};
use polymath_chat::{ToolCall, ToolSpec};

pub(super) const OPEN: &str = "<tool_call>";
pub(super) const CLOSE: &str = "</tool_call>";

/// See the module's text.
pub(super) struct Qwen3Hermes;

impl Dialect for Qwen3Hermes {
    fn name(&self) -> &'static str {
        "qwen3-hermes"
    }

    fn parser(&self, cx: ParseCx) -> Box<dyn Parser> {
        Coroutine::boxed(|io| read(io, cx))
    }

    fn call_syntax(&self, calls: &[ToolCall]) -> String {
        let block = |c: &ToolCall| format!("{OPEN}\n{}\n{CLOSE}", call::syntax(c, "arguments"));
        calls.iter().map(block).collect::<Vec<_>>().join("\n")
    }

    fn call_grammar(&self, tool: &ToolSpec, written: &str) -> Option<CallGrammar> {
        grammar::json_call(tool, written)
    }
}

pub(super) async fn read(io: Io, cx: ParseCx) {
    think::read(&io, &cx, &think::TAGS, &[OPEN]).await;
    while let Some(stop) = io.until(&[OPEN, CLOSE], Sink::Text).await {
        if stop == 0 {
            block(&io, &cx, OPEN, CLOSE).await;
        } else if !io.at_line_start(io.position() - CLOSE.len()) {
            io.say(Sink::Text, CLOSE);
        }
    }
}

/// Reads what stands between the markers `open`, which was just consumed, and `close`.
pub(super) async fn block(io: &Io, cx: &ParseCx, open: &str, close: &str) {
    let from = io.position() - open.len();
    let mut opened = 1;
    io.space().await;
    // Models stutter.
    while io.eat(open).await {
        opened += 1;
        io.space().await;
    }
    match call::tagged(io, cx).await {
        Tagged::Calls => {
            for _ in 0..opened {
                let behind = io.position();
                io.take_while(|c| c.is_whitespace() || matches!(c, '}' | ']')).await;
                if !io.eat(close).await {
                    io.seek(behind);
                }
            }
        }
        Tagged::Cut if io.truncated() => io.cut(from),
        Tagged::Cut => call::skip_broken(io, from, close, "the call's JSON does not end").await,
        Tagged::Broken(why) => match mentioned(io, from, close).await {
            true => io.say(Sink::Text, &io.since(from)),
            false => call::skip_broken(io, from, close, &why).await,
        },
    }
}

/// Whether the marker at offset `from`, behind which no JSON follows, is only being talked about: it
/// stands within a line, or is never closed. If so, the position is behind what is talk.
async fn mentioned(io: &Io, from: usize, close: &str) -> bool {
    io.seek(from);
    if io.until(&[close], Sink::Nothing).await.is_some() {
        return !io.at_line_start(from);
    }
    !io.truncated()
}
