//! The engine as the agent sees it: messages in, messages out.

use crate::calls::{self, Decider, Decision};
use crate::compile::Preparing;
use crate::disk::{self, PrefixCache};
use crate::job::{Job, Kind};
use crate::log::{TokenLog, TokenLogs};
use crate::options::{CallStrategy, LlamaOptions};
use crate::prompt::task_prompt;
use crate::reply;
use crate::scheduler::{Scheduler, Setup};
use crate::vocabulary::Vocabulary;
use async_trait::async_trait;
use llama_cpp_2::llama_backend::LlamaBackend;
use llama_cpp_2::model::{LlamaModel, params::LlamaModelParams};
use polymath_chat::{Completion, CompletionError, Message};
use polymath_model::calls::CallWay;
use polymath_model::dialect::{self, Dialect, ParseCx};
use polymath_model::engine::{
    Engine, EngineError, Events, GUIDED_BELOW, ModelInfo, Reply, ReplyRequest, ReplyStop, Sampling, TokenUsage,
    ToolChoice,
};
use polymath_model::template::Template;
use std::path::Path;
use std::sync::{Arc, Mutex, OnceLock};
use tokio_util::sync::CancellationToken;

/// A GGUF model, loaded.
pub struct LlamaEngine {
    info: ModelInfo,
    pub(crate) model: Arc<LlamaModel>,
    pub(crate) template: Arc<Template>,
    pub(crate) vocabulary: Arc<Vocabulary>,
    dialect: &'static dyn Dialect,
    calls: CallStrategy,
    way: CallWay,
    pub(crate) scheduler: Scheduler,
    logs: Mutex<TokenLogs>,
}

/// llama.cpp's global state: once per process.
pub(crate) fn backend() -> Result<&'static LlamaBackend, EngineError> {
    static BACKEND: OnceLock<Result<LlamaBackend, String>> = OnceLock::new();
    BACKEND
        .get_or_init(|| {
            llama_cpp_2::send_logs_to_tracing(llama_cpp_2::LogOptions::default());
            LlamaBackend::init().map_err(|e| e.to_string())
        })
        .as_ref()
        .map_err(|e| EngineError::Failed(format!("llama.cpp does not start: {e}")))
}

impl LlamaEngine {
    /// Loads a model file and starts the thread that decodes. Blocks for the time of the load.
    pub fn load(options: LlamaOptions) -> Result<Self, EngineError> {
        let failed = |why: String| EngineError::Load { path: options.path.display().to_string(), why };
        let backend = backend()?;
        let parameters = LlamaModelParams::default().with_n_gpu_layers(options.gpu_layers);
        let model = load_model(backend, &options.path, &parameters).map_err(failed)?;
        let model = Arc::new(model);
        let context = options.context.min(model.n_ctx_train() as usize);
        if context < 1024 {
            return Err(failed(format!("a context of {context} tokens is too small to work in; give at least 1024")));
        }
        let vocabulary = Arc::new(Vocabulary::new(model.clone()));
        let mut template = Template::new(
            model.meta_val_str("tokenizer.chat_template").ok(),
            vocabulary.special_texts(),
            vocabulary.bos_text(),
            vocabulary.eos_text(),
        )?;
        if let Some(day) = options.today {
            template.set_today(day);
        }
        let guided = options.guided.unwrap_or(model.n_params() < GUIDED_BELOW);
        let way = options.way.unwrap_or(if guided { CallWay::Decided } else { CallWay::Template });
        let mut dialect = options.dialect;
        if way == CallWay::Taught {
            template.teach();
            dialect = dialect::by_name("generic").unwrap_or(dialect);
        }
        let preparing = Preparing::start(vocabulary.clone())?;
        let info = ModelInfo {
            name: options.name.clone(),
            context,
            parameters: model.n_params(),
            dialect: dialect.name(),
            guided,
        };
        let setup = Setup {
            vocabulary: vocabulary.clone(),
            preparing,
            context,
            divisible: !(model.is_recurrent() || model.is_hybrid()),
            speculate: options.speculate,
            disk: options
                .prefix_cache
                .as_ref()
                .and_then(|(root, max_bytes)| open_cache(root, *max_bytes, &options.path)),
        };
        let scheduler = Scheduler::start(backend, model.clone(), setup)?;
        Ok(LlamaEngine {
            info,
            model,
            template: Arc::new(template),
            vocabulary,
            dialect,
            calls: options.calls,
            way,
            scheduler,
            logs: Mutex::default(),
        })
    }

    /// Lets the model write the reply that `log` leads up to, and adds it there.
    async fn write(&self, request: &ReplyRequest<'_>, log: &mut TokenLog) -> Result<Reply, EngineError> {
        let watcher = reply::Watch::new(self.reading(request), self.calls == CallStrategy::Helped, request);
        let collected = watcher.collected();
        let rules = &request.rules;
        let generated = self
            .scheduler
            .run(Job {
                kind: Kind::Conversation,
                prompt: log.tokens().to_vec(),
                fixed: 0,
                constraint: rules.constraint.clone(),
                sampling: request.sampling.clone(),
                max_tokens: rules.max_tokens,
                stop: rules.stop.clone(),
                top_logprobs: rules.top_logprobs,
                watcher: Box::new(watcher),
                cancel: request.cancel.clone(),
            })
            .await?;
        let collected = std::mem::take(&mut *collected.lock().unwrap_or_else(|e| e.into_inner()));
        let message = collected.message();
        let usage =
            TokenUsage { prompt: log.tokens().len(), cached: generated.cached, completion: generated.tokens.len() };
        // A reply cut short is not history: the log stays where it was before it.
        if generated.stop == ReplyStop::End {
            log.push_reply(message.clone(), &generated.tokens);
        }
        let (malformed, stop) = (collected.malformed, generated.stop);
        Ok(Reply { message, malformed, usage, stop, logprobs: generated.logprobs })
    }

