//! What the user says of a server.

use serde::Deserialize;
use std::collections::BTreeMap;
use std::time::Duration;

/// A server of the user's: a program, or an address.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct McpServer {
    /// The program; it speaks on its standard input and output.
    #[serde(default)]
    pub command: Option<String>,
    #[serde(default)]
    pub args: Vec<String>,
    /// Beside a few harmless variables, all that the program sees.
    #[serde(default)]
    pub env: BTreeMap<String, String>,
    /// The address of one that speaks HTTP.
    #[serde(default)]
    pub url: Option<String>,
    /// The variable of this process that holds the token for the address.
    #[serde(default)]
    pub token_env: Option<String>,
    /// The tools that are taken, by the server's names; all where nothing is said.
    #[serde(default)]
    pub tools: Option<Vec<String>>,
    /// Whether its tools are called without asking.
    #[serde(default)]
    pub trusted: bool,
    /// Seconds of a call; of the start, as well.
    #[serde(default)]
    pub timeout_seconds: Option<u64>,
}

/// A call that takes longer is given up.
const PATIENCE: Duration = Duration::from_secs(60);

impl McpServer {
    pub fn timeout(&self) -> Duration {
        self.timeout_seconds.map_or(PATIENCE, |seconds| Duration::from_secs(seconds.clamp(1, 3600)))
    }

    /// # Errors
    /// It is neither a program nor an address, or both.
    pub fn check(&self) -> Result<(), NoServer> {
        match (&self.command, &self.url) {
            (Some(command), None) if !command.is_empty() => Ok(()),
            (None, Some(url)) if url::Url::parse(url).is_ok_and(|u| matches!(u.scheme(), "http" | "https")) => Ok(()),
            (None, Some(url)) => Err(NoServer(format!("`{url}` is no address; give http://HOST:PORT/PATH"))),
            _ => Err(NoServer("give either `command`, a program to start, or `url`, an address".into())),
        }
    }
}

/// What is wrong with a server: one line.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct NoServer(pub String);
