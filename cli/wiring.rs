//! Wires engine, tools and settings together. Only mains do this.

use crate::model;
use crate::settings::{Settings, Usage};
use anyhow::bail;
use polymath_agent::Agent;
use polymath_model::dialect;
use polymath_model::engine::{Engine, Sampling};
use polymath_model::llama::{DEFAULT_PREFIX_CACHE, LlamaEngine, LlamaOptions};
use polymath_model::store::{self, Resolved, Store};
use polymath_tools::browser::{Browser, BrowserConfig, SearchSpec};
use polymath_tools::{Calculator, Image, Python, Registry, Tool};
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
    polymath_sandbox::Config::locate(&settings.home)
}

/// The engine for `--model`, pulled first where it is missing.
pub async fn engine(settings: &Settings, quiet: bool) -> anyhow::Result<Arc<dyn Engine>> {
    let spec = match &settings.model {
        Some(spec) if spec.starts_with("http://") || spec.starts_with("https://") => {
            bail!(Usage(format!(
                "`{spec}`: models behind an endpoint are not there yet; give a catalogue name or a .gguf"
            )))
        }
        Some(spec) => spec.clone(),
        None => store::default_model().map(|m| m.name.clone()).unwrap_or_default(),
    };
    let store = Store::open(&settings.home);
    let resolved = model::ensure(&store, &spec, quiet).await?;
    let options = options(resolved, &settings.home, settings.context);
    let engine = tokio::task::spawn_blocking(move || LlamaEngine::load(options)).await??;
    Ok(Arc::new(engine))
}

/// How a model of the store in `home` is loaded.
pub fn options(resolved: Resolved, home: &Path, context: usize) -> LlamaOptions {
    let entry = resolved.entry;
    let dialect = match entry.and_then(|e| dialect::by_name(&e.dialect)) {
        Some(dialect) => dialect,
        None => dialect_of(&resolved),
    };
    LlamaOptions {
        context,
        guided: entry.map(|e| e.mode == store::Mode::Guided),
        gpu_layers: if cfg!(any(feature = "cuda", feature = "metal", feature = "vulkan")) { 999 } else { 0 },
        prefix_cache: Some((home.join("cache/prefix"), DEFAULT_PREFIX_CACHE)),
        ..LlamaOptions::new(resolved.path, resolved.name, dialect)
    }
}

/// For files that the catalogue does not know: by what their chat template writes.
fn dialect_of(resolved: &Resolved) -> &'static dyn dialect::Dialect {
    let info = store::check_gguf(&resolved.path).ok();
    let name = info.as_ref().and_then(|i| i.name.clone()).unwrap_or_default().to_lowercase();
    // Its template is Hermes's, but that is not how it writes.
    let coder =
        if name.contains("qwen2.5") && name.contains("coder") { dialect::by_name("qwen2.5-coder") } else { None };
    let template = info.and_then(|i| i.template).unwrap_or_default();
    let known = coder.or_else(|| dialect::by_template(&template)).or_else(|| dialect::by_name("generic"));
    known.unwrap_or(dialect::DIALECTS[0])
}

/// Everything for a turn.
pub async fn agent(settings: &Settings, out: PathBuf, quiet: bool) -> anyhow::Result<Agent> {
    let tools = tools(settings)?;
    let engine = engine(settings, quiet).await?;
    Ok(Agent {
        engine,
        tools,
        settings: polymath_agent::Settings {
            mode: settings.mode,
            max_steps: settings.max_steps,
            deadline: settings.deadline,
            sampling: Sampling { temperature: settings.temperature, seed: settings.seed, ..Sampling::default() },
            limits: settings.limits.clone(),
            out,
        },
    })
}
