//! A GGUF embedding model: a context of its own on a thread of its own, which reads several texts at once and keeps
//! nothing.

use crate::engine::{backend, load_model};
use async_trait::async_trait;
use llama_cpp_2::context::LlamaContext;
use llama_cpp_2::context::params::{LlamaContextParams, LlamaPoolingType};
use llama_cpp_2::llama_batch::LlamaBatch;
use llama_cpp_2::model::{LlamaModel, params::LlamaModelParams};
use llama_cpp_2::token::LlamaToken;
use polymath_model::embed::{EmbedError, Embedder, EmbedderInfo, Embeddings};
use polymath_model::engine::EngineError;
use std::num::NonZeroU32;
use std::path::PathBuf;
use std::sync::mpsc;
use tokio::sync::oneshot;

/// Tokens of one evaluation, and of one text: what reads in both directions is evaluated in one piece.
const LONGEST: usize = 2048;
/// Texts of one evaluation.
const SIDE_BY_SIDE: usize = 16;

/// How the vectors of a text's tokens become one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pooling {
    Mean,
    /// That of the first token.
    Cls,
    /// That of the last token.
    Last,
}

/// What to load.
pub struct EmbedderOptions {
    pub path: PathBuf,
    pub name: String,
    /// For files that do not say themselves.
    pub pooling: Option<Pooling>,
    /// Layers kept on a GPU, where the build has one.
    pub gpu_layers: u32,
}

/// An embedding model, loaded. Its thread ends when it is dropped.
pub struct LlamaEmbedder {
    info: EmbedderInfo,
    orders: mpsc::Sender<Order>,
}

struct Order {
    texts: Vec<String>,
    answer: oneshot::Sender<Result<Embeddings, EmbedError>>,
}

impl LlamaEmbedder {
    /// Loads a model file. Blocks for the time of the load.
    ///
    /// # Errors
    /// `Load`, also for a model that makes no vectors of texts: one that writes, or that ranks.
    pub fn load(options: EmbedderOptions) -> Result<Self, EngineError> {
        let failed = |why: String| EngineError::Load { path: options.path.display().to_string(), why };
        let backend = backend()?;
        let parameters = LlamaModelParams::default().with_n_gpu_layers(options.gpu_layers);
        let model = load_model(backend, &options.path, &parameters).map_err(failed)?;
        let pooling = pooling(&model, options.pooling).map_err(failed)?;
        let context = LONGEST.min(model.n_ctx_train() as usize);
        let dimensions = usize::try_from(model.n_embd_out()).unwrap_or_default();
        let info = EmbedderInfo { name: options.name, dimensions, context };
        let (orders, inbox) = mpsc::channel::<Order>();
        let (ready, is_ready) = mpsc::channel();
        let run = move || match model.new_context(backend, parameters_of(context, pooling)) {
            Ok(llama) => {
                let _ = ready.send(Ok(()));
                let mut reader = Reader { batch: LlamaBatch::new(context, 1), llama, model: &model, context };
                for Order { texts, answer } in inbox {
                    let result = reader.embed(&texts, &answer);
                    let _ = answer.send(result);
                }
            }
            Err(e) => {
                let _ = ready.send(Err(e.to_string()));
            }
        };
        std::thread::Builder::new()
            .name("embeddings".into())
            .spawn(run)
            .map_err(|e| EngineError::Failed(format!("cannot start the embedding model's thread: {e}")))?;
        let started = is_ready.recv().unwrap_or_else(|_| Err("its thread died at its start".into()));
        started.map_err(|why| failed(format!("no context for embeddings ({why})")))?;
        Ok(LlamaEmbedder { info, orders })
    }
}

/// How the file says that vectors are pooled, or what is asked for.
fn pooling(model: &LlamaModel, asked: Option<Pooling>) -> Result<LlamaPoolingType, String> {
    if let Some(asked) = asked {
        return Ok(match asked {
            Pooling::Mean => LlamaPoolingType::Mean,
            Pooling::Cls => LlamaPoolingType::Cls,
            Pooling::Last => LlamaPoolingType::Last,
        });
    }
    let architecture = model.meta_val_str("general.architecture").unwrap_or_default();
    let said = model.meta_val_str(&format!("{architecture}.pooling_type")).ok();
    match said.and_then(|said| said.parse::<i32>().ok()).map(LlamaPoolingType::from) {
        Some(known @ (LlamaPoolingType::Mean | LlamaPoolingType::Cls | LlamaPoolingType::Last)) => Ok(known),
        Some(LlamaPoolingType::Rank) => Err("it ranks texts and makes no embeddings; give an embedding model".into()),
        _ => Err("its header names no pooling, as that of an embedding model does; give one of those, or say how its \
                  vectors are pooled with --embedding-pooling"
            .into()),
    }
}

