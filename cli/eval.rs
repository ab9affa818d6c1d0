//! `polymath model eval`: how well a model calls functions, with the help it gets here and without; or,
//! with `--tasks` or `--fresh`, how well it holds conversations.

mod dialogues;
mod generate;
mod tally;

use crate::engine;
use crate::interrupt::Interrupt;
use anyhow::Context;
use clap::Args;
use dialogues::{DialogueArgs, Wanted};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use polymath_llama::{CallStrategy, LlamaEngine, LlamaOptions};
use polymath_model::calls::CallWay;
use polymath_model::dialect;
use polymath_model::eval::{self, Case, Kind, Outcome};
use polymath_model::store::{self, Resolved, Store};
use serde_json::{Value, json};
use std::io::{IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use tokio_util::sync::CancellationToken;

/// Arguments of `polymath model eval`.
#[derive(Debug, Args)]
pub struct EvalArgs {
    /// Catalogue names, or paths to a .gguf; for dialogues also http(s)://host/v1#name. The default model without any
    #[arg(value_name = "M")]
    models: Vec<String>,
    /// Only cases of this kind (one, choice, several or none), or dialogues of it
    #[arg(long, value_name = "KIND")]
    kind: Option<String>,
    /// Only the case or dialogue of this name; may be given several times
    #[arg(long, value_name = "ID")]
    case: Vec<String>,
    /// Cases of one's own in place of the built-in ones: a folder with one.jsonl, choice.jsonl, several.jsonl and none.jsonl,
    /// or some of them
    #[arg(long, value_name = "DIR", conflicts_with_all = ["tasks", "fresh"])]
    cases: Option<PathBuf>,
    /// At most so many cases or dialogues of each kind
    #[arg(long, value_name = "N")]
    limit: Option<usize>,
    /// Without any help: the model's own template, unconstrained, read in its template's format alone
    #[arg(long)]
    plain: bool,
    /// With and without help, side by side
    #[arg(long, conflicts_with = "plain")]
    both: bool,
    #[command(flatten)]
    dialogues: DialogueArgs,
    /// One JSON object a line: each case or turn, then each row of the table
    #[arg(long)]
    json: bool,
}

/// With how much help the model runs.
#[derive(Clone, Copy, PartialEq)]
enum Arm {
    Plain,
    Helped,
}

impl Arm {
    fn name(self) -> &'static str {
        match self {
            Arm::Plain => "plain",
            Arm::Helped => "helped",
        }
    }
}

/// Sums over the cases of one kind.
#[derive(Default, Clone)]
struct Row {
    right: usize,
    all: usize,
    seconds: f64,
    calls: usize,
    fitted: usize,
}

impl Row {
    fn add(&mut self, outcome: &Outcome) {
        self.right += usize::from(outcome.wrong.is_none());
        self.all += 1;
        self.seconds += outcome.seconds;
        self.calls += outcome.calls.len();
        self.fitted += outcome.fitted;
    }

    fn sum(rows: &[(Kind, Row)]) -> Row {
        rows.iter().fold(Row::default(), |a, (_, b)| Row {
            right: a.right + b.right,
            all: a.all + b.all,
            seconds: a.seconds + b.seconds,
            calls: a.calls + b.calls,
            fitted: a.fitted + b.fitted,
        })
    }

    fn seconds_each(&self) -> f64 {
        if self.all == 0 { 0.0 } else { self.seconds / self.all as f64 }
    }

    fn json(&self) -> Value {
        json!({"right": self.right, "all": self.all, "seconds": self.seconds_each(),
            "calls": self.calls, "fitted": self.fitted})
    }
}

