//! Reads a JSON object field by field, so that a wrong one is named together with what it should be.
//!
//! Unknown fields are nobody's business, and `null` is as good as nothing: clients send both.

use crate::error::ApiError;
use serde_json::{Map, Value};
use std::ops::RangeInclusive;

/// Characters of a wrong value that an error repeats.
const SHOWN: usize = 60;

/// An object of a request, and where it stands there.
pub struct Fields<'a> {
    map: &'a Map<String, Value>,
    /// Empty for the whole body.
    path: String,
}

impl<'a> Fields<'a> {
    pub fn of(value: &'a Value, path: impl Into<String>) -> Result<Self, ApiError> {
        let path = path.into();
        match value {
            Value::Object(map) => Ok(Fields { map, path }),
            other => Err(wrong(&path, "an object", other)),
        }
    }

    /// The path of a field, as errors name it.
    pub fn path(&self, name: &str) -> String {
        if self.path.is_empty() { name.to_owned() } else { format!("{}.{name}", self.path) }
    }

    pub fn get(&self, name: &str) -> Option<&'a Value> {
        self.map.get(name).filter(|v| !v.is_null())
    }

    pub fn missing(&self, name: &str, what: &str) -> ApiError {
        let path = self.path(name);
        ApiError::invalid(&path, format!("`{path}` is missing; send {what}"))
    }

    pub fn text(&self, name: &str) -> Result<Option<&'a str>, ApiError> {
        self.read(name, "a string", Value::as_str)
    }

    /// A string that must be there and not be empty.
    pub fn name(&self, name: &str, what: &str) -> Result<&'a str, ApiError> {
        self.text(name)?.filter(|t| !t.is_empty()).ok_or_else(|| self.missing(name, what))
    }

    pub fn flag(&self, name: &str) -> Result<Option<bool>, ApiError> {
        self.read(name, "true or false", Value::as_bool)
    }

    pub fn list(&self, name: &str) -> Result<Option<&'a [Value]>, ApiError> {
        self.read(name, "an array", |v| v.as_array().map(Vec::as_slice))
    }

    pub fn object(&self, name: &str) -> Result<Option<Fields<'a>>, ApiError> {
        self.get(name).map(|value| Fields::of(value, self.path(name))).transpose()
    }

    pub fn number(&self, name: &str, range: RangeInclusive<f64>) -> Result<Option<f64>, ApiError> {
        let what = format!("a number from {} to {}", range.start(), range.end());
        self.read(name, &what, |v| v.as_f64().filter(|n| range.contains(n)))
    }

    pub fn integer(&self, name: &str, range: RangeInclusive<i64>) -> Result<Option<i64>, ApiError> {
        let what = match (*range.start(), *range.end()) {
            (i64::MIN, i64::MAX) => "a whole number".to_owned(),
            (start, i64::MAX) => format!("a whole number of at least {start}"),
            (start, end) => format!("a whole number from {start} to {end}"),
        };
        self.read(name, &what, |v| v.as_i64().filter(|n| range.contains(n)))
    }

    fn read<T>(&self, name: &str, what: &str, read: impl Fn(&'a Value) -> Option<T>) -> Result<Option<T>, ApiError> {
        let Some(value) = self.get(name) else { return Ok(None) };
        read(value).map(Some).ok_or_else(|| wrong(&self.path(name), what, value))
    }
}

/// The error for a value that is not what it must be.
pub fn wrong(path: &str, what: &str, value: &Value) -> ApiError {
    let text = value.to_string();
    let shown = match text.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    };
    let field = if path.is_empty() { "the body".to_owned() } else { format!("`{path}`") };
    ApiError::invalid(path, format!("{field} must be {what}, not {shown}"))
}
