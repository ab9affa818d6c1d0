//! Calls written as Python: `[weather(city="Rome", days=3), clock()]`. Literals only; nothing is run.

use super::{ParseCx, stream::Io};
use serde_json::{Map, Value};

/// As deep as serde_json goes.
const MAX_DEPTH: usize = 128;

/// Whether a list begins here, with a call of a known tool.
pub(super) async fn call_list_ahead(io: &Io, cx: &ParseCx) -> bool {
    let from = io.position();
    if !io.eat("[").await {
        return false;
    }
    io.space().await;
    let name = io.take_while(|c| c.is_alphanumeric() || matches!(c, '_' | '.' | '-')).await;
    let known = cx.tool(&name).is_some() && io.looking_at("(").await;
    io.seek(from);
    known
}

/// What becomes of an opened bracket.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Bracket {
    Closed,
    /// The text ends before it.
    Open,
    /// There are so many more within it that nothing there is read.
    Deep,
}

/// Goes behind the bracket that closes the one at the position.
pub(super) async fn balanced(io: &Io) -> Bracket {
    let mut depth = 0usize;
    let mut quote: Option<char> = None;
    let mut escaped = false;
    loop {
        let start = io.position();
        let mut used = 0;
        let mut done = false;
        io.ahead(|rest| {
            for c in rest.chars() {
                used += c.len_utf8();
                match quote {
                    Some(_) if escaped => escaped = false,
                    Some(_) if c == '\\' => escaped = true,
                    Some(q) if c == q => quote = None,
                    Some(_) => {}
                    None if matches!(c, '"' | '\'') => quote = Some(c),
                    None if matches!(c, '(' | '[' | '{') => depth += 1,
                    None if matches!(c, ')' | ']' | '}') => depth = depth.saturating_sub(1),
                    None => {}
                }
                if depth == 0 || depth > MAX_DEPTH {
                    done = true;
                    break;
                }
            }
        });
        io.seek(start + used);
        if done {
            return if depth == 0 { Bracket::Closed } else { Bracket::Deep };
        }
        if !io.beyond(start + used).await {
            return Bracket::Open;
        }
    }
}

/// The calls in a list of calls, or in a single call.
pub(super) fn parse(text: &str) -> Option<Vec<(String, Value)>> {
    let mut this = Reader { rest: text };
    let mut calls = Vec::new();
    if this.eat("[") {
        while !this.eat("]") {
            calls.push(this.call()?);
            if !this.eat(",") && !this.rest.starts_with(']') {
                return None;
            }
        }
    } else {
        calls.push(this.call()?);
    }
    this.rest.trim().is_empty().then_some(calls)
}

struct Reader<'a> {
    rest: &'a str,
}

impl<'a> Reader<'a> {
    fn eat(&mut self, token: &str) -> bool {
        self.rest = self.rest.trim_start();
        let rest = self.rest.strip_prefix(token);
        self.rest = rest.unwrap_or(self.rest);
        rest.is_some()
    }

