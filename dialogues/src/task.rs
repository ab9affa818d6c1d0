//! `tasks.jsonl`, a dialogue a line, and what lies beside it: `pages/` and `files/`.

use crate::pattern::Pattern;
use serde::{Deserialize, Deserializer};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// Conversations of one file.
#[derive(Debug)]
pub struct Tasks {
    /// Where the file lies.
    pub folder: PathBuf,
    pub dialogues: Vec<Dialogue>,
}

/// One conversation.
#[derive(Debug, Clone, Deserialize)]
pub struct Dialogue {
    pub id: String,
    pub kind: String,
    pub turns: Vec<Task>,
}

/// One turn: what is asked, and what must hold of the answer. Other fields are for other readers.
#[derive(Debug, Clone, Deserialize)]
pub struct Task {
    pub q: String,
    /// Names of files that are handed over.
    #[serde(default)]
    pub files: Vec<String>,
    /// Found in the answer.
    #[serde(default)]
    pub must: Vec<Pattern>,
    /// Not found in it.
    #[serde(default)]
    pub mustnot: Vec<Pattern>,
    /// Each the name of a call that went well.
    #[serde(default)]
    pub tools: Vec<Pattern>,
    /// Whether there is a new picture.
    #[serde(default, deserialize_with = "truth")]
    pub png: bool,
    /// Pieces of cited addresses.
    #[serde(default)]
    pub cite: Vec<String>,
    /// Numbers that the answer's figures have, and not as unverified ones.
    #[serde(default)]
    pub figures: Vec<f64>,
    /// A table of so many rows.
    #[serde(default)]
    pub table: Option<usize>,
    /// What stands together in a row, or about a row's name where no table is asked for.
    #[serde(default)]
    pub rows: Vec<Vec<Pattern>>,
    /// In rows of the table, in this order.
    #[serde(default)]
    pub order: Vec<Pattern>,
    /// In the arguments of calls that went well, the browser's aside.
    #[serde(default)]
    pub args: Vec<Pattern>,
    /// In these, or in results and tables.
    #[serde(default)]
    pub data: Vec<Pattern>,
    /// Words that no call has in its arguments.
    #[serde(default)]
    pub nopng_text: Vec<String>,
    /// A right answer; empty where there is nothing to say.
    #[serde(default)]
    pub gold: String,
}

/// `true`, or a number that is not 0.
fn truth<'de, D: Deserializer<'de>>(deserializer: D) -> Result<bool, D::Error> {
    let value = serde_json::Value::deserialize(deserializer)?;
    Ok(value.as_bool().unwrap_or_else(|| value.as_f64().is_some_and(|n| n != 0.0)))
}

/// Why tasks can't be read.
#[derive(Debug, thiserror::Error)]
pub enum TasksError {
    #[error("cannot read {}", .path.display())]
    Read { path: PathBuf, source: io::Error },
    #[error("{}, line {line}, is no dialogue: {why}", .path.display())]
    Line { path: PathBuf, line: usize, why: String },
    #[error("no dialogue is in {}", .0.display())]
    Empty(PathBuf),
}

impl Tasks {
    /// Reads a file, its patterns included.
    ///
    /// # Errors
    /// A file that can't be read, a line that is no dialogue, or none at all.
    pub fn read(path: &Path) -> Result<Tasks, TasksError> {
        let text = fs::read_to_string(path).map_err(|source| TasksError::Read { path: path.to_owned(), source })?;
        let lines = text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty());
        let read = |(at, line): (usize, &str)| {
            serde_json::from_str::<Dialogue>(line).map_err(|e| TasksError::Line {
                path: path.to_owned(),
                line: at + 1,
                why: e.to_string(),
            })
        };
        let dialogues = lines.map(read).collect::<Result<Vec<_>, _>>()?;
        if dialogues.is_empty() {
            return Err(TasksError::Empty(path.to_owned()));
        }
        let full = path.canonicalize().map_err(|source| TasksError::Read { path: path.to_owned(), source })?;
        Ok(Tasks { folder: full.parent().map(Path::to_owned).unwrap_or_default(), dialogues })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[track_caller]
    fn refused(text: &str, says: &str) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("tasks.jsonl");
        fs::write(&path, text).unwrap();
        let error = Tasks::read(&path).unwrap_err().to_string();
        assert!(error.contains(says) && error.contains("tasks.jsonl"), "{error}");
    }

    #[test]
    fn what_is_no_dialogue_is_told_with_its_line() {
        refused("", "no dialogue is in");
        refused("{\"id\":\"a\",\"kind\":\"k\",\"turns\":[{\"q\":\"x\"}]}\n\n{}", "line 3");
        refused("{\"id\":\"a\",\"kind\":\"k\",\"turns\":[{\"q\":\"x\",\"must\":[\"(\"]}]}", "`(` is no pattern");
        assert!(Tasks::read(Path::new("/no/such/tasks.jsonl")).unwrap_err().to_string().contains("/no/such"));
    }

    #[test]
    fn a_picture_is_asked_for_by_a_number_or_a_word() {
        let png = |json: &str| serde_json::from_str::<Task>(json).unwrap().png;
        assert!(png(r#"{"q": "x", "png": 1}"#) && png(r#"{"q": "x", "png": true}"#));
        assert!(!png(r#"{"q": "x", "png": 0}"#) && !png(r#"{"q": "x"}"#));
    }
}
