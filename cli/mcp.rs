//! `polymath mcp`: the tools and whole turns for another program, which started this one and speaks with it
//! over standard input and output.

use crate::ask::session_store;
use crate::interrupt::{INTERRUPTED, Interrupt};
use crate::serve::workspace;
use crate::settings::{RunArgs, Settings};
use crate::wiring;
use clap::Args;
use polymath_agent::Caller;
use polymath_server::{Offer, serve_stdio};
use std::collections::BTreeMap;
use std::io::IsTerminal;
use std::process::ExitCode;
use tokio::io::AsyncWrite;

#[derive(Debug, Args)]
pub struct McpArgs {
    /// For `ask`: a catalogue name, a path to a .gguf, hf:OWNER/REPO/FILE.gguf, or http(s)://host/v1#name. It is
    /// loaded when the first question comes
    #[arg(long, env = "POLYMATH_MODEL", value_name = "M")]
    model: Option<String>,
    /// As for `ask`
    #[arg(long, env = "POLYMATH_SEARCH", value_name = "BACKEND")]
    search: Option<String>,
    /// Tools that are offered: names with commas, all, or none
    #[arg(long, env = "POLYMATH_TOOLS", value_name = "a,b|all|none")]
    tools: Option<String>,
}

pub async fn run(args: McpArgs) -> anyhow::Result<ExitCode> {
    let output = protocol_output()?;
    let flags = RunArgs::from_environment()?;
    let flags = RunArgs {
        model: args.model.or(flags.model.clone()),
        search: args.search.or(flags.search.clone()),
        tools: args.tools.or(flags.tools.clone()),
        ..flags
    };
    let settings = Settings::read(&flags)?;
    // Without those of MCP servers: one of them may be this program.
    let settings = Settings { mcp: BTreeMap::new(), ..settings };
    let tools = wiring::all_tools(&settings).await?;
    let store = session_store(&settings.home, true)?;
    if std::io::stdin().is_terminal() {
        eprintln!(
            "note: this speaks with a program: name `polymath mcp` in its settings for MCP servers; Ctrl-C ends it"
        );
    }
    let interrupt = Interrupt::listen()?;
    let caller = Caller::new(tools.clone(), settings.home.join("artifacts/mcp"));
    let kept = store.clone();
    let load = move || {
        let (settings, tools, store) = (settings.clone(), tools.clone(), kept.clone());
        Box::pin(async move {
            // Nobody reads progress here.
            let engine = crate::engine::engine(&settings, true).await.map_err(|error| format!("{error:#}"))?;
            let agent = wiring::with_engine(&settings, settings.home.join("artifacts"), engine, tools);
            Ok(workspace(&settings, agent, store))
        }) as _
    };
    let stop = interrupt.token().child_token();
    let offer = Offer::later(caller, store, load, stop.clone());
    serve_stdio(offer, (tokio::io::stdin(), output), stop).await.map_err(anyhow::Error::msg)?;
    // A client that ends it with SIGTERM has not failed.
    let pressed = interrupt.ending().is_none() && interrupt.token().is_cancelled();
    Ok(if pressed { ExitCode::from(INTERRUPTED) } else { ExitCode::SUCCESS })
}

/// Standard output for the protocol alone: whatever else in this process writes there, libraries included,
/// writes to standard error from here on.
#[cfg(unix)]
fn protocol_output() -> anyhow::Result<impl AsyncWrite + Send + Unpin> {
    use std::os::fd::AsFd;
    let own = std::io::stdout().as_fd().try_clone_to_owned()?;
    nix::unistd::dup2_stdout(std::io::stderr())?;
    Ok(tokio::fs::File::from_std(own.into()))
}

#[cfg(not(unix))]
fn protocol_output() -> anyhow::Result<impl AsyncWrite + Send + Unpin> {
    Ok(tokio::io::stdout())
}