/// Runs the cases or dialogues on every model named; Ctrl-C stops between two tokens.
pub async fn run(args: EvalArgs, home: &Path, quiet: bool, out: &mut impl Write) -> anyhow::Result<ExitCode> {
    if args.dialogues.any() {
        let (models, ids, kind) = (&args.models, &args.case, args.kind.as_deref());
        let wanted = Wanted { models, kind, ids, limit: args.limit, json: args.json, quiet };
        return dialogues::run(&args.dialogues, wanted, out).await;
    }
    let store = Store::open(home);
    let cases = chosen(&args)?;
    let arms: &[Arm] = match (args.both, args.plain) {
        (true, _) => &[Arm::Plain, Arm::Helped],
        (false, true) => &[Arm::Plain],
        (false, false) => &[Arm::Helped],
    };
    let mut specs = args.models.clone();
    if specs.is_empty() {
        specs.extend(store::default_model().map(|m| m.name.clone()));
    }
    let interrupt = Interrupt::listen()?;
    for spec in &specs {
        let resolved = engine::ensure(&store, spec, quiet).await?;
        let mut tables = Vec::new();
        for &arm in arms {
            let run = Run { model: &resolved.name, arm, json: args.json, quiet, cancel: interrupt.token() };
            let engine = load(&resolved, home, arm).await?;
            tables.push((arm, run.cases(&engine, &cases, out).await?));
        }
        if !args.json {
            write!(out, "{}", table(&resolved.name, &tables))?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn chosen(args: &EvalArgs) -> anyhow::Result<Vec<Case>> {
    let mut chosen = Vec::new();
    for kind in Kind::ALL.into_iter().filter(|k| args.kind.as_deref().is_none_or(|name| name == k.name())) {
        let cases = match &args.cases {
            Some(folder) => own_cases(folder, kind)?,
            None => eval::cases(kind).context("the evaluation's own data cannot be read")?,
        };
        let named = cases.into_iter().filter(|c| args.case.is_empty() || args.case.contains(&c.id));
        chosen.extend(named.take(args.limit.unwrap_or(usize::MAX)));
    }
    if chosen.is_empty() {
        anyhow::bail!(crate::settings::Usage(
            "no case is left to run; kinds are one, choice, several and none, ids look like one-01 or several-12"
                .into()
        ));
    }
    Ok(chosen)
}

/// The cases of one kind in a folder; none where it has no file of them.
fn own_cases(folder: &Path, kind: Kind) -> anyhow::Result<Vec<Case>> {
    let path = folder.join(format!("{}.jsonl", kind.name()));
    if !path.exists() {
        return Ok(Vec::new());
    }
    let text = std::fs::read_to_string(&path).with_context(|| format!("cannot read the cases {}", path.display()))?;
    eval::parse(&text).with_context(|| format!("{}: a line is no case (docs: model/src/eval/case.rs)", path.display()))
}

async fn load(resolved: &Resolved, home: &Path, arm: Arm) -> anyhow::Result<LlamaEngine> {
    let mut options = engine::model_options(resolved.clone());
    options.prefix_cache = Some((home.join("cache/prefix"), polymath_llama::DEFAULT_PREFIX_CACHE));
    if arm == Arm::Plain {
        options = LlamaOptions {
            calls: CallStrategy::Plain,
            way: Some(CallWay::Template),
            dialect: official(resolved, &options),
            ..options
        };
    }
    Ok(tokio::task::spawn_blocking(move || LlamaEngine::load(options)).await??)
}

/// The dialect whose format the model's own template shows.
fn official(resolved: &Resolved, options: &LlamaOptions) -> &'static dyn dialect::Dialect {
    let template = store::check_gguf(&resolved.path).ok().and_then(|info| info.template).unwrap_or_default();
    dialect::by_template(&template).unwrap_or(options.dialect)
}

/// One model, one arm.
struct Run<'a> {
    model: &'a str,
    arm: Arm,
    json: bool,
    quiet: bool,
    cancel: CancellationToken,
}

impl Run<'_> {
    async fn cases(
        &self,
        engine: &LlamaEngine,
        cases: &[Case],
        out: &mut impl Write,
    ) -> anyhow::Result<Vec<(Kind, Row)>> {
        let bar = self.bar(cases.len() as u64);
        let mut rows: Vec<(Kind, Row)> = Vec::new();
        for case in cases {
            let outcome = eval::run(engine, case, self.cancel.clone()).await?;
            if self.json {
                writeln!(out, "{}", self.case_line(case, &outcome))?;
                out.flush()?;
            }
            if rows.last().is_none_or(|(kind, _)| *kind != case.kind) {
                rows.push((case.kind, Row::default()));
            }
            if let Some((_, row)) = rows.last_mut() {
                row.add(&outcome);
                bar.set_message(format!("{} {}/{} right", case.kind.name(), row.right, row.all));
            }
            bar.inc(1);
        }
        bar.finish_and_clear();
        if self.json {
            for (kind, row) in &rows {
                writeln!(out, "{}", self.row_line(kind.name(), row))?;
            }
            writeln!(out, "{}", self.row_line("all", &Row::sum(&rows)))?;
        }
        Ok(rows)
    }

    fn bar(&self, cases: u64) -> ProgressBar {
        if self.quiet || !std::io::stderr().is_terminal() {
            return ProgressBar::hidden();
        }
        let bar = ProgressBar::with_draw_target(Some(cases), ProgressDrawTarget::stderr());
        let template = format!("{} {} {{bar:30}} {{pos}}/{{len}}, {{eta}} left, {{msg}}", self.model, self.arm.name());
        if let Ok(style) = ProgressStyle::with_template(&template) {
            bar.set_style(style);
        }
        bar
    }

    fn case_line(&self, case: &Case, outcome: &Outcome) -> Value {
        let calls: Vec<Value> =
            outcome.calls.iter().map(|c| json!({"name": c.name, "arguments": c.arguments})).collect();
        json!({
            "type": "case", "model": self.model, "arm": self.arm.name(), "id": case.id, "kind": case.kind,
            "right": outcome.wrong.is_none(), "why": outcome.wrong, "calls": calls, "fitted": outcome.fitted,
            "text": outcome.text, "seconds": outcome.seconds,
            "prompt_tokens": outcome.prompt_tokens, "completion_tokens": outcome.completion_tokens,
        })
    }

    fn row_line(&self, kind: &str, row: &Row) -> Value {
        let mut line = row.json();
        line["type"] = json!("row");
        line["model"] = json!(self.model);
        line["arm"] = json!(self.arm.name());
        line["kind"] = json!(kind);
        line
    }
}

