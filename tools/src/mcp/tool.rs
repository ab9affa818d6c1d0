//! A server's tools as ours.

use super::approve::{Approval, Approve, Intent};
use super::config::McpServer;
use super::link::{CallError, Link};
use super::result::output;
use crate::tool::{CallCx, Tool, ToolError};
use async_trait::async_trait;
use futures::future::join_all;
use polymath_chat::{ToolOutput, ToolSpec};
use rmcp::model::CallToolRequestParams;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Tools of a server: more than a model can choose from.
const MOST: usize = 64;
/// Bytes of a tool's schema, and characters of its description: they stand in every prompt.
const SCHEMA: usize = 16 << 10;
const DESCRIPTION: usize = 1000;
/// Letters of a tool's name.
const NAME: usize = 64;

/// What servers offer.
#[derive(Default)]
pub struct Found {
    pub tools: Vec<Arc<dyn Tool>>,
    /// Servers and tools that are left out, and why: for the user.
    pub left: Vec<String>,
}

/// The tools of these servers, which are asked side by side. A name that is `taken`, or that two of them have,
/// gets the server's in front of it. A server that cannot be had is left out.
pub async fn connect(
    servers: &BTreeMap<String, McpServer>,
    taken: &BTreeSet<String>,
    approve: &Arc<dyn Approve>,
) -> Found {
    let links: Vec<Arc<Link>> =
        servers.iter().map(|(name, config)| Arc::new(Link::new(name.clone(), config.clone()))).collect();
    let listed = join_all(links.iter().map(|link| link.tools())).await;
    let (mut found, mut taken) = (Found::default(), taken.clone());
    for (link, listed) in links.iter().zip(listed) {
        let server = &link.name;
        let tools = match listed {
            Ok(tools) => tools,
            Err(why) => {
                found.left.push(format!("the MCP server `{server}`: {why}"));
                continue;
            }
        };
        if tools.len() > MOST {
            found.left.push(format!("{} of the tools of `{server}`: {MOST} are taken", tools.len() - MOST));
        }
        for tool in tools.into_iter().take(MOST) {
            match remote(link, &tool, &taken, approve) {
                Ok(remote) => {
                    taken.insert(remote.spec.name.clone());
                    found.tools.push(Arc::new(remote));
                }
                Err(why) => found.left.push(format!("the tool `{}` of `{server}`: {why}", tool.name)),
            }
        }
    }
    found
}

fn remote(
    link: &Arc<Link>,
    tool: &rmcp::model::Tool,
    taken: &BTreeSet<String>,
    approve: &Arc<dyn Approve>,
) -> Result<Remote, String> {
    let own = plain(&tool.name);
    let prefixed = plain(&format!("{}_{}", link.name, tool.name));
    let Some(name) = [own, prefixed].into_iter().find(|name| !name.is_empty() && !taken.contains(name)) else {
        return Err("its name is taken".into());
    };
    let mut parameters = Value::Object((*tool.input_schema).clone());
    if parameters["type"] != "object" {
        return Err("its schema is not of an object".into());
    }
    let bytes = parameters.to_string().len();
    if bytes > SCHEMA {
        return Err(format!("its schema has {bytes} bytes and {SCHEMA} is the most"));
    }
    if parameters["properties"].is_null() {
        parameters["properties"] = json!({});
    }
    let about = tool.description.as_deref().or(tool.title.as_deref()).unwrap_or(&tool.name);
    let spec = ToolSpec {
        name,
        description: about.chars().take(DESCRIPTION).collect(),
        parameters,
        raw_argument: None,
        stateful: true,
    };
    let reads_only = tool.annotations.as_ref().and_then(|hints| hints.read_only_hint) == Some(true);
    Ok(Remote {
        spec,
        name: tool.name.to_string(),
        link: link.clone(),
        free: AtomicBool::new(reads_only || link.trusted()),
        approve: approve.clone(),
    })
}

/// A name as all dialects can write it.
fn plain(name: &str) -> String {
    let plain = |c: char| if c.is_ascii_alphanumeric() || c == '-' { c } else { '_' };
    name.chars().map(plain).take(NAME).collect()
}

struct Remote {
    spec: ToolSpec,
    /// What the server calls it.
    name: String,
    link: Arc<Link>,
    /// Whether it is called without asking.
    free: AtomicBool,
    approve: Arc<dyn Approve>,
}

impl Remote {
    async fn approved(&self, arguments: &Value, cx: &CallCx) -> Result<(), ToolError> {
        if self.free.load(Ordering::Relaxed) {
            return Ok(());
        }
        let server = &self.link.name;
        let intent = Intent { server: server.clone(), tool: self.name.clone(), arguments: arguments.clone() };
        match cx.approve.as_ref().unwrap_or(&self.approve).ask(intent).await {
            Approval::Once => Ok(()),
            Approval::Always => {
                self.free.store(true, Ordering::Relaxed);
                Ok(())
            }
            Approval::Refused => Err(ToolError::tell("denied", "the user does not want this call; do without it")),
            Approval::Nobody => Err(ToolError::tell(
                "denied",
                format!(
                    "this tool of the MCP server `{server}` may act, so the user has to be asked, and nobody answers \
                     here; the user can allow it with --approve auto, or with `trusted = true` under [mcp.{server}]"
                ),
            )),
        }
    }
}

#[async_trait]
impl Tool for Remote {
    fn spec(&self) -> &ToolSpec {
        &self.spec
    }

    async fn call(&self, args: Value, cx: &CallCx) -> Result<ToolOutput, ToolError> {
        self.approved(&args, cx).await?;
        let mut request = CallToolRequestParams::new(self.name.clone());
        request.arguments = args.as_object().cloned();
        let server = &self.link.name;
        match self.link.call(request).await {
            Ok(result) => output(&self.spec.name, result, cx),
            Err(error) => {
                let (kind, what) = match &error {
                    CallError::Timeout(_) => ("timeout", ""),
                    CallError::Ended(_) => ("crash", "; it is started again for the next call"),
                    CallError::Start(_) => ("unavailable", ""),
                    CallError::Refused(_) => ("failed", ""),
                };
                Err(ToolError::tell(kind, format!("the MCP server `{server}`: {error}{what}")))
            }
        }
    }
}
