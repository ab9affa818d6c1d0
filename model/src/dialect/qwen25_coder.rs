//! Qwen2.5-Coder, which was never taught the tool calls that its template shows.
//!
//! It writes a ```json fence around the call, or copies the `<tools>` block, or writes the bare
//! object, or, for the Python tool, a ```python fence; seldom `<tool_call>` (ollama#12174,
//! vllm#32926, kronk#944). Each of these is read here as a rung of a ladder, behind the same gates:
//! only a known tool with arguments that fit its schema is a call, and what an explanation holds up
//! as an example is text (vllm#57541). What is marked as a call and passes no gate is malformed.

use super::{
    CallGrammar, Dialect, ParseCx, Parser, Step, call, grammar,
    json::{self, NoValue, Style},
    qwen3_hermes::{CLOSE, OPEN, Qwen3Hermes},
    schema::Schema,
    stream::{Coroutine, Io, Sink},
    think,
};
use polymath_chat::{ToolCall, ToolSpec};
use serde_json::{Value, json as object};

/// Wrappers seen around a call, each with its end.
const WRAPPERS: &[(&str, &str)] = &[
    (OPEN, CLOSE),
    ("<tools>", "</tools>"),
    ("<tool>", "</tool>"),
    ("<function>", "</function>"),
    ("<function_call>", "</function_call>"),
    ("<function-call>", "</function-call>"),
];
const FENCE: &str = "```";
/// Languages of a fence that may hold calls as JSON.
const JSON_FENCES: &[&str] = &["", "json", "jsonc", "json5", "tool_call", "tools", "xml", "plaintext", "text"];
/// Words of a sentence after which a call is held up as an example. Lower case.
const EXAMPLE_CUES: &[&str] = &[
    "example",
    "for instance",
    "e.g.",
    "such as",
    "like this",
    "looks like",
    "look like",
    "suppose",
    "例如",
    "比如",
    "示例",
    "举例",
    "例子",
];

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
    let mut stops = vec![FENCE, "{", "["];
    stops.extend(WRAPPERS.iter().flat_map(|(open, close)| [*open, *close]));
    io.space().await;
    let start = io.position();
    while let Some(stop) = io.until(&stops, Sink::Text).await {
        let from = io.position() - stops[stop].len();
        io.seek(from);
        let read = match (stops[stop], WRAPPERS.iter().find(|w| w.0 == stops[stop])) {
            (FENCE, _) => fence(&io, &cx).await,
            ("{" | "[", _) => bare(&io, &cx, start).await,
            (_, Some(wrapper)) => wrapped(&io, &cx, wrapper).await,
            // The end of a wrapper that was read already.
            (end, None) if io.at_line_start(from) => io.eat(end).await,
            _ => false,
        };
        if !read {
            io.seek(from + stops[stop].len());
            io.say(Sink::Text, stops[stop]);
        }
    }
}

/// What stands where a call may stand.
#[derive(PartialEq)]
enum Found {
    /// At least one call, and attempts at more; the position is behind the last.
    Calls(Vec<Step>),
    /// Something that names a tool but is no call of it, and why.
    Attempt(String),
    /// The reply ended within what names a tool.
    Cut,
    /// Nothing of the kind.
    Nothing,
}

/// Reads the call at the position, or the array of calls, or several one after the other.
async fn calls(io: &Io, cx: &ParseCx) -> Found {
    io.space().await;
    let array = io.eat("[").await;
    let mut found = Vec::new();
    loop {
        let behind = io.position();
        io.take_while(|c| c.is_whitespace() || c == ',').await;
        let from = io.position();
        if io.peek().await == Some('{') {
            let why = match one(io, cx).await {
                Found::Calls(one) => {
                    found.extend(one);
                    continue;
                }
                other if found.is_empty() => return other,
                Found::Attempt(why) => Some(why),
                Found::Cut => Some(io.cut_why().to_owned()),
                Found::Nothing => None,
            };
            if let Some(why) = why {
                found.push(Step::Malformed { raw: io.since(from), why });
                continue;
            }
        }
        io.seek(behind);
        break;
    }
    if found.is_empty() {
        return Found::Nothing;
    }
    if array {
        let behind = io.position();
        io.space().await;
        if !io.eat("]").await {
            io.seek(behind);
        }
    }
    Found::Calls(found)
}

