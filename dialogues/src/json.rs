//! JSON as Python's `json.dumps` writes it, with a space behind each comma and colon: the patterns of
//! the tasks are written for that.

use serde::Serialize;
use serde_json::Value;
use serde_json::ser::{Formatter, Serializer};
use std::io::{Result, Write};

struct Spaced;

impl Formatter for Spaced {
    fn begin_array_value<W: Write + ?Sized>(&mut self, out: &mut W, first: bool) -> Result<()> {
        if first { Ok(()) } else { out.write_all(b", ") }
    }

    fn begin_object_key<W: Write + ?Sized>(&mut self, out: &mut W, first: bool) -> Result<()> {
        if first { Ok(()) } else { out.write_all(b", ") }
    }

    fn begin_object_value<W: Write + ?Sized>(&mut self, out: &mut W) -> Result<()> {
        out.write_all(b": ")
    }
}

/// The JSON of a value; empty for what has none.
pub fn dumps(value: &impl Serialize) -> String {
    let mut out = Vec::new();
    match value.serialize(&mut Serializer::with_formatter(&mut out, Spaced)) {
        Ok(()) => String::from_utf8(out).unwrap_or_default(),
        Err(_) => String::new(),
    }
}

/// A call's argument: a text as it is, anything else as JSON.
pub fn shown(value: &Value) -> String {
    value.as_str().map_or_else(|| dumps(value), str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn it_is_spaced_as_python_does() {
        let value = json!({"a": [1, 2.0, {"b": null}], "c": {}, "d": "é\n"});
        assert_eq!(dumps(&value), r#"{"a": [1, 2.0, {"b": null}], "c": {}, "d": "é\n"}"#);
        assert_eq!((shown(&json!("x y")), shown(&json!([1, "z"]))), ("x y".into(), r#"[1, "z"]"#.into()));
    }
}
