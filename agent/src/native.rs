//! The model as a free agent: it sees the tools and writes its own calls.

use crate::lead::{Lead, Turn};
use crate::notebook::describe_files;
use async_trait::async_trait;
use polymath_chat::{Event, Message};
use polymath_model::engine::{ReplyRequest, ReplyStop, Rules};
use std::path::PathBuf;

/// Tokens of one reply.
const MAX_TOKENS: usize = 2048;

pub struct Native;

/// Date only, and nothing else that changes between runs: the prefix is to be found in the cache.
fn system_prompt(files: &[PathBuf]) -> String {
    let prompt = format!(
        "You are a research assistant with tools. Today is {}. Look facts up before you state them, and cite the pages \
         you opened as [1], [2], … in the order you opened them. Use the calculator or python for every calculation. \
         If something was not found, say so: n/a is a good answer.",
        chrono::Local::now().date_naive()
    );
    let files = describe_files(files);
    if files.is_empty() { prompt } else { format!("{prompt}\n\n{files}") }
}

#[async_trait]
impl Lead for Native {
    async fn next(&mut self, turn: &mut Turn<'_>) -> anyhow::Result<Message> {
        let mut messages = vec![Message::system(system_prompt(&turn.chat.files))];
        messages.extend(turn.chat.messages.iter().cloned());
        let tools = turn.agent.tools.specs();
        let reply = turn
            .agent
            .engine
            .reply(ReplyRequest {
                conversation: &turn.chat.id,
                messages: &messages,
                tools: &tools,
                rules: Rules::free(MAX_TOKENS),
                sampling: turn.agent.settings.sampling.clone(),
                cancel: turn.cancel.clone(),
                events: turn.events.clone(),
            })
            .await?;
        turn.tokens += reply.usage.completion;
        for (raw, why) in &reply.malformed {
            let text =
                format!("the model wrote a call that cannot be read ({why}): {}", crate::evidence::clip(raw, 200));
            let _ = turn.events.send(Event::Notice { text });
        }
        match reply.stop {
            ReplyStop::Cancelled => anyhow::bail!("interrupted"),
            ReplyStop::Length | ReplyStop::Loop => {
                let text = "the model's reply was cut: it did not come to an end".to_owned();
                let _ = turn.events.send(Event::Notice { text });
            }
            ReplyStop::End => {}
        }
        Ok(reply.message)
    }
}
