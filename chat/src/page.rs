//! A page as it came: which bytes, from where, when. The text that was read off it is a [`Source`](crate::Source).

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

/// What an address gave at a time. The bytes are named by their hash, wherever they are kept.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Retrieval {
    /// Address of the page, as its source has it.
    pub url: String,
    /// What was asked for, where redirects led on from there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub asked: Option<String>,
    /// RFC 3339, UTC.
    pub at: String,
    /// `sha256:` and the hash of what was read, in hexadecimal.
    pub page: String,
    /// Size of what was read.
    pub bytes: u64,
    /// What the server said of the page, by names in small letters.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub headers: BTreeMap<String, String>,
    /// What was read is what the page's scripts made of it.
    #[serde(default, skip_serializing_if = "is_false")]
    pub rendered: bool,
    /// What was read, until it is kept. Not part of a record.
    #[serde(skip)]
    pub body: Option<Packed>,
}

fn is_false(value: &bool) -> bool {
    !value
}

/// A page's bytes, packed by whoever read them.
#[derive(Clone, PartialEq, Eq)]
pub struct Packed(pub Arc<[u8]>);

impl fmt::Debug for Packed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Packed({} bytes)", self.0.len())
    }
}
