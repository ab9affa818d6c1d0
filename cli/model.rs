//! `polymath model`: the catalogue, pulling, looking at and removing models.

use crate::engine::{pull, size};
use crate::out::Stdout;
use crate::{bench, probe};
use clap::Subcommand;
use indicatif::DecimalBytes;
use polymath_chat::plain;
use polymath_model::probe::verdict;
use polymath_model::store::{CatalogEntry, GgufInfo, Listed, Mode, Sampling, Store, StoreError, check_gguf, find};
use serde_json::{Value, json};
use std::{io::Write, path::Path, process::ExitCode};

/// Subcommands of `polymath model`.
#[derive(Debug, Subcommand)]
pub enum ModelCommand {
    /// Show the catalogue and what is on this disk
    List {
        /// One JSON object a line
        #[arg(long)]
        json: bool,
    },
    /// Fetch a model; goes on where an earlier pull stopped
    Pull {
        /// A name of the catalogue, or hf:OWNER/REPO/FILE.gguf
        #[arg(value_name = "NAME|hf:OWNER/REPO/FILE.gguf")]
        model: String,
    },
    /// Show what is known of a model, and what its file says
    Info {
        /// A name of the catalogue, hf:OWNER/REPO/FILE.gguf, or a path to a .gguf
        #[arg(value_name = "MODEL")]
        model: String,
        /// One JSON object
        #[arg(long)]
        json: bool,
    },
    /// Find out which way of calling functions a model obeys, and keep it for later runs
    Probe(probe::ProbeArgs),
    /// Measure the engine against a plain llama.cpp loop
    Bench(bench::BenchArgs),
    /// Measure how well models call functions, on polymath's own cases, or how well they hold dialogues
    Eval(crate::eval::EvalArgs),
    /// Delete a pulled model, or what an interrupted pull has left
    Rm {
        #[arg(value_name = "MODEL")]
        model: String,
    },
}

