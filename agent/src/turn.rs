//! The loop: model, dispatcher, results, model, until there is an answer.

use crate::approval::Asking;
use crate::barred::{Approve, Known, asked};
use crate::dispatch::{Dispatch, Outcome, Record, Repeats};
use crate::evidence::marked;
use crate::ground::{Grounded, ground};
use crate::lead::{Agent, Lead, Outside, Steer, Turn};
use crate::notebook::{Chat, tables_of};
use async_trait::async_trait;
use polymath_chat::{Artifact, Completer, Completion, CompletionError, Event, Message, Stop, Table};
use polymath_chat::{ToolCall, ToolFailure, ToolOutput};
use polymath_model::engine::{Engine, Events};
use polymath_tools::CallCx;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::sync::atomic::AtomicUsize;
use std::time::Instant;
use tokio_util::sync::CancellationToken;
use tokio_util::task::AbortOnDropHandle;

/// How a turn ended.
#[derive(Debug, Clone)]
pub struct TurnEnd {
    pub answer: Grounded,
    pub stop: Stop,
    /// The tables of this turn's answer.
    pub tables: Vec<Table>,
    pub artifacts: Vec<Artifact>,
}

/// What of a turn goes on when the user says something meanwhile.
#[derive(Default)]
struct Progress {
    steps: u32,
    repeats: Repeats,
    outcomes: Vec<Outcome>,
    tables: Vec<Table>,
    tokens: usize,
    shortened: Vec<String>,
    allowed: HashSet<String>,
}

/// Why the loop was left.
enum Left {
    /// The turn is over, with this answer.
    Over(Stop, String),
    /// The user said this, which the turn goes on with.
    Said(String),
}

/// What was said meanwhile, as one message, if it is anything.
fn joined(messages: Vec<String>) -> Option<String> {
    let message = messages.join("\n");
    (!message.trim().is_empty()).then_some(message)
}

/// Runs a turn to its end under `lead`. What is said meanwhile is taken up where a step begins, or would be the
/// last: it is the question from then on, of the same turn.
pub(crate) async fn run(
    agent: &Agent,
    lead: &mut dyn Lead,
    (chat, question): (&mut Chat, &str),
    (events, record): (&Events, Option<&Record>),
    Outside { cancel, steer, answers }: Outside<'_>,
) -> anyhow::Result<TurnEnd> {
    let started = Instant::now();
    std::fs::create_dir_all(&agent.settings.out)
        .map_err(|e| anyhow::anyhow!("cannot make {}: {e}", agent.settings.out.display()))?;
    let timer = cancel.child_token();
    let _alarm = AbortOnDropHandle::new(tokio::spawn({
        let (timer, deadline) = (timer.clone(), agent.settings.deadline);
        async move {
            tokio::time::sleep(deadline).await;
            timer.cancel();
        }
    }));
    chat.messages.push(Message::user(question));
    let artifacts_before = chat.artifacts.len();
    let repeats = Repeats::after(&std::mem::take(&mut chat.begun));
    let mut progress = Progress { repeats, ..Progress::default() };
    let approve = answers.filter(|_| agent.settings.approve == Approve::Ask).map(|answers| {
        // A little less than a call has: it is told why it was not made.
        let patience = agent.settings.limits.time.mul_f32(0.9);
        Arc::new(Asking { events: events.clone(), answers, patience, asked: AtomicUsize::new(0) }) as Arc<_>
    });
    let mut said = question.to_owned();
    let (stop, answer) = loop {
        let mut turn = Turn {
            agent,
            chat: &mut *chat,
            question: said.as_str().into(),
            asked: said.clone(),
            events,
            record,
            cancel: timer.clone(),
            approve: approve.clone(),
            outcomes: std::mem::take(&mut progress.outcomes),
            tables: std::mem::take(&mut progress.tables),
            tokens: progress.tokens,
            shortened: std::mem::take(&mut progress.shortened),
            half_written: String::new(),
            guidance: None,
            allowed: std::mem::take(&mut progress.allowed),
        };
        let left = turn.run(lead, &mut progress, &mut *steer).await?;
        let answer = match left {
            Left::Said(message) => Err(message),
            Left::Over(stop, text) => {
                let (stop, text) = match (stop, text.trim().is_empty()) {
                    (Stop::Interrupted, _) if !cancel.is_cancelled() => (Stop::Deadline, text),
                    // A turn never ends in nothing.
                    (Stop::Answer, true) => (Stop::Error, turn.what_there_is()),
                    _ => (stop, text),
                };
                Ok((stop, ground(&text, &turn.given(), turn.chat, &turn.outcomes, &turn.tables)))
            }
        };
        let Turn { outcomes, tables, tokens, shortened, allowed, .. } = turn;
        progress = Progress { outcomes, tables, tokens, shortened, allowed, ..progress };
        match answer {
            Ok(end) => break end,
            Err(message) => said = message,
        }
    };
    if let Some(message) = joined(steer()) {
        let text = format!("said too late and not taken up: {message}");
        let _ = events.send(Event::Notice { text });
    }
    let Progress { mut tables, tokens, steps, .. } = progress;
    if tables.is_empty() {
        // A table that the model wrote itself is one of the conversation's from here on.
        tables = tables_of(&answer.text, &answer.figures, &chat.sources);
        for table in &tables {
            chat.add_table(table.clone());
            let _ = events.send(Event::Table { table: table.clone() });
        }
    }
    chat.messages.push(Message::assistant(answer.text.clone()));
    let (text, citations, figures) = (answer.text.clone(), answer.citations.clone(), answer.figures.clone());
    let _ = events.send(Event::Answer { text, citations, figures });
    let _ = events.send(Event::Done { stop, steps, tokens, seconds: started.elapsed().as_secs_f64() });
    let artifacts = chat.artifacts[artifacts_before..].to_vec();
    Ok(TurnEnd { answer, stop, tables, artifacts })
}

