//! What only a program can do, and the mending of programs and queries that failed.

use super::plan;
use super::program::{self, Need};
use super::state::{Guide, Outcome, Running, calling, quoted};
use crate::dispatch;
use crate::evidence::clip;
use crate::lead::Turn;
use crate::notebook::{describe_files, describe_frame, inherit};
use crate::prompts::{PROGRAM, QUERY};
use polymath_chat::{CompletionError, Constraint, Message, Table};
use polymath_tools::in_sql;
use serde_json::json;
use std::path::PathBuf;
use std::sync::Arc;

/// Tokens of a program.
const PROGRAM_TOKENS: usize = 700;
/// Attempts at mending a program.
const REPAIRS: usize = 2;

impl Guide {
    /// A program with gaps for the conversation's latest table, where the request is one of the common
    /// ones. It is tried once a table.
    pub(super) async fn common_program(&mut self, turn: &mut Turn<'_>) -> anyhow::Result<Option<Message>> {
        let tables = turn.chat.tables.len();
        if turn.agent.tools.get("python").is_none() || self.sorted == Some(tables) {
            return Ok(None);
        }
        self.sorted = Some(tables);
        let Some((name, table)) = turn.chat.frames().into_iter().next() else { return Ok(None) };
        let Need::Program(code) = program::write(turn, &name, &table).await? else { return Ok(None) };
        self.running = Some(Running::Programming { tries: 0, own: true });
        Ok(Some(calling(turn, vec![("python", json!({"code": code}))])))
    }

    /// Writes a program. Data is there as tables already, so that nothing has to be retyped.
    pub(super) async fn program(&mut self, turn: &mut Turn<'_>, tries: usize) -> anyhow::Result<Option<Message>> {
        // What a program with gaps could not do the model writes freely.
        if let (Some(calls), 0) = (self.common_program(turn).await?, tries) {
            return Ok(Some(calls));
        }
        // A file that is a table already is not to be loaded once more.
        let is_table = |path: &PathBuf| turn.chat.tables.iter().any(|t| path.ends_with(&t.title));
        let files: Vec<PathBuf> = turn.chat.files.iter().filter(|path| !is_table(path)).cloned().collect();
        let frames = turn.chat.frames();
        let about = |(name, table): &(String, Arc<Table>)| {
            format!("`{name}` is there: a DataFrame of {} with {}\n", table.title, describe_frame(table))
        };
        let there: String = frames.iter().filter(|(name, _)| name.starts_with('t')).map(about).collect();
        let guidance = match turn.guidance() {
            "" => String::new(),
            text => format!("{text}\n\n"),
        };
        let prompt = format!(
            "{there}{}{}{guidance}Task: {}",
            describe_files(&files),
            last_failure(turn).unwrap_or_default(),
            clip(&turn.asked, 2000)
        );
        let mut task = PROGRAM.ask(prompt, PROGRAM_TOKENS);
        let imports = "import numpy as np\nimport pandas as pd\nimport matplotlib.pyplot as plt\n\n";
        task.prefill = format!("```python\n{imports}");
        task.stop = vec!["```".into()];
        // The likeliest mended program is mostly the one that failed.
        task.temperature = if tries > 0 { 0.6 } else { 0.0 };
        let code = match turn.complete(task).await {
            Ok(code) => format!("{imports}{}", code.trim_end()),
            Err(CompletionError::TooLong(_)) => {
                self.results.push(Outcome::Failed("a program that did not come to an end".into()));
                return Ok(None);
            }
            Err(other) => return Err(other.into()),
        };
        if PROGRAM.leaks(&code, &format!("{}\n{guidance}", turn.asked)) {
            self.results.push(Outcome::Failed("a program that was about something else".into()));
            return Ok(None);
        }
        self.running = Some(Running::Programming { tries, own: false });
        Ok(Some(calling(turn, vec![("python", json!({"code": code}))])))
    }

