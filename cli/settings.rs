//! Settings, weakest first: built-in, `polymath.toml` in the user's config directory and in
//! `POLYMATH_HOME`, `./polymath.toml`, `POLYMATH_*` variables, flags (clap reads the last two).
//!
//! A folder may come from anybody: what its file may choose is in `folder.rs`, what is taken of its `.polymath` in
//! `brought.rs`, and `trust.rs` lets it have more.

mod brought;
mod file;
mod folder;
mod python;
mod trust;
mod trusted;
mod usage;

use anyhow::bail;
use chrono::NaiveDate;
use clap::Args;
use polymath_agent::{Approve, CallLimits, Mode};
use polymath_model::remote::Address;
use polymath_tools::mcp::McpServer;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

pub use brought::Brought;
use python::PythonSettings;
pub use trust::trust;
pub use usage::{Hinted, Usage};

/// The flags of every subcommand that answers questions.
#[derive(Debug, Clone, Args)]
pub struct RunArgs {
    /// A catalogue name, a path to a .gguf, hf:OWNER/REPO/FILE.gguf, or http(s)://host/v1#name
    #[arg(long, env = "POLYMATH_MODEL", value_name = "M")]
    pub model: Option<String>,
    /// auto, local:NAME_OR_FOLDER, zim:FILE, kiwix:URL, searxng:URL, duckduckgo, wikipedia[:LANG], brave, …; several with commas
    #[arg(long, env = "POLYMATH_SEARCH", value_name = "BACKEND")]
    pub search: Option<String>,
    /// Tools the model may use: names with commas, all, or none
    #[arg(long, env = "POLYMATH_TOOLS", value_name = "a,b|all|none")]
    pub tools: Option<String>,
    /// auto, native (the model writes its own calls) or guided (it is led step by step)
    #[arg(long, env = "POLYMATH_MODE", value_parser = ["auto", "native", "guided"])]
    pub mode: Option<String>,
    /// What makes pictures: sketch, openai[:URL][#MODEL] or a1111[:URL]; their key is POLYMATH_IMAGE_KEY
    #[arg(long, env = "POLYMATH_IMAGE", value_name = "BACKEND")]
    pub image: Option<String>,
    /// Where charts, pictures, tables and files go
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
    /// A file that programs may read; may be given several times
    #[arg(long, value_name = "FILE")]
    pub file: Vec<PathBuf>,
    /// A Python file whose functions the model may call; may be given several times
    #[arg(long, value_name = "FILE.py")]
    pub functions: Vec<PathBuf>,
    /// Go on with this session
    #[arg(long, value_name = "ID")]
    pub session: Option<String>,
    /// Steps (model, then tools) a question may take
    #[arg(long, env = "POLYMATH_MAX_STEPS", value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub max_steps: Option<u32>,
    /// Time a question may take: 90s, 5m, 1h
    #[arg(long, env = "POLYMATH_DEADLINE", value_name = "TIME")]
    pub deadline: Option<String>,
    /// 0 always picks the likeliest token
    #[arg(long, env = "POLYMATH_TEMPERATURE", value_name = "T")]
    pub temperature: Option<f32>,
    /// Makes drawn tokens repeatable
    #[arg(long, env = "POLYMATH_SEED", value_name = "N")]
    pub seed: Option<u32>,
    /// The day that counts as today, as 2025-12-31: for prompts and the programs that the guide writes. A program's own clock stays
    #[arg(long, env = "POLYMATH_TODAY", value_name = "DATE", value_parser = day)]
    pub today: Option<NaiveDate>,
    /// Tokens of context to keep
    #[arg(long, env = "POLYMATH_CONTEXT", value_name = "N")]
    pub context: Option<usize>,
    /// Computers that take layers of the model (llama.cpp's ggml-rpc-server), for builds with `rpc`
    #[arg(long, env = "POLYMATH_RPC", value_name = "HOST:PORT,…", value_delimiter = ',')]
    pub rpc: Vec<String>,
    /// Whether tools that act on the world (those of MCP servers) ask first, and addresses that nobody named are
    /// refused once something was read that they could carry away
    #[arg(long, env = "POLYMATH_APPROVE", value_parser = ["ask", "auto"])]
    pub approve: Option<String>,
    /// One JSON object a line instead of text
    #[arg(long)]
    pub json: bool,
}

/// A day as people give it to a flag.
pub fn day(text: &str) -> Result<NaiveDate, String> {
    NaiveDate::parse_from_str(text, "%Y-%m-%d").map_err(|e| format!("{e}; a day is written as 2025-12-31"))
}

