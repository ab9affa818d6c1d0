//! Short replies held to a constraint.
//!
//! Servers differ in what they can hold a model to, and some pass over it in silence. So a reply is
//! asked for with what this server has, and then checked here, by the same compiler that constrains
//! our own decoding. What does not fit is asked for again, with the reason and the format in words.

use super::ask::Endpoint;
use super::reading::Reading;
use super::server::Kind;
use crate::engine::{EngineError, Events, ReplyStop, Sampling, TokenUsage};
use polymath_chat::{Constraint, Event};
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

/// Times that a reply is asked for until it fits.
const TRIES: usize = 3;
/// Characters of a grammar that is told in words.
const LONGEST_FORMAT: usize = 8000;

/// What is to be written.
#[derive(Clone)]
pub struct Task {
    /// In the API's shape.
    pub messages: Vec<Value>,
    /// What the reply begins with; not part of what is returned.
    pub prefill: String,
    pub constraint: Option<Constraint>,
    pub max_tokens: usize,
    pub sampling: Sampling,
    pub stop: Vec<String>,
    pub cancel: CancellationToken,
    pub events: Events,
}

/// What was written.
#[derive(Debug)]
pub struct Written {
    pub text: String,
    pub usage: TokenUsage,
    pub stop: ReplyStop,
}

impl Endpoint {
    /// Writes a reply that fits its constraint. Cut replies are returned as such.
    pub(super) async fn write(&self, task: &Task) -> Result<Written, EngineError> {
        let Some(constraint) = &task.constraint else { return self.once(task, None).await };
        // A constraint that is wrong is not the server's fault.
        self.compiler.compile(constraint)?;
        if matches!(constraint, Constraint::Lark(_))
            && self.server.kind.continues()
            && let Some(written) = self.steer(task, constraint).await?
        {
            return Ok(written);
        }
        let mut asked = task.clone();
        let mut hold = self.hold(constraint);
        let mut refused = false;
        let mut why = String::new();
        for attempt in 0..TRIES {
            if attempt > 0 || hold.is_none() {
                add_words(&mut asked.messages, &in_words(constraint));
            }
            let written = match self.once(&asked, hold.take()).await {
                // This server cannot hold to it; nothing but the words is left.
                Err(EngineError::Failed(refusal)) if attempt == 0 && is_about_formats(&refusal) => {
                    refused = true;
                    continue;
                }
                other => other?,
            };
            if written.stop != ReplyStop::End {
                return Ok(written);
            }
            match self.fitting(constraint, &written.text) {
                Ok(text) => return Ok(Written { text, ..written }),
                Err(reason) => why = reason,
            }
            asked.messages.push(json!({"role": "assistant", "content": written.text}));
            asked.messages.push(json!({"role": "user", "content": format!("That does not fit: {why}.")}));
            hold = if refused { None } else { self.hold(constraint) };
        }
        let host = self.address.shown();
        Err(EngineError::Failed(format!(
            "the model at {host} does not keep to the format that is needed ({why}, after {TRIES} tries); take another model, or \
             --mode native"
        )))
    }

    /// One request.
    async fn once(&self, task: &Task, hold: Option<(&str, Value)>) -> Result<Written, EngineError> {
        let mut messages = task.messages.clone();
        let continues = !task.prefill.is_empty() && self.server.kind.continues();
        if continues {
            messages.push(json!({"role": "assistant", "content": task.prefill}));
        } else if !task.prefill.is_empty() {
            add_words(
                &mut messages,
                &format!("Begin your reply with exactly this, and go on from there:\n{}", task.prefill),
            );
        }
        // A server's JSON has spaces and line ends that ours has not.
        let spaces = if hold.is_some() { task.max_tokens / 2 + 16 } else { 0 };
        let mut body = self.body(messages, &task.sampling, (task.max_tokens + spaces, &task.stop));
        body.insert("stream".into(), json!(true));
        body.insert("stream_options".into(), json!({"include_usage": true}));
        if continues {
            body.extend(self.going_on());
        }
        if let Some((name, value)) = hold {
            body.insert(name.to_owned(), value);
        }
        let mut reading = Reading::new(None, task.events.clone());
        let read = match self.post(body, &task.cancel).await {
            Ok(response) => self.follow(response, &mut reading, &task.cancel).await,
            Err(failure) => Err(failure),
        };
        let stop = match read {
            Ok(stop) => stop,
            Err(failure) => return Err(self.explain(failure).await),
        };
        reading.end(stop);
        Ok(written(reading, stop, task))
    }

    /// Members of a request that make a server go on with the last message.
    pub(super) fn going_on(&self) -> impl Iterator<Item = (String, Value)> {
        let pairs = match self.server.kind {
            Kind::Vllm | Kind::Sglang => vec![("add_generation_prompt", false), ("continue_final_message", true)],
            _ => Vec::new(),
        };
        pairs.into_iter().map(|(name, value)| (name.to_owned(), json!(value)))
    }

