//! Wires tools, engine and settings together. Only mains do this.

use crate::approve::{Everything, Terminal};
use crate::engine::{engine, engine_soon, sampling};
use crate::settings::{Settings, Usage};
use chrono::Local;
use polymath_agent::Agent;
use polymath_chat::plain::{clean, escaped};
use polymath_model::engine::Engine;
use polymath_tools::browser::{BrowserConfig, SearchSpec};
use polymath_tools::functions::{Source, functions};
use polymath_tools::mcp::{Approve, connect};
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
    let config = ToolsConfig { browser, python: python_config(settings), image: settings.image.clone() };
    let mut wanted = settings.tools.clone();
    if let Some(names) = wanted.as_mut().filter(|_| !settings.mcp.is_empty() || brings_functions(settings)) {
        // The others are the servers' and the functions' (see `with_servers` and `all_tools`).
        names.retain(|name| Registry::has_row(name));
    }
    let tools = Registry::build(config, wanted.as_deref()).map_err(|e| Usage(e.to_string()))?;
    Ok(tools.asking(Arc::<Terminal>::default()))
}

fn brings_functions(settings: &Settings) -> bool {
    !settings.functions.is_empty() || !settings.brought.functions.is_empty()
}

/// Those of the tools that the settings name which are not there.
fn missing<'a>(settings: &'a Settings, tools: &Registry) -> Vec<&'a String> {
    let wanted = settings.tools.as_deref().unwrap_or_default();
    wanted.iter().filter(|name| tools.get(name).is_none()).collect()
}

/// The tools with those of the user's MCP servers. What is left out is told.
async fn with_servers(settings: &Settings, tools: Registry) -> anyhow::Result<Registry> {
    let wanted = settings.tools.as_deref();
    let named = missing(settings, &tools);
    if settings.mcp.is_empty() || wanted.is_some() && named.is_empty() {
        return Ok(tools);
    }
    let approve: Arc<dyn Approve> = if settings.approve == polymath_agent::Approve::Auto {
        Arc::new(Everything)
    } else {
        Arc::<Terminal>::default()
    };
    // A name of ours is ours, whether it is wanted or not; `ask` is a tool where we are the server.
    let taken = tools.specs().into_iter().map(|spec| spec.name);
    let taken = taken.chain(Registry::rows().map(str::to_owned)).chain(["ask".to_owned()]).collect();
    let found = connect(&settings.mcp, &taken, &approve).await;
    let mut left = found.left;
    let mut fit = Vec::new();
    for tool in found.tools {
        let name = &tool.spec().name;
        match polymath_model::constrain::check_tools(std::slice::from_ref(tool.spec())) {
            Err(why) => left.push(why.to_string()),
            Ok(()) if wanted.is_none_or(|names| names.contains(name)) => fit.push(tool),
            Ok(()) => {}
        }
    }
    left.iter().for_each(|why| eprintln!("note: left out: {}", escaped(why)));
    if let Some(missing) = named.iter().find(|name| !fit.iter().any(|tool| tool.spec().name == ***name)) {
        anyhow::bail!(Usage(format!("there is no tool `{missing}`, neither here nor of your MCP servers")));
    }
    Ok(tools.with_own(fit).map_err(|e| Usage(e.to_string()))?)
}

/// The tools with the functions of the user's files and of the folder's. Where the settings name tools, the
/// folder's are those that they name.
pub async fn all_tools(settings: &Settings) -> anyhow::Result<Registry> {
    let tools = tools(settings)?;
    if !brings_functions(settings) {
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
        approve: None,
        cancel: CancellationToken::new(),
    };
    let mut own = Vec::new();
    for file in &settings.functions {
        let file = Source::read(file).map_err(|e| Usage(e.to_string()))?;
        own.extend(described(&file, &python, &cx).await?);
    }
    let is_wanted = |name: &String| settings.tools.as_ref().is_none_or(|names| names.contains(name));
    for file in settings.brought.functions.iter().filter(|_| settings.tools.as_ref().is_none_or(|n| !n.is_empty())) {
        let found = described(file, &python, &cx).await?;
        own.extend(found.into_iter().filter(|tool| is_wanted(&tool.spec().name)));
    }
    python.end(&cx.session).await;
    let tools = tools.with_own(own).map_err(|e| Usage(e.to_string()))?;
    if let Some(name) = missing(settings, &tools).first().filter(|_| settings.mcp.is_empty()) {
        anyhow::bail!(Usage(format!("there is no tool `{name}`, neither here nor in a file of functions")));
    }
    Ok(tools)
}

/// The tools of a file of functions; what is none is told.
async fn described(file: &Source, python: &Arc<Python>, cx: &CallCx) -> anyhow::Result<Vec<Arc<dyn Tool>>> {
    let found = functions(file, python.clone(), cx).await.map_err(|e| Usage(e.to_string()))?;
    for left in found.left {
        eprintln!("note: {}: no tool: {}", escaped(&file.path().display().to_string()), clean(&left));
    }
    Ok(found.tools)
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
    assemble(settings, out, all_tools(settings).await?, engine(settings, quiet)).await
}

/// All tools there are for conversations: with those of the user's MCP servers.
pub async fn every_tool(settings: &Settings) -> anyhow::Result<Registry> {
    with_servers(settings, all_tools(settings).await?).await
}

/// Everything for a turn, with the tools of the user's MCP servers.
pub async fn agent_with_servers(settings: &Settings, out: PathBuf, quiet: bool) -> anyhow::Result<Agent> {
    assemble(settings, out, every_tool(settings).await?, engine(settings, quiet)).await
}

/// The same for somebody who writes the first question while the model is loaded.
pub async fn agent_soon(settings: &Settings, out: PathBuf, quiet: bool) -> anyhow::Result<Agent> {
    assemble(settings, out, every_tool(settings).await?, engine_soon(settings, quiet)).await
}

async fn assemble(
    settings: &Settings,
    out: PathBuf,
    tools: Registry,
    engine: impl Future<Output = anyhow::Result<Arc<dyn Engine>>>,
) -> anyhow::Result<Agent> {
    polymath_model::constrain::check_tools(&tools.specs())?;
    // Python imports its packages while the model loads.
    let warming = tools.clone();
    tokio::spawn(async move { warming.warm().await });
    Ok(with_engine(settings, out, engine.await?, tools))
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
            skills: settings.brought.skills.clone().into(),
        },
    }
}
