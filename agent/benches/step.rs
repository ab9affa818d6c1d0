//! What a step costs beside the model and the tool: lead, loop, dispatcher and the session's record,
//! with a model that is a counter and a tool that gives its argument back; and the same for the
//! plainest loop over both, in one run.
//!
//! `cargo bench -p polymath-agent`. Ends with the figures as a JSON object. Asserts nothing: the
//! machine may be busy.
#![allow(clippy::unwrap_used)]

use async_trait::async_trait;
use polymath_agent::session::{Session, SessionStore};
use polymath_agent::{Agent, CallLimits, Chat, Mode, Settings};
use polymath_chat::{Completion, CompletionError, Event, Message, ToolCall, ToolOutput, ToolSpec, call_id};
use polymath_model::engine::{
    Engine, EngineError, Events, ModelInfo, Reply, ReplyRequest, ReplyStop, Rules, Sampling, TokenUsage,
};
use polymath_tools::{CallCx, Registry, Tool, ToolError};
use serde_json::{Value, json};
use std::io::Write;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};
use tokio::sync::mpsc::unbounded_channel;
use tokio_util::sync::CancellationToken;

/// Steps of a turn, the answer's included, and turns of each kind.
const STEPS: usize = 30;
const TURNS: usize = 40;

/// Calls the tool in each step but a turn's last.
struct Counter {
    info: ModelInfo,
    replies: AtomicUsize,
}

#[async_trait]
impl Engine for Counter {
    fn info(&self) -> &ModelInfo {
        &self.info
    }

    fn count_tokens(&self, text: &str) -> usize {
        text.len().div_ceil(4)
    }

    async fn reply(&self, request: ReplyRequest<'_>) -> Result<Reply, EngineError> {
        let n = self.replies.fetch_add(1, Ordering::Relaxed) + 1;
        let mut message = Message::assistant("");
        if n.is_multiple_of(STEPS) {
            message.content = "It is done.".to_owned();
            let _ = request.events.send(Event::Text { delta: message.content.clone() });
        } else {
            message.calls.push(ToolCall {
                id: call_id(n),
                name: "echo".into(),
                arguments: json!({"text": n.to_string()}),
            });
        }
        let (usage, stop) = (TokenUsage::default(), ReplyStop::End);
        Ok(Reply { message, malformed: Vec::new(), usage, stop, logprobs: Vec::new() })
    }

    async fn complete(&self, _: Completion, _: CancellationToken, _: Events) -> Result<String, CompletionError> {
        Err(CompletionError::Cancelled)
    }
}

struct Echo(ToolSpec);

#[async_trait]
impl Tool for Echo {
    fn spec(&self) -> &ToolSpec {
        &self.0
    }

    async fn call(&self, args: Value, _: &CallCx) -> Result<ToolOutput, ToolError> {
        Ok(ToolOutput::text(args["text"].as_str().unwrap_or_default()))
    }
}

/// Where a run's events go.
enum Record {
    Nowhere,
    /// Each on disk before the next is looked at.
    Session(SessionStore),
}

fn agent(out: &Path) -> Agent {
    let info = ModelInfo { name: "counter".into(), context: 32_768, parameters: 0, dialect: "generic", guided: false };
    let parameters = json!({"type": "object", "properties": {"text": {"type": "string"}}, "required": ["text"]});
    let echo = ToolSpec {
        name: "echo".into(),
        description: "Gives its text back".into(),
        parameters,
        raw_argument: None,
        stateful: false,
    };
    Agent {
        engine: Arc::new(Counter { info, replies: AtomicUsize::new(0) }),
        tools: Registry::new([Arc::new(Echo(echo)) as Arc<dyn Tool>]),
        settings: Settings {
            mode: Mode::Native,
            max_steps: STEPS as u32,
            deadline: Duration::from_secs(60),
            sampling: Sampling::default(),
            limits: CallLimits::default(),
            out: out.to_owned(),
            approve: Default::default(),
            today: None,
            skills: Default::default(),
        },
    }
}

