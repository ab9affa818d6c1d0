//! The prompt of a short task, and how much of it stands at the beginning of every such task.

use crate::vocabulary::Vocabulary;
use llama_cpp_2::token::LlamaToken;
use polymath_chat::Message;
use polymath_model::engine::EngineError;
use polymath_model::template::Template;

/// The tokens of `messages` and of what the reply begins with (`said`), and how many of them come before the
/// text of the last message: instructions and worked examples, which are the same each time and worth keeping.
pub fn task_prompt(
    template: &Template,
    vocabulary: &Vocabulary,
    mut messages: Vec<Message>,
    said: &str,
) -> Result<(Vec<LlamaToken>, usize), EngineError> {
    let prompt = template.render(&messages, &[])? + said;
    let prompt = vocabulary.tokenize_prompt(&prompt);
    messages.pop();
    messages.push(Message::user(""));
    let frame = vocabulary.tokenize_prompt(&template.render(&messages, &[])?);
    let fixed = frame.iter().zip(&prompt).take_while(|(a, b)| a == b).count();
    Ok((prompt, fixed))
}
