//! The key for an endpoint. It is read once, sent to the endpoint's host, and shown nowhere.

use reqwest::header::HeaderValue;
use std::fmt;

/// Where a key may stand, strongest first: the key itself, a file that holds it, and the variable
/// that other programs read too.
const SOURCES: [&str; 3] = ["POLYMATH_API_KEY", "POLYMATH_API_KEY_FILE", "OPENAI_API_KEY"];

/// A bearer token.
#[derive(Clone)]
pub struct Key {
    text: String,
    /// Where it came from, for messages.
    pub source: String,
}

/// Why there is no key although one was named.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    #[error("cannot read {path}, which POLYMATH_API_KEY_FILE names: {why}")]
    File { path: String, why: std::io::Error },
    #[error("the key of {0} holds characters that cannot be sent; it must be one line of printable ASCII")]
    Characters(String),
}

impl Key {
    /// A key as it stands in `source`; surrounding white space is not part of it. `None` when empty.
    pub fn new(text: &str, source: &str) -> Result<Option<Key>, KeyError> {
        let text = text.trim();
        if !text.bytes().all(|b| b.is_ascii_graphic()) {
            return Err(KeyError::Characters(source.to_owned()));
        }
        Ok((!text.is_empty()).then(|| Key { text: text.to_owned(), source: source.to_owned() }))
    }

    /// The key of the environment: `POLYMATH_API_KEY`, the file that `POLYMATH_API_KEY_FILE` names, or
    /// `OPENAI_API_KEY`; the first that is set counts.
    pub fn from_environment() -> Result<Option<Key>, KeyError> {
        for source in SOURCES {
            let Some(value) = std::env::var(source).ok().filter(|v| !v.trim().is_empty()) else { continue };
            if !source.ends_with("_FILE") {
                return Key::new(&value, source);
            }
            let text = std::fs::read_to_string(&value).map_err(|why| KeyError::File { path: value.clone(), why })?;
            return Key::new(&text, &value);
        }
        Ok(None)
    }

    pub(super) fn header(&self) -> Option<HeaderValue> {
        let mut value = HeaderValue::from_str(&format!("Bearer {}", self.text)).ok()?;
        value.set_sensitive(true);
        Some(value)
    }

    /// `text` without this key in it: servers repeat in their messages what they were sent.
    pub(super) fn redact(&self, text: &str) -> String {
        text.replace(&self.text, "[key]")
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Key(from {})", self.source)
    }
}
