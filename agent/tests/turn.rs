//! The loop against a scripted model: what it does with calls, errors, repetition and limits.

#![allow(clippy::unwrap_used)]

use async_trait::async_trait;
use polymath_agent::{Agent, CallLimits, Chat, Mode, Record, Settings};
use polymath_chat::{
    Cell, Event, Mention, Message, Provenance, Role, Source, Stop, Table, ToolCall, ToolOutput, ToolSpec,
};
use polymath_model::engine::{ReplyStop, Sampling};
use polymath_model::scripted::{ScriptedEngine, ScriptedReply};
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
        let spec = ToolSpec {
            name: name.into(),
            description: "repeats".into(),
            parameters,
            raw_argument: None,
            stateful: false,
        };
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

type Plays = Box<dyn Fn(&CallCx) -> ToolOutput + Send + Sync>;

/// Gives what a closure makes of the call's surroundings.
struct Play {
    spec: ToolSpec,
    plays: Plays,
}

#[async_trait]
impl Tool for Play {
    fn spec(&self) -> &ToolSpec {
        &self.spec
    }

    async fn call(&self, _: Value, cx: &CallCx) -> Result<ToolOutput, ToolError> {
        Ok((self.plays)(cx))
    }
}

fn play(name: &str, stateful: bool, plays: Plays) -> Arc<dyn Tool> {
    let parameters = json!({"type": "object", "properties": {"text": {"type": "string"}}});
    let spec = ToolSpec { name: name.into(), description: "plays".into(), parameters, raw_argument: None, stateful };
    Arc::new(Play { spec, plays })
}

fn tool_of(name: &str, stateful: bool, says: impl Fn(&CallCx) -> String + Send + Sync + 'static) -> Arc<dyn Tool> {
    play(name, stateful, Box::new(move |cx| ToolOutput::text(says(cx))))
}

fn table_tool(name: &str, tables: impl Fn(&CallCx) -> Vec<Table> + Send + Sync + 'static) -> Arc<dyn Tool> {
    play(name, false, Box::new(move |cx| ToolOutput { tables: tables(cx), ..ToolOutput::text("done") }))
}

struct Run {
    chat: Chat,
    events: Vec<Event>,
    stop: Stop,
    answer: polymath_agent::Grounded,
}

fn settings(out: &std::path::Path) -> Settings {
    Settings {
        mode: Mode::Native,
        max_steps: 6,
        deadline: Duration::from_secs(30),
        sampling: Sampling::default(),
        limits: CallLimits { time: Duration::from_millis(300), ..CallLimits::default() },
        out: out.join("artifacts"),
        approve: Default::default(),
        today: None,
        skills: Default::default(),
    }
}

