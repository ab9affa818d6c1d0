//! A model behind an OpenAI-compatible endpoint: llama-server, vLLM, SGLang, Ollama, OpenAI itself.
//!
//! The server keeps weights, template and cache; this side sends whole conversations, reads streams,
//! and holds replies to their constraints as well as that server allows. `address` and `key` say
//! where, `http` how requests are made, `server` what is known of it, `wire` and `reading` translate,
//! `task` and `steer` are for constrained replies. Nothing is logged that was said.

mod address;
mod ask;
mod http;
mod key;
mod reading;
mod server;
mod steer;
mod task;
mod wire;

pub use address::{Address, AddressError};
pub use http::Patience;
pub use key::{Key, KeyError};

use crate::dialect::{self, Dialect, ParseCx, Parser};
use crate::engine::{
    Engine, EngineError, Events, GUIDED_BELOW, ModelInfo, Reply, ReplyRequest, ReplyStop, Sampling, TokenUsage,
    ToolChoice,
};
use ask::Endpoint;
use async_trait::async_trait;
use http::{Failure, Http, refuses_tools};
use polymath_chat::{Completion, CompletionError, Constraint, Event, Message, ToolSpec};
use reading::{Reading, guess_tokens};
use serde_json::{Map, Value, json};
use std::sync::atomic::{AtomicBool, Ordering};
use task::Task;
use tokio_util::sync::CancellationToken;

/// Context of a server that does not say, as hosted ones do not: what their models have at least. One
/// with less refuses what is longer, and tells.
const DEFAULT_CONTEXT: usize = 32_768;

/// Which model, and how to speak to its server.
pub struct RemoteOptions {
    pub address: Address,
    pub key: Option<Key>,
    pub patience: Patience,
}

/// See the module's text.
pub struct RemoteEngine {
    info: ModelInfo,
    endpoint: Endpoint,
    dialect: &'static dyn Dialect,
    /// Whether a program in a fence is a call: a habit of some models, and prose of all others.
    fences_are_calls: bool,
    /// Whether tools are described in the prompt, since the server takes none.
    plain: AtomicBool,
}

impl RemoteEngine {
    /// Looks at the server and its model.
    pub async fn connect(options: RemoteOptions, cancel: &CancellationToken) -> Result<Self, EngineError> {
        let RemoteOptions { address, key, patience } = options;
        let failed = |f: Failure| EngineError::Failed(f.to_string());
        let http = Http::new(&address, key, patience).map_err(failed)?;
        let server = server::discover(&http, &address, cancel).await.map_err(|f| match f {
            Failure::Cancelled => EngineError::Cancelled,
            other => failed(other),
        })?;
        let name = server.model.to_lowercase();
        let coder = if name.contains("qwen2.5") && name.contains("coder") { "qwen2.5-coder" } else { "generic" };
        let dialect = address.dialect.or(dialect::by_name(coder)).unwrap_or(dialect::DIALECTS[0]);
        let info = ModelInfo {
            name: server.model.clone(),
            context: server.context.unwrap_or(DEFAULT_CONTEXT),
            parameters: server.parameters,
            dialect: dialect.name(),
            guided: server.parameters > 0 && server.parameters < GUIDED_BELOW,
        };
        Ok(RemoteEngine {
            info,
            fences_are_calls: address.dialect.is_some() || coder != "generic",
            plain: AtomicBool::new(address.dialect.is_some()),
            endpoint: Endpoint::new(address, http, server)?,
            dialect,
        })
    }

    fn reply_body(&self, request: &ReplyRequest<'_>, plain: bool) -> Map<String, Value> {
        let rules = &request.rules;
        let named = |t: &&ToolSpec| !matches!(&rules.tool_choice, ToolChoice::Named(name) if *name != t.name);
        let tools: Vec<ToolSpec> = request.tools.iter().filter(named).cloned().collect();
        let messages = match plain {
            true if rules.tool_choice == ToolChoice::None => wire::plain_messages(request.messages, &[], self.dialect),
            true => wire::plain_messages(request.messages, &tools, self.dialect),
            false => wire::messages(request.messages, self.endpoint.server.kind),
        };
        let mut body = self.endpoint.body(messages, &request.sampling, (rules.max_tokens, &rules.stop));
        body.insert("stream".into(), json!(true));
        body.insert("stream_options".into(), json!({"include_usage": true}));
        if !plain && !tools.is_empty() {
            body.insert("tools".into(), wire::tools(&tools));
            match rules.tool_choice {
                ToolChoice::Auto => {}
                ToolChoice::None => drop(body.insert("tool_choice".into(), json!("none"))),
                // Named: it is the only one. Not every server knows the form that names it.
                ToolChoice::Required | ToolChoice::Named(_) => {
                    body.insert("tool_choice".into(), json!("required"));
                }
            }
            if !rules.parallel_calls {
                body.insert("parallel_tool_calls".into(), json!(false));
            }
        }
        if let Some(top) = rules.top_logprobs {
            body.insert("logprobs".into(), json!(true));
            body.insert("top_logprobs".into(), json!(top));
        }
        body
    }

