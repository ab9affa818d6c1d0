//! Llama 3 and 4. A call is the reply itself, without markers: the object `{"name": …, "parameters":
//! {…}}` (3.x), several of them with `;` between, or a list of calls in Python's syntax (3.2, 4).
//! `<|python_tag|>` may stand before either; program text behind it is for the Python tool.
//! Source: Meta's prompt format documents, the models' chat templates.
//!
//! Since there are no markers, only what names a known tool is a call.

use super::{
    CallGrammar, Dialect, ParseCx, Parser, call, grammar,
    json::{self, NoValue, Style},
    pythonic,
    qwen25_coder::example_announced,
    stream::{Coroutine, Io, Sink},
    think,
};
use polymath_chat::{ToolCall, ToolSpec};
use serde_json::{Value, json};

const PYTHON_TAG: &str = "<|python_tag|>";
/// The same of Llama 4.
const PYTHON_START: &str = "<|python_start|>";
/// Ends of messages, when they are written out.
const ENDS: &[&str] = &["<|python_end|>", "<|eom_id|>", "<|eom|>", "<|eot_id|>", "<|eot|>"];
const FUNCTION: &str = "<function=";
const FUNCTION_END: &str = "</function>";

/// See the module's text.
pub(super) struct Llama;

impl Dialect for Llama {
    fn name(&self) -> &'static str {
        "llama"
    }

    fn parser(&self, cx: ParseCx) -> Box<dyn Parser> {
        Coroutine::boxed(|io| read(io, cx))
    }

    fn call_syntax(&self, calls: &[ToolCall]) -> String {
        calls.iter().map(|c| call::syntax(c, "parameters")).collect::<Vec<_>>().join("; ")
    }

    fn call_grammar(&self, tool: &ToolSpec, written: &str) -> Option<CallGrammar> {
        grammar::json_call_or_arguments(tool, written)
    }
}

async fn read(io: Io, cx: ParseCx) {
    think::read(&io, &cx, &think::TAGS, &[]).await;
    let mut stops = vec![PYTHON_TAG, PYTHON_START, FUNCTION, "{", "["];
    stops.extend(ENDS);
    io.space().await;
    let start = io.position();
    while let Some(stop) = io.until(&stops, Sink::Text).await {
        let from = io.position() - stops[stop].len();
        let read = match stops[stop] {
            PYTHON_TAG | PYTHON_START => {
                python_tag(&io, &cx, from).await;
                true
            }
            FUNCTION => custom(&io, &cx, from).await,
            "{" | "[" => {
                io.seek(from);
                bare(&io, &cx, from == start).await
            }
            _ => true,
        };
        if !read {
            io.seek(from + stops[stop].len());
            io.say(Sink::Text, stops[stop]);
        }
    }
}

/// What [`calls`] found.
enum Found {
    Calls(Vec<(String, Value)>),
    /// The reply ended within a call.
    Cut,
    Nothing,
}

/// Reads calls in either syntax.
async fn calls(io: &Io, cx: &ParseCx) -> Found {
    let from = io.position();
    if io.peek().await == Some('[') {
        if !call_list_ahead(io, cx).await {
            return objects(io, cx, true).await;
        }
        if !pythonic::balanced(io).await {
            return Found::Cut;
        }
        let known = |calls: &Vec<(String, Value)>| !calls.is_empty() && calls.iter().all(|(n, _)| cx.tool(n).is_some());
        return pythonic::parse(&io.since(from)).filter(known).map_or(Found::Nothing, Found::Calls);
    }
    objects(io, cx, false).await
}

/// Whether a list begins with a call of a known tool.
async fn call_list_ahead(io: &Io, cx: &ParseCx) -> bool {
    let from = io.position();
    io.eat("[").await;
    io.space().await;
    let name = io.take_while(|c| c.is_alphanumeric() || matches!(c, '_' | '.' | '-')).await;
    let known = cx.tool(&name).is_some() && io.looking_at("(").await;
    io.seek(from);
    known
}

/// Reads objects, one after the other or in a list.
async fn objects(io: &Io, cx: &ParseCx, list: bool) -> Found {
    let mut found = Vec::new();
    if list {
        io.eat("[").await;
    }
    loop {
        let behind = io.position();
        io.take_while(|c| c.is_whitespace() || matches!(c, ';' | ',')).await;
        if io.peek().await == Some('{') {
            match object(io, cx).await {
                Ok(call) => {
                    found.push(call);
                    continue;
                }
                Err(NoValue::Cut) => return Found::Cut,
                Err(NoValue::Bad(_)) if found.is_empty() => return Found::Nothing,
                Err(NoValue::Bad(_)) => {}
            }
        }
        io.seek(behind);
        break;
    }
    if list {
        io.space().await;
        io.eat("]").await;
    }
    if found.is_empty() { Found::Nothing } else { Found::Calls(found) }
}