async fn run<R: Into<ScriptedReply>>(
    script: Vec<R>,
    tools: Vec<Arc<dyn Tool>>,
    change: impl FnOnce(&mut Settings),
) -> anyhow::Result<Run> {
    let out = tempfile::tempdir()?;
    let mut settings = settings(out.path());
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

/// A call waits for its record, and where there can be none it is not run.
#[tokio::test]
async fn no_call_runs_before_its_intent_is_on_record() {
    for kept in [true, false] {
        let (a, calls) = Echo::tool("a");
        let script = vec![calling(&[("a", "bridge")]), Message::assistant("42.5 m")];
        let out = tempfile::tempdir().unwrap();
        let settings = settings(out.path());
        let engine = Arc::new(ScriptedEngine::new(false, script, &[]));
        let agent = Agent { engine, tools: Registry::new(vec![a]), settings };
        let (sender, mut inbox) = unbounded_channel();
        let (keeper, record) = Record::new();
        let mut chat = Chat::new("test");
        let turn = agent.turn_on_record(&mut chat, "How long?", (&sender, &record), CancellationToken::new());
        let watch = async {
            while !matches!(inbox.recv().await, Some(Event::Call { .. })) {}
            // Whatever can run has run by then.
            for _ in 0..100 {
                tokio::task::yield_now().await;
            }
            assert_eq!(calls.load(Ordering::SeqCst), 0, "it ran unrecorded");
            match kept {
                true => keeper.send_modify(|calls| *calls += 1),
                false => drop(keeper),
            }
        };
        let (ended, ()) = tokio::join!(turn, watch);
        assert_eq!((ended.is_ok(), calls.load(Ordering::SeqCst)), (kept, usize::from(kept)));
    }
}

/// A call that had begun when the program was killed is not made again before the user was asked: the model is
/// told, and makes it in the turn after, if the user says so. What keeps no state may be made at once.
#[tokio::test]
async fn what_had_begun_is_not_done_again_unasked() {
    let out = tempfile::tempdir().unwrap();
    let runs = Arc::new(AtomicUsize::new(0));
    let counted = |name: &str, stateful: bool| {
        let runs = runs.clone();
        tool_of(name, stateful, move |_| format!("run {}", runs.fetch_add(1, Ordering::SeqCst)))
    };
    let call = || calling(&[("python", "x")]);
    let script = vec![call(), Message::assistant("Shall I?"), call(), Message::assistant("Done.")];
    let agent = Agent {
        engine: Arc::new(ScriptedEngine::new(false, script, &[])),
        tools: Registry::new(vec![counted("python", true), counted("look", false)]),
        settings: settings(out.path()),
    };
    let begun = |name: &str| ToolCall { id: "a".into(), name: name.into(), arguments: json!({"text": "x"}) };
    let mut chat = Chat { begun: vec![begun("python"), begun("look")], ..Chat::new("test") };
    let (sender, _inbox) = unbounded_channel();
    agent.turn(&mut chat, "Do it", &sender, CancellationToken::new()).await.unwrap();
    assert_eq!(runs.load(Ordering::SeqCst), 0);
    assert!(chat.messages.iter().any(|m| m.role == Role::Tool && m.content.contains("ask the user")));
    agent.turn(&mut chat, "Yes", &sender, CancellationToken::new()).await.unwrap();
    assert_eq!(runs.load(Ordering::SeqCst), 1);
    let agent = Agent {
        engine: Arc::new(ScriptedEngine::new(false, vec![calling(&[("look", "x")]), Message::assistant("Seen.")], &[])),
        ..agent
    };
    chat.begun = vec![begun("look")];
    agent.turn(&mut chat, "Look", &sender, CancellationToken::new()).await.unwrap();
    assert_eq!(runs.load(Ordering::SeqCst), 2);
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
    let script = vec![again(), again(), again(), Message::assistant("It says the same.")];
    let run = run(script, vec![a], |_| {}).await.unwrap();
    assert_eq!(calls.load(Ordering::SeqCst), 1);
    let told = run.chat.messages.iter().filter(|m| m.content.contains("(repeated)")).count();
    assert_eq!((told, run.stop), (1, Stop::Repetition));
    // A last answer is asked for.
    assert_eq!(run.answer.text, "It says the same.");
}

/// Programs see what earlier ones did, so an equal one is made again; three equal results are a circle.
#[tokio::test]
async fn programs_may_be_run_again_until_nothing_changes() {
    let count = Arc::new(AtomicUsize::new(0));
    let state = count.clone();
    let tool = tool_of("python", true, move |_| format!("x is {}", state.fetch_add(1, Ordering::SeqCst) / 2));
    let again = || calling(&[("python", "print(x)")]);
    let script = vec![again(), again(), again(), Message::assistant("x is 1")];
    let ok = run(script, vec![tool.clone()], |_| {}).await.unwrap();
    assert_eq!((ok.stop, count.load(Ordering::SeqCst)), (Stop::Answer, 3));

    let same = tool_of("python", true, |_| "x is 7".to_owned());
    let script = vec![again(), again(), again(), again(), Message::assistant("x is 7")];
    let stuck = run(script, vec![same], |s| s.max_steps = 9).await.unwrap();
    assert_eq!((stuck.stop, stuck.answer.text.as_str()), (Stop::Repetition, "x is 7"));
}

/// A call between two equal ones may have changed what they give.
#[tokio::test]
async fn an_equal_call_after_another_of_its_tool_is_made_again() {
    let (a, calls) = Echo::tool("a");
    let script =
        vec![calling(&[("a", "one")]), calling(&[("a", "two")]), calling(&[("a", "one")]), Message::assistant("done")];
    let run = run(script, vec![a], |_| {}).await.unwrap();
    assert_eq!((run.stop, calls.load(Ordering::SeqCst)), (Stop::Answer, 3));
}

#[tokio::test]
async fn the_same_call_twice_in_one_reply_is_made_once() {
    let (a, calls) = Echo::tool("a");
    let run = run(vec![calling(&[("a", "x"), ("a", "x")]), Message::assistant("done")], vec![a], |_| {}).await.unwrap();
    assert_eq!((run.stop, calls.load(Ordering::SeqCst)), (Stop::Answer, 1));
}

fn notices(run: &Run) -> Vec<&str> {
    run.events.iter().filter_map(|e| if let Event::Notice { text } = e { Some(text.as_str()) } else { None }).collect()
}

#[tokio::test]
async fn an_unreadable_call_goes_back_to_the_model() {
    let (a, calls) = Echo::tool("a");
    let script: Vec<ScriptedReply> = vec![
        ScriptedReply::malformed("{\"name\": \"a\", \"text", "the JSON is cut"),
        calling(&[("a", "bridge")]).into(),
        Message::assistant("It is 42.5 m long [1].").into(),
    ];
    let run = run(script, vec![a], |_| {}).await.unwrap();
    assert_eq!((run.stop, calls.load(Ordering::SeqCst)), (Stop::Answer, 1));
    assert!(notices(&run)[0].contains("the JSON is cut"), "{:?}", run.events);
    // What was said about it is no part of the conversation.
    assert!(run.chat.messages.iter().all(|m| !m.content.contains("cannot be read")), "{:?}", run.chat.messages);
}

#[tokio::test]
async fn a_cut_reply_goes_on_where_it_ended() {
    let script: Vec<ScriptedReply> = vec![
        ScriptedReply::stopped("The bridge was opened ", ReplyStop::Length),
        ScriptedReply::stopped("in a rainy year and ", ReplyStop::Length),
        Message::assistant("is still there.").into(),
    ];
    let run = run(script, vec![], |_| {}).await.unwrap();
    assert_eq!(run.answer.text, "The bridge was opened in a rainy year and is still there.");
    assert_eq!((run.stop, run.chat.messages.len()), (Stop::Answer, 2));
}

#[tokio::test]
async fn an_empty_reply_is_asked_for_again_and_never_an_answer() {
    let empty = || ScriptedReply::from(Message::assistant(" "));
    let script = vec![empty(), Message::assistant("Hello.").into()];
    let answered = run(script, vec![], |_| {}).await.unwrap();
    assert_eq!((answered.stop, answered.answer.text.as_str()), (Stop::Answer, "Hello."));

    let silent = run(vec![empty(), empty(), empty(), empty()], vec![], |_| {}).await.unwrap();
    assert_eq!((silent.stop, silent.answer.text.as_str()), (Stop::Error, "I did not get to an answer."));
    let broken = || ScriptedReply::malformed("<tool_call>{", "it is cut");
    let silent = run(vec![broken(), broken(), broken(), broken()], vec![], |_| {}).await.unwrap();
    assert_eq!(silent.stop, Stop::Error);
}

#[tokio::test]
async fn what_was_written_when_it_was_stopped_is_kept() {
    let script = vec![ScriptedReply::stopped("The bridge was opened in", ReplyStop::Cancelled)];
    let stopped = run(script, vec![], |s| s.deadline = Duration::from_millis(20)).await.unwrap();
    assert_eq!((stopped.stop, stopped.answer.text.as_str()), (Stop::Deadline, "The bridge was opened in"));
}

/// Tables of pages and programs are the conversation's, under names that the model is told.
#[tokio::test]
async fn a_native_model_is_told_of_tables_and_gets_them_back() {
    let page = || {
        let sourced =
            |t: &str| Cell::new(t, Provenance::Sourced { url: "test:p".into(), title: "P".into(), quote: t.into() });
        let number = |n: f64| Cell { number: Some(n), ..sourced(&n.to_string()) };
        Table {
            title: "tunnels".into(),
            columns: vec!["Name".into(), "Length".into()],
            rows: vec![vec![sourced("Ost"), number(5.0)], vec![sourced("West"), number(7.0)]],
        }
    };
    let open = table_tool("browser_open", move |_| vec![page()]);
    let python = table_tool("python", |cx| {
        let (name, table) = cx.tables.iter().find(|(name, _)| name == "t1").unwrap();
        let mut rows = table.rows.clone();
        rows.reverse();
        for row in &mut rows {
            for cell in row {
                cell.provenance = Provenance::Computed { how: "python".into() }.into();
            }
        }
        vec![Table { title: name.clone(), rows, ..Table::clone(table) }]
    });
    let script = vec![
        calling(&[("browser_open", "p")]),
        calling(&[("python", "t1.sort_values('Length')")]),
        Message::assistant("Sorted."),
    ];
    let run = run(script, vec![open, python], |_| {}).await.unwrap();
    let told: Vec<&str> =
        run.chat.messages.iter().filter(|m| m.role == Role::Tool).map(|m| m.content.as_str()).collect();
    assert!(
        told[0].ends_with("[tables, in sql and as DataFrames in python: t1 = tunnels (Name | Length), 2 rows]"),
        "{told:?}"
    );
    assert!(told[1].contains("t2 = tunnels"), "{told:?}");
    let sorted = run.chat.tables.last().unwrap();
    assert_eq!(sorted.rows[0][0].display(), "West");
    assert!(sorted.rows.iter().flatten().all(|c| matches!(*c.provenance, Provenance::Sourced { .. })), "{sorted:?}");
}

/// Opens pages, each after the milliseconds that begin its name.
struct Opener(ToolSpec);

#[async_trait]
impl Tool for Opener {
    fn spec(&self) -> &ToolSpec {
        &self.0
    }

    async fn call(&self, args: Value, _: &CallCx) -> Result<ToolOutput, ToolError> {
        let page = args["text"].as_str().unwrap().to_owned();
        let (wait, name) = page.split_once(' ').unwrap();
        tokio::time::sleep(Duration::from_millis(wait.parse().unwrap())).await;
        let url = format!("test:{name}");
        let source = Source { url: url.clone(), title: name.into(), text: format!("{name} text") };
        let mentions = vec![Mention { at: 0, url }];
        Ok(ToolOutput { sources: vec![source], mentions, ..ToolOutput::text(format!("{name}\n{name} text")) })
    }
}

#[tokio::test]
async fn pages_opened_side_by_side_are_numbered_in_the_order_of_their_calls() {
    let (echo, _) = Echo::tool("browser_open");
    let opener = Arc::new(Opener(echo.spec().clone()));
    let open = |pages: &[&str]| calling(&pages.iter().map(|p| ("browser_open", *p)).collect::<Vec<_>>());
    let script = vec![open(&["200 a", "0 b", "100 c"]), open(&["0 d", "50 a", "0 b"]), Message::assistant("Done [1].")];
    let run = run(script, vec![opener], |_| {}).await.unwrap();
    let urls: Vec<&str> = run.chat.sources.iter().map(|s| s.url.as_str()).collect();
    assert_eq!(urls, ["test:a", "test:b", "test:c", "test:d"]);
    let want = ["[1] a\n", "[2] b\n", "[3] c\n", "[4] d\n", "[1] a\n", "[2] b\n"];
    let read = run.chat.messages.iter().filter(|m| m.role == Role::Tool).map(|m| &m.content);
    let told =
        run.events.iter().filter_map(|e| if let Event::Result { content, .. } = e { Some(content) } else { None });
    for contents in [read.collect::<Vec<_>>(), told.collect()] {
        assert_eq!(contents.len(), want.len());
        contents.iter().zip(want).for_each(|(content, want)| assert!(content.starts_with(want), "{content}: {want}"));
    }
}

#[tokio::test]
async fn a_table_in_the_answer_is_one_of_the_conversation() {
    let (a, _) = Echo::tool("a");
    let answer = "| Name | Length |\n|---|---|\n| bridge [1] | 42.5 m [1] |\n| tower | 12.5 m |";
    let run = run(vec![calling(&[("a", "bridge")]), Message::assistant(answer)], vec![a], |_| {}).await.unwrap();
    let [table] = run.chat.tables.as_slice() else { panic!("{:?}", run.chat.tables) };
    assert!(matches!(*table.rows[0][1].provenance, Provenance::Sourced { .. }), "{table:?}");
    assert_eq!(table.rows[1][1].provenance, Provenance::Unverified);
}

#[tokio::test]
async fn the_step_limit_keeps_what_there_is() {
    let (a, _) = Echo::tool("a");
    let calls = || (0..2).map(|i| calling(&[("a", &format!("n{i}"))]));
    let script: Vec<Message> = calls().chain([Message::assistant("n0 and n1, so far.")]).collect();
    let answered = run(script, vec![a.clone()], |s| s.max_steps = 2).await.unwrap();
    assert_eq!((answered.stop, answered.answer.text.as_str()), (Stop::StepLimit, "n0 and n1, so far."));
    // Where the model has no last answer, what was found is told.
    let silent = run(calls().collect(), vec![a], |s| s.max_steps = 2).await.unwrap();
    assert_eq!(silent.stop, Stop::StepLimit);
    assert!(silent.answer.text.contains("n0") && silent.answer.text.contains("n1"), "{}", silent.answer.text);
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
