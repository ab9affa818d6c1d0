//! The append-only token log of one conversation.
//!
//! History is never rendered or tokenised again: the model's own tokens stay as it wrote them, and
//! what comes after is rendered as a tail. Only a history that was changed from outside (an undo, a
//! resumed session) is rendered whole, and then the KV cache still keeps the common beginning.

use crate::vocabulary::Vocabulary;
use llama_cpp_2::token::LlamaToken;
use polymath_chat::{Message, Role, ToolSpec};
use polymath_model::engine::EngineError;
use polymath_model::template::Template;

/// Conversations whose logs are kept; the one not used for longest goes first.
const KEPT: usize = 64;

/// The logs of all conversations.
#[derive(Default)]
pub struct TokenLogs {
    /// The latest used last.
    logs: Vec<(String, TokenLog)>,
}

impl TokenLogs {
    /// Takes out the log of a conversation. Without a name it is the one that `messages` go on with.
    pub fn take(&mut self, conversation: &str, messages: &[Message], tools: &[ToolSpec]) -> TokenLog {
        let found = if conversation.is_empty() {
            let goes_on = |log: &TokenLog| log.tools == tools && messages.starts_with(&log.messages);
            let known = self.logs.iter().enumerate().filter(|(_, (name, log))| name.is_empty() && goes_on(log));
            known.max_by_key(|(_, (_, log))| log.messages.len()).map(|(i, _)| i)
        } else {
            self.logs.iter().position(|(name, _)| name == conversation)
        };
        found.map(|i| self.logs.remove(i).1).unwrap_or_default()
    }

    pub fn keep(&mut self, conversation: &str, log: TokenLog) {
        if self.logs.len() >= KEPT {
            self.logs.remove(0);
        }
        self.logs.push((conversation.to_owned(), log));
    }
}

#[derive(Default)]
pub struct TokenLog {
    messages: Vec<Message>,
    tools: Vec<ToolSpec>,
    tokens: Vec<LlamaToken>,
}

impl TokenLog {
    /// The tokens of the conversation so far, up to the opening of the assistant's next message.
    pub fn tokens(&self) -> &[LlamaToken] {
        &self.tokens
    }

    /// Brings the log up to `messages`.
    pub fn extend_to(
        &mut self,
        messages: &[Message],
        tools: &[ToolSpec],
        template: &Template,
        vocabulary: &Vocabulary,
    ) -> Result<(), EngineError> {
        if self.messages == messages && self.tools == tools && !messages.is_empty() {
            return Ok(());
        }
        let new = match messages.strip_prefix(self.messages.as_slice()) {
            Some(new) if self.tools == tools => new,
            _ => &[],
        };
        let reply = self.messages.last().filter(|m| m.role == Role::Assistant);
        let only_answers = !new.is_empty() && new.iter().all(|m| matches!(m.role, Role::User | Role::Tool));
        if let (Some(reply), true) = (reply, only_answers) {
            let tail = template.render_after_assistant(&reply.calls, new, tools)?;
            self.tokens.extend(vocabulary.tokenize_tail(&tail));
        } else {
            self.tokens = vocabulary.tokenize_prompt(&template.render(messages, tools)?);
        }
        self.messages = messages.to_vec();
        self.tools = tools.to_vec();
        Ok(())
    }

    /// Adds a whole reply, in the tokens it was written in (without its end token: the tail of the
    /// next message brings that).
    pub fn push_reply(&mut self, message: Message, tokens: &[LlamaToken]) {
        self.tokens.extend_from_slice(tokens);
        self.messages.push(message);
    }
}
