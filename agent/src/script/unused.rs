//! The model of a script that asks none: nothing is loaded for it.

use async_trait::async_trait;
use polymath_chat::{Completion, CompletionError};
use polymath_model::engine::{Engine, EngineError, Events, ModelInfo, Reply, ReplyRequest};
use tokio_util::sync::CancellationToken;

/// Says that it is not there to whoever asks.
pub struct NoModel {
    info: ModelInfo,
}

const WHY: &str = "no model was loaded, since no step of the script asks one";

impl Default for NoModel {
    fn default() -> Self {
        let info = ModelInfo { name: "none".into(), context: 0, parameters: 0, dialect: "generic", guided: false };
        NoModel { info }
    }
}

#[async_trait]
impl Engine for NoModel {
    fn info(&self) -> &ModelInfo {
        &self.info
    }

    fn count_tokens(&self, text: &str) -> usize {
        text.len().div_ceil(4)
    }

    async fn reply(&self, _: ReplyRequest<'_>) -> Result<Reply, EngineError> {
        Err(EngineError::Failed(WHY.into()))
    }

    async fn complete(&self, _: Completion, _: CancellationToken, _: Events) -> Result<String, CompletionError> {
        Err(CompletionError::Engine(WHY.into()))
    }
}
