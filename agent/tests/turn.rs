//! The loop against a scripted model: what it does with calls, errors, repetition and limits.

#![allow(clippy::unwrap_used)]

use async_trait::async_trait;
use polymath_agent::{Agent, CallLimits, Chat, Mode, Settings};
use polymath_chat::{Event, Message, Role, Source, Stop, ToolOutput, ToolSpec};
use polymath_model::engine::Sampling;
use polymath_model::scripted::ScriptedEngine;
use polymath_tools::{CallCx, Registry, Tool, ToolError};
use serde_json::{Value, json};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use tokio::sync::mpsc::unbounded_channel;
use tokio_util::sync::CancellationToken;

/// Answers with its name and argument, counts its calls, fails when asked to.
struct Echo {
    spec: ToolSpec,
    calls: Arc<AtomicUsize>,
}

impl Echo {
    fn tool(name: &str) -> (Arc<dyn Tool>, Arc<AtomicUsize>) {
        let calls = Arc::new(AtomicUsize::new(0));
        let parameters = json!({"type": "object", "properties": {"text": {"type": "string"}}, "required": ["text"]});
        let spec = ToolSpec { name: name.into(), description: "repeats".into(), parameters, raw_argument: None };
        (Arc::new(Echo { spec, calls: calls.clone() }), calls)
    }
}

#[async_trait]
impl Tool for Echo {
    fn spec(&self) -> &ToolSpec {
        &self.spec
    }

    async fn call(&self, args: Value, _: &CallCx) -> Result<ToolOutput, ToolError> {
        self.calls.fetch_add(1, Ordering::SeqCst);
        match args["text"].as_str().unwrap_or_default() {
            "fail" => Err(ToolError::tell("exception", "it broke")),
            "hang" => {
                tokio::time::sleep(Duration::from_secs(3600)).await;
                Ok(ToolOutput::default())
            }
            text => {
                let source =
                    Source { url: format!("test:{text}"), title: text.into(), text: format!("{text} is 42.5 m long") };
                Ok(ToolOutput { sources: vec![source], ..ToolOutput::text(format!("{} says {text}", self.spec.name)) })
            }
        }
    }
}

struct Run {
    chat: Chat,
    events: Vec<Event>,
    stop: Stop,
    answer: polymath_agent::Grounded,
}

async fn run(
    script: Vec<Message>,
    tools: Vec<Arc<dyn Tool>>,
    change: impl FnOnce(&mut Settings),
) -> anyhow::Result<Run> {
    let out = tempfile::tempdir()?;
    let mut settings = Settings {
        mode: Mode::Native,
        max_steps: 6,
        deadline: Duration::from_secs(30),
        sampling: Sampling::default(),
        limits: CallLimits { time: Duration::from_millis(300), ..CallLimits::default() },
        out: out.path().join("artifacts"),
    };
    change(&mut settings);
    let agent =
        Agent { engine: Arc::new(ScriptedEngine::new(false, script, &[])), tools: Registry::new(tools), settings };
    let (sender, mut inbox) = unbounded_channel();
    let mut chat = Chat::new("test");
    let end = agent.turn(&mut chat, "How long is it?", &sender, CancellationToken::new()).await?;
    drop(sender);
    let mut events = Vec::new();
    while let Some(event) = inbox.recv().await {
        events.push(event);
    }
    Ok(Run { chat, events, stop: end.stop, answer: end.answer })
}

fn calling(calls: &[(&str, &str)]) -> Message {
    let calls: Vec<(&str, Value)> = calls.iter().map(|(name, text)| (*name, json!({"text": text}))).collect();
    ScriptedEngine::calling(&calls)
}