    /// Refuses what this server is known to leave out: a request is done as it was asked for, or not at all.
    fn check(&self, request: &ReplyRequest<'_>) -> Result<(), EngineError> {
        let rules = &request.rules;
        let left_out = |parameter: &'static str| {
            let why = format!("{} does not know it; leave it out", self.endpoint.address.shown());
            Err(EngineError::Unsupported { parameter, why })
        };
        let refuses = |name: &str| self.endpoint.refuses(name);
        match rules.top_logprobs {
            Some(_) if rules.constraint.is_some() => {
                let why = "a reply that is held to a format from here comes without them; leave one of the two out";
                return Err(EngineError::Unsupported { parameter: "logprobs", why: why.into() });
            }
            Some(_) if refuses("logprobs") => return left_out("logprobs"),
            Some(1..) if refuses("top_logprobs") => return left_out("top_logprobs"),
            _ => {}
        }
        if !rules.stop.is_empty() && refuses("stop") {
            return left_out("stop");
        }
        // It takes the field and does nothing with it.
        if !request.sampling.logit_bias.is_empty() && self.endpoint.server.kind == server::Kind::Ollama {
            return left_out("logit_bias");
        }
        Ok(())
    }

    fn parser(&self, request: &ReplyRequest<'_>) -> Box<dyn Parser> {
        let mut tools = request.tools.to_vec();
        if request.rules.tool_choice == ToolChoice::None {
            tools.clear();
        }
        if !self.fences_are_calls {
            tools.iter_mut().for_each(|t| t.raw_argument = None);
        }
        let model = Some(self.endpoint.server.model.clone());
        dialect::reader(self.dialect, ParseCx { tools: tools.into(), model, generation_prompt: None })
    }

    /// A free reply. It is asked for again only while nothing of it was passed on.
    async fn stream(&self, request: &ReplyRequest<'_>) -> Result<Reply, EngineError> {
        let mut pause = self.endpoint.http.patience().backoff;
        let mut attempt = 1;
        loop {
            let plain = self.plain.load(Ordering::Relaxed);
            let response = match self.endpoint.post(self.reply_body(request, plain), &request.cancel).await {
                Ok(response) => response,
                Err(Failure::Status { message, .. })
                    if !plain && refuses_tools(&message) && !request.tools.is_empty() =>
                {
                    let text = format!("{message}; the tools are described in the prompt instead");
                    let _ = request.events.send(Event::Notice { text: self.endpoint.http.redacted(&text) });
                    self.plain.store(true, Ordering::Relaxed);
                    continue;
                }
                Err(failure) => return Err(self.endpoint.explain(failure).await),
            };
            let mut reading = Reading::new(Some(self.parser(request)), request.events.clone());
            match self.endpoint.follow(response, &mut reading, &request.cancel).await {
                Ok(stop) => return Ok(self.finished(reading, stop, request)),
                Err(Failure::Broken(_)) if !reading.begun && attempt < self.endpoint.http.patience().tries => {
                    attempt += 1;
                    if let Err(failure) = self.endpoint.http.pause(pause, &request.cancel).await {
                        return Err(self.endpoint.explain(failure).await);
                    }
                    pause *= 2;
                }
                Err(failure) => return Err(self.endpoint.explain(failure).await),
            }
        }
    }

    /// Makes the message. A reply that was cut short has only what is whole.
    fn finished(&self, mut reading: Reading, stop: ReplyStop, request: &ReplyRequest<'_>) -> Reply {
        reading.end(stop);
        let before = request.messages.iter().map(|m| m.calls.len()).sum();
        let mut calls = reading.calls(request.tools, before);
        if stop == ReplyStop::Cancelled {
            calls.clear();
        }
        if let Some(usage) = reading.usage {
            let ms = reading.prefill_ms.unwrap_or(0);
            let new_tokens = usage.prompt.saturating_sub(usage.cached);
            let _ = request.events.send(Event::Prefill { new_tokens, cached_tokens: usage.cached, ms });
        }
        let text = reading.text.trim();
        let guess =
            TokenUsage { completion: guess_tokens(text) + guess_tokens(&reading.reasoning), ..Default::default() };
        Reply {
            usage: reading.usage.unwrap_or(guess),
            message: Message {
                reasoning: (!reading.reasoning.is_empty()).then(|| reading.reasoning.clone()),
                calls,
                ..Message::assistant(text)
            },
            malformed: reading.malformed,
            stop,
            logprobs: reading.logprobs,
        }
    }

    /// A call, since one is demanded and the server did not see to it.
    async fn forced(&self, request: &ReplyRequest<'_>) -> Result<Reply, EngineError> {
        let wanted = |t: &&ToolSpec| !matches!(&request.rules.tool_choice, ToolChoice::Named(name) if *name != t.name);
        let tools: Vec<ToolSpec> = request.tools.iter().filter(wanted).cloned().collect();
        let one = |t: &ToolSpec| {
            json!({"type": "object", "properties": {"name": {"const": t.name}, "arguments": t.parameters},
                "required": ["name", "arguments"], "additionalProperties": false})
        };
        let schema = json!({"anyOf": tools.iter().map(one).collect::<Vec<_>>()});
        let task = self.task(request, &tools, Some(Constraint::JsonSchema(schema)));
        let written = self.endpoint.write(&task).await?;
        let call: Option<Value> = serde_json::from_str(&written.text).ok();
        let mut reading = Reading::new(None, request.events.clone());
        match call.filter(|_| written.stop == ReplyStop::End) {
            Some(call) => reading.take_whole_call(&call),
            // It is a call in our own format, and no text.
            None => {
                let why = "the call is not whole; allow more tokens for it".to_owned();
                reading.malformed.push((written.text, why));
            }
        }
        reading.usage = Some(written.usage);
        Ok(self.finished(reading, written.stop, request))
    }

    fn task(&self, request: &ReplyRequest<'_>, tools: &[ToolSpec], constraint: Option<Constraint>) -> Task {
        Task {
            messages: wire::plain_messages(request.messages, tools, self.dialect),
            prefill: String::new(),
            constraint,
            max_tokens: request.rules.max_tokens,
            sampling: request.sampling.clone(),
            stop: request.rules.stop.clone(),
            cancel: request.cancel.clone(),
            events: request.events.clone(),
        }
    }

    async fn constrained(&self, request: &ReplyRequest<'_>) -> Result<Reply, EngineError> {
        let task = self.task(request, &[], request.rules.constraint.clone());
        let written = self.endpoint.write(&task).await?;
        Ok(Reply {
            message: Message::assistant(written.text),
            malformed: Vec::new(),
            usage: written.usage,
            stop: written.stop,
            logprobs: Vec::new(),
        })
    }
}

