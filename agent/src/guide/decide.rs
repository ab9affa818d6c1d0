//! What is to be done, chosen under a grammar from what is possible.

use super::state::{Action, Guide};
use crate::evidence::clip;
use crate::lead::Turn;
use crate::notebook::Chat;
use polymath_chat::{Constraint, Message};
use polymath_model::engine::{ReplyRequest, Rules, Sampling};

/// One row an action: its name, and the tool it needs.
const ACTIONS: &[(Action, &str, &str)] = &[
    (Action::Search, "search", "browser_search"),
    (Action::Calculate, "calculate", "calculator"),
    (Action::Python, "python", "python"),
    (Action::Draw, "draw", "image"),
    (Action::Answer, "answer", ""),
];

const SYSTEM: &str = "You choose the tools for a request. Reply with one word, or with two when the second needs what the first brings.
search: find facts about the world: people, companies, places, events, numbers, dates; also lists and tables of such facts
calculate: work out an arithmetic expression made of the numbers in the request
python: run a program that makes a plot or chart, simulates, fits, or does statistics on data that is given
draw: make a picture, sketch, logo or painting of a thing or scene (never a plot or chart)
answer: greet, thank, explain, translate, write a poem or a text

Examples:
How tall is Mount Kenya? -> search
Make a table of the bridges of Prague (name, year, length) -> search
Who bought the company and what did it cost? -> search
德国的总理是谁？ -> search
Find the length of the ten longest rivers and plot them -> search, python
What is 15% of 80 plus 3? -> calculate
Plot the cubes of 1 to 20 -> python
What are the mean and variance of 4, 8, 15? -> python
画出 y=x^2 的曲线图 -> python
Draw a dog on a beach -> draw
Good evening! -> answer
Write a short story about a ship -> answer
(Data at hand: a table of bridges.) Estimate the two lengths that are missing -> python
(Data at hand: a table of bridges.) Show the lengths in a bar chart -> python
(Data at hand: a table of bridges.) Draw a picture of a bridge in the fog -> draw
(Data at hand: a table of bridges.) Which one is the longest? -> answer
(Data at hand: a table of bridges.) Who designed them? -> search";

impl Guide {
    /// The actions that this question takes, in order; an answer follows them in any case.
    pub(super) async fn decide(&mut self, turn: &mut Turn<'_>) -> anyhow::Result<Vec<Action>> {
        let choices = choices(turn);
        if choices.len() == 1 {
            return Ok(vec![Action::Answer]);
        }
        if turn.chat.decisions.is_empty() {
            turn.chat.decisions.push(Message::system(SYSTEM));
        }
        let request = format!("{}{} ->", at_hand(turn.chat), clip(turn.question, 2000));
        turn.chat.decisions.push(Message::user(request));
        let reply = turn
            .agent
            .engine
            .reply(ReplyRequest {
                conversation: &turn.chat.id,
                messages: &turn.chat.decisions,
                tools: &[],
                rules: Rules { constraint: Some(Constraint::Choice(choices)), ..Rules::free(8) },
                sampling: Sampling::default(),
                cancel: turn.cancel.clone(),
                events: turn.events.clone(),
            })
            .await?;
        turn.tokens += reply.usage.completion;
        let names = reply.message.content.clone();
        turn.chat.decisions.push(reply.message);
        Ok(names
            .split(", ")
            .filter_map(|n| ACTIONS.iter().find(|(_, name, _)| *name == n.trim()))
            .map(|a| a.0)
            .collect())
    }
}

/// The single actions that are possible, and the pairs that begin with finding something.
fn choices(turn: &Turn<'_>) -> Vec<String> {
    let possible = |(action, _, tool): &&(Action, &str, &str)| {
        // Without a number there is nothing to work out.
        let numbers = *action != Action::Calculate || turn.question.contains(|c: char| c.is_numeric());
        tool.is_empty() || turn.agent.tools.get(tool).is_some() && numbers
    };
    let open: Vec<&str> = ACTIONS.iter().filter(possible).map(|(_, name, _)| *name).collect();
    let after_search = open.iter().filter(|name| open.contains(&"search") && !["search", "answer"].contains(*name));
    let pairs: Vec<String> = after_search.map(|name| format!("search, {name}")).collect();
    open.iter().map(|name| (*name).to_owned()).chain(pairs).collect()
}

/// What the conversation has that a request may be about.
fn at_hand(chat: &Chat) -> String {
    match (chat.tables.last(), chat.files.last().and_then(|path| path.file_name())) {
        (Some(table), _) => format!("(Data at hand: a table of {}: {}.) ", table.title, table.columns.join(", ")),
        (None, Some(file)) => format!("(Data at hand: the file {}.) ", file.to_string_lossy()),
        (None, None) => String::new(),
    }
}
