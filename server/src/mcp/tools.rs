//! Tools and their results in the protocol's shapes.

use super::resources;
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use polymath_chat::{Artifact, ToolFailure, ToolOutput, ToolSpec};
use rmcp::model::{CallToolResult, ContentBlock, Tool};
use serde_json::{Map, Value, json};

/// Pictures that clients show, up to so many bytes each; others are links.
const SHOWN: [&str; 4] = ["image/png", "image/jpeg", "image/gif", "image/webp"];
const SHOWN_BYTES: u64 = 1 << 20;

pub fn told(spec: ToolSpec) -> Tool {
    Tool::new(spec.name, spec.description, object(spec.parameters))
}

/// A failed call is a result that says so: the client's model is to read it.
pub fn result(result: Result<ToolOutput, ToolFailure>) -> CallToolResult {
    let output = match result {
        Ok(output) => output,
        Err(failure) => return failed(&failure),
    };
    let mut content = vec![ContentBlock::text(output.content)];
    for artifact in &output.artifacts {
        content.push(ContentBlock::resource_link(resources::made(artifact)));
        content.extend(picture(artifact));
    }
    let mut result = CallToolResult::success(content);
    if !output.tables.is_empty() {
        result.structured_content = Some(json!({"tables": output.tables}));
    }
    result
}

pub fn failed(failure: &ToolFailure) -> CallToolResult {
    CallToolResult::error(vec![ContentBlock::text(format!("Error ({}): {}", failure.kind, failure.message))])
}

fn picture(artifact: &Artifact) -> Option<ContentBlock> {
    if !SHOWN.contains(&artifact.mime.as_str()) || artifact.bytes > SHOWN_BYTES {
        return None;
    }
    let bytes = std::fs::read(&artifact.path).ok()?;
    Some(ContentBlock::image(BASE64_STANDARD.encode(bytes), artifact.mime.clone()))
}

/// Schemas of arguments are objects.
pub fn object(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(map) => map,
        _ => Map::new(),
    }
}
