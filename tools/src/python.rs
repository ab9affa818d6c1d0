//! The `python` tool: model-written programs in the sandbox, one interpreter a session.
//!
//! Puts what a run gave into words for the model and its figures and files into the artifacts
//! folder. What may run and what is kept out is the sandbox's business, not this file's.

use crate::files::{clean, is_obeyed, write_foreign, write_new};
use crate::{CallCx, Tool, ToolError, UserFile};
use async_trait::async_trait;
use polymath_chat::{Artifact, Cell, Table, ToolFailure, ToolOutput, ToolSpec};
use polymath_sandbox::{Config, GivenFile, Kind, RunError, RunOutput, RunRequest, Sandbox, SandboxError};
use serde_json::{Value, json};
use std::{io, path::Path, sync::Arc};
use tokio::sync::OnceCell;

/// Characters of one stream or value that the model is shown.
const SHOWN: usize = 8_000;
/// Cells of a table that is handed to a program, as JSON: of one with more the program reads the file.
const MOST_CELLS: usize = 2_000_000;

/// Runs Python behind walls. The sandbox is started by `warm`, or by the first call.
pub struct Python {
    spec: ToolSpec,
    config: Config,
    sandbox: OnceCell<Sandbox>,
}

impl Python {
    pub fn new(config: Config) -> Self {
        let spec = ToolSpec {
            name: "python".to_owned(),
            description: "Runs a Python program and returns what it prints, the value of its last line and its \
                          figures. numpy, pandas, matplotlib, seaborn, scipy, sympy, duckdb and openpyxl are there. \
                          Variables stay between calls. No network, no files of the computer, no input()."
                .to_owned(),
            parameters: json!({
                "type": "object",
                "properties": {"code": {"type": "string", "description": "The program"}},
                "required": ["code"],
            // `svg` is accepted and not offered: it is for people and scripts.
            }),
            raw_argument: Some("code".to_owned()),
            stateful: true,
        };
        Python { spec, config, sandbox: OnceCell::new() }
    }

    async fn sandbox(&self) -> Result<&Sandbox, SandboxError> {
        self.sandbox.get_or_try_init(|| Sandbox::start(self.config.clone())).await
    }

    /// Runs a prepared request, with its own tables and time limit.
    ///
    /// # Errors
    /// The program failed (the model is told how), or artifacts could not be written.
    pub async fn run(&self, mut request: RunRequest, cx: &CallCx) -> Result<ToolOutput, ToolError> {
        let unavailable = |e: SandboxError| ToolError::tell("unavailable", e.to_string());
        let given = |file: &UserFile| GivenFile { name: file.name.clone(), path: file.path.clone() };
        request.files = cx.files.iter().map(given).collect();
        let sandbox = self.sandbox().await.map_err(unavailable)?;
        let run = sandbox.run(&cx.session, request, &cx.cancel).await.map_err(unavailable)?;
        let artifacts = save(&run, &cx.out)
            .map_err(|e| ToolError::Abort(anyhow::anyhow!("writing artifacts into {}: {e}", cx.out.display())))?;
        let content = describe(&run, &artifacts);
        match run.error {
            Some(error) => {
                let told = ToolFailure::new(error.kind.as_str(), failure(&content, &error));
                Err(ToolFailure { lacks: error.lacks, ..told }.into())
            }
            None => {
                let printed = [&run.stdout, run.value.as_deref().unwrap_or_default()].map(|t| shorten(t.trim_end()));
                let printed: Vec<&str> = printed.iter().map(String::as_str).filter(|t| !t.is_empty()).collect();
                let silent = || "(the program ran and printed nothing)".to_owned();
                let content = if content.is_empty() { silent() } else { content };
                Ok(ToolOutput {
                    artifacts,
                    tables: run.tables,
                    printed: Some(printed.join("\n")),
                    ..ToolOutput::text(content)
                })
            }
        }
    }
}

#[async_trait]
impl Tool for Python {
    fn spec(&self) -> &ToolSpec {
        &self.spec
    }

