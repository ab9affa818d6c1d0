//! The cases: what is asked, of which functions, and which calls are right. See `eval` for what they
//! stand for.

use polymath_chat::ToolSpec;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// What a case is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// One function, one call.
    One,
    /// Several functions, one call of the right one.
    Choice,
    /// Several calls.
    Several,
    /// None of the functions serves the request: no call.
    None,
}

impl Kind {
    pub const ALL: [Kind; 4] = [Kind::One, Kind::Choice, Kind::Several, Kind::None];

    /// The name that the data files and the command line use.
    pub fn name(self) -> &'static str {
        match self {
            Kind::One => "one",
            Kind::Choice => "choice",
            Kind::Several => "several",
            Kind::None => "none",
        }
    }

    fn file(self) -> &'static str {
        match self {
            Kind::One => include_str!("../../eval/one.jsonl"),
            Kind::Choice => include_str!("../../eval/choice.jsonl"),
            Kind::Several => include_str!("../../eval/several.jsonl"),
            Kind::None => include_str!("../../eval/none.jsonl"),
        }
    }
}

/// One case.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Case {
    pub id: String,
    pub kind: Kind,
    /// The user's only message.
    pub question: String,
    #[serde(deserialize_with = "openai_tools")]
    pub tools: Vec<ToolSpec>,
    /// In any order; empty where no call is right.
    pub expected: Vec<ExpectedCall>,
}

/// A call that has to be made.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ExpectedCall {
    pub name: String,
    /// For each parameter the values that are right; `null` among them allows leaving it out.
    pub arguments: BTreeMap<String, Vec<Value>>,
}

/// Tools as OpenAI's API has them: `{"type": "function", "function": {name, description, parameters}}`.
fn openai_tools<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Vec<ToolSpec>, D::Error> {
    #[derive(Deserialize)]
    struct Tool {
        function: ToolSpec,
    }
    Ok(Vec::<Tool>::deserialize(deserializer)?.into_iter().map(|t| t.function).collect())
}

/// The cases of one kind, in the order of their file.
pub fn cases(kind: Kind) -> Result<Vec<Case>, serde_json::Error> {
    parse(kind.file())
}

/// Cases out of a file of one's own, one a line.
pub fn parse(lines: &str) -> Result<Vec<Case>, serde_json::Error> {
    lines.lines().map(serde_json::from_str).collect()
}

/// The arguments made of the first accepted value of each parameter: a reference answer.
pub fn reference(call: &ExpectedCall) -> Map<String, Value> {
    let first = call.arguments.iter().filter_map(|(name, values)| Some((name, values.iter().find(|v| !v.is_null())?)));
    first.map(|(name, value)| (name.clone(), value.clone())).collect()
}
