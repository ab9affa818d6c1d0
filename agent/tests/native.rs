//! The native lead against a scripted model: what it is told of its answers and calls, what goes
//! into the notebook, and how a conversation is kept within the context.

#![allow(clippy::unwrap_used, clippy::panic)]

use async_trait::async_trait;
use polymath_agent::{Agent, CallLimits, Chat, Grounded, Mode, Settings};
use polymath_chat::{
    Cell, Event, FigureStatus, Mention, Message, Provenance, Role, Source, Stop, Table, ToolCall, ToolOutput, ToolSpec,
};
use polymath_model::engine::{ReplyStop, Sampling};
use polymath_model::scripted::{Asked, ScriptedEngine, ScriptedReply};
use polymath_tools::{Calculator, CallCx, Registry, Sql, Tool, ToolError};
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc::unbounded_channel;
use tokio_util::sync::CancellationToken;

/// Opens `bridges`, a page with a table; says `long` as often as it is asked to.
struct Pages(ToolSpec);

fn bridges() -> ToolOutput {
    let (url, title) = ("test:bridges".to_owned(), "Bridges of Lund".to_owned());
    let cell = |text: &str, number: Option<f64>| {
        let quote = text.to_owned();
        Cell { number, ..Cell::new(text, Provenance::Sourced { url: url.clone(), title: title.clone(), quote }) }
    };
    let row = |name: &str, metres: f64| vec![cell(name, None), cell(&metres.to_string(), Some(metres))];
    let table = Table {
        title: title.clone(),
        columns: vec!["Bridge".into(), "Metres".into()],
        rows: vec![row("Aldersund", 142.5), row("Birke", 87.0), row("Carls", 310.0)],
    };
    let text = "Aldersund | 142.5\nBirke | 87\nCarls | 310\nThe Carls bridge cost $41 million in 1962.".to_owned();
    let content = format!("{title}\n{text}");
    let mentions = vec![Mention { at: 0, url: url.clone() }];
    ToolOutput {
        tables: vec![table],
        sources: vec![Source { url, title, text }],
        mentions,
        ..ToolOutput::text(content)
    }
}

#[async_trait]
impl Tool for Pages {
    fn spec(&self) -> &ToolSpec {
        &self.0
    }

    async fn call(&self, args: Value, _: &CallCx) -> Result<ToolOutput, ToolError> {
        Ok(match args["times"].as_u64() {
            None => bridges(),
            Some(times) => ToolOutput::text(format!("words {}\n{}", args["target"], "long ".repeat(times as usize))),
        })
    }
}

fn pages(name: &str) -> Arc<dyn Tool> {
    let properties = json!({"target": {"type": "string"}, "times": {"type": "integer"}});
    let parameters = json!({"type": "object", "properties": properties, "required": ["target"]});
    let (name, description) = (name.to_owned(), "opens".to_owned());
    Arc::new(Pages(ToolSpec { name, description, parameters, raw_argument: None, stateful: false }))
}

struct Run {
    asked: Vec<Vec<Message>>,
    chat: Chat,
    events: Vec<Event>,
    stop: Stop,
    answer: Grounded,
}

impl Run {
    fn notices(&self) -> Vec<&str> {
        self.events
            .iter()
            .filter_map(|e| if let Event::Notice { text } = e { Some(text.as_str()) } else { None })
            .collect()
    }

    /// What the model heard last in each request.
    fn heard(&self, request: usize) -> &str {
        &self.asked[request].last().unwrap().content
    }

    fn statuses(&self) -> Vec<(&str, FigureStatus)> {
        self.answer.figures.iter().map(|f| (f.text.as_str(), f.status)).collect()
    }
}

async fn turn(chat: Chat, question: &str, script: Vec<ScriptedReply>) -> Run {
    let out = tempfile::tempdir().unwrap();
    let settings = Settings {
        mode: Mode::Native,
        max_steps: 30,
        deadline: Duration::from_secs(30),
        sampling: Sampling::default(),
        limits: CallLimits { result_tokens: 3000, ..CallLimits::default() },
        out: out.path().join("artifacts"),
        approve: Default::default(),
        today: None,
        skills: Default::default(),
    };
    let engine = Arc::new(ScriptedEngine::new(false, script, &[]));
    let tools: [Arc<dyn Tool>; 4] =
        [pages("browser_open"), pages("read"), Arc::new(Calculator::new()), Arc::new(Sql::default())];
    let agent = Agent { engine: engine.clone(), tools: Registry::new(tools), settings };
    let (sender, mut inbox) = unbounded_channel();
    let mut chat = chat;
    let end = agent.turn(&mut chat, question, &sender, CancellationToken::new()).await.unwrap();
    drop(sender);
    let mut events = Vec::new();
    while let Some(event) = inbox.recv().await {
        events.push(event);
    }
    assert_eq!(engine.left(), 0, "the script has more to say");
    let asked =
        engine.asked().into_iter().filter_map(|a| if let Asked::Reply(messages) = a { Some(messages) } else { None });
    Run { asked: asked.collect(), chat, events, stop: end.stop, answer: end.answer }
}

