//! The format of Nous Research's Hermes models, which Qwen2.5, Qwen3 and many others took over:
//! `<tool_call>` around a JSON object, after optional `<think>`.
//! Source: Qwen3's chat template, github.com/NousResearch/Hermes-Function-Calling.

use super::{
    CallGrammar, Dialect, ParseCx, Parser, call, grammar,
    ladder::{self, Found, Ladder, Place, Trust},
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

async fn read(io: Io, cx: ParseCx) {
    think::read(&io, &cx, &think::TAGS, &[OPEN]).await;
    let ladder = Ladder::new(&io, &cx, &[OPEN]);
    while let Some(stop) = ladder.text(&[CLOSE]).await {
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
    let fenced = ladder::open_fence(io).await;
    match ladder::calls(io, cx, &[close], Trust::Marked).await {
        Found::Calls(calls) => {
            ladder::surplus(io, &[close], fenced).await;
            for _ in 0..opened {
                let behind = io.position();
                io.space().await;
                if !io.eat(close).await {
                    io.seek(behind);
                }
            }
            match Place::new(io, 0, from).within_sentence(io).await {
                true => io.say(Sink::Text, &io.since(from)),
                false => calls.into_iter().for_each(|step| io.emit(step)),
            }
        }
        Found::Cut if io.truncated() => io.cut(from),
        Found::Broken(why) => match mentioned(io, from, close).await {
            true => io.say(Sink::Text, &io.since(from)),
            false => call::skip_broken(io, from, close, &why).await,
        },
        other => call::skip_broken(io, from, close, other.why()).await,
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
