//! The append-only token log of one conversation.
//!
//! History is never rendered or tokenised again: the model's own tokens stay as it wrote them, and
//! what comes after is rendered as a tail. Only a history that was changed from outside (an undo, a
//! resumed session) is rendered whole, and then the KV cache still keeps the common beginning.

use super::vocabulary::Vocabulary;
use crate::engine::EngineError;
use crate::template::Template;
use llama_cpp_2::token::LlamaToken;
use polymath_chat::{Message, Role, ToolSpec};

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
        let after_reply = self.messages.last().is_some_and(|m| m.role == Role::Assistant);
        let only_answers = !new.is_empty() && new.iter().all(|m| matches!(m.role, Role::User | Role::Tool));
        if after_reply && only_answers {
            let tail = template.render_after_assistant(new, tools)?;
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
