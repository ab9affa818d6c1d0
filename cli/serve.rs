//! `polymath serve`: the page for people, and the model for other programs, over OpenAI's API.

use crate::ask::session_store;
use crate::engine::{embedder, source};
use crate::interrupt::{INTERRUPTED, Interrupt};
use crate::settings::{RunArgs, Settings, Usage};
use crate::wiring;
use clap::Args;
use polymath_agent::Agent;
use polymath_agent::session::SessionStore;
use polymath_llama::Pooling;
use polymath_model::engine::ModelInfo;
use polymath_sandbox::Sandbox;
use polymath_server::{ServeError, Server, Service, Token, Workspace};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

#[derive(Debug, Args)]
pub struct ServeArgs {
    /// Where to listen; other machines are let in only with a token
    #[arg(long, env = "POLYMATH_ADDR", value_name = "HOST:PORT", default_value = "127.0.0.1:8080")]
    addr: String,
    /// Callers must show the token in this file; it is made when it does not exist
    #[arg(long, env = "POLYMATH_TOKEN_FILE", value_name = "FILE")]
    token_file: Option<PathBuf>,
    /// Shows the page in a browser
    #[arg(long)]
    open: bool,
    /// A catalogue name, a path to a .gguf, hf:OWNER/REPO/FILE.gguf, or http(s)://host/v1#name
    #[arg(long, env = "POLYMATH_MODEL", value_name = "M")]
    model: Option<String>,
    /// A GGUF embedding model beside it, for /v1/embeddings: a path, or hf:OWNER/REPO/FILE.gguf
    #[arg(long, env = "POLYMATH_EMBEDDING_MODEL", value_name = "M")]
    embedding_model: Option<String>,
    /// How its vectors are pooled, for a file that does not say
    #[arg(long, requires = "embedding_model", value_name = "HOW")]
    embedding_pooling: Option<PoolingArg>,
    /// Tokens of context to keep
    #[arg(long, env = "POLYMATH_CONTEXT", value_name = "N")]
    context: Option<usize>,
}

/// How the vectors of a text's tokens become one.
#[derive(Debug, Clone, Copy, clap::ValueEnum)]
enum PoolingArg {
    Mean,
    Cls,
    Last,
}

impl From<PoolingArg> for Pooling {
    fn from(arg: PoolingArg) -> Pooling {
        match arg {
            PoolingArg::Mean => Pooling::Mean,
            PoolingArg::Cls => Pooling::Cls,
            PoolingArg::Last => Pooling::Last,
        }
    }
}

pub async fn run(args: ServeArgs, quiet: bool) -> anyhow::Result<ExitCode> {
    let flags = RunArgs::from_environment()?;
    let flags = RunArgs { model: args.model.or(flags.model.clone()), context: args.context.or(flags.context), ..flags };
    let settings = Settings::read(&flags)?;
    // What is wrong with the address is told before a model is pulled and loaded for it.
    let token = args.token_file.as_deref().map(Token::read_or_create).transpose()?;
    let server = Server::bind(&args.addr, token).await.map_err(|e| match e {
        ServeError::Address { .. } | ServeError::Open { .. } => anyhow::Error::new(Usage(e.to_string())),
        other => other.into(),
    })?;
    wiring::tools(&settings)?;
    let store = session_store(&settings.home, true)?;
    let agent = wiring::agent_with_servers(&settings, settings.home.join("artifacts"), quiet).await?;
    let embedder = match &args.embedding_model {
        Some(spec) => Some(embedder(&settings, spec, args.embedding_pooling.map(Pooling::from), quiet).await?),
        None => None,
    };
    let (engine, sampling) = (agent.engine.clone(), agent.settings.sampling.clone());
    // Whoever reads that it serves may end it at once.
    let interrupt = Interrupt::listen()?;
    if !quiet {
        eprintln!("{}", welcome(server.address(), engine.info(), args.token_file.as_deref()));
    }
    if args.open {
        show_page(server.address());
    }
    let workspace = workspace(&settings, agent, store);
    server.run(Service { engine, sampling, embedder, workspace: Some(workspace) }, interrupt.token()).await;
    // Supervisors end a service with SIGTERM; that is no failure.
    let pressed = interrupt.ending().is_none() && interrupt.token().is_cancelled();
    Ok(if pressed { ExitCode::from(INTERRUPTED) } else { ExitCode::SUCCESS })
}

/// What runs turns, with the conversations of the data directory.
pub fn workspace(settings: &Settings, agent: Agent, store: SessionStore) -> Workspace {
    let journals = wiring::journals(&settings.state);
    Workspace {
        agent,
        store,
        artifacts: settings.home.join("artifacts"),
        uploads: settings.home.join("uploads"),
        files: settings.home.join("files"),
        runs: settings.home.join("runs"),
        model_from: source(settings),
        forget: Box::new(move |id| Sandbox::forget(&journals, id)),
    }
}

/// Shows the page in the user's browser. The server already takes connections. Where there is no browser
/// its address still stands above.
fn show_page(address: SocketAddr) {
    if let Err(e) = open::that_detached(format!("http://{address}/")) {
        eprintln!("note: no browser could be opened ({e}); open http://{address}/ yourself");
    }
}

/// Where it is, and how to use it.
fn welcome(address: SocketAddr, model: &ModelInfo, token_file: Option<&Path>) -> String {
    let ModelInfo { name, context, .. } = model;
    let (header, key) = match token_file {
        Some(file) => {
            let read = format!("$(cat {})", quoted(file));
            (format!("\n       -H \"Authorization: Bearer {read}\" \\"), format!("the content of {}", file.display()))
        }
        None => (String::new(), "any text".to_owned()),
    };
    format!(
        "serving {name} ({context} tokens of context) on http://{address}/v1, OpenAI's API; Ctrl-C ends it\n\
         in a browser: http://{address}/\n\
         in clients: base URL http://{address}/v1, API key {key}; for MCP http://{address}/mcp\n\
         try: curl http://{address}/v1/chat/completions -H 'Content-Type: application/json' \\{header}\n       \
         -d '{{\"messages\": [{{\"role\": \"user\", \"content\": \"Hello\"}}]}}'"
    )
}

/// A path as a shell reads it.
fn quoted(path: &Path) -> String {
    format!("'{}'", path.display().to_string().replace('\'', r"'\''"))
}