impl Turn<'_> {
    /// The loop.
    async fn run(&mut self, lead: &mut dyn Lead, at: &mut Progress, steer: Steer<'_>) -> anyhow::Result<Left> {
        let most = self.agent.settings.max_steps;
        while at.steps < most {
            if at.steps > 0
                && let Some(message) = joined(steer())
            {
                return Ok(self.take_up(lead, message));
            }
            at.steps += 1;
            let _ = self.events.send(Event::Step { step: at.steps });
            let message = match lead.next(self).await {
                Ok(message) => message,
                Err(_) if self.cancel.is_cancelled() => {
                    return Ok(Left::Over(Stop::Interrupted, self.what_there_is()));
                }
                Err(error) => return Err(error),
            };
            if message.calls.is_empty() {
                return Ok(self.answered(lead, message, (at.steps < most).then_some(steer)));
            }
            let Some(outcomes) = self.dispatch(&message, &mut at.repeats).await? else {
                return Ok(Left::Over(Stop::Repetition, self.last_words(lead).await));
            };
            self.chat.messages.push(message);
            self.chat.messages.extend(outcomes.iter().map(Outcome::message));
            self.outcomes.extend(outcomes);
        }
        Ok(Left::Over(Stop::StepLimit, self.last_words(lead).await))
    }

    /// What an answer is: the turn's, or, where something was said while it was written and there are steps left to take
    /// that up (`steer`), the last word before that.
    fn answered(&mut self, lead: &mut dyn Lead, message: Message, steer: Option<Steer<'_>>) -> Left {
        let Some(said) = steer.and_then(|steer| joined(steer())) else {
            return Left::Over(Stop::Answer, message.content);
        };
        self.chat.messages.push(message);
        self.take_up(lead, said)
    }

    /// Goes on with what the user said meanwhile.
    fn take_up(&mut self, lead: &mut dyn Lead, message: String) -> Left {
        let _ = self.events.send(Event::Said { text: message.clone() });
        self.chat.messages.push(Message::user(message.as_str()));
        lead.steered(self.outcomes.len());
        Left::Said(message)
    }

    /// The answer at a limit: one more reply without calls, else what there is.
    async fn last_words(&mut self, lead: &mut dyn Lead) -> String {
        match lead.last(self).await {
            Ok(message) if !message.content.trim().is_empty() => message.content,
            _ => self.what_there_is(),
        }
    }

    async fn dispatch(&mut self, message: &Message, repeats: &mut Repeats) -> anyhow::Result<Option<Vec<Outcome>>> {
        let agent = self.agent;
        repeats.forget(&std::mem::take(&mut self.shortened));
        let barred = self.barred(&message.calls).await;
        let dispatch = Dispatch {
            tools: &agent.tools,
            engine: &*agent.engine,
            limits: &agent.settings.limits,
            events: self.events,
            record: self.record,
            barred: &barred,
        };
        let cx = self.call_cx();
        let chat = &mut *self.chat;
        let mut learn = |output: &mut ToolOutput| {
            chat.learn(output);
            output.number_pages(|url| chat.number_of(url));
            if !output.sources.is_empty() || !output.hits.is_empty() {
                output.content = marked(&output.content).into_owned();
            }
        };
        let outcomes = dispatch.run(&message.calls, &cx, repeats, &mut learn).await?;
        for output in outcomes.iter().flatten().filter_map(|o| o.result.as_ref().ok()) {
            for artifact in &output.artifacts {
                let _ = self.events.send(Event::Artifact { artifact: artifact.clone() });
            }
        }
        Ok(outcomes)
    }

    /// Of the calls those that are not made, and why. What leads to an address that nobody named is told, or asked.
    async fn barred(&mut self, calls: &[ToolCall]) -> HashMap<String, ToolFailure> {
        let known = Known { chat: self.chat, outcomes: &self.outcomes };
        let mut barred = known.barred(calls);
        let asks = self.approve.clone().or_else(|| self.agent.tools.asks());
        for (id, url) in known.unnamed(calls) {
            if barred.contains_key(&id) {
                continue;
            }
            let text = if self.agent.settings.approve == Approve::Auto {
                format!("{url} is opened, which nobody named; --approve ask would ask")
            } else {
                let refused = tokio::select! {
                    refused = asked(&url, asks.as_deref(), &mut self.allowed) => refused,
                    () = self.cancel.cancelled() => Some(ToolFailure::new("interrupted", "the user interrupted this call")),
                };
                match refused {
                    Some(why) => {
                        barred.insert(id, why);
                        continue;
                    }
                    None => format!("{url} is opened, which nobody named, as the user allowed"),
                }
            };
            let _ = self.events.send(Event::Notice { text });
        }
        barred
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
            approve: self.approve.clone(),
            cancel: self.cancel.clone(),
            today: self.agent.settings.today(),
            tables: self.chat.frames(),
            files: self.chat.user_files(),
        }
    }

    /// What a turn that was cut short can say: what it had written, or what it has found, and that it
    /// is not finished.
    fn what_there_is(&self) -> String {
        if !self.half_written.trim().is_empty() {
            return self.half_written.trim().to_owned();
        }
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
pub(crate) struct Helper {
    pub engine: Arc<dyn Engine>,
    pub cancel: CancellationToken,
    pub events: Events,
}

#[async_trait]
impl Completer for Helper {
    async fn complete(&self, task: Completion) -> Result<String, CompletionError> {
        self.engine.complete(task, self.cancel.clone(), self.events.clone()).await
    }
}