fn parameters_of(context: usize, pooling: LlamaPoolingType) -> LlamaContextParams {
    let threads = std::thread::available_parallelism().map_or(2, |n| n.get()) as i32;
    LlamaContextParams::default()
        .with_n_ctx(NonZeroU32::new(context as u32))
        .with_n_batch(context as u32)
        .with_n_ubatch(context as u32)
        .with_n_seq_max(SIDE_BY_SIDE as u32)
        .with_kv_unified(true)
        .with_embeddings(true)
        .with_pooling_type(pooling)
        .with_n_threads(threads)
        .with_n_threads_batch(threads)
}

struct Reader<'a> {
    llama: LlamaContext<'a>,
    batch: LlamaBatch<'a>,
    model: &'a LlamaModel,
    context: usize,
}

impl Reader<'_> {
    /// The vectors of these texts; given up where nobody waits for them any more.
    fn embed(
        &mut self,
        texts: &[String],
        answer: &oneshot::Sender<Result<Embeddings, EmbedError>>,
    ) -> Result<Embeddings, EmbedError> {
        let vocab = self.model.vocab();
        let tokens: Vec<Vec<LlamaToken>> =
            texts.iter().map(|text| vocab.tokenize(text.as_bytes(), true, false)).collect();
        for (text, tokens) in tokens.iter().enumerate() {
            match tokens.len() {
                0 => return Err(EmbedError::Failed("an empty text has no tokens; send at least a word".into())),
                need if need > self.context => return Err(EmbedError::TooLong { text, need, have: self.context }),
                _ => {}
            }
        }
        let (mut vectors, mut rest) = (Vec::with_capacity(texts.len()), tokens.as_slice());
        while !rest.is_empty() && !answer.is_closed() {
            let mut room = self.context;
            let fits = |tokens: &&Vec<LlamaToken>| match room.checked_sub(tokens.len()) {
                Some(left) => {
                    room = left;
                    true
                }
                None => false,
            };
            let count = rest.iter().take(SIDE_BY_SIDE).take_while(fits).count();
            let (now, later) = rest.split_at(count);
            vectors.extend(self.read(now)?);
            rest = later;
        }
        Ok(Embeddings { vectors, tokens: tokens.iter().map(Vec::len).sum() })
    }

    /// One evaluation: a sequence for each text.
    fn read(&mut self, texts: &[Vec<LlamaToken>]) -> Result<Vec<Vec<f32>>, EmbedError> {
        let failed = |what: &str, why: String| EmbedError::Failed(format!("llama.cpp cannot {what}: {why}"));
        self.batch.clear();
        // Encoders have none.
        self.llama.clear_kv_cache();
        for (sequence, tokens) in texts.iter().enumerate() {
            for (position, token) in tokens.iter().enumerate() {
                let added = self.batch.add(*token, position as i32, &[sequence as i32], true);
                added.map_err(|e| failed("take the texts", e.to_string()))?;
            }
        }
        self.llama.decode(&mut self.batch).map_err(|e| failed("read the texts", e.to_string()))?;
        let vector = |sequence| {
            let raw = self.llama.embeddings_seq_ith(sequence as i32);
            raw.map(normal).map_err(|e| failed("tell a text's vector", e.to_string()))
        };
        (0..texts.len()).map(vector).collect()
    }
}

/// The same direction in length 1.
fn normal(vector: &[f32]) -> Vec<f32> {
    let length = vector.iter().map(|x| x * x).sum::<f32>().sqrt();
    let by = if length > 0.0 { length } else { 1.0 };
    vector.iter().map(|x| x / by).collect()
}

#[async_trait]
impl Embedder for LlamaEmbedder {
    fn info(&self) -> &EmbedderInfo {
        &self.info
    }

    async fn embed(&self, texts: Vec<String>) -> Result<Embeddings, EmbedError> {
        let gone = || EmbedError::Failed("the embedding model's thread has died; start the program again".into());
        let (answer, answered) = oneshot::channel();
        self.orders.send(Order { texts, answer }).map_err(|_| gone())?;
        answered.await.map_err(|_| gone())?
    }
}
