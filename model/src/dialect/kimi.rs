//! Kimi, in two formats. K2 puts JSON between special tokens, the tool's name within the call's id
//! (`functions.NAME:INDEX`). K3 writes a whole message as elements, `<|open|>…<|sep|>` to
//! `<|close|>…<|sep|>`: `think`, `response`, and `tools` with one `argument` element an argument.
//! Source: the models' chat templates and tool-calling guides.

use super::{
    CallGrammar, Dialect, ParseCx, Parser,
    call::{self, spaced},
    grammar,
    json::{self, NoValue},
    ladder::{self, Ladder},
    markup::{self, End},
    stream::{Coroutine, Io, Sink},
    think,
};
use polymath_chat::{ToolCall, ToolSpec};
use serde_json::{Map, Value};

const SECTION: &str = "<|tool_calls_section_begin|>";
const SECTION_END: &str = "<|tool_calls_section_end|>";
const CALL: &str = "<|tool_call_begin|>";
const ARGUMENTS: &str = "<|tool_call_argument_begin|>";
const CALL_END: &str = "<|tool_call_end|>";

const OPEN_THINK: &str = "<|open|>think<|sep|>";
const CLOSE_THINK: &str = "<|close|>think<|sep|>";
const OPEN_RESPONSE: &str = "<|open|>response<|sep|>";
const CLOSE_RESPONSE: &str = "<|close|>response<|sep|>";
const OPEN_TOOLS: &str = "<|open|>tools<|sep|>";
const CLOSE_TOOLS: &str = "<|close|>tools<|sep|>";
const CLOSE_MESSAGE: &str = "<|close|>message<|sep|>";
const OPEN_CALL: &str = "<|open|>call ";
const CLOSE_CALL: &str = "<|close|>call<|sep|>";
const OPEN_ARGUMENT: &str = "<|open|>argument ";
const CLOSE_ARGUMENT: &str = "<|close|>argument<|sep|>";
const SEP: &str = "<|sep|>";

/// See the module's text.
pub(super) struct Kimi;

impl Dialect for Kimi {
    fn name(&self) -> &'static str {
        "kimi"
    }

    fn parser(&self, cx: ParseCx) -> Box<dyn Parser> {
        Coroutine::boxed(|io| read(io, cx))
    }

    fn call_syntax(&self, calls: &[ToolCall]) -> String {
        let one = |(index, call): (usize, &ToolCall)| {
            format!("{CALL}functions.{}:{index}{ARGUMENTS}{}{CALL_END}", call.name, spaced(&call.arguments))
        };
        match calls.is_empty() {
            true => String::new(),
            false => format!("{SECTION}{}{SECTION_END}", calls.iter().enumerate().map(one).collect::<String>()),
        }
    }

    /// For the arguments of K2's format.
    fn call_grammar(&self, tool: &ToolSpec, written: &str) -> Option<CallGrammar> {
        (!written.contains(OPEN_CALL)).then(|| grammar::json_arguments(tool))
    }
}

async fn read(io: Io, cx: ParseCx) {
    let prompt = cx.generation_prompt.as_deref().unwrap_or_default();
    if prompt.contains("<|open|>") || io.looking_at("<|open|>").await {
        elements(&io, &cx).await;
    } else {
        think::read(&io, &cx, &think::TAGS, &[SECTION]).await;
        sections(&io, &cx).await;
    }
}

/// K2.
async fn sections(io: &Io, cx: &ParseCx) {
    let bare: Vec<String> =
        cx.tools.iter().flat_map(|t| (0..4).map(move |i| format!("functions.{}:{i}{ARGUMENTS}", t.name))).collect();
    let ladder = Ladder::new(io, cx, &[SECTION, CALL]).with_bare(&bare);
    while let Some(stop) = ladder.text(&[]).await {
        if stop > 1 {
            io.seek(io.position() - bare[stop - 2].len());
            json_call(io, cx, io.position()).await;
            io.eat(SECTION_END).await;
            continue;
        }
        let from = io.position() - [SECTION, CALL][stop].len();
        let mut inside = stop == 1;
        loop {
            if inside {
                json_call(io, cx, io.position() - CALL.len()).await;
            }
            // What else stands between the calls of a section is noise.
            match io.until(&[CALL, SECTION_END], Sink::Nothing).await {
                Some(0) => inside = true,
                Some(_) => break,
                None => {
                    if !inside {
                        io.cut(from);
                    }
                    return;
                }
            }
        }
    }
}

