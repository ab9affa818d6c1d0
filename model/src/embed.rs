//! What is needed of a model that makes vectors of texts: near ones for texts that mean nearly the same. It
//! writes nothing, so it is no [`Engine`](crate::engine::Engine).

use async_trait::async_trait;

/// Facts about a loaded embedding model.
#[derive(Debug, Clone)]
pub struct EmbedderInfo {
    pub name: String,
    /// Numbers of a vector.
    pub dimensions: usize,
    /// Tokens of one text at most.
    pub context: usize,
}

/// Vectors of length 1, one for each text, in the order of the texts.
#[derive(Debug, Clone, PartialEq)]
pub struct Embeddings {
    pub vectors: Vec<Vec<f32>>,
    /// Tokens of all texts together.
    pub tokens: usize,
}

#[derive(Debug, Clone, thiserror::Error)]
pub enum EmbedError {
    #[error("the text has {need} tokens and the model reads {have} at once; send shorter ones")]
    TooLong {
        /// Which of the texts, from 0 on.
        text: usize,
        need: usize,
        have: usize,
    },
    #[error("{0}")]
    Failed(String),
}

/// A model that makes vectors of texts.
#[async_trait]
pub trait Embedder: Send + Sync {
    fn info(&self) -> &EmbedderInfo;

    /// The vectors of these texts. Dropping the future ends the work.
    async fn embed(&self, texts: Vec<String>) -> Result<Embeddings, EmbedError>;
}
