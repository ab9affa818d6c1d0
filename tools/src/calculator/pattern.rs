//! Lists of patterns and what takes their place, one a line of a text file.

use regex::Regex;
use std::borrow::Cow;

/// A list of rewritings.
pub struct Rewrites(Vec<(Regex, &'static str)>);

/// A pattern of this crate's own, of which each is compiled by its tests.
pub fn regex(pattern: &str) -> Regex {
    #[allow(clippy::expect_used)]
    Regex::new(pattern).expect("a valid pattern")
}

impl Rewrites {
    /// Reads lines of `pattern => replacement`; `#` begins a comment.
    pub fn new(lines: &'static str) -> Self {
        let lines = lines.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
        let pairs = lines.filter_map(|line| line.split_once(" =>"));
        Rewrites(
            pairs
                .map(|(pattern, new)| (regex(&format!("(?i){pattern}")), new.strip_prefix(' ').unwrap_or(new)))
                .collect(),
        )
    }

    /// `text` after every rewriting, once, in order.
    pub fn apply(&self, text: String) -> String {
        self.0.iter().fold(text, |text, (pattern, new)| match pattern.replace_all(&text, *new) {
            Cow::Owned(changed) => changed,
            Cow::Borrowed(_) => text,
        })
    }
}
