//! DeepSeek, in two formats. V3, R1 and V3.1 put JSON between special tokens, V3 and R1 within a
//! fence; from V3.2 on a call is markup with the prefix `｜DSML｜`, one `parameter` an argument.
//! Source: the models' chat templates and encoding code.

use super::{
    CallGrammar, Dialect, ParseCx, Parser, Step,
    call::{self, spaced},
    grammar,
    json::{self, NoValue},
    ladder::{self, Ladder, Trust},
    markup::{self, End},
    stream::{Coroutine, Io, Sink},
    think,
};
use polymath_chat::{ToolCall, ToolSpec};
use serde_json::{Map, Value};

const CALLS: &str = "<｜tool▁calls▁begin｜>";
/// The same as models spell it when they do not hit the token.
const CALLS_SPELT: &[&str] = &["<｜tool_calls_begin｜>", "<｜tool calls begin｜>", "<｜tool\\_calls\\_begin｜>"];
const CALLS_END: &str = "<｜tool▁calls▁end｜>";
const CALL: &str = "<｜tool▁call▁begin｜>";
const CALL_END: &str = "<｜tool▁call▁end｜>";
const SEPARATOR: &str = "<｜tool▁sep｜>";
const DSML: &str = "<｜DSML｜";
const DSML_END: &str = "</｜DSML｜";
/// What the element around the calls is called: V3.2, V4, V4.1.
const BLOCKS: &[&str] = &["function_calls", "tool_calls", "calls"];

/// See the module's text.
pub(super) struct DeepSeek;

impl Dialect for DeepSeek {
    fn name(&self) -> &'static str {
        "deepseek"
    }

    fn parser(&self, cx: ParseCx) -> Box<dyn Parser> {
        Coroutine::boxed(|io| read(io, cx))
    }

    fn call_syntax(&self, calls: &[ToolCall]) -> String {
        let one = |c: &ToolCall| format!("{CALL}{}{SEPARATOR}{}{CALL_END}", c.name, spaced(&c.arguments));
        match calls.is_empty() {
            true => String::new(),
            false => format!("{CALLS}{}{CALLS_END}", calls.iter().map(one).collect::<String>()),
        }
    }

    /// For the arguments of the JSON format.
    fn call_grammar(&self, tool: &ToolSpec, written: &str) -> Option<CallGrammar> {
        (!written.contains(DSML)).then(|| grammar::json_arguments(tool))
    }
}

async fn read(io: Io, cx: ParseCx) {
    think::read(&io, &cx, &think::TAGS, &[CALLS, DSML]).await;
    let ends = [DSML_END, CALLS_END];
    let own: Vec<&str> = [DSML, CALL, CALLS].into_iter().chain(CALLS_SPELT.iter().copied()).collect();
    let bare: Vec<String> = cx.tools.iter().map(|tool| format!("{}{SEPARATOR}", tool.name)).collect();
    let ladder = Ladder::new(&io, &cx, &own).with_bare(&bare);
    while let Some(stop) = ladder.text(&ends).await {
        if let Some(begun) = stop.checked_sub(own.len() + ends.len()) {
            let from = io.position() - bare[begun].len();
            io.seek(from);
            json_call(&io, &cx, from).await;
            continue;
        }
        let mark = own.iter().chain(&ends).nth(stop).copied().unwrap_or_default();
        let from = io.position() - mark.len();
        match mark {
            DSML => markup_block(&io, &cx, from).await,
            // An end without its beginning, behind a call that was read.
            DSML_END => {
                io.until(&[">"], Sink::Nothing).await;
            }
            CALL => json_call(&io, &cx, from).await,
            CALLS_END => {}
            // The beginning of the calls, in one spelling or another.
            _ => {
                io.space().await;
                if io.peek().await.is_none() {
                    io.cut(from);
                }
            }
        }
    }
}

/// Reads a call of the JSON format, behind its first marker.
async fn json_call(io: &Io, cx: &ParseCx, from: usize) {
    match named_json(io, cx).await {
        Ok(step) => {
            let behind = io.position();
            io.space().await;
            io.eat("```").await;
            io.space().await;
            if !io.eat(CALL_END).await {
                io.seek(behind);
            }
            // What separates this call from the next is not prose.
            let behind = io.position();
            io.space().await;
            if !io.looking_at(CALL).await && !io.looking_at(CALLS_END).await {
                io.seek(behind);
            }
            io.emit(step);
        }
        Err(NoValue::Cut) if io.truncated() => io.cut(from),
        Err(NoValue::Cut) => call::skip_broken(io, from, CALL_END, "the call's JSON does not end").await,
        Err(NoValue::Bad(why)) => call::skip_broken(io, from, CALL_END, &why).await,
    }
}

