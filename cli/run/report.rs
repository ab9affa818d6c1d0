//! A script's report: Markdown and HTML for people, JSON for programs, every table as CSV and in one workbook.

use super::record::RunRecord;
use crate::report::{ReportTurn, write_report};
use anyhow::Context;
use polymath_agent::Chat;
use polymath_agent::script::{Ended, Inputs, Kind, Output, Script, StepEnd};
use polymath_chat::{Cell, Message, Table};
use polymath_tools::tables::{Format, bytes};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};

/// What was written.
pub struct Written {
    /// The report's own words.
    pub text: String,
    pub files: Vec<PathBuf>,
}

/// Writes the report of a run into its folder, whatever the run came to.
pub fn write(record: &RunRecord, script: &Script, inputs: &Inputs, ended: &Ended) -> anyhow::Result<Written> {
    let out = &record.out;
    let (title, text, turns) = turns(script, inputs, ended);
    let (markdown, html) = write_report(out, &title, &turns)?;
    let mut files = vec![markdown, html];
    let json = out.join("report.json");
    let text_of = serde_json::to_string_pretty(&as_json(record, &title, script, inputs, ended))?;
    std::fs::write(&json, text_of).with_context(|| format!("can't write the report {}", json.display()))?;
    files.push(json);
    let tables: Vec<(String, &Table)> =
        done(script, ended).filter_map(|(name, o)| Some((name.to_owned(), o.table.as_ref()?))).collect();
    if !tables.is_empty() {
        let book = out.join("tables.xlsx");
        let bytes = bytes(&tables, Format::Xlsx).map_err(anyhow::Error::msg)?;
        std::fs::write(&book, bytes).with_context(|| format!("can't write the tables {}", book.display()))?;
        files.push(book);
    }
    for (name, output) in done(script, ended) {
        if let Some(table) = &output.table {
            files.push(csv(&out.join("tables"), name, table)?);
        }
        // One that was made for another folder before was copied where the report shows it.
        let here = |path: &PathBuf| path.file_name().map(|name| out.join(name)).filter(|here| here.is_file());
        files.extend(output.artifacts.iter().map(|a| here(&a.path).unwrap_or_else(|| a.path.clone())));
    }
    Ok(Written { text, files })
}

/// Steps that came to their end, in the script's order.
fn done<'a>(script: &'a Script, ended: &'a Ended) -> impl Iterator<Item = (&'a str, &'a Output)> {
    script.steps.iter().filter_map(|step| match ended.steps.get(&step.name) {
        Some(StepEnd::Done(output)) => Some((step.name.as_str(), &**output)),
        _ => None,
    })
}

/// The report's title, its own words, and its sections: those of the `report` steps with what they show,
/// or all steps where there is none; then what was checked.
fn turns(script: &Script, inputs: &Inputs, ended: &Ended) -> (String, String, Vec<ReportTurn>) {
    let of = |name: &str| done(script, ended).find(|(known, _)| *known == name).map(|(_, output)| output);
    let kind = |name: &str| script.step(name).map(|step| &step.kind);
    let mut turns = Vec::new();
    let mut text = String::new();
    for (name, output) in done(script, ended).filter(|(name, _)| matches!(kind(name), Some(Kind::Report { .. }))) {
        turns.push(section(name, &Kind::Report { text: String::new(), show: Vec::new() }, output));
        text.push_str(output.text.trim());
        text.push('\n');
        for shown in &output.show {
            if let (Some(kind), Some(output)) = (kind(shown), of(shown)) {
                turns.push(section(shown, kind, output));
            }
        }
    }
    if turns.is_empty() {
        let shown = done(script, ended).filter_map(|(name, output)| Some((name, kind(name)?, output)));
        let shown = shown.filter(|(_, kind, _)| !matches!(kind, Kind::Assert(_)));
        turns = shown.map(|(name, kind, output)| section(name, kind, output)).collect();
    }
    let checks = checks(script, ended);
    if !checks.is_empty() {
        turns.push(ReportTurn {
            question: "What was checked".into(),
            answer_markdown: checks,
            ..ReportTurn::default()
        });
    }
    (script.title(inputs), text, turns)
}

