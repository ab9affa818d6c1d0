//! Calls of tools without a turn: `polymath tool call`, and other programs over MCP.

use crate::dispatch::check_arguments;
use crate::turn::Helper;
use chrono::Local;
use polymath_chat::{Completer, Table, ToolFailure, ToolOutput, ToolSpec};
use polymath_model::engine::Engine;
use polymath_tools::{CallCx, Registry, ToolError, UserFile};
use serde_json::Value;
use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::mpsc::unbounded_channel;
use tokio_util::sync::CancellationToken;

/// Makes calls. Those of one session share what tools keep, and the tables that they brought.
pub struct Caller {
    tools: Registry,
    /// Where artifacts go; made when a call needs it.
    out: PathBuf,
    files: Vec<UserFile>,
    /// Tables of the files given, which every call has.
    given: Vec<Arc<Table>>,
    /// For tools that need a model.
    engine: Option<Arc<dyn Engine>>,
    /// Tables that calls of a session brought, for its later ones: `t1`, `t2`, … behind those given.
    tables: Mutex<HashMap<String, Vec<Arc<Table>>>>,
    /// Calls so far that belong to no session.
    alone: AtomicU64,
}

impl Caller {
    pub fn new(tools: Registry, out: PathBuf) -> Caller {
        Caller {
            tools,
            out,
            files: Vec::new(),
            given: Vec::new(),
            engine: None,
            tables: Mutex::default(),
            alone: AtomicU64::new(0),
        }
    }

    /// With a model, for the tools that need one.
    pub fn with_model(self, engine: Arc<dyn Engine>) -> Caller {
        Caller { engine: Some(engine), ..self }
    }

    /// With files of the user's, and the tables that are in them.
    pub fn with_files(self, files: Vec<UserFile>, given: Vec<Table>) -> Caller {
        Caller { files, given: given.into_iter().map(Arc::new).collect(), ..self }
    }

    pub fn specs(&self) -> Vec<ToolSpec> {
        self.tools.specs()
    }

    /// Whether there is a tool of this name.
    pub fn knows(&self, name: &str) -> bool {
        self.tools.get(name).is_some()
    }

    /// Makes a call; without a session it is alone. `cancel` ends it at any moment.
    ///
    /// # Errors
    /// `unknown_tool`, `arguments`, `interrupted`, or what the tool itself says.
    pub async fn call(
        &self,
        name: &str,
        arguments: Value,
        session: Option<&str>,
        cancel: CancellationToken,
    ) -> Result<ToolOutput, ToolFailure> {
        let Some(tool) = self.tools.get(name) else {
            return Err(ToolFailure::new("unknown_tool", format!("there is no tool `{name}`")));
        };
        check_arguments(&tool.spec().parameters, &arguments)?;
        std::fs::create_dir_all(&self.out)
            .map_err(|e| ToolFailure::new("failed", format!("cannot make {}: {e}", self.out.display())))?;
        let alone = || format!("alone-{}-{}", std::process::id(), self.alone.fetch_add(1, Ordering::Relaxed) + 1);
        let cx = CallCx {
            session: session.map_or_else(alone, str::to_owned),
            out: self.out.clone(),
            model: self.engine.clone().map(|engine| {
                // Nobody looks on.
                let events = unbounded_channel().0;
                Arc::new(Helper { engine, cancel: cancel.clone(), events }) as Arc<dyn Completer>
            }),
            today: Local::now().date_naive(),
            tables: self.named(session),
            files: self.files.clone(),
            approve: None,
            cancel: cancel.clone(),
        };
        let result = tokio::select! {
            result = tool.call(arguments, &cx) => result.map_err(|error| match error {
                ToolError::TellModel(failure) => failure,
                ToolError::Abort(error) => ToolFailure::new("failed", format!("{error:#}")),
            }),
            () = cancel.cancelled() => Err(ToolFailure::new("interrupted", "the caller cancelled this call")),
        };
        match (session, &result) {
            (None, _) => self.tools.end(&cx.session).await,
            (Some(session), Ok(output)) if !output.tables.is_empty() => {
                self.brought()
                    .entry(session.to_owned())
                    .or_default()
                    .extend(output.tables.iter().cloned().map(Arc::new));
            }
            _ => {}
        }
        result
    }

    /// Forgets what calls of a session left.
    pub async fn end(&self, session: &str) {
        self.brought().remove(session);
        self.tools.end(session).await;
    }

    fn brought(&self) -> MutexGuard<'_, HashMap<String, Vec<Arc<Table>>>> {
        self.tables.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The tables that a call of this session finds, by their names.
    fn named(&self, session: Option<&str>) -> Vec<(String, Arc<Table>)> {
        let brought = self.brought();
        let own = session.and_then(|session| brought.get(session)).into_iter().flatten();
        self.given.iter().chain(own).enumerate().map(|(i, table)| (format!("t{}", i + 1), table.clone())).collect()
    }
}