    /// The member of a request that holds this server's model to the constraint, if there is one.
    fn hold(&self, constraint: &Constraint) -> Option<(&'static str, Value)> {
        if self.refuses("response_format") {
            return None;
        }
        let format = |schema: Value| {
            let format = json!({"type": "json_schema", "json_schema": {"name": "reply", "schema": schema}});
            ("response_format", format)
        };
        match constraint {
            Constraint::JsonSchema(schema) => Some(format(schema.clone())),
            Constraint::Choice(choices) if self.server.kind == Kind::LlamaServer => {
                let quoted: Vec<String> = choices.iter().map(|c| Value::from(c.as_str()).to_string()).collect();
                Some(("grammar", json!(format!("root ::= {}", quoted.join(" | ")))))
            }
            Constraint::Choice(choices) => Some(format(json!({
                "type": "object", "properties": {"choice": {"type": "string", "enum": choices}},
                "required": ["choice"], "additionalProperties": false
            }))),
            Constraint::Lark(_) => None,
        }
    }

    /// The reply without what models wrap around it, if it fits; else why not.
    fn fitting(&self, constraint: &Constraint, text: &str) -> Result<String, String> {
        let mut why = "it is empty".to_owned();
        for candidate in unwrapped(constraint, text) {
            match self.compiler.check(constraint, &candidate) {
                Ok(()) => return Ok(candidate),
                Err(reason) => why = reason,
            }
        }
        Err(why)
    }
}

/// What a reading became, its prefill told.
pub fn written(reading: Reading, stop: ReplyStop, task: &Task) -> Written {
    let usage = reading.usage.unwrap_or_default();
    if let Some(ms) = reading.prefill_ms.filter(|_| usage.prompt > 0) {
        let new_tokens = usage.prompt.saturating_sub(usage.cached);
        let _ = task.events.send(Event::Prefill { new_tokens, cached_tokens: usage.cached, ms });
    }
    let text = match reading.text.strip_prefix(task.prefill.as_str()) {
        Some(rest) => rest.to_owned(),
        None => without_prefill(&reading.text, &task.prefill).to_owned(),
    };
    Written { text, usage, stop }
}

/// A reply from where the prefill ends, when the model wrote some of it again.
fn without_prefill<'a>(text: &'a str, prefill: &str) -> &'a str {
    let (trimmed, begun) = (text.trim_start(), prefill.trim_end());
    if let Some(rest) = trimmed.strip_prefix(begun).filter(|_| !begun.is_empty()) {
        return rest.trim_start_matches(' ');
    }
    // The opening of a fence is the one thing that every model repeats.
    let first = begun.lines().next().unwrap_or_default();
    match trimmed.strip_prefix(first).filter(|_| first.starts_with("```")) {
        Some(rest) => rest.trim_start_matches('\n'),
        None => text,
    }
}

/// Whether a refusal is about the schema or grammar that was sent along.
fn is_about_formats(refusal: &str) -> bool {
    let refusal = refusal.to_lowercase();
    ["response_format", "schema", "grammar", "structured", "guided"].iter().any(|w| refusal.contains(w))
}

fn add_words(messages: &mut [Value], words: &str) {
    if let Some(last) = messages.last_mut() {
        let before = last["content"].as_str().unwrap_or_default();
        last["content"] = json!(format!("{before}\n\n{words}"));
    }
}

fn in_words(constraint: &Constraint) -> String {
    let clipped = |text: &str| text.chars().take(LONGEST_FORMAT).collect::<String>();
    match constraint {
        Constraint::JsonSchema(schema) => {
            format!("Reply with JSON and nothing else. It must fit this schema:\n{}", clipped(&schema.to_string()))
        }
        Constraint::Choice(choices) => {
            format!("Reply with one of these lines and nothing else:\n{}", choices.join("\n"))
        }
        Constraint::Lark(grammar) => {
            format!(
                "Reply in exactly the format of this grammar (in Lark's notation), with nothing else:\n{}",
                clipped(grammar)
            )
        }
    }
}

/// The texts that a reply may have been meant as, likeliest first.
fn unwrapped(constraint: &Constraint, text: &str) -> Vec<String> {
    let inner = unfenced(text);
    match constraint {
        Constraint::JsonSchema(_) => {
            let compact = |t: &str| serde_json::from_str::<Value>(t).ok().map(|v| v.to_string());
            let cut = inner.find(['{', '[']).zip(inner.rfind(['}', ']'])).and_then(|(from, to)| inner.get(from..=to));
            compact(inner).or_else(|| cut.and_then(compact)).into_iter().chain([inner.to_owned()]).collect()
        }
        Constraint::Choice(choices) => {
            let said: Option<Value> = serde_json::from_str(inner).ok();
            let said = said.as_ref().and_then(|v| v.get("choice").unwrap_or(v).as_str()).unwrap_or(inner);
            let said = said.trim().trim_matches(['"', '\'', '`', '*', '.']);
            let meant = choices.iter().find(|c| c.trim().eq_ignore_ascii_case(said)).cloned();
            vec![meant.unwrap_or_else(|| said.to_owned())]
        }
        Constraint::Lark(_) => vec![text.to_owned(), text.trim().to_owned(), inner.to_owned()],
    }
}

/// What stands in a fence, when the whole text is one.
fn unfenced(text: &str) -> &str {
    let text = text.trim();
    let body = text.strip_prefix("```").and_then(|t| t.strip_suffix("```")).and_then(|t| t.split_once('\n'));
    body.map_or(text, |(_, body)| body.trim())
}
