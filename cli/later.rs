//! A model that is loaded while the user writes the first question: who asks it waits until it is there.

use async_trait::async_trait;
use polymath_chat::{Completion, CompletionError};
use polymath_model::engine::{Engine, EngineError, Events, ModelInfo, Reply, ReplyRequest};
use std::sync::Arc;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

/// Characters of a token, where nobody can count them yet.
const TOKEN: usize = 4;

type Loaded = Result<Arc<dyn Engine>, EngineError>;

pub struct Later {
    info: ModelInfo,
    loaded: watch::Receiver<Option<Loaded>>,
}

impl Later {
    /// Begins to load. `info`: what the model's file says of it.
    pub fn begin(info: ModelInfo, load: impl FnOnce() -> Loaded + Send + 'static) -> Later {
        let (tell, loaded) = watch::channel(None);
        tokio::task::spawn_blocking(move || tell.send(Some(load())));
        Later { info, loaded }
    }

    async fn engine(&self, cancel: &CancellationToken) -> Loaded {
        let mut loaded = self.loaded.clone();
        let loaded = tokio::select! {
            () = cancel.cancelled() => return Err(EngineError::Cancelled),
            loaded = loaded.wait_for(Option::is_some) => loaded.ok().and_then(|loaded| loaded.clone()),
        };
        loaded.unwrap_or_else(|| Err(EngineError::Failed("the model was not loaded".into())))
    }
}

#[async_trait]
impl Engine for Later {
    fn info(&self) -> &ModelInfo {
        &self.info
    }

    fn count_tokens(&self, text: &str) -> usize {
        match &*self.loaded.borrow() {
            Some(Ok(engine)) => engine.count_tokens(text),
            _ => text.len().div_ceil(TOKEN),
        }
    }

    async fn reply(&self, request: ReplyRequest<'_>) -> Result<Reply, EngineError> {
        self.engine(&request.cancel).await?.reply(request).await
    }

    async fn complete(
        &self,
        task: Completion,
        cancel: CancellationToken,
        events: Events,
    ) -> Result<String, CompletionError> {
        let engine = self.engine(&cancel).await.map_err(|error| match error {
            EngineError::Cancelled => CompletionError::Cancelled,
            other => CompletionError::Engine(other.to_string()),
        })?;
        engine.complete(task, cancel, events).await
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use polymath_chat::Message;
    use polymath_model::engine::{Rules, Sampling};
    use polymath_model::scripted::ScriptedEngine;
    use tokio::sync::mpsc::unbounded_channel;

    fn request<'a>(messages: &'a [Message], cancel: &CancellationToken) -> ReplyRequest<'a> {
        ReplyRequest {
            conversation: "",
            messages,
            tools: &[],
            rules: Rules::free(9),
            sampling: Sampling::default(),
            cancel: cancel.clone(),
            events: unbounded_channel().0,
        }
    }

    #[tokio::test]
    async fn who_asks_waits_until_it_is_there() {
        let engine: Arc<dyn Engine> = Arc::new(ScriptedEngine::new(false, vec![Message::assistant("Here I am.")], &[]));
        let (go, wait) = std::sync::mpsc::channel();
        let of = engine.clone();
        let later = Later::begin(engine.info().clone(), move || {
            wait.recv().unwrap();
            Ok(of)
        });
        assert_eq!((later.info().name.as_str(), later.count_tokens("12345678")), (engine.info().name.as_str(), 2));
        let (said, cancel) = ([Message::user("Who?")], CancellationToken::new());
        let (reply, ()) = tokio::join!(later.reply(request(&said, &cancel)), async { go.send(()).unwrap() });
        assert_eq!(reply.unwrap().message.content, "Here I am.");
        assert_eq!(later.count_tokens("12345678"), engine.count_tokens("12345678"));
    }

    #[tokio::test]
    async fn what_cannot_be_loaded_is_told_to_who_asks() {
        let info = ScriptedEngine::new(false, Vec::<Message>::new(), &[]).info().clone();
        let later = Later::begin(info.clone(), || Err(EngineError::Failed("it is no model".into())));
        let (said, cancel) = ([Message::user("Who?")], CancellationToken::new());
        assert_eq!(later.reply(request(&said, &cancel)).await.unwrap_err().to_string(), "it is no model");
        let (_hold, wait) = std::sync::mpsc::channel::<()>();
        let later = Later::begin(info, move || {
            let _ = wait.recv();
            Err(EngineError::Cancelled)
        });
        cancel.cancel();
        assert!(matches!(later.reply(request(&said, &cancel)).await, Err(EngineError::Cancelled)));
    }
}