/// Reads one object that calls a known tool. `Cut` only when it had named one.
async fn object(io: &Io, cx: &ParseCx) -> Result<(String, Value), NoValue> {
    let from = io.position();
    let mut named = false;
    let value = json::read(io, Style::Strict, |name| {
        named = cx.tool(name).is_some();
        if named {
            io.begin_call(name, from);
        }
    })
    .await;
    let value = match value {
        Err(NoValue::Cut) if !named => return Err(NoValue::Bad(String::new())),
        other => other?,
    };
    let bare = value.get("function").is_none_or(Value::is_string)
        && value.get("parameters").or(value.get("arguments")).is_none();
    match call::from_value(value).map_err(NoValue::Bad)? {
        (name, arguments) if cx.tool(&name).is_some() && !bare => Ok((name, arguments)),
        (name, _) => Err(NoValue::Bad(format!("there is no tool {name}"))),
    }
}

/// Reads calls where no marker says that they are: at the reply's beginning, or, behind prose, on
/// lines of their own at its end. False when there are none.
async fn bare(io: &Io, cx: &ParseCx, whole: bool) -> bool {
    let from = io.position();
    // "Here is the call: {…}"
    let announced = !whole && io.paragraph_before().ends_with([':', '：']) && !example_announced(io);
    let possible = whole || (announced || io.at_line_start(from)) && plausible(io, cx).await;
    if cx.tools.is_empty() || !possible {
        return false;
    }
    match calls(io, cx).await {
        Found::Calls(calls) => {
            let behind = io.position();
            io.take_while(|c| c.is_whitespace() || c == ';').await;
            let last = io.peek().await.is_none() || io.looking_at("<|").await;
            io.seek(behind);
            let fit = |(name, arguments): &(String, Value)| cx.tool(name).is_some_and(|t| call::fits(t, arguments));
            let accepted = whole || last || announced && calls.iter().all(fit);
            if accepted {
                calls.into_iter().for_each(|(name, arguments)| io.call(name, arguments));
            }
            accepted
        }
        Found::Cut => {
            io.cut(from);
            true
        }
        Found::Nothing => false,
    }
}

/// Whether what stands here begins like a call. Anything else would be held back to its last bracket.
async fn plausible(io: &Io, cx: &ParseCx) -> bool {
    if call_list_ahead(io, cx).await {
        return true;
    }
    let from = io.position();
    io.take_while(|c| c.is_whitespace() || matches!(c, '[' | '{')).await;
    io.eat("\"").await;
    let key = io.take_while(char::is_alphabetic).await;
    io.seek(from);
    ["name", "type", "function", "parameters", "arguments"].contains(&key.as_str())
}

/// Reads what follows the tag: calls, a call of a built-in tool, or a program.
async fn python_tag(io: &Io, cx: &ParseCx, from: usize) {
    io.space().await;
    let start = io.position();
    if let Some('{' | '[') = io.peek().await {
        match calls(io, cx).await {
            Found::Calls(calls) => return calls.into_iter().for_each(|(name, arguments)| io.call(name, arguments)),
            Found::Cut => return io.cut(from),
            Found::Nothing => io.seek(start),
        }
    }
    let end = io.until(ENDS, Sink::Nothing).await;
    let text = io.since(start);
    let text = end.and_then(|end| text.strip_suffix(ENDS[end])).unwrap_or(&text).trim_end();
    if end.is_none() && (text.is_empty() || io.truncated()) {
        return io.cut(from);
    } else if text.is_empty() {
        return io.malformed(from, "the program is empty");
    }
    // brave_search.call(query="…")
    let built_in = pythonic::parse(text).and_then(|calls| calls.into_iter().next());
    let built_in = built_in.and_then(|(name, arguments)| Some((name.strip_suffix(".call")?.to_owned(), arguments)));
    let program = cx.tools.iter().find_map(|t| Some((t.name.clone(), t.raw_argument.clone()?)));
    match (built_in, program) {
        (Some((name, arguments)), _) => io.call(name, arguments),
        (None, Some((name, argument))) => io.call(name, json!({argument: text})),
        (None, None) => io.malformed(from, "no tool runs programs"),
    }
}

/// Reads `<function=NAME>{…}</function>`, 3.1's format for custom tools. False when it is none.
async fn custom(io: &Io, cx: &ParseCx, from: usize) -> bool {
    let name = io.take_while(|c| c != '>' && c != '\n').await.trim().to_owned();
    if !io.eat(">").await || cx.tool(&name).is_none() {
        return false;
    }
    io.begin_call(&name, io.position());
    io.space().await;
    match json::read(io, Style::Strict, |_| {}).await {
        Ok(arguments) => {
            io.space().await;
            io.eat(FUNCTION_END).await;
            io.call(name, arguments);
        }
        Err(NoValue::Cut) => io.cut(from),
        Err(NoValue::Bad(why)) => call::skip_broken(io, from, FUNCTION_END, &why).await,
    }
    true
}
