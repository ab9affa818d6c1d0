//! The loop: model, dispatcher, results, model, until there is an answer.

use crate::dispatch::{CallLimits, Dispatch, Outcome, Repeats};
use crate::ground::{Grounded, ground};
use crate::guide::Guide;
use crate::native::Native;
use async_trait::async_trait;
use polymath_chat::{
    Artifact, Completer, Completion, CompletionError, Event, Message, Source, Stop, Table, ToolOutput,
};
use polymath_model::engine::{Engine, Events, Sampling};
use polymath_tools::{CallCx, Registry};
use serde::{Deserialize, Serialize};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio_util::sync::CancellationToken;

/// Who decides what happens next.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Mode {
    /// As suits the model.
    Auto,
    /// The model writes its own calls.
    Native,
    /// The model is led one small decision at a time.
    Guided,
}

/// How a turn is run.
#[derive(Debug, Clone)]
pub struct Settings {
    pub mode: Mode,
    pub max_steps: u32,
    pub deadline: Duration,
    pub sampling: Sampling,
    pub limits: CallLimits,
    /// Where artifacts go; made when it is first needed.
    pub out: PathBuf,
}

/// A conversation: what was said, and what was found out.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Chat {
    pub id: String,
    pub messages: Vec<Message>,
    /// Opened pages; a citation `[n]` is the n-th.
    pub sources: Vec<Source>,
    pub tables: Vec<Table>,
    pub artifacts: Vec<Artifact>,
    /// Files that the user gave.
    #[serde(default)]
    pub files: Vec<PathBuf>,
    /// The short protocol that a guided model's decisions are made on.
    pub decisions: Vec<Message>,
}

impl Chat {
    pub fn new(id: impl Into<String>) -> Self {
        Chat { id: id.into(), ..Chat::default() }
    }

    /// Takes in what a call found: pages are numbered once, by their address.
    fn learn(&mut self, output: &ToolOutput) {
        for source in &output.sources {
            match self.sources.iter_mut().find(|s| s.url == source.url) {
                Some(known) => known.text.clone_from(&source.text),
                None => self.sources.push(source.clone()),
            }
        }
        self.artifacts.extend(output.artifacts.iter().cloned());
    }
}

/// How a turn ended.
#[derive(Debug, Clone)]
pub struct TurnEnd {
    pub answer: Grounded,
    pub stop: Stop,
    /// The tables of this turn's answer.
    pub tables: Vec<Table>,
    pub artifacts: Vec<Artifact>,
}

/// Everything a turn works with.
pub struct Agent {
    pub engine: Arc<dyn Engine>,
    pub tools: Registry,
    pub settings: Settings,
}

/// What one turn keeps track of.
pub(crate) struct Turn<'a> {
    pub agent: &'a Agent,
    pub chat: &'a mut Chat,
    pub question: &'a str,
    pub events: &'a Events,
    pub cancel: CancellationToken,
    /// Calls of this turn and what became of them.
    pub outcomes: Vec<Outcome>,
    /// Tables that this turn's answer shows.
    pub tables: Vec<Table>,
    pub tokens: usize,
}

/// Decides what the model says next: an answer, or calls.
#[async_trait]
pub(crate) trait Lead: Send {
    async fn next(&mut self, turn: &mut Turn<'_>) -> anyhow::Result<Message>;
}

impl Agent {
    /// Answers one question in a conversation. Errors are told as events too, by the caller.
    pub async fn turn(
        &self,
        chat: &mut Chat,
        question: &str,
        events: &Events,
        cancel: CancellationToken,
    ) -> anyhow::Result<TurnEnd> {
        let started = Instant::now();
        std::fs::create_dir_all(&self.settings.out)
            .map_err(|e| anyhow::anyhow!("cannot make {}: {e}", self.settings.out.display()))?;
        let timer = cancel.child_token();
        let alarm = tokio::spawn({
            let (timer, deadline) = (timer.clone(), self.settings.deadline);
            async move {
                tokio::time::sleep(deadline).await;
                timer.cancel();
            }
        });
        chat.messages.push(Message::user(question));
        let artifacts_before = chat.artifacts.len();
        let mut turn = Turn {
            agent: self,
            chat,
            question,
            events,
            cancel: timer,
            outcomes: Vec::new(),
            tables: Vec::new(),
            tokens: 0,
        };
        let (steps, stop, text) = turn.run().await?;
        alarm.abort();
        let stop = if stop == Stop::Interrupted && !cancel.is_cancelled() { Stop::Deadline } else { stop };
        let answer = ground(&text, question, turn.chat, &turn.outcomes, &turn.tables);
        let (tables, tokens) = (turn.tables, turn.tokens);
        chat.messages.push(Message::assistant(answer.text.clone()));
        let (text, citations, figures) = (answer.text.clone(), answer.citations.clone(), answer.figures.clone());
        let _ = events.send(Event::Answer { text, citations, figures });
        let _ = events.send(Event::Done { stop, steps, tokens, seconds: started.elapsed().as_secs_f64() });
        let artifacts = chat.artifacts[artifacts_before..].to_vec();
        Ok(TurnEnd { answer, stop, tables, artifacts })
    }

