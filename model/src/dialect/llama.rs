//! Llama 3 and 4. A call is the reply itself, without markers: the object `{"name": …, "parameters":
//! {…}}` (3.x), several of them with `;` between, or a list of calls in Python's syntax (3.2, 4).
//! `<|python_tag|>` may stand before either; program text behind it is for the Python tool.
//! Source: Meta's prompt format documents, the models' chat templates.
//!
//! Since there are no markers, only what names a known tool is a call.

use super::{
    CallGrammar, Dialect, ParseCx, Parser, Step, call, grammar,
    json::NoValue,
    ladder::{self, Found, Ladder, Trust},
    pythonic,
    stream::{Coroutine, Io, Sink},
    think,
};
use polymath_chat::{ToolCall, ToolSpec};
use serde_json::json;

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
    let ladder = Ladder::new(&io, &cx, &[PYTHON_TAG, PYTHON_START, FUNCTION]);
    while let Some(stop) = ladder.text(ENDS).await {
        match stop {
            0 => python_tag(&io, &cx, io.position() - PYTHON_TAG.len()).await,
            1 => python_tag(&io, &cx, io.position() - PYTHON_START.len()).await,
            2 => {
                let behind = io.position();
                if !custom(&io, &cx, behind - FUNCTION.len()).await {
                    io.seek(behind);
                    io.say(Sink::Text, FUNCTION);
                }
            }
            _ => {}
        }
    }
}

/// Reads what follows the tag: calls, a call of a built-in tool, or a program.
async fn python_tag(io: &Io, cx: &ParseCx, from: usize) {
    io.space().await;
    let start = io.position();
    if let Some('{' | '[') = io.peek().await {
        match ladder::calls(io, cx, ENDS, Trust::Rescued).await {
            Found::Calls(calls) => return calls.into_iter().for_each(|step| io.emit(step)),
            Found::Cut => return io.cut(from),
            // A program may begin with a list, too.
            Found::Nothing => io.seek(start),
            other => {
                io.seek(start);
                io.until(ENDS, Sink::Nothing).await;
                return io.malformed(from, other.why());
            }
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
        (Some((name, arguments)), _) => ladder::tell(io, cx, from, (&name, arguments)),
        (None, Some((name, argument))) => io.emit(Step::Call { name, arguments: json!({argument: text}) }),
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
    match ladder::named_call(io, cx, &name, &[FUNCTION_END]).await {
        Ok(step) => {
            io.space().await;
            io.eat(FUNCTION_END).await;
            io.emit(step);
        }
        Err(NoValue::Cut) => io.cut(from),
        Err(NoValue::Bad(why)) => call::skip_broken(io, from, FUNCTION_END, &why).await,
    }
    true
}
