//! The rung for quotation marks that were not escaped: `{"code": "print("hi")"}`.
//!
//! Where a string ends cannot be told then, unless it is the only one among the arguments: it ends at
//! the last quotation mark before the braces that close the call, or before arguments that are no
//! strings. With two strings there are several readings, and nothing is guessed.

use crate::dialect::{ParseCx, json};
use polymath_chat::ToolSpec;
use serde_json::{Map, Value};

/// What was read: the tool's name, the arguments, and how many bytes of the text they took.
pub(super) struct Found {
    pub name: String,
    pub arguments: Value,
    pub used: usize,
}

/// Reads `text`, which begins with a call object, or, when the format has the `name` elsewhere, with an
/// object of arguments. What follows it has to begin on a new line.
pub(super) fn only_string(cx: &ParseCx, name: Option<&str>, text: &str) -> Option<Found> {
    let mut head = Cursor { rest: text };
    let (name, braces) = match name {
        Some(name) => (name, 1),
        None => (head.call_head()?, 2),
    };
    let tool = cx.tool(name)?;
    let (mut arguments, key) = head.members_before_string()?;
    let body_from = text.len() - head.rest.len();
    let (end, (others, used)) = text[body_from..]
        .rmatch_indices('"')
        .find_map(|(at, _)| tail(&text[body_from + at + 1..], braces, tool).map(|found| (body_from + at, found)))?;
    let body = &text[body_from..end];
    if second_string(body, tool) {
        return None;
    }
    arguments.insert(key.to_owned(), Value::String(json::unescaped(body)));
    arguments.extend(others);
    Some(Found { name: name.to_owned(), arguments: Value::Object(arguments), used: end + 1 + used })
}

/// Whether one of the first members of the object that `text` begins with names a known tool.
pub(super) fn names_a_tool(cx: &ParseCx, text: &str) -> bool {
    let near = (300..text.len()).find(|&at| text.is_char_boundary(at)).unwrap_or(text.len());
    ["\"name\"", "\"function\"", "\"tool\""].iter().any(|key| {
        text[..near].match_indices(key).any(|(at, _)| {
            let mut value = Cursor { rest: &text[at..] };
            value.key().is_some() && value.string().is_some_and(|name| cx.tool(name).is_some())
        })
    })
}

/// Whether the string goes on into another argument: `a", "content": "b`.
fn second_string(body: &str, tool: &ToolSpec) -> bool {
    body.match_indices('"').any(|(at, _)| {
        let mut behind = Cursor { rest: &body[at + 1..] };
        behind.eat(',') && behind.key().is_some_and(|key| declares(tool, key))
    })
}

fn declares(tool: &ToolSpec, key: &str) -> bool {
    tool.parameters.get("properties").is_some_and(|p| p.get(key).is_some())
}

/// What may stand behind the string: arguments that are no strings, at least so many closing braces
/// and any more brackets, and the end or a new line. The arguments, and the length of it all.
fn tail(text: &str, braces: usize, tool: &ToolSpec) -> Option<(Map<String, Value>, usize)> {
    let mut at = Cursor { rest: text };
    let mut others = Map::new();
    while at.eat(',') {
        let key = at.key().filter(|key| declares(tool, key))?;
        others.insert(key.to_owned(), at.scalar()?);
    }
    for _ in 0..braces {
        if !at.eat('}') {
            return None;
        }
    }
    let used = text.len() - at.rest.len();
    let rest = at.rest.trim_start_matches(['}', ']', ' ', '\t', '\r', ',', ';']);
    (rest.is_empty() || rest.starts_with('\n')).then_some((others, used))
}

struct Cursor<'a> {
    rest: &'a str,
}

impl<'a> Cursor<'a> {
    fn eat(&mut self, c: char) -> bool {
        let rest = self.rest.trim_start().strip_prefix(c);
        self.rest = rest.unwrap_or(self.rest);
        rest.is_some()
    }

    /// A plain string and the colon behind it. No key is longer than this.
    fn key(&mut self) -> Option<&'a str> {
        let text = self.string()?;
        self.eat(':').then_some(text)
    }

    fn string(&mut self) -> Option<&'a str> {
        if !self.eat('"') {
            return None;
        }
        let (end, _) = self.rest.char_indices().take(128).find(|(_, c)| matches!(c, '"' | '\\' | '\n'))?;
        let (text, rest) = self.rest.split_at(end);
        self.rest = rest;
        self.eat('"').then_some(text)
    }

    /// A number, a boolean or null, Python's included.
    fn scalar(&mut self) -> Option<Value> {
        let text = self.rest.trim_start();
        let (end, _) = text.char_indices().take(64).find(|(_, c)| matches!(c, ',' | '}' | ']' | '\n'))?;
        let (word, rest) = text.split_at(end);
        self.rest = rest;
        match word.trim() {
            "True" => Some(Value::Bool(true)),
            "False" => Some(Value::Bool(false)),
            "None" => Some(Value::Null),
            word => serde_json::from_str(word).ok().filter(|v: &Value| !v.is_string()),
        }
    }

    /// Goes behind the brace that opens a call's arguments; the name that stood before it.
    fn call_head(&mut self) -> Option<&'a str> {
        let mut name = None;
        self.eat('{').then_some(())?;
        self.eat('{');
        loop {
            match self.key()? {
                "arguments" | "parameters" => break name.filter(|_| self.rest.trim_start().starts_with('{')),
                "name" | "function" | "tool" => name = Some(self.string()?),
                _ => {
                    self.string()?;
                }
            }
            self.eat(',').then_some(())?;
        }
    }

    /// Goes behind the quotation mark that opens the first string among the arguments; what stood
    /// before it, and its key.
    fn members_before_string(&mut self) -> Option<(Map<String, Value>, &'a str)> {
        let mut before = Map::new();
        self.eat('{').then_some(())?;
        self.eat('{');
        loop {
            let key = self.key()?;
            if self.eat('"') {
                return Some((before, key));
            }
            before.insert(key.to_owned(), self.scalar()?);
            self.eat(',').then_some(())?;
        }
    }
}
