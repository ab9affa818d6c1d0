//! What the Tab key completes: commands, what they are given, and names of tables, charts and files.

use super::command::COMMANDS;
use polymath_agent::Chat;
use polymath_model::store::catalog;
use reedline::{Completer, CompletionResult, Span, Suggestion};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

/// What can be named in a line.
#[derive(Debug, Default, Clone)]
pub struct Known {
    tables: Vec<String>,
    charts: Vec<String>,
    files: Vec<String>,
    sources: usize,
}

impl Known {
    pub fn of(chat: &Chat) -> Known {
        let file = |path: &std::path::PathBuf| path.file_name().map(|name| name.to_string_lossy().into_owned());
        Known {
            tables: (1..=chat.tables.len()).map(|n| format!("t{n}")).collect(),
            charts: chat.charts.iter().map(|c| c.name.clone()).collect(),
            files: chat.files.iter().filter_map(file).collect(),
            sources: chat.sources.len(),
        }
    }
}

/// Shared with the conversation, which changes it between lines.
#[derive(Default, Clone)]
pub struct Names(Arc<Mutex<Known>>);

impl Names {
    pub fn set(&self, known: Known) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = known;
    }
}

impl Completer for Names {
    fn complete(&mut self, line: &str, pos: usize) -> CompletionResult {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let (start, values) = candidates(&line[..pos], &known);
        let suggest = |value: String| Suggestion {
            append_whitespace: !value.ends_with('/'),
            value,
            span: Span::new(start, pos),
            ..Suggestion::default()
        };
        CompletionResult::fresh(values.into_iter().map(suggest).collect::<Vec<_>>())
    }
}

/// Where the word begins that the line ends with, and what it can become.
fn candidates(line: &str, known: &Known) -> (usize, Vec<String>) {
    let start = line.rfind(char::is_whitespace).map_or(0, |at| at + 1);
    let word = &line[start..];
    let fitting = |names: &mut dyn Iterator<Item = String>| names.filter(|n| n.starts_with(word)).collect();
    let command = line.split_whitespace().next().unwrap_or("");
    if start == 0 && word.starts_with('/') {
        return (0, fitting(&mut COMMANDS.iter().map(|c| c.name.to_owned())));
    }
    let values: Vec<String> = match command {
        "/tables" => fitting(&mut known.tables.iter().cloned()).into_iter().chain(paths(word)).collect(),
        "/file" | "/save" | "/export" => {
            let formats = ["md", "html", "json", "ipynb"].map(str::to_owned).into_iter();
            let formats = formats.filter(|_| command == "/export").filter(|f| f.starts_with(word));
            formats.chain(paths(word)).collect()
        }
        "/chart" => {
            let words = ["log", "nolog", "grid", "sort", "trend", "line", "bar", "barh", "pie", "scatter", "hist"];
            fitting(&mut known.charts.iter().cloned().chain(words.map(str::to_owned)))
        }
        "/model" => fitting(&mut catalog().iter().map(|m| m.name.clone())),
        "/search" => {
            let backends = ["auto", "duckduckgo", "wikipedia", "brave", "searxng:", "local:"];
            fitting(&mut backends.map(str::to_owned).into_iter())
        }
        "/open" => fitting(&mut (1..=known.sources).map(|n| n.to_string())),
        _ if word.is_empty() => Vec::new(),
        _ => fitting(&mut known.tables.iter().chain(&known.charts).chain(&known.files).cloned()),
    };
    (start, values)
}

/// Files and folders whose path begins so.
fn paths(word: &str) -> Vec<String> {
    let (folder, name) = word.rsplit_once('/').map_or(("", word), |(folder, name)| (&word[..folder.len() + 1], name));
    let place = if folder.is_empty() { Path::new(".") } else { Path::new(folder) };
    let entries = std::fs::read_dir(place).into_iter().flatten().flatten();
    let mut found: Vec<String> = entries
        .filter_map(|entry| {
            let own = entry.file_name().into_string().ok()?;
            let fits = own.starts_with(name) && (!own.starts_with('.') || name.starts_with('.'));
            let end = if entry.path().is_dir() { "/" } else { "" };
            fits.then(|| format!("{folder}{own}{end}"))
        })
        .collect();
    found.sort();
    found
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[track_caller]
    fn check(line: &str, want: &[&str]) {
        let names = |list: &[&str]| list.iter().map(|n| (*n).to_owned()).collect::<Vec<_>>();
        let known =
            Known { tables: names(&["t1", "t2"]), charts: names(&["c1"]), files: names(&["trees.csv"]), sources: 2 };
        assert_eq!(candidates(line, &known).1, want, "{line}");
    }

    #[test]
    fn a_word_becomes_what_fits_its_place() {
        check("/ta", &["/tables"]);
        check("/chart c", &["c1"]);
        check("/chart c1 l", &["log", "line"]);
        check("/open ", &["1", "2"]);
        check("/search wiki", &["wikipedia"]);
        check("the sum of t", &["t1", "t2", "trees.csv"]);
        check("the sum of ", &[]);
        check("/sql SELECT * FROM t2", &["t2"]);
        check("hello", &[]);
        check("日本 t", &["t1", "t2", "trees.csv"]);
    }

    #[test]
    fn paths_are_completed_part_by_part() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("data")).unwrap();
        for name in ["data.csv", "other.csv", ".hidden"] {
            std::fs::write(folder.path().join(name), "").unwrap();
        }
        let at = |word: &str| format!("{}/{word}", folder.path().display());
        assert_eq!(paths(&at("da")), [at("data.csv"), at("data/")]);
        assert_eq!(paths(&at("")), [at("data.csv"), at("data/"), at("other.csv")]);
        assert_eq!(paths(&at("nowhere/x")), [] as [&str; 0]);
    }
}
