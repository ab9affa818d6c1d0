//! A response as it comes about: its items, one after the other, and the events that tell them. The whole
//! response is what is left when nobody reads the events.

use super::store::Responses;
use crate::error::ApiError;
use crate::generation::Progress;
use crate::wire::reply::{is_cut, rest, text};
use crate::wire::stream::Writer;
use axum::response::sse::Event;
use polymath_chat::{Message, ToolCall};
use polymath_model::engine::{Reply, TokenUsage};
use serde_json::{Value, json};
use std::sync::Arc;

/// What all parts of one response have in common.
pub struct Head {
    id: String,
    /// Seconds since 1970.
    created: i64,
    model: String,
    echo: Value,
}

impl Head {
    pub fn new(model: &str, echo: Value) -> Self {
        Head { id: id("resp"), created: chrono::Utc::now().timestamp(), model: model.to_owned(), echo }
    }
}

pub fn id(kind: &str) -> String {
    format!("{kind}_{:032x}", rand::random::<u128>())
}

/// What of a reply is text, and of which kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Reasoning,
    Message,
}

impl Kind {
    /// The event's name before `.delta` and `.done`.
    fn event(self) -> &'static str {
        match self {
            Kind::Reasoning => "response.reasoning_text",
            Kind::Message => "response.output_text",
        }
    }

    fn part(self, text: &str, annotations: &[Value]) -> Value {
        match self {
            Kind::Reasoning => json!({"type": "reasoning_text", "text": text}),
            Kind::Message => json!({"type": "output_text", "text": text, "annotations": annotations, "logprobs": []}),
        }
    }

    fn item(self, id: &str, status: &str, content: Vec<Value>) -> Value {
        match self {
            Kind::Reasoning => {
                json!({"id": id, "type": "reasoning", "status": status, "summary": [], "content": content})
            }
            Kind::Message => {
                json!({"id": id, "type": "message", "status": status, "role": "assistant", "content": content})
            }
        }
    }
}

/// An item that is being written.
struct Open {
    kind: Kind,
    id: String,
    text: String,
    annotations: Vec<Value>,
}

/// Where a response is kept.
pub struct Keep {
    pub store: Arc<Responses>,
    /// The response before it.
    pub previous: Option<String>,
    /// What was said in the request.
    pub said: Vec<Message>,
}

/// How a response ended.
pub enum End {
    Whole,
    /// A limit came first.
    Cut,
    Failed(String),
}

pub struct Writing {
    head: Head,
    keep: Option<Keep>,
    status: &'static str,
    error: Value,
    usage: Value,
    /// Items that are whole.
    items: Vec<Value>,
    open: Option<Open>,
    /// What was sent already, to send the rest of it at the end.
    text: String,
    reasoning: String,
    /// Events so far.
    events: u64,
}

impl Writing {
    pub fn new(head: Head, keep: Option<Keep>) -> Self {
        Writing {
            head,
            keep,
            status: "in_progress",
            error: Value::Null,
            usage: Value::Null,
            items: Vec::new(),
            open: None,
            text: String::new(),
            reasoning: String::new(),
            events: 0,
        }
    }

    /// The response as far as it is.
    pub fn response(&self) -> Value {
        let incomplete = (self.status == "incomplete").then(|| json!({"reason": "max_output_tokens"}));
        let mut response = json!({
            "id": self.head.id,
            "object": "response",
            "created_at": self.head.created,
            "status": self.status,
            "background": false,
            "error": self.error,
            "incomplete_details": incomplete,
            "model": self.head.model,
            "output": self.items,
            "usage": self.usage,
        });
        if let (Some(response), Value::Object(echo)) = (response.as_object_mut(), self.head.echo.clone()) {
            response.extend(echo);
        }
        response
    }

    pub fn event(&mut self, kind: &str, fields: Value) -> Event {
        let mut data = json!({"type": kind, "sequence_number": self.events});
        self.events += 1;
        if let (Some(data), Value::Object(fields)) = (data.as_object_mut(), fields) {
            data.extend(fields);
        }
        Event::default().event(kind).data(data.to_string())
    }

