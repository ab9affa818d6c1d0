//! How errors are told.

use crate::settings::Hinted;
use polymath_agent::session::StoreError;
use polymath_chat::plain::clean;
use std::io::Write;

/// One line that says why, and a hint where there is one.
pub fn tell(error: &anyhow::Error) {
    // Nobody can be told that stderr is gone.
    let mut err = std::io::stderr();
    let _ = writeln!(err, "error: {}", clean(&format!("{error:#}")));
    let model = || error.downcast_ref::<polymath_model::store::StoreError>().and_then(|e| e.hint());
    let session = || error.downcast_ref::<StoreError>().and_then(|e| e.hint()).map(String::from);
    let hint = error.downcast_ref::<Hinted>().map(|e| e.hint.clone());
    if let Some(hint) = hint.or_else(model).or_else(session) {
        let _ = writeln!(err, "hint: {}", clean(&hint));
    }
}
