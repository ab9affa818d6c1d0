//! `polymath tool`: the tools without a model, for people and scripts.

use crate::ask::{give_files, out_dir};
use crate::out::say;
use crate::render::{RenderOptions, Renderer};
use crate::settings::{RunArgs, Settings, Usage};
use crate::wiring;
use clap::{Args, Parser, Subcommand};
use polymath_agent::{Caller, Chat};
use polymath_chat::{Artifact, Table, ToolFailure, plain};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::io::BufRead;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Instant;
use tokio_util::sync::CancellationToken;

#[derive(Debug, Subcommand)]
pub enum ToolCommand {
    /// The tools and their arguments
    List {
        #[arg(long)]
        json: bool,
    },
    /// Makes a call: NAME 'JSON', or one a line from standard input with --jsonl
    Call(CallArgs),
}

#[derive(Debug, Args)]
pub struct CallArgs {
    #[arg(required_unless_present = "jsonl")]
    name: Option<String>,
    /// The arguments, as a JSON object
    #[arg(required_unless_present = "jsonl", value_name = "JSON")]
    arguments: Option<String>,
    /// Read {"id","tool","arguments","session"?} lines and answer each, in order
    #[arg(long, conflicts_with_all = ["name", "arguments"])]
    jsonl: bool,
    /// Calls of one session share state
    #[arg(long, value_name = "ID")]
    session: Option<String>,
    /// Where artifacts go
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// A file that programs may read; may be given several times
    #[arg(long, value_name = "FILE")]
    file: Vec<PathBuf>,
    /// As for `ask`
    #[arg(long, env = "POLYMATH_SEARCH", value_name = "BACKEND")]
    search: Option<String>,
}

#[derive(Deserialize)]
struct Request {
    id: Value,
    tool: String,
    #[serde(default)]
    arguments: Value,
    session: Option<String>,
}

#[derive(Serialize)]
struct Answer {
    id: Value,
    ok: bool,
    content: String,
    error: Option<ToolFailure>,
    artifacts: Vec<Artifact>,
    tables: Vec<Table>,
    ms: u64,
}

pub async fn run(command: ToolCommand) -> anyhow::Result<ExitCode> {
    match command {
        ToolCommand::List { json } => list(json),
        ToolCommand::Call(args) => call(args).await,
    }
}

/// Settings without flags, but for the search backend.
fn settings(search: Option<String>, out: Option<PathBuf>) -> anyhow::Result<(Settings, RunArgs)> {
    #[derive(Parser)]
    struct NoFlags {
        #[command(flatten)]
        run: RunArgs,
    }
    let mut args = NoFlags::try_parse_from(["polymath"])?.run;
    args.search = search.or(args.search);
    args.out = out;
    Ok((Settings::read(&args)?, args))
}

fn list(json: bool) -> anyhow::Result<ExitCode> {
    let (settings, _) = settings(None, None)?;
    for tool in wiring::tools(&settings)?.specs() {
        if json {
            say!("{}", json!({"name": tool.name, "description": tool.description, "parameters": tool.parameters}))?;
        } else {
            let arguments = tool.parameters["properties"].as_object().map(|p| p.keys().cloned().collect::<Vec<_>>());
            say!("{} {{{}}}\n    {}", tool.name, arguments.unwrap_or_default().join(", "), tool.description)?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

async fn call(args: CallArgs) -> anyhow::Result<ExitCode> {
    let (settings, run_args) = settings(args.search, args.out)?;
    let mut given = Chat::default();
    give_files(&args.file, &mut given, &mut Renderer::new(RenderOptions::new(false, false)))?;
    let out = out_dir(&settings, &run_args, "tool-call");
    std::fs::create_dir_all(&out)?;
    let caller = Caller::new(wiring::tools(&settings)?, out).with_files(given.user_files(), given.tables);
    if args.jsonl {
        return lines(&caller).await;
    }
    let arguments = args.arguments.unwrap_or_default();
    let arguments: Value =
        serde_json::from_str(&arguments).map_err(|e| Usage(format!("the arguments are not JSON: {e}")))?;
    let request = Request { id: Value::Null, tool: args.name.unwrap_or_default(), arguments, session: args.session };
    if !caller.knows(&request.tool) {
        let known: Vec<String> = caller.specs().into_iter().map(|t| t.name).collect();
        anyhow::bail!(Usage(format!("there is no tool `{}`; the tools are {}", request.tool, known.join(", "))));
    }
    let answer = answer(&caller, request).await;
    if let Some(error) = &answer.error {
        eprintln!("error: {}: {}", error.kind, plain::clean(&error.message));
        return Ok(ExitCode::from(1));
    }
    say!("{}", plain::clean(&answer.content))?;
    for artifact in &answer.artifacts {
        eprintln!("{}", plain::escaped(&artifact.path.display().to_string()));
    }
    Ok(ExitCode::SUCCESS)
}

async fn lines(caller: &Caller) -> anyhow::Result<ExitCode> {
    for line in std::io::stdin().lock().lines() {
        let line = line?;
        if line.trim().is_empty() {
            continue;
        }
        let answer = match serde_json::from_str::<Request>(&line) {
            Ok(request) => answer(caller, request).await,
            Err(e) => {
                let id = serde_json::from_str::<Value>(&line).map_or(Value::Null, |v| v["id"].clone());
                let why = format!("this line is no request {{\"id\",\"tool\",\"arguments\"}}: {e}");
                failed(id, ToolFailure::new("arguments", why), 0)
            }
        };
        say!("{}", plain::json(&serde_json::to_string(&answer)?))?;
    }
    Ok(ExitCode::SUCCESS)
}

async fn answer(caller: &Caller, request: Request) -> Answer {
    let started = Instant::now();
    let Request { id, tool, arguments, session } = request;
    let result = caller.call(&tool, arguments, session.as_deref(), CancellationToken::new()).await;
    let ms = started.elapsed().as_millis() as u64;
    match result {
        Err(failure) => failed(id, failure, ms),
        Ok(output) => Answer {
            id,
            ok: true,
            content: output.content,
            error: None,
            artifacts: output.artifacts,
            tables: output.tables,
            ms,
        },
    }
}

fn failed(id: Value, failure: ToolFailure, ms: u64) -> Answer {
    let content = format!("Error ({}): {}", failure.kind, failure.message);
    Answer { id, ok: false, content, error: Some(failure), artifacts: Vec::new(), tables: Vec::new(), ms }
}
