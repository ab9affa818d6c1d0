//! A reply in Anthropic's shape, whole or as events. Engines do not tell which stop text ended a reply, so that
//! its `stop_reason` is `end_turn` then.

use super::error;
use crate::error::ApiError;
use crate::generation::Progress;
use crate::wire::reply::{is_cut, rest, text};
use crate::wire::stream::Writer;
use axum::response::sse::Event;
use polymath_chat::ToolCall;
use polymath_model::engine::{Reply, ReplyStop, TokenUsage};
use serde_json::{Value, json};

/// What all parts of one response have in common.
pub struct Head {
    id: String,
    model: String,
}

impl Head {
    pub fn new(model: &str) -> Self {
        Head { id: format!("msg_{:032x}", rand::random::<u128>()), model: model.to_owned() }
    }

    /// The whole response.
    pub fn message(&self, reply: &Reply) -> Value {
        let mut content = Vec::new();
        if let Some(reasoning) = reply.message.reasoning.as_deref().filter(|text| !text.is_empty()) {
            content.push(json!({"type": "thinking", "thinking": reasoning, "signature": ""}));
        }
        let text = text(reply);
        if !text.is_empty() {
            content.push(json!({"type": "text", "text": text}));
        }
        content.extend(reply.message.calls.iter().map(|call| tool_use(call, call.arguments.clone())));
        self.whole(content, json!(stop_reason(reply)), usage(&reply.usage))
    }

    fn whole(&self, content: Vec<Value>, stop_reason: Value, usage: Value) -> Value {
        json!({
            "id": self.id,
            "type": "message",
            "role": "assistant",
            "model": self.model,
            "content": content,
            "stop_reason": stop_reason,
            "stop_sequence": null,
            "usage": usage,
        })
    }
}

fn tool_use(call: &ToolCall, input: Value) -> Value {
    json!({"type": "tool_use", "id": call.id, "name": call.name, "input": input})
}

fn stop_reason(reply: &Reply) -> &'static str {
    match reply.stop {
        // More tokens would have brought a further call.
        ReplyStop::Length if !reply.malformed.is_empty() => "max_tokens",
        _ if !reply.message.calls.is_empty() => "tool_use",
        _ if is_cut(reply) => "max_tokens",
        _ => "end_turn",
    }
}

/// `input_tokens` are those that no cache had.
fn usage(tokens: &TokenUsage) -> Value {
    json!({
        "input_tokens": tokens.prompt.saturating_sub(tokens.cached),
        "cache_creation_input_tokens": 0,
        "cache_read_input_tokens": tokens.cached,
        "output_tokens": tokens.completion,
    })
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Thinking,
    Text,
}

/// The events of a stream: one block after the other, each begun, continued and ended.
pub struct Blocks {
    head: Head,
    /// Blocks so far.
    count: usize,
    open: Option<Kind>,
    /// What was sent already, to send the rest of it at the end.
    text: String,
    reasoning: String,
}

impl Blocks {
    pub fn new(head: Head) -> Self {
        Blocks { head, count: 0, open: None, text: String::new(), reasoning: String::new() }
    }

    fn close(&mut self, events: &mut Vec<Event>) {
        if self.open.take().is_some() {
            events.push(event("content_block_stop", json!({"index": self.count - 1})));
        }
    }

    fn start(&mut self, block: Value, events: &mut Vec<Event>) {
        self.close(events);
        events.push(event("content_block_start", json!({"index": self.count, "content_block": block})));
        self.count += 1;
    }

    /// More of a text, in the block that is open where it is of this kind.
    fn piece(&mut self, kind: Kind, piece: &str, events: &mut Vec<Event>) {
        if piece.is_empty() {
            return;
        }
        let (block, delta, sent) = match kind {
            Kind::Text => {
                (json!({"type": "text", "text": ""}), json!({"type": "text_delta", "text": piece}), &mut self.text)
            }
            Kind::Thinking => (
                json!({"type": "thinking", "thinking": "", "signature": ""}),
                json!({"type": "thinking_delta", "thinking": piece}),
                &mut self.reasoning,
            ),
        };
        sent.push_str(piece);
        if self.open != Some(kind) {
            self.start(block, events);
            self.open = Some(kind);
        }
        events.push(event("content_block_delta", json!({"index": self.count - 1, "delta": delta})));
    }

    /// What is left to say when the reply is there: constrained text comes whole, and so do calls.
    fn end(&mut self, reply: &Reply) -> Vec<Event> {
        let mut events = Vec::new();
        let reasoning = rest(reply.message.reasoning.as_deref().unwrap_or_default(), &self.reasoning).to_owned();
        self.piece(Kind::Thinking, &reasoning, &mut events);
        let left = rest(&text(reply), &self.text).to_owned();
        self.piece(Kind::Text, &left, &mut events);
        for call in &reply.message.calls {
            self.start(tool_use(call, json!({})), &mut events);
            let delta = json!({"type": "input_json_delta", "partial_json": call.arguments.to_string()});
            events.push(event("content_block_delta", json!({"index": self.count - 1, "delta": delta})));
            events.push(event("content_block_stop", json!({"index": self.count - 1})));
        }
        self.close(&mut events);
        let delta = json!({"stop_reason": stop_reason(reply), "stop_sequence": null});
        events.push(event("message_delta", json!({"delta": delta, "usage": usage(&reply.usage)})));
        events.push(event("message_stop", json!({})));
        events
    }
}

impl Writer for Blocks {
    /// How many tokens the prompt has is known at the end.
    fn begin(&mut self) -> Vec<Event> {
        let message = self.head.whole(Vec::new(), Value::Null, usage(&TokenUsage::default()));
        vec![event("message_start", json!({"message": message}))]
    }

    fn write(&mut self, _: usize, progress: Progress) -> Vec<Event> {
        let mut events = Vec::new();
        match progress {
            Progress::Started => events.push(event("ping", json!({}))),
            Progress::Text(delta) => self.piece(Kind::Text, &delta, &mut events),
            Progress::Reasoning(delta) => self.piece(Kind::Thinking, &delta, &mut events),
            Progress::Done(reply) => events = self.end(&reply),
            Progress::Failed(failure) => {
                events.push(Event::default().event("error").data(error::body(&ApiError::from(failure)).to_string()));
            }
        }
        events
    }
}

/// An event, whose name stands in its data as well.
fn event(name: &str, fields: Value) -> Event {
    let mut data = json!({"type": name});
    if let (Some(data), Value::Object(fields)) = (data.as_object_mut(), fields) {
        data.extend(fields);
    }
    Event::default().event(name).data(data.to_string())
}
