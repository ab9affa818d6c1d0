//! OpenAI's images API, which other servers have too: `POST /images/generations`.
//!
//! <https://platform.openai.com/docs/api-reference/images/create>

use super::endpoint::{Endpoint, decoded};
use super::painter::{Painter, Painting, Picture, Surroundings};
use crate::{CallCx, ToolError};
use async_trait::async_trait;
use serde_json::{Value, json};

/// Who is asked where nobody is named.
const OFFICIAL: &str = "https://api.openai.com/v1";
const HOST: &str = "api.openai.com";
const MODEL: &str = "gpt-image-1";

struct OpenAi {
    endpoint: Endpoint,
    model: String,
    key: Option<String>,
}

/// `argument` is `URL#MODEL`, either of which may be left out.
pub fn build(argument: &str, around: &Surroundings) -> Result<Box<dyn Painter>, String> {
    let (address, model) = argument.split_once('#').unwrap_or((argument, ""));
    let endpoint = Endpoint::at(if address.is_empty() { OFFICIAL } else { address })?;
    // The key that other programs use too goes to whom it is from.
    let own = around.openai_key.clone().filter(|_| endpoint.is_host(HOST));
    let key = around.key.clone().or(own);
    if key.is_none() && endpoint.is_host(HOST) {
        return Err("the image backend openai needs a key: set POLYMATH_IMAGE_KEY or OPENAI_API_KEY".to_owned());
    }
    Ok(Box::new(OpenAi { endpoint, model: if model.is_empty() { MODEL } else { model }.to_owned(), key }))
}

/// The size that a model knows which is nearest to the one that is wanted, in its shape.
fn size(model: &str, picture: &Picture) -> String {
    let known: &[(u32, u32)] = match model {
        m if m.starts_with("gpt-image") => &[(1024, 1024), (1536, 1024), (1024, 1536)],
        m if m.starts_with("dall-e-3") => &[(1024, 1024), (1792, 1024), (1024, 1792)],
        m if m.starts_with("dall-e-2") => &[(1024, 1024), (512, 512), (256, 256)],
        _ => &[],
    };
    let wanted = (f64::from(picture.width), f64::from(picture.height));
    let far = |(width, height): &&(u32, u32)| {
        let (width, height) = (f64::from(*width), f64::from(*height));
        let shape = ((width / height) / (wanted.0 / wanted.1)).ln().abs();
        let area = ((width * height) / (wanted.0 * wanted.1)).ln().abs();
        ((shape * 1e6) as i64, (area * 1e6) as i64)
    };
    let (width, height) = known.iter().min_by_key(far).copied().unwrap_or((picture.width, picture.height));
    format!("{width}x{height}")
}

#[async_trait]
impl Painter for OpenAi {
    fn name(&self) -> &'static str {
        "openai"
    }

    async fn paint(&self, picture: &Picture, _: &CallCx) -> Result<Painting, ToolError> {
        let mut body = json!({
            "model": self.model,
            "prompt": picture.in_words(),
            "n": 1,
            "size": size(&self.model, picture),
        });
        // OpenAI's newer models send base64 and refuse to be asked for it; all others have to be.
        match self.model.starts_with("gpt-image") {
            true => body["output_format"] = json!("png"),
            false => body["response_format"] = json!("b64_json"),
        }
        // Not in OpenAI's API; other servers have it.
        if let Some(seed) = picture.seed.filter(|_| !self.endpoint.is_host(HOST)) {
            body["seed"] = json!(seed);
        }
        let mut request = self.endpoint.post("images/generations").json(&body);
        if let Some(key) = &self.key {
            request = request.bearer_auth(key);
        }
        let reply = self.endpoint.ask(request).await?;
        let first = &reply["data"][0];
        let Some(text) = first["b64_json"].as_str() else {
            let why = if first["url"].is_string() { "an address, which is not fetched" } else { "no picture" };
            return Err(ToolError::tell(
                "exception",
                format!("the picture server sent {why}; it has to send b64_json"),
            ));
        };
        let description = first["revised_prompt"].as_str().unwrap_or(&picture.prompt).to_owned();
        Ok(Painting { png: decoded(text)?, svg: None, description, seed: seed(&body), model: self.model.clone() })
    }
}

/// The seed that was asked for.
fn seed(body: &Value) -> Option<u64> {
    body["seed"].as_u64()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_size_that_a_model_knows_is_asked_for() {
        let of = |model: &str, width, height| size(model, &Picture { width, height, ..Picture::default() });
        assert_eq!(of("gpt-image-1", 768, 768), "1024x1024");
        assert_eq!(of("gpt-image-1", 1200, 600), "1536x1024");
        assert_eq!(of("dall-e-3", 600, 1200), "1024x1792");
        assert_eq!(of("dall-e-2", 300, 300), "256x256");
        assert_eq!(of("flux-schnell", 640, 448), "640x448");
    }
}
