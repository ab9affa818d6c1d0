//! Wires tools, engine and settings together. Only mains do this.

use crate::engine::{engine, sampling};
use crate::settings::{Settings, Usage};
use chrono::Local;
use polymath_agent::Agent;
use polymath_chat::plain::clean;
use polymath_model::engine::Engine;
use polymath_tools::browser::{BrowserConfig, SearchSpec};
use polymath_tools::functions::functions;
use polymath_tools::{CallCx, Python, Registry, Tool, ToolsConfig};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tokio_util::sync::CancellationToken;

/// All tools, or those that the settings name.
pub fn tools(settings: &Settings) -> anyhow::Result<Registry> {
    let search = SearchSpec::parse(&settings.search).map_err(|e| Usage(e.to_string()))?;
    let mut browser = BrowserConfig::new(search, &settings.state);
    browser.allow.clone_from(&settings.allow);
    browser.searxng.clone_from(&settings.searxng);
    let config = ToolsConfig { browser, python: python_config(settings) };
    Ok(Registry::build(config, settings.tools.as_deref()).map_err(|e| Usage(e.to_string()))?)
}

/// The tools with the functions of the user's files.
pub async fn all_tools(settings: &Settings) -> anyhow::Result<Registry> {
    let tools = tools(settings)?;
    if settings.functions.is_empty() {
        return Ok(tools);
    }
    let python = Arc::new(Python::new(python_config(settings)));
    let out = tempfile::tempdir()?;
    let cx = CallCx {
        session: format!("describe-functions-{}", std::process::id()),
        out: out.path().to_owned(),
        model: None,
        tables: Vec::new(),
        files: Vec::new(),
        today: settings.today.unwrap_or_else(|| Local::now().date_naive()),
        cancel: CancellationToken::new(),
    };
    let mut own = Vec::new();
    for file in &settings.functions {
        let found = functions(file, python.clone(), &cx).await.map_err(|e| Usage(e.to_string()))?;
        for left in found.left {
            eprintln!("note: {}: no tool: {}", file.display(), clean(&left));
        }
        own.extend(found.tools);
    }
    python.end(&cx.session).await;
    Ok(tools.with_own(own).map_err(|e| Usage(e.to_string()))?)
}

pub fn python_config(settings: &Settings) -> polymath_sandbox::Config {
    let mut config = polymath_sandbox::Config::locate(&settings.home);
    config.journals = Some(journals(&settings.state));
    settings.python.apply(&mut config);
    config
}

/// Where the interpreters' journals are kept, which bring their variables back.
pub fn journals(home: &Path) -> PathBuf {
    home.join("python-sessions")
}

/// Everything for a turn.
pub async fn agent(settings: &Settings, out: PathBuf, quiet: bool) -> anyhow::Result<Agent> {
    let tools = all_tools(settings).await?;
    polymath_model::constrain::check_tools(&tools.specs())?;
    // Python imports its packages while the model loads.
    let warming = tools.clone();
    tokio::spawn(async move { warming.warm().await });
    Ok(with_engine(settings, out, engine(settings, quiet).await?, tools))
}

/// The same around an engine that is there.
pub fn with_engine(settings: &Settings, out: PathBuf, engine: Arc<dyn Engine>, tools: Registry) -> Agent {
    let sampling = sampling(settings, &engine.info().name);
    Agent {
        engine,
        tools,
        settings: polymath_agent::Settings {
            mode: settings.mode,
            max_steps: settings.max_steps,
            deadline: settings.deadline,
            sampling,
            limits: settings.limits.clone(),
            out,
            approve: settings.approve,
            today: settings.today,
        },
    }
}