async fn one(io: &Io, cx: &ParseCx) -> Found {
    let from = io.position();
    let mut named = false;
    let value = json::read(io, Style::Loose, |name| {
        named = cx.tool(name).is_some();
        if named {
            io.begin_call(name, from);
        }
    })
    .await;
    let value = match value {
        Ok(value) => value,
        Err(NoValue::Cut) if named => return Found::Cut,
        Err(NoValue::Bad(why)) if named => {
            // What is left of it cannot be told from what follows.
            io.until(&[], Sink::Nothing).await;
            return Found::Attempt(why);
        }
        Err(_) => return Found::Nothing,
    };
    let copied = definition_of(cx, &value);
    match call::from_value(value) {
        _ if copied => Found::Attempt("this repeats the tool's description instead of calling it".into()),
        Ok((name, arguments)) => match cx.tool(&name) {
            None => Found::Nothing,
            Some(tool) => gate(tool, arguments),
        },
        Err(why) if named => Found::Attempt(why),
        Err(_) => Found::Nothing,
    }
}

/// A call only if its arguments fit.
fn gate(tool: &ToolSpec, arguments: Value) -> Found {
    let arguments = Schema::new(&tool.parameters).coerced(arguments);
    match call::fits(tool, &arguments) {
        true => Found::Calls(vec![Step::Call { name: tool.name.clone(), arguments }]),
        false => Found::Attempt(format!("the arguments do not fit the schema of {}", tool.name)),
    }
}

/// Whether a JSON value is a tool's description, as the prompt showed it.
fn definition_of(cx: &ParseCx, value: &Value) -> bool {
    let inner = value.get("function").filter(|f| f.is_object()).unwrap_or(value);
    let tool = inner.get("name").and_then(Value::as_str).and_then(|name| cx.tool(name));
    let parameters = inner.get("parameters").or_else(|| inner.get("arguments"));
    tool.is_some() && (inner.get("description").is_some() || parameters.is_some_and(|p| p.get("properties").is_some()))
}

/// Reads a wrapper's calls. False when it is only talked about: there is no JSON in it, or an example.
async fn wrapped(io: &Io, cx: &ParseCx, (open, close): &(&str, &str)) -> bool {
    let from = io.position();
    if example_announced(io) {
        return false;
    }
    io.eat(open).await;
    io.space().await;
    match io.peek().await {
        Some('{' | '[') => {}
        None if io.truncated() => {
            io.cut(from);
            return true;
        }
        _ => return false,
    }
    match calls(io, cx).await {
        Found::Calls(calls) => {
            calls.into_iter().for_each(|step| io.emit(step));
            end(io, close).await;
        }
        Found::Cut if io.truncated() => io.cut(from),
        Found::Cut => call::skip_broken(io, from, close, "the call's JSON does not end").await,
        Found::Attempt(why) => call::skip_broken(io, from, close, &why).await,
        Found::Nothing => call::skip_broken(io, from, close, "no tool of that name can be called").await,
    }
    true
}

/// Passes over surplus brackets and the end marker behind a call.
async fn end(io: &Io, close: &str) {
    let behind = io.position();
    io.take_while(|c| c.is_whitespace() || matches!(c, '}' | ']')).await;
    if !io.eat(close).await {
        io.seek(behind);
    }
}

/// Reads bare calls: as the reply's beginning, or, behind prose, as its end. False when there are none.
async fn bare(io: &Io, cx: &ParseCx, start: usize) -> bool {
    let from = io.position();
    let whole = from == start;
    if cx.tools.is_empty() || !io.at_line_start(from) || !whole && (example_announced(io) || !names_something(io).await)
    {
        return false;
    }
    match calls(io, cx).await {
        Found::Calls(calls) => {
            let behind = io.position();
            io.take_while(|c| c.is_whitespace() || matches!(c, '}' | ']')).await;
            let last = io.peek().await.is_none() || io.looking_at("<").await;
            if !last {
                io.seek(behind);
            }
            let accepted = whole || last;
            if accepted {
                calls.into_iter().for_each(|step| io.emit(step));
            }
            accepted
        }
        Found::Cut => {
            io.cut(from);
            true
        }
        Found::Attempt(why) if whole => {
            io.malformed(from, why);
            true
        }
        _ => false,
    }
}

