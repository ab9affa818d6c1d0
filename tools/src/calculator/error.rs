//! Why an expression has no result, as the model is told.

use std::time::Duration;

/// How long one expression may take.
pub const TIME_LIMIT: Duration = Duration::from_secs(2);

/// Why an expression has no result.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CalcError {
    /// The expression must be changed; the text says how.
    #[error("{0}")]
    Arguments(String),
    /// A word or sign that plain arithmetic does not have: a unit, perhaps.
    #[error("`{0}` is neither a number, an operator, a function nor a unit")]
    Unknown(String),
    #[error("the expression took longer than {} seconds; make its numbers smaller", TIME_LIMIT.as_secs())]
    TimedOut,
}
