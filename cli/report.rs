//! A conversation as a report: Markdown with its files beside it, and one HTML file with everything
//! inside.
//!
//! Both come from the same values. What pages and models wrote is text here: raw HTML is shown and
//! not run, only http links are links, and no picture is loaded from elsewhere.

mod html;

use anyhow::Context;
use polymath_chat::{Artifact, Cell, Citation, Figure, FigureStatus, Provenance, Table};
use std::{
    fmt::Write,
    path::{Path, PathBuf},
};

pub use html::html;

/// A question, and what became of it.
#[derive(Debug, Clone, Default)]
pub struct ReportTurn {
    pub question: String,
    pub answer_markdown: String,
    pub citations: Vec<Citation>,
    pub tables: Vec<Table>,
    pub artifacts: Vec<Artifact>,
    pub figures: Vec<Figure>,
}

/// Writes `report.md` and `report.html` into `out`, and returns their paths. Artifacts that lie
/// elsewhere are copied there, so that the folder can be moved.
pub fn write_report(out: &Path, title: &str, turns: &[ReportTurn]) -> anyhow::Result<(PathBuf, PathBuf)> {
    std::fs::create_dir_all(out).with_context(|| format!("can't make the report's folder {}", out.display()))?;
    let turns: Vec<ReportTurn> = turns.iter().map(|turn| collect_files(out, turn)).collect::<anyhow::Result<_>>()?;
    let paths = (out.join("report.md"), out.join("report.html"));
    for (path, text) in [(&paths.0, markdown(out, title, &turns)), (&paths.1, html(title, &turns))] {
        std::fs::write(path, text).with_context(|| format!("can't write the report {}", path.display()))?;
    }
    Ok(paths)
}

/// The report as Markdown; links to files are relative to `out`.
pub fn markdown(out: &Path, title: &str, turns: &[ReportTurn]) -> String {
    let mut text = format!("# {}\n", one_line(title));
    for (number, turn) in turns.iter().enumerate() {
        let _ = writeln!(text, "\n## {}. {}\n\n{}", number + 1, one_line(&turn.question), turn.answer_markdown.trim());
        for table in new_tables(turn) {
            let _ =
                writeln!(text, "\n**{}**\n\n{}", escape(&table.title), marked_table(table, &turn.citations).trim_end());
        }
        let files = files(turn);
        for artifact in &files {
            let path = artifact.path.strip_prefix(out).unwrap_or(&artifact.path).to_string_lossy().replace('\\', "/");
            // Angle brackets: the destination may hold spaces.
            let sign = if is_picture(artifact) { "!" } else { "" };
            let _ = writeln!(text, "\n{sign}[{}](<{}>)", escape(&artifact.name), path.replace(['<', '>'], ""));
        }
        if !turn.citations.is_empty() {
            text.push_str("\nSources:\n\n");
            for source in &turn.citations {
                let _ = writeln!(text, "- [{}] {} — <{}>", source.n, escape(&source.title), link_target(&source.url));
            }
        }
        let notes = figure_notes(&turn.figures);
        if !notes.is_empty() {
            let _ = writeln!(text, "\n{notes}");
        }
    }
    text
}

/// The files of a turn, pictures first; the SVG a PNG was made from is one picture with it.
fn files(turn: &ReportTurn) -> Vec<&Artifact> {
    let stem = |a: &Artifact| a.path.with_extension("");
    let mut files: Vec<&Artifact> = Vec::new();
    for artifact in &turn.artifacts {
        let twin = artifact.mime == "image/svg+xml"
            && turn.artifacts.iter().any(|other| other.mime == "image/png" && stem(other) == stem(artifact));
        if !twin && files.iter().all(|known| known.path != artifact.path) {
            files.push(artifact);
        }
    }
    files.sort_by_key(|a| !is_picture(a));
    files
}

fn is_picture(artifact: &Artifact) -> bool {
    matches!(artifact.mime.as_str(), "image/png" | "image/jpeg" | "image/gif" | "image/webp" | "image/svg+xml")
}

