//! Wires engine, tools and settings together. Only mains do this.

use crate::model;
use crate::settings::{Settings, Usage};
use anyhow::bail;
use polymath_agent::Agent;
use polymath_model::dialect;
use polymath_model::engine::{Engine, Sampling};
use polymath_model::llama::{DEFAULT_PREFIX_CACHE, LlamaEngine, LlamaOptions, add_rpc_servers};
use polymath_model::probe::verdict;
use polymath_model::remote::{Address, Key, Patience, RemoteEngine, RemoteOptions};
use polymath_model::store::{self, Resolved, Store};
use polymath_tools::browser::{Browser, BrowserConfig, SearchSpec};
use polymath_tools::{Calculator, Image, Python, Registry, Tool};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tokio_util::sync::CancellationToken;

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
    let mut config = polymath_sandbox::Config::locate(&settings.home);
    config.journals = Some(journals(&settings.home));
    settings.python.apply(&mut config);
    config
}

/// Where the interpreters' journals are kept, which bring their variables back.
pub fn journals(home: &Path) -> PathBuf {
    home.join("python-sessions")
}

/// The engine for `--model`: an endpoint's, or a local one, pulled first where it is missing.
pub async fn engine(settings: &Settings, quiet: bool) -> anyhow::Result<Arc<dyn Engine>> {
    let spec = match &settings.model {
        Some(spec) if Address::is_one(spec) => return remote(spec).await,
        Some(spec) => spec.clone(),
        None => store::default_model().map(|m| m.name.clone()).unwrap_or_default(),
    };
    let store = Store::open(&settings.home);
    let resolved = model::ensure(&store, &spec, quiet).await?;
    let (options, rpc) = (options(resolved, settings), settings.rpc.clone());
    let load = move || {
        if !rpc.is_empty() {
            add_rpc_servers(&rpc)?;
        }
        LlamaEngine::load(options)
    };
    let engine = tokio::task::spawn_blocking(load).await??;
    Ok(Arc::new(engine))
}

/// The engine behind an endpoint. Its key comes from the environment.
async fn remote(spec: &str) -> anyhow::Result<Arc<dyn Engine>> {
    let address = Address::parse(spec).map_err(|e| Usage(e.to_string()))?;
    let key = Key::from_environment().map_err(|e| Usage(e.to_string()))?;
    let options = RemoteOptions { address, key, patience: Patience::default() };
    Ok(Arc::new(RemoteEngine::connect(options, &CancellationToken::new()).await?))
}

fn options(resolved: Resolved, settings: &Settings) -> LlamaOptions {
    let probed = verdict(&settings.home, &resolved.path);
    let options = model_options(resolved);
    LlamaOptions {
        way: probed.map(|v| v.chosen),
        context: settings.context,
        gpu_layers: if settings.rpc.is_empty() { options.gpu_layers } else { 999 },
        prefix_cache: Some((settings.home.join("cache/prefix"), DEFAULT_PREFIX_CACHE)),
        ..options
    }
}

/// What a model's file and its entry in the catalogue say of how to run it.
pub fn model_options(resolved: Resolved) -> LlamaOptions {
    let entry = resolved.entry;
    let dialect = match entry.and_then(|e| dialect::by_name(&e.dialect)) {
        Some(dialect) => dialect,
        None => dialect_of(&resolved),
    };
    LlamaOptions {
        guided: entry.map(|e| e.mode == store::Mode::Guided),
        gpu_layers: if cfg!(any(feature = "cuda", feature = "metal", feature = "vulkan")) { 999 } else { 0 },
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

/// How tokens are drawn where the model writes freely: as its makers recommend, unless the settings
/// say otherwise.
pub fn sampling(settings: &Settings, model: &str) -> Sampling {
    let own = store::find(model).map(|entry| entry.sampling.clone()).unwrap_or_default();
    let base = Sampling::default();
    Sampling {
        temperature: settings.temperature.or(own.temperature.map(|v| v as f32)).unwrap_or(base.temperature),
        top_p: own.top_p.map_or(base.top_p, |v| v as f32),
        top_k: own.top_k.unwrap_or(base.top_k),
        min_p: own.min_p.map_or(base.min_p, |v| v as f32),
        repeat_penalty: own.repeat_penalty.map_or(base.repeat_penalty, |v| v as f32),
        seed: settings.seed,
        ..base
    }
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
