//! Regular expressions of the checkers: Python's syntax as far as fancy-regex has it, without regard
//! to case.

use fancy_regex::{Regex, RegexBuilder};
use serde::Deserialize;
use std::ops::Range;

/// Steps back that a search may take: more than any pattern needs in a long result, less than a
/// minute.
const MOST_STEPS: usize = 50_000_000;
/// Characters of a pattern that a verdict shows.
const SHOWN: usize = 60;

/// A pattern that was read.
#[derive(Debug, Clone, Deserialize)]
#[serde(try_from = "String")]
pub struct Pattern {
    source: String,
    regex: Regex,
}

/// A search that took too many steps.
#[derive(Debug, thiserror::Error)]
#[error("the pattern `{pattern}` cannot be searched for: {why}")]
pub struct TooHard {
    pattern: String,
    why: String,
}

impl TryFrom<String> for Pattern {
    type Error = String;

    fn try_from(source: String) -> Result<Pattern, String> {
        let built = RegexBuilder::new(&source).case_insensitive(true).backtrack_limit(MOST_STEPS).build();
        match built {
            Ok(regex) => Ok(Pattern { source, regex }),
            Err(e) => Err(format!("`{source}` is no pattern: {e}")),
        }
    }
}

impl Pattern {
    /// The pattern that finds any of these; nothing for none.
    pub(crate) fn any(patterns: &[&Pattern]) -> Option<Pattern> {
        let sources: Vec<&str> = patterns.iter().map(|p| p.source.as_str()).collect();
        if sources.is_empty() { None } else { Pattern::try_from(sources.join("|")).ok() }
    }

    /// Where it is first found, in bytes.
    pub(crate) fn find(&self, text: &str) -> Result<Option<Range<usize>>, TooHard> {
        let found = self.regex.find(text).map_err(|e| self.too_hard(&e))?;
        Ok(found.map(|m| m.range()))
    }

    pub(crate) fn is_in(&self, text: &str) -> Result<bool, TooHard> {
        Ok(self.find(text)?.is_some())
    }

    /// Where it is found, one behind the other, in bytes.
    pub(crate) fn find_all(&self, text: &str) -> Result<Vec<Range<usize>>, TooHard> {
        self.regex.find_iter(text).map(|m| m.map(|m| m.range()).map_err(|e| self.too_hard(&e))).collect()
    }

    /// Whether it begins here: at this byte of the text, seen with what stands before.
    pub(crate) fn begins_at(&self, text: &str, at: usize) -> Result<bool, TooHard> {
        let found = self.regex.find_from_pos(text, at).map_err(|e| self.too_hard(&e))?;
        Ok(found.is_some_and(|m| m.start() == at))
    }

    /// As verdicts show it: without what looks around, and no longer than a line.
    pub(crate) fn short(&self) -> String {
        let looks = Regex::new(r"\(\?<?!.*?\)(?!\?)|\(\?:");
        let plain = looks.map_or(self.source.as_str().into(), |looks| looks.replace_all(&self.source, ""));
        plain.chars().take(SHOWN).collect()
    }

    fn too_hard(&self, why: &fancy_regex::Error) -> TooHard {
        TooHard { pattern: self.short(), why: why.to_string() }
    }
}