#[async_trait]
impl Engine for RemoteEngine {
    fn info(&self) -> &ModelInfo {
        &self.info
    }

    fn count_tokens(&self, text: &str) -> usize {
        guess_tokens(text)
    }

    async fn reply(&self, request: ReplyRequest<'_>) -> Result<Reply, EngineError> {
        if request.cancel.is_cancelled() {
            return Err(EngineError::Cancelled);
        }
        self.check(&request)?;
        if request.rules.constraint.is_some() {
            return self.constrained(&request).await;
        }
        let demanded = matches!(request.rules.tool_choice, ToolChoice::Required | ToolChoice::Named(_));
        if demanded && (self.plain.load(Ordering::Relaxed) || self.endpoint.server.kind.ignores_tool_choice()) {
            return self.forced(&request).await;
        }
        let reply = self.stream(&request).await?;
        // What it does not know shows in its first answer.
        self.check(&request)?;
        if request.rules.top_logprobs.is_some() && reply.logprobs.is_empty() && !reply.message.content.is_empty() {
            let why = format!("{} sends none; leave it out", self.endpoint.address.shown());
            return Err(EngineError::Unsupported { parameter: "logprobs", why });
        }
        // llama-server lets models go their own way whose format it does not know.
        if demanded && reply.message.calls.is_empty() && reply.stop == ReplyStop::End {
            return self.forced(&request).await;
        }
        Ok(reply)
    }

    async fn complete(
        &self,
        task: Completion,
        cancel: CancellationToken,
        events: Events,
    ) -> Result<String, CompletionError> {
        let mut messages = Vec::new();
        if !task.system.is_empty() {
            messages.push(json!({"role": "system", "content": task.system}));
        }
        for (asked, replied) in &task.examples {
            messages.push(json!({"role": "user", "content": asked}));
            messages.push(json!({"role": "assistant", "content": replied}));
        }
        messages.push(json!({"role": "user", "content": task.prompt}));
        let task = Task {
            messages,
            prefill: task.prefill,
            constraint: task.constraint,
            max_tokens: task.max_tokens,
            sampling: Sampling { temperature: task.temperature, ..Sampling::default() },
            stop: task.stop,
            cancel,
            events,
        };
        let written = self.endpoint.write(&task).await.map_err(|e| match e {
            EngineError::Cancelled => CompletionError::Cancelled,
            other => CompletionError::Engine(other.to_string()),
        })?;
        match written.stop {
            ReplyStop::End => Ok(written.text),
            ReplyStop::Cancelled => Err(CompletionError::Cancelled),
            ReplyStop::Length | ReplyStop::Loop => Err(CompletionError::TooLong(written.usage.completion)),
        }
    }
}
