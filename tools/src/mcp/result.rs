//! What a server's tool answers, as a result of ours.

use crate::files;
use crate::tool::{CallCx, ToolError};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use polymath_chat::{Artifact, ToolOutput};
use rmcp::model::{CallToolResult, ContentBlock, ResourceContents};

/// Bytes of a result's text; the rest is cut, and said.
const TEXT: usize = 256 << 10;
/// Bytes of a file, and files of a result.
const FILE: usize = 16 << 20;
const FILES: usize = 8;

/// # Errors
/// The tool says that it failed, in its own words.
pub fn output(tool: &str, result: CallToolResult, cx: &CallCx) -> Result<ToolOutput, ToolError> {
    let mut texts = Vec::new();
    let mut artifacts = Vec::new();
    for block in &result.content {
        match block {
            ContentBlock::Text(text) => texts.push(text.text.clone()),
            ContentBlock::Image(image) => keep(tool, &image.data, &image.mime_type, cx, &mut artifacts, &mut texts),
            ContentBlock::Audio(audio) => keep(tool, &audio.data, &audio.mime_type, cx, &mut artifacts, &mut texts),
            ContentBlock::Resource(embedded) => match &embedded.resource {
                ResourceContents::TextResourceContents { uri, text, .. } => texts.push(format!("{uri}\n{text}")),
                ResourceContents::BlobResourceContents { mime_type, blob, .. } => {
                    let mime = mime_type.as_deref().unwrap_or("application/octet-stream");
                    keep(tool, blob, mime, cx, &mut artifacts, &mut texts);
                }
                _ => {}
            },
            ContentBlock::ResourceLink(link) => texts.push(format!("{}: {}", link.name, link.uri)),
            _ => {}
        }
    }
    if let (true, Some(structured)) = (texts.is_empty(), &result.structured_content) {
        texts.push(structured.to_string());
    }
    let text = cut(texts.join("\n"));
    match result.is_error {
        Some(true) if text.is_empty() => Err(ToolError::tell("failed", format!("{tool} failed and does not say why"))),
        Some(true) => Err(ToolError::tell("failed", text)),
        _ => Ok(ToolOutput { artifacts, ..ToolOutput::text(text) }),
    }
}

/// Keeps a file, under a name that nothing acts on.
fn keep(tool: &str, data: &str, mime: &str, cx: &CallCx, artifacts: &mut Vec<Artifact>, texts: &mut Vec<String>) {
    let ending = ending(mime);
    let kept = match BASE64_STANDARD.decode(data) {
        _ if artifacts.len() >= FILES || data.len() > FILE / 3 * 4 => Err("it is too much".to_owned()),
        Err(e) => Err(format!("it is damaged: {e}")),
        Ok(bytes) => files::write_foreign(&cx.out, &format!("{tool}.{ending}"), &bytes).map_err(|e| e.to_string()),
    };
    match kept {
        Ok(artifact) => {
            texts.push(format!("saved {}", artifact.name));
            artifacts.push(artifact);
        }
        Err(why) => texts.push(format!("a file ({mime}) was left out: {why}")),
    }
}

/// The usual ending of files of a type: its own name, where that is one.
fn ending(mime: &str) -> &str {
    let all = mime_guess::get_mime_extensions_str(mime).unwrap_or_default();
    let own = mime.split(['/', '+']).nth(1).unwrap_or_default();
    all.iter().find(|ending| **ending == own).or(all.first()).unwrap_or(&"bin")
}

fn cut(mut text: String) -> String {
    if text.len() > TEXT {
        let all = text.len();
        text.truncate((0..=TEXT).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0));
        text.push_str(&format!("\n[cut: {} of {all} bytes]", text.len()));
    }
    text
}