impl RunArgs {
    /// What the variables say, for subcommands that do not take all of these flags.
    pub fn from_environment() -> anyhow::Result<RunArgs> {
        #[derive(clap::Parser)]
        struct NoFlags {
            #[command(flatten)]
            run: RunArgs,
        }
        Ok(<NoFlags as clap::Parser>::try_parse_from(["polymath"])?.run)
    }
}

/// What all the sources together say.
#[derive(Debug, Clone)]
pub struct Settings {
    pub home: PathBuf,
    /// Where indexes of folders and the interpreters' journals are kept: the home, unless a run is to
    /// leave nothing behind.
    pub state: PathBuf,
    pub model: Option<String>,
    /// Whether the user named the model, and no folder's file: only then does a key go to it.
    pub model_is_own: bool,
    pub search: String,
    /// `None` is all.
    pub tools: Option<Vec<String>>,
    /// Files of functions that are tools.
    pub functions: Vec<PathBuf>,
    /// What the current folder has beside that, and the user has let.
    pub brought: Brought,
    pub mode: Mode,
    pub max_steps: u32,
    pub deadline: Duration,
    /// `None` is what the model's makers recommend.
    pub temperature: Option<f32>,
    pub seed: u32,
    /// `None` is the computer's own.
    pub today: Option<NaiveDate>,
    /// Whether tools of MCP servers are called without asking, and addresses opened that nobody named.
    pub approve: Approve,
    pub context: usize,
    /// RPC servers, `host:port` each.
    pub rpc: Vec<String>,
    pub allow: Vec<String>,
    pub searxng: Option<String>,
    /// What makes pictures; empty is the default. Never a folder's to say.
    pub image: String,
    pub limits: CallLimits,
    pub python: PythonSettings,
    /// Servers of the Model Context Protocol, by name.
    pub mcp: BTreeMap<String, McpServer>,
}

impl Settings {
    pub fn read(args: &RunArgs) -> anyhow::Result<Settings> {
        let home = polymath_model::store::home();
        let own = file::of_the_user(&home)?;
        let here = folder::settings(&home, &own)?;
        let model_is_own = args.model.is_some() || here.model.is_none();
        let file = own.under(here);
        let mode = match args.mode.clone().or(file.mode).as_deref() {
            None | Some("auto") => Mode::Auto,
            Some("native") => Mode::Native,
            Some("guided") => Mode::Guided,
            Some(other) => bail!(Usage(format!("mode is auto, native or guided, not `{other}`"))),
        };
        let deadline = args.deadline.clone().or(file.deadline).unwrap_or_else(|| "10m".into());
        let deadline = humantime::parse_duration(&deadline)
            .map_err(|e| Usage(format!("deadline `{deadline}` is not a time such as 90s or 5m: {e}")))?;
        let tools = match args.tools.clone().or(file.tools).as_deref() {
            None | Some("all") => None,
            Some("none") => Some(Vec::new()),
            Some(names) => Some(names.split(',').map(|n| n.trim().to_owned()).filter(|n| !n.is_empty()).collect()),
        };
        let model = args.model.clone().or(file.model);
        if let Some(address) = model.as_deref().filter(|m| Address::is_one(m)) {
            Address::parse(address).map_err(|e| Usage(e.to_string()))?;
        }
        let approve = match args.approve.clone().or(file.approve).as_deref() {
            None | Some("ask") => Approve::Ask,
            Some("auto") => Approve::Auto,
            Some(other) => bail!(Usage(format!("approve is ask or auto, not `{other}`"))),
        };
        for (name, server) in &file.mcp {
            server.check().map_err(|why| Usage(format!("[mcp.{name}]: {why}")))?;
        }
        let listed = std::env::var("POLYMATH_BROWSER_ALLOW").ok();
        let allow = listed.map(|l| l.split(',').map(|h| h.trim().to_owned()).filter(|h| !h.is_empty()).collect());
        Ok(Settings {
            state: home.clone(),
            brought: Brought::here(&home),
            home,
            model,
            model_is_own,
            search: args.search.clone().or(file.search).unwrap_or_else(|| "auto".into()),
            tools,
            functions: args.functions.clone(),
            mode,
            max_steps: args.max_steps.or(file.max_steps).unwrap_or(12),
            deadline,
            temperature: args.temperature.or(file.temperature),
            seed: args.seed.or(file.seed).unwrap_or(0),
            today: args.today,
            approve,
            context: args.context.or(file.context).unwrap_or(polymath_llama::DEFAULT_CONTEXT),
            rpc: if args.rpc.is_empty() { file.rpc } else { args.rpc.clone() },
            allow: allow.or(file.browser.allow).unwrap_or_default(),
            searxng: std::env::var("POLYMATH_SEARXNG").ok().or(file.browser.searxng),
            image: args.image.clone().or(file.image).unwrap_or_default(),
            limits: CallLimits::default(),
            python: file.python,
            mcp: file.mcp,
        })
    }
}
