//! A request for a chat completion, read strictly where it matters: what is asked for is done, or
//! refused with the field's name. What the engine at hand cannot do of it, it refuses itself. Without effect is
//! every field that is unknown.
//!
//! Source: <https://platform.openai.com/docs/api-reference/chat/create>. Fields that llama-server
//! and vLLM added are read too: `top_k`, `min_p`, `repetition_penalty` (or `repeat_penalty`).

use super::{messages, tools};
use crate::error::ApiError;
use crate::generation::Ask;
use crate::wire::fields::{Fields, wrong};
use crate::wire::tools::{check_schema, is_demand};
use polymath_chat::Constraint;
use polymath_model::engine::{Rules, Sampling};
use serde_json::{Value, json};

/// Stop texts a request may have; OpenAI takes four.
const STOPS: usize = 16;
/// Replies to one request.
const CHOICES: i64 = 16;
/// Tokens that one request may favour or disfavour.
const BIASES: usize = 1024;

#[derive(Debug, Clone, PartialEq)]
pub struct ChatRequest {
    /// Empty when none was named.
    pub model: String,
    pub ask: Ask,
    /// Replies that are wanted.
    pub choices: usize,
    pub stream: bool,
    /// Whether a stream ends with a chunk about tokens.
    pub include_usage: bool,
}

/// What holds where a request does not say.
pub struct Defaults {
    pub sampling: Sampling,
    /// Tokens of a reply.
    pub max_tokens: usize,
}

/// Reads the body of a request.
pub fn read(body: &Value, defaults: &Defaults) -> Result<ChatRequest, ApiError> {
    let fields = Fields::of(body, "")?;
    refuse_unsupported(&fields)?;
    let messages = messages::read(&fields)?;
    let tools = tools::read(&fields)?;
    let tool_choice = tools::choice(&fields, &tools)?;
    let called_for = is_demand(&tool_choice);
    let rules = Rules {
        // Where a call must be made there is no text for a format to hold for.
        constraint: constraint(&fields)?.filter(|_| !called_for),
        tool_choice,
        parallel_calls: fields.flag("parallel_tool_calls")?.unwrap_or(true),
        max_tokens: max_tokens(&fields)?.unwrap_or(defaults.max_tokens),
        stop: stops(&fields)?,
        top_logprobs: top_logprobs(&fields)?,
    };
    let options = fields.object("stream_options")?;
    Ok(ChatRequest {
        model: fields.text("model")?.unwrap_or_default().to_owned(),
        ask: Ask { messages, tools, rules, sampling: sampling(&fields, &defaults.sampling)? },
        choices: fields.integer("n", 1..=CHOICES)?.map_or(1, |n| n as usize),
        stream: fields.flag("stream")?.unwrap_or(false),
        include_usage: options.map_or(Ok(None), |o| o.flag("include_usage"))?.unwrap_or(false),
    })
}

fn refuse_unsupported(fields: &Fields<'_>) -> Result<(), ApiError> {
    for (old, new) in [("functions", "tools"), ("function_call", "tool_choice")] {
        if fields.get(old).is_some() {
            return Err(ApiError::invalid(old, format!("`{old}` is not supported; send `{new}`, which replaced it")));
        }
    }
    for other in ["audio", "prediction", "web_search_options"] {
        if fields.get(other).is_some() {
            return Err(ApiError::invalid(other, format!("`{other}` is not supported; leave it out")));
        }
    }
    Ok(())
}

pub fn sampling(fields: &Fields<'_>, defaults: &Sampling) -> Result<Sampling, ApiError> {
    let number = |name: &str, range| fields.number(name, range).map(|n| n.map(|n| n as f32));
    let penalty = match number("repetition_penalty", 0.01..=10.0)? {
        Some(penalty) => Some(penalty),
        None => number("repeat_penalty", 0.01..=10.0)?,
    };
    // -1 is vLLM's way of saying all.
    let top_k = fields.integer("top_k", -1..=i64::from(u32::MAX))?.map(|k| u32::try_from(k).unwrap_or(0));
    let seed = fields.integer("seed", i64::MIN..=i64::MAX)?;
    Ok(Sampling {
        temperature: number("temperature", 0.0..=2.0)?.unwrap_or(defaults.temperature),
        top_p: number("top_p", 0.0..=1.0)?.unwrap_or(defaults.top_p),
        top_k: top_k.unwrap_or(defaults.top_k),
        min_p: number("min_p", 0.0..=1.0)?.unwrap_or(defaults.min_p),
        repeat_penalty: penalty.unwrap_or(defaults.repeat_penalty),
        dry: defaults.dry,
        presence_penalty: number("presence_penalty", -2.0..=2.0)?.unwrap_or(defaults.presence_penalty),
        frequency_penalty: number("frequency_penalty", -2.0..=2.0)?.unwrap_or(defaults.frequency_penalty),
        logit_bias: logit_bias(fields)?,
        // Who names no seed and asks twice wants two samples.
        seed: seed.map_or_else(rand::random, |s| s as u32),
    })
}

