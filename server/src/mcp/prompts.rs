//! Requests that a client's user picks from a menu: what the tools are good for, said once.

use rmcp::ErrorData;
use rmcp::model::{GetPromptResult, JsonObject, Prompt, PromptArgument, PromptMessage, Role};

/// A prompt: its name, its one argument, what it is for, and its text, in which `{}` is the argument.
struct Row {
    name: &'static str,
    argument: &'static str,
    what: &'static str,
    text: &'static str,
}

const PROMPTS: &[Row] = &[
    Row {
        name: "research",
        argument: "question",
        what: "Finds something out, with sources",
        text: "Find this out with polymath's tools: {}\n\nSearch with browser_search, read with browser_open, look further \
               with browser_find, and work figures out with calculator, sql or python instead of in your head. Say after \
               each figure which page it comes from, and say so where nothing was found.",
    },
    Row {
        name: "check",
        argument: "text",
        what: "Checks the figures of a text",
        text: "Check each figure, date and quotation of this text with polymath's tools: look for what it rests on with \
               browser_search and browser_open, and work out again with calculator what was calculated. List each one as \
               found (where), wrong (what is right, where) or not found.\n\n{}",
    },
];

pub fn list() -> Vec<Prompt> {
    let told = |row: &Row| {
        let argument = PromptArgument::new(row.argument).with_required(true);
        Prompt::new(row.name, Some(row.what), Some(vec![argument]))
    };
    PROMPTS.iter().map(told).collect()
}

/// The name of a prompt's argument.
pub fn argument(prompt: &str) -> Option<&'static str> {
    PROMPTS.iter().find(|row| row.name == prompt).map(|row| row.argument)
}

/// # Errors
/// There is no such prompt, or its argument is missing.
pub fn get(name: &str, arguments: &JsonObject) -> Result<GetPromptResult, ErrorData> {
    let Some(row) = PROMPTS.iter().find(|row| row.name == name) else {
        let known: Vec<&str> = PROMPTS.iter().map(|row| row.name).collect();
        let message = format!("there is no prompt `{name}`; the prompts are {}", known.join(", "));
        return Err(ErrorData::invalid_params(message, None));
    };
    let Some(given) = arguments.get(row.argument).and_then(|v| v.as_str()).filter(|text| !text.trim().is_empty())
    else {
        let message = format!("the prompt `{name}` needs `{}`, a string that is not empty", row.argument);
        return Err(ErrorData::invalid_params(message, None));
    };
    let message = PromptMessage::new_text(Role::User, row.text.replace("{}", given));
    Ok(GetPromptResult::new(vec![message]).with_description(row.what))
}
