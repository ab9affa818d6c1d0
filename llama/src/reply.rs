//! Reads a reply while it is decoded: dialect steps become events and calls, and once a call has
//! begun, decoding goes on under the grammar of that tool's arguments.

use crate::job::{Control, Watcher};
use polymath_chat::{Constraint, Event, Message, ToolCall, ToolSpec, call_id};
use polymath_model::dialect::{self, Dialect, ParseCx, Parser, Step};
use polymath_model::engine::{Events, ReplyRequest, ReplyStop};
use std::sync::{Arc, Mutex};

/// The parts of a reply so far.
#[derive(Default)]
pub struct Collected {
    pub text: String,
    pub reasoning: String,
    pub calls: Vec<ToolCall>,
    pub malformed: Vec<(String, String)>,
}

impl Collected {
    pub fn message(&self) -> Message {
        Message {
            reasoning: (!self.reasoning.is_empty()).then(|| self.reasoning.clone()),
            calls: self.calls.clone(),
            ..Message::assistant(self.text.trim())
        }
    }
}

/// Follows a reply of a conversation.
pub struct Watch {
    dialect: &'static dyn Dialect,
    /// `None` when the whole reply is constrained: then it is text, whatever it looks like.
    parser: Option<Box<dyn Parser>>,
    tools: Vec<ToolSpec>,
    /// Whether a call that has begun goes on under its tool's grammar.
    constrain: bool,
    calls_before: usize,
    collected: Arc<Mutex<Collected>>,
    events: Events,
}

impl Watch {
    pub fn new((dialect, cx): (&'static dyn Dialect, ParseCx), constrain: bool, request: &ReplyRequest<'_>) -> Self {
        let parser = request.rules.constraint.is_none().then(|| dialect::reader(dialect, cx));
        let calls_before = request.messages.iter().map(|m| m.calls.len()).sum();
        Watch {
            dialect,
            parser,
            tools: request.tools.to_vec(),
            constrain,
            calls_before,
            collected: Arc::default(),
            events: request.events.clone(),
        }
    }

    pub fn collected(&self) -> Arc<Mutex<Collected>> {
        self.collected.clone()
    }

    fn take(&mut self, steps: Vec<Step>) -> Control {
        let mut collected = self.collected.lock().unwrap_or_else(|e| e.into_inner());
        let mut control = Control::Continue;
        for step in steps {
            match step {
                Step::Text(delta) => {
                    // What a small model writes behind a call is a made-up result.
                    if !collected.calls.is_empty() && !delta.trim().is_empty() {
                        return Control::Stop;
                    }
                    collected.text.push_str(&delta);
                    let _ = self.events.send(Event::Text { delta });
                }
                Step::Reasoning(delta) => {
                    collected.reasoning.push_str(&delta);
                    let _ = self.events.send(Event::Reasoning { delta });
                }
                Step::CallBegun { name, written } => {
                    let tool = self.tools.iter().find(|t| self.constrain && t.name == name);
                    let grammar = tool.and_then(|t| self.dialect.call_grammar(t, &written));
                    if let Some(grammar) = grammar {
                        control = Control::Constrain { constraint: Constraint::Lark(grammar.lark), written };
                    }
                }
                Step::Call { name, arguments } => {
                    let number = self.calls_before + collected.calls.len() + 1;
                    collected.calls.push(ToolCall { id: call_id(number), name, arguments });
                }
                Step::Malformed { raw, why } => collected.malformed.push((raw, why)),
            }
        }
        control
    }
}

impl Watcher for Watch {
    fn prefilled(&mut self, new: usize, cached: usize, ms: u64) {
        let _ = self.events.send(Event::Prefill { new_tokens: new, cached_tokens: cached, ms });
    }

    fn text(&mut self, text: &str) -> Control {
        let mut steps = Vec::new();
        match &mut self.parser {
            Some(parser) => parser.push(text, &mut steps),
            None => self.collected.lock().unwrap_or_else(|e| e.into_inner()).text.push_str(text),
        }
        self.take(steps)
    }

    fn finished(&mut self, stop: ReplyStop) {
        let mut steps = Vec::new();
        if let Some(parser) = &mut self.parser {
            parser.finish(stop != ReplyStop::End, &mut steps);
        }
        self.take(steps);
    }
}

/// Follows a short task: nothing but its prefill is of interest to anyone.
pub struct Quiet {
    events: Events,
}

impl Quiet {
    pub fn new(events: Events) -> Self {
        Quiet { events }
    }
}

impl Watcher for Quiet {
    fn prefilled(&mut self, new: usize, cached: usize, ms: u64) {
        let _ = self.events.send(Event::Prefill { new_tokens: new, cached_tokens: cached, ms });
    }

    fn text(&mut self, _: &str) -> Control {
        Control::Continue
    }

    fn finished(&mut self, _: ReplyStop) {}
}
