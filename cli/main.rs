//! The command line: arguments in, exit status out. One file a subcommand; `wiring.rs` puts the
//! parts together, `render.rs` shows what happens.

mod approve;
mod ask;
mod bench;
mod chat;
mod demo;
#[cfg(unix)]
mod detach;
mod doctor;
mod engine;
mod error;
mod eval;
mod index;
mod interrupt;
mod later;
mod man;
mod mcp;
mod model;
mod out;
mod parse;
mod probe;
mod python;
mod render;
mod replay;
mod report;
mod run;
mod said;
mod serve;
mod sessions;
mod settings;
mod tables;
mod tool;
mod wiring;

use clap::{CommandFactory, Parser, Subcommand};
use out::Stdout;
use settings::{RunArgs, Usage};
use std::io::Write;
use std::process::ExitCode;

/// A language model on your own computer that gets things done with tools
#[derive(Parser)]
#[command(name = "polymath", version, propagate_version = true)]
struct Cli {
    #[command(subcommand)]
    command: Command,
    /// Only the answer: no progress
    #[arg(long, short, global = true)]
    quiet: bool,
}

#[derive(Subcommand)]
enum Command {
    /// The five-turn research demo on pages of its own: no network, no key
    Demo(demo::DemoArgs),
    /// Answers a question, with tools and sources
    Ask {
        question: String,
        #[command(flatten)]
        run: RunArgs,
        /// Answers in a process of its own, which `polymath attach` follows
        #[cfg(unix)]
        #[arg(long)]
        detach: bool,
    },
    /// Follows a run that goes on without a terminal
    #[cfg(unix)]
    Attach(detach::AttachArgs),
    /// A conversation
    Chat {
        #[command(flatten)]
        run: RunArgs,
    },
    /// Runs a script: an analysis of several steps
    Run(run::ScriptArgs),
    /// A run again from its record, without network and model
    Replay(replay::ReplayArgs),
    /// Conversations of before
    #[command(subcommand)]
    Sessions(sessions::SessionsCommand),
    /// The tools, without a model
    #[command(subcommand)]
    Tool(tool::ToolCommand),
    /// Adds pages, text, Markdown, PDF or a site to a corpus, for --search local:NAME
    Index(index::IndexArgs),
    /// The packages that sandboxed Python programs can import
    #[command(subcommand)]
    Python(python::PythonCommand),
    /// What the runtime understands of raw model output
    Parse(parse::ParseArgs),
    /// The models: list, pull, look at, measure, remove
    #[command(subcommand)]
    Model(model::ModelCommand),
    /// The model for other programs, over OpenAI's API
    Serve(serve::ServeArgs),
    /// The tools, and whole answers, for other programs over the Model Context Protocol (stdio)
    Mcp(mcp::McpArgs),
    /// Lets a folder's polymath.toml set what only your own may, and its .polymath bring functions and skills
    Trust {
        #[arg(value_name = "DIR")]
        folder: std::path::PathBuf,
    },
    /// What works on this machine, and what to do about the rest
    Doctor {
        #[arg(long)]
        json: bool,
    },
    /// A completion script for your shell
    Completions { shell: clap_complete::Shell },
    /// The manual pages
    Man(man::ManArgs),
}

fn main() -> ExitCode {
    #[cfg(unix)]
    detach::leave_terminal();
    let cli = Cli::parse();
    log(cli.quiet);
    // What is installed for the sandbox is read there by another user.
    if !matches!(cli.command, Command::Python(_)) {
        keep_private();
    }
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(e) => return fail(&anyhow::anyhow!("cannot start the runtime: {e}")),
    };
    let result = runtime.block_on(start(cli));
    // Tools may still hold blocking threads; nothing of them is wanted any more.
    runtime.shutdown_background();
    match result {
        Ok(code) => code,
        Err(error) => fail(&error),
    }
}

/// What `RUST_LOG` asks for, to stderr; else errors, and what the browser could not read of a folder.
fn log(quiet: bool) {
    let usual = if quiet { "error" } else { "error,polymath_tools::browser=warn" };
    tracing_subscriber::fmt()
        .with_env_filter(tracing_subscriber::EnvFilter::try_from_default_env().unwrap_or_else(|_| usual.into()))
        .with_writer(std::io::stderr)
        .without_time()
        .with_target(false)
        .init();
}

/// Whatever this process makes, conversations, journals, artifacts, is its user's alone; so is the data
/// directory where it is the usual one, which older versions made readable.
fn keep_private() {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        nix::sys::stat::umask(nix::sys::stat::Mode::from_bits_truncate(0o077));
        let home = polymath_model::store::home();
        if std::env::var_os("POLYMATH_HOME").is_none() && home.is_dir() {
            let _ = std::fs::set_permissions(home, std::fs::Permissions::from_mode(0o700));
        }
    }
}

async fn start(cli: Cli) -> anyhow::Result<ExitCode> {
    let quiet = cli.quiet;
    let home = polymath_model::store::home();
    match cli.command {
        Command::Demo(args) => return demo::run(args, quiet).await,
        #[cfg(unix)]
        Command::Ask { question, run, detach: true } => return detach::detach(&question, &run, quiet),
        #[cfg(unix)]
        Command::Attach(args) => return detach::attach(args, quiet).await,
        Command::Ask { question, run, .. } => return ask::run(&question, &run, quiet).await,
        Command::Chat { run } => return chat::run(&run, quiet).await,
        Command::Run(args) => return run::run(args, quiet).await,
        Command::Replay(args) => return replay::run(args, quiet).await,
        Command::Sessions(command) => sessions::run(command, &home)?,
        Command::Tool(command) => return tool::run(command).await,
        Command::Index(args) => return index::run(args, quiet).await,
        Command::Python(command) => python::run(command).await?,
        Command::Parse(args) => parse::run(args)?,
        Command::Model(command) => return model::run(command, &home, quiet).await,
        Command::Serve(args) => return serve::run(args, quiet).await,
        Command::Mcp(args) => return mcp::run(args).await,
        Command::Trust { folder } => settings::trust(&home, &folder)?,
        Command::Doctor { json } => return doctor::run(json).await,
        Command::Completions { shell } => {
            // Its generator panics where it can't write.
            let mut script = Vec::new();
            clap_complete::generate(shell, &mut Cli::command(), "polymath", &mut script);
            Stdout.write_all(&script)?;
            Stdout.flush()?;
        }
        Command::Man(args) => man::run(args, Cli::command())?,
    }
    Ok(ExitCode::SUCCESS)
}

/// One line that says why, a hint where there is one, and the exit status.
fn fail(error: &anyhow::Error) -> ExitCode {
    let broken_pipe = error.chain().filter_map(|e| e.downcast_ref::<std::io::Error>());
    if broken_pipe.into_iter().any(|e| e.kind() == std::io::ErrorKind::BrokenPipe) {
        return ExitCode::SUCCESS;
    }
    error::tell(error);
    let usage = error.downcast_ref::<Usage>().is_some();
    ExitCode::from(if usage { 2 } else { 1 })
}