    async fn call(&self, args: Value, cx: &CallCx) -> Result<ToolOutput, ToolError> {
        let code = args.get("code").and_then(Value::as_str).unwrap_or_default();
        if code.trim().is_empty() {
            return Err(ToolError::tell("arguments", "`code` is empty: write the program to run"));
        }
        // A table that the program changed comes back; one that it only read does not.
        // Tables that the program does not name need not travel: they may be large.
        let named = cx.tables.iter().filter(|(name, _)| mentions(code, name));
        let is_large = |table: &Table| table.rows.len() * table.columns.len() > MOST_CELLS;
        let (large, given): (Vec<_>, Vec<_>) = named.partition(|(_, table)| is_large(table));
        let tables: Vec<(String, Table)> =
            given.into_iter().map(|(name, table)| (name.clone(), Table::clone(table))).collect();
        let return_tables = tables.iter().map(|(name, _)| name.clone()).collect();
        let code = unfence(code).to_owned();
        let svg = args["svg"].as_bool() == Some(true);
        let request = RunRequest { code, tables, return_tables, svg, ..RunRequest::default() };
        let mut output = self.run(request, cx).await.map_err(|error| with_large(error, &large))?;
        output.tables.retain(|new| cx.tables.iter().all(|(_, old)| !is_unchanged(old, new)));
        output.tables.dedup_by(|a, b| is_unchanged(a, b));
        Ok(output)
    }

    async fn warm(&self) {
        let _ = self.sandbox().await;
    }

    async fn end(&self, session: &str) {
        match self.sandbox.get() {
            Some(sandbox) => sandbox.end(session).await,
            None => self.config.journals.iter().for_each(|folder| Sandbox::forget(folder, session)),
        }
    }
}

/// An error with what is to be done where a program lacks a table that was not handed to it.
fn with_large(error: ToolError, large: &[&(String, Arc<Table>)]) -> ToolError {
    let mut failure = match error {
        ToolError::TellModel(failure) => failure,
        other => return other,
    };
    for (name, table) in large {
        if failure.message.contains(&format!("name '{name}' is not defined")) {
            failure.message.push_str(&format!(
                "\n{name} has {} rows, which is more than a program is handed: read the file \"{}\", or choose or \
                 group rows with sql first",
                table.rows.len(),
                table.title
            ));
        }
    }
    ToolError::TellModel(failure)
}

/// Whether a program names a variable.
fn mentions(code: &str, name: &str) -> bool {
    code.split(|c: char| !(c.is_alphanumeric() || c == '_')).any(|word| word == name)
}

/// Whether two tables hold the same columns and values, whatever their titles and provenance.
fn is_unchanged(old: &Table, new: &Table) -> bool {
    let same = |a: &Cell, b: &Cell| match (a.number, b.number) {
        (Some(x), Some(y)) => x == y,
        (None, None) if a.date.is_some() => b.date.is_some(),
        (None, None) => a.text == b.text,
        _ => false,
    };
    let rows = old.rows.iter().flatten().zip(new.rows.iter().flatten());
    old.columns == new.columns && old.rows.len() == new.rows.len() && rows.into_iter().all(|(a, b)| same(a, b))
}

/// The program inside a Markdown fence, which models like to write around code.
fn unfence(code: &str) -> &str {
    let inner = code.trim().strip_prefix("```").and_then(|rest| rest.strip_suffix("```"));
    match inner.and_then(|inner| inner.split_once('\n')) {
        Some((language, program)) if language.trim().chars().all(char::is_alphanumeric) => program,
        _ => code,
    }
}

