//! `POST /v1/images/generations`: a picture by the tool `image`, which the served model plans.
//!
//! Source: <https://platform.openai.com/docs/api-reference/images/create>.

use crate::app::{App, check_model, json_body};
use crate::error::ApiError;
use crate::runs::files::read_file;
use crate::wire::fields::{Fields, wrong};
use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Json;
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use polymath_agent::Caller;
use polymath_chat::ToolFailure;
use serde_json::{Value, json};

const TOOL: &str = "image";
/// Bytes of a picture.
const LARGEST: u64 = 64 << 20;
/// Fields that are about how a picture is made elsewhere, with the values that leave it open.
const OPEN: [(&str, &[&str]); 5] = [
    ("quality", &["auto", "standard"]),
    ("background", &["auto", "opaque"]),
    ("moderation", &["auto"]),
    ("style", &[]),
    ("output_format", &["png"]),
];

pub async fn generate(State(app): State<App>, headers: HeaderMap, body: Body) -> Result<Json<Value>, ApiError> {
    let body = json_body(&headers, body, &app.limits).await?;
    let fields = Fields::of(&body, "")?;
    check_model(&app, fields.text("model")?.unwrap_or_default())?;
    refuse_unsupported(&fields)?;
    let prompt = fields.name("prompt", "what is to be seen")?;
    let mut arguments = json!({"prompt": prompt});
    if let Some((width, height)) = size(&fields)? {
        arguments["width"] = json!(width);
        arguments["height"] = json!(height);
    }
    let desk = app.desk()?;
    let caller = Caller::new(desk.agent.tools.clone(), desk.folder("images")).with_model(desk.agent.engine.clone());
    if !caller.knows(TOOL) {
        let message = format!("this server runs without the tool `{TOOL}`, which draws");
        return Err(ApiError::new(StatusCode::BAD_REQUEST, "no_image_tool", message));
    }
    let cancel = app.stop.child_token();
    // A client that goes away takes its picture with it.
    let _guard = cancel.clone().drop_guard();
    let output = caller.call(TOOL, arguments, None, cancel).await.map_err(refused)?;
    let picture = output.artifacts.iter().find(|artifact| artifact.mime == "image/png");
    let bytes = picture.map(|picture| read_file(picture, LARGEST)).transpose();
    // The client has it; it is part of no conversation.
    output.artifacts.iter().for_each(|artifact| drop(std::fs::remove_file(&artifact.path)));
    let Some(bytes) = bytes? else {
        let message = "the tool made no picture; try again with other words";
        return Err(ApiError::new(StatusCode::INTERNAL_SERVER_ERROR, "image_failed", message));
    };
    Ok(Json(json!({
        "created": chrono::Utc::now().timestamp(),
        "data": [{"b64_json": BASE64_STANDARD.encode(bytes)}],
        "output_format": "png",
    })))
}

fn refuse_unsupported(fields: &Fields<'_>) -> Result<(), ApiError> {
    if fields.integer("n", 1..=i64::MAX)?.is_some_and(|n| n != 1) {
        let message = "`n` can only be 1 here: the same words are drawn the same way each time";
        return Err(ApiError::invalid("n", message));
    }
    match fields.text("response_format")? {
        None | Some("b64_json") => {}
        Some(other) => return Err(wrong("response_format", "`b64_json`: no picture is kept here", &json!(other))),
    }
    if fields.flag("stream")?.unwrap_or(false) {
        return Err(ApiError::invalid("stream", "`stream` is not supported here: a picture comes whole"));
    }
    for (name, open) in OPEN {
        if let Some(value) = fields.text(name)?.filter(|value| !open.contains(value)) {
            let message =
                format!("`{name}` cannot be `{value}`: the tool that draws here has no such choice; leave it out");
            return Err(ApiError::invalid(name, message));
        }
    }
    Ok(())
}

/// `1024x768`; none where it is left open.
fn size(fields: &Fields<'_>) -> Result<Option<(u32, u32)>, ApiError> {
    let Some(text) = fields.text("size")?.filter(|text| *text != "auto") else { return Ok(None) };
    let side = |side: &str| side.parse().ok().filter(|side| (64..=2048).contains(side));
    let sides = text.split_once('x').and_then(|(width, height)| Some((side(width)?, side(height)?)));
    match sides {
        Some(sides) => Ok(Some(sides)),
        None => Err(wrong("size", "`auto` or WIDTHxHEIGHT, from 64 to 2048 pixels each", &json!(text))),
    }
}

fn refused(failure: ToolFailure) -> ApiError {
    match failure.kind.as_str() {
        "arguments" | "exception" | "denied" => ApiError::invalid("prompt", failure.message),
        _ => ApiError::new(StatusCode::INTERNAL_SERVER_ERROR, "image_failed", failure.message),
    }
}
