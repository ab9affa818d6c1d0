//! A tool of one's own: what the model is told of it, and what a call does. The model here is one that was written down
//! beforehand, so that the example runs anywhere; `ask.rs` has a real one.
//!
//! cargo run --release --example add_a_tool

use async_trait::async_trait;
use polymath_agent::{Agent, Chat, Settings};
use polymath_chat::{Cell, Message, Provenance, Table, ToolOutput, ToolSpec};
use polymath_model::scripted::ScriptedEngine;
use polymath_tools::{CallCx, Registry, Sql, Tool, ToolError};
use serde_json::{Value, json};
use std::sync::Arc;
use tokio::sync::mpsc::unbounded_channel;
use tokio_util::sync::CancellationToken;

/// The shelves of a stockroom: goods and pieces.
const STOCK: &[(&str, f64)] = &[("lamps", 40.0), ("hooks", 1_200.0), ("ladders", 7.0)];

/// Looks things up in the stockroom.
struct Stock {
    spec: ToolSpec,
}

impl Stock {
    fn new() -> Stock {
        Stock {
            spec: ToolSpec {
                name: "stock".into(),
                description: "How many pieces of some goods are in the stockroom; of all goods without a name".into(),
                // Arguments are checked against this before a call is made.
                parameters: json!({"type": "object", "properties": {"goods": {"type": "string"}}}),
                raw_argument: None,
                // A second equal call gives the same: it need not be made.
                stateful: false,
            },
        }
    }
}

#[async_trait]
impl Tool for Stock {
    fn spec(&self) -> &ToolSpec {
        &self.spec
    }

    async fn call(&self, args: Value, _: &CallCx) -> Result<ToolOutput, ToolError> {
        let wanted = args["goods"].as_str();
        let found: Vec<_> = STOCK.iter().filter(|(name, _)| wanted.is_none_or(|wanted| wanted == *name)).collect();
        if found.is_empty() {
            // The model reads this and can do better; `ToolError::Abort` would end the turn.
            return Err(ToolError::tell("unknown", format!("there are no {}", wanted.unwrap_or_default())));
        }
        let how = || Provenance::Computed { how: "counted in the stockroom".into() };
        let row = |(name, pieces): &&(&str, f64)| {
            let count = Cell { number: Some(*pieces), ..Cell::new(pieces.to_string(), how()) };
            vec![Cell::new(*name, how()), count]
        };
        let columns = vec!["Goods".into(), "Pieces".into()];
        let table = Table { title: "Stock".into(), columns, rows: found.iter().map(row).collect() };
        // The text is for the model. The table is a table of the conversation from here on: SQL, charts and programs find it.
        Ok(ToolOutput { tables: vec![table.clone()], ..ToolOutput::text(table.markdown()) })
    }
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let out = tempfile::tempdir()?;
    let script = vec![
        ScriptedEngine::calling(&[("stock", json!({"goods": "chairs"}))]),
        ScriptedEngine::calling(&[("stock", json!({}))]),
        ScriptedEngine::calling(&[("sql", json!({"query": "SELECT sum(Pieces) AS All_pieces FROM t1"}))]),
        Message::assistant("There are no chairs. All goods together are 1247 pieces."),
    ];
    let tools: [Arc<dyn Tool>; 2] = [Arc::new(Stock::new()), Arc::new(Sql::default())];
    let agent = Agent {
        engine: Arc::new(ScriptedEngine::new(false, script, &[])),
        tools: Registry::new(tools),
        settings: Settings::new(out.path()),
    };
    let (events, mut told) = unbounded_channel();
    let mut chat = Chat::new("example");
    let end =
        agent.turn(&mut chat, "How many chairs are there, and how much of all?", &events, CancellationToken::new());
    let end = end.await?;
    drop(events);
    while let Some(event) = told.recv().await {
        println!("{}", serde_json::to_string(&event)?);
    }
    println!("\n{}", end.answer.text);
    for figure in end.answer.figures {
        println!("  {}: {:?}, {}", figure.text, figure.status, figure.evidence);
    }
    Ok(())
}
