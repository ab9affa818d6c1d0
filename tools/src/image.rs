//! `image`: a picture from a description.
//!
//! What paints is a row of `backend.rs`. The default needs no image weights: the language model plans the picture
//! out of symbols and shapes that it draws itself (`sketch.rs`), under grammars that leave room for nothing else;
//! nothing is fetched there, and no file is read but the system's fonts. The others ask a server that the user
//! named. The PNG says of itself how it was made (`metadata.rs`).

mod a1111;
mod backend;
mod endpoint;
mod look;
mod metadata;
mod openai;
mod painter;
mod plan;
mod scene;
mod shapes;
mod sketch;
mod svg;
mod symbols;

use crate::files::{first_words, write_new};
use crate::{CallCx, Tool, ToolError};
use async_trait::async_trait;
use polymath_chat::{Artifact, ToolOutput, ToolSpec};
use serde_json::{Value, json};
use std::{path::Path, sync::Arc};

pub use backend::painter;
pub use painter::{Painter, Painting, Picture, Style, Surroundings};
pub use sketch::Sketch;

use painter::STYLES;

/// Width and height of a picture nobody gave a size for, in pixels.
const DEFAULT_SIDE: u32 = 768;
const MIN_SIDE: u32 = 64;
const MAX_SIDE: u32 = 2048;
/// The longest description, in characters.
const MAX_PROMPT: usize = 1_000;

/// The `image` tool.
pub struct Image {
    spec: ToolSpec,
    painter: Arc<dyn Painter>,
}

impl Default for Image {
    fn default() -> Self {
        Self::new(Arc::new(Sketch::default()))
    }
}

impl Image {
    pub fn new(painter: Arc<dyn Painter>) -> Self {
        Image {
            spec: ToolSpec {
                name: "image".into(),
                description: "Draws a picture from a description in words and saves it as a file. \
                              For charts of data use `chart` instead."
                    .into(),
                parameters: json!({
                    "type": "object",
                    "properties": {
                        "prompt": {"type": "string", "description": "what is to be seen in the picture"},
                        "width": {"type": "integer", "minimum": MIN_SIDE, "maximum": MAX_SIDE, "description": "pixels"},
                        "height": {"type": "integer", "minimum": MIN_SIDE, "maximum": MAX_SIDE, "description": "pixels"},
                        "style": {"type": "string", "enum": STYLES.map(|(name, _)| name)},
                        "seed": {"type": "integer", "minimum": 0},
                        "negative": {"type": "string", "description": "what is not to be seen"}
                    },
                    "required": ["prompt"],
                    "additionalProperties": false
                }),
                raw_argument: None,
                stateful: false,
            },
            painter,
        }
    }
}

#[async_trait]
impl Tool for Image {
    fn spec(&self) -> &ToolSpec {
        &self.spec
    }

    async fn call(&self, args: Value, cx: &CallCx) -> Result<ToolOutput, ToolError> {
        let picture = read_arguments(&args)?;
        let painting = tokio::select! {
            painting = self.painter.paint(&picture, cx) => painting?,
            () = cx.cancel.cancelled() => return Err(ToolError::tell("cancelled", "the drawing was cancelled")),
        };
        let name = first_words(&picture.prompt);
        let seed = painting.seed.map_or(String::new(), |seed| seed.to_string());
        let texts = [
            ("prompt", picture.prompt.as_str()),
            ("negative", &picture.negative),
            ("style", STYLES.iter().find(|(_, style)| Some(*style) == picture.style).map_or("", |(name, _)| name)),
            ("seed", &seed),
            ("backend", self.painter.name()),
            ("model", &painting.model),
            ("Software", "polymath"),
        ];
        let (width, height) = metadata::size(&painting.png).unwrap_or((picture.width, picture.height));
        let bytes = metadata::with(painting.png, &texts);
        let png = write_new(&cx.out, &name, "png", &bytes).map_err(|e| unwritable(&cx.out.join(&name), &e))?;
        let content = format!("Drew {} ({width} × {height} pixels): {}", png.name, painting.description);
        let mut files = vec![png];
        if let Some(svg) = painting.svg {
            // Beside the PNG and named like it: whoever shows both shows one.
            let path = files[0].path.with_extension("svg");
            std::fs::write(&path, &svg).map_err(|e| unwritable(&path, &e))?;
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            files.push(Artifact { name, mime: "image/svg+xml".into(), path, bytes: svg.len() as u64 });
        }
        Ok(ToolOutput { artifacts: files, ..ToolOutput::text(content) })
    }
}

fn read_arguments(args: &Value) -> Result<Picture, ToolError> {
    let prompt = args.get("prompt").and_then(Value::as_str).unwrap_or("").trim();
    if prompt.is_empty() {
        return Err(ToolError::tell("arguments", "the call has no `prompt`; say in words what is to be seen"));
    }
    let side = |name: &str| match args.get(name) {
        None | Some(Value::Null) => Ok(DEFAULT_SIDE),
        Some(value) => value
            .as_u64()
            .and_then(|n| u32::try_from(n).ok())
            .filter(|n| (MIN_SIDE..=MAX_SIDE).contains(n))
            .ok_or_else(|| {
                ToolError::tell("arguments", format!("`{name}` is {value} and must be {MIN_SIDE} to {MAX_SIDE} pixels"))
            }),
    };
    let short = |text: &str| text.trim().chars().take(MAX_PROMPT).collect::<String>();
    let style = match args.get("style").and_then(Value::as_str).map(str::trim).filter(|name| !name.is_empty()) {
        None => None,
        Some(name) => {
            let known = STYLES.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, style)| *style);
            let names = STYLES.map(|(name, _)| name).join(", ");
            let wrong = || ToolError::tell("arguments", format!("`style` is `{name}` and must be one of {names}"));
            Some(known.ok_or_else(wrong)?)
        }
    };
    let seed = match args.get("seed") {
        None | Some(Value::Null) => None,
        Some(seed) => Some(seed.as_u64().ok_or_else(|| {
            ToolError::tell("arguments", format!("`seed` is {seed} and must be a whole number, zero or above"))
        })?),
    };
    Ok(Picture {
        prompt: short(prompt),
        negative: short(args.get("negative").and_then(Value::as_str).unwrap_or("")),
        style,
        seed,
        width: side("width")?,
        height: side("height")?,
    })
}

fn unwritable(path: &Path, why: &std::io::Error) -> ToolError {
    ToolError::tell("unavailable", format!("the picture can't be saved as {}: {why}", path.display()))
}

#[cfg(test)]
mod servers;
#[cfg(test)]
mod tests;
