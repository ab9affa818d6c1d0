//! What others say to a run that goes on by itself.

use polymath_agent::Detached;
use std::path::Path;

/// Tells the started process that it is to leave its terminal.
pub const DETACHED: &str = "POLYMATH_DETACHED";

/// What others say to this run, where it is one that goes on by itself: each message once.
pub fn said_to(home: &Path, session: &str) -> impl FnMut() -> Vec<String> + Send + use<> {
    let mut said = std::env::var_os(DETACHED).map(|_| Detached::of(&home.join("runs"), session).said());
    move || said.as_mut().map(|said| said()).unwrap_or_default()
}