/// `{"1734": -100}`: tokens by their numbers in the vocabulary of the model that is served.
fn logit_bias(fields: &Fields<'_>) -> Result<Vec<(u32, f32)>, ApiError> {
    let Some(value) = fields.get("logit_bias") else { return Ok(Vec::new()) };
    let read = |(token, bias): (&String, &Value)| {
        let bias = bias.as_f64().filter(|bias| (-100.0..=100.0).contains(bias))?;
        Some((token.parse().ok()?, bias as f32))
    };
    let biases: Option<Vec<(u32, f32)>> = value.as_object().and_then(|map| map.iter().map(read).collect());
    biases.filter(|biases| biases.len() <= BIASES).ok_or_else(|| {
        let what = format!("an object of at most {BIASES} token numbers with what is added to each, from -100 to 100");
        wrong("logit_bias", &what, value)
    })
}

fn max_tokens(fields: &Fields<'_>) -> Result<Option<usize>, ApiError> {
    let mut most = None;
    for name in ["max_tokens", "max_completion_tokens"] {
        let given = fields.integer(name, 1..=i64::MAX)?;
        most = given.map(|n| usize::try_from(n).unwrap_or(usize::MAX)).or(most);
    }
    Ok(most)
}

fn stops(fields: &Fields<'_>) -> Result<Vec<String>, ApiError> {
    let what = format!("a string, or an array of at most {STOPS} strings, none of them empty");
    let stop = match fields.get("stop") {
        None => return Ok(Vec::new()),
        Some(Value::String(one)) => Some(vec![one.clone()]),
        Some(Value::Array(many)) => many.iter().map(|s| s.as_str().map(str::to_owned)).collect(),
        Some(_) => None,
    };
    let fitting = stop.filter(|stop| stop.len() <= STOPS && stop.iter().all(|s| !s.is_empty()));
    fitting.ok_or_else(|| wrong("stop", &what, fields.get("stop").unwrap_or(&Value::Null)))
}

fn top_logprobs(fields: &Fields<'_>) -> Result<Option<usize>, ApiError> {
    let wanted = fields.flag("logprobs")?.unwrap_or(false);
    let top = fields.integer("top_logprobs", 0..=20)?;
    match (wanted, top) {
        (false, Some(1..)) => {
            Err(ApiError::invalid("top_logprobs", "`top_logprobs` needs `logprobs`; send `logprobs: true` with it"))
        }
        (false, _) => Ok(None),
        (true, top) => Ok(Some(top.map_or(0, |n| n as usize))),
    }
}

fn constraint(fields: &Fields<'_>) -> Result<Option<Constraint>, ApiError> {
    let Some(format) = fields.object("response_format")? else { return Ok(None) };
    match format.name("type", "text, json_object or json_schema")? {
        "text" => Ok(None),
        "json_object" => Ok(Some(Constraint::JsonSchema(json!({"type": "object"})))),
        "json_schema" => {
            let Some(inner) = format.object("json_schema")? else {
                return Err(format.missing("json_schema", "an object with `name` and `schema`"));
            };
            let Some(schema) = inner.get("schema") else {
                return Err(inner.missing("schema", "a JSON schema; `{\"type\": \"object\"}` allows every object"));
            };
            let name = inner.text("name")?.unwrap_or("response_format");
            check_schema(schema, &inner.path("schema"), &format!("the schema of `{name}`"))?;
            Ok(Some(Constraint::JsonSchema(schema.clone())))
        }
        other => Err(wrong("response_format.type", "text, json_object or json_schema", &json!(other))),
    }
}
