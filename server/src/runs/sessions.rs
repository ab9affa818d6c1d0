//! Conversations: listed, shown, renamed, removed; and the pages that their answers cite.

use super::desk::blocking;
use super::{elsewhere, view};
use crate::app::{App, json_body};
use crate::error::ApiError;
use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Json;
use serde_json::{Value, json};

pub async fn list(State(app): State<App>) -> Result<Json<Value>, ApiError> {
    let desk = app.desk()?;
    let store = desk.store.clone();
    let (infos, under_way) = blocking(move || Ok((store.list()?, store.under_way()))).await?;
    let sessions = infos.into_iter().map(|info| {
        let running = desk.live(&info.id).is_some() || under_way.contains(&info.id);
        json!({
            "id": info.id, "title": info.title, "created": info.created, "updated": info.updated,
            "turns": info.turns, "running": running,
        })
    });
    Ok(Json(json!({"sessions": sessions.collect::<Vec<_>>()})))
}

pub async fn one(State(app): State<App>, Path(id): Path<String>) -> Result<Json<Value>, ApiError> {
    let desk = app.desk()?;
    // Taken first: what ends in between is then whole in the record that is read.
    let live = desk.live(&id);
    let store = desk.store.clone();
    let (record, under_way) = blocking(move || Ok(elsewhere::record(&store, &id)?)).await?;
    Ok(Json(view::session(&record, live.as_deref(), under_way)))
}

pub async fn rename(
    State(app): State<App>,
    Path(id): Path<String>,
    headers: HeaderMap,
    body: Body,
) -> Result<Json<Value>, ApiError> {
    let body = json_body(&headers, body, &app.limits).await?;
    let Some(title) = body["title"].as_str().map(str::trim).filter(|t| !t.is_empty()).map(str::to_owned) else {
        return Err(ApiError::invalid("title", "a session is renamed with {\"title\": \"…\"}, which is not empty"));
    };
    let store = app.desk()?.store.clone();
    blocking(move || Ok(store.rename(&id, &title)?)).await?;
    Ok(Json(json!({"renamed": true})))
}

/// Removes a conversation and the files that were uploaded for it. What tools made stays in its folder,
/// as with `sessions rm`.
pub async fn remove(State(app): State<App>, Path(id): Path<String>) -> Result<Json<Value>, ApiError> {
    let desk = app.desk()?;
    let removed = blocking(move || {
        let files = desk.store.export(&id)?.chat.user_files();
        let removed = desk.store.remove(&id)?;
        (desk.forget)(&removed);
        // Files are known by where they are without links.
        let uploads = desk.uploads.canonicalize().unwrap_or_else(|_| desk.uploads.clone());
        let own = files.iter().filter_map(|file| file.path.parent());
        for folder in own.filter(|folder| folder.parent() == Some(uploads.as_path())) {
            let _ = std::fs::remove_dir_all(folder);
        }
        Ok(removed)
    });
    Ok(Json(json!({"removed": removed.await?})))
}

pub async fn page(State(app): State<App>, Path((id, n)): Path<(String, usize)>) -> Result<Json<Value>, ApiError> {
    let store = app.desk()?.store.clone();
    let record = blocking(move || Ok(store.export(&id)?)).await?;
    let source = n.checked_sub(1).and_then(|at| record.chat.sources.get(at)).ok_or_else(|| {
        let message = format!("session {} has no page {n}; a turn's pages are there when it is over", record.info.id);
        ApiError::new(StatusCode::NOT_FOUND, "unknown_page", message)
    })?;
    let came = record.chat.page_of(&source.url);
    Ok(Json(json!({"n": n, "url": source.url, "title": source.title, "text": source.text, "retrieval": came})))
}
