//! A script on the bench: real tools that count their calls, a scripted model, a folder of its own.

use async_trait::async_trait;
use polymath_agent::script::{
    Budget, Ended, Inputs, Output, Progress, Run, Script, ScriptError, StepCache, StepEnd, Watch, read,
};
use polymath_agent::{Agent, CallLimits, Mode, Settings};
use polymath_chat::{Event, Message, ToolOutput, ToolSpec};
use polymath_model::engine::Sampling;
use polymath_model::scripted::ScriptedEngine;
use polymath_tools::browser::{Browser, BrowserConfig, BrowserFind, BrowserOpen, BrowserSearch, SearchSpec};
use polymath_tools::{Calculator, CallCx, Charts, Image, Registry, Sql, Tool, ToolError};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

type Calls = Arc<Mutex<BTreeMap<String, usize>>>;

/// A tool that counts its calls by their arguments, when they are over.
struct Counted(Arc<dyn Tool>, Calls);

#[async_trait]
impl Tool for Counted {
    fn spec(&self) -> &ToolSpec {
        self.0.spec()
    }

    async fn call(&self, args: Value, cx: &CallCx) -> Result<ToolOutput, ToolError> {
        let result = self.0.call(args.clone(), cx).await;
        *self.1.lock().unwrap().entry(format!("{} {args}", self.0.spec().name)).or_default() += 1;
        result
    }
}

/// Fails so often, then works.
struct Flaky(ToolSpec, Mutex<usize>);

#[async_trait]
impl Tool for Flaky {
    fn spec(&self) -> &ToolSpec {
        &self.0
    }

    async fn call(&self, _: Value, _: &CallCx) -> Result<ToolOutput, ToolError> {
        let mut left = self.1.lock().unwrap();
        if *left == 0 {
            return Ok(ToolOutput::text("at last"));
        }
        *left -= 1;
        Err(ToolError::tell("network", "the line is dead"))
    }
}

pub struct Bench {
    pub folder: tempfile::TempDir,
    pub calls: Calls,
    /// Times that the flaky tool fails.
    pub flaky: usize,
    /// Where is searched.
    pub pages: Option<PathBuf>,
    /// The run dies when so many things were told of it.
    pub dies_at: Option<usize>,
    pub vars: Vec<(String, String)>,
}

/// What a run told.
#[derive(Default)]
pub struct Told {
    pub events: Mutex<Vec<Event>>,
    pub progress: Mutex<Vec<(String, Progress)>>,
    begun: Mutex<u32>,
    left: Mutex<Option<usize>>,
    dead: Notify,
}

impl Told {
    fn tick(&self) {
        if let Some(left) = self.left.lock().unwrap().as_mut() {
            *left = left.saturating_sub(1);
            if *left == 0 {
                self.dead.notify_one();
            }
        }
    }

    pub fn states(&self, want: impl Fn(&Progress) -> bool) -> Vec<String> {
        let progress = self.progress.lock().unwrap();
        progress.iter().filter(|(_, progress)| want(progress)).map(|(step, _)| step.clone()).collect()
    }

    pub fn cached(&self) -> Vec<String> {
        self.states(|progress| matches!(progress, Progress::Done { cached: true, .. }))
    }

    pub fn done(&self) -> Vec<String> {
        self.states(|progress| matches!(progress, Progress::Done { .. }))
    }
}

impl Watch for Told {
    fn begin(&self, _: &str) -> anyhow::Result<u32> {
        self.tick();
        let mut begun = self.begun.lock().unwrap();
        *begun += 1;
        Ok(*begun)
    }

    fn event(&self, _: u32, event: &Event) -> anyhow::Result<()> {
        self.events.lock().unwrap().push(event.clone());
        self.tick();
        Ok(())
    }

    fn progress(&self, step: &str, progress: &Progress) {
        self.progress.lock().unwrap().push((step.to_owned(), progress.clone()));
        self.tick();
    }
}

