//! Plain talk: greetings, explanations, translations, poems, code. The model itself, streamed, from the
//! conversation alone.

use super::plan;
use crate::evidence::clip;
use crate::lead::Turn;
use polymath_chat::{Event, Message, Role};
use polymath_model::engine::{ReplyRequest, ReplyStop, Rules, ToolChoice};

/// Tokens of one piece of a long answer, and pieces.
const PIECE: usize = 1200;
const PIECES: usize = 3;
/// Earlier messages that are shown, and characters of each.
const SHOWN_MESSAGES: usize = 3;
const SHOWN: usize = 3000;

/// The model's own words.
pub async fn reply(turn: &mut Turn<'_>) -> anyhow::Result<String> {
    let said = turn.chat.messages.iter().filter(|m| m.calls.is_empty() && m.role != Role::Tool);
    let said: Vec<Message> = said.map(|m| Message { content: clip(&m.content, SHOWN), ..m.clone() }).collect();
    // Where nothing was looked up, a "careful research assistant" of this size declines.
    let mut messages = vec![Message::system("You are a helpful assistant.")];
    match said.iter().rev().find(|m| m.role == Role::Assistant) {
        // In a conversation a small model goes on about the text; beside it, it translates it.
        Some(last) if plan::is_translation(&turn.question.to_lowercase()) => {
            messages.push(Message::user(format!("{}\n\nThe answer:\n{}", turn.question, last.content)));
        }
        _ => messages.extend(said[said.len().saturating_sub(SHOWN_MESSAGES)..].iter().cloned()),
    }
    let mut text = String::new();
    for piece in 0..PIECES {
        let reply = turn
            .agent
            .engine
            .reply(ReplyRequest {
                conversation: &format!("{}-talk", turn.chat.id),
                messages: &messages,
                tools: &[],
                rules: Rules { tool_choice: ToolChoice::None, ..Rules::free(PIECE) },
                sampling: turn.agent.settings.sampling.clone(),
                cancel: turn.cancel.clone(),
                events: turn.events.clone(),
            })
            .await?;
        turn.tokens += reply.usage.completion;
        text.push_str(&reply.message.content);
        match reply.stop {
            ReplyStop::Cancelled => {
                turn.half_written = text;
                anyhow::bail!("interrupted");
            }
            ReplyStop::Length if piece + 1 < PIECES => {
                let on = "Go on exactly where you stopped, without repeating anything.";
                messages.extend([Message::assistant(reply.message.content), Message::user(on)]);
            }
            ReplyStop::Length | ReplyStop::Loop => {
                let text = "the answer was cut: it did not come to an end".to_owned();
                let _ = turn.events.send(Event::Notice { text });
                break;
            }
            ReplyStop::End => break,
        }
    }
    Ok(text)
}
