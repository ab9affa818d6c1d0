//! A question to a model on this computer, answered from a folder of pages.
//!
//! cargo run --release --example ask -- qwen2.5-coder-1.5b "How high is the Arnsfeld Tower?" examples/runs/pages/towers

use anyhow::{Context, anyhow};
use polymath_agent::{Agent, Chat, Settings};
use polymath_chat::Event;
use polymath_llama::{LlamaEngine, LlamaOptions};
use polymath_model::dialect;
use polymath_model::store::{self, Mode, Store};
use polymath_sandbox::Config;
use polymath_tools::browser::{BrowserConfig, SearchSpec};
use polymath_tools::{Registry, ToolsConfig};
use std::sync::Arc;
use tokio::sync::mpsc::unbounded_channel;
use tokio_util::sync::CancellationToken;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let [model, question, folder] =
        <[String; 3]>::try_from(words).map_err(|_| anyhow!("usage: ask MODEL QUESTION FOLDER"))?;
    let kept = tempfile::tempdir()?;

    // A name of the catalogue that was pulled before, or a path to a .gguf.
    let found = Store::open(&store::home()).resolve(&model)?;
    let known = found.entry.and_then(|entry| dialect::by_name(&entry.dialect));
    let dialect = known.or_else(|| dialect::by_name("generic")).context("there is no dialect `generic`")?;
    let guided = found.entry.map(|entry| entry.mode == Mode::Guided);
    let engine = LlamaEngine::load(LlamaOptions { guided, ..LlamaOptions::new(found.path, found.name, dialect) })?;

    let browser = BrowserConfig::new(SearchSpec::parse(&format!("local:{folder}"))?, kept.path());
    let config = ToolsConfig { browser, python: Config::from_env(), image: String::new() };
    let names = ["browser_search", "browser_open", "browser_find", "calculator"].map(str::to_owned);
    let tools = Registry::build(config, Some(&names))?;

    let agent = Agent { engine: Arc::new(engine), tools, settings: Settings::new(kept.path().join("out")) };
    let (events, mut told) = unbounded_channel();
    let showing = tokio::spawn(async move {
        while let Some(event) = told.recv().await {
            if let Event::Call { tool, arguments, .. } = event {
                eprintln!("→ {tool} {arguments}");
            }
        }
    });
    let mut chat = Chat::new("example");
    let end = agent.turn(&mut chat, &question, &events, CancellationToken::new()).await?;
    drop(events);
    showing.await?;

    println!("{}", end.answer.text);
    for figure in &end.answer.figures {
        println!("  {}: {:?}, {}", figure.text, figure.status, figure.evidence);
    }
    for source in &end.answer.citations {
        println!("[{}] {} <{}>", source.n, source.title, source.url);
    }
    Ok(())
}