    fn name(&mut self) -> Option<&'a str> {
        self.rest = self.rest.trim_start();
        let end = self.rest.find(|c: char| !(c.is_alphanumeric() || matches!(c, '_' | '.' | '-')));
        let (name, rest) = self.rest.split_at(end.unwrap_or(self.rest.len()));
        self.rest = rest;
        (!name.is_empty()).then_some(name)
    }

    fn call(&mut self) -> Option<(String, Value)> {
        let name = self.name()?;
        if !self.eat("(") {
            return None;
        }
        let mut arguments = Map::new();
        while !self.eat(")") {
            let key = self.name()?;
            if !self.eat("=") {
                return None;
            }
            let value = self.value(0)?;
            arguments.insert(key.to_owned(), value);
            if !self.eat(",") && !self.rest.starts_with(')') {
                return None;
            }
        }
        Some((name.to_owned(), Value::Object(arguments)))
    }

    fn value(&mut self, depth: usize) -> Option<Value> {
        if depth > MAX_DEPTH {
            return None;
        }
        self.rest = self.rest.trim_start();
        match self.rest.chars().next()? {
            '[' => self.sequence(("[", "]"), depth).map(Value::Array),
            '(' => self.sequence(("(", ")"), depth).map(Value::Array),
            '{' => self.dictionary(depth),
            '"' | '\'' => self.string().map(Value::String),
            _ => self.literal(),
        }
    }

    fn sequence(&mut self, (open, close): (&str, &str), depth: usize) -> Option<Vec<Value>> {
        self.eat(open);
        let mut items = Vec::new();
        while !self.eat(close) {
            items.push(self.value(depth + 1)?);
            if !self.eat(",") && !self.rest.starts_with(close) {
                return None;
            }
        }
        Some(items)
    }

    fn dictionary(&mut self, depth: usize) -> Option<Value> {
        self.eat("{");
        let mut map = Map::new();
        while !self.eat("}") {
            let key = match self.value(depth + 1)? {
                Value::String(key) => key,
                other => other.to_string(),
            };
            if !self.eat(":") {
                return None;
            }
            let value = self.value(depth + 1)?;
            map.insert(key, value);
            if !self.eat(",") && !self.rest.starts_with('}') {
                return None;
            }
        }
        Some(Value::Object(map))
    }

    fn literal(&mut self) -> Option<Value> {
        let end = self.rest.find(|c: char| c.is_whitespace() || matches!(c, ',' | ')' | ']' | '}' | ':'));
        let (word, rest) = self.rest.split_at(end.unwrap_or(self.rest.len()));
        self.rest = rest;
        match word {
            "True" | "true" => Some(Value::Bool(true)),
            "False" | "false" => Some(Value::Bool(false)),
            "None" | "null" => Some(Value::Null),
            number => {
                let number = number.strip_prefix('+').unwrap_or(number).replace('_', "");
                serde_json::from_str::<Value>(&number).ok().filter(Value::is_number).or_else(|| short_float(&number))
            }
        }
    }

    /// A string literal, with Python's escapes; long ones too.
    fn string(&mut self) -> Option<String> {
        let quote = self.rest.get(..1)?;
        let long = quote.repeat(3);
        let end = if self.rest.starts_with(&long) { long.as_str() } else { quote };
        self.rest = &self.rest[end.len()..];
        let mut out = String::new();
        loop {
            if let Some(rest) = self.rest.strip_prefix(end) {
                self.rest = rest;
                return Some(out);
            }
            let mut chars = self.rest.chars();
            let c = chars.next()?;
            self.rest = chars.as_str();
            if c == '\\' { self.escape(&mut out)? } else { out.push(c) }
        }
    }

    /// One escape, behind its backslash.
    fn escape(&mut self, out: &mut String) -> Option<()> {
        let mut chars = self.rest.chars();
        let c = chars.next()?;
        self.rest = chars.as_str();
        let digits = match c {
            'x' => 2,
            'u' => 4,
            'U' => 8,
            _ => 0,
        };
        if digits > 0 {
            let code = self.rest.get(..digits).and_then(|hex| u32::from_str_radix(hex, 16).ok());
            out.push(code.and_then(char::from_u32)?);
            self.rest = &self.rest[digits..];
            return Some(());
        }
        match c {
            'n' => out.push('\n'),
            't' => out.push('\t'),
            'r' => out.push('\r'),
            '\n' => {}
            '\\' | '\'' | '"' => out.push(c),
            // Python keeps the backslash of an escape that it doesn't know.
            other => out.extend(['\\', other]),
        }
        Some(())
    }
}

/// `.5` and `5.`, which Python allows and JSON does not.
fn short_float(text: &str) -> Option<Value> {
    let plain =
        !text.is_empty() && text.chars().all(|c| c.is_ascii_digit() || matches!(c, '.' | '-' | 'e' | 'E' | '+'));
    plain.then(|| text.parse::<f64>().ok()).flatten().map(Value::from)
}
