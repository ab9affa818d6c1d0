//! A server with conversations and tools, for tests of what runs turns.

use super::{client, info, said};
use async_trait::async_trait;
use polymath_agent::session::SessionStore;
use polymath_agent::{Agent, CallLimits, Mode, Settings};
use polymath_chat::{Artifact, Completion, CompletionError, Event, Message, Source, ToolOutput, ToolSpec};
use polymath_model::engine::{Engine, EngineError, Events, ModelInfo, Reply, ReplyRequest, Sampling};
use polymath_model::scripted::ScriptedEngine;
use polymath_server::{Server, Service, Token, Workspace};
use polymath_tools::{Calculator, CallCx, Registry, Tool, ToolError};
use serde_json::{Value, json};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

/// Opens a page and makes two files.
pub struct Survey(ToolSpec);

#[async_trait]
impl Tool for Survey {
    fn spec(&self) -> &ToolSpec {
        &self.0
    }

    async fn call(&self, _: Value, cx: &CallCx) -> Result<ToolOutput, ToolError> {
        let file = |name: &str, mime: &str, content: &str| {
            let path = cx.out.join(name);
            std::fs::write(&path, content).unwrap();
            Artifact { name: name.into(), mime: mime.into(), path, bytes: content.len() as u64 }
        };
        let source =
            Source { url: "https://a.example/sund".into(), title: "Sund".into(), text: "It is 14.2 m deep.".into() };
        Ok(ToolOutput {
            sources: vec![source],
            artifacts: vec![
                file("map.svg", "image/svg+xml", "<svg/>"),
                file("notes.html", "text/html", "<script>1</script>"),
            ],
            ..ToolOutput::text("Sund: 14.2 m")
        })
    }
}

/// Writes one sentence, waits until it may go on, and writes another; or ends where it is cancelled.
pub struct Slow {
    info: ModelInfo,
    go: Arc<Notify>,
}

#[async_trait]
impl Engine for Slow {
    fn info(&self) -> &ModelInfo {
        &self.info
    }

    fn count_tokens(&self, text: &str) -> usize {
        text.len()
    }

    async fn reply(&self, request: ReplyRequest<'_>) -> Result<Reply, EngineError> {
        let _ = request.events.send(Event::Text { delta: "The first. ".into() });
        tokio::select! {
            () = self.go.notified() => {}
            () = request.cancel.cancelled() => return Err(EngineError::Cancelled),
        }
        let _ = request.events.send(Event::Text { delta: "The second.".into() });
        Ok(said("The first. The second."))
    }

    async fn complete(&self, _: Completion, _: CancellationToken, _: Events) -> Result<String, CompletionError> {
        unreachable!("no tool asks for one")
    }
}

pub fn slow() -> (Arc<Slow>, Arc<Notify>) {
    let go = Arc::new(Notify::new());
    (Arc::new(Slow { info: info("slow"), go: go.clone() }), go)
}

pub fn scripted(replies: Vec<Message>) -> Arc<ScriptedEngine> {
    Arc::new(ScriptedEngine::new(false, replies, &[]))
}

/// A server over the conversations of a folder.
pub struct Running {
    pub base: String,
    pub stop: CancellationToken,
    pub task: tokio::task::JoinHandle<()>,
}

impl Drop for Running {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

impl Running {
    pub async fn get(&self, path: &str) -> reqwest::Response {
        client().get(format!("{}{path}", self.base)).send().await.unwrap()
    }

    pub async fn json(&self, path: &str) -> Value {
        self.get(path).await.json().await.unwrap()
    }

    pub async fn post(&self, path: &str, body: Value) -> (u16, Value) {
        let response = client().post(format!("{}{path}", self.base)).json(&body).send().await.unwrap();
        (response.status().as_u16(), response.json().await.unwrap())
    }