    /// An event about the response as a whole.
    fn whole(&mut self, kind: &str) -> Event {
        let response = self.response();
        self.event(kind, json!({"response": response}))
    }

    /// More of a text, in the item that is open where it is of this kind.
    fn piece(&mut self, kind: Kind, piece: &str, events: &mut Vec<Event>) {
        if piece.is_empty() {
            return;
        }
        if self.open.as_ref().is_none_or(|open| open.kind != kind) {
            self.close("completed", events);
            let id = id(if kind == Kind::Message { "msg" } else { "rs" });
            let (at, item) = (self.items.len(), kind.item(&id, "in_progress", Vec::new()));
            events.push(self.event("response.output_item.added", json!({"output_index": at, "item": item})));
            let place = json!({"item_id": id, "output_index": at, "content_index": 0, "part": kind.part("", &[])});
            events.push(self.event("response.content_part.added", place));
            self.open = Some(Open { kind, id, text: String::new(), annotations: Vec::new() });
        }
        let Some(open) = &mut self.open else { return };
        open.text.push_str(piece);
        let sent = if kind == Kind::Message { &mut self.text } else { &mut self.reasoning };
        sent.push_str(piece);
        let mut fields =
            json!({"item_id": open.id, "output_index": self.items.len(), "content_index": 0, "delta": piece});
        if kind == Kind::Message {
            fields["logprobs"] = json!([]);
        }
        events.push(self.event(&format!("{}.delta", kind.event()), fields));
    }

    /// Ends the item that is open.
    fn close(&mut self, status: &str, events: &mut Vec<Event>) {
        let Some(Open { kind, id, text, annotations }) = self.open.take() else { return };
        let at = self.items.len();
        let mut fields = json!({"item_id": id, "output_index": at, "content_index": 0, "text": text});
        if kind == Kind::Message {
            fields["logprobs"] = json!([]);
        }
        events.push(self.event(&format!("{}.done", kind.event()), fields));
        let part = kind.part(&text, &annotations);
        let place = json!({"item_id": id, "output_index": at, "content_index": 0, "part": part});
        events.push(self.event("response.content_part.done", place));
        self.item(kind.item(&id, status, vec![part]), events);
    }

    /// An item that is whole.
    fn item(&mut self, item: Value, events: &mut Vec<Event>) {
        let fields = json!({"output_index": self.items.len(), "item": item});
        events.push(self.event("response.output_item.done", fields));
        self.items.push(item);
    }

    /// An item that is begun, which gets its place; it is finished later, whatever comes between.
    pub fn add(&mut self, item: Value, events: &mut Vec<Event>) -> usize {
        let at = self.items.len();
        events.push(self.event("response.output_item.added", json!({"output_index": at, "item": item})));
        self.items.push(item);
        at
    }

    pub fn finish(&mut self, at: usize, item: Value, events: &mut Vec<Event>) {
        events.push(self.event("response.output_item.done", json!({"output_index": at, "item": item})));
        self.items[at] = item;
    }

    /// A message that is whole, with its annotations.
    pub fn say(&mut self, text: &str, annotations: Vec<Value>, events: &mut Vec<Event>) {
        self.piece(Kind::Message, text, events);
        for (i, annotation) in annotations.iter().enumerate() {
            let Some(open) = &self.open else { return };
            let place = json!({
                "item_id": open.id, "output_index": self.items.len(), "content_index": 0, "annotation_index": i,
                "annotation": annotation,
            });
            events.push(self.event("response.output_text.annotation.added", place));
        }
        if let Some(open) = &mut self.open {
            open.annotations = annotations;
        }
        self.close("completed", events);
    }

