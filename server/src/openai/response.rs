//! A reply in OpenAI's shape, whole or in chunks.
//!
//! Sources: <https://platform.openai.com/docs/api-reference/chat/object> and
//! <https://platform.openai.com/docs/api-reference/chat/streaming>. `reasoning_content` is what
//! DeepSeek's API and llama-server call a model's thoughts.

use crate::wire::reply::{has_call, is_cut, rest, text};
use polymath_chat::ToolCall;
use polymath_model::engine::{Reply, ReplyStop, TokenLogprob, TokenUsage};
use serde_json::{Value, json};

/// What all parts of one response have in common.
#[derive(Debug, Clone)]
pub struct Head {
    pub id: String,
    /// Seconds since 1970.
    pub created: i64,
    pub model: String,
}

impl Head {
    pub fn new(model: &str) -> Self {
        let id = format!("chatcmpl-{:032x}", rand::random::<u128>());
        Head { id, created: chrono::Utc::now().timestamp(), model: model.to_owned() }
    }

    fn object(&self, kind: &str, choices: Value) -> Value {
        json!({"id": self.id, "object": kind, "created": self.created, "model": self.model, "choices": choices})
    }

    /// The whole response, of one reply or several.
    pub fn completion(&self, replies: &[Reply]) -> Value {
        let choices = replies.iter().enumerate().map(|(index, reply)| Self::choice(index, reply));
        let mut response = self.object("chat.completion", choices.collect());
        response["usage"] = usage(&together(replies.iter().map(|reply| reply.usage)));
        response
    }

    fn choice(index: usize, reply: &Reply) -> Value {
        let text = text(reply);
        let mut message = json!({
            "role": "assistant",
            "content": if text.is_empty() && has_call(reply) { Value::Null } else { json!(text) },
            "refusal": null,
        });
        if let Some(reasoning) = &reply.message.reasoning {
            message["reasoning_content"] = json!(reasoning);
        }
        if !reply.message.calls.is_empty() {
            message["tool_calls"] = reply.message.calls.iter().map(call).collect();
        }
        json!({
            "index": index,
            "message": message,
            "logprobs": logprobs(reply),
            "finish_reason": finish_reason(reply),
        })
    }

    /// The last chunk of a stream, where it is wanted: the tokens of all replies.
    pub fn usage_chunk(&self, tokens: impl IntoIterator<Item = TokenUsage>) -> Value {
        let mut chunk = self.object("chat.completion.chunk", json!([]));
        chunk["usage"] = usage(&together(tokens));
        chunk
    }
}

/// The chunks of one reply in a stream, made from what its generation tells.
pub struct Chunks {
    head: Head,
    /// Its place among the replies.
    index: usize,
    include_usage: bool,
    demanded: bool,
    /// What was sent already, to send the rest of it at the end.
    text: String,
    reasoning: String,
}

impl Chunks {
    pub fn new(head: Head, index: usize, include_usage: bool, demanded: bool) -> Self {
        Chunks { head, index, include_usage, demanded, text: String::new(), reasoning: String::new() }
    }

    /// The first one. Where a call is demanded there is no text to begin.
    pub fn first(&self) -> Value {
        let content = if self.demanded { Value::Null } else { json!("") };
        self.delta(json!({"role": "assistant", "content": content, "refusal": null}))
    }

    pub fn text(&mut self, delta: &str) -> Value {
        self.text.push_str(delta);
        self.delta(json!({"content": delta}))
    }

    pub fn reasoning(&mut self, delta: &str) -> Value {
        self.reasoning.push_str(delta);
        self.delta(json!({"reasoning_content": delta}))
    }

    /// What is left to say when the reply is there: constrained text comes whole, and so do calls.
    pub fn end(&mut self, reply: &Reply) -> Vec<Value> {
        let mut chunks = Vec::new();
        let reasoning = rest(reply.message.reasoning.as_deref().unwrap_or_default(), &self.reasoning).to_owned();
        if !reasoning.is_empty() {
            chunks.push(self.reasoning(&reasoning));
        }
        let whole = text(reply);
        let text = rest(&whole, &self.text).to_owned();
        if !text.is_empty() {
            chunks.push(self.text(&text));
        }
        for (i, made) in reply.message.calls.iter().enumerate() {
            let mut call = call(made);
            call["index"] = json!(i);
            chunks.push(self.delta(json!({"tool_calls": [call]})));
        }
        chunks.push(self.chunk(json!({}), logprobs(reply), Some(finish_reason(reply))));
        chunks
    }

    fn delta(&self, delta: Value) -> Value {
        self.chunk(delta, Value::Null, None)
    }

    /// Where usage comes at the end, the chunks before it say that they have none.
    fn chunk(&self, delta: Value, logprobs: Value, finish_reason: Option<&str>) -> Value {
        let choice = json!({"index": self.index, "delta": delta, "logprobs": logprobs, "finish_reason": finish_reason});
        let mut chunk = self.head.object("chat.completion.chunk", json!([choice]));
        if self.include_usage {
            chunk["usage"] = Value::Null;
        }
        chunk
    }
}

fn call(call: &ToolCall) -> Value {
    json!({
        "id": call.id,
        "type": "function",
        "function": {"name": call.name, "arguments": call.arguments.to_string()},
    })
}

fn finish_reason(reply: &Reply) -> &'static str {
    let calls = !reply.message.calls.is_empty();
    match reply.stop {
        // More tokens would have brought a further call.
        ReplyStop::Length if !reply.malformed.is_empty() => "length",
        _ if calls => "tool_calls",
        _ if is_cut(reply) => "length",
        _ => "stop",
    }
}

/// What several replies to one prompt took: it was read once.
fn together(replies: impl IntoIterator<Item = TokenUsage>) -> TokenUsage {
    let add = |all: TokenUsage, one: TokenUsage| TokenUsage { completion: all.completion + one.completion, ..all };
    replies.into_iter().reduce(add).unwrap_or_default()
}

fn usage(tokens: &TokenUsage) -> Value {
    json!({
        "prompt_tokens": tokens.prompt,
        "completion_tokens": tokens.completion,
        "total_tokens": tokens.prompt + tokens.completion,
        "prompt_tokens_details": {"cached_tokens": tokens.cached},
    })
}

/// The log-probabilities of a reply's text; those of calls are not told, as nothing of their format is.
fn logprobs(reply: &Reply) -> Value {
    let tokens: &[TokenLogprob] = &reply.logprobs;
    if tokens.is_empty() || text(reply).is_empty() && has_call(reply) {
        return Value::Null;
    }
    let one = |bytes: &[u8], logprob: f32| json!({"token": String::from_utf8_lossy(bytes), "logprob": finite(logprob), "bytes": bytes});
    let content = tokens.iter().map(|token| {
        let mut entry = one(&token.bytes, token.logprob);
        entry["top_logprobs"] = token.top.iter().map(|(bytes, logprob)| one(bytes, *logprob)).collect();
        entry
    });
    json!({"content": content.collect::<Vec<_>>(), "refusal": null})
}

/// JSON has no infinity; OpenAI writes this for tokens that are out of the question.
fn finite(logprob: f32) -> f32 {
    if logprob.is_finite() { logprob } else { -9999.0 }
}