    /// Begins a run; its session.
    pub async fn ask(&self, question: &str, session: Option<&str>) -> String {
        let mut body = json!({"question": question});
        if let Some(session) = session {
            body["session"] = json!(session);
        }
        let (status, answer) = self.post("/api/runs", body).await;
        assert_eq!(status, 201, "{answer}");
        answer["session"].as_str().unwrap().to_owned()
    }

    /// The events of a run to its end, from a place in it: each with its id, and the state at the end.
    pub async fn follow(&self, session: &str, turn: u32, from: &str) -> (Vec<(String, Value)>, String) {
        let path = format!("{}/api/sessions/{session}/runs/{turn}/events", self.base);
        let response = client().get(path).header("last-event-id", from).send().await.unwrap();
        assert_eq!(response.headers()["content-type"], "text/event-stream");
        read(&response.text().await.unwrap())
    }
}

/// The events of a stream, each with its id, and the state at the end.
pub fn read(stream: &str) -> (Vec<(String, Value)>, String) {
    let (mut events, mut state) = (Vec::new(), String::new());
    for message in stream.split("\n\n").filter(|m| m.contains("data:")) {
        let field = |name: &str| message.lines().find_map(|l| l.strip_prefix(name)).unwrap_or_default().trim();
        let data: Value = serde_json::from_str(field("data:")).unwrap();
        match field("event:") {
            "end" => state = data["state"].as_str().unwrap().to_owned(),
            _ => events.push((field("id:").to_owned(), data)),
        }
    }
    (events, state)
}

pub async fn serve(engine: Arc<dyn Engine>, home: &Path, token: Option<&str>) -> Running {
    let workspace = workspace(engine.clone(), home);
    serve_it(engine, workspace, token).await
}

/// The same with other tools.
pub async fn serve_with(engine: Arc<dyn Engine>, home: &Path, tools: Vec<Arc<dyn Tool>>) -> Running {
    let mut workspace = workspace(engine.clone(), home);
    workspace.agent.tools = Registry::new(tools);
    serve_it(engine, workspace, None).await
}

pub async fn serve_it(engine: Arc<dyn Engine>, workspace: Workspace, token: Option<&str>) -> Running {
    let server = Server::bind("127.0.0.1:0", token.map(|t| Token::new(t).unwrap())).await.unwrap();
    let base = format!("http://{}", server.address());
    let service = Service { engine, sampling: Sampling::default(), embedder: None, workspace: Some(workspace) };
    let stop = CancellationToken::new();
    let task = tokio::spawn(server.run(service, stop.clone()));
    Running { base, stop, task }
}

/// A tool of this name that opens a page and makes two files.
pub fn survey(name: &str) -> Arc<dyn Tool> {
    Arc::new(Survey(ToolSpec {
        name: name.into(),
        description: "Looks at a harbour".into(),
        parameters: json!({"type": "object", "properties": {}}),
        raw_argument: None,
        stateful: false,
    }))
}

/// The conversations of a folder, with two tools.
pub fn workspace(engine: Arc<dyn Engine>, home: &Path) -> Workspace {
    let tools: [Arc<dyn Tool>; 2] = [survey("survey"), Arc::new(Calculator::new())];
    let settings = Settings {
        mode: Mode::Native,
        max_steps: 5,
        deadline: Duration::from_secs(600),
        sampling: Sampling::default(),
        limits: CallLimits::default(),
        out: home.join("artifacts"),
        approve: Default::default(),
        today: None,
        skills: Default::default(),
    };
    let agent = Agent { engine, tools: Registry::new(tools), settings };
    let store = SessionStore::open(&home.join("sessions.db")).unwrap();
    let forgotten = home.join("forgotten");
    Workspace {
        agent,
        store,
        artifacts: home.join("artifacts"),
        uploads: home.join("uploads"),
        files: home.join("files"),
        runs: home.join("runs"),
        model_from: "here".into(),
        forget: Box::new(move |id| std::fs::write(&forgotten, id).unwrap()),
    }
}