    fn call(&mut self, call: &ToolCall, events: &mut Vec<Event>) {
        let (id, at, arguments) = (id("fc"), self.items.len(), call.arguments.to_string());
        let item = |status: &str, arguments: &str| {
            let (call_id, name) = (&call.id, &call.name);
            json!({"id": id, "type": "function_call", "status": status, "call_id": call_id, "name": name, "arguments": arguments})
        };
        let begun = json!({"output_index": at, "item": item("in_progress", "")});
        events.push(self.event("response.output_item.added", begun));
        let place = json!({"item_id": id, "output_index": at, "delta": arguments});
        events.push(self.event("response.function_call_arguments.delta", place));
        let place = json!({"item_id": id, "output_index": at, "name": call.name, "arguments": arguments});
        events.push(self.event("response.function_call_arguments.done", place));
        self.item(item("completed", &arguments), events);
    }

    /// What is left to say when the reply is there: constrained text comes whole, and so do calls. Keeps the
    /// response.
    pub fn end(&mut self, reply: &Reply) -> Vec<Event> {
        let mut events = Vec::new();
        let reasoning = rest(reply.message.reasoning.as_deref().unwrap_or_default(), &self.reasoning).to_owned();
        self.piece(Kind::Reasoning, &reasoning, &mut events);
        let whole = text(reply);
        let left = rest(&whole, &self.text).to_owned();
        self.piece(Kind::Message, &left, &mut events);
        // More tokens would have brought more, unless calls were what it wanted to say.
        let cut = is_cut(reply) && (reply.message.calls.is_empty() || !reply.malformed.is_empty());
        let is_last = reply.message.calls.is_empty();
        self.close(if cut && is_last { "incomplete" } else { "completed" }, &mut events);
        for call in &reply.message.calls {
            self.call(call, &mut events);
        }
        if let Some(keep) = &mut self.keep {
            keep.said.push(Message { content: whole, ..reply.message.clone() });
        }
        events.extend(self.over(if cut { End::Cut } else { End::Whole }, reply.usage, None));
        events
    }

    /// The end, whatever it is. What did not fail is kept; `session` is the conversation of our agent's that it
    /// is a turn of.
    pub fn over(&mut self, end: End, tokens: TokenUsage, session: Option<String>) -> Vec<Event> {
        self.usage = usage(&tokens);
        let event = match end {
            End::Whole => {
                self.status = "completed";
                "response.completed"
            }
            End::Cut => {
                self.status = "incomplete";
                "response.incomplete"
            }
            End::Failed(message) => {
                (self.status, self.keep) = ("failed", None);
                self.error = json!({"code": "server_error", "message": message});
                "response.failed"
            }
        };
        let response = self.response();
        if let Some(Keep { store, previous, said }) = self.keep.take() {
            store.keep(previous, said, session, response);
        }
        vec![self.whole(event)]
    }

    pub fn opening(&mut self) -> Vec<Event> {
        vec![self.whole("response.created"), self.whole("response.in_progress")]
    }
}

impl Writer for Writing {
    fn begin(&mut self) -> Vec<Event> {
        self.opening()
    }

    fn write(&mut self, _: usize, progress: Progress) -> Vec<Event> {
        let mut events = Vec::new();
        match progress {
            Progress::Started => {}
            Progress::Text(delta) => self.piece(Kind::Message, &delta, &mut events),
            Progress::Reasoning(delta) => self.piece(Kind::Reasoning, &delta, &mut events),
            Progress::Done(reply) => events = self.end(&reply),
            Progress::Failed(failure) => {
                let message = ApiError::from(failure).message;
                events = self.over(End::Failed(message), TokenUsage::default(), None);
            }
        }
        events
    }
}

fn usage(tokens: &TokenUsage) -> Value {
    json!({
        "input_tokens": tokens.prompt,
        "input_tokens_details": {"cached_tokens": tokens.cached},
        "output_tokens": tokens.completion,
        "output_tokens_details": {"reasoning_tokens": 0},
        "total_tokens": tokens.prompt + tokens.completion,
    })
}
