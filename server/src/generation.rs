//! One reply on its way: the engine writes it in a task of its own, the handlers take what comes.
//! Dropping a generation cancels it, so a client that goes away takes its reply with it.

use futures::future::select_all;
use polymath_chat::{Constraint, Event, Message, ToolSpec};
use polymath_model::engine::{
    Engine, EngineError, Events, Reply, ReplyRequest, ReplyStop, Rules, Sampling, ToolChoice,
};
use std::collections::BTreeMap;
use std::sync::Arc;
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};
use tokio::task::JoinHandle;
use tokio_util::sync::{CancellationToken, DropGuard};

/// What is asked of the engine.
#[derive(Debug, Clone, PartialEq)]
pub struct Ask {
    pub messages: Vec<Message>,
    pub tools: Vec<ToolSpec>,
    pub rules: Rules,
    pub sampling: Sampling,
}

/// What a generation tells, in order.
#[derive(Debug)]
pub enum Progress {
    /// The prompt is read: what could be wrong with it is not.
    Started,
    Text(String),
    Reasoning(String),
    /// The last one.
    Done(Box<Reply>),
    /// The last one.
    Failed(EngineError),
}

/// A reply being written.
pub struct Generation {
    events: UnboundedReceiver<Event>,
    writing: JoinHandle<Result<Reply, EngineError>>,
    over: bool,
    _cancel: DropGuard,
}

impl Generation {
    /// Begins to write. `cancel` ends it, and so does dropping it.
    pub fn start(engine: Arc<dyn Engine>, ask: Ask, cancel: CancellationToken) -> Self {
        let (sender, events) = unbounded_channel();
        let guard = cancel.clone().drop_guard();
        let writing = tokio::spawn(async move { write(engine.as_ref(), ask, cancel, sender).await });
        Generation { events, writing, over: false, _cancel: guard }
    }

    /// What comes next; `None` behind the last. Nothing is lost when the future is dropped.
    pub async fn next(&mut self) -> Option<Progress> {
        if self.over {
            return None;
        }
        while let Some(event) = self.events.recv().await {
            match event {
                Event::Text { delta } => return Some(Progress::Text(delta)),
                Event::Reasoning { delta } => return Some(Progress::Reasoning(delta)),
                Event::Prefill { .. } => return Some(Progress::Started),
                _ => {}
            }
        }
        let result = (&mut self.writing).await;
        self.over = true;
        Some(match result {
            Ok(Ok(reply)) if reply.stop == ReplyStop::Cancelled => Progress::Failed(EngineError::Cancelled),
            Ok(Ok(reply)) => Progress::Done(Box::new(reply)),
            Ok(Err(error)) => Progress::Failed(error),
            Err(panic) => Progress::Failed(EngineError::Failed(format!("the engine failed: {panic}"))),
        })
    }

    /// The whole reply.
    pub async fn finish(mut self) -> Result<Reply, EngineError> {
        loop {
            match self.next().await {
                Some(Progress::Done(reply)) => return Ok(*reply),
                Some(Progress::Failed(error)) => return Err(error),
                Some(_) => {}
                None => return Err(EngineError::Failed("the reply was taken already".into())),
            }
        }
    }
}

/// Replies to one request, side by side. All but the first begin when the prompt is read: from then on it stands
/// in the cache for them. Dropping them cancels them all.
pub struct Generations {
    begun: Vec<Generation>,
    later: Vec<Box<dyn FnOnce() -> Generation + Send>>,
}

impl Generations {
    /// So many replies, each from a seed of its own.
    pub fn start(engine: Arc<dyn Engine>, ask: Ask, count: usize, cancel: CancellationToken) -> Self {
        let further = (1..count as u32).map(|n| {
            let sampling = Sampling { seed: ask.sampling.seed.wrapping_add(n), ..ask.sampling.clone() };
            let (engine, ask, cancel) = (engine.clone(), Ask { sampling, ..ask.clone() }, cancel.child_token());
            Box::new(move || Generation::start(engine, ask, cancel)) as Box<dyn FnOnce() -> Generation + Send>
        });
        let later = further.collect();
        Generations { begun: vec![Generation::start(engine, ask, cancel.child_token())], later }
    }

    /// What comes next of any of them, and of which; `None` behind the last. A failure of one is the end of all.
    /// Nothing is lost when the future is dropped.
    pub async fn next(&mut self) -> Option<(usize, Progress)> {
        let open = self.begun.iter_mut().enumerate().filter(|(_, generation)| !generation.over);
        let next: Vec<_> = open.map(|(i, generation)| Box::pin(async move { (i, generation.next().await) })).collect();
        if next.is_empty() {
            return None;
        }
        let ((i, progress), ..) = select_all(next).await;
        let progress = progress?;
        match &progress {
            Progress::Failed(_) => {
                self.later.clear();
                self.begun.clear();
            }
            _ => self.begun.extend(std::mem::take(&mut self.later).into_iter().map(|begin| begin())),
        }
        Some((i, progress))
    }

    /// The whole replies, in the order of their seeds.
    pub async fn finish(mut self) -> Result<Vec<Reply>, EngineError> {
        let mut replies = BTreeMap::new();
        while let Some((i, progress)) = self.next().await {
            match progress {
                Progress::Done(reply) => drop(replies.insert(i, *reply)),
                Progress::Failed(error) => return Err(error),
                _ => {}
            }
        }
        Ok(replies.into_values().collect())
    }
}

impl From<Generation> for Generations {
    fn from(one: Generation) -> Self {
        Generations { begun: vec![one], later: Vec::new() }
    }
}

/// A constraint holds for text and a call is no text, so an engine takes one or the other. Where
/// the client allows both, the model first writes freely, and what is neither a call nor fits the
/// schema by itself is written again under the constraint. The prompt is read only once.
async fn write(engine: &dyn Engine, ask: Ask, cancel: CancellationToken, events: Events) -> Result<Reply, EngineError> {
    let either = !ask.tools.is_empty() && ask.rules.tool_choice != ToolChoice::None;
    let Some(constraint) = ask.rules.constraint.clone().filter(|_| either) else {
        return reply(engine, &ask, cancel, events).await;
    };
    let free = Ask { rules: Rules { constraint: None, ..ask.rules.clone() }, ..ask.clone() };
    // Text that may be thrown away is not shown.
    let first = reply(engine, &free, cancel.clone(), unbounded_channel().0).await?;
    if !first.message.calls.is_empty() || first.stop == ReplyStop::Cancelled || fits(&first, &constraint) {
        return Ok(first);
    }
    let mut second = reply(engine, &ask, cancel, events).await?;
    second.usage.completion += first.usage.completion;
    Ok(second)
}

fn fits(reply: &Reply, constraint: &Constraint) -> bool {
    let Constraint::JsonSchema(schema) = constraint else { return false };
    let Ok(value) = serde_json::from_str(reply.message.content.trim()) else { return false };
    reply.stop == ReplyStop::End && jsonschema::validator_for(schema).is_ok_and(|v| v.is_valid(&value))
}

async fn reply(
    engine: &dyn Engine,
    ask: &Ask,
    cancel: CancellationToken,
    events: Events,
) -> Result<Reply, EngineError> {
    engine
        .reply(ReplyRequest {
            // Clients send the whole conversation each time and no name for it.
            conversation: "",
            messages: &ask.messages,
            tools: &ask.tools,
            rules: ask.rules.clone(),
            sampling: ask.sampling.clone(),
            cancel,
            events,
        })
        .await
}
