//! Gets an engine ready: finds the model that is meant, pulls it where it is missing, loads it, or
//! connects to the endpoint that serves it.

use crate::later::Later;
use crate::settings::{Settings, Usage};
use anyhow::Context;
use indicatif::{DecimalBytes, ProgressBar, ProgressDrawTarget, ProgressStyle};
use polymath_chat::plain::clean;
use polymath_llama::{
    DEFAULT_PREFIX_CACHE, EmbedderOptions, LlamaEmbedder, LlamaEngine, LlamaOptions, Pooling, add_rpc_servers,
};
use polymath_model::calls::CallWay;
use polymath_model::dialect;
use polymath_model::embed::Embedder;
use polymath_model::engine::{Engine, GUIDED_BELOW, ModelInfo, Sampling};
use polymath_model::probe::verdict;
use polymath_model::remote::{Address, Key, Patience, RemoteEngine, RemoteOptions};
use polymath_model::store::{self, CatalogEntry, Listed, Progress, Pulled, Resolved, Store, StoreError};
use std::io::{IsTerminal, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use tokio_util::sync::CancellationToken;

/// The engine for `--model`: an endpoint's, or a local one, pulled first where it is missing.
pub async fn engine(settings: &Settings, quiet: bool) -> anyhow::Result<Arc<dyn Engine>> {
    let spec = match &settings.model {
        Some(spec) if Address::is_one(spec) => return remote(spec, settings.model_is_own).await,
        Some(spec) => spec.clone(),
        None => store::default_model().map(|m| m.name.clone()).unwrap_or_default(),
    };
    let store = Store::open(&settings.home);
    let resolved = ensure(&store, &spec, quiet).await?;
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

/// The same without waiting for it: a local model that lies on this disk is loaded meanwhile, and who asks it waits.
pub async fn engine_soon(settings: &Settings, quiet: bool) -> anyhow::Result<Arc<dyn Engine>> {
    let default = || store::default_model().map(|m| m.name.clone()).unwrap_or_default();
    let spec = settings.model.clone().unwrap_or_else(default);
    let found = if Address::is_one(&spec) { None } else { Store::open(&settings.home).resolve(&spec).ok() };
    let header = found.as_ref().and_then(|found| store::check_gguf(&found.path).ok());
    let (Some(found), Some(header)) = (found, header) else { return engine(settings, quiet).await };
    let options = options(found, settings);
    // Those are read with another dialect than they say, and on other machines there is more that can go wrong.
    if options.way == Some(CallWay::Taught) || !settings.rpc.is_empty() {
        return engine(settings, quiet).await;
    }
    let trained = header.context.and_then(|tokens| usize::try_from(tokens).ok());
    let info = ModelInfo {
        name: options.name.clone(),
        context: trained.map_or(options.context, |trained| trained.min(options.context)),
        parameters: header.parameters,
        dialect: options.dialect.name(),
        guided: options.guided.unwrap_or(header.parameters < GUIDED_BELOW),
    };
    Ok(Arc::new(Later::begin(info, || Ok(Arc::new(LlamaEngine::load(options)?)))))
}

/// What tells the model from others of its name: the address that serves it, or what its file's content is called by.
pub fn source(settings: &Settings) -> String {
    let default = || store::default_model().map(|m| m.name.clone()).unwrap_or_default();
    let spec = settings.model.clone().unwrap_or_else(default);
    if Address::is_one(&spec) {
        return Address::parse(&spec).map(|address| address.shown()).unwrap_or_default();
    }
    let file = Store::open(&settings.home).resolve(&spec).map(|found| found.path);
    file.ok().and_then(|path| store::fingerprint(&path).ok()).unwrap_or_default()
}

/// The embedding model that `spec` names, pulled first where it is missing.
pub async fn embedder(
    settings: &Settings,
    spec: &str,
    pooling: Option<Pooling>,
    quiet: bool,
) -> anyhow::Result<Arc<dyn Embedder>> {
    if Address::is_one(spec) {
        anyhow::bail!(Usage(format!("--embedding-model takes a GGUF model of this machine, not an endpoint ({spec})")));
    }
    let resolved = ensure(&Store::open(&settings.home), spec, quiet).await?;
    let gpu_layers = model_options(resolved.clone()).gpu_layers;
    let options = EmbedderOptions { path: resolved.path, name: resolved.name, pooling, gpu_layers };
    let loaded = tokio::task::spawn_blocking(move || LlamaEmbedder::load(options)).await??;
    Ok(Arc::new(loaded))
}

/// The engine behind an endpoint. Its key comes from the environment, and goes only to a host that the
/// user named: a folder's file may choose an endpoint when it is trusted, but not who gets the key.
async fn remote(spec: &str, own: bool) -> anyhow::Result<Arc<dyn Engine>> {
    let address = Address::parse(spec).map_err(|e| Usage(e.to_string()))?;
    let key = Key::from_environment().map_err(|e| Usage(e.to_string()))?;
    if let Some(key) = key.as_ref().filter(|_| !own) {
        eprintln!(
            "note: the key of {} is not sent to {}, which only a folder's file names",
            key.source,
            address.shown()
        );
        eprintln!("hint: --model {} sends it", clean(spec));
    }
    let key = key.filter(|_| own);
    let options = RemoteOptions { address, key, patience: Patience::default() };
    Ok(Arc::new(RemoteEngine::connect(options, &CancellationToken::new()).await?))
}

fn options(resolved: Resolved, settings: &Settings) -> LlamaOptions {
    let probed = verdict(&settings.home, &resolved.path);
    let options = model_options(resolved);
    LlamaOptions {
        way: probed.map(|v| v.chosen),
        context: settings.context,
        today: settings.today,
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

/// The model `spec` names, pulled first if it is not there: after a question where there is somebody
/// to ask, without one otherwise.
pub async fn ensure(store: &Store, spec: &str, quiet: bool) -> anyhow::Result<Resolved> {
    match store.resolve(spec) {
        Err(StoreError::NotPulled { .. }) => {}
        other => return Ok(other?),
    }
    if std::io::stdin().is_terminal() && std::io::stderr().is_terminal() {
        let what = match store.list().into_iter().find(|l| l.name.eq_ignore_ascii_case(spec)) {
            Some(listed) => format!("{spec} ({}{})", size(&listed), listed.entry.map_or(String::new(), terms)),
            None => spec.to_owned(),
        };
        eprint!("The model {what} is not on this computer yet. Pull it now? [Y/n] ");
        std::io::stderr().flush()?;
        let mut answer = String::new();
        std::io::stdin().read_line(&mut answer).context("cannot read the answer")?;
        if !matches!(answer.trim().to_lowercase().as_str(), "" | "y" | "yes") {
            return Err(StoreError::NotPulled { name: spec.to_owned() }.into());
        }
    }
    Ok(pull(store, spec, quiet).await?.model)
}

/// Pulls with progress on stderr.
pub async fn pull(store: &Store, spec: &str, quiet: bool) -> Result<Pulled, StoreError> {
    let view = PullView::new(spec, quiet);
    let pulled = store.pull(spec, &|progress| view.show(progress)).await;
    view.bar.finish_and_clear();
    pulled
}

fn terms(entry: &CatalogEntry) -> String {
    format!(", {}", entry.licence)
}

/// A bar where stderr is a terminal, a line for every tenth elsewhere.
struct PullView {
    name: String,
    quiet: bool,
    bar: ProgressBar,
    /// The last tenth a line was written for.
    tenth: AtomicU64,
}

impl PullView {
    fn new(name: &str, quiet: bool) -> Self {
        let bar = match quiet || !std::io::stderr().is_terminal() {
            true => ProgressBar::hidden(),
            false => ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr()),
        };
        PullView { name: name.to_owned(), quiet, bar, tenth: AtomicU64::new(0) }
    }

    fn show(&self, progress: Progress) {
        match progress {
            Progress::Waiting => self.say(format!("another process is pulling {}; waiting for it", self.name)),
            Progress::Source(source) => self.say(format!("pulling {} from {source}", self.name)),
            Progress::Notice(text) => self.say(text),
            Progress::Verifying => {
                self.bar.set_message("verifying");
                if self.bar.is_hidden() {
                    self.say("verifying".into());
                }
            }
            Progress::Bytes { done, total } => self.bytes(done, total),
        }
    }

    fn say(&self, text: String) {
        match (self.quiet, self.bar.is_hidden()) {
            (true, _) => {}
            (false, true) => eprintln!("{}", clean(&text)),
            (false, false) => self.bar.suspend(|| eprintln!("{}", clean(&text))),
        }
    }

    fn bytes(&self, done: u64, total: Option<u64>) {
        if self.bar.length() != total && !self.bar.is_hidden() {
            let bar = "{bar:30} {bytes} of {total_bytes}, {bytes_per_sec}, {eta} left {msg}";
            let style = if total.is_some() { bar } else { "{spinner} {bytes}, {bytes_per_sec} {msg}" };
            if let Ok(style) = ProgressStyle::with_template(style) {
                self.bar.set_style(style);
            }
            match total {
                Some(total) => self.bar.set_length(total),
                None => self.bar.unset_length(),
            }
            // What an earlier pull has left must not count as speed.
            self.bar.set_position(done);
            self.bar.reset_eta();
        }
        self.bar.set_position(done);
        let tenth = total.filter(|&t| t > 0).map_or(0, |t| done * 10 / t);
        if self.bar.is_hidden() && tenth > self.tenth.swap(tenth, Ordering::Relaxed) {
            self.say(format!("{} of {}", DecimalBytes(done), DecimalBytes(total.unwrap_or(done))));
        }
    }
}

/// How large a model's file is, for people.
pub fn size(listed: &Listed) -> String {
    let gb = listed.bytes as f64 / 1e9;
    format!("{}{gb:.1} GB", if listed.exact { "" } else { "≈ " })
}
