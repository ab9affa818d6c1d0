//! What was asked, as it was understood.

use serde::{Deserialize, Serialize};

/// A question of the user's, and what answered it.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Asked {
    /// As it can be understood without what was said before.
    pub question: String,
    /// The plan that it led to, as JSON of the guide's.
    #[serde(default)]
    pub plan: serde_json::Value,
    /// The name of the fact that is its answer, where one is.
    pub fact: Option<String>,
}
