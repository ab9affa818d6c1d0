//! A server for the protocol's own test suite: our `/mcp` with the tools that the suite asks for by name.
//! `scripts/mcp-conformance` runs both.

#![allow(clippy::unwrap_used)]

#[path = "../tests/common/mod.rs"]
mod common;

use async_trait::async_trait;
use common::workspace::{scripted, serve_with};
use polymath_chat::{Artifact, Message, ToolOutput, ToolSpec};
use polymath_tools::{CallCx, Tool, ToolError};
use serde_json::{Value, json};
use std::sync::Arc;

/// A red point, as PNG.
const PNG: &[u8] = &[
    0x89, b'P', b'N', b'G', b'\r', b'\n', 0x1A, b'\n', 0, 0, 0, 13, b'I', b'H', b'D', b'R', 0, 0, 0, 1, 0, 0, 0, 1, 8,
    2, 0, 0, 0, 0x90, 0x77, 0x53, 0xDE, 0, 0, 0, 12, b'I', b'D', b'A', b'T', 8, 0xD7, 0x63, 0xF8, 0xCF, 0xC0, 0, 0, 3,
    1, 1, 0, 0x18, 0xDD, 0x8D, 0xB0, 0, 0, 0, 0, b'I', b'E', b'N', b'D', 0xAE, 0x42, 0x60, 0x82,
];

struct Wanted(ToolSpec);

impl Wanted {
    fn tool(name: &str) -> Arc<dyn Tool> {
        let parameters = json!({"type": "object", "properties": {}});
        let description = "What the test suite asks for".into();
        Arc::new(Wanted(ToolSpec { name: name.into(), description, parameters, raw_argument: None, stateful: false }))
    }
}

#[async_trait]
impl Tool for Wanted {
    fn spec(&self) -> &ToolSpec {
        &self.0
    }

    async fn call(&self, _: Value, cx: &CallCx) -> Result<ToolOutput, ToolError> {
        match self.0.name.as_str() {
            "test_error_handling" => Err(ToolError::tell("exception", "this tool fails, as it is to")),
            "test_image_content" => {
                let path = cx.out.join("point.png");
                std::fs::write(&path, PNG).unwrap();
                let (name, mime) = ("point.png".into(), "image/png".into());
                let artifacts = vec![Artifact { name, mime, path, bytes: PNG.len() as u64 }];
                Ok(ToolOutput { artifacts, ..ToolOutput::text("A red point") })
            }
            _ => Ok(ToolOutput::text("This is a simple text response for testing.")),
        }
    }
}

#[tokio::main]
async fn main() {
    let home = tempfile::tempdir().unwrap();
    let tools = ["test_simple_text", "test_error_handling", "test_image_content"].map(Wanted::tool);
    let server = serve_with(scripted(Vec::<Message>::new()), home.path(), tools.into()).await;
    println!("{}/mcp", server.base);
    tokio::signal::ctrl_c().await.unwrap();
}