async fn json_call(io: &Io, cx: &ParseCx, from: usize) {
    let id = io.position();
    let head = match io.until(&[ARGUMENTS, CALL_END], Sink::Nothing).await {
        Some(0) => io.since(id),
        Some(_) => return io.malformed(from, "the call has no arguments"),
        None => return io.cut(from),
    };
    let name = tool_name(head.strip_suffix(ARGUMENTS).unwrap_or(&head)).to_owned();
    if cx.tool(&name).is_some() {
        io.begin_call(&name, io.position());
    }
    match ladder::named_call(io, cx, &name, &[CALL_END]).await {
        Ok(step) => {
            io.space().await;
            io.eat(CALL_END).await;
            io.emit(step);
        }
        Err(NoValue::Cut) if io.truncated() => io.cut(from),
        Err(NoValue::Cut) => call::skip_broken(io, from, CALL_END, "the call's JSON does not end").await,
        Err(NoValue::Bad(why)) => call::skip_broken(io, from, CALL_END, &why).await,
    }
}

/// `functions.NAME:INDEX` without what is around the name.
fn tool_name(id: &str) -> &str {
    let id = id.trim();
    let id = id.strip_prefix("functions.").unwrap_or(id);
    match id.rsplit_once(':') {
        Some((name, index)) if index.chars().all(|c| c.is_ascii_digit()) => name,
        _ => id,
    }
}

/// K3.
async fn elements(io: &Io, cx: &ParseCx) {
    const STOPS: &[&str] =
        &[OPEN_THINK, CLOSE_THINK, OPEN_RESPONSE, CLOSE_RESPONSE, OPEN_TOOLS, CLOSE_TOOLS, CLOSE_MESSAGE, OPEN_CALL];
    let mut sink = match cx.prompt_ends_with(OPEN_THINK) {
        true => Sink::Reasoning,
        false => Sink::Text,
    };
    let mut tools_at = None;
    let ladder = Ladder::new(io, cx, &[]);
    loop {
        let stop = match sink {
            Sink::Text => ladder.text(STOPS).await,
            _ => io.until(STOPS, sink).await,
        };
        let Some(stop) = stop else { break };
        tools_at = None;
        match STOPS[stop] {
            OPEN_THINK => sink = Sink::Reasoning,
            CLOSE_THINK | OPEN_RESPONSE => sink = Sink::Text,
            OPEN_TOOLS => {
                sink = Sink::Nothing;
                tools_at = Some(io.position() - OPEN_TOOLS.len());
            }
            OPEN_CALL => element_call(io, cx).await,
            // Nothing that matters stands between elements.
            _ => sink = Sink::Nothing,
        }
    }
    if let Some(from) = tools_at {
        io.cut(from);
    }
}

async fn element_call(io: &Io, cx: &ParseCx) {
    let from = io.position() - OPEN_CALL.len();
    let head = io.position();
    if io.until(&[SEP], Sink::Nothing).await.is_none() {
        return io.cut(from);
    }
    let Some(name) = markup::attribute(&io.since(head), "tool") else {
        return call::skip_broken(io, from, CLOSE_CALL, "the call has no tool").await;
    };
    let tool = cx.tool(&name);
    if tool.is_some() {
        io.begin_call(&name, from);
    }
    let mut arguments = Map::new();
    loop {
        io.space().await;
        if io.eat(CLOSE_CALL).await {
            return ladder::tell(io, cx, from, (&name, Value::Object(arguments)));
        }
        match argument(io, tool).await {
            Ok((key, value)) => arguments.insert(key, value),
            Err(NoValue::Cut) => return io.cut(from),
            Err(NoValue::Bad(why)) => return call::skip_broken(io, from, CLOSE_CALL, &why).await,
        };
    }
}

async fn argument(io: &Io, tool: Option<&ToolSpec>) -> Result<(String, Value), NoValue> {
    if !io.eat(OPEN_ARGUMENT).await {
        return Err(match io.peek().await {
            None => NoValue::Cut,
            Some(_) => NoValue::Bad("there is neither an argument nor the call's end".into()),
        });
    }
    let head = io.position();
    io.until(&[SEP], Sink::Nothing).await.ok_or(NoValue::Cut)?;
    let tag = io.since(head);
    let key = markup::attribute(&tag, "key").ok_or_else(|| NoValue::Bad("an argument has no key".into()))?;
    let ends = [End::proper(CLOSE_ARGUMENT, &[OPEN_ARGUMENT, CLOSE_CALL])];
    let text = markup::value(io, &ends).await.ok_or(NoValue::Cut)?;
    let value = match markup::attribute(&tag, "type").as_deref() {
        Some("string") => Value::String(text),
        Some(_) => json::parse(&text).unwrap_or(Value::String(text)),
        None => markup::typed(tool, &key, &text),
    };
    Ok((key, value))
}