#[tokio::test]
async fn two_calls_of_one_turn_both_run() {
    let ((a, a_calls), (b, b_calls)) = (Echo::tool("a"), Echo::tool("b"));
    let script =
        vec![calling(&[("a", "bridge"), ("b", "tower")]), Message::assistant("The bridge is 42.5 m long [1].")];
    let run = run(script, vec![a, b], |_| {}).await.unwrap();
    assert_eq!((a_calls.load(Ordering::SeqCst), b_calls.load(Ordering::SeqCst)), (1, 1));
    let results: Vec<&str> =
        run.chat.messages.iter().filter(|m| m.role == Role::Tool).map(|m| m.content.as_str()).collect();
    assert_eq!(results, ["a says bridge", "b says tower"]);
    assert_eq!(run.stop, Stop::Answer);
    assert_eq!(run.answer.citations[0].url, "test:bridge");
    assert!(matches!(run.events.last(), Some(Event::Done { steps: 2, .. })), "{:?}", run.events.last());
}

#[tokio::test]
async fn errors_and_wrong_calls_go_back_to_the_model() {
    let (a, _) = Echo::tool("a");
    let wrong = ScriptedEngine::calling(&[("a", json!({"txt": 1}))]);
    let script = vec![calling(&[("a", "fail"), ("nothing", "x"), ("a", "hang")]), wrong, Message::assistant("done")];
    let run = run(script, vec![a], |_| {}).await.unwrap();
    let results: Vec<&str> =
        run.chat.messages.iter().filter(|m| m.role == Role::Tool).map(|m| m.content.as_str()).collect();
    assert_eq!(results[0], "Error (exception): it broke");
    assert!(
        results[1].starts_with("Error (unknown_tool): there is no tool `nothing`; the tools are a"),
        "{}",
        results[1]
    );
    assert!(results[2].starts_with("Error (timeout)"), "{}", results[2]);
    assert!(results[3].starts_with("Error (arguments)") && results[3].contains("text"), "{}", results[3]);
    assert_eq!(run.stop, Stop::Answer);
}

#[tokio::test]
async fn the_same_call_is_told_so_and_the_third_time_ends_it() {
    let (a, calls) = Echo::tool("a");
    let again = || calling(&[("a", "same")]);
    let run = run(vec![again(), again(), again(), Message::assistant("never")], vec![a], |_| {}).await.unwrap();
    assert_eq!(calls.load(Ordering::SeqCst), 1);
    let told = run.chat.messages.iter().filter(|m| m.content.contains("(repeated)")).count();
    assert_eq!((told, run.stop), (1, Stop::Repetition));
    assert!(run.answer.text.contains("a says same"), "{}", run.answer.text);
}

#[tokio::test]
async fn the_step_limit_keeps_what_there_is() {
    let (a, _) = Echo::tool("a");
    let script = (0..9).map(|i| calling(&[("a", &format!("n{i}"))])).collect();
    let run = run(script, vec![a], |s| s.max_steps = 2).await.unwrap();
    assert_eq!(run.stop, Stop::StepLimit);
    assert!(run.answer.text.contains("n0") && run.answer.text.contains("n1"), "{}", run.answer.text);
}

#[tokio::test]
async fn the_deadline_ends_a_turn_and_says_so() {
    let (a, _) = Echo::tool("a");
    let change = |s: &mut Settings| {
        s.deadline = Duration::from_millis(100);
        s.limits.time = Duration::from_secs(60);
    };
    let run = run(vec![calling(&[("a", "hang")]), Message::assistant("late")], vec![a], change).await.unwrap();
    assert_eq!(run.stop, Stop::Deadline);
}

#[tokio::test]
async fn long_results_are_cut_and_say_so() {
    let (a, _) = Echo::tool("a");
    let long = "word ".repeat(4000);
    let run = run(vec![calling(&[("a", &long)]), Message::assistant("ok")], vec![a], |s| s.limits.result_tokens = 50)
        .await
        .unwrap();
    let result = run.chat.messages.iter().find(|m| m.role == Role::Tool).unwrap();
    assert!(result.content.len() < 300 && result.content.contains("[cut: 50 of "), "{}", result.content);
}
