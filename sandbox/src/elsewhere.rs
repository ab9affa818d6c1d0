//! Systems without walls: Python is refused there.

use crate::{Config, RunOutput, RunRequest, SandboxError, Wall};
use std::path::Path;
use tokio_util::sync::CancellationToken;

const WHY: &str = "Python needs Linux: on this system there are no walls to run model-written code behind";

/// Never exists here.
pub enum Sandbox {}

impl Sandbox {
    /// Always refuses.
    pub async fn start(_: Config) -> Result<Sandbox, SandboxError> {
        Err(SandboxError::unavailable(None, WHY))
    }

    pub async fn report(_: &Config) -> Vec<Wall> {
        vec![Wall::down("operating system", WHY)]
    }

    pub async fn run(&self, _: &str, _: RunRequest, _: &CancellationToken) -> Result<RunOutput, SandboxError> {
        match *self {}
    }

    pub async fn end(&self, _: &str) {
        match *self {}
    }

    pub fn forget(_: &Path, _: &str) {}
}
