//! What the user got wrong.

/// A mistake of the user's, with exit status 2.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct Usage(pub String);