    /// Takes what a program brought, or has it mended.
    pub(super) async fn programmed(
        &mut self,
        turn: &mut Turn<'_>,
        tries: usize,
        own: bool,
    ) -> anyhow::Result<Option<Message>> {
        let Some(dispatch::Outcome { result, .. }) = turn.outcomes.last() else { return Ok(None) };
        match result {
            Err(_) if tries < REPAIRS => self.program(turn, tries + 1).await,
            Err(failure) => {
                let why = failure.message.lines().last().unwrap_or_default().to_owned();
                self.results.push(Outcome::Failed(why));
                Ok(None)
            }
            Ok(output) => {
                let output = output.clone();
                for table in output.tables {
                    let table = match turn.chat.table_named(&table.title) {
                        Some(old) => inherit(old, table),
                        None => table,
                    };
                    self.add_table(turn, "", table);
                }
                self.results.push(Outcome::Printed { text: output.printed.unwrap_or_default(), own });
                if !output.artifacts.is_empty() {
                    self.results.push(Outcome::Files(output.artifacts.iter().map(|a| a.name.clone()).collect()));
                }
                Ok(None)
            }
        }
    }

    /// A query that failed, written again with what was wrong with it.
    pub(super) async fn mend_query(&self, turn: &mut Turn<'_>, query: &str, why: &str) -> anyhow::Result<String> {
        let prompt = format!("Request: {}\nQuery: {query}\nError: {}", clip(&turn.asked, 800), clip(why, 800));
        let lark = query_grammar(&turn.chat.tables, &turn.asked);
        match turn.complete(QUERY.ask(prompt, 150).constrained(Constraint::Lark(lark))).await {
            Ok(query) => Ok(query),
            // It stays as it was, which the caller tells.
            Err(CompletionError::TooLong(_)) => Ok(query.to_owned()),
            Err(other) => Err(other.into()),
        }
    }
}

/// SQL over tables as they are: no other columns than theirs can be written, and no numbers but the
/// request's and small ones.
fn query_grammar(tables: &[Table], request: &str) -> String {
    const WORDS: &str = "SELECT FROM WHERE GROUP BY ORDER LIMIT HAVING JOIN LEFT ON AND OR NOT IN IS NULL BETWEEN LIKE DESC \
                         DISTINCT UNION ALL OVER PARTITION CASE WHEN THEN ELSE END SUM AVG COUNT MIN MAX ROUND MEDIAN ABS \
                         COALESCE CAST REAL INTEGER TEXT substr strftime";
    const NAMES: &str = "Total Average Sum Mean Count Change Share Number Month Percent Difference Growth Rate Ratio Result Highest Lowest";
    let mut names: std::collections::BTreeSet<String> =
        WORDS.split_whitespace().chain(NAMES.split_whitespace()).map(str::to_owned).collect();
    for (i, table) in tables.iter().enumerate() {
        let name = format!("t{}", i + 1);
        for column in &table.columns {
            let plain = column.chars().all(|c| c.is_alphanumeric() || c == '_')
                && !column.starts_with(|c: char| c.is_ascii_digit());
            let column = if plain { column.clone() } else { in_sql(column) };
            names.extend([format!("{name}.{column}"), column]);
        }
        names.insert(name);
    }
    let choices: Vec<String> = names.iter().map(|name| quoted(name)).collect();
    format!(
        "start: \"SELECT \" SIGNS? thing (SIGNS thing){{0,60}} SIGNS?\nthing: WORD | NUMBER | TEXT\nWORD: {}\n\
         NUMBER: {}\nTEXT: /'[^'\\n]{{0,60}}'/\nSIGNS: /[ ,()*\\/+=<>|-]{{1,5}}/\n",
        choices.join(" | "),
        plan::numbers(request).iter().map(|number| quoted(number)).collect::<Vec<_>>().join(" | ")
    )
}

/// The attempt that just failed, for the next one to do better.
fn last_failure(turn: &Turn<'_>) -> Option<String> {
    let outcome = turn.outcomes.last().filter(|o| o.call.name == "python")?;
    let failure = outcome.result.as_ref().err()?;
    let tried = outcome.call.arguments.get("code").and_then(|t| t.as_str()).unwrap_or_default();
    Some(format!(
        "This was tried and failed:\n{}\n{}\nWrite it differently.\n\n",
        clip(tried, 2500),
        clip(&failure.message, 800)
    ))
}