/// Milliseconds a step of a turn of the agent's.
async fn ours(agent: &Agent, record: &Record) -> f64 {
    let began = Instant::now();
    let mut session: Option<Session> = match record {
        Record::Nowhere => None,
        Record::Session(store) => Some(store.create("What is done?").unwrap()),
    };
    let turn = session.as_mut().map_or(1, |s| s.begin("What is done?").unwrap());
    let (events, mut inbox) = unbounded_channel();
    let mut chat = Chat::new("bench");
    let run = async {
        let end = agent.turn(&mut chat, "What is done?", &events, CancellationToken::new()).await.unwrap();
        drop(events);
        assert_eq!(end.answer.text, "It is done.");
    };
    let keep = async {
        while let Some(event) = inbox.recv().await {
            if let Some(session) = &mut session {
                session.append(turn, &event).unwrap();
            }
        }
    };
    tokio::join!(run, keep);
    if let Some(session) = &mut session {
        session.save(&chat).unwrap();
    }
    began.elapsed().as_secs_f64() * 1e3 / STEPS as f64
}

/// The same for the plainest loop: reply, call, append. With a file, each call and each result is a
/// line there, and on disk.
async fn plain(agent: &Agent, mut file: Option<std::fs::File>) -> f64 {
    let began = Instant::now();
    let (specs, (events, _inbox)) = (agent.tools.specs(), unbounded_channel());
    let cx = CallCx {
        today: chrono::NaiveDate::default(),
        session: "bench".into(),
        out: agent.settings.out.clone(),
        model: None,
        tables: Vec::new(),
        files: Vec::new(),
        approve: None,
        cancel: CancellationToken::new(),
    };
    let mut messages = vec![Message::system("You are an assistant."), Message::user("What is done?")];
    loop {
        let reply = agent.engine.reply(ReplyRequest {
            conversation: "bench",
            messages: &messages,
            tools: &specs,
            rules: Rules::free(2048),
            sampling: Sampling::default(),
            cancel: CancellationToken::new(),
            events: events.clone(),
        });
        let message = reply.await.unwrap().message;
        let results = message.calls.iter().map(|call| async {
            let output = agent.tools.get(&call.name).unwrap().call(call.arguments.clone(), &cx).await.unwrap();
            Message::tool(call, output.content)
        });
        let results = futures::future::join_all(results).await;
        let over = message.calls.is_empty();
        for message in std::iter::once(message).chain(results) {
            if let Some(file) = &mut file {
                writeln!(file, "{}", serde_json::to_string(&message).unwrap()).unwrap();
                file.sync_data().unwrap();
            }
            messages.push(message);
        }
        if over {
            return began.elapsed().as_secs_f64() * 1e3 / STEPS as f64;
        }
    }
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

#[tokio::main]
async fn main() {
    let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    let agent = agent(&folder.path().join("artifacts"));
    let record = Record::Session(SessionStore::open(&folder.path().join("sessions.db")).unwrap());
    let (mut bare, mut kept, mut loops, mut files) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    // By turns, so that what else the machine does meets all of them.
    for i in 0..TURNS {
        loops.push(plain(&agent, None).await);
        bare.push(ours(&agent, &Record::Nowhere).await);
        let file = std::fs::File::create(folder.path().join(format!("{i}.jsonl"))).unwrap();
        files.push(plain(&agent, Some(file)).await);
        kept.push(ours(&agent, &record).await);
    }
    let (bare, kept, loops, files) = (median(bare), median(kept), median(loops), median(files));
    println!("{:34}{:>12}{:>12}{:>10}", "milliseconds a step (median)", "polymath", "plain loop", "ratio");
    println!("{:34}{bare:>12.4}{loops:>12.4}{:>10.1}", "without a record", bare / loops);
    println!("{:34}{kept:>12.4}{files:>12.4}{:>10.1}", "each event on disk before the next", kept / files);
    println!("{}", json!({"step_ms": bare, "plain_ms": loops, "recorded_ms": kept, "plain_recorded_ms": files}));
}