/// Whether an object begins here whose first key is `name`, or an array of such.
async fn names_something(io: &Io) -> bool {
    let from = io.position();
    io.take_while(|c| c.is_whitespace() || matches!(c, '{' | '[' | '"' | '\'')).await;
    let named = io.looking_at("name").await;
    io.seek(from);
    named
}

/// Whether the paragraph before the position announces an example.
pub(super) fn example_announced(io: &Io) -> bool {
    let before = io.paragraph_before().to_lowercase();
    EXAMPLE_CUES.iter().any(|cue| before.contains(cue))
}

/// Reads a fenced block: calls as JSON, the program text of a tool, or text. False when this is no
/// fence at all.
async fn fence(io: &Io, cx: &ParseCx) -> bool {
    let from = io.position();
    let alone = io.at_reply_start();
    let example = example_announced(io);
    if !io.at_line_start(from) {
        return false;
    }
    io.eat(FENCE).await;
    let language = io.take_while(|c| c != '\n' && c != '`').await.trim().to_lowercase();
    if io.peek().await == Some('`') {
        io.seek(from);
        return false;
    }
    if example {
        text_block(io, from).await;
    } else if let Some((tool, argument)) = raw_tool(cx, &language) {
        program(io, (&tool, &argument), from).await;
    } else if JSON_FENCES.contains(&language.as_str()) {
        json_block(io, cx, from, alone).await;
    } else {
        text_block(io, from).await;
    }
    true
}

async fn json_block(io: &Io, cx: &ParseCx, from: usize, alone: bool) {
    io.space().await;
    let mut wrapper = None;
    for (open, close) in WRAPPERS {
        if io.eat(open).await {
            wrapper = Some(*close);
            break;
        }
    }
    io.space().await;
    let found = match io.peek().await {
        Some('{' | '[') => calls(io, cx).await,
        _ => Found::Nothing,
    };
    match found {
        Found::Calls(calls) => {
            calls.into_iter().for_each(|step| io.emit(step));
            if let Some(close) = wrapper {
                end(io, close).await;
            }
            io.take_while(|c| c.is_whitespace() || matches!(c, '}' | ']')).await;
            io.until(&[FENCE], Sink::Text).await;
        }
        Found::Cut => io.cut(from),
        Found::Attempt(why) if alone => {
            io.seek(from + FENCE.len());
            io.until(&[FENCE], Sink::Nothing).await;
            io.malformed(from, why);
        }
        _ => text_block(io, from).await,
    }
}

/// The tool whose program text a fence of this language is, and its argument.
fn raw_tool(cx: &ParseCx, language: &str) -> Option<(String, String)> {
    let language = match language.split_whitespace().next()? {
        "py" | "python3" | "ipython" => "python",
        other => other,
    };
    let tool = cx.tool(language)?;
    Some((tool.name.clone(), tool.raw_argument.clone()?))
}

/// Reads a program, to be run by `tool` as its `argument`.
async fn program(io: &Io, (tool, argument): (&str, &str), from: usize) {
    io.eat("\n").await;
    let body = io.position();
    let closed = close_fence(io, Sink::Nothing).await;
    let text = io.since(body);
    let program = text.strip_suffix(FENCE).filter(|_| closed).unwrap_or(&text).trim_end();
    if !closed && io.truncated() {
        io.cut(from);
    } else if program.is_empty() {
        io.malformed(from, "the program is empty");
    } else {
        io.call(tool.to_owned(), object!({argument: program}));
    }
}

/// Passes over a fenced block as text.
async fn text_block(io: &Io, from: usize) {
    io.seek(from + FENCE.len());
    io.say(Sink::Text, FENCE);
    close_fence(io, Sink::Text).await;
}

/// Goes behind the next fence that stands at the beginning of a line; false when none does.
async fn close_fence(io: &Io, sink: Sink) -> bool {
    while io.until(&[FENCE], sink).await.is_some() {
        io.say(sink, FENCE);
        if io.at_line_start(io.position() - FENCE.len()) {
            return true;
        }
    }
    false
}