impl Bench {
    pub fn new() -> Bench {
        Bench {
            folder: tempfile::tempdir().unwrap(),
            calls: Calls::default(),
            flaky: 0,
            pages: None,
            dies_at: None,
            vars: Vec::new(),
        }
    }

    pub fn tools(&self) -> Registry {
        let parameters = json!({"type": "object"});
        let (name, description) = ("flaky".to_owned(), "fails at first".to_owned());
        let spec = ToolSpec { name, description, parameters, raw_argument: None, stateful: false };
        let pages = self.pages.as_ref().map(|pages| {
            let spec = SearchSpec::parse(&format!("local:{}", pages.display())).unwrap();
            Browser::new(BrowserConfig::new(spec, self.folder.path())).unwrap()
        });
        let web = pages.into_iter().flat_map(|browser| -> [Arc<dyn Tool>; 3] {
            let (search, find) = (BrowserSearch::new(browser.clone()), BrowserFind::new(browser.clone()));
            [Arc::new(search), Arc::new(find), Arc::new(BrowserOpen::new(browser))]
        });
        let own: [Arc<dyn Tool>; 5] = [
            Arc::new(Sql::default()),
            Arc::new(Calculator::new()),
            Arc::new(Charts::default()),
            Arc::new(Image::default()),
            Arc::new(Flaky(spec, Mutex::new(self.flaky))),
        ];
        let counted = |tool: Arc<dyn Tool>| -> Arc<dyn Tool> { Arc::new(Counted(tool, self.calls.clone())) };
        Registry::new(own.into_iter().chain(web).map(counted))
    }

    pub fn read(&self, text: &str) -> Result<Script, Vec<ScriptError>> {
        read(&self.folder.path().join("script.toml"), text, &self.tools().specs())
    }

    pub fn run(&self, text: &str, replies: Vec<Message>) -> (Ended, Told) {
        let script = self.read(text).unwrap_or_else(|errors| panic!("{errors:#?}"));
        self.run_script(&script, ScriptedEngine::new(false, replies, &[]))
    }

    pub fn run_script(&self, script: &Script, engine: ScriptedEngine) -> (Ended, Told) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let inputs = Inputs::read(script, &self.vars).unwrap();
        let told = Told { left: Mutex::new(self.dies_at), ..Told::default() };
        let settings = Settings {
            mode: Mode::Auto,
            max_steps: 8,
            deadline: Duration::from_secs(60),
            sampling: Sampling::default(),
            limits: CallLimits::default(),
            out: self.folder.path().join("out"),
            approve: Default::default(),
            today: Some(script.today.unwrap_or_else(|| "2024-06-03".parse().unwrap())),
            skills: Default::default(),
        };
        let agent = Agent { engine: Arc::new(engine), tools: self.tools(), settings };
        let cache = StepCache::new(&self.folder.path().join("cache"));
        let run = Run {
            id: "run",
            script,
            inputs: &inputs,
            agent: &agent,
            cache: &cache,
            world: "",
            watch: &told,
            budget: Budget { time: script.time, tokens: script.tokens },
            cancel: CancellationToken::new(),
        };
        let ended = runtime.block_on(async {
            tokio::select! {
                biased;
                // As a killed process: nothing of it gets to say anything any more.
                () = told.dead.notified() => Ended { steps: BTreeMap::new(), tokens: 0, stopped: Some("killed".into()) },
                ended = run.run() => ended,
            }
        });
        (ended, told)
    }
}

pub fn output<'a>(ended: &'a Ended, step: &str) -> &'a Output {
    match ended.steps.get(step) {
        Some(StepEnd::Done(output)) => output,
        other => panic!("{step}: {other:?}"),
    }
}

pub fn failure<'a>(ended: &'a Ended, step: &str) -> &'a str {
    match ended.steps.get(step) {
        Some(StepEnd::Failed(why)) => why,
        other => panic!("{step}: {other:?}"),
    }
}

/// The repository's folder.
pub fn repository() -> PathBuf {
    PathBuf::from(std::env::var("CARGO_MANIFEST_DIR").unwrap()).parent().unwrap().to_owned()
}
