//! A server with conversations and tools, for tests of what runs turns.

use super::{info, said};
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

async fn serve_it(engine: Arc<dyn Engine>, workspace: Workspace, token: Option<&str>) -> Running {
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
        forget: Box::new(move |id| std::fs::write(&forgotten, id).unwrap()),
    }
}
