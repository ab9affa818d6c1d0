//! gpt-oss: OpenAI's Harmony. A reply is a sequence of messages, each with a header (role, recipient,
//! channel, type of content) and a body. The channel says what it is: `analysis` is reasoning, `final`
//! and `commentary` are text, and a message to the recipient `functions.NAME` is a call.
//! Source: the format's description, cookbook.openai.com/articles/openai-harmony.

use super::{
    CallGrammar, Dialect, ParseCx, Parser, Step,
    call::spaced,
    grammar,
    json::NoValue,
    ladder::{self, Ladder},
    stream::{Coroutine, Io, Sink},
};
use polymath_chat::{ToolCall, ToolSpec};
use serde_json::json;

const START: &str = "<|start|>";
const CHANNEL: &str = "<|channel|>";
const MESSAGE: &str = "<|message|>";
/// The ends of a message: done, a call, the reply's last.
const ENDS: [&str; 3] = ["<|end|>", "<|call|>", "<|return|>"];
const FUNCTIONS: &str = "functions.";

/// See the module's text.
pub(super) struct GptOss;

impl Dialect for GptOss {
    fn name(&self) -> &'static str {
        "gpt-oss"
    }

    fn parser(&self, cx: ParseCx) -> Box<dyn Parser> {
        Coroutine::boxed(|io| read(io, cx))
    }

    fn call_syntax(&self, calls: &[ToolCall]) -> String {
        let one = |c: &ToolCall| {
            let arguments = spaced(&c.arguments);
            format!(
                "{START}assistant{CHANNEL}commentary to={FUNCTIONS}{} <|constrain|>json{MESSAGE}{arguments}<|call|>",
                c.name
            )
        };
        calls.iter().map(one).collect()
    }

    fn call_grammar(&self, tool: &ToolSpec, _: &str) -> Option<CallGrammar> {
        Some(grammar::json_arguments(tool))
    }
}

/// What a message's header says.
#[derive(Debug, PartialEq, Eq)]
struct Header {
    channel: String,
    recipient: Option<String>,
}

impl Header {
    /// Reads ` to=functions.f<|channel|>commentary <|constrain|>json` and its variants: the recipient
    /// may stand before the channel or behind it.
    fn parse(text: &str) -> Self {
        let word = |rest: &str| {
            let end = rest.find(|c: char| c.is_whitespace() || c == '<').unwrap_or(rest.len());
            rest[..end].to_owned()
        };
        let channel = text.split_once(CHANNEL).map(|(_, rest)| word(rest.trim_start())).unwrap_or_default();
        let recipient = text.split_once("to=").map(|(_, rest)| word(rest)).filter(|r| r != "assistant");
        Header { channel, recipient }
    }
}

async fn read(io: Io, cx: ParseCx) {
    // What the template wrote of the first header.
    let prompt = cx.generation_prompt.as_deref().unwrap_or_default();
    let mut before = prompt.rsplit_once(START).map_or("", |(_, rest)| rest).to_owned();
    if let Some((header, _)) = before.split_once(MESSAGE) {
        let header = Header::parse(header);
        body(&io, &cx, header, 0).await;
        before.clear();
    } else if !before.contains(CHANNEL) && !header_ahead(&io).await {
        prose(&io, &cx, Sink::Text).await;
        before.clear();
    }
    let mut stops = vec![MESSAGE, START];
    stops.extend(ENDS);
    loop {
        io.space().await;
        let from = io.position();
        io.eat(START).await;
        let stop = io.until(&stops, Sink::Nothing).await;
        let text = std::mem::take(&mut before) + &io.since(from);
        match stop {
            Some(0) => body(&io, &cx, Header::parse(&text), from).await,
            // The header is no header. What follows may be one.
            Some(stop) => {
                if stop == 1 {
                    io.seek(io.position() - START.len());
                }
                if io.position() > from + START.len() {
                    io.malformed(from, "this is no message of the format");
                }
            }
            None => {
                let cut = io.since(from);
                if !cut.trim().is_empty() {
                    io.malformed(from, "the reply ended within a message's header");
                }
                return;
            }
        }
    }
}

