//! A model of one's own: whatever can say the next message of a conversation. This one is a desk calculator's idea of a
//! model: it sends every sum to the calculator, and reads the result out.
//!
//! cargo run --release --example custom_model -- "What is 17.5 * 12?"

use async_trait::async_trait;
use polymath_agent::{Agent, Chat, Settings};
use polymath_chat::{Completion, CompletionError, Event, Message, Role, ToolCall, call_id};
use polymath_model::engine::{Engine, EngineError, Events, ModelInfo, Reply, ReplyRequest, ReplyStop, TokenUsage};
use polymath_tools::{Calculator, Registry, Tool};
use serde_json::json;
use std::sync::Arc;
use tokio::sync::mpsc::unbounded_channel;
use tokio_util::sync::CancellationToken;

struct Desk {
    info: ModelInfo,
}

impl Desk {
    fn new() -> Desk {
        let info = ModelInfo {
            name: "desk".into(),
            context: 4096,
            parameters: 0,
            dialect: "generic",
            // It writes its own calls.
            guided: false,
        };
        Desk { info }
    }

    /// What of a question is a sum.
    fn sum(question: &str) -> Option<&str> {
        let from = question.find(|c: char| c.is_ascii_digit() || c == '(')?;
        let to = question.rfind(|c: char| c.is_ascii_digit() || c == ')')?;
        Some(&question[from..=to])
    }
}

#[async_trait]
impl Engine for Desk {
    fn info(&self) -> &ModelInfo {
        &self.info
    }

    fn count_tokens(&self, text: &str) -> usize {
        text.len().div_ceil(4)
    }

    async fn reply(&self, request: ReplyRequest<'_>) -> Result<Reply, EngineError> {
        let Some(last) = request.messages.last() else { return Err(EngineError::Failed("nothing was said".into())) };
        let message = match (last.role, Desk::sum(&last.content)) {
            (Role::Tool, _) => Message::assistant(format!("It is {}.", last.content.trim())),
            (_, Some(sum)) => {
                let calls = request.messages.iter().map(|message| message.calls.len()).sum::<usize>();
                let call = ToolCall {
                    id: call_id(calls + 1),
                    name: "calculator".into(),
                    arguments: json!({"expression": sum}),
                };
                Message { calls: vec![call], ..Message::assistant("") }
            }
            _ => Message::assistant("I do sums only."),
        };
        // What is written is told as it comes; this model is quick.
        if !message.content.is_empty() {
            let _ = request.events.send(Event::Text { delta: message.content.clone() });
        }
        let completion = self.count_tokens(&message.content);
        let usage = TokenUsage { completion, ..TokenUsage::default() };
        Ok(Reply { message, malformed: Vec::new(), usage, stop: ReplyStop::End, logprobs: Vec::new() })
    }

    /// Short tasks that are held to a grammar: a model that is led (`guided`) is asked them all the time.
    async fn complete(&self, _: Completion, _: CancellationToken, _: Events) -> Result<String, CompletionError> {
        Err(CompletionError::Engine("a desk calculator does sums only".into()))
    }
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let question = std::env::args().nth(1).unwrap_or_else(|| "What is 17.5 * 12?".into());
    let out = tempfile::tempdir()?;
    let calculator: Arc<dyn Tool> = Arc::new(Calculator::new());
    let agent = Agent {
        engine: Arc::new(Desk::new()),
        tools: Registry::new([calculator]),
        settings: Settings::new(out.path()),
    };
    let (events, _told) = unbounded_channel();
    let mut chat = Chat::new("example");
    let end = agent.turn(&mut chat, &question, &events, CancellationToken::new()).await?;
    println!("{}", end.answer.text);
    Ok(())
}
