//! What the browser reads of every HTML page of a folder, one line of JSON each: `{"page": NAME, "text": TEXT}`.
//! `examples/pages/score.py` compares it with the pages' known text.

use anyhow::Context;
use polymath_tools::browser::{Browser, BrowserConfig, BrowserOpen, SearchSpec};
use polymath_tools::{CallCx, Tool, ToolError};
use serde_json::json;
use std::path::PathBuf;
use tokio_util::sync::CancellationToken;

#[tokio::main(flavor = "current_thread")]
async fn main() -> anyhow::Result<()> {
    let folder = PathBuf::from(std::env::args().nth(1).context("usage: read_pages FOLDER")?);
    let spec = SearchSpec::parse(&format!("local:{}", folder.display()))?;
    let browser = BrowserOpen::new(Browser::new(BrowserConfig::new(spec, std::env::temp_dir()))?);
    let mut pages: Vec<PathBuf> = std::fs::read_dir(&folder)?.map(|e| e.map(|e| e.path())).collect::<Result<_, _>>()?;
    pages.retain(|page| page.extension().is_some_and(|e| e == "html"));
    pages.sort();
    for page in pages {
        let name = page.file_name().context("a page without a name")?.to_string_lossy().into_owned();
        let cx = CallCx {
            today: chrono::NaiveDate::default(),
            session: name.clone(),
            out: PathBuf::new(),
            model: None,
            tables: Vec::new(),
            files: Vec::new(),
            approve: None,
            cancel: CancellationToken::new(),
        };
        let text = match browser.call(json!({"target": format!("local:{name}"), "full": true}), &cx).await {
            Ok(output) => output.sources.into_iter().map(|source| source.text).collect(),
            Err(ToolError::TellModel(_)) => String::new(), // a page without text
            Err(ToolError::Abort(e)) => return Err(e),
        };
        browser.end(&name).await;
        println!("{}", json!({"page": name, "text": text}));
    }
    Ok(())
}
