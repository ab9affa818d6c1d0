//! Calls and their results belong together: models are lost in a conversation where they do not.

use crate::error::ApiError;
use polymath_chat::ToolCall;

/// The calls of the last assistant message that have no result yet.
#[derive(Default)]
pub struct OpenCalls {
    calls: Vec<ToolCall>,
    /// What a client calls a message with a result, and the field that names its call.
    pub result: &'static str,
    pub id: &'static str,
}

impl OpenCalls {
    pub fn new(result: &'static str, id: &'static str) -> Self {
        OpenCalls { calls: Vec::new(), result, id }
    }

    pub fn open(&mut self, calls: &[ToolCall]) {
        self.calls = calls.to_vec();
    }

    /// The call that a result answers.
    pub fn take(&mut self, id: &str, path: &str) -> Result<ToolCall, ApiError> {
        match self.calls.iter().position(|c| c.id == id) {
            Some(at) => Ok(self.calls.remove(at)),
            None => Err(ApiError::invalid(
                path,
                format!(
                    "`{path}`: `{id}` is no open call; results stand behind the assistant message whose calls they answer, \
                     one for each"
                ),
            )),
        }
    }

    pub fn must_be_none(&self, path: &str) -> Result<(), ApiError> {
        let Some(call) = self.calls.first() else { return Ok(()) };
        let (result, id) = (self.result, self.id);
        let message = format!(
            "`{path}`: the call `{}` of `{}` has no result; send a {result} with its `{id}` behind it",
            call.id, call.name
        );
        Err(ApiError::invalid(path, message))
    }
}

/// Refuses a second call of one id.
pub fn must_be_new(calls: &[ToolCall], id: &str, path: String) -> Result<(), ApiError> {
    if !calls.iter().any(|call| call.id == id) {
        return Ok(());
    }
    let message = format!("`{path}`: there are two calls `{id}`; give each an id of its own");
    Err(ApiError::invalid(path, message))
}