/// What the model reads of a run, its failure aside.
fn describe(run: &RunOutput, artifacts: &[Artifact]) -> String {
    let mut parts = Vec::new();
    let mut add = |title: &str, text: &str| {
        let text = text.trim_end();
        if !text.is_empty() {
            parts.push(format!("{title}{}", shorten(text)));
        }
    };
    add("", &run.stdout);
    add("", run.value.as_deref().unwrap_or_default());
    add("stderr: ", &run.stderr);
    let figures = artifacts.len() - run.files.len();
    for (index, artifact) in artifacts.iter().enumerate() {
        let what = if index < figures { "figure" } else { "file" };
        add(&format!("{what} saved: "), &artifact.name);
        let written = index.checked_sub(figures).and_then(|index| run.files.get(index));
        if let Some(file) = written.filter(|file| is_obeyed(&clean(&file.name))) {
            add("note: ", &format!("{} is called {} there: programs act on some names", file.name, artifact.name));
        }
    }
    for note in &run.notes {
        add("note: ", note);
    }
    parts.join("\n")
}

/// What was printed before the failure, then the failure.
fn failure(content: &str, error: &RunError) -> String {
    let told = match (&error.traceback, error.kind) {
        (Some(traceback), Kind::Exception | Kind::Memory | Kind::Denied) => traceback.clone(),
        // The program was interrupted from outside: where it was then, and why.
        (Some(traceback), _) => format!("{}\n{}", traceback.trim_end_matches("\nKeyboardInterrupt"), error.message),
        (None, _) => error.message.clone(),
    };
    let separator = if content.is_empty() { "" } else { "\n" };
    format!("{content}{separator}{}", shorten(&told))
}

/// Beginning and end of a long text.
fn shorten(text: &str) -> String {
    let count = text.chars().count();
    if count <= SHOWN {
        return text.to_owned();
    }
    let head: String = text.chars().take(SHOWN * 2 / 3).collect();
    let tail: String = text.chars().skip(count - SHOWN / 3).collect();
    format!("{head}\n… ({} characters left out) …\n{tail}", count - SHOWN)
}

/// Writes figures, then files, each under a name of its own.
fn save(run: &RunOutput, out: &Path) -> io::Result<Vec<Artifact>> {
    let mut artifacts = Vec::new();
    for figure in &run.figures {
        let stem = clean(&figure.title);
        let stem = if stem.is_empty() { format!("figure-{}", figure.number) } else { stem };
        artifacts.push(write_new(out, &stem, "png", &figure.png)?);
        if let Some(svg) = &figure.svg {
            artifacts.push(write_new(out, &stem, "svg", svg)?);
        }
    }
    for file in &run.files {
        artifacts.push(write_foreign(out, &file.name, &file.bytes)?);
    }
    Ok(artifacts)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_is_told_which_table_it_was_not_handed() {
        let table = Table { title: "sales.csv".into(), columns: Vec::new(), rows: Vec::new() };
        let large = [("t1".to_owned(), Arc::new(table))];
        let told = |message: &str| match with_large(ToolError::tell("exception", message), &[&large[0]]) {
            ToolError::TellModel(failure) => failure.message,
            ToolError::Abort(error) => error.to_string(),
        };
        assert!(told("NameError: name 't1' is not defined").contains("read the file \"sales.csv\""));
        assert_eq!(told("NameError: name 'x' is not defined"), "NameError: name 'x' is not defined");
    }

    #[test]
    fn fences_around_a_program_are_taken_off() {
        assert_eq!(unfence("```python\nprint(1)\n```"), "print(1)\n");
        assert_eq!(unfence("print('```')"), "print('```')");
    }

    #[test]
    fn a_failure_keeps_what_was_printed_before_it() {
        let error = RunError {
            kind: polymath_sandbox::Kind::Exception,
            message: "ZeroDivisionError: division by zero".to_owned(),
            traceback: Some("cell 1, line 2: 1/0\nZeroDivisionError: division by zero".to_owned()),
            lacks: None,
        };
        assert_eq!(failure("one", &error), "one\ncell 1, line 2: 1/0\nZeroDivisionError: division by zero");
    }

    #[test]
    fn long_output_keeps_its_ends() {
        let text = format!("begin{}end", "x".repeat(2 * SHOWN));
        let short = shorten(&text);
        assert!(short.starts_with("begin") && short.ends_with("end") && short.contains("left out"));
    }
}
