//! `/v1/files`: files that a client leaves here and names later by their ids: in `files` of a run, or in the
//! `file_ids` of a response's code interpreter.
//!
//! Source: <https://platform.openai.com/docs/api-reference/files>.

use crate::app::{App, read_body};
use crate::error::ApiError;
use crate::files::{FileStore, StoredFile};
use crate::runs::desk::blocking;
use crate::runs::files::{UPLOAD_LIMIT, file_name};
use axum::body::{Body, Bytes};
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Json, Response};
use multer::{Multipart, parse_boundary};
use serde::Deserialize;
use serde_json::{Value, json};
use std::convert::Infallible;

/// What files are for, in OpenAI's words. Here they are all kept the same way.
const PURPOSES: [&str; 6] = ["assistants", "batch", "evals", "fine-tune", "user_data", "vision"];
/// Bytes of a form beside its file.
const FORM: usize = 64 << 10;
/// Files of one answer.
const LONGEST_LIST: usize = 10_000;

fn store(app: &App) -> Result<FileStore, ApiError> {
    Ok(app.desk()?.files.clone())
}

fn about(file: &StoredFile) -> Value {
    json!({
        "id": file.id,
        "object": "file",
        "bytes": file.bytes,
        "created_at": file.created_at,
        "filename": file.filename,
        "purpose": file.purpose,
        "status": "processed",
        "expires_at": null,
        "status_details": null,
    })
}

fn unknown(id: &str) -> ApiError {
    let message = format!("there is no file `{id}`; GET /v1/files lists those there are");
    ApiError { param: Some("id".into()), ..ApiError::new(StatusCode::NOT_FOUND, "unknown_file", message) }
}

fn unkept(error: &std::io::Error) -> ApiError {
    let message = format!("the file cannot be kept: {error}; make room, and send it again");
    ApiError::new(StatusCode::INSUFFICIENT_STORAGE, "file_not_kept", message)
}

fn unreadable(what: &str, error: &std::io::Error) -> ApiError {
    let message = format!("{what} cannot be read: {error}");
    ApiError::new(StatusCode::INTERNAL_SERVER_ERROR, "file_unreadable", message)
}

pub async fn upload(State(app): State<App>, headers: HeaderMap, body: Body) -> Result<Json<Value>, ApiError> {
    let store = store(&app)?;
    let Form { name, purpose, content } = form(&app, &headers, body).await?;
    let kept = blocking(move || store.keep(&name, &purpose, &content).map_err(|e| unkept(&e)));
    Ok(Json(about(&kept.await?)))
}

/// What an upload has to have.
struct Form {
    name: String,
    purpose: String,
    content: Bytes,
}

async fn form(app: &App, headers: &HeaderMap, body: Body) -> Result<Form, ApiError> {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|v| v.to_str().ok()).unwrap_or_default();
    let boundary = parse_boundary(kind).map_err(|_| {
        let message = format!("the content type is `{kind}`; send the file as a form (multipart/form-data)");
        ApiError::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "unsupported_content_type", message)
    })?;
    let bytes = Bytes::from(read_body(body, &app.limits, UPLOAD_LIMIT + FORM).await?);
    let broken = |e: multer::Error| ApiError::invalid("file", format!("the form cannot be read: {e}; send it again"));
    let mut parts = Multipart::new(futures::stream::iter([Ok::<_, Infallible>(bytes)]), boundary);
    let (mut file, mut purpose) = (None, None);
    while let Some(part) = parts.next_field().await.map_err(broken)? {
        match part.name() {
            Some("file") => {
                let name = file_name(part.file_name().unwrap_or("file"))
                    .map_err(|error| ApiError { param: Some("file".into()), ..error })?;
                file = Some((name, part.bytes().await.map_err(broken)?));
            }
            Some("purpose") => purpose = Some(part.text().await.map_err(broken)?),
            Some(other) => {
                let message = format!("`{other}` is not supported; send `file` and `purpose`");
                return Err(ApiError::invalid(other, message));
            }
            None => return Err(ApiError::invalid("file", "a part of the form has no name; send `file` and `purpose`")),
        }
    }
    let Some((name, content)) = file else {
        return Err(ApiError::invalid("file", "`file` is missing; send the file, with its name"));
    };
    let what = format!("one of {}", PURPOSES.join(", "));
    match purpose {
        Some(purpose) if PURPOSES.contains(&purpose.as_str()) => Ok(Form { name, purpose, content }),
        Some(other) => Err(ApiError::invalid("purpose", format!("`purpose` must be {what}, not `{other}`"))),
        None => Err(ApiError::invalid("purpose", format!("`purpose` is missing; send {what}"))),
    }
}

