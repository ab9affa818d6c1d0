//! A script as it is written: the shape of the TOML, and where each part of it stands.

use super::error::{Place, ScriptError, nearest};
use serde::Deserialize;
use std::collections::BTreeMap;
use toml::Spanned;

/// A script's file. Steps stand in any order; what they need of each other is seen from their texts.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct File {
    /// The report's title.
    pub title: Option<Spanned<String>>,
    /// The model that the script is made for.
    pub model: Option<String>,
    pub mode: Option<Spanned<String>>,
    /// Where is searched, as for `--search`; a local folder is taken from the script's own.
    pub search: Option<String>,
    /// Tools that the model may use.
    pub tools: Option<Vec<Spanned<String>>>,
    /// The day that counts as today.
    pub today: Option<Spanned<toml::value::Datetime>>,
    /// The longest that a run may take: `20m`.
    pub time: Option<Spanned<String>>,
    /// The most tokens that the model may write in a run.
    pub tokens: Option<usize>,
    #[serde(default)]
    pub vars: BTreeMap<Spanned<String>, Spanned<toml::Value>>,
    #[serde(default)]
    pub files: BTreeMap<Spanned<String>, Spanned<String>>,
    pub steps: BTreeMap<Spanned<String>, Spanned<StepFile>>,
}

/// A step: one of the keys that say what it does, and how.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct StepFile {
    /// A question to the model.
    pub ask: Option<Spanned<String>>,
    /// A tool's name; `args` are its arguments.
    pub tool: Option<Spanned<String>>,
    pub sql: Option<Spanned<String>>,
    pub python: Option<Spanned<String>>,
    pub chart: Option<Spanned<toml::Table>>,
    pub picture: Option<Spanned<String>>,
    pub assert: Option<Spanned<AssertFile>>,
    pub report: Option<Spanned<String>>,

    pub args: Option<Spanned<toml::Table>>,
    /// Tables that a question is about.
    #[serde(default)]
    pub tables: Vec<Spanned<String>>,
    /// The question whose conversation this one goes on with.
    pub follows: Option<Spanned<String>>,
    /// Columns that the step's table has to have, or those of what a `for-each` collects.
    pub columns: Option<Spanned<Vec<String>>>,
    /// What a report shows below its text.
    #[serde(default)]
    pub show: Vec<Spanned<String>>,

    pub title: Option<Spanned<String>>,
    pub for_each: Option<Spanned<ForEach>>,
    #[serde(rename = "if")]
    pub condition: Option<Spanned<String>>,
    /// Steps that come first, whatever this one's text says.
    #[serde(default)]
    pub after: Vec<Spanned<String>>,
    /// How often it is tried again when it fails.
    #[serde(default)]
    pub retries: u32,
}

/// What a step is done for, each: a list, or the name of a list or table.
#[derive(Debug, Clone, Deserialize)]
#[serde(untagged)]
pub enum ForEach {
    Name(String),
    List(Vec<toml::Value>),
}

/// What must hold of a step's figure or table.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct AssertFile {
    /// The step or file.
    pub of: Option<Spanned<String>>,
    /// An expression that must be true.
    pub that: Option<Spanned<String>>,
    pub column: Option<String>,
    /// The rows that it is about, by a column's value.
    #[serde(default, rename = "where")]
    pub rows_where: BTreeMap<String, toml::Value>,
    /// So many rows, or `[least, most]`.
    pub rows: Option<Spanned<Rows>>,
    pub equals: Option<Spanned<toml::Value>>,
    /// How far a figure may be from `equals`: in its own unit, or as `"2%"`.
    pub tolerance: Option<Spanned<toml::Value>>,
    pub min: Option<Spanned<toml::Value>>,
    pub max: Option<Spanned<toml::Value>>,
    /// sourced, computed, imputed, extrapolated, given: each cell or figure is one of these.
    pub status: Option<Spanned<OneOrMore>>,
}

#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(untagged)]
pub enum Rows {
    Exactly(usize),
    Between([usize; 2]),
}

#[derive(Debug, Clone, Deserialize)]
#[serde(untagged)]
pub enum OneOrMore {
    One(String),
    More(Vec<String>),
}

/// Reads a script's text.
///
/// # Errors
/// It is no TOML, or not of a script's shape.
pub fn read(place: &Place) -> Result<File, ScriptError> {
    toml::from_str(place.text).map_err(|e| {
        let at = e.span().unwrap_or(0..0);
        let message = e.message().trim().to_owned();
        let key = place.text.get(at.clone()).unwrap_or_default();
        let key = if message.starts_with("unknown field") { key.trim_matches('"') } else { "" };
        let error = place.error(at, key, message.replace('\n', " "));
        // serde lists what it expected between backticks, the wrong one first.
        let named: Vec<&str> = message.split('`').skip(1).step_by(2).collect();
        match named.split_first() {
            Some((wrong, known)) if message.starts_with("unknown field") => {
                match nearest(wrong, known.iter().copied()) {
                    Some(meant) => error.hint(format!("write `{meant}`")),
                    None => error.hint("polymath run --check tells what is wrong without running anything"),
                }
            }
            _ => error,
        }
    })
}
