//! A script that was read and checked: what a run goes by.

use chrono::NaiveDate;
use serde::Serialize;
use serde_json::Value;
use std::collections::BTreeSet;
use std::path::PathBuf;
use std::time::Duration;

#[derive(Debug, Clone)]
pub struct Script {
    pub file: PathBuf,
    /// A template, as all texts of steps are.
    pub title: String,
    pub model: Option<String>,
    pub mode: Option<String>,
    pub search: Option<String>,
    pub tools: Option<Vec<String>>,
    pub today: Option<NaiveDate>,
    pub time: Option<Duration>,
    pub tokens: Option<usize>,
    pub vars: Vec<Var>,
    /// Files, whose paths are templates, by the names that steps call their tables.
    pub files: Vec<(String, String)>,
    /// In the order in which they are written.
    pub steps: Vec<Step>,
}

/// A value that the caller may set.
#[derive(Debug, Clone)]
pub struct Var {
    pub name: String,
    pub kind: VarKind,
    /// What it is where the caller says nothing.
    pub default: Option<Value>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum VarKind {
    Text,
    Number,
    Flag,
    /// ISO: `2025-12-31`.
    Date,
    /// Texts; a caller writes them with commas.
    List,
}

impl VarKind {
    pub const ALL: [(&'static str, VarKind); 5] = [
        ("text", VarKind::Text),
        ("number", VarKind::Number),
        ("flag", VarKind::Flag),
        ("date", VarKind::Date),
        ("list", VarKind::List),
    ];

    pub fn name(self) -> &'static str {
        Self::ALL.iter().find(|(_, kind)| *kind == self).map_or("", |(name, _)| name)
    }
}

#[derive(Debug, Clone)]
pub struct Step {
    pub name: String,
    /// Where it stands in the file, from 1.
    pub line: usize,
    pub title: Option<String>,
    pub kind: Kind,
    /// Steps that it needs.
    pub needs: BTreeSet<String>,
    /// Names of variables, files and steps that its texts mention.
    pub mentions: BTreeSet<String>,
    pub condition: Option<String>,
    pub each: Option<Each>,
    pub columns: Vec<String>,
    pub retries: u32,
}

/// What a step is done for, each.
#[derive(Debug, Clone)]
pub enum Each {
    /// A variable, a step or a file.
    Name(String),
    List(Vec<Value>),
}

#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    Ask { question: String, tables: Vec<String>, follows: Option<String> },
    Tool { name: String, args: Value },
    Sql(String),
    Python(String),
    Chart(Value),
    Picture(String),
    Assert(Box<Assertion>),
    Report { text: String, show: Vec<String> },
}

impl Kind {
    /// The key that it is written with.
    pub fn name(&self) -> &'static str {
        match self {
            Kind::Ask { .. } => "ask",
            Kind::Tool { .. } => "tool",
            Kind::Sql(_) => "sql",
            Kind::Python(_) => "python",
            Kind::Chart(_) => "chart",
            Kind::Picture(_) => "picture",
            Kind::Assert(_) => "assert",
            Kind::Report { .. } => "report",
        }
    }

    /// Whether the model says something in it.
    pub fn needs_model(&self) -> bool {
        matches!(self, Kind::Ask { .. } | Kind::Picture(_))
    }
}

/// What must hold. Values may be templates.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Assertion {
    pub of: Option<String>,
    /// An expression that is true.
    pub that: Option<String>,
    pub column: Option<String>,
    pub rows_where: Vec<(String, Value)>,
    /// Least and most.
    pub rows: Option<(usize, usize)>,
    pub equals: Option<Value>,
    pub tolerance: Option<Value>,
    pub min: Option<Value>,
    pub max: Option<Value>,
    pub status: Vec<String>,
}

impl Script {
    pub fn step(&self, name: &str) -> Option<&Step> {
        self.steps.iter().find(|step| step.name == name)
    }

    pub fn needs_model(&self) -> bool {
        self.steps.iter().any(|step| step.kind.needs_model())
    }
}
