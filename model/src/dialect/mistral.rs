//! Mistral, all generations: `[TOOL_CALLS]` and a JSON array of calls (tokenizers up to v7), or for
//! every call `[TOOL_CALLS]name[ARGS]{…}` (v11 and v13), with a `[CALL_ID]` in between in some. Reasoning
//! models think between `[THINK]` and `[/THINK]`, the first of them between `<think>` tags.
//! Source: mistral-common's tokenizers.

use super::{
    CallGrammar, Dialect, ParseCx, Parser,
    call::{self, Tagged, spaced},
    grammar,
    json::NoValue,
    stream::{Coroutine, Io, Sink},
    think::{self, Markers},
};
use polymath_chat::{ToolCall, ToolSpec};

const CALLS: &str = "[TOOL_CALLS]";
const ID: &str = "[CALL_ID]";
const ARGUMENTS: &str = "[ARGS]";
const THINK: Markers = Markers { open: "[THINK]", close: "[/THINK]" };

/// See the module's text.
pub(super) struct Mistral;

impl Dialect for Mistral {
    fn name(&self) -> &'static str {
        "mistral"
    }

    fn parser(&self, cx: ParseCx) -> Box<dyn Parser> {
        Coroutine::boxed(|io| read(io, cx))
    }

    fn call_syntax(&self, calls: &[ToolCall]) -> String {
        calls.iter().map(|c| format!("{CALLS}{}{ARGUMENTS}{}", c.name, spaced(&c.arguments))).collect()
    }

    fn call_grammar(&self, tool: &ToolSpec, written: &str) -> Option<CallGrammar> {
        grammar::json_call_or_arguments(tool, written)
    }
}

async fn read(io: Io, cx: ParseCx) {
    match cx.prompt_ends_with(THINK.open) {
        true => think::inside(&io, &THINK, &[CALLS]).await,
        false => think::read(&io, &cx, &think::TAGS, &[CALLS]).await,
    }
    while let Some(stop) = io.until(&[CALLS, THINK.open], Sink::Text).await {
        if stop == 1 {
            think::inside(&io, &THINK, &[CALLS]).await;
            continue;
        }
        let from = io.position() - CALLS.len();
        io.space().await;
        match io.peek().await {
            None => io.cut(from),
            Some('[' | '{') => match call::tagged(&io, &cx).await {
                Tagged::Calls => {}
                Tagged::Cut if io.truncated() => io.cut(from),
                Tagged::Cut => next_or_end(&io, from, "the calls' JSON does not end").await,
                Tagged::Broken(why) => next_or_end(&io, from, &why).await,
            },
            Some(_) => named(&io, &cx, from).await,
        }
    }
}

/// Reads `name[ARGS]{…}`.
async fn named(io: &Io, cx: &ParseCx, from: usize) {
    let name = io.take_while(|c| c != '[' && c != '{' && c != '\n').await.trim().to_owned();
    if io.eat(ID).await {
        io.take_while(|c| c != '[' && c != '{' && c != '\n').await;
    }
    io.eat(ARGUMENTS).await;
    if cx.tool(&name).is_some() {
        io.begin_call(&name, io.position());
    }
    match call::arguments(io, cx, &name, &[CALLS]).await {
        Ok(arguments) => io.call(name, arguments),
        Err(NoValue::Cut) if io.truncated() => io.cut(from),
        Err(NoValue::Cut) => next_or_end(io, from, "the call's JSON does not end").await,
        Err(NoValue::Bad(why)) => next_or_end(io, from, &why).await,
    }
}

/// Gives up on the call that began at offset `from`; the next one is read.
async fn next_or_end(io: &Io, from: usize, why: &str) {
    io.seek(from + CALLS.len());
    if io.until(&[CALLS], Sink::Nothing).await.is_some() {
        io.seek(io.position() - CALLS.len());
    }
    io.malformed(from, why);
}
