//! `polymath tool`: the tools without a model, for people and scripts.

use crate::ask::{give_files, out_dir};
use crate::out::say;
use crate::render::{RenderOptions, Renderer};
use crate::settings::{RunArgs, Settings, Usage};
use crate::wiring;
use chrono::{Local, NaiveDate};
use clap::{Args, Parser, Subcommand};
use polymath_agent::{Chat, check_arguments};
use polymath_chat::{Artifact, Table, ToolFailure, plain};
use polymath_tools::{CallCx, Registry, ToolError, UserFile};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::collections::HashMap;
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
    let tools = wiring::tools(&settings)?;
    let mut given = Chat::default();
    give_files(&args.file, &mut given, &mut Renderer::new(RenderOptions::new(false, false)))?;
    let mut caller = Caller {
        out: out_dir(&settings, &run_args, "tool-call"),
        tools,
        files: given.user_files(),
        today: Local::now().date_naive(),
        given: given.tables,
        tables: HashMap::new(),
        alone: 0,
    };
    std::fs::create_dir_all(&caller.out)?;
    if args.jsonl {
        return caller.lines().await;
    }
    let arguments = args.arguments.unwrap_or_default();
    let arguments: Value =
        serde_json::from_str(&arguments).map_err(|e| Usage(format!("the arguments are not JSON: {e}")))?;
    let request = Request { id: Value::Null, tool: args.name.unwrap_or_default(), arguments, session: args.session };
    if caller.tools.get(&request.tool).is_none() {
        let known: Vec<String> = caller.tools.specs().into_iter().map(|t| t.name).collect();
        anyhow::bail!(Usage(format!("there is no tool `{}`; the tools are {}", request.tool, known.join(", "))));
    }
    let answer = caller.answer(request).await;
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

struct Caller {
    tools: Registry,
    out: PathBuf,
    files: Vec<UserFile>,
    today: NaiveDate,
    /// Tables of the files given, which every call has.
    given: Vec<Table>,
    /// Tables that calls of a session brought, for its later ones: `t1`, `t2`, … behind those given.
    tables: HashMap<String, Vec<Table>>,
    /// Calls so far that belong to no session.
    alone: u64,
}

impl Caller {
    async fn lines(mut self) -> anyhow::Result<ExitCode> {
        for line in std::io::stdin().lock().lines() {
            let line = line?;
            if line.trim().is_empty() {
                continue;
            }
            let answer = match serde_json::from_str::<Request>(&line) {
                Ok(request) => self.answer(request).await,
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

    /// The tables that a call of this session finds, by their names.
    fn named(&self, session: &str) -> Vec<(String, Table)> {
        let own = self.tables.get(session).into_iter().flatten();
        self.given.iter().chain(own).enumerate().map(|(i, table)| (format!("t{}", i + 1), table.clone())).collect()
    }

    async fn answer(&mut self, request: Request) -> Answer {
        let started = Instant::now();
        self.alone += 1;
        let shared = request.session.is_some();
        let session = request.session.unwrap_or_else(|| format!("alone-{}-{}", std::process::id(), self.alone));
        let cx = CallCx {
            session: session.clone(),
            out: self.out.clone(),
            model: None,
            today: self.today,
            tables: self.named(&session),
            files: self.files.clone(),
            cancel: CancellationToken::new(),
        };
        let result = match self.tools.get(&request.tool) {
            None => Err(ToolFailure::new("unknown_tool", format!("there is no tool `{}`", request.tool))),
            Some(tool) => match check_arguments(&tool.spec().parameters, &request.arguments) {
                Err(failure) => Err(failure),
                Ok(()) => match tool.call(request.arguments, &cx).await {
                    Ok(output) => Ok(output),
                    Err(ToolError::TellModel(failure)) => Err(failure),
                    Err(ToolError::Abort(error)) => Err(ToolFailure::new("failed", format!("{error:#}"))),
                },
            },
        };
        let ms = started.elapsed().as_millis() as u64;
        if !shared {
            self.tools.end(&cx.session).await;
        } else if let Ok(output) = &result {
            self.tables.entry(session).or_default().extend(output.tables.iter().cloned());
        }
        match result {
            Err(failure) => failed(request.id, failure, ms),
            Ok(output) => Answer {
                id: request.id,
                ok: true,
                content: output.content,
                error: None,
                artifacts: output.artifacts,
                tables: output.tables,
                ms,
            },
        }
    }
}

fn failed(id: Value, failure: ToolFailure, ms: u64) -> Answer {
    let content = format!("Error ({}): {}", failure.kind, failure.message);
    Answer { id, ok: false, content, error: Some(failure), artifacts: Vec::new(), tables: Vec::new(), ms }
}
