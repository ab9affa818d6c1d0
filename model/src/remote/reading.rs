//! Puts a reply together from the pieces of a stream.
//!
//! Text goes through a dialect of ours, whether or not the server knows of tools: small models write
//! calls that servers hand on as prose. Calls that the server did recognise come in pieces of their
//! own, in as many ways as there are servers.

use crate::dialect::{Parser, Step, read_arguments};
use crate::engine::{Events, ReplyStop, TokenLogprob, TokenUsage};
use polymath_chat::{Event, ToolCall, ToolSpec, call_id};
use serde_json::Value;

/// A call that the server is telling, piece by piece.
#[derive(Debug, Default)]
struct Partial {
    index: Option<u64>,
    id: String,
    name: String,
    arguments: String,
}

/// A reply so far.
pub struct Reading {
    parser: Option<Box<dyn Parser>>,
    events: Events,
    pub text: String,
    pub reasoning: String,
    /// Calls that stood in the text.
    written: Vec<(String, Value)>,
    partials: Vec<Partial>,
    pub malformed: Vec<(String, String)>,
    pub usage: Option<TokenUsage>,
    /// Milliseconds of prefill, where the server tells them.
    pub prefill_ms: Option<u64>,
    pub finish: Option<ReplyStop>,
    pub logprobs: Vec<TokenLogprob>,
    /// Whether anything was told to anyone.
    pub begun: bool,
}

/// Whether more of the reply is wanted.
#[derive(Debug, PartialEq, Eq)]
pub enum Wanted {
    More,
    Enough,
}

impl Reading {
    /// Without a parser the reply is text, whatever it looks like, and nobody is told of it.
    pub fn new(parser: Option<Box<dyn Parser>>, events: Events) -> Self {
        Reading {
            parser,
            events,
            text: String::new(),
            reasoning: String::new(),
            written: Vec::new(),
            partials: Vec::new(),
            malformed: Vec::new(),
            usage: None,
            prefill_ms: None,
            finish: None,
            logprobs: Vec::new(),
            begun: false,
        }
    }

    /// Takes one chunk of a stream, or a whole answer. An error when the server reports one.
    pub fn take(&mut self, chunk: &Value) -> Result<Wanted, String> {
        if let Some(error) = chunk.get("error").filter(|e| !e.is_null()) {
            return Err(super::http::said(error).unwrap_or_else(|| error.to_string()));
        }
        self.take_usage(chunk);
        let Some(choice) = chunk.pointer("/choices/0") else { return Ok(Wanted::More) };
        let delta = choice.get("delta").or_else(|| choice.get("message")).unwrap_or(&Value::Null);
        let reasoning = delta.get("reasoning_content").filter(|r| !r.is_null()).or_else(|| delta.get("reasoning"));
        if let Some(reasoning) = reasoning.and_then(Value::as_str).filter(|r| !r.is_empty()) {
            self.think(reasoning.to_owned());
        }
        let mut wanted = Wanted::More;
        for text in texts(&delta["content"]) {
            wanted = self.read(text);
        }
        for piece in delta["tool_calls"].as_array().into_iter().flatten() {
            self.begun = true;
            self.take_call(piece);
        }
        let tokens = choice.pointer("/logprobs/content").and_then(Value::as_array);
        self.logprobs.extend(tokens.into_iter().flatten().map(logprob));
        match choice["finish_reason"].as_str() {
            None => {}
            Some("length") => self.finish = Some(ReplyStop::Length),
            Some("content_filter") => return Err("its content filter ended the reply".to_owned()),
            Some(_) => self.finish = Some(ReplyStop::End),
        }
        Ok(wanted)
    }

    /// The reply is over.
    pub fn end(&mut self, stop: ReplyStop) {
        let mut steps = Vec::new();
        if let Some(parser) = &mut self.parser {
            parser.finish(stop != ReplyStop::End, &mut steps);
        }
        self.steps(steps);
    }

    /// The reply's calls, numbered on from `before`. Ids are ours: servers leave them out, repeat them,
    /// or give some that other models' templates refuse.
    pub fn calls(&mut self, tools: &[ToolSpec], before: usize) -> Vec<ToolCall> {
        let mut calls = std::mem::take(&mut self.written);
        for partial in std::mem::take(&mut self.partials) {
            let tool = tools.iter().find(|t| t.name == partial.name);
            match read_arguments(tool, &partial.arguments) {
                _ if partial.name.is_empty() => {
                    self.malformed.push((partial.arguments, "the call names no tool".to_owned()));
                }
                Ok(arguments) => calls.push((partial.name, arguments)),
                Err(why) => self.malformed.push((format!("{} {}", partial.name, partial.arguments), why)),
            }
        }
        let numbered = calls.into_iter().enumerate();
        numbered.map(|(i, (name, arguments))| ToolCall { id: call_id(before + i + 1), name, arguments }).collect()
    }

