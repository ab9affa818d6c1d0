//! The API of Stable Diffusion web UI (AUTOMATIC1111), which its forks and others have too: `POST
//! /sdapi/v1/txt2img`.
//!
//! <https://github.com/AUTOMATIC1111/stable-diffusion-webui/wiki/API>

use super::endpoint::{Endpoint, decoded};
use super::painter::{Painter, Painting, Picture, Surroundings};
use crate::{CallCx, ToolError};
use async_trait::async_trait;
use serde_json::{Value, json};

/// Where it listens by default.
const USUAL: &str = "http://127.0.0.1:7860";
/// Widths and heights are in latents of so many pixels.
const LATENT: u32 = 8;

struct WebUi {
    endpoint: Endpoint,
    /// `USER:PASSWORD`, as its `--api-auth` has it.
    key: Option<String>,
}

/// `argument` is the server's address, or nothing.
pub fn build(argument: &str, around: &Surroundings) -> Result<Box<dyn Painter>, String> {
    let endpoint = Endpoint::at(if argument.is_empty() { USUAL } else { argument })?;
    Ok(Box::new(WebUi { endpoint, key: around.key.clone() }))
}

#[async_trait]
impl Painter for WebUi {
    fn name(&self) -> &'static str {
        "a1111"
    }

    async fn paint(&self, picture: &Picture, _: &CallCx) -> Result<Painting, ToolError> {
        let whole = |side: u32| (side / LATENT).max(1) * LATENT;
        let body = json!({
            "prompt": picture.in_words(),
            "negative_prompt": picture.negative,
            "width": whole(picture.width),
            "height": whole(picture.height),
            "seed": picture.seed.map_or(json!(-1), |seed| json!(seed)),
            "batch_size": 1,
            "n_iter": 1,
        });
        let mut request = self.endpoint.post("sdapi/v1/txt2img").json(&body);
        if let Some(key) = &self.key {
            let (user, password) = key.split_once(':').unwrap_or((key, ""));
            request = request.basic_auth(user, Some(password));
        }
        let reply = self.endpoint.ask(request).await?;
        let Some(text) = reply["images"][0].as_str() else {
            return Err(ToolError::tell("exception", "the picture server sent no picture"));
        };
        // What it says of the picture is JSON in a text.
        let info: Value = reply["info"].as_str().and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default();
        let model = info["sd_model_name"].as_str().unwrap_or_default().to_owned();
        let seed = info["seed"].as_u64().or(picture.seed);
        Ok(Painting { png: decoded(text)?, svg: None, description: picture.prompt.clone(), seed, model })
    }
}
