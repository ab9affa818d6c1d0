//! What others say to a run that goes on by itself, and what they answer it.

use polymath_agent::{Answers, Detached};
use std::path::Path;
use std::sync::Arc;

/// Tells the started process that it is to leave its terminal.
pub const DETACHED: &str = "POLYMATH_DETACHED";

/// What others say to this run, each message once, and what they answer it, where it is one that goes on by itself.
pub fn from_elsewhere(
    home: &Path,
    session: &str,
) -> (impl FnMut() -> Vec<String> + Send + use<>, Option<Arc<dyn Answers>>) {
    let run = || std::env::var_os(DETACHED).map(|_| Detached::of(&home.join("runs"), session));
    let mut said = run().map(Detached::said);
    (move || said.as_mut().map(|said| said()).unwrap_or_default(), run().map(Detached::answers))
}
