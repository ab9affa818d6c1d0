//! GLM 4.5 and later: `<tool_call>`, the tool's name, then one `<arg_key>` and one `<arg_value>` an
//! argument; with line breaks between them up to 4.6, without from 4.7.
//! Source: the models' chat templates.

use super::{
    CallGrammar, Dialect, ParseCx, Parser, call,
    ladder::{self, Ladder},
    markup::{self, End},
    qwen3_hermes::{self, CLOSE, OPEN},
    stream::{Coroutine, Io},
    think,
};
use polymath_chat::{ToolCall, ToolSpec};
use serde_json::{Map, Value};

const KEY: &str = "<arg_key>";
const KEY_END: &str = "</arg_key>";
const VALUE: &str = "<arg_value>";
const VALUE_END: &str = "</arg_value>";

/// See the module's text.
pub(super) struct Glm;

impl Dialect for Glm {
    fn name(&self) -> &'static str {
        "glm"
    }

    fn parser(&self, cx: ParseCx) -> Box<dyn Parser> {
        Coroutine::boxed(|io| read(io, cx))
    }

    fn call_syntax(&self, calls: &[ToolCall]) -> String {
        let argument = |(name, value): (&String, &Value)| {
            format!("{KEY}{name}{KEY_END}\n{VALUE}{}{VALUE_END}\n", markup::written(value))
        };
        let block = |call: &ToolCall| {
            let arguments: String = call.arguments.as_object().into_iter().flatten().map(argument).collect();
            format!("{OPEN}{}\n{arguments}{CLOSE}", call.name)
        };
        calls.iter().map(block).collect::<Vec<_>>().join("\n")
    }

    /// None: the markers between the arguments are special tokens, different ones in each generation.
    fn call_grammar(&self, _: &ToolSpec, _: &str) -> Option<CallGrammar> {
        None
    }
}

async fn read(io: Io, cx: ParseCx) {
    think::read(&io, &cx, &think::TAGS, &[OPEN]).await;
    let bare: Vec<String> =
        cx.tools.iter().flat_map(|t| [format!("{}{KEY}", t.name), format!("{}\n{KEY}", t.name)]).collect();
    let ladder = Ladder::new(&io, &cx, &[OPEN]).with_bare(&bare);
    while let Some(stop) = ladder.text(&[]).await {
        if stop > 0 {
            let from = io.position() - bare[stop - 1].len();
            io.seek(io.position() - KEY.len());
            let name = io.since(from).trim().to_owned();
            block(&io, &cx, from, &name).await;
            continue;
        }
        let from = io.position() - OPEN.len();
        // The name follows at once; behind a space, the marker is being talked about.
        io.take_while(|c| c == '\n').await;
        let name = io.take_while(|c| !c.is_whitespace() && !matches!(c, '<' | '{' | '[' | '(' | '"')).await;
        let behind_name = io.position();
        io.space().await;
        let next = [KEY, CLOSE];
        let ended = io.peek().await.is_none();
        // A name that no tool has, within a line and without arguments, is talk as well.
        let callable = cx.tool(&name).is_some() || io.at_line_start(from);
        let known = !name.is_empty() && (io.looking_at(next[0]).await || callable && io.looking_at(next[1]).await);
        io.seek(behind_name);
        match known {
            true => block(&io, &cx, from, &name).await,
            false if ended => io.cut(from),
            false => {
                io.seek(from + OPEN.len());
                qwen3_hermes::block(&io, &cx, OPEN, CLOSE).await;
            }
        }
    }
}

/// Reads the arguments of a call whose name was read.
async fn block(io: &Io, cx: &ParseCx, from: usize, name: &str) {
    let tool = cx.tool(name);
    if tool.is_some() {
        io.begin_call(name, from + OPEN.len());
    }
    let mut arguments = Map::new();
    loop {
        io.space().await;
        if io.eat(CLOSE).await {
            return ladder::tell(io, cx, from, (name, Value::Object(arguments)));
        }
        let key = match io.eat(KEY).await {
            true => Some(io.take_while(|c| c != '<').await),
            false => None,
        };
        let closed = io.eat(KEY_END).await;
        io.space().await;
        let text = match closed && io.eat(VALUE).await {
            true => value(io, tool, &arguments).await,
            false => None,
        };
        match (key, text) {
            (Some(key), Some(text)) => {
                let key = key.trim().to_owned();
                let value = markup::typed(tool, &key, &text);
                arguments.insert(key, value);
            }
            _ if io.peek().await.is_none() => return io.cut(from),
            _ => return call::skip_broken(io, from, CLOSE, "there is neither an argument nor the call's end").await,
        }
    }
}

async fn value(io: &Io, tool: Option<&ToolSpec>, given: &Map<String, Value>) -> Option<String> {
    let declared = tool.and_then(|t| t.parameters.get("properties")).and_then(Value::as_object);
    let unused = declared.into_iter().flat_map(Map::keys).filter(|n| !given.contains_key(*n));
    let unused: Vec<String> = unused.map(|n| format!("{n}{KEY_END}")).collect();
    let unused: Vec<&str> = unused.iter().map(String::as_str).collect();
    let ends = [
        End::proper(VALUE_END, &[KEY, CLOSE]),
        End { or_end: false, ..End::forgotten(KEY, &unused) },
        End::forgotten(CLOSE, &[OPEN]),
    ];
    markup::value(io, &ends).await
}