async fn run(script: Vec<ScriptedReply>) -> Run {
    turn(Chat::new("test"), "Which of the 3 bridges is the longest?", script).await
}

fn calling(calls: &[(&str, Value)]) -> ScriptedReply {
    ScriptedEngine::calling(calls).into()
}

fn open() -> ScriptedReply {
    calling(&[("browser_open", json!({"target": "bridges"}))])
}

fn says(text: &str) -> ScriptedReply {
    Message::assistant(text).into()
}

use FigureStatus::{Computed, Given, Sourced, Unverified};

#[tokio::test]
async fn figures_that_stand_nowhere_go_back_once_with_the_nearest_true_ones() {
    let run = run(vec![
        open(),
        says(
            "The Carls bridge is 301 m long [1] and cost $44 million [1]; its deck has 5,120 planks.\n```\nx = 777\n```",
        ),
        says("The Carls bridge is 310 m long [1] and cost $41 million [1]; its deck has 5,120 planks."),
    ])
    .await;
    let told = run.heard(2);
    assert!(told.contains("- 301: nearest: 310 ([1]: \"Carls | 310\")"), "{told}");
    assert!(told.contains("- $44 million: nearest: $41 million ([1]: \"The Carls bridge cost"), "{told}");
    assert!(told.contains("- 5,120: ") && !told.contains("777"), "{told}");
    assert_eq!(run.notices().len(), 1, "{:?}", run.notices());
    assert!(run.notices()[0].contains("301, $44 million, 5,120"), "{:?}", run.notices());
    // What stays is marked, and nothing of it is said twice.
    assert_eq!(run.statuses(), [("310", Sourced), ("$41 million", Sourced), ("5,120", Unverified)]);
    assert_eq!(run.chat.messages.iter().filter(|m| m.role == Role::User).count(), 1);
}

#[tokio::test]
async fn what_was_found_computed_or_given_does_not_go_back() {
    let script = vec![
        open(),
        calling(&[("calculator", json!({"expression": "142.5 + 87 + 310"}))]),
        says("Together the 3 are 539.5 m long, the longest 310 m; 2 are shorter."),
    ];
    let run = run(script).await;
    assert!(run.notices().is_empty(), "{:?}", run.notices());
    assert_eq!(run.statuses()[..3], [("3", Given), ("539.5", Computed), ("310", Sourced)]);
}

#[tokio::test]
async fn a_model_that_is_told_may_look_it_up() {
    let run =
        run(vec![says("The longest is Carls with 310 m."), open(), says("The longest is Carls with 310 m [1].")]).await;
    assert!(run.heard(1).contains("- 310: nothing near it was found"), "{}", run.heard(1));
    assert_eq!((run.stop, run.statuses()), (Stop::Answer, vec![("310", Sourced)]));
}

#[tokio::test]
async fn where_the_second_try_is_nothing_the_first_is_the_answer() {
    let empty = || says(" ");
    let run = run(vec![says("It has 512 planks."), empty(), empty(), empty(), empty()]).await;
    assert_eq!((run.stop, run.answer.text.as_str()), (Stop::Answer, "It has 512 planks."));
    assert_eq!(run.statuses(), [("512", Unverified)]);
}

#[tokio::test]
async fn values_and_tables_are_the_conversations_and_later_turns_know_them() {
    let query = "SELECT Bridge, Metres, Metres * 2 AS Twice FROM t1 WHERE Metres > 100 ORDER BY Metres";
    let script = vec![
        open(),
        calling(&[("sql", json!({"query": query})), ("calculator", json!({"expression": "310 - 142.5"}))]),
        says("Carls is 310 m long, 167.5 m more than Aldersund."),
    ];
    let first = run(script).await;
    assert!(first.heard(1).starts_with("[1] Bridges of Lund\n"), "{}", first.heard(1));
    assert!(first.heard(1).ends_with("t1 = Bridges of Lund (Bridge | Metres), 3 rows]"), "{}", first.heard(1));
    let table = &first.chat.tables[1];
    assert!(
        matches!(&*table.rows[1][1].provenance, Provenance::Sourced { url, .. } if url == "test:bridges"),
        "{table:?}"
    );
    assert!(matches!(*table.rows[1][2].provenance, Provenance::Computed { .. }), "{table:?}");
    let shown = first.events.iter().filter(|e| matches!(e, Event::Table { .. })).count();
    // The page is cited for the table's cell, though the answer does not mark it.
    let cited: Vec<(usize, &str)> = first.answer.citations.iter().map(|c| (c.n, c.url.as_str())).collect();
    assert_eq!((shown, cited), (1, vec![(1, "test:bridges")]));

    let fact = first.chat.facts[0].clone();
    assert_eq!((fact.name.as_str(), fact.about.as_str(), fact.number), ("a", "310 - 142.5", Some(167.5)));
    let later =
        turn(first.chat, "And in one sentence?", vec![says("Carls is 167.5 m longer than the 2nd of the 3.")]).await;
    assert_eq!(later.statuses()[0], ("167.5", Computed), "{:?}", later.answer);
    assert!(later.notices().is_empty(), "{:?}", later.notices());
}

