//! What the agent needs of a model, wherever it runs: in this process, behind an HTTP endpoint, or
//! written down beforehand for a test.
//!
//! An engine takes whole messages and gives whole messages; templates, tokens, dialects and caches
//! are its own affair. It promises two things about them: a conversation that only grows is only
//! ever evaluated where it grew, and `complete` leaves the conversation's cache alone.

use async_trait::async_trait;
use polymath_chat::{Completion, CompletionError, Constraint, Event, Message, ToolSpec};
use tokio::sync::mpsc::UnboundedSender;
use tokio_util::sync::CancellationToken;

/// Where an engine tells what it is doing. A closed receiver is not an error.
pub type Events = UnboundedSender<Event>;

/// Weights below which a model is led by the hand (the models of 1.5B and less that were measured
/// fail as free agents).
pub const GUIDED_BELOW: u64 = 4_000_000_000;

/// Facts about a loaded model.
#[derive(Debug, Clone)]
pub struct ModelInfo {
    pub name: String,
    /// Tokens of context that this engine keeps.
    pub context: usize,
    /// Number of weights; 0 when it is not known.
    pub parameters: u64,
    /// Name of the tool-call dialect it is read with.
    pub dialect: &'static str,
    /// Whether the model does better when it is led one small decision at a time.
    pub guided: bool,
}

/// How the next token is picked.
#[derive(Debug, Clone, PartialEq)]
pub struct Sampling {
    /// 0 is greedy.
    pub temperature: f32,
    /// The smallest set of likeliest tokens with this much probability together; 1 is all.
    pub top_p: f32,
    /// So many likeliest tokens; 0 is all.
    pub top_k: u32,
    /// Tokens at least this likely in proportion to the likeliest; 0 is all.
    pub min_p: f32,
    /// Divides the logits of the last tokens; 1 is off.
    pub repeat_penalty: f32,
    /// Strength of the DRY penalty on going on with a passage that stands there already; 0 is off.
    /// Source: <https://github.com/oobabooga/text-generation-webui/pull/5677>.
    pub dry: f32,
    /// Taken off the logit of every token that stands in the reply already; 0 is off.
    pub presence_penalty: f32,
    /// The same once for each time that it stands there; 0 is off.
    pub frequency_penalty: f32,
    /// What is added to the logits of these tokens, by their numbers in the model's vocabulary.
    pub logit_bias: Vec<(u32, f32)>,
    pub seed: u32,
}

impl Default for Sampling {
    fn default() -> Self {
        Sampling {
            temperature: 0.0,
            top_p: 0.95,
            top_k: 0,
            min_p: 0.0,
            repeat_penalty: 1.0,
            dry: 0.0,
            presence_penalty: 0.0,
            frequency_penalty: 0.0,
            logit_bias: Vec::new(),
            seed: 0,
        }
    }
}

impl Sampling {
    /// The first of the parameters in force that OpenAI's API has for steering which words come, by its name there.
    pub fn steering(&self) -> Option<&'static str> {
        match self {
            _ if self.presence_penalty != 0.0 => Some("presence_penalty"),
            _ if self.frequency_penalty != 0.0 => Some("frequency_penalty"),
            _ if !self.logit_bias.is_empty() => Some("logit_bias"),
            _ => None,
        }
    }
}

/// Whether the reply may, must or must not be a call.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum ToolChoice {
    #[default]
    Auto,
    /// The tools are known and none is called.
    None,
    /// At least one call.
    Required,
    /// A call of this tool.
    Named(String),
}

/// What a reply may be.
#[derive(Debug, Clone, PartialEq)]
pub struct Rules {
    /// Restricts the whole reply, which is then plain text.
    pub constraint: Option<Constraint>,
    pub tool_choice: ToolChoice,
    /// Whether one reply may make several calls.
    pub parallel_calls: bool,
    pub max_tokens: usize,
    /// The text ends before the first of these.
    pub stop: Vec<String>,
    /// Log-probabilities of the tokens written, and of so many likeliest ones at each place.
    pub top_logprobs: Option<usize>,
}

impl Rules {
    /// A free reply of at most so many tokens.
    pub fn free(max_tokens: usize) -> Self {
        Rules {
            constraint: None,
            tool_choice: ToolChoice::Auto,
            parallel_calls: true,
            max_tokens,
            stop: Vec::new(),
            top_logprobs: None,
        }
    }
}

/// Asks for the next message of a conversation.
#[derive(Clone)]
pub struct ReplyRequest<'a> {
    /// Requests of one conversation share a token log. Empty when the caller keeps none: then the
    /// conversation that begins in the same way is gone on with.
    pub conversation: &'a str,
    /// The whole conversation; what was there at the last request is not evaluated again.
    pub messages: &'a [Message],
    pub tools: &'a [ToolSpec],
    pub rules: Rules,
    pub sampling: Sampling,
    pub cancel: CancellationToken,
    pub events: Events,
}

/// Why a reply ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReplyStop {
    /// The model was done.
    End,
    /// The token limit came first.
    Length,
    /// The model wrote the same thing over and over.
    Loop,
    Cancelled,
}

/// Tokens a reply took.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct TokenUsage {
    /// All of the prompt.
    pub prompt: usize,
    /// Those of the prompt that were found in a cache.
    pub cached: usize,
    pub completion: usize,
}

/// How likely a written token was, by the model's own distribution (before constraint and sampling).
#[derive(Debug, Clone, PartialEq)]
pub struct TokenLogprob {
    /// The token's bytes; a character may be cut between two tokens.
    pub bytes: Vec<u8>,
    /// Natural logarithm of its probability.
    pub logprob: f32,
    /// The likeliest tokens here, best first.
    pub top: Vec<(Vec<u8>, f32)>,
}

/// The model's next message.
#[derive(Debug, Clone)]
pub struct Reply {
    pub message: Message,
    /// Attempts at calls that could not be read: the raw text and what is wrong with it.
    pub malformed: Vec<(String, String)>,
    pub usage: TokenUsage,
    pub stop: ReplyStop,
    /// Empty unless they were asked for.
    pub logprobs: Vec<TokenLogprob>,
}

#[derive(Debug, Clone, thiserror::Error)]
pub enum EngineError {
    #[error("cannot load {path}: {why}")]
    Load { path: String, why: String },
    #[error(
        "the conversation needs {need} tokens and the context holds {have}; start a new session, ask for less, or give a larger --context"
    )]
    ContextFull { need: usize, have: usize },
    #[error("the model's chat template failed: {0}")]
    Template(String),
    #[error("the constraint does not compile: {0}")]
    Constraint(String),
    /// Something that was asked for cannot be done by this engine, or not together with the rest.
    #[error("`{parameter}` cannot be in effect: {why}")]
    Unsupported {
        /// Its name in OpenAI's API.
        parameter: &'static str,
        why: String,
    },
    #[error("cancelled")]
    Cancelled,
    #[error("{0}")]
    Failed(String),
}

/// A model that answers.
#[async_trait]
pub trait Engine: Send + Sync {
    fn info(&self) -> &ModelInfo;

    /// Length of a text in this model's tokens, or a good guess.
    fn count_tokens(&self, text: &str) -> usize;

    /// The next message of a conversation.
    async fn reply(&self, request: ReplyRequest<'_>) -> Result<Reply, EngineError>;

    /// A short task on a sequence of its own.
    async fn complete(
        &self,
        task: Completion,
        cancel: CancellationToken,
        events: Events,
    ) -> Result<String, CompletionError>;
}
