//! Gemma 4: `<|tool_call>call:NAME{…}<tool_call|>` with arguments in a notation of its own, in which
//! keys stand bare and strings between `<|"|>` without escapes; reasoning in `<|channel>thought`.
//! Source: the models' chat template.

use super::{
    CallGrammar, Dialect, ParseCx, Parser, Step, call,
    ladder::{self, Found, Ladder, Trust},
    stream::{Coroutine, Io, Sink},
    think::{self, Markers},
};
use polymath_chat::{ToolCall, ToolSpec};
use serde_json::{Map, Value};

const OPEN: &str = "<|tool_call>";
const CLOSE: &str = "<tool_call|>";
const QUOTE: &str = "<|\"|>";
/// The model stops at this token, in expectation of the result.
const RESPONSE: &str = "<|tool_response>";
const THOUGHT: Markers = Markers { open: "<|channel>", close: "<channel|>" };
const NOTATION: &str = "a call is written call:NAME{…}";
/// As deep as serde_json goes.
const MAX_DEPTH: usize = 128;

/// See the module's text.
pub(super) struct Gemma4;

impl Dialect for Gemma4 {
    fn name(&self) -> &'static str {
        "gemma4"
    }

    fn parser(&self, cx: ParseCx) -> Box<dyn Parser> {
        Coroutine::boxed(|io| read(io, cx))
    }

    fn call_syntax(&self, calls: &[ToolCall]) -> String {
        calls.iter().map(|c| format!("{OPEN}call:{}{}{CLOSE}", c.name, notation(&c.arguments))).collect()
    }

    /// None: the quotation marks are special tokens, and JSON grammars don't apply.
    fn call_grammar(&self, _: &ToolSpec, _: &str) -> Option<CallGrammar> {
        None
    }
}

fn notation(value: &Value) -> String {
    match value {
        Value::String(text) => format!("{QUOTE}{text}{QUOTE}"),
        Value::Array(items) => format!("[{}]", items.iter().map(notation).collect::<Vec<_>>().join(",")),
        Value::Object(map) => {
            let member = |(key, value): (&String, &Value)| format!("{key}:{}", notation(value));
            format!("{{{}}}", map.iter().map(member).collect::<Vec<_>>().join(","))
        }
        scalar => scalar.to_string(),
    }
}

async fn read(io: Io, cx: ParseCx) {
    let prompt = cx.generation_prompt.as_deref().unwrap_or_default();
    if prompt.rfind(THOUGHT.open) > prompt.rfind(THOUGHT.close) {
        think::inside(&io, &THOUGHT, &[OPEN]).await;
    }
    let bare: Vec<String> = cx.tools.iter().map(|tool| format!("call:{}{{", tool.name)).collect();
    let ladder = Ladder::new(&io, &cx, &[OPEN]).with_bare(&bare);
    while let Some(stop) = ladder.text(&[THOUGHT.open, RESPONSE, THOUGHT.close]).await {
        match stop {
            0 => block(&io, &cx, io.position() - OPEN.len()).await,
            1 => {
                // The channel's name.
                io.eat("thought").await;
                think::inside(&io, &THOUGHT, &[OPEN]).await;
            }
            2 | 3 => {}
            bare_call => {
                let from = io.position() - bare[bare_call - 4].len();
                io.seek(from);
                block(&io, &cx, from).await;
            }
        }
    }
}

/// Reads a call that began at offset `from`, behind its mark.
async fn block(io: &Io, cx: &ParseCx, from: usize) {
    io.space().await;
    let marked = io.eat("call:").await;
    let name = io.take_while(|c| !c.is_whitespace() && !matches!(c, '{' | '[' | '<' | '(' | '`')).await;
    io.space().await;
    let start = io.position();
    let none = Value::Object(Map::new());
    if marked && io.looking_at(CLOSE).await && ladder::settled(cx, &name, none, Trust::Rescued).is_ok() {
        io.eat(CLOSE).await;
        return ladder::tell(io, cx, from, (&name, Value::Null));
    }
    match io.peek().await {
        None => return io.cut(from),
        Some('{' | '[' | '`') => {}
        Some(_) => return call::skip_broken(io, from, CLOSE, NOTATION).await,
    }
    let step = match name.is_empty() {
        true => objects(io, cx).await,
        false => {
            if cx.tool(&name).is_some() {
                io.begin_call(&name, from);
            }
            arguments(io, cx, &name, start).await
        }
    };
    match step {
        Ok(steps) => {
            io.space().await;
            io.eat(CLOSE).await;
            steps.into_iter().for_each(|step| io.emit(step));
        }
        Err(_) if io.truncated() && io.peek().await.is_none() => io.cut(from),
        Err(why) => call::skip_broken(io, from, CLOSE, &why).await,
    }
}

