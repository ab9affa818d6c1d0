//! `POST /v1/embeddings`: texts as vectors, by the embedding model that the server was given beside the one that
//! writes.
//!
//! Source: <https://platform.openai.com/docs/api-reference/embeddings/create>.

use crate::app::{App, json_body};
use crate::error::ApiError;
use crate::wire::fields::{Fields, wrong};
use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Json;
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use polymath_model::embed::{EmbedError, EmbedderInfo};
use serde_json::{Value, json};

/// Texts of one request, as OpenAI has it.
const MOST: usize = 2048;

pub async fn create(State(app): State<App>, headers: HeaderMap, body: Body) -> Result<Json<Value>, ApiError> {
    let body = json_body(&headers, body, &app.limits).await?;
    let Some(embedder) = &app.embedder else {
        let name = &app.engine.info().name;
        let message = format!(
            "`{name}` writes text and makes no embeddings; start the server with --embedding-model and a GGUF embedding \
             model"
        );
        let error = ApiError::new(StatusCode::BAD_REQUEST, "no_embedding_model", message);
        return Err(ApiError { param: Some("model".into()), ..error });
    };
    let info = embedder.info();
    let fields = Fields::of(&body, "")?;
    check_model(&fields, info)?;
    let texts = texts(&fields)?;
    let as_base64 = match fields.text("encoding_format")? {
        None | Some("float") => false,
        Some("base64") => true,
        Some(other) => return Err(wrong("encoding_format", "float or base64", &json!(other))),
    };
    if let Some(wanted) = fields.integer("dimensions", 1..=i64::MAX)?
        && wanted as usize != info.dimensions
    {
        let message = format!("the vectors of `{}` have {} dimensions, not {wanted}", info.name, info.dimensions);
        return Err(ApiError::invalid("dimensions", message));
    }
    let made = embedder.embed(texts).await?;
    let vector = |vector: &Vec<f32>| match as_base64 {
        true => {
            let bytes: Vec<u8> = vector.iter().flat_map(|x| x.to_le_bytes()).collect();
            json!(BASE64_STANDARD.encode(bytes))
        }
        false => json!(vector),
    };
    let data = made.vectors.iter().enumerate();
    let data = data.map(|(i, v)| json!({"object": "embedding", "index": i, "embedding": vector(v)}));
    Ok(Json(json!({
        "object": "list",
        "data": data.collect::<Vec<_>>(),
        "model": info.name,
        "usage": {"prompt_tokens": made.tokens, "total_tokens": made.tokens},
    })))
}

fn check_model(fields: &Fields<'_>, info: &EmbedderInfo) -> Result<(), ApiError> {
    let name = fields.text("model")?.unwrap_or_default();
    if [info.name.as_str(), "default", ""].contains(&name) {
        return Ok(());
    }
    let message = format!("`{name}` makes no embeddings here; `{}` does (also called `default`)", info.name);
    let error = ApiError::new(StatusCode::NOT_FOUND, "model_not_found", message);
    Err(ApiError { param: Some("model".into()), ..error })
}

fn texts(fields: &Fields<'_>) -> Result<Vec<String>, ApiError> {
    let what = format!("a text, or an array of 1 to {MOST} texts, none of them empty");
    let Some(input) = fields.get("input") else { return Err(fields.missing("input", &what)) };
    let texts = match input {
        Value::String(one) => Some(vec![one.clone()]),
        Value::Array(many) if many.iter().any(|one| one.is_number() || one.is_array()) => {
            let message = "`input` has tokens, and those of another model's vocabulary mean nothing here; send text";
            return Err(ApiError::invalid("input", message));
        }
        Value::Array(many) => many.iter().map(|one| one.as_str().map(str::to_owned)).collect(),
        _ => None,
    };
    let fits = |texts: &Vec<String>| (1..=MOST).contains(&texts.len()) && texts.iter().all(|text| !text.is_empty());
    texts.filter(fits).ok_or_else(|| wrong("input", &what, input))
}

impl From<EmbedError> for ApiError {
    fn from(error: EmbedError) -> Self {
        let message = error.to_string();
        match error {
            EmbedError::TooLong { text, .. } => ApiError {
                param: Some(format!("input[{text}]")),
                ..ApiError::new(StatusCode::BAD_REQUEST, "context_length_exceeded", message)
            },
            EmbedError::Failed(_) => ApiError::new(StatusCode::INTERNAL_SERVER_ERROR, "engine_failed", message),
        }
    }
}