    /// Takes a call that is there as a whole: an object with `name` and `arguments`.
    pub fn take_whole_call(&mut self, call: &Value) {
        self.written.push((call["name"].as_str().unwrap_or_default().to_owned(), call["arguments"].clone()));
    }

    fn read(&mut self, text: &str) -> Wanted {
        if text.is_empty() {
            return Wanted::More;
        }
        self.begun = true;
        let mut steps = Vec::new();
        match &mut self.parser {
            Some(parser) => parser.push(text, &mut steps),
            None => self.text.push_str(text),
        }
        self.steps(steps)
    }

    fn steps(&mut self, steps: Vec<Step>) -> Wanted {
        for step in steps {
            match step {
                // What a small model writes behind a call is a made-up result.
                Step::Text(delta) if !self.written.is_empty() && !delta.trim().is_empty() => return Wanted::Enough,
                Step::Text(delta) => {
                    self.text.push_str(&delta);
                    let _ = self.events.send(Event::Text { delta });
                }
                Step::Reasoning(delta) => self.think(delta),
                Step::CallBegun { .. } => {}
                Step::Call { name, arguments } => self.written.push((name, arguments)),
                Step::Malformed { raw, why } => self.malformed.push((raw, why)),
            }
        }
        Wanted::More
    }

    fn think(&mut self, delta: String) {
        self.begun = true;
        self.reasoning.push_str(&delta);
        if self.parser.is_some() {
            let _ = self.events.send(Event::Reasoning { delta });
        }
    }

    fn take_call(&mut self, piece: &Value) {
        let (index, id) = (piece["index"].as_u64(), piece["id"].as_str().unwrap_or_default());
        let (name, arguments) =
            (piece["function"]["name"].as_str().unwrap_or_default(), &piece["function"]["arguments"]);
        let last = self.partials.len().checked_sub(1);
        let known = match index {
            Some(_) => self.partials.iter().rposition(|p| p.index == index),
            // Without an index, what names a tool begins a call.
            None => last.filter(|_| name.is_empty()),
        };
        // Some servers count every call as the first; then its id is another.
        let known = known.filter(|at| {
            let old = &self.partials[*at];
            id.is_empty() || old.id.is_empty() || old.id == id || name.is_empty()
        });
        let at = known.unwrap_or_else(|| {
            self.partials.push(Partial { index, ..Partial::default() });
            self.partials.len() - 1
        });
        let partial = &mut self.partials[at];
        if partial.id.is_empty() {
            partial.id = id.to_owned();
        }
        // Some repeat the name with every piece; some cut it.
        if partial.name != name && partial.arguments.is_empty() {
            partial.name.push_str(name);
        }
        match arguments {
            Value::String(more) => partial.arguments.push_str(more),
            Value::Null => {}
            whole => partial.arguments = whole.to_string(),
        }
    }

    fn take_usage(&mut self, chunk: &Value) {
        let count = |value: &Value, path: &str| value.pointer(path).and_then(Value::as_u64).map(|n| n as usize);
        if let Some(usage) = chunk.get("usage").filter(|u| u.is_object()) {
            self.usage = Some(TokenUsage {
                prompt: count(usage, "/prompt_tokens").unwrap_or(0),
                cached: count(usage, "/prompt_tokens_details/cached_tokens").unwrap_or(0),
                completion: count(usage, "/completion_tokens").unwrap_or(0),
            });
        }
        if let Some(timings) = chunk.get("timings").filter(|t| t.is_object()) {
            let (new, cached) = (count(timings, "/prompt_n").unwrap_or(0), count(timings, "/cache_n"));
            let told = self.usage.unwrap_or_default();
            self.usage = Some(TokenUsage {
                prompt: told.prompt.max(new + cached.unwrap_or(0)),
                cached: cached.unwrap_or(told.cached),
                completion: count(timings, "/predicted_n").unwrap_or(told.completion),
            });
            self.prefill_ms = timings["prompt_ms"].as_f64().map(|ms| ms as u64);
        }
    }
}

