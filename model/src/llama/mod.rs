//! GGUF models in this process, through llama.cpp.
//!
//! `mod.rs` is the engine as the agent sees it: messages in, messages out, one token log a
//! conversation. `worker.rs` is the thread that owns the context and decodes; `vocabulary.rs` knows
//! the tokens; `sample.rs` picks the next one; `log.rs` is the append-only token log.

mod log;
mod reply;
mod sample;
mod vocabulary;
mod worker;

use crate::constrain::Compiler;
use crate::dialect::Dialect;
use crate::engine::{Engine, EngineError, Events, ModelInfo, Reply, ReplyRequest, ReplyStop, TokenUsage};
use crate::template::Template;
use async_trait::async_trait;
use llama_cpp_2::llama_backend::LlamaBackend;
use llama_cpp_2::model::{LlamaModel, params::LlamaModelParams};
use log::TokenLog;
use polymath_chat::{Completion, CompletionError, Message};
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, OnceLock};
use tokio_util::sync::CancellationToken;
use vocabulary::Vocabulary;
use worker::{Job, Slot, Worker};

/// What to load, and how.
#[derive(Clone)]
pub struct LlamaOptions {
    pub path: PathBuf,
    pub name: String,
    /// Tokens of context; the model's own limit is the upper bound.
    pub context: usize,
    pub dialect: &'static dyn Dialect,
    /// See [`ModelInfo::guided`]; `None` decides by the number of weights.
    pub guided: Option<bool>,
    /// Layers kept on a GPU, where the build has one.
    pub gpu_layers: u32,
    pub calls: CallStrategy,
}

/// How much help a model gets with its calls.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum CallStrategy {
    /// Calls are held to their schemas once they have begun.
    #[default]
    Helped,
    /// The model's template and its dialect's reader, nothing else: what an engine without any help
    /// makes of the model. For comparison.
    Plain,
}

/// The tokens of context kept when nobody asks for another number: room for an afternoon's
/// conversation, and half a gigabyte of KV cache for a 1.5B model.
pub const DEFAULT_CONTEXT: usize = 16_384;

/// Below this a model is led by the hand (the models of 1.5B and less that were measured fail as
/// free agents).
const GUIDED_BELOW: u64 = 4_000_000_000;

/// A GGUF model, loaded.
pub struct LlamaEngine {
    info: ModelInfo,
    template: Arc<Template>,
    vocabulary: Arc<Vocabulary>,
    dialect: &'static dyn Dialect,
    calls: CallStrategy,
    worker: Worker,
    logs: Mutex<HashMap<String, TokenLog>>,
}

/// llama.cpp's global state: once per process.
fn backend() -> Result<&'static LlamaBackend, EngineError> {
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
        let template = Arc::new(Template::new(
            model.meta_val_str("tokenizer.chat_template").ok(),
            vocabulary.special_texts(),
            vocabulary.bos_text(),
            vocabulary.eos_text(),
        )?);
        let compiler = Compiler::new(&vocabulary.tok_env())?;
        let info = ModelInfo {
            name: options.name.clone(),
            context,
            parameters: model.n_params(),
            dialect: options.dialect.name(),
            guided: options.guided.unwrap_or(model.n_params() < GUIDED_BELOW),
        };
        let worker = Worker::start(backend, model, vocabulary.clone(), compiler, context)?;
        Ok(LlamaEngine {
            info,
            template,
            vocabulary,
            dialect: options.dialect,
            calls: options.calls,
            worker,
            logs: Mutex::new(HashMap::new()),
        })
    }

    fn take_log(&self, conversation: &str) -> TokenLog {
        self.logs.lock().unwrap_or_else(|e| e.into_inner()).remove(conversation).unwrap_or_default()
    }

    fn keep_log(&self, conversation: &str, log: TokenLog) {
        self.logs.lock().unwrap_or_else(|e| e.into_inner()).insert(conversation.to_owned(), log);
    }
}

fn load_model(backend: &LlamaBackend, path: &Path, parameters: &LlamaModelParams) -> Result<LlamaModel, String> {
    crate::store::check_gguf(path).map_err(|e| e.to_string())?;
    LlamaModel::load_from_file(backend, path, parameters)
        .map_err(|e| format!("llama.cpp refuses it ({e}); run with RUST_LOG=llama-cpp-2=info to see why"))
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
        let mut log = self.take_log(request.conversation);
        log.extend_to(request.messages, request.tools, &self.template, &self.vocabulary)?;
        let prompt = log.tokens().len();
        let watcher = reply::Watch::new(self.dialect, &request, self.calls == CallStrategy::Helped);
        let collected = watcher.collected();
        let generated = self
            .worker
            .run(Job {
                slot: Slot::Conversation,
                prompt: log.tokens().to_vec(),
                constraint: request.rules.constraint.clone(),
                sampling: request.sampling.clone(),
                max_tokens: request.rules.max_tokens,
                stop: request.rules.stop.clone(),
                watcher: Box::new(watcher),
                cancel: request.cancel.clone(),
            })
            .await;
        let generated = match generated {
            Ok(generated) => generated,
            Err(error) => {
                self.keep_log(request.conversation, log);
                return Err(error);
            }
        };
        let collected = std::mem::take(&mut *collected.lock().unwrap_or_else(|e| e.into_inner()));
        let message = collected.message();
        // A reply cut short is not history: the log stays where it was before it.
        if generated.stop == ReplyStop::End {
            log.push_reply(message.clone(), &generated.tokens);
        }
        self.keep_log(request.conversation, log);
        let usage = TokenUsage { prompt, cached: generated.cached, completion: generated.tokens.len() };
        Ok(Reply { message, malformed: collected.malformed, usage, stop: generated.stop, logprobs: Vec::new() })
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
        messages.push(Message::user(task.prompt));
        let engine_error = |e: EngineError| match e {
            EngineError::Cancelled => CompletionError::Cancelled,
            other => CompletionError::Engine(other.to_string()),
        };
        let mut prompt = self.template.render(&messages, &[]).map_err(engine_error)?;
        prompt.push_str(&task.prefill);
        let watcher = reply::Quiet::new(events);
        let generated = self
            .worker
            .run(Job {
                slot: Slot::Task,
                prompt: self.vocabulary.tokenize_prompt(&prompt),
                constraint: task.constraint,
                sampling: crate::engine::Sampling { temperature: task.temperature, ..Default::default() },
                max_tokens: task.max_tokens,
                stop: task.stop,
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
