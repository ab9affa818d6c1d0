//! A conversation as a report: Markdown with its files beside it, and one HTML file with everything
//! inside.
//!
//! Both come from the same values. What pages and models wrote is text here: raw HTML is shown and
//! not run, only http links are links, and no picture is loaded from elsewhere.

mod html;
mod parts;

use anyhow::Context;
use std::{
    fmt::Write,
    path::{Path, PathBuf},
};

pub use html::html;
pub use parts::ReportTurn;
use parts::{escape, figure_notes, files, is_picture, link_target, marked_table, new_tables, one_line};

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
        let _ = writeln!(text, "\n## {}. {}", number + 1, one_line(&turn.question));
        for said in &turn.said {
            let _ = writeln!(text, "\n> {}", one_line(said));
        }
        let _ = writeln!(text, "\n{}", turn.answer_markdown.trim());
        if let Some(remark) = &turn.remark {
            let _ = writeln!(text, "\n> {}", one_line(remark));
        }
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
