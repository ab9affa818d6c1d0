//! Who is asked before a tool acts on the world.

use async_trait::async_trait;
use serde_json::Value;

/// A call that is about to be made.
#[derive(Debug, Clone)]
pub struct Intent {
    pub server: String,
    pub tool: String,
    /// What would be sent.
    pub arguments: Value,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Approval {
    Once,
    /// This tool, as long as this process runs.
    Always,
    Refused,
    /// There is nobody who could answer.
    Nobody,
}

#[async_trait]
pub trait Approve: Send + Sync {
    async fn ask(&self, intent: Intent) -> Approval;
}
