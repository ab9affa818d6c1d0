//! Wires tools, engine and settings together. Only mains do this.

use crate::engine::{engine, sampling};
use crate::settings::{Settings, Usage};
use polymath_agent::Agent;
use polymath_tools::browser::{BrowserConfig, SearchSpec};
use polymath_tools::{Registry, ToolsConfig};
use std::path::{Path, PathBuf};

/// All tools, or those that the settings name.
pub fn tools(settings: &Settings) -> anyhow::Result<Registry> {
    let search = SearchSpec::parse(&settings.search).map_err(|e| Usage(e.to_string()))?;
    let mut browser = BrowserConfig::new(search, &settings.state);
    browser.allow.clone_from(&settings.allow);
    browser.searxng.clone_from(&settings.searxng);
    let config = ToolsConfig { browser, python: python_config(settings) };
    Ok(Registry::build(config, settings.tools.as_deref()).map_err(|e| Usage(e.to_string()))?)
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
    let tools = tools(settings)?;
    polymath_model::constrain::check_tools(&tools.specs())?;
    // Python imports its packages while the model loads.
    let warming = tools.clone();
    tokio::spawn(async move { warming.warm().await });
    let engine = engine(settings, quiet).await?;
    let sampling = sampling(settings, &engine.info().name);
    Ok(Agent {
        engine,
        tools,
        settings: polymath_agent::Settings {
            mode: settings.mode,
            max_steps: settings.max_steps,
            deadline: settings.deadline,
            sampling,
            limits: settings.limits.clone(),
            out,
            today: settings.today,
        },
    })
}
