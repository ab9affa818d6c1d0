//! What the user got wrong.

/// A mistake of the user's, with exit status 2.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct Usage(pub String);

/// An error with what to do about it.
#[derive(Debug, thiserror::Error)]
#[error("{error:#}")]
pub struct Hinted {
    error: anyhow::Error,
    pub hint: String,
}

impl Hinted {
    pub fn new(error: anyhow::Error, hint: impl Into<String>) -> Hinted {
        Hinted { error, hint: hint.into() }
    }
}