    fn lead(&self) -> Box<dyn Lead> {
        let guided = match self.settings.mode {
            Mode::Auto => self.engine.info().guided,
            Mode::Native => false,
            Mode::Guided => true,
        };
        if guided { Box::new(Guide::new()) } else { Box::new(Native) }
    }
}

impl Turn<'_> {
    /// The loop.
    async fn run(&mut self) -> anyhow::Result<(u32, Stop, String)> {
        let mut lead = self.agent.lead();
        let mut repeats = Repeats::default();
        for step in 1..=self.agent.settings.max_steps {
            let _ = self.events.send(Event::Step { step });
            let message = match lead.next(self).await {
                Ok(message) => message,
                Err(_) if self.cancel.is_cancelled() => return Ok((step, Stop::Interrupted, self.what_there_is())),
                Err(error) => return Err(error),
            };
            if message.calls.is_empty() {
                return Ok((step, Stop::Answer, message.content));
            }
            let Some(outcomes) = self.dispatch(&message, &mut repeats).await? else {
                return Ok((step, Stop::Repetition, self.what_there_is()));
            };
            self.chat.messages.push(message);
            self.chat.messages.extend(outcomes.iter().map(Outcome::message));
            self.outcomes.extend(outcomes);
        }
        Ok((self.agent.settings.max_steps, Stop::StepLimit, self.what_there_is()))
    }

    async fn dispatch(&mut self, message: &Message, repeats: &mut Repeats) -> anyhow::Result<Option<Vec<Outcome>>> {
        let agent = self.agent;
        let dispatch = Dispatch {
            tools: &agent.tools,
            engine: &*agent.engine,
            limits: &agent.settings.limits,
            events: self.events,
        };
        let outcomes = dispatch.run(&message.calls, &self.call_cx(), repeats).await?;
        for output in outcomes.iter().flatten().filter_map(|o| o.result.as_ref().ok()) {
            self.chat.learn(output);
        }
        Ok(outcomes)
    }

    fn call_cx(&self) -> CallCx {
        CallCx {
            session: self.chat.id.clone(),
            out: self.agent.settings.out.clone(),
            model: Some(Arc::new(Helper {
                engine: self.agent.engine.clone(),
                cancel: self.cancel.clone(),
                events: self.events.clone(),
            })),
            cancel: self.cancel.clone(),
            tables: crate::guide::frames(&self.chat.tables),
            files: self.chat.files.clone(),
        }
    }

    /// One constrained completion beside the conversation.
    pub async fn complete(&mut self, task: Completion) -> Result<String, CompletionError> {
        let text = self.agent.engine.complete(task, self.cancel.clone(), self.events.clone()).await?;
        self.tokens += self.agent.engine.count_tokens(&text);
        Ok(text)
    }

    /// What a turn that was cut short can say: what it has found, and that it is not finished.
    fn what_there_is(&self) -> String {
        let found: Vec<String> = self
            .outcomes
            .iter()
            .filter(|o| o.result.is_ok())
            .map(|o| {
                format!("- {}: {}", o.call.name, crate::evidence::clip(o.content().lines().next().unwrap_or(""), 160))
            })
            .collect();
        if found.is_empty() {
            return "I did not get to an answer.".to_owned();
        }
        format!("I did not get to an answer. What was found so far:\n\n{}", found.join("\n"))
    }
}

/// The handle that tools get to the model.
struct Helper {
    engine: Arc<dyn Engine>,
    cancel: CancellationToken,
    events: Events,
}

#[async_trait]
impl Completer for Helper {
    async fn complete(&self, task: Completion) -> Result<String, CompletionError> {
        self.engine.complete(task, self.cancel.clone(), self.events.clone()).await
    }
}