    /// What the reader of a reply is told.
    fn reading(&self, request: &ReplyRequest<'_>) -> (&'static dyn Dialect, ParseCx) {
        let cx = ParseCx {
            tools: request.tools.into(),
            model: Some(self.info.name.clone()),
            generation_prompt: self.template.opening(request.messages, request.tools).ok(),
        };
        (self.dialect, cx)
    }

    fn decider<'a>(&'a self, request: &'a ReplyRequest<'a>) -> Decider<'a> {
        Decider { scheduler: &self.scheduler, template: &self.template, vocabulary: &self.vocabulary, request }
    }

    fn logs(&self) -> std::sync::MutexGuard<'_, TokenLogs> {
        self.logs.lock().unwrap_or_else(|e| e.into_inner())
    }
}

/// The prefix cache of this model; a folder that cannot be used is no reason to fail.
fn open_cache(root: &Path, max_bytes: u64, model: &Path) -> Option<PrefixCache> {
    let opened = disk::fingerprint(model).and_then(|fingerprint| PrefixCache::open(root, &fingerprint, max_bytes));
    opened.inspect_err(|e| tracing::warn!("no prefix cache in {}: {e}", root.display())).ok()
}

pub(crate) fn load_model(
    backend: &LlamaBackend,
    path: &Path,
    parameters: &LlamaModelParams,
) -> Result<LlamaModel, String> {
    polymath_model::store::check_gguf(path).map_err(|e| e.to_string())?;
    LlamaModel::load_from_file(backend, path, parameters)
        .map_err(|e| format!("llama.cpp refuses it ({e}); run with RUST_LOG=llama-cpp-2=info to see why"))
}

/// Refuses what could only be ignored.
fn check_steering(sampling: &Sampling, decided: bool, tokens: u32) -> Result<(), EngineError> {
    if let Some((token, _)) = sampling.logit_bias.iter().find(|(token, _)| *token >= tokens) {
        let why = format!("there is no token {token}; this model has {tokens}, from 0 on");
        return Err(EngineError::Unsupported { parameter: "logit_bias", why });
    }
    match sampling.steering().filter(|_| decided) {
        None => Ok(()),
        Some(parameter) => {
            let why = "this model's calls are decided, not drawn; leave it out, or ask without tools (or with \
                       `tool_choice: \"none\"`)";
            Err(EngineError::Unsupported { parameter, why: why.into() })
        }
    }
}

#[async_trait]
impl Engine for LlamaEngine {
    fn info(&self) -> &ModelInfo {
        &self.info
    }

    fn count_tokens(&self, text: &str) -> usize {
        self.vocabulary.tokenize(text).len()
    }

    async fn reply(&self, request: ReplyRequest<'_>) -> Result<Reply, EngineError> {
        let decided = self.calls == CallStrategy::Helped && calls::are_decided(self.way, &request);
        check_steering(&request.sampling, decided, self.vocabulary.size())?;
        if decided && let Decision::Calls(reply) = self.decider(&request).decide().await? {
            return Ok(*reply);
        }
        // A model that is not to call sees no tools: it would call all the same.
        let toolless = decided || request.rules.tool_choice == ToolChoice::None;
        let request = if toolless { ReplyRequest { tools: &[], ..request } } else { request };
        let mut log = self.logs().take(request.conversation, request.messages, request.tools);
        log.extend_to(request.messages, request.tools, &self.template, &self.vocabulary)?;
        let reply = self.write(&request, &mut log).await;
        self.logs().keep(request.conversation, log);
        reply
    }

    async fn complete(
        &self,
        task: Completion,
        cancel: CancellationToken,
        events: Events,
    ) -> Result<String, CompletionError> {
        let mut messages = Vec::new();
        if !task.system.is_empty() {
            messages.push(Message::system(task.system));
        }
        for (asked, replied) in task.examples {
            messages.extend([Message::user(asked), Message::assistant(replied)]);
        }
        messages.push(Message::user(task.prompt));
        let engine_error = |e: EngineError| match e {
            EngineError::Cancelled => CompletionError::Cancelled,
            other => CompletionError::Engine(other.to_string()),
        };
        let prompt = task_prompt(&self.template, &self.vocabulary, messages, &task.prefill);
        let (prompt, fixed) = prompt.map_err(engine_error)?;
        let watcher = reply::Quiet::new(events);
        let generated = self
            .scheduler
            .run(Job {
                kind: Kind::Task,
                prompt,
                fixed,
                constraint: task.constraint,
                sampling: Sampling { temperature: task.temperature, ..Default::default() },
                max_tokens: task.max_tokens,
                stop: task.stop,
                top_logprobs: None,
                watcher: Box::new(watcher),
                cancel,
            })
            .await
            .map_err(engine_error)?;
        match generated.stop {
            ReplyStop::End => Ok(generated.text),
            ReplyStop::Cancelled => Err(CompletionError::Cancelled),
            ReplyStop::Length | ReplyStop::Loop => Err(CompletionError::TooLong(generated.tokens.len())),
        }
    }
}
