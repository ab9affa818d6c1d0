//! Functions of the user's as tools: a Python file whose functions with type hints and a docstring the
//! model may call. The file runs in the sandbox, like any program: it reaches nothing of this computer.

use crate::{CallCx, Python, Tool, ToolError};
use async_trait::async_trait;
use polymath_chat::{ToolFailure, ToolOutput, ToolSpec};
use polymath_sandbox::RunRequest;
use serde::Deserialize;
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::sync::Arc;

const DESCRIBE: &str = include_str!("functions/describe.py");
const CALL: &str = include_str!("functions/call.py");
/// Bytes of a file of functions, at most.
pub const LONGEST: u64 = 1 << 20;

/// Why a file's functions cannot be had.
#[derive(Debug, thiserror::Error)]
pub enum FunctionsError {
    #[error("cannot read the functions of {}: {why}", path.display())]
    Unreadable { path: PathBuf, why: String },
    #[error("the functions of {} cannot be had: {why}", path.display())]
    Failed { path: PathBuf, why: String },
    #[error(
        "{} has no function that can be a tool{}\nhint: a tool is a function with a docstring and type hints", path.display(),
        if left.is_empty() { String::new() } else { format!(": {}", left.join("; ")) }
    )]
    Empty { path: PathBuf, left: Vec<String> },
}

/// A file of functions, as it was when it was read.
#[derive(Debug, Clone)]
pub struct Source {
    path: PathBuf,
    text: Arc<str>,
}

impl Source {
    /// # Errors
    /// It cannot be read, or is too long.
    pub fn read(path: &Path) -> Result<Source, FunctionsError> {
        let unreadable = |why: String| FunctionsError::Unreadable { path: path.to_owned(), why };
        let about = std::fs::metadata(path).map_err(|e| unreadable(e.to_string()))?;
        if !about.is_file() || about.len() > LONGEST {
            return Err(unreadable(format!("it is no file of at most {LONGEST} bytes")));
        }
        let text = std::fs::read_to_string(path).map_err(|e| unreadable(e.to_string()))?;
        Ok(Source::new(path.to_owned(), &text))
    }

    /// One that was read already; the path is told with what is wrong.
    pub fn new(path: PathBuf, text: &str) -> Source {
        Source { path, text: text.into() }
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    pub fn text(&self) -> &str {
        &self.text
    }
}

/// A file's functions.
pub struct Functions {
    pub tools: Vec<Arc<dyn Tool>>,
    /// Functions that are no tools, and why: for the user.
    pub left: Vec<String>,
}

/// What the file says of itself.
#[derive(Deserialize)]
struct Described {
    tools: Vec<Spec>,
    left: Vec<String>,
}

#[derive(Deserialize)]
struct Spec {
    name: String,
    description: String,
    parameters: Value,
}

/// A file's functions: it is run once, in the sandbox.
///
/// # Errors
/// It fails when it is run, or has no function that can be a tool.
pub async fn functions(file: &Source, python: Arc<Python>, cx: &CallCx) -> Result<Functions, FunctionsError> {
    let Source { path, text: source } = file;
    let failed = |why: String| FunctionsError::Failed { path: path.to_owned(), why };
    let code = format!("_source = {}\n{DESCRIBE}", Value::from(&**source));
    // Of the way to the mistake, what is in the file.
    let told = |message: String| {
        let own = message.lines().skip_while(|line| !line.trim_start().starts_with("functions.py"));
        let own = own.map(str::trim).collect::<Vec<_>>().join("; ");
        if own.is_empty() { message } else { own }
    };
    let output = python.run(RunRequest::new(code), cx).await.map_err(|e| failed(told(e.to_string())))?;
    // What the file prints itself stands before.
    let line = output.printed.as_deref().unwrap_or_default().lines().last().unwrap_or_default().to_owned();
    let described: Described = serde_json::from_str(&line).map_err(|_| failed("its description was lost".into()))?;
    if described.tools.is_empty() {
        return Err(FunctionsError::Empty { path: path.to_owned(), left: described.left });
    }
    let tool = |Spec { name, description, parameters }| -> Arc<dyn Tool> {
        let spec = ToolSpec { name, description, parameters, raw_argument: None, stateful: false };
        Arc::new(Function { spec, source: source.clone(), python: python.clone() })
    };
    Ok(Functions { tools: described.tools.into_iter().map(tool).collect(), left: described.left })
}

/// One function.
struct Function {
    spec: ToolSpec,
    source: Arc<str>,
    python: Arc<Python>,
}

#[async_trait]
impl Tool for Function {
    fn spec(&self) -> &ToolSpec {
        &self.spec
    }

    async fn call(&self, args: Value, cx: &CallCx) -> Result<ToolOutput, ToolError> {
        let given = json!(args.to_string()).to_string();
        let (source, name) = (Value::from(&*self.source), Value::from(self.spec.name.as_str()));
        // JSON's way to write a text is Python's as well.
        let code = format!("_source, _name = {source}, {name}\n_given = __import__(\"json\").loads({given})\n{CALL}");
        // Its variables are not those of the model's programs.
        let cx = CallCx { session: format!("{}-functions", cx.session), ..cx.clone() };
        self.python.run(RunRequest::new(code), &cx).await.map_err(|error| match error {
            ToolError::TellModel(failure) => {
                let message = format!("{} failed: {}", self.spec.name, failure.message);
                ToolError::TellModel(ToolFailure { message, ..failure })
            }
            abort => abort,
        })
    }

    async fn end(&self, session: &str) {
        self.python.end(&format!("{session}-functions")).await;
    }
}