#[tokio::test]
async fn a_call_that_cannot_be_read_beside_one_that_can_is_told() {
    let both = ScriptedReply { malformed: vec![("{\"name\": \"sql".into(), "the JSON is cut".into())], ..open() };
    let run = run(vec![both, says("Carls [1].")]).await;
    assert!(run.heard(1).contains("One call of your last message could not be read and was not run: the JSON is cut"));
    assert!(run.notices()[0].contains("the JSON is cut"), "{:?}", run.notices());
    assert_eq!((run.stop, run.chat.sources.len()), (Stop::Answer, 1));
}

#[tokio::test]
async fn arguments_that_do_not_fit_say_what_does() {
    let run = run(vec![
        calling(&[("browser_open", json!({"page": "bridges"})), ("read", json!({"target": "x", "times": "many"}))]),
        says("n/a"),
    ])
    .await;
    let told: Vec<&str> =
        run.chat.messages.iter().filter(|m| m.role == Role::Tool).map(|m| m.content.as_str()).collect();
    let takes = "it takes target (string, required), times (integer)";
    assert!(told[0].contains("\"target\" is a required property") && told[0].ends_with(takes), "{}", told[0]);
    assert!(told[1].starts_with("Error (arguments): /times: \"many\"") && told[1].ends_with(takes), "{}", told[1]);
}

/// Engines trim what a model writes, so that the seam has to be found.
#[tokio::test]
async fn a_cut_answer_is_whole_again() {
    for (first, second, want) in [
        ("The longest bridge of", "all is Carls.", "The longest bridge of all is Carls."),
        ("The longest bridge of a", "longest bridge of all is Carls.", "The longest bridge of all is Carls."),
        ("It is Carls.", "Birke is shorter.", "It is Carls. Birke is shorter."),
        ("| Carls |\n", "| Birke |", "| Carls |\n| Birke |"),
    ] {
        let run = run(vec![ScriptedReply::stopped(first, ReplyStop::Length), says(second)]).await;
        assert_eq!(run.answer.text, want);
        assert!(run.heard(1).contains("Go on where it ended"), "{}", run.heard(1));
    }
}

#[tokio::test]
async fn old_results_give_way_and_their_calls_may_be_made_again() {
    let long = |target: &str| calling(&[("read", json!({"target": target, "times": 1800}))]);
    let script = vec![
        calling(&[("browser_open", json!({"target": "bridges"}))]),
        long("one"),
        long("two"),
        long("three"),
        // Nothing else of the tool ran since, but its result is not there any more.
        calling(&[("browser_open", json!({"target": "bridges"}))]),
        says("Carls, 310 m [1]."),
    ];
    let run = run(script).await;
    let last = run.asked.last().unwrap();
    assert_eq!(last[1].content, "Which of the 3 bridges is the longest?");
    assert!(last[3].content.starts_with("[shortened: [1] Bridges of Lund ("), "{}", last[3].content);
    assert!(last[3].content.ends_with("t1 = Bridges of Lund (Bridge | Metres), 3 rows]"), "{}", last[3].content);
    assert!(last[11].content.starts_with("[1] Bridges of Lund\nAldersund"), "{}", last[11].content);
    assert!(run.notices()[0].starts_with("the conversation fills the model's context; "), "{:?}", run.notices());
    let ok = run.events.iter().filter(|e| matches!(e, Event::Result { ok: true, .. })).count();
    assert_eq!((ok, run.stop, run.statuses()), (5, Stop::Answer, vec![("310", Sourced)]));
    // A table that is there already keeps its name.
    assert_eq!(run.chat.tables.len(), 1);
    let size = |messages: &[Message]| messages.iter().map(|m| m.content.len().div_ceil(4)).sum::<usize>();
    assert!(
        run.asked.iter().all(|messages| size(messages) < 8192 - 2048),
        "{:?}",
        run.asked.iter().map(|m| size(m)).collect::<Vec<_>>()
    );
}

#[tokio::test]
async fn a_last_answer_is_looked_at_as_well() {
    let same = || calling(&[("read", json!({"target": "x", "times": 1}))]);
    let run = run(vec![open(), same(), same(), same(), says("Carls, 301 m [1]."), says("Carls, 310 m [1].")]).await;
    assert_eq!((run.stop, run.answer.text.as_str()), (Stop::Repetition, "Carls, 310 m [1]."));
    let calls: Vec<&ToolCall> = run.chat.messages.iter().flat_map(|m| &m.calls).collect();
    assert_eq!(calls.len(), 3);
}
