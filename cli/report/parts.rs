//! A turn as a report has it, and the pieces that Markdown and HTML share: files, tables, notes.

use polymath_chat::{Artifact, Cell, Citation, Figure, FigureStatus, Provenance, Table};

/// A question, and what became of it.
#[derive(Debug, Clone, Default)]
pub struct ReportTurn {
    pub question: String,
    /// What was said while the question was answered, which the answer then was for.
    pub said: Vec<String>,
    pub answer_markdown: String,
    /// What is to be said of the answer, behind it.
    pub remark: Option<String>,
    pub citations: Vec<Citation>,
    pub tables: Vec<Table>,
    pub artifacts: Vec<Artifact>,
    pub figures: Vec<Figure>,
}

/// The files of a turn, pictures first; the SVG a PNG was made from is one picture with it.
pub fn files(turn: &ReportTurn) -> Vec<&Artifact> {
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

pub fn is_picture(artifact: &Artifact) -> bool {
    matches!(artifact.mime.as_str(), "image/png" | "image/jpeg" | "image/gif" | "image/webp" | "image/svg+xml")
}

/// The tables that the answer does not show itself.
pub fn new_tables(turn: &ReportTurn) -> impl Iterator<Item = &Table> {
    let shown = |table: &Table| {
        turn.answer_markdown
            .lines()
            .filter(|line| line.trim_start().starts_with('|'))
            .any(|line| table.columns.iter().all(|column| line.contains(column.trim())))
    };
    turn.tables.iter().filter(move |table| !table.columns.is_empty() && !shown(table))
}

/// A table whose cells say where they come from.
pub fn marked_table(table: &Table, citations: &[Citation]) -> String {
    let escaped = Table {
        title: String::new(),
        columns: table.columns.iter().map(|c| escape(c)).collect(),
        rows: table
            .rows
            .iter()
            .map(|row| {
                row.iter()
                    .map(|c| Cell { text: c.text.as_deref().map(|text| escape_cell(text).into()), ..c.clone() })
                    .collect()
            })
            .collect(),
    };
    escaped.markdown_with(|cell| match &*cell.provenance {
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

pub fn escape(text: &str) -> String {
    escape_cell(text).replace('|', "\\|")
}

pub fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// An address that can stand between angle brackets.
pub fn link_target(url: &str) -> String {
    url.chars().filter(|c| !c.is_whitespace() && !matches!(c, '<' | '>')).collect()
}

/// What a reader must know of figures that no source states.
pub fn figure_notes(figures: &[Figure]) -> String {
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
