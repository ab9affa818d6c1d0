//! What the guide keeps in mind during a turn, and the small makers that its steps share.

use super::named::names_said;
use super::plan::Step;
use crate::evidence::terms;
use crate::lead::Turn;
use crate::notebook::{Chat, Fact};
use polymath_chat::{Message, ToolCall, call_id};
use polymath_quantity::{Figure, text::is_cjk};
use serde_json::{Value, json};
use std::collections::{HashMap, VecDeque};

/// What the guide remembers within one turn.
#[derive(Default)]
pub struct Guide {
    /// What is still to be done; `None` before there was a plan.
    pub plan: Option<VecDeque<Step>>,
    /// The step whose calls were made, to be gone on with when their results are there.
    pub running: Option<Running>,
    /// Whether it was decided which of the user's functions the request needs.
    pub functions: bool,
    /// How many of the turn's outcomes were looked at.
    pub observed: usize,
    /// Whether what was found has led to another plan already.
    pub replanned: bool,
    /// The part of the request that the steps to come are of, where it asks two things.
    pub part: Option<String>,
    /// Whether a rate that was found was taken times the request's amount.
    pub multiplied: bool,
    /// Whether it was tried to work the question out of the opened pages.
    pub reckoned: bool,
    /// Whether the pages' tables were looked at for what was not found.
    pub tabled: bool,
    /// How many pages were open when the question's facts were read off them.
    pub read_off: usize,
    /// Whether what was read off has led to other pages already.
    pub followed: bool,
    /// Whether it was looked once more for what was not found.
    pub looked_again: bool,
    /// Whether it was noted what the pages say of what was not found.
    pub noted: bool,
    /// Search hits of this turn.
    pub hits: Vec<Hit>,
    /// What things were described as that no name was found for, by what the plan calls them.
    pub described: HashMap<String, String>,
    /// What the plan calls things, and what the notebook does.
    pub names: HashMap<String, String>,
    /// Facts and tables that there were before the plan, by number.
    pub before: (usize, usize),
    /// Tables that there were when the request was sorted by what program it needs.
    pub sorted: Option<usize>,
    /// What came out, in order: the answer is made of this.
    pub results: Vec<Outcome>,
}

impl Guide {
    /// The fact that a plan's name stands for. A name that the plan gave and that came to nothing is
    /// nothing, whatever the notebook calls so meanwhile.
    pub fn fact<'a>(&self, chat: &'a Chat, name: &str) -> Option<&'a Fact> {
        let own = self.names.get(name).map(String::as_str);
        let old = || chat.facts[..self.before.0.min(chat.facts.len())].iter().find(|f| f.name == name);
        own.and_then(|own| chat.facts.iter().find(|f| f.name == own)).or_else(old)
    }

    /// The notebook's name of a table, by the plan's.
    pub fn table(&self, name: &str) -> Option<String> {
        let old = || (1..=self.before.1).map(|i| format!("t{i}")).find(|known| known == name);
        self.names.get(name).filter(|own| own.starts_with('t')).cloned().or_else(old)
    }
}

/// A step that waits for results.
pub enum Running {
    Searching(Vec<Want>),
    Opening(Vec<Want>),
    Calculating {
        name: String,
        expression: String,
        unit: String,
    },
    Querying {
        name: String,
        query: String,
        tries: usize,
    },
    Drawing,
    Programming {
        tries: usize,
        own: bool,
    },
    Picturing,
    /// So many functions of the user's.
    Functions(usize),
}

/// What is looked for in pages.
#[derive(Debug, Clone)]
pub enum Want {
    Fact {
        name: String,
        what: String,
    },
    Table {
        name: String,
        things: String,
        columns: Vec<String>,
    },
    /// A table of things that the request names, a row each.
    Rows {
        name: String,
        title: String,
        things: Vec<String>,
        columns: Vec<String>,
    },
}

/// Columns that say which thing a row is about.
const NAMES: &[&str] = &["Name", "Names", "Nom", "Nombre", "名称", "名前"];

/// What several named things are together: `botanic gardens`, of "botanic gardens in Elsmere".
fn kind_of_things(title: &str) -> String {
    const ENDS: [&str; 12] =
        [" in ", " of ", " on ", " at ", " from ", " over ", " von ", " an ", " de ", " en ", ",", ":"];
    let end = ENDS.iter().filter_map(|end| title.find(end)).min().unwrap_or(title.len());
    let mut kind = title[..end].to_owned();
    names_said(&kind).iter().for_each(|name| kind = kind.replace(name.as_str(), " "));
    kind.split_whitespace().filter(|word| !terms(word).is_empty()).collect::<Vec<_>>().join(" ")
}

impl Want {
    /// What the plan calls it.
    pub fn name(&self) -> &str {
        match self {
            Want::Fact { name, .. } | Want::Table { name, .. } | Want::Rows { name, .. } => name,
        }
    }

