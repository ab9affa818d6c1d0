//! `--functions`: a file whose functions are tools, over a real sandbox, in native and guided turns.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used)]

use polymath_agent::{Agent, CallLimits, Chat, Mode, Settings};
use polymath_chat::{Event, Message, Stop};
use polymath_model::engine::Sampling;
use polymath_model::scripted::ScriptedEngine;
use polymath_sandbox::Config;
use polymath_tools::functions::{Functions, FunctionsError, Source, functions};
use polymath_tools::{CallCx, Python, Registry, Tool, ToolError};
use serde_json::{Value, json};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc::unbounded_channel;
use tokio_util::sync::CancellationToken;

const FILE: &str = r#"
from typing import Literal, Optional
import pandas as pd

RATES = {"EUR": 1.1, "CHF": 1.2}

def to_dollars(amount: float, currency: Literal["EUR", "CHF"] = "EUR", note: Optional[str] = None) -> str:
    """Converts an amount of money into dollars.

    By rates of the house.
    """
    return f"{amount * RATES[currency]:.2f} dollars"

def table_of(words: list[str]) -> pd.DataFrame:
    """Counts the letters of words."""
    return pd.DataFrame({"Word": words, "Letters": [len(word) for word in words]})

def check_stock(item: str) -> int:
    """Looks up how many of an item are in stock."""
    raise KeyError(f"no item {item}")

def read_host(path: str) -> str:
    """Reads a file of the computer."""
    return open(path).read()

def helper(x):
    return x

def _hidden(x: int) -> int:
    """Is nobody's business."""
    return x
"#;

fn cx(out: &Path) -> CallCx {
    CallCx {
        session: "s".into(),
        out: out.to_owned(),
        model: None,
        tables: Vec::new(),
        files: Vec::new(),
        today: chrono::NaiveDate::default(),
        approve: None,
        cancel: CancellationToken::new(),
    }
}

async fn load(folder: &Path, text: &str) -> Result<Functions, FunctionsError> {
    let file = folder.join("f.py");
    std::fs::write(&file, text).unwrap();
    functions(&Source::read(&file)?, Arc::new(Python::new(Config::from_env())), &cx(folder)).await
}

fn tool(functions: &Functions, name: &str) -> Arc<dyn Tool> {
    functions.tools.iter().find(|tool| tool.spec().name == name).unwrap().clone()
}

#[tokio::test]
async fn functions_with_hints_and_docstrings_are_tools() {
    let folder = tempfile::tempdir().unwrap();
    let found = load(folder.path(), FILE).await.unwrap();
    let names: Vec<&str> = found.tools.iter().map(|tool| tool.spec().name.as_str()).collect();
    assert_eq!(names, ["to_dollars", "table_of", "check_stock", "read_host"]);
    assert_eq!(found.left, ["helper (line 26): it has no docstring, which says what it does"]);
    let spec = tool(&found, "to_dollars").spec().clone();
    assert_eq!(spec.description, "Converts an amount of money into dollars.");
    assert_eq!(spec.parameters["required"], json!(["amount"]));
    assert_eq!(spec.parameters["properties"]["currency"], json!({"enum": ["EUR", "CHF"]}));
    assert_eq!(spec.parameters["properties"]["note"], json!({"type": "string"}));
    let cx = cx(folder.path());
    let called = tool(&found, "to_dollars").call(json!({"amount": 10, "currency": "CHF"}), &cx).await.unwrap();
    assert_eq!(called.content, "12.00 dollars");
    let called = tool(&found, "table_of").call(json!({"words": ["O'Neil \"x\"\n", "ab"]}), &cx).await.unwrap();
    assert_eq!(called.tables[0].rows[1][1].number, Some(2.0));
    let fails = async |name: &str, args: Value| match tool(&found, name).call(args, &cx).await {
        Err(ToolError::TellModel(failure)) => (failure.kind, failure.message),
        other => panic!("{name}: {other:?}"),
    };
    let (kind, message) = fails("check_stock", json!({"item": "nails"})).await;
    assert!(kind == "exception" && message.contains("no item nails"), "{kind}: {message}");
    let (kind, message) = fails("read_host", json!({"path": "/etc/passwd"})).await;
    assert!(kind == "denied" && !message.contains("root:"), "{kind}: {message}");
}