/// Runs the subcommand on the store in `home`. A [`StoreError`] comes through unwrapped, for its hint.
pub async fn run(command: ModelCommand, home: &Path, quiet: bool) -> anyhow::Result<ExitCode> {
    let store = Store::open(home);
    let mut out = Stdout;
    match command {
        ModelCommand::List { json: true } => {
            for model in store.list() {
                writeln!(out, "{}", plain::json(&row(&model)?.to_string()))?;
            }
        }
        ModelCommand::List { json: false } => write!(out, "{}", plain::clean(&table(&store.list())))?,
        ModelCommand::Pull { model } => {
            let pulled = pull(&store, &model, quiet).await?;
            let path = pulled.model.path.display();
            match pulled.fetched {
                true => writeln!(out, "{path}")?,
                false => writeln!(out, "{path} (was there already)")?,
            }
        }
        ModelCommand::Info { model, json } => info(&store, &model, json, &mut out)?,
        ModelCommand::Probe(args) => probe::run(&args, home, quiet, &mut out).await?,
        ModelCommand::Bench(args) => bench::run(&args, home, quiet).await?,
        ModelCommand::Eval(args) => return crate::eval::run(args, home, quiet, &mut out).await,
        ModelCommand::Rm { model } => {
            let freed = store.remove(&model)?;
            writeln!(out, "removed {model}, {} are free again", DecimalBytes(freed))?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// One line of `model list --json`: the catalogue's fields, then what is on this disk.
fn row(model: &Listed) -> anyhow::Result<Value> {
    let mut row = match model.entry {
        Some(entry) => serde_json::to_value(entry)?,
        None => json!({ "name": model.name }),
    };
    row["bytes"] = json!(model.bytes);
    row["exact"] = json!(model.exact);
    row["pulled"] = json!(model.path.is_some());
    row["path"] = json!(model.path);
    Ok(row)
}

/// `model list` for people.
fn table(models: &[Listed]) -> String {
    let width = models.iter().map(|m| m.name.chars().count()).max().unwrap_or(0).max(4);
    let mut out = format!(
        "  {:width$}  {:>9}  {:>8}  {:>8}  {:14}  {:7}  {}\n",
        "NAME", "SIZE", "RAM", "CONTEXT", "DIALECT", "MODE", "LICENCE"
    );
    for model in models {
        let here = if model.path.is_some() { "✓" } else { " " };
        let facts = match model.entry {
            Some(e) => format!(
                "{:>8}  {:>8}  {:14}  {:7}  {}{}",
                format!("{:.1} GB", e.ram_gb),
                e.context,
                e.dialect,
                mode(e),
                e.licence,
                if e.default { "  (default)" } else { "" }
            ),
            None => String::new(),
        };
        let line = format!("{here} {:width$}  {:>9}  {facts}", model.name, size(model));
        out.push_str(line.trim_end());
        out.push('\n');
    }
    out.push_str("✓ is on this disk; `polymath model pull NAME` fetches the others\n");
    out
}

fn mode(entry: &CatalogEntry) -> &'static str {
    match entry.mode {
        Mode::Guided => "guided",
        Mode::Native => "native",
    }
}

/// `model info`: the catalogue's facts, and the file's if it is there.
fn info(store: &Store, spec: &str, json: bool, out: &mut impl Write) -> anyhow::Result<()> {
    let (entry, path) = match store.resolve(spec) {
        Ok(model) => (model.entry, Some(model.path)),
        Err(error @ StoreError::NotPulled { .. }) => match find(spec) {
            Some(entry) => (Some(entry), None),
            None => return Err(error.into()),
        },
        Err(error) => return Err(error.into()),
    };
    let file = path.as_deref().map(|path| Ok::<_, StoreError>((path, check_gguf(path)?))).transpose()?;
    if !json {
        let about = entry.map_or_else(|| format!("{:16}{spec}\n", "name"), about_entry);
        let rest = match &file {
            Some((path, header)) => about_file(path, header),
            None => format!("{:16}no; `polymath model pull {spec}` fetches it\n", "on this disk"),
        };
        let probed = path.as_deref().and_then(|path| verdict(&polymath_model::store::home(), path));
        let probed = probed.map(|v| format!("\nprobed:\n{}", probe::table(&v))).unwrap_or_default();
        return Ok(write!(out, "{}", plain::clean(&format!("{about}{rest}{probed}")))?);
    }
    let mut facts = match entry {
        Some(entry) => serde_json::to_value(entry)?,
        None => json!({ "name": spec }),
    };
    facts["pulled"] = json!(file.is_some());
    if let Some((path, header)) = file {
        facts["path"] = json!(path);
        facts["file"] = serde_json::to_value(&header)?;
        facts["file"]["template"] = json!(header.template.is_some());
        facts["file"]["template_has_tools"] = json!(header.template_has_tools());
        facts["file"]["ram_gb"] = json!(ram_gb(&header));
        facts["probed"] = json!(verdict(&polymath_model::store::home(), path));
    }
    Ok(writeln!(out, "{}", plain::json(&facts.to_string()))?)
}

/// Memory for the weights and 8,192 tokens of context, in 10^9 bytes, to a tenth.
fn ram_gb(header: &GgufInfo) -> f64 {
    let bytes = header.size + header.kv_bytes_per_token.unwrap_or(0) * 8192;
    (bytes as f64 / 1e8).ceil() / 10.0
}

/// `label   value` lines; an empty value is left out.
fn labelled(lines: &[(&str, String)]) -> String {
    lines.iter().filter(|(_, value)| !value.is_empty()).map(|(label, value)| format!("{label:16}{value}\n")).collect()
}

fn about_entry(entry: &CatalogEntry) -> String {
    let Sampling { temperature, top_p, top_k, min_p, repeat_penalty } = &entry.sampling;
    let shown = |name: &str, value: Option<String>| value.map(|v| format!("{name} {v}"));
    let sampling = [
        shown("temperature", temperature.map(|v| v.to_string())),
        shown("top-p", top_p.map(|v| v.to_string())),
        shown("top-k", top_k.map(|v| v.to_string())),
        shown("min-p", min_p.map(|v| v.to_string())),
        shown("repeat penalty", repeat_penalty.map(|v| v.to_string())),
    ];
    let (bytes, exact) = entry.size();
    labelled(&[
        ("name", entry.name.clone()),
        ("title", entry.title.clone()),
        ("note", entry.note.clone().unwrap_or_default()),
        ("parameters", entry.parameters.clone()),
        ("size", format!("{}{:.2} GB, {}", if exact { "" } else { "≈ " }, bytes as f64 / 1e9, entry.quantisation)),
        ("RAM", format!("{:.1} GB with 8,192 tokens of context", entry.ram_gb)),
        ("context", format!("{} tokens", entry.context)),
        ("licence", entry.licence.clone()),
        ("dialect", entry.dialect.clone()),
        ("mode", mode(entry).into()),
        ("sampling", sampling.into_iter().flatten().collect::<Vec<_>>().join(", ")),
        ("sha256", entry.sha256.clone().unwrap_or_else(|| "not known beforehand".into())),
        ("packages", entry.package.as_ref().map_or(String::new(), |p| format!("{} {}", p.name, p.version))),
        ("Hugging Face", format!("{}/{}", entry.hub.repo, entry.hub.file)),
    ])
}

fn about_file(path: &Path, header: &GgufInfo) -> String {
    let template = match (&header.template, header.template_has_tools()) {
        (None, _) => "none",
        (Some(_), true) => "yes, with tools",
        (Some(_), false) => "yes, without tools",
    };
    labelled(&[
        ("on this disk", path.display().to_string()),
        ("  called", header.name.clone().unwrap_or_default()),
        ("  architecture", header.architecture.clone()),
        ("  weights", format!("{:.1} million in {} tensors", header.parameters as f64 / 1e6, header.tensors)),
        ("  quantised", header.quantisation.clone().unwrap_or_default()),
        ("  context", header.context.map_or(String::new(), |n| format!("{n} tokens"))),
        ("  KV cache", header.kv_bytes_per_token.map_or(String::new(), |n| format!("{} KiB a token", n / 1024))),
        ("  template", template.into()),
        ("  RAM", format!("{:.1} GB with 8,192 tokens of context", ram_gb(header))),
    ])
}