    /// The words that it is searched by, for each search.
    pub fn queries(&self) -> Vec<String> {
        match self {
            Want::Fact { what, .. } => vec![what.clone()],
            Want::Table { things, columns, .. } => vec![format!("{things} {}", columns.join(" "))],
            Want::Rows { title, things, columns, .. } => {
                // What all of them are called is on every page.
                let asked: Vec<&str> = columns.iter().map(String::as_str).filter(|c| !NAMES.contains(c)).collect();
                let kind = kind_of_things(title);
                let query = |thing: &String| match terms(&kind).iter().all(|term| terms(thing).contains(term)) {
                    true => format!("{thing} {}", asked.join(" ")),
                    false => format!("{thing} {kind} {}", asked.join(" ")),
                };
                things.iter().map(query).collect()
            }
        }
    }

    /// Pages that are opened for each search.
    pub fn pages(&self) -> usize {
        match self {
            Want::Fact { .. } => 3,
            Want::Table { .. } => 6,
            Want::Rows { .. } => 2,
        }
    }
}

/// A line of a page that answers a question.
#[derive(Debug, Clone)]
pub struct Quote {
    /// The page's number, from 1.
    pub page: usize,
    pub line: String,
    /// Whether it is so, where that was asked.
    pub verdict: Option<bool>,
}

/// What a step came to. Numbers are places in the notebook's lists.
#[derive(Debug, Clone)]
pub enum Outcome {
    Fact(usize),
    Table(usize),
    /// A sentence of a page that is the answer.
    Quoted(Quote),
    /// What a page says about a question that was not answered.
    Noted(Quote),
    /// Looked for and not there: in the request's words.
    NotFound(String),
    /// Could not be worked out: what, and why.
    Failed(String),
    /// A chart, a picture: the files made.
    Files(Vec<String>),
    /// What a program printed; `own` when it is one of this folder's, whose lines say it all.
    Printed {
        text: String,
        own: bool,
    },
    /// The model says it without tools.
    Reply,
}

impl Outcome {
    /// What was not found or could not be worked out.
    pub fn missing(&self) -> Option<&str> {
        match self {
            Outcome::NotFound(what) | Outcome::Failed(what) => Some(what),
            _ => None,
        }
    }
}

/// A search result.
#[derive(Debug, Clone, PartialEq)]
pub struct Hit {
    pub title: String,
    pub address: String,
    pub opened: bool,
}

/// An assistant's message that makes these calls.
pub fn calling(turn: &Turn<'_>, calls: Vec<(&str, Value)>) -> Message {
    let before: usize = turn.chat.messages.iter().map(|m| m.calls.len()).sum();
    let calls = calls.into_iter().enumerate().map(|(i, (name, arguments))| ToolCall {
        id: call_id(before + i + 1),
        name: name.to_owned(),
        arguments,
    });
    Message { calls: calls.collect(), ..Message::assistant("") }
}

/// A JSON object schema whose properties are all required, in this order.
pub fn object(properties: &[(&str, Value)]) -> Value {
    let names: Vec<&str> = properties.iter().map(|(name, _)| *name).collect();
    let map: serde_json::Map<String, Value> =
        properties.iter().map(|(name, schema)| ((*name).to_owned(), schema.clone())).collect();
    json!({"type": "object", "properties": map, "required": names, "additionalProperties": false})
}

/// A terminal of a Lark grammar that is a piece of `text`: whole words in a row. A number with its
/// separators is one word, so that `300` is no piece of `61,300`; Chinese and Japanese may be cut between
/// any two characters.
pub fn piece_of(text: &str) -> String {
    let mut chunks: Vec<String> = Vec::new();
    let mut word = String::new();
    let chars: Vec<char> = text.chars().collect();
    for (i, &c) in chars.iter().enumerate() {
        let digit = |j: Option<usize>| j.and_then(|j| chars.get(j)).is_some_and(char::is_ascii_digit);
        let within = ".,:/'’".contains(c) && digit(i.checked_sub(1)) && digit(Some(i + 1));
        let joins = (c.is_alphanumeric() && !is_cjk(c)) || within || "-_'’%".contains(c) && !word.is_empty();
        if joins {
            word.push(c);
            continue;
        }
        if !word.is_empty() {
            chunks.push(std::mem::take(&mut word));
        }
        chunks.push(c.to_string());
    }
    chunks.extend((!word.is_empty()).then_some(word));
    format!("%regex {{\"substring_chunks\": {}}}", json!(chunks))
}

/// A figure as it stands in its line, with its unit or the word for what is counted.
pub fn with_unit<'a>(figure: &Figure, line: &'a str) -> &'a str {
    let own = &line[figure.span.clone()];
    let Some(noun) = figure.noun.as_deref().filter(|_| figure.unit.is_none() && figure.date.is_none()) else {
        return own;
    };
    let behind = &line[figure.span.end..];
    let gap = behind.len() - behind.trim_start_matches(' ').len();
    if gap < 2 && behind[gap..].starts_with(noun) {
        &line[figure.span.start..figure.span.end + gap + noun.len()]
    } else {
        own
    }
}

/// A JSON string literal, which is also a Lark string literal.
pub fn quoted(text: &str) -> String {
    Value::from(text).to_string()
}
