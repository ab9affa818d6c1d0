//! Wires tools, engine and settings together. Only mains do this.

use crate::engine::{engine, sampling};
use crate::settings::{Settings, Usage};
use anyhow::bail;
use polymath_agent::Agent;
use polymath_tools::browser::{Browser, BrowserConfig, SearchSpec};
use polymath_tools::{Calculator, Image, Python, Registry, Sql, Tool};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// All tools, or those that the settings name.
pub fn tools(settings: &Settings) -> anyhow::Result<Registry> {
    let search = SearchSpec::parse(&settings.search).map_err(|e| Usage(e.to_string()))?;
    let mut config = BrowserConfig::new(search, &settings.home);
    config.allow.clone_from(&settings.allow);
    config.searxng.clone_from(&settings.searxng);
    let mut all: Vec<Arc<dyn Tool>> = Browser::new(config).map_err(|e| Usage(e.to_string()))?.tools();
    all.push(Arc::new(Calculator::new()));
    all.push(Arc::new(Python::new(python_config(settings))));
    all.push(Arc::new(Image::default()));
    all.push(Arc::new(Sql::default()));
    if let Some(names) = &settings.tools {
        let known: Vec<String> = all.iter().map(|t| t.spec().name.clone()).collect();
        if let Some(unknown) = names.iter().find(|n| !known.contains(n)) {
            bail!(Usage(format!("there is no tool `{unknown}`; the tools are {}", known.join(", "))));
        }
        all.retain(|t| names.contains(&t.spec().name));
    }
    Ok(Registry::new(all))
}

pub fn python_config(settings: &Settings) -> polymath_sandbox::Config {
    let mut config = polymath_sandbox::Config::locate(&settings.home);
    config.journals = Some(journals(&settings.home));
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
        },
    })
}