/// A content's texts: one string, or a list of parts.
fn texts(content: &Value) -> Vec<&str> {
    match content {
        Value::String(text) => vec![text],
        Value::Array(parts) => parts.iter().filter_map(|p| p["text"].as_str()).collect(),
        _ => Vec::new(),
    }
}

fn logprob(token: &Value) -> TokenLogprob {
    let top = token["top_logprobs"].as_array().into_iter().flatten();
    TokenLogprob {
        bytes: bytes(token),
        logprob: probability(token),
        top: top.map(|t| (bytes(t), probability(t))).collect(),
    }
}

/// A token's bytes; servers that leave them out give its text.
fn bytes(token: &Value) -> Vec<u8> {
    match token["bytes"].as_array() {
        Some(bytes) => bytes.iter().filter_map(|b| b.as_u64().and_then(|b| u8::try_from(b).ok())).collect(),
        None => token["token"].as_str().unwrap_or_default().as_bytes().to_vec(),
    }
}

fn probability(token: &Value) -> f32 {
    token["logprob"].as_f64().unwrap_or(f64::NEG_INFINITY) as f32
}

/// Tokens of a text, guessed: four letters, or one and a half characters of other scripts.
pub fn guess_tokens(text: &str) -> usize {
    let (letters, others) = text.chars().fold((0, 0), |(a, b), c| if c.is_ascii() { (a + 1, b) } else { (a, b + 1) });
    usize::div_ceil(letters, 4) + usize::div_ceil(others * 2, 3)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use serde_json::json;
    use tokio::sync::mpsc::unbounded_channel;

    /// Feeds pieces of calls and looks at the calls that come of them.
    #[track_caller]
    fn check(pieces: &[Value], want: &[(&str, Value)]) {
        let mut reading = Reading::new(None, unbounded_channel().0);
        for piece in pieces {
            reading.take(&json!({"choices": [{"delta": {"tool_calls": [piece]}}]})).unwrap();
        }
        let got = reading.calls(&[], 4);
        let pairs: Vec<(&str, Value)> = got.iter().map(|c| (c.name.as_str(), c.arguments.clone())).collect();
        assert_eq!(pairs, want, "{:?}", reading.malformed);
        assert!(got.first().is_none_or(|c| c.id == "call00005"), "{got:?}");
    }

    #[test]
    fn calls_are_put_together_from_what_servers_send() {
        let two = [("a", json!({"x": 1})), ("b", json!({"y": 2}))];
        let piece = |index: Value, id: Value, name: Value, arguments: Value| json!({"index": index, "id": id, "function": {"name": name, "arguments": arguments}});
        let (none, empty) = (Value::Null, json!(""));
        // OpenAI's own way: by index, arguments in pieces.
        check(
            &[
                piece(json!(0), json!("i"), json!("a"), empty.clone()),
                piece(json!(0), none.clone(), none.clone(), json!("{\"x\":")),
                piece(json!(1), json!("j"), json!("b"), empty.clone()),
                piece(json!(1), none.clone(), none.clone(), json!("{\"y\":2}")),
                piece(json!(0), none.clone(), none.clone(), json!("1}")),
            ],
            &two,
        );
        // No index, no id, arguments as an object.
        check(
            &[
                piece(none.clone(), none.clone(), json!("a"), json!({"x": 1})),
                piece(none.clone(), none.clone(), json!("b"), json!({"y": 2})),
            ],
            &two,
        );
        // Every call is number 0; the name comes with each piece.
        check(
            &[
                piece(json!(0), json!("i"), json!("a"), json!("{\"x\"")),
                piece(json!(0), json!("i"), json!("a"), json!(":1}")),
                piece(json!(0), json!("j"), json!("b"), json!("{\"y\":2}")),
            ],
            &two,
        );
        check(&[piece(json!(0), empty.clone(), json!("a"), none.clone())], &[("a", json!({}))]);
        check(&[piece(json!(0), empty, json!("a"), json!("{\"x\":"))], &[]);
        check(&[piece(json!(0), none.clone(), none, json!("{}"))], &[]);
    }

    #[test]
    fn the_reasons_of_servers_are_told() {
        let mut reading = Reading::new(None, unbounded_channel().0);
        assert_eq!(reading.take(&json!({"error": {"message": "no memory"}})), Err("no memory".to_owned()));
        assert_eq!(reading.take(&json!({"error": "no memory"})), Err("no memory".to_owned()));
    }
}