/// Whether the reply begins as a header does: with a marker, a role or a recipient. Models that lost
/// the format, or were made to, write plain text.
async fn header_ahead(io: &Io) -> bool {
    let start = io.position();
    io.space().await;
    let mut ahead = io.looking_at("to=").await;
    io.take_while(|c| c.is_alphanumeric() || matches!(c, '_' | '.' | '-')).await;
    io.space().await;
    ahead = ahead || io.looking_at("<|").await || io.looking_at("to=").await;
    ahead = ahead || io.peek().await.is_none() && io.since(start).trim().is_empty();
    io.seek(start);
    ahead
}

/// Reads the body of the message that began at offset `from`, to its end.
async fn body(io: &Io, cx: &ParseCx, header: Header, from: usize) {
    match (&header.recipient, header.channel.as_str()) {
        (Some(recipient), _) => recipient_call(io, cx, recipient, from).await,
        (None, "analysis") => prose(io, cx, Sink::Reasoning).await,
        (None, "final" | "commentary" | "") => prose(io, cx, Sink::Text).await,
        (None, other) => {
            prose(io, cx, Sink::Nothing).await;
            io.malformed(from, format!("there is no channel {other:?}"));
        }
    }
}

/// Passes the body on. Messages of one kind are separate paragraphs.
async fn prose(io: &Io, cx: &ParseCx, sink: Sink) {
    io.say(sink, "\n");
    let mut stops = ENDS.to_vec();
    stops.push("<|start|>assistant");
    let ladder = Ladder::new(io, cx, &[]);
    loop {
        let stop = match sink {
            Sink::Text => ladder.text(&stops).await,
            _ => io.until(&stops, sink).await,
        };
        let Some(stop) = stop else { return };
        let marker = stops[stop];
        let behind = io.position();
        if stop == ENDS.len() {
            return io.seek(behind - marker.len());
        }
        // Models write about these markers too. One that ends a message ends the reply, or the next
        // message follows.
        io.space().await;
        if io.peek().await.is_none() || io.looking_at(START).await {
            return;
        }
        io.seek(behind);
        io.say(sink, marker);
    }
}

/// Reads a call of `recipient`.
async fn recipient_call(io: &Io, cx: &ParseCx, recipient: &str, from: usize) {
    let function = recipient.strip_prefix(FUNCTIONS);
    let tool = cx.tool(function.unwrap_or(recipient));
    let raw = tool.and_then(|t| t.raw_argument.clone()).filter(|_| function.is_none());
    let name = match (function, tool) {
        (Some(name), _) => name.to_owned(),
        (None, Some(tool)) => tool.name.clone(),
        (None, None) => {
            prose(io, cx, Sink::Nothing).await;
            return io.malformed(from, format!("the tool {recipient} was not offered"));
        }
    };
    if let Some(argument) = raw {
        return program(io, cx, (name, argument), from).await;
    }
    if tool.is_some() {
        io.begin_call(&name, io.position());
    }
    match ladder::named_call(io, cx, &name, &ENDS).await {
        Ok(step) => {
            io.space().await;
            for end in ENDS {
                io.eat(end).await;
            }
            io.emit(step);
        }
        Err(NoValue::Cut) => io.cut(from),
        Err(NoValue::Bad(why)) => {
            prose(io, cx, Sink::Nothing).await;
            io.malformed(from, why);
        }
    }
}

/// Reads a body that is program text: what the model's built-in Python tool takes.
async fn program(io: &Io, cx: &ParseCx, (name, argument): (String, String), from: usize) {
    let start = io.position();
    prose(io, cx, Sink::Nothing).await;
    if io.truncated() && io.peek().await.is_none() {
        return io.cut(from);
    }
    let text = io.since(start);
    let text = ENDS.iter().fold(text.trim_end(), |text, end| text.strip_suffix(end).unwrap_or(text));
    io.emit(Step::Call { name, arguments: json!({argument: text.trim_end()}) });
}