fn section(name: &str, kind: &Kind, output: &Output) -> ReportTurn {
    // The table and the picture say it themselves.
    let silent = output.table.is_some() && !matches!(kind, Kind::Ask { .. } | Kind::Tool { .. });
    let silent = silent || matches!(kind, Kind::Chart(_) | Kind::Picture(_));
    ReportTurn {
        question: if output.title.is_empty() { name.replace('_', " ") } else { output.title.clone() },
        said: Vec::new(),
        answer_markdown: if silent { String::new() } else { output.text.clone() },
        remark: None,
        citations: output.citations.clone(),
        tables: output.table.iter().cloned().collect(),
        artifacts: output.artifacts.clone(),
        figures: output.figures.clone(),
    }
}

/// A line for each assertion, and for what failed.
fn checks(script: &Script, ended: &Ended) -> String {
    let mut lines = String::new();
    for step in &script.steps {
        let line = match (ended.steps.get(&step.name), &step.kind) {
            (Some(StepEnd::Done(output)), Kind::Assert(_)) => format!("- ✓ {}: {}\n", step.name, output.text),
            (Some(StepEnd::Failed(why)), _) => format!("- ✗ {}: {why}\n", step.name),
            _ => continue,
        };
        lines.push_str(&line);
    }
    lines
}

fn as_json(record: &RunRecord, title: &str, script: &Script, inputs: &Inputs, ended: &Ended) -> Value {
    let steps = script.steps.iter().map(|step| {
        let mut told = json!({"name": step.name, "kind": step.kind.name()});
        match ended.steps.get(&step.name) {
            None => told["state"] = json!("not run"),
            Some(StepEnd::Skipped) => told["state"] = json!("skipped"),
            Some(StepEnd::Failed(why)) => (told["state"], told["why"]) = (json!("failed"), json!(why)),
            Some(StepEnd::Done(output)) => {
                told["state"] = json!("done");
                let Output { text, cell, table, figures, citations, artifacts, .. } = &**output;
                told["output"] = json!({"text": text, "value": cell, "table": table, "figures": figures,
                                        "citations": citations, "artifacts": artifacts});
            }
        }
        told
    });
    let steps: Vec<Value> = steps.collect();
    json!({"run": record.run, "title": title, "today": record.today.to_string(), "vars": inputs.vars,
           "tokens": ended.tokens, "stopped": ended.stopped, "steps": steps})
}

/// The conversation that the run's questions were: what the session keeps.
pub fn chat(run: &str, script: &Script, ended: &Ended) -> Chat {
    let mut all = Chat::new(run);
    for (_, output) in done(script, ended) {
        if let Some(chat) = &output.chat {
            all.messages.push(Message::user(output.title.clone()));
            all.messages.push(Message::assistant(output.text.clone()));
            let new = |url: &String| all.sources.iter().all(|known| known.url != *url);
            let sources: Vec<_> = chat.sources.iter().filter(|source| new(&source.url)).cloned().collect();
            all.sources.extend(sources);
            all.retrieved.extend(chat.retrieved.iter().cloned());
            all.page_tables.extend(chat.page_tables.iter().cloned());
            all.facts.extend(chat.facts.iter().cloned());
        }
        all.retrieved.extend(output.retrieved.iter().cloned());
        all.tables.extend(output.table.clone());
        all.artifacts.extend(output.artifacts.iter().cloned());
    }
    all
}

/// A table with plain values. A text that a spreadsheet would take for a formula is made a text.
fn csv(folder: &Path, name: &str, table: &Table) -> anyhow::Result<PathBuf> {
    let path = folder.join(format!("{name}.csv"));
    let value = |cell: &Cell| match (cell.number, &cell.date, &cell.text) {
        (Some(number), _, _) => number.to_string(),
        (_, Some(date), _) => date.clone(),
        (_, _, Some(text)) if text.starts_with(['=', '+', '-', '@', '\t', '\r']) => format!("'{text}"),
        (_, _, text) => text.as_deref().unwrap_or_default().to_owned(),
    };
    let write = || -> anyhow::Result<()> {
        std::fs::create_dir_all(folder)?;
        let mut file = csv::Writer::from_path(&path)?;
        file.write_record(&table.columns)?;
        for row in &table.rows {
            file.write_record(row.iter().map(value))?;
        }
        Ok(file.flush()?)
    };
    write().with_context(|| format!("can't write the table {}", path.display()))?;
    Ok(path)
}
