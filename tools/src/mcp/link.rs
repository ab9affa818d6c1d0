//! The connection to a server: started when it is needed, and started again when it has ended.

use super::config::{McpServer, NoServer};
use rmcp::model::{
    CallToolRequestParams, CallToolResult, ClientCapabilities, ClientConfig, Implementation, ProtocolVersion, Tool,
};
use rmcp::service::{Peer, RoleClient, RunningService, ServiceError, ServiceExt};
use rmcp::transport::StreamableHttpClientTransport;
use rmcp::transport::streamable_http_client::StreamableHttpClientTransportConfig;
use std::process::Stdio;
use std::sync::{Arc, Mutex as Shared, PoisonError};
use std::time::Duration;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, BufReader};
use tokio::process::{Child, ChildStderr, Command};
use tokio::sync::Mutex;

/// Variables that a program needs and that hold no secrets.
const PASSED: &[&str] = &[
    "HOME",
    "LANG",
    "LC_ALL",
    "LC_CTYPE",
    "LOGNAME",
    "PATH",
    "SHELL",
    "TERM",
    "TMPDIR",
    "TZ",
    "USER",
    "XDG_CACHE_HOME",
    "XDG_CONFIG_HOME",
    "XDG_DATA_HOME",
    "APPDATA",
    "LOCALAPPDATA",
    "SYSTEMROOT",
    "TEMP",
    "USERPROFILE",
];
/// Bytes of a line of a program's standard error that are kept.
const LAST_WORDS: u64 = 500;
/// Pages of a list of tools.
const PAGES: usize = 20;
/// How long a program that ended may take to have said why.
const WORDS: Duration = Duration::from_millis(200);

type Client = RunningService<RoleClient, ClientConfig>;

/// A server and the connection to it.
pub struct Link {
    pub name: String,
    config: McpServer,
    open: Mutex<Option<Open>>,
    /// The last line that the program wrote to its standard error.
    words: Arc<Shared<String>>,
}

struct Open {
    client: Client,
    /// Killed with the connection.
    _child: Option<Child>,
}

/// Why a call has no result.
#[derive(Debug, thiserror::Error)]
pub enum CallError {
    #[error(transparent)]
    Start(#[from] NoServer),
    /// It ended while it was called; nobody knows what it did.
    #[error("it ended during the call{0}")]
    Ended(String),
    #[error("it gave no result within {0} s")]
    Timeout(u64),
    /// What the server says.
    #[error("{0}")]
    Refused(String),
}

impl Link {
    pub fn new(name: String, config: McpServer) -> Link {
        Link { name, config, open: Mutex::default(), words: Arc::default() }
    }

    pub fn trusted(&self) -> bool {
        self.config.trusted
    }

    /// The server's tools, of those that the user wants.
    pub async fn tools(&self) -> Result<Vec<Tool>, NoServer> {
        let peer = self.peer().await?;
        let list = async {
            let (mut tools, mut cursor) = (Vec::new(), None);
            for _ in 0..PAGES {
                let page = rmcp::model::PaginatedRequestParams::default().with_cursor(cursor);
                let page =
                    peer.list_tools(Some(page)).await.map_err(|e| NoServer(format!("it lists no tools: {e}")))?;
                tools.extend(page.tools);
                cursor = page.next_cursor;
                if cursor.is_none() {
                    break;
                }
            }
            Ok(tools)
        };
        let mut tools = self.within(list).await?;
        let wanted = self.config.tools.as_deref();
        tools.retain(|tool| wanted.is_none_or(|names| names.iter().any(|name| *name == tool.name)));
        Ok(tools)
    }

    /// One call. Dropping it tells the server that nobody waits.
    pub async fn call(&self, request: CallToolRequestParams) -> Result<CallToolResult, CallError> {
        let peer = self.peer().await?;
        let timeout = self.config.timeout();
        let Ok(result) = tokio::time::timeout(timeout, peer.call_tool(request)).await else {
            return Err(CallError::Timeout(timeout.as_secs()));
        };
        match result {
            Ok(result) => Ok(result),
            Err(ServiceError::McpError(error)) => Err(CallError::Refused(error.message.into_owned())),
            Err(_) if peer.is_transport_closed() => Err(CallError::Ended(self.last_words().await)),
            Err(error) => Err(CallError::Refused(error.to_string())),
        }
    }