/// Reads `function<sep>name` and a fence (V3, R1), or `name<sep>` (V3.1), and the arguments.
async fn named_json(io: &Io, cx: &ParseCx) -> Result<Step, NoValue> {
    let head = io.position();
    if io.until(&[SEPARATOR], Sink::Nothing).await.is_none() {
        return Err(NoValue::Cut);
    }
    let mut name = io.since(head).replace(SEPARATOR, "").trim().to_owned();
    io.space().await;
    if !matches!(io.peek().await, Some('{' | '[')) && name == "function" {
        name = io.take_while(|c| !c.is_whitespace() && !matches!(c, '`' | '{' | '<')).await;
        io.space().await;
        io.take_while(|c| c == '`').await;
        io.eat("json").await;
        io.space().await;
    }
    if cx.tool(&name).is_some() && io.peek().await == Some('{') {
        io.begin_call(&name, io.position());
    }
    ladder::named_call(io, cx, &name, &["```", CALL_END, CALLS_END]).await
}

/// Reads a block of markup, behind its prefix.
async fn markup_block(io: &Io, cx: &ParseCx, from: usize) {
    // V4.1 has a space behind the prefix, in every tag.
    let pad = if io.eat(" ").await { " " } else { "" };
    let tag = io.take_while(|c| c != '>' && c != '<').await;
    let word = tag.split_whitespace().next().unwrap_or_default().trim_end_matches('/').to_owned();
    if io.peek().await.is_none() {
        return io.cut(from);
    }
    if BLOCKS.contains(&word.as_str()) {
        io.eat(">").await;
        io.space().await;
        if io.peek().await.is_none() {
            io.cut(from);
        }
    } else if word == "invoke" && io.eat(">").await {
        match markup::attribute(&tag, "name") {
            Some(name) => invoke(io, cx, Invoke { from, pad, name, empty: tag.ends_with('/') }).await,
            None => call::skip_broken(io, from, &format!("{DSML_END}{pad}invoke>"), "the call has no name").await,
        }
        // Line breaks between calls.
        let behind = io.position();
        io.space().await;
        if !io.looking_at("<").await {
            io.seek(behind);
        }
    } else {
        io.say(Sink::Text, &format!("{DSML}{pad}{tag}"));
    }
}

struct Invoke<'a> {
    from: usize,
    pad: &'a str,
    name: String,
    /// Written as `<invoke …/>`.
    empty: bool,
}

/// Reads the parameters of a call, and emits it.
async fn invoke(io: &Io, cx: &ParseCx, this: Invoke<'_>) {
    let tool = cx.tool(&this.name);
    let end = format!("{DSML_END}{}invoke>", this.pad);
    if this.empty {
        return ladder::tell(io, cx, this.from, (&this.name, Value::Object(Map::new())));
    }
    if tool.is_some() {
        io.begin_call(&this.name, this.from);
    }
    match parameters(io, cx, &this).await {
        Ok(step) => io.emit(step),
        Err(NoValue::Cut) if io.truncated() => io.cut(this.from),
        Err(NoValue::Cut) => call::skip_broken(io, this.from, &end, "the call does not end").await,
        Err(NoValue::Bad(why)) => call::skip_broken(io, this.from, &end, &why).await,
    }
}

async fn parameters(io: &Io, cx: &ParseCx, this: &Invoke<'_>) -> Result<Step, NoValue> {
    let (tool, pad) = (cx.tool(&this.name), this.pad);
    let (open, close) = (format!("{DSML}{pad}parameter"), format!("{DSML_END}{pad}parameter>"));
    let end = format!("{DSML_END}{pad}invoke>");
    let mut arguments = Map::new();
    loop {
        io.space().await;
        if io.eat(&end).await {
            return ladder::settled(cx, &this.name, Value::Object(arguments), Trust::Marked).map_err(NoValue::Bad);
        }
        if arguments.is_empty() && matches!(io.peek().await, Some('{' | '[')) {
            let whole = ladder::named_call(io, cx, &this.name, &[&end]).await?;
            io.space().await;
            io.eat(&end).await;
            return Ok(whole);
        }
        if !io.eat(&open).await {
            return Err(match io.peek().await {
                None => NoValue::Cut,
                Some(_) => NoValue::Bad("there is neither a parameter nor the call's end".into()),
            });
        }
        let tag = io.take_while(|c| c != '>').await;
        if !io.eat(">").await {
            return Err(NoValue::Cut);
        }
        let name = markup::attribute(&tag, "name").ok_or_else(|| NoValue::Bad("a parameter has no name".into()))?;
        let text = markup::value(io, &[End::proper(&close, &[&open, &end])]).await.ok_or(NoValue::Cut)?;
        let value = match markup::attribute(&tag, "string").as_deref() {
            Some("true") => Value::String(text),
            Some("false") => json::parse(&text).unwrap_or(Value::String(text)),
            _ => markup::typed(tool, &name, &text),
        };
        arguments.insert(name, value);
    }
}