#[derive(Debug, Deserialize)]
pub struct Wanted {
    purpose: Option<String>,
    limit: Option<usize>,
    order: Option<String>,
    after: Option<String>,
}

pub async fn list(State(app): State<App>, Query(wanted): Query<Wanted>) -> Result<Json<Value>, ApiError> {
    let store = store(&app)?;
    let limit = wanted.limit.unwrap_or(LONGEST_LIST);
    if !(1..=LONGEST_LIST).contains(&limit) {
        return Err(ApiError::invalid("limit", format!("`limit` must be 1 to {LONGEST_LIST}, not {limit}")));
    }
    let newest_first = match wanted.order.as_deref() {
        None | Some("desc") => true,
        Some("asc") => false,
        Some(other) => return Err(ApiError::invalid("order", format!("`order` must be asc or desc, not `{other}`"))),
    };
    let mut files = blocking(move || store.list().map_err(|e| unreadable("the list of files", &e))).await?;
    if newest_first {
        files.reverse();
    }
    files.retain(|file| wanted.purpose.as_ref().is_none_or(|purpose| file.purpose == *purpose));
    if let Some(after) = wanted.after {
        let at = files.iter().position(|file| file.id == after).ok_or_else(|| unknown(&after))?;
        files.drain(..=at);
    }
    let has_more = files.len() > limit;
    files.truncate(limit);
    Ok(Json(json!({
        "object": "list",
        "data": files.iter().map(about).collect::<Vec<_>>(),
        "first_id": files.first().map(|file| &file.id),
        "last_id": files.last().map(|file| &file.id),
        "has_more": has_more,
    })))
}

pub async fn one(State(app): State<App>, Path(id): Path<String>) -> Result<Json<Value>, ApiError> {
    let store = store(&app)?;
    let found = blocking(move || store.find(&id).ok_or_else(|| unknown(&id)));
    Ok(Json(about(&found.await?)))
}

/// The bytes as they came. Whatever they are, no browser shows or runs them from here.
pub async fn content(State(app): State<App>, Path(id): Path<String>) -> Result<Response, ApiError> {
    let store = store(&app)?;
    let bytes = blocking(move || {
        let path = store.find(&id).and_then(|file| store.path(&file)).ok_or_else(|| unknown(&id))?;
        std::fs::read(path).map_err(|e| unreadable(&format!("the file `{id}`"), &e))
    });
    let fixed = |value| HeaderValue::from_static(value);
    let headers = [
        (header::CONTENT_TYPE, fixed("application/octet-stream")),
        (header::CONTENT_DISPOSITION, fixed("attachment")),
        (header::X_CONTENT_TYPE_OPTIONS, fixed("nosniff")),
    ];
    Ok((headers, bytes.await?).into_response())
}

pub async fn remove(State(app): State<App>, Path(id): Path<String>) -> Result<Json<Value>, ApiError> {
    let store = store(&app)?;
    let removed = blocking(move || match store.find(&id) {
        Some(file) => store.remove(&file).map(|()| id).map_err(|e| {
            let message = format!("the file cannot be removed: {e}");
            ApiError::new(StatusCode::INTERNAL_SERVER_ERROR, "file_not_removed", message)
        }),
        None => Err(unknown(&id)),
    });
    Ok(Json(json!({"id": removed.await?, "object": "file", "deleted": true})))
}
