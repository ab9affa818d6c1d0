//! Working things out: expressions for the calculator, programs for Python, prompts for pictures.

use super::program::{self, Need};
use super::state::{Guide, calling};
use crate::evidence::clip;
use crate::lead::Turn;
use crate::notebook::{describe_files, describe_frame, inherit};
use polymath_chat::{Completion, CompletionError, Constraint, Message, Table};
use serde_json::json;
use std::path::PathBuf;

/// How a plot is made, on another matter: one example is worth more than rules.
const PLOT_EXAMPLE: &str = "Example
Task: Plot the rainfall by month as a line, with a logarithmic axis and a grid
Program:
known = df.dropna(subset=['Rainfall'])
plt.plot(known['Month'], known['Rainfall'], marker='o')
plt.yscale('log')
plt.grid(True)
plt.title('Rainfall by month')
plt.xlabel('Month')
plt.ylabel('Rainfall (mm)')
plt.show()

";

/// Tokens of a program.
const PROGRAM_TOKENS: usize = 700;

impl Guide {
    /// Writes one expression, out of the characters of arithmetic and the calculator's functions.
    pub(super) async fn calculate(&mut self, turn: &mut Turn<'_>) -> anyhow::Result<Message> {
        let lark = "start: EXPRESSION\nEXPRESSION: /[0-9(√-]([0-9a-zµ .,()+*\\/^%°-]){0,160}/\n".to_owned();
        let prompt = format!(
            "Write the expression for a calculator.\n\n\
             Question: What is 15% of 1,280 plus 3?\nExpression: 15% of 1280 + 3\n\n\
             Question: How much is the cube root of 5 times pi, to 30 digits?\nExpression: (5^(1/3) * pi) to 30 digits\n\n\
             Question: 把 3.5 英里换算成公里\nExpression: 3.5 miles to km\n\n\
             Question: 2000 at 3% interest a year, what is it after 8 years?\nExpression: 2000 * (1 + 3%)^8\n\n\
             {}Question: {}\nExpression: ",
            last_failure(turn),
            clip(turn.question, 800)
        );
        let mut task = Completion::new(prompt, 90).constrained(Constraint::Lark(lark));
        // The expression ends where something is said about it.
        task.stop = vec!["\n".into(), " is ".into(), " equals ".into()];
        let expression = turn.complete(task).await?;
        Ok(calling(turn, vec![("calculator", json!({"expression": expression.trim()}))]))
    }

    /// Writes a program. Data is there as tables already, so that nothing has to be retyped.
    pub(super) async fn python(&mut self, turn: &mut Turn<'_>) -> anyhow::Result<Message> {
        let table = turn.chat.frames().into_iter().next();
        self.speaks_for_itself = false;
        // A program with gaps is tried once; what it could not do the model writes freely.
        if let (Some((name, table)), 0) = (&table, self.failures) {
            match program::write(turn, name, table, self.plan.is_some()).await? {
                Need::Program(code) => {
                    self.speaks_for_itself = true;
                    return Ok(calling(turn, vec![("python", json!({"code": code}))]));
                }
                Need::Nothing => return self.answer(turn).await,
                Need::Other => {}
            }
        }
        // A file that is a table already is not to be loaded once more.
        let is_table = |path: &PathBuf| turn.chat.tables.iter().any(|t| path.ends_with(&t.title));
        let files: Vec<PathBuf> = turn.chat.files.iter().filter(|path| !is_table(path)).cloned().collect();
        let about = |(name, table): &(String, Table)| {
            format!("`{name}` holds a table of {} with {}\n", table.title, describe_frame(table))
        };
        let mut task = Completion::new(
            format!(
                "{PLOT_EXAMPLE}{}{}{}Task: {}",
                table.as_ref().map(about).unwrap_or_default(),
                describe_files(&files),
                last_failure(turn),
                clip(turn.question, 2000)
            ),
            PROGRAM_TOKENS,
        );
        task.system = format!(
            "You write short Python programs with numpy, pandas and matplotlib, like the example. Today is {}. Print every result with \
             a label. Give plots a title and axis labels. No files but the user's, no network, no input.",
            chrono::Local::now().date_naive()
        );
        let imports = "import numpy as np\nimport pandas as pd\nimport matplotlib.pyplot as plt\n\n";
        // A model that sees its data loaded does not type it in again.
        let loaded = table.as_ref().map_or(String::new(), |(name, _)| format!("{name} = load_table()\n"));
        task.prefill = format!("```python\n{imports}{loaded}");
        task.stop = vec!["```".into()];
        // The likeliest mended program is mostly the one that failed.
        task.temperature = if self.failures > 0 { 0.6 } else { 0.0 };
        let code = match turn.complete(task).await {
            Ok(code) => format!("{imports}{}", code.trim_end()),
            Err(CompletionError::TooLong(tokens)) => {
                anyhow::bail!("the program did not come to an end within {tokens} tokens")
            }
            Err(other) => return Err(other.into()),
        };
        Ok(calling(turn, vec![("python", json!({"code": code}))]))
    }

    pub(super) async fn draw(&mut self, turn: &mut Turn<'_>) -> anyhow::Result<Message> {
        Ok(calling(turn, vec![("image", json!({"prompt": clip(turn.question, 500)}))]))
    }

    /// Takes over the tables that programs of this turn left: what they filled in is marked so. A
    /// table that only lost rows is a program's own affair.
    pub(super) fn take_tables(&self, turn: &mut Turn<'_>) {
        let programs = turn.outcomes.iter().filter(|o| o.call.name == "python");
        let made: Vec<Table> = programs.filter_map(|o| o.result.as_ref().ok()).flat_map(|o| o.tables.clone()).collect();
        for table in made {
            let table = match turn.chat.tables.last() {
                Some(old) if old.rows.len() == table.rows.len() => inherit(old, table),
                Some(old) if table.columns.iter().all(|c| old.columns.contains(c)) => continue,
                _ => table,
            };
            let _ = turn.events.send(polymath_chat::Event::Table { table: table.clone() });
            turn.tables.push(table.clone());
            turn.chat.tables.push(table);
        }
    }
}

/// The attempt that just failed, for the next one to do better.
fn last_failure(turn: &Turn<'_>) -> String {
    let Some(outcome) = turn.outcomes.last() else { return String::new() };
    let Err(failure) = &outcome.result else { return String::new() };
    let tried = outcome.call.arguments.get("code").or(outcome.call.arguments.get("expression"));
    let tried = tried.and_then(|t| t.as_str()).unwrap_or_default();
    format!(
        "This was tried and failed:\n{}\n{}\nWrite it differently.\n\n",
        clip(tried, 2500),
        clip(&failure.message, 800)
    )
}
