//! The seam of the run store: a turn through a second implementation, which keeps its journal in memory.

#![allow(clippy::unwrap_used)]

use async_trait::async_trait;
use polymath_agent::session::{RunStore, SessionStore, StoreError};
use polymath_agent::{Agent, CallLimits, Chat, Kept, Mode, Said, Settings, nobody};
use polymath_chat::{Event, Message, ToolOutput, ToolSpec};
use polymath_model::engine::Sampling;
use polymath_model::scripted::ScriptedEngine;
use polymath_tools::{CallCx, Registry, Tool, ToolError};
use serde_json::{Value, json};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// A journal in memory, one entry a method.
#[derive(Debug, Default)]
struct Memory {
    runs: u32,
    journal: Vec<Entry>,
    chat: Option<Chat>,
    /// The entry that cannot be kept.
    full_at: Option<usize>,
}

#[derive(Debug, Clone, PartialEq)]
enum Entry {
    Begin(u32, String),
    Step(u32, Event),
    Result(u32, Event),
    End(u32),
}

impl Memory {
    fn put(&mut self, entry: Entry) -> Result<(), StoreError> {
        if self.full_at == Some(self.journal.len()) {
            return Err(StoreError::Gone { path: "memory".into() });
        }
        self.journal.push(entry);
        Ok(())
    }

    fn events(&self) -> Vec<Event> {
        let event = |entry: &Entry| match entry {
            Entry::Step(_, event) | Entry::Result(_, event) => Some(event.clone()),
            Entry::Begin(..) | Entry::End(_) => None,
        };
        self.journal.iter().filter_map(event).collect()
    }
}

impl RunStore for Memory {
    fn begin(&mut self, question: &str) -> Result<u32, StoreError> {
        self.put(Entry::Begin(self.runs + 1, question.to_owned()))?;
        self.runs += 1;
        Ok(self.runs)
    }

    fn step(&mut self, run: u32, event: &Event) -> Result<(), StoreError> {
        if let Some(Entry::Step(last, text)) = self.journal.last_mut()
            && *last == run
            && text.join(event)
        {
            return Ok(());
        }
        self.put(Entry::Step(run, event.clone()))
    }

    fn result(&mut self, run: u32, event: &Event) -> Result<(), StoreError> {
        self.put(Entry::Result(run, event.clone()))
    }

    fn end(&mut self, run: u32, chat: &Chat) -> Result<(), StoreError> {
        self.put(Entry::End(run))?;
        self.chat = Some(chat.clone());
        Ok(())
    }
}

/// Says how long a bridge is, and counts how often it was asked.
struct Lengths(ToolSpec, Arc<AtomicUsize>);

#[async_trait]
impl Tool for Lengths {
    fn spec(&self) -> &ToolSpec {
        &self.0
    }

    async fn call(&self, _: Value, _: &CallCx) -> Result<ToolOutput, ToolError> {
        self.1.fetch_add(1, Ordering::SeqCst);
        Ok(ToolOutput::text("The bridge is 42.5 m long."))
    }
}

/// One turn with one call, whose journal `store` is; how often the call was made.
async fn turn(store: &mut dyn RunStore, out: &Path) -> (anyhow::Result<Chat>, usize) {
    let called = Arc::new(AtomicUsize::new(0));
    let spec = ToolSpec {
        name: "length".into(),
        description: "tells lengths".into(),
        parameters: json!({"type": "object", "properties": {}}),
        raw_argument: None,
        stateful: false,
    };
    let script = vec![ScriptedEngine::calling(&[("length", json!({}))]), Message::assistant("It is 42.5 m long.")];
    let settings = Settings {
        mode: Mode::Native,
        max_steps: 3,
        deadline: Duration::from_secs(30),
        sampling: Sampling::default(),
        limits: CallLimits::default(),
        out: out.to_owned(),
        approve: Default::default(),
        today: None,
        skills: Default::default(),
    };
    let tools = Registry::new([Arc::new(Lengths(spec, called.clone())) as Arc<dyn Tool>]);
    let agent = Agent { engine: Arc::new(ScriptedEngine::new(false, script, &[])), tools, settings };
    let mut chat = Chat::new("c");
    let question = "How long is the bridge?";
    let number = store.begin(question).unwrap();
    let kept = Kept {
        store,
        chat: &mut chat,
        turn: number,
        said: Said::Question(question),
        steer: &mut nobody,
        answers: None,
    };
    let ended = agent.turn_kept(kept, &mut |_| {}, CancellationToken::new()).await;
    (ended.map(|_| chat), called.load(Ordering::SeqCst))
}

/// Without what differs from run to run.
fn timeless(mut events: Vec<Event>) -> Vec<Event> {
    for event in &mut events {
        match event {
            Event::Done { seconds, .. } => *seconds = 0.0,
            Event::Result { ms, .. } => *ms = 0,
            _ => {}
        }
    }
    events
}

#[tokio::test]
async fn a_turn_runs_through_a_journal_in_memory_as_through_sqlite() {
    let folder = tempfile::tempdir().unwrap();
    let mut memory = Memory::default();
    let (chat, called) = turn(&mut memory, folder.path()).await;
    let chat = chat.unwrap();
    assert_eq!((called, chat.messages.len()), (1, 4));
    assert_eq!(memory.journal[0], Entry::Begin(1, "How long is the bridge?".into()));
    assert_eq!(memory.journal.last(), Some(&Entry::End(1)));
    let at = |is: &dyn Fn(&Entry) -> bool| memory.journal.iter().position(is).unwrap();
    let call = at(&|entry| matches!(entry, Entry::Step(1, Event::Call { .. })));
    let result = at(&|entry| matches!(entry, Entry::Result(1, Event::Result { ok: true, .. })));
    let answer = at(&|entry| matches!(entry, Entry::Result(1, Event::Answer { .. })));
    assert!(call < result && result < answer);
    assert_eq!(memory.chat.as_ref().map(|kept| kept.messages.len()), Some(4));

    let store = SessionStore::open(&folder.path().join("sessions.db")).unwrap();
    let mut session = store.create_named("c", "").unwrap();
    turn(&mut session, folder.path()).await.0.unwrap();
    let record = store.export("c").unwrap();
    let events: Vec<Event> = record.events.into_iter().map(|kept| kept.event).collect();
    assert_eq!(timeless(memory.events()), timeless(events));
    assert_eq!(record.chat.messages.len(), 4);
}

#[tokio::test]
async fn what_the_journal_cannot_keep_is_not_done() {
    let folder = tempfile::tempdir().unwrap();
    let mut whole = Memory::default();
    turn(&mut whole, folder.path()).await.0.unwrap();
    let call = whole.journal.iter().position(|entry| matches!(entry, Entry::Step(1, Event::Call { .. }))).unwrap();
    for full_at in 1..whole.journal.len() {
        let mut memory = Memory { full_at: Some(full_at), ..Memory::default() };
        let (ended, called) = turn(&mut memory, folder.path()).await;
        let error = ended.err().map(|error| format!("{error:#}")).unwrap_or_default();
        assert!(error.contains("was removed or replaced"), "{full_at}: {error}");
        // The call is made once its intent is kept, and never before.
        assert_eq!(called, usize::from(full_at > call), "{full_at} of {:?}", whole.journal);
        assert!(memory.chat.is_none(), "{full_at}");
    }
}
