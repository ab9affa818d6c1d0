//! An engine whose replies are counted, whichever door they were asked for at.

use crate::metrics::Metrics;
use async_trait::async_trait;
use polymath_chat::{Completion, CompletionError};
use polymath_model::engine::{Engine, EngineError, Events, ModelInfo, Reply, ReplyRequest, ReplyStop};
use std::sync::Arc;
use std::time::Instant;
use tokio_util::sync::CancellationToken;

pub struct Measured {
    pub engine: Arc<dyn Engine>,
    pub metrics: Metrics,
}

#[async_trait]
impl Engine for Measured {
    fn info(&self) -> &ModelInfo {
        self.engine.info()
    }

    fn count_tokens(&self, text: &str) -> usize {
        self.engine.count_tokens(text)
    }

    async fn reply(&self, request: ReplyRequest<'_>) -> Result<Reply, EngineError> {
        let (_during, began) = (self.metrics.writing(), Instant::now());
        let result = self.engine.reply(request).await;
        let end = match result.as_ref().map(|reply| reply.stop) {
            Ok(ReplyStop::End) => "stop",
            Ok(ReplyStop::Length) => "length",
            Ok(ReplyStop::Loop) => "loop",
            Ok(ReplyStop::Cancelled) | Err(EngineError::Cancelled) => "cancelled",
            Err(_) => "failed",
        };
        self.metrics.replied(end, began.elapsed().as_secs_f64());
        if let Ok(Reply { usage, .. }) = &result {
            self.metrics.tokens("prompt", usage.prompt);
            self.metrics.tokens("cached", usage.cached);
            self.metrics.tokens("completion", usage.completion);
        }
        result
    }

    async fn complete(
        &self,
        task: Completion,
        cancel: CancellationToken,
        events: Events,
    ) -> Result<String, CompletionError> {
        self.engine.complete(task, cancel, events).await
    }
}