/// The tables that the answer does not show itself.
fn new_tables(turn: &ReportTurn) -> impl Iterator<Item = &Table> {
    let shown = |table: &Table| {
        turn.answer_markdown
            .lines()
            .filter(|line| line.trim_start().starts_with('|'))
            .any(|line| table.columns.iter().all(|column| line.contains(column.trim())))
    };
    turn.tables.iter().filter(move |table| !table.columns.is_empty() && !shown(table))
}

/// A table whose cells say where they come from.
fn marked_table(table: &Table, citations: &[Citation]) -> String {
    let escaped = Table {
        title: String::new(),
        columns: table.columns.iter().map(|c| escape(c)).collect(),
        rows: table
            .rows
            .iter()
            .map(|row| row.iter().map(|c| Cell { text: c.text.as_deref().map(escape_cell), ..c.clone() }).collect())
            .collect(),
    };
    escaped.markdown_with(|cell| match &cell.provenance {
        Provenance::Sourced { url, .. } => match citations.iter().find(|c| c.url == *url) {
            Some(citation) => format!(" [{}]", citation.n),
            None => String::new(),
        },
        Provenance::Computed { .. } => " *(computed)*".into(),
        Provenance::Imputed { .. } => " *(estimated)*".into(),
        Provenance::Extrapolated { .. } => " *(extrapolated)*".into(),
        Provenance::Unverified => " *(unverified)*".into(),
        Provenance::Given | Provenance::Missing => String::new(),
    })
}

/// Markdown's own escapes, but for the pipe, which tables escape themselves.
fn escape_cell(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in one_line(text).chars() {
        if matches!(c, '\\' | '`' | '*' | '_' | '[' | ']' | '<' | '>' | '#' | '~' | '&' | '!') {
            out.push('\\');
        }
        out.push(c);
    }
    out
}

fn escape(text: &str) -> String {
    escape_cell(text).replace('|', "\\|")
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// An address that can stand between angle brackets.
fn link_target(url: &str) -> String {
    url.chars().filter(|c| !c.is_whitespace() && !matches!(c, '<' | '>')).collect()
}

/// What a reader must know of figures that no source states.
fn figure_notes(figures: &[Figure]) -> String {
    let named = |label: &str, wanted: &[FigureStatus]| {
        let texts: Vec<String> =
            figures.iter().filter(|f| wanted.contains(&f.status)).map(|f| escape(&f.text)).collect();
        if texts.is_empty() { None } else { Some(format!("*{label}:* {}", texts.join(", "))) }
    };
    let notes = [
        named("Computed", &[FigureStatus::Computed]),
        named("Estimated", &[FigureStatus::Imputed, FigureStatus::Extrapolated]),
        named("Not found in any source", &[FigureStatus::Unverified]),
    ];
    notes.into_iter().flatten().collect::<Vec<_>>().join("\n\n")
}

/// The turn with all its files inside `out`.
fn collect_files(out: &Path, turn: &ReportTurn) -> anyhow::Result<ReportTurn> {
    let mut turn = turn.clone();
    for artifact in &mut turn.artifacts {
        if artifact.path.starts_with(out) || !artifact.path.is_file() {
            continue;
        }
        let target = free_name(out, &artifact.path);
        std::fs::copy(&artifact.path, &target)
            .with_context(|| format!("can't copy {} to {}", artifact.path.display(), target.display()))?;
        artifact.path = target;
    }
    Ok(turn)
}

/// A path in `out` with the file's name that is free, or holds the same bytes already.
fn free_name(out: &Path, file: &Path) -> PathBuf {
    let part = |p: Option<&std::ffi::OsStr>| p.map(|s| s.to_string_lossy().into_owned()).unwrap_or_default();
    let (stem, extension) = (part(file.file_stem()), part(file.extension()));
    let same = |path: &Path| matches!((std::fs::read(path), std::fs::read(file)), (Ok(a), Ok(b)) if a == b);
    let mut number = 1;
    loop {
        let suffix = if number == 1 { String::new() } else { format!("-{number}") };
        let path = out.join(format!("{stem}{suffix}.{extension}"));
        if !path.exists() || same(&path) {
            return path;
        }
        number += 1;
    }
}

#[cfg(test)]
mod tests;
