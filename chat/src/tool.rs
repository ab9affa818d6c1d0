//! What a tool promises, what the model asks of it, and what comes back.

use crate::{Chart, Retrieval, Table};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::path::PathBuf;

/// A tool as the model sees it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ToolSpec {
    pub name: String,
    pub description: String,
    /// JSON schema of the arguments: always an object schema.
    pub parameters: Value,
    /// The argument that is program text, for tools whose calls are better written as a raw block
    /// (a ```python fence, say) than as an escaped JSON string.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub raw_argument: Option<String>,
    /// Whether a call may change what the next equal one gives, as a program in an interpreter does.
    #[serde(default, skip_serializing_if = "is_false")]
    pub stateful: bool,
}

fn is_false(value: &bool) -> bool {
    !value
}

/// One call, written by the model or by a caller of the library.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ToolCall {
    /// Unique within a session.
    pub id: String,
    pub name: String,
    /// An object that fits the tool's schema once it has been checked.
    pub arguments: Value,
}

/// The id of a session's call number `n`, from 1. Nine letters and digits, since the templates of
/// some models (Mistral's) refuse others.
pub fn call_id(n: usize) -> String {
    format!("call{n:05}")
}

/// A file a tool made.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Artifact {
    pub name: String,
    pub mime: String,
    pub path: PathBuf,
    /// Size of the file.
    pub bytes: u64,
}

/// A page that was opened: what citations may point to and figures are checked against.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Source {
    pub url: String,
    pub title: String,
    /// The page's whole readable text, one paragraph, list item or table row a line.
    pub text: String,
}

/// One result of a search.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hit {
    /// What opens it in its session; none where no session counts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub number: Option<usize>,
    pub title: String,
    /// Something that can be opened: a web address, or a page of a folder as `local:PATH`.
    pub url: String,
    /// Plain text.
    #[serde(default)]
    pub snippet: String,
}

/// A place in a result's text where a page is named. The number by which answers cite the page
/// belongs there, and only the conversation knows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mention {
    /// Byte offset in the result's `content`.
    pub at: usize,
    /// Address of the page.
    pub url: String,
}

/// What a tool call produced. `content` is for the model; callers act on the other fields and read
/// nothing back out of it.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct ToolOutput {
    /// What the model reads.
    pub content: String,
    /// Figures and files that were saved.
    #[serde(default)]
    pub artifacts: Vec<Artifact>,
    #[serde(default)]
    pub tables: Vec<Table>,
    /// Charts that were drawn, so that they can be drawn again with one thing changed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub charts: Vec<Chart>,
    /// Pages opened by this call.
    #[serde(default)]
    pub sources: Vec<Source>,
    /// Where they are from, and their bytes.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub retrieved: Vec<Retrieval>,
    /// Results of a search, best first.
    #[serde(default)]
    pub hits: Vec<Hit>,
    /// Where `content` names pages, in the order of its text.
    #[serde(default)]
    pub mentions: Vec<Mention>,
    /// What a program printed and its last value, without the tool's own remarks; empty when it was
    /// silent. Only programs print.
    #[serde(default)]
    pub printed: Option<String>,
}

impl ToolOutput {
    pub fn text(content: impl Into<String>) -> Self {
        ToolOutput { content: content.into(), ..Self::default() }
    }

    /// Puts `[n] ` before each page that the text names, as answers cite it; `number` knows a page's
    /// number by its address. Pages without one stay as they are. Done once: the places are used up.
    pub fn number_pages(&mut self, number: impl Fn(&str) -> Option<usize>) {
        let mut mentions = std::mem::take(&mut self.mentions);
        mentions.sort_by_key(|mention| mention.at);
        // From the end, so that the places before stay where they are.
        for mention in mentions.iter().rev() {
            if self.content.is_char_boundary(mention.at)
                && let Some(n) = number(&mention.url)
            {
                self.content.insert_str(mention.at, &format!("[{n}] "));
            }
        }
    }
}

/// What a failed program wanted and cannot have here: callers may get it in another way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Lack {
    /// A connection: there is no network.
    Network,
    /// A file that is not there, or not to be had from where the program runs.
    File,
    /// A variable or function that nothing defines.
    Name,
    /// A package that is not installed.
    Package,
}

/// Why a call failed, in the shape `tool call --jsonl` prints.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[error("{message}")]
pub struct ToolFailure {
    /// A short stable word: `arguments`, `timeout`, `network`, `denied`, `exception`, …
    pub kind: String,
    pub message: String,
    /// What was missing, where that is known. For callers of the library: it is not printed.
    #[serde(skip)]
    pub lacks: Option<Lack>,
}

impl ToolFailure {
    pub fn new(kind: &str, message: impl Into<String>) -> Self {
        ToolFailure { kind: kind.to_owned(), message: message.into(), lacks: None }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[track_caller]
    fn check(content: &str, named: &[&str], known: &[&str], want: &str) {
        let places = named.iter().map(|url| Mention { at: content.find(url).unwrap(), url: (*url).to_owned() });
        let mut output = ToolOutput { mentions: places.collect(), ..ToolOutput::text(content) };
        let number = |url: &str| known.iter().position(|k| *k == url).map(|i| i + 1);
        output.number_pages(number);
        assert_eq!(output.content, want);
        output.number_pages(number);
        assert_eq!(output.content, want, "numbered twice");
    }

    #[test]
    fn pages_get_their_numbers_where_they_are_named() {
        check("a:1\nL1: [1]", &["a:1"], &["x", "a:1"], "[2] a:1\nL1: [1]");
        check("两 b:2 行\na:1", &["a:1", "b:2"], &["a:1", "b:2"], "两 [2] b:2 行\n[1] a:1");
        check("a:1 b:2", &["a:1", "b:2"], &["b:2"], "a:1 [1] b:2");
        check("a:1", &["a:1"], &[], "a:1");
    }

    #[test]
    fn places_that_the_text_has_not_are_left_alone() {
        let at = |at| Mention { at, url: "u".to_owned() };
        let mut output = ToolOutput { mentions: vec![at(1), at(99)], ..ToolOutput::text("两") };
        output.number_pages(|_| Some(1));
        assert_eq!(output.content, "两");
    }

    #[test]
    fn records_from_before_a_field_was_there_are_read() {
        let old: ToolOutput = serde_json::from_str(r#"{"content":"x"}"#).unwrap();
        assert_eq!(old, ToolOutput::text("x"));
        let hit: Hit = serde_json::from_str(r#"{"title":"t","url":"u"}"#).unwrap();
        assert_eq!(hit, Hit { title: "t".into(), url: "u".into(), ..Hit::default() });
    }

    #[test]
    fn a_failure_is_printed_as_kind_and_message() {
        let failure = ToolFailure { lacks: Some(Lack::Network), ..ToolFailure::new("denied", "no") };
        assert_eq!(serde_json::to_string(&failure).unwrap(), r#"{"kind":"denied","message":"no"}"#);
    }
}
