//! What dialects need of a tool's JSON schema: whether arguments fit it, and what type a value has
//! that was written without its type.
//!
//! This is the gate in front of a call, not the validation of its arguments: formats, patterns and
//! bounds are left to the dispatcher, which can tell the model what is wrong.

use crate::constrain::schema::json_type;
use serde_json::{Map, Value};

/// `$ref`s are followed this far, so that a schema that refers to itself ends.
const MAX_DEPTH: usize = 32;

/// A schema within the document that its `$ref`s point into.
#[derive(Clone, Copy)]
pub(super) struct Schema<'a> {
    root: &'a Value,
    node: &'a Value,
    depth: usize,
}

impl<'a> Schema<'a> {
    pub fn new(root: &'a Value) -> Self {
        Schema { root, node: root, depth: 0 }
    }

    fn at(self, node: &'a Value) -> Self {
        Schema { node, depth: self.depth + 1, ..self }.resolved()
    }

    fn resolved(mut self) -> Self {
        while let Some(pointer) = self.node.get("$ref").and_then(Value::as_str) {
            let target = pointer.strip_prefix('#').and_then(|p| self.root.pointer(p));
            match target {
                Some(node) if self.depth < MAX_DEPTH => self = Schema { node, depth: self.depth + 1, ..self },
                _ => break,
            }
        }
        self
    }

