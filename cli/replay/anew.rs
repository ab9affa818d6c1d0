//! The pages of a run fetched again, and what of its conclusions has changed.

use crate::settings::Settings;
use crate::wiring;
use anyhow::bail;
use chrono::Local;
use polymath_agent::replay::{Fresh, compare, in_words};
use polymath_agent::session::SessionRecord;
use polymath_chat::plain;
use polymath_tools::{CallCx, Registry, ToolError};
use serde_json::json;
use std::io::Write;
use std::process::ExitCode;
use tokio_util::sync::CancellationToken;

/// A conclusion has changed.
const CHANGED: u8 = 3;

pub async fn refresh(record: &SessionRecord, settings: &Settings, json: bool) -> anyhow::Result<ExitCode> {
    if record.chat.sources.is_empty() {
        bail!(
            "the run {} opened no pages, so there is nothing to be fetched again\nhint: polymath replay {0} shows it as it was",
            record.info.id
        );
    }
    let browser = Settings { tools: Some(vec!["browser_open".into()]), ..settings.clone() };
    let tools = wiring::tools(&browser)?;
    let out = tempfile::tempdir()?;
    let cx = CallCx {
        session: format!("refresh-{}", record.info.id),
        out: out.path().to_owned(),
        model: None,
        tables: Vec::new(),
        files: Vec::new(),
        today: settings.today.unwrap_or_else(|| Local::now().date_naive()),
        approve: None,
        cancel: CancellationToken::new(),
    };
    let mut fresh = Vec::new();
    for source in &record.chat.sources {
        fresh.push(fetch(&tools, &source.url, &cx).await?);
    }
    if fresh.iter().all(|fresh| fresh.page.is_err()) {
        let why = fresh.first().and_then(|fresh| fresh.page.as_ref().err()).cloned().unwrap_or_default();
        bail!(
            "none of the run's {} pages can be had: {why}\nhint: pages of a local folder need --search local:FOLDER",
            fresh.len()
        );
    }
    let refreshed = compare(&record.chat, &fresh);
    let text = match json {
        true => plain::json(&format!("{}\n", json!(refreshed))),
        false => plain::clean(&in_words(&refreshed)),
    };
    std::io::stdout().write_all(text.as_bytes())?;
    Ok(if refreshed.changes.is_empty() { ExitCode::SUCCESS } else { ExitCode::from(CHANGED) })
}

async fn fetch(tools: &Registry, url: &str, cx: &CallCx) -> anyhow::Result<Fresh> {
    let Some(open) = tools.get("browser_open") else { bail!("the tool browser_open is missing") };
    let mut hash = None;
    let page = match open.call(json!({"target": url, "full": true}), cx).await {
        Ok(mut output) => {
            hash = output.retrieved.pop().map(|retrieval| retrieval.page);
            match output.sources.into_iter().next() {
                Some(source) => Ok((source, output.tables)),
                None => Err("it is no page".to_owned()),
            }
        }
        Err(ToolError::TellModel(failure)) => Err(failure.message),
        Err(ToolError::Abort(error)) => return Err(error),
    };
    Ok(Fresh { url: url.to_owned(), page, hash })
}