    /// The open connection; a new one where there is none, or where it has ended.
    async fn peer(&self) -> Result<Peer<RoleClient>, NoServer> {
        let mut open = self.open.lock().await;
        if let Some(open) = open.as_ref().filter(|open| !open.client.is_transport_closed()) {
            return Ok(open.client.peer().clone());
        }
        // What is left of the old one goes first.
        drop(open.take());
        let fresh = self.within(self.start()).await?;
        Ok(open.insert(fresh).client.peer().clone())
    }

    async fn within<T>(&self, work: impl Future<Output = Result<T, NoServer>>) -> Result<T, NoServer> {
        let patience = self.config.timeout();
        let late = |_| NoServer(format!("it does not answer within {} s", patience.as_secs()));
        tokio::time::timeout(patience, work).await.map_err(late)?
    }

    async fn start(&self) -> Result<Open, NoServer> {
        let own = Implementation::new("polymath", env!("CARGO_PKG_VERSION"));
        // Later versions have no greeting, which most servers wait for.
        let version = ProtocolVersion::LATEST_WITH_INITIALIZE;
        let hello = ClientConfig::new(ClientCapabilities::default(), own).with_protocol_version(version);
        let Some(url) = &self.config.url else { return self.program(hello).await };
        let mut config = StreamableHttpClientTransportConfig::with_uri(url.as_str());
        if let Some(variable) = &self.config.token_env {
            let token = std::env::var(variable).map_err(|_| NoServer(format!("{variable} holds no token; set it")))?;
            config = config.auth_header(token);
        }
        let http = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build();
        let http = http.map_err(|e| NoServer(format!("HTTP cannot be set up: {e}")))?;
        let transport = StreamableHttpClientTransport::with_client(http, config);
        let client = hello.serve(transport).await.map_err(|e| NoServer(format!("{url} does not answer: {e}")))?;
        Ok(Open { client, _child: None })
    }

    async fn program(&self, hello: ClientConfig) -> Result<Open, NoServer> {
        let program = self.config.command.as_deref().unwrap_or_default();
        let mut command = Command::new(program);
        command.args(&self.config.args).env_clear();
        command.envs(PASSED.iter().filter_map(|name| Some((*name, std::env::var_os(name)?)))).envs(&self.config.env);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
        // Ctrl-C at the terminal is ours.
        #[cfg(unix)]
        command.process_group(0);
        let mut child = command.spawn().map_err(|e| NoServer(format!("cannot start `{program}`: {e}")))?;
        let (Some(output), Some(input), Some(errors)) = (child.stdout.take(), child.stdin.take(), child.stderr.take())
        else {
            return Err(NoServer(format!("`{program}` has no standard input and output")));
        };
        self.words.lock().unwrap_or_else(PoisonError::into_inner).clear();
        tokio::spawn(listen(errors, self.name.clone(), self.words.clone()));
        match hello.serve((output, input)).await {
            Ok(client) => Ok(Open { client, _child: Some(child) }),
            Err(e) => Err(NoServer(format!("`{program}` does not speak the protocol: {e}{}", self.last_words().await))),
        }
    }

    /// What the program said last, as the end of a sentence.
    async fn last_words(&self) -> String {
        tokio::time::sleep(WORDS).await;
        let words = self.words.lock().unwrap_or_else(PoisonError::into_inner);
        if words.is_empty() { String::new() } else { format!("; its last words: {words}") }
    }
}

/// Reads what a program writes to its standard error, so that it never waits for room there.
async fn listen(errors: ChildStderr, server: String, words: Arc<Shared<String>>) {
    let mut errors = BufReader::new(errors);
    let mut line = Vec::new();
    while let Ok(1..) = (&mut errors).take(LAST_WORDS).read_until(b'\n', &mut line).await {
        let text = String::from_utf8_lossy(&line).trim().to_owned();
        tracing::debug!("{server}: {text}");
        if !text.is_empty() {
            *words.lock().unwrap_or_else(PoisonError::into_inner) = text;
        }
        line.clear();
    }
}
