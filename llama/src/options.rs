//! What to load, and how: everything about a GGUF model in this process that a caller may choose.

use chrono::NaiveDate;
use polymath_model::calls::CallWay;
use polymath_model::dialect::Dialect;
use std::path::PathBuf;

/// What to load, and how.
#[derive(Clone)]
pub struct LlamaOptions {
    pub path: PathBuf,
    pub name: String,
    /// Tokens of context; the model's own limit is the upper bound.
    pub context: usize,
    /// The day that templates which write today's date write; `None`: the computer's own.
    pub today: Option<NaiveDate>,
    pub dialect: &'static dyn Dialect,
    /// See [`polymath_model::engine::ModelInfo::guided`]; `None` decides by the number of weights.
    pub guided: Option<bool>,
    /// Layers kept on a GPU, where the build has one.
    pub gpu_layers: u32,
    /// Whether what follows is guessed from what stands in the context. The text is the same.
    pub speculate: bool,
    /// Where evaluated beginnings are kept from run to run, and the bytes they may take.
    pub prefix_cache: Option<(PathBuf, u64)>,
    pub calls: CallStrategy,
    /// How calls are asked for; `None`: decided where the model is guided, by its template elsewhere.
    pub way: Option<CallWay>,
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

impl LlamaOptions {
    /// A model file read with this dialect; everything else as it suits most.
    pub fn new(path: impl Into<PathBuf>, name: impl Into<String>, dialect: &'static dyn Dialect) -> Self {
        LlamaOptions {
            path: path.into(),
            name: name.into(),
            context: DEFAULT_CONTEXT,
            today: None,
            dialect,
            guided: None,
            gpu_layers: 0,
            speculate: true,
            prefix_cache: None,
            calls: CallStrategy::default(),
            way: None,
        }
    }
}

/// Bytes that the prefix cache takes when nobody asks for another number.
pub const DEFAULT_PREFIX_CACHE: u64 = 2 << 30;

/// The tokens of context kept when nobody asks for another number: room for an afternoon's
/// conversation, and half a gigabyte of KV cache for a 1.5B model.
pub const DEFAULT_CONTEXT: usize = 16_384;
