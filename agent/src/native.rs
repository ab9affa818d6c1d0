//! The model as a free agent: it sees the tools and writes its own calls.
//!
//! A reply that cannot be used as it is gets mended before the loop sees it: a call that cannot be
//! read goes back to the model with what is wrong, a reply that was cut goes on, an empty one is
//! asked for again. What was said for that stays out of the conversation: its history holds what
//! counted.

use crate::evidence::clip;
use crate::lead::{Lead, Settings, Turn};
use crate::notebook::{describe_files, inherit};
use crate::prompts::NATIVE;
use async_trait::async_trait;
use polymath_chat::{Event, Message};
use polymath_model::engine::{Reply, ReplyRequest, ReplyStop, Rules, ToolChoice};
use std::path::PathBuf;

/// Tokens of one reply.
const MAX_TOKENS: usize = 2048;
/// Replies that are asked for again, or gone on with, in one step.
const MENDS: usize = 3;

/// Leads a turn by the model's own calls.
#[derive(Default)]
pub struct Native {
    /// How many of the turn's outcomes were looked at.
    observed: usize,
}

/// Date only, and nothing else that changes between runs: the prefix is to be found in the cache.
fn system_prompt(settings: &Settings, files: &[PathBuf]) -> String {
    let prompt = settings.dated(&NATIVE.system());
    let files = describe_files(files);
    if files.is_empty() { prompt } else { format!("{prompt}\n\n{files}") }
}

#[async_trait]
impl Lead for Native {
    async fn next(&mut self, turn: &mut Turn<'_>) -> anyhow::Result<Message> {
        self.take_tables(turn);
        reply(turn, ToolChoice::Auto, Vec::new()).await
    }

    async fn last(&mut self, turn: &mut Turn<'_>) -> anyhow::Result<Message> {
        self.take_tables(turn);
        let now = "No further calls are possible. Answer now, from what was found above; say what is missing.";
        reply(turn, ToolChoice::None, vec![Message::user(now)]).await
    }
}

impl Native {
    /// Takes the tables that calls brought into the notebook, and tells the model by which names
    /// programs find them.
    fn take_tables(&mut self, turn: &mut Turn<'_>) {
        let new = std::mem::replace(&mut self.observed, turn.outcomes.len());
        for outcome in &turn.outcomes[new..] {
            let Ok(output) = &outcome.result else { continue };
            let mut names = Vec::new();
            for table in &output.tables {
                let computed = outcome.call.name == "python";
                let table = match turn.chat.table_named(&table.title).filter(|_| computed) {
                    Some(old) => inherit(old, table.clone()),
                    None => table.clone(),
                };
                names.push(turn.chat.add_table(table.clone()));
                if computed {
                    let _ = turn.events.send(Event::Table { table: table.clone() });
                    turn.tables.push(table);
                }
            }
            if !names.is_empty()
                && let Some(message) =
                    turn.chat.messages.iter_mut().find(|m| m.call_id.as_deref() == Some(&outcome.call.id))
            {
                message.content.push_str(&format!("\n[tables, DataFrames in python: {}]", names.join("; ")));
            }
        }
    }
}

/// The model's next message, mended where that is needed. `asides` are said after the conversation
/// and not kept in it.
async fn reply(turn: &mut Turn<'_>, tool_choice: ToolChoice, mut asides: Vec<Message>) -> anyhow::Result<Message> {
    let mut written = String::new();
    for _ in 0..=MENDS {
        let reply = ask(turn, &tool_choice, &asides).await?;
        let text = format!("{written}{}", reply.message.content);
        if reply.stop == ReplyStop::Cancelled {
            turn.half_written = text;
            anyhow::bail!("interrupted");
        }
        if !reply.message.calls.is_empty() {
            return Ok(Message { content: text, ..reply.message });
        }
        let Some(aside) = mend(&reply) else { return Ok(Message { content: text, ..reply.message }) };
        tell(turn, &reply);
        if reply.stop == ReplyStop::Length {
            written = text;
        }
        asides.extend(said(&reply).map(Message::assistant));
        asides.push(Message::user(aside));
    }
    Ok(Message::assistant(written))
}

/// What the model is told of a reply that cannot be used as it is; `None` for one that can.
fn mend(reply: &Reply) -> Option<String> {
    if let Some((_, why)) = reply.malformed.first() {
        return Some(format!(
            "Your last message was meant as a call and cannot be read as one: {why}. Nothing was run. Write the whole call again, \
             correctly, or answer without a call."
        ));
    }
    match (reply.stop, reply.message.content.trim().is_empty()) {
        (ReplyStop::Length, _) => {
            Some("Your last message was cut. Go on exactly where it ended, without repeating anything.".to_owned())
        }
        (_, true) => Some("Your last message was empty. Answer the question, or make a call.".to_owned()),
        _ => None,
    }
}

/// What stands in the history for a reply that is asked for again.
fn said(reply: &Reply) -> Option<String> {
    let raw = reply.malformed.iter().map(|(raw, _)| raw.as_str());
    let all: Vec<&str> =
        [reply.message.content.as_str()].into_iter().chain(raw).filter(|t| !t.trim().is_empty()).collect();
    (!all.is_empty()).then(|| clip(&all.join("\n"), 4000))
}

fn tell(turn: &Turn<'_>, reply: &Reply) {
    let text = match (reply.malformed.first(), reply.stop) {
        (Some((raw, why)), _) => format!("the model wrote a call that cannot be read ({why}): {}", clip(raw, 200)),
        (None, ReplyStop::Length) => "the model's reply was cut; it is asked to go on".to_owned(),
        (None, _) => "the model's reply was empty; it is asked again".to_owned(),
    };
    let _ = turn.events.send(Event::Notice { text });
}

async fn ask(turn: &mut Turn<'_>, tool_choice: &ToolChoice, asides: &[Message]) -> anyhow::Result<Reply> {
    let mut messages = vec![Message::system(system_prompt(&turn.agent.settings, &turn.chat.files))];
    messages.extend(turn.chat.messages.iter().chain(asides).cloned());
    let tools = turn.agent.tools.specs();
    let reply = turn
        .agent
        .engine
        .reply(ReplyRequest {
            conversation: &turn.chat.id,
            messages: &messages,
            tools: &tools,
            rules: Rules { tool_choice: tool_choice.clone(), ..Rules::free(MAX_TOKENS) },
            sampling: turn.agent.settings.sampling.clone(),
            cancel: turn.cancel.clone(),
            events: turn.events.clone(),
        })
        .await?;
    turn.tokens += reply.usage.completion;
    Ok(reply)
}
