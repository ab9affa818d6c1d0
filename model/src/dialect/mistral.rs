//! Mistral, all generations: `[TOOL_CALLS]` and a JSON array of calls (tokenizers up to v7), or for
//! every call `[TOOL_CALLS]name[ARGS]{…}` (v11 and v13), with a `[CALL_ID]` in between in some. Reasoning
//! models think between `[THINK]` and `[/THINK]`, the first of them between `<think>` tags.
//! Source: mistral-common's tokenizers.

use super::{
    CallGrammar, Dialect, ParseCx, Parser,
    call::spaced,
    grammar,
    json::NoValue,
    ladder::{self, Found, Ladder, Trust},
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
    let bare: Vec<String> = cx.tools.iter().map(|tool| format!("{}{ARGUMENTS}", tool.name)).collect();
    let ladder = Ladder::new(&io, &cx, &[CALLS]).with_bare(&bare);
    while let Some(stop) = ladder.text(&[THINK.open]).await {
        if stop == 1 {
            think::inside(&io, &THINK, &[CALLS]).await;
            continue;
        }
        if stop > 1 {
            let from = io.position() - bare[stop - 2].len();
            io.seek(from);
            named(&io, &cx, from).await;
            continue;
        }
        let from = io.position() - CALLS.len();
        io.space().await;
        let fenced = ladder::open_fence(&io).await;
        match io.peek().await {
            None => io.cut(from),
            Some('[' | '{') => objects(&io, &cx, from, fenced).await,
            Some(_) => named(&io, &cx, from).await,
        }
    }
}

/// Reads call objects.
async fn objects(io: &Io, cx: &ParseCx, from: usize, fenced: bool) {
    match ladder::calls(io, cx, &[CALLS], Trust::Marked).await {
        Found::Calls(calls) => {
            ladder::surplus(io, &[CALLS], fenced).await;
            calls.into_iter().for_each(|step| io.emit(step));
        }
        Found::Cut if io.truncated() => io.cut(from),
        other => next_or_end(io, from, other.why()).await,
    }
}

/// Reads `name[ARGS]{…}`. The name has to be a tool's: text in its place is the model's, not a call.
async fn named(io: &Io, cx: &ParseCx, from: usize) {
    let start = io.position();
    let name = io.take_while(|c| c != '[' && c != '{' && c != '\n').await.trim().to_owned();
    if cx.tool(&name).is_none() && !cx.tools.is_empty() {
        if io.peek().await.is_none() && io.truncated() {
            return io.cut(from);
        }
        // "[TOOL_CALLS]I will look: {…}", "[TOOL_CALLS]weather(…)"
        let python = name.split_once('(').is_some_and(|(name, _)| cx.tool(name).is_some());
        if python {
            io.seek(start);
        }
        let text = !name.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '-' | '.'));
        if python || text && io.looking_at("{").await {
            return objects(io, cx, from, false).await;
        }
        return next_or_end(io, from, &format!("there is no tool {name:?}")).await;
    }
    if io.eat(ID).await {
        io.take_while(|c| c != '[' && c != '{' && c != '\n').await;
    }
    io.eat(ARGUMENTS).await;
    if cx.tool(&name).is_some() {
        io.begin_call(&name, io.position());
    }
    match ladder::named_call(io, cx, &name, &[CALLS]).await {
        Ok(step) => io.emit(step),
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