/// Calls as JSON objects, as other families write them.
async fn objects(io: &Io, cx: &ParseCx) -> Result<Vec<Step>, String> {
    let fenced = ladder::open_fence(io).await;
    match ladder::calls(io, cx, &[CLOSE], Trust::Rescued).await {
        Found::Calls(calls) => {
            ladder::surplus(io, &[CLOSE], fenced).await;
            Ok(calls)
        }
        Found::Cut => Err("the call does not end".into()),
        _ => Err(NOTATION.into()),
    }
}

/// Arguments in the notation, or as JSON.
async fn arguments(io: &Io, cx: &ParseCx, name: &str, start: usize) -> Result<Vec<Step>, String> {
    let whole = balanced(io).await;
    let notation = whole.then(|| Notation::parse(&io.since(start))).flatten();
    if let Some(arguments) = notation {
        return Ok(vec![ladder::settled(cx, name, arguments, Trust::Marked)?]);
    }
    io.seek(start);
    match ladder::named_call(io, cx, name, &[CLOSE]).await {
        Ok(step) => Ok(vec![step]),
        Err(_) if whole => Err("the arguments cannot be read".into()),
        Err(_) => Err("the call does not end".into()),
    }
}

/// Goes behind the bracket that closes the one at the position; false when none does.
async fn balanced(io: &Io) -> bool {
    let mut depth = 0usize;
    while let Some(stop) = io.until(&[QUOTE, "{", "[", "}", "]"], Sink::Nothing).await {
        match stop {
            0 if io.until(&[QUOTE], Sink::Nothing).await.is_none() => return false,
            0 => {}
            1 | 2 => depth += 1,
            _ => depth = depth.saturating_sub(1),
        }
        if depth == 0 {
            return true;
        }
    }
    false
}

/// A reader of Gemma's notation.
struct Notation<'a> {
    rest: &'a str,
}

impl<'a> Notation<'a> {
    fn parse(text: &'a str) -> Option<Value> {
        let mut this = Notation { rest: text };
        let value = this.value(0)?;
        this.rest.trim().is_empty().then_some(value)
    }

    fn eat(&mut self, token: &str) -> bool {
        self.rest = self.rest.trim_start();
        let rest = self.rest.strip_prefix(token);
        self.rest = rest.unwrap_or(self.rest);
        rest.is_some()
    }

    fn value(&mut self, depth: usize) -> Option<Value> {
        if depth > MAX_DEPTH {
            None
        } else if self.eat("{") {
            self.object(depth)
        } else if self.eat("[") {
            let mut items = Vec::new();
            while !self.eat("]") {
                items.push(self.value(depth + 1)?);
                if !self.eat(",") && !self.rest.starts_with(']') {
                    return None;
                }
            }
            Some(Value::Array(items))
        } else if self.eat(QUOTE) {
            self.quoted().map(|text| Value::String(text.to_owned()))
        } else {
            self.bare()
        }
    }

    fn object(&mut self, depth: usize) -> Option<Value> {
        let mut map = Map::new();
        while !self.eat("}") {
            let key = match self.eat(QUOTE) {
                true => self.quoted()?,
                false if self.rest.starts_with('\'') => return None,
                // A key may hold spaces, but nothing of the notation.
                false => {
                    let end = self.rest.find([':', ',', '{', '}', '[', ']'])?;
                    let (key, rest) = self.rest.split_at(end);
                    self.rest = rest;
                    key.trim().trim_matches('"')
                }
            };
            if !self.eat(":") {
                return None;
            }
            let value = self.value(depth + 1)?;
            map.insert(key.to_owned(), value);
            if !self.eat(",") && !self.rest.starts_with('}') {
                return None;
            }
        }
        Some(Value::Object(map))
    }

    /// The rest of a string, behind its opening quotation mark.
    fn quoted(&mut self) -> Option<&'a str> {
        let (text, rest) = self.rest.split_once(QUOTE)?;
        self.rest = rest;
        Some(text)
    }

    /// A number, a literal, a string in ordinary quotation marks, or one without any.
    fn bare(&mut self) -> Option<Value> {
        if self.rest.starts_with('"') {
            let mut values = serde_json::Deserializer::from_str(self.rest).into_iter::<Value>();
            let value = values.next()?.ok()?;
            self.rest = &self.rest[values.byte_offset()..];
            return Some(value);
        }
        if self.rest.starts_with('\'') {
            return None;
        }
        let end = self.rest.find([',', '}', ']'])?;
        let (text, rest) = self.rest.split_at(end);
        self.rest = rest;
        Some(match text.trim() {
            "" => return None,
            "True" => Value::Bool(true),
            "False" => Value::Bool(false),
            "None" => Value::Null,
            text => serde_json::from_str(text).unwrap_or_else(|_| Value::String(text.to_owned())),
        })
    }
}
