//! Whether a line says what was taken out of it: of this thing, and in this sense. A small model that is to copy an
//! answer copies the likeliest piece there is; asked whether a line says it, the same model tells well that the
//! running costs are not what the building cost. Of 32 values that had been told, labelled by hand, it refused the 12
//! wrong ones and 2 of the 20 right ones. The examples were written after these were seen, so a blind figure is still
//! to be measured.

use crate::evidence::{Passage, clip, labelled};
use crate::lead::Turn;
use crate::prompts::TOLD;
use polymath_chat::Constraint;

/// Whether the passage says that `value` is `what`.
pub async fn is_told(turn: &mut Turn<'_>, what: &str, value: &str, passage: &Passage) -> anyhow::Result<bool> {
    let sources = &turn.chat.sources;
    let title = sources.get(passage.n - 1).map_or("", |s| s.title.as_str());
    let line = labelled(passage, sources).unwrap_or_else(|| passage.text.clone()).replace("**", "");
    let prompt = format!("Page: {}\nLine: {}\nQuestion: {what}\nAnswer: {value}", clip(title, 80), clip(&line, 600));
    let yes_or_no = Constraint::Lark("start: \"yes\" | \"no\"\n".to_owned());
    let said = turn.complete(TOLD.ask(prompt, 4).constrained(yes_or_no)).await?;
    tracing::debug!("told {what:?} = {value:?}: {said}");
    Ok(said == "yes")
}
