//! Files in and out: what the user brings to a conversation, and what tools made in it.

use super::desk::blocking;
use crate::app::{App, read_body};
use crate::error::ApiError;
use axum::body::Body;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Json, Response};
use polymath_agent::session::SessionRecord;
use polymath_chat::{Artifact, Event};
use rand::Rng;
use serde::Deserialize;
use serde_json::{Value, json};
use std::path::Path as FilePath;

/// Bytes of an upload: no table that is larger is taken as one.
pub const UPLOAD_LIMIT: usize = 32 << 20;
/// Bytes of a file's name that every file system takes.
const LONGEST_NAME: usize = 200;
/// What browsers draw and do not run. SVG is drawn by `<img>`, and opened by itself it is walled in.
const PICTURES: [&str; 5] = ["image/png", "image/jpeg", "image/gif", "image/webp", "image/svg+xml"];
/// For files that somebody opens by themselves: nothing in them runs or loads.
const INERT: &str = "sandbox; default-src 'none'; style-src 'unsafe-inline'";

#[derive(Debug, Deserialize)]
pub struct Named {
    name: String,
}

/// Takes a file; a run names it by the id that is answered.
pub async fn upload(
    State(app): State<App>,
    Query(Named { name }): Query<Named>,
    body: Body,
) -> Result<(StatusCode, Json<Value>), ApiError> {
    let folder = app.desk()?.uploads.clone();
    let name = file_name(&name)?;
    let content = read_body(body, &app.limits, UPLOAD_LIMIT).await?;
    let (bytes, kept) = (content.len(), name.clone());
    let id = blocking(move || {
        let id = format!("{:032x}", rand::rng().random::<u128>());
        let folder = folder.join(&id);
        let write = || {
            std::fs::create_dir_all(&folder)?;
            std::fs::write(folder.join(&kept), &content)
        };
        write().map_err(|e| {
            let message = format!("cannot keep the file {kept} in {}: {e}; make room there", folder.display());
            ApiError::new(StatusCode::INSUFFICIENT_STORAGE, "upload_failed", message)
        })?;
        Ok(id)
    });
    Ok((StatusCode::CREATED, Json(json!({"id": id.await?, "name": name, "bytes": bytes}))))
}

/// A name without folders, that hides nothing and breaks no line.
pub fn file_name(name: &str) -> Result<String, ApiError> {
    let own = name.rsplit(['/', '\\']).next().unwrap_or_default();
    let own: String = own.chars().map(|c| if c.is_control() { '_' } else { c }).collect();
    if own.is_empty() || own.starts_with('.') || own.len() > LONGEST_NAME {
        let message =
            format!("`{own}` can't be a file's name here: 1 to {LONGEST_NAME} bytes, no dot in front; rename it");
        return Err(ApiError::invalid("name", message));
    }
    Ok(own)
}

/// A file that a tool made in this conversation, as the record names it.
pub async fn artifact(State(app): State<App>, Path((id, name)): Path<(String, String)>) -> Result<Response, ApiError> {
    let desk = app.desk()?;
    let running = desk.live(&id).map(|live| live.events()).unwrap_or_default();
    let (found, content) = blocking(move || {
        let record = desk.store.export(&id)?;
        let found = artifact_of(&record, &running, &name)
            .ok_or_else(|| missing(format!("no tool made a file `{name}` here")))?;
        let content = read_file(&found, u64::MAX)?;
        Ok((found, content))
    })
    .await?;
    let mut headers = HeaderMap::new();
    let mime = PICTURES.into_iter().find(|mime| *mime == found.mime);
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(mime.unwrap_or("application/octet-stream")));
    headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(INERT));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    if mime.is_none() {
        headers.insert(header::CONTENT_DISPOSITION, HeaderValue::from_static("attachment"));
    }
    Ok((headers, content).into_response())
}

/// The latest artifact of this name.
pub fn artifact_of(record: &SessionRecord, running: &[Event], name: &str) -> Option<Artifact> {
    let events = record.events.iter().map(|e| &e.event).chain(running);
    let made = events.flat_map(|event| match event {
        Event::Artifact { artifact } => std::slice::from_ref(artifact),
        Event::Result { artifacts, .. } => artifacts,
        _ => &[],
    });
    made.rev().find(|artifact| artifact.name == name).cloned()
}

/// The content of a file of at most so many bytes.
pub fn read_file(artifact: &Artifact, most: u64) -> Result<Vec<u8>, ApiError> {
    read(&artifact.path, most).map_err(|e| missing(format!("the file `{}` can't be read any more: {e}", artifact.name)))
}

/// A link in its place is none of ours.
fn read(path: &FilePath, most: u64) -> std::io::Result<Vec<u8>> {
    let about = std::fs::symlink_metadata(path)?;
    if !about.is_file() {
        return Err(std::io::Error::other("it is no regular file"));
    }
    if about.len() > most {
        return Err(std::io::Error::other(format!("it has {} bytes and {most} is the most", about.len())));
    }
    std::fs::read(path)
}

fn missing(message: String) -> ApiError {
    ApiError::new(StatusCode::NOT_FOUND, "unknown_artifact", format!("{message}; reload the conversation"))
}