/// The table for people: a line a kind, three columns an arm.
fn table(model: &str, arms: &[(Arm, Vec<(Kind, Row)>)]) -> String {
    let mut out = format!("{model}\n{:10}", "KIND");
    for (arm, _) in arms {
        out.push_str(&format!("{:>9}{:>8}{:>9}   ", arm.name().to_uppercase(), "S/CASE", "FITTED"));
    }
    let sums: Vec<Row> = arms.iter().map(|(_, rows)| Row::sum(rows)).collect();
    let kinds = arms.first().map_or(0, |(_, rows)| rows.len());
    for i in 0..=kinds {
        let name = arms.first().and_then(|(_, rows)| rows.get(i)).map_or("all", |(kind, _)| kind.name());
        let mut line = format!("\n{name:10}");
        for ((_, rows), sum) in arms.iter().zip(&sums) {
            let row = rows.get(i).map_or(sum, |(_, row)| row);
            let right = format!("{}/{}", row.right, row.all);
            let fitted = format!("{}/{}", row.fitted, row.calls);
            line.push_str(&format!("{right:>9}{:>8.1}{fitted:>9}   ", row.seconds_each()));
        }
        out.push_str(line.trim_end());
    }
    out.push('\n');
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_has_a_line_for_each_kind_and_one_for_all() {
        let row = |right, all| Row { right, all, seconds: all as f64 * 2.0, calls: 5, fitted: 4 };
        let plain = vec![(Kind::One, row(0, 3)), (Kind::None, row(3, 3))];
        let helped = vec![(Kind::One, row(3, 3)), (Kind::None, row(2, 3))];
        let table = table("m", &[(Arm::Plain, plain), (Arm::Helped, helped)]);
        let lines: Vec<Vec<&str>> = table.lines().map(|l| l.split_whitespace().collect()).collect();
        assert_eq!(lines[2], ["one", "0/3", "2.0", "4/5", "3/3", "2.0", "4/5"]);
        assert_eq!(lines[4], ["all", "3/6", "2.0", "8/10", "5/6", "2.0", "8/10"]);
    }
}
