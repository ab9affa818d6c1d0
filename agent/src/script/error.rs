//! What is wrong with a script, and where: file, line, key, and what to do about it.

use std::fmt;
use std::ops::Range;
use std::path::{Path, PathBuf};

/// One mistake in a script.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScriptError {
    pub file: PathBuf,
    /// From 1.
    pub line: usize,
    /// The way to the value: `steps.rounds.sql`; empty where the file is no TOML.
    pub key: String,
    pub message: String,
    pub hint: Option<String>,
}

impl fmt::Display for ScriptError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: ", self.file.display(), self.line)?;
        if !self.key.is_empty() {
            write!(f, "{}: ", self.key)?;
        }
        f.write_str(&self.message)?;
        self.hint.as_ref().map_or(Ok(()), |hint| write!(f, "\nhint: {hint}"))
    }
}

impl std::error::Error for ScriptError {}

/// A script's text, which knows the lines of its places.
pub struct Place<'a> {
    pub file: &'a Path,
    pub text: &'a str,
}

impl Place<'_> {
    pub fn error(&self, at: Range<usize>, key: impl Into<String>, message: impl Into<String>) -> ScriptError {
        ScriptError {
            file: self.file.to_owned(),
            line: self.line(at.start),
            key: key.into(),
            message: message.into(),
            hint: None,
        }
    }

    /// The line (from 1) of a byte.
    pub fn line(&self, at: usize) -> usize {
        1 + self.text.as_bytes().iter().take(at).filter(|b| **b == b'\n').count()
    }
}

impl ScriptError {
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }
}

/// The one of `known` that is meant by a misspelt `name`.
pub fn nearest<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let scored = known.into_iter().map(|known| (strsim::damerau_levenshtein(name, known), known));
    scored.filter(|(distance, known)| *distance <= 1 + known.len() / 4).min().map(|(_, known)| known)
}
