//! Qwen3-Coder and Qwen3.5 and later: a call as `<function=…>` with one `<parameter=…>` an argument,
//! its value on lines of its own, within `<tool_call>`.
//! Source: the models' chat templates.

use super::{
    CallGrammar, Dialect, ParseCx, Parser, call, grammar,
    ladder::{self, Ladder},
    markup::{self, End},
    qwen3_hermes::{self, CLOSE, OPEN},
    stream::{Coroutine, Io, Sink},
    think,
};
use polymath_chat::{ToolCall, ToolSpec};
use serde_json::{Map, Value};

const FUNCTION: &str = "<function=";
const FUNCTION_END: &str = "</function>";
const PARAMETER: &str = "<parameter=";
const PARAMETER_END: &str = "</parameter>";

/// See the module's text.
pub(super) struct Qwen3Xml;

impl Dialect for Qwen3Xml {
    fn name(&self) -> &'static str {
        "qwen3-xml"
    }

    fn parser(&self, cx: ParseCx) -> Box<dyn Parser> {
        Coroutine::boxed(|io| read(io, cx))
    }

    fn call_syntax(&self, calls: &[ToolCall]) -> String {
        let parameter = |(name, value): (&String, &Value)| {
            format!("{PARAMETER}{name}>\n{}\n{PARAMETER_END}\n", markup::written(value))
        };
        let block = |call: &ToolCall| {
            let parameters: String = call.arguments.as_object().into_iter().flatten().map(parameter).collect();
            format!("{OPEN}\n{FUNCTION}{}>\n{parameters}{FUNCTION_END}\n{CLOSE}", call.name)
        };
        calls.iter().map(block).collect::<Vec<_>>().join("\n")
    }

    fn call_grammar(&self, tool: &ToolSpec, written: &str) -> Option<CallGrammar> {
        if written.starts_with('{') {
            return grammar::json_call(tool, written);
        }
        let markup = grammar::Markup {
            head: format!("{FUNCTION}{}>\n", tool.name),
            key: (PARAMETER, ">\n"),
            value_end: "\n</parameter>\n",
            tail: FUNCTION_END,
        };
        markup.call(tool)
    }
}

async fn read(io: Io, cx: ParseCx) {
    think::read(&io, &cx, &think::TAGS, &[OPEN]).await;
    let ladder = Ladder::new(&io, &cx, &[OPEN, FUNCTION]);
    while let Some(stop) = ladder.text(&[CLOSE]).await {
        match stop {
            0 => block(&io, &cx).await,
            2 if io.at_line_start(io.position() - CLOSE.len()) => {}
            2 => io.say(Sink::Text, CLOSE),
            // The models leave out <tool_call> now and then.
            _ => {
                let from = io.position() - FUNCTION.len();
                io.seek(from);
                if !io.at_line_start(from) || !function(&io, &cx, from).await {
                    io.seek(from + FUNCTION.len());
                    io.say(Sink::Text, FUNCTION);
                }
            }
        }
    }
}

async fn block(io: &Io, cx: &ParseCx) {
    let from = io.position() - OPEN.len();
    io.space().await;
    if io.looking_at(FUNCTION).await && function(io, cx, from).await {
        return;
    }
    io.seek(from + OPEN.len());
    qwen3_hermes::block(io, cx, OPEN, CLOSE).await;
}

/// Reads the function at the position, to the end of the block that began at offset `from`. False
/// when there is none.
async fn function(io: &Io, cx: &ParseCx, from: usize) -> bool {
    let start = io.position();
    io.eat(FUNCTION).await;
    let name = io.take_while(|c| c != '>' && c != '<' && c != '\n').await;
    if !io.eat(">").await {
        if io.peek().await.is_none() {
            io.cut(from);
            return true;
        }
        return false;
    }
    let name = name.trim().trim_matches('"').to_owned();
    let tool = cx.tool(&name);
    if tool.is_some() {
        io.begin_call(&name, start);
    }
    match parameters(io, tool).await {
        Ok(arguments) => {
            let behind = io.position();
            io.space().await;
            if !io.eat(CLOSE).await {
                io.seek(behind);
            }
            ladder::tell(io, cx, from, (&name, Value::Object(arguments)));
        }
        Err(None) => io.cut(from),
        Err(Some(why)) => call::skip_broken(io, from, CLOSE, &why).await,
    }
    true
}

/// Reads parameters to the end of the function. The error is what is wrong; none at the reply's end.
async fn parameters(io: &Io, tool: Option<&ToolSpec>) -> Result<Map<String, Value>, Option<String>> {
    let mut arguments = Map::new();
    loop {
        io.space().await;
        if io.eat(FUNCTION_END).await || io.looking_at(CLOSE).await {
            return Ok(arguments);
        }
        if !io.eat(PARAMETER).await {
            let why = "there is neither a parameter nor the function's end";
            return Err(io.peek().await.map(|_| why.to_owned()));
        }
        let name = io.take_while(|c| c != '>' && c != '\n').await.trim().trim_matches('"').to_owned();
        if !io.eat(">").await {
            return Err(io.peek().await.map(|_| "a parameter's tag is not closed".to_owned()));
        }
        let returns = io.eat("\r\n").await;
        if !returns {
            io.eat("\n").await;
        }
        let others = unused(tool, &arguments, &name);
        let others: Vec<&str> = others.iter().map(String::as_str).collect();
        let ends = [
            End::proper(PARAMETER_END, &[PARAMETER, FUNCTION_END, CLOSE]),
            End { or_end: false, ..End::forgotten("\n<parameter=", &others) },
            End { then: &[OPEN], ..End::forgotten(FUNCTION_END, &[CLOSE]) },
        ];
        let Some(text) = markup::value(io, &ends).await else { return Err(None) };
        let text = text.strip_suffix('\n').unwrap_or(&text);
        let text = text.strip_suffix('\r').filter(|_| returns).unwrap_or(text);
        arguments.insert(name.clone(), markup::typed(tool, &name, text));
    }
}

/// The tool's parameters, as they stand in a tag, that a call has not given yet.
fn unused(tool: Option<&ToolSpec>, given: &Map<String, Value>, this: &str) -> Vec<String> {
    let declared = tool.and_then(|t| t.parameters.get("properties")).and_then(Value::as_object);
    let names = declared.into_iter().flat_map(Map::keys);
    names.filter(|n| *n != this && !given.contains_key(*n)).map(|n| format!("{n}>")).collect()
}