#[tokio::test]
async fn files_without_tools_are_told() {
    let folder = tempfile::tempdir().unwrap();
    let why = async |text: &str| load(folder.path(), text).await.err().unwrap().to_string();
    let told = why("def f(x, *rest: int):\n    \"\"\"Does.\"\"\"\n").await;
    assert!(told.contains("f (line 1): the parameter x has no type hint") && told.contains("hint: "), "{told}");
    let told = why("def f(x: bytes):\n    \"\"\"Does.\"\"\"\n").await;
    assert!(told.contains("the type bytes has no JSON"), "{told}");
    let told = why("import nosuchpackage\n").await;
    assert!(told.contains("had: functions.py, line 1") && told.contains("nosuchpackage is not installed"), "{told}");
    assert!(matches!(Source::read(Path::new("none.py")), Err(FunctionsError::Unreadable { .. })));
}

/// What a turn calls, and how it ends.
async fn turn(guided: bool, calls: &[(&str, Value)], said: &str) -> (Vec<(bool, String)>, String) {
    let folder = tempfile::tempdir().unwrap();
    let found = load(folder.path(), FILE).await.unwrap();
    let settings = Settings {
        mode: Mode::Auto,
        max_steps: 6,
        deadline: Duration::from_secs(120),
        sampling: Sampling::default(),
        limits: CallLimits::default(),
        out: folder.path().to_owned(),
        approve: Default::default(),
        today: None,
        skills: Default::default(),
    };
    let mut replies = vec![ScriptedEngine::calling(calls)];
    replies.extend((!guided).then(|| Message::assistant(said)));
    let engine = Arc::new(ScriptedEngine::new(guided, replies, &[]));
    let tools = Registry::new([]).with_own(found.tools).unwrap();
    let agent = Agent { engine: engine.clone(), tools, settings };
    let (events, mut inbox) = unbounded_channel();
    let mut chat = Chat::new("c");
    let end =
        agent.turn(&mut chat, "How much are 10 euros in dollars?", &events, CancellationToken::new()).await.unwrap();
    assert_eq!((end.stop, engine.left()), (Stop::Answer, 0), "{}", end.answer.text);
    drop(events);
    let mut results = Vec::new();
    while let Ok(event) = inbox.try_recv() {
        if let Event::Result { ok, content, .. } = event {
            results.push((ok, content));
        }
    }
    (results, end.answer.text)
}

#[tokio::test]
async fn native_turns_call_them() {
    let calls = [
        ("to_dollars", json!({"amount": 10})),
        ("check_stock", json!({"item": "x"})),
        ("read_host", json!({"path": "/etc/passwd"})),
    ];
    let (results, answer) = turn(false, &calls, "They are 11.00 dollars.").await;
    assert_eq!((results.len(), results[0].clone()), (3, (true, "11.00 dollars".to_owned())));
    assert!(results[1].1.contains("no item x") && results[2].1.starts_with("Error (denied)"), "{results:?}");
    assert_eq!(answer, "They are 11.00 dollars.");
}

#[tokio::test]
async fn guided_turns_call_them() {
    let (results, answer) = turn(true, &[("to_dollars", json!({"amount": 10}))], "").await;
    assert!(results[0].0 && answer.contains("11.00 dollars"), "{answer}");
    for (name, args) in [("check_stock", json!({"item": "x"})), ("read_host", json!({"path": "/etc/passwd"}))] {
        let (results, answer) = turn(true, &[(name, args)], "").await;
        assert!(!results[0].0 && answer.contains(name) && !answer.contains("root:"), "{answer}");
    }
}