    fn list(self, key: &str) -> impl Iterator<Item = Schema<'a>> {
        self.node.get(key).and_then(Value::as_array).into_iter().flatten().map(move |n| self.at(n))
    }

    /// The schemas of which a value has to fit one.
    fn alternatives(self) -> Vec<Schema<'a>> {
        self.list("anyOf").chain(self.list("oneOf")).collect()
    }

    /// The schema of the member `name` of an object.
    pub fn property(self, name: &str) -> Option<Schema<'a>> {
        if self.depth > MAX_DEPTH {
            return None;
        }
        let this = self.resolved();
        let own = this.node.get("properties").and_then(|p| p.get(name)).map(|n| this.at(n));
        let other = || this.list("allOf").chain(this.alternatives()).find_map(|s| s.property(name));
        let rest = || this.node.get("additionalProperties").filter(|n| n.is_object()).map(|n| this.at(n));
        own.or_else(other).or_else(rest)
    }

    /// The schema of an array's members.
    pub fn items(self) -> Option<Schema<'a>> {
        if self.depth > MAX_DEPTH {
            return None;
        }
        let this = self.resolved();
        let own = this.node.get("items").filter(|n| n.is_object()).map(|n| this.at(n));
        own.or_else(|| this.list("allOf").chain(this.alternatives()).find_map(Schema::items))
    }

    /// The JSON types that the schema names, in its order; empty when it doesn't say.
    pub fn types(self) -> Vec<&'a str> {
        if self.depth > MAX_DEPTH {
            return Vec::new();
        }
        let this = self.resolved();
        let mut types: Vec<&str> = match this.node.get("type") {
            Some(Value::String(one)) => json_type(one).into_iter().collect(),
            Some(Value::Array(several)) => several.iter().filter_map(Value::as_str).filter_map(json_type).collect(),
            _ => Vec::new(),
        };
        if !types.is_empty() && this.node.get("nullable") == Some(&Value::Bool(true)) {
            types.push("null");
        }
        if types.is_empty() {
            types = this.alternatives().into_iter().chain(this.list("allOf")).flat_map(Schema::types).collect();
        }
        if types.is_empty() {
            let listed = this.node.get("enum").and_then(Value::as_array).into_iter().flatten();
            types = listed.chain(this.node.get("const")).map(type_of).collect();
        }
        if types.is_empty() && this.node.get("properties").is_some() {
            types.push("object");
        }
        types
    }

    /// Whether `value` fits, as far as types, required members, enumerations and structure go.
    pub fn fits(self, value: &Value) -> bool {
        if self.depth > MAX_DEPTH {
            return true;
        }
        let this = self.resolved();
        let node = this.node;
        let types = match node.get("type") {
            Some(_) => this.types(),
            None => Vec::new(),
        };
        let typed = types.is_empty() || types.iter().any(|t| is_type(value, t));
        let listed = node.get("enum").and_then(Value::as_array).is_none_or(|e| e.iter().any(|v| same(v, value)));
        let constant = node.get("const").is_none_or(|c| same(c, value));
        let alternatives = this.alternatives();
        typed
            && listed
            && constant
            && (alternatives.is_empty() || alternatives.iter().any(|s| s.fits(value)))
            && this.list("allOf").all(|s| s.fits(value))
            && match value {
                Value::Object(map) => this.members_fit(map),
                Value::Array(values) => this.items().is_none_or(|s| values.iter().all(|v| s.fits(v))),
                _ => true,
            }
    }

    fn members_fit(self, map: &Map<String, Value>) -> bool {
        let mut required = self.node.get("required").and_then(Value::as_array).into_iter().flatten();
        let closed = self.node.get("additionalProperties") == Some(&Value::Bool(false));
        let declared = self.node.get("properties").and_then(Value::as_object);
        let known = |name: &String| declared.is_some_and(|d| d.contains_key(name));
        let must = |name: &String| {
            self.node.get("required").and_then(Value::as_array).is_some_and(|r| r.iter().any(|n| *n == name.as_str()))
        };
        required.all(|name| name.as_str().is_some_and(|n| map.contains_key(n)))
            && (!closed || map.keys().all(known))
            // Members of which the schema knows none are not a loose call of this tool, but
            // something else: the tool's own definition, say.
            && (map.is_empty() || declared.is_none_or(|d| d.is_empty()) || map.keys().any(known))
            // Null stands for a member that may be left out, whatever its type.
            && map.iter().all(|(name, value)| {
                value.is_null() && !must(name) || self.property(name).is_none_or(|s| s.fits(value))
            })
    }

    /// Whether the string `text` may stay what it is.
    fn allows_string(self, text: &str) -> bool {
        let types = self.types();
        types.is_empty() || types.contains(&"string") || self.fits(&Value::from(text))
    }

    /// `value` with strings read as numbers, booleans, null or JSON wherever the schema has no place
    /// for a string and the string is exactly one of those.
    pub fn coerced(self, value: Value) -> Value {
        match value {
            Value::String(text) if !self.allows_string(&text) => match self.read(&text) {
                Value::String(text) => Value::String(text),
                // What stands within the quotation marks may be in quotation marks too.
                other => self.coerced(other),
            },
            Value::Object(map) => {
                let member = |(name, value): (String, Value)| match self.property(&name) {
                    Some(schema) => (name, schema.coerced(value)),
                    None => (name, value),
                };
                Value::Object(map.into_iter().map(member).collect())
            }
            Value::Array(values) => match self.items() {
                Some(items) => Value::Array(values.into_iter().map(|v| items.coerced(v)).collect()),
                None => Value::Array(values),
            },
            other => other,
        }
    }

    /// The value that `text` stands for, where a format writes strings without quotation marks: what
    /// the schema asks for besides a string, if the text is exactly that; the text itself if it is
    /// not.
    pub fn read(self, text: &str) -> Value {
        let types = self.types();
        let trimmed = text.trim();
        if types.contains(&"null") && matches!(trimmed, "null" | "None") {
            return Value::Null;
        }
        let parsed = match trimmed {
            _ if types.iter().all(|t| matches!(*t, "string" | "null")) && !types.is_empty() => None,
            _ if types.contains(&"boolean") && trimmed.eq_ignore_ascii_case("true") => Some(Value::Bool(true)),
            _ if types.contains(&"boolean") && trimmed.eq_ignore_ascii_case("false") => Some(Value::Bool(false)),
            _ => super::json::parse(trimmed),
        };
        if let Some(Value::String(inner)) = &parsed
            && !types.is_empty()
            && !types.contains(&"string")
            && inner.len() < text.len()
        {
            // Quotation marks where the format has none.
            let value = self.read(inner);
            return if value.is_string() { Value::String(text.to_owned()) } else { value };
        }
        match parsed {
            Some(value) if types.is_empty() || types.iter().any(|t| is_type(&value, t)) => {
                if types.contains(&"number") { value } else { whole(value) }
            }
            _ => Value::String(text.to_owned()),
        }
    }
}

/// `3.0` as the integer it is.
fn whole(value: Value) -> Value {
    match value.as_f64() {
        Some(n) if value.is_f64() && n.fract() == 0.0 && n.abs() < 9e15 => Value::from(n as i64),
        _ => value,
    }
}

fn type_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(n) if n.is_f64() => "number",
        Value::Number(_) => "integer",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}

fn is_type(value: &Value, name: &str) -> bool {
    match name {
        "number" => value.is_number(),
        "integer" => value.as_f64().is_some_and(|n| n.fract() == 0.0),
        name => type_of(value) == name,
    }
}

fn same(a: &Value, b: &Value) -> bool {
    a == b || a.is_number() && a.as_f64() == b.as_f64()
}
