//! Which step comes next: the guide as a lead.

use super::search;
use super::state::{Action, Guide};
use crate::lead::{Lead, Turn};
use async_trait::async_trait;
use polymath_chat::Message;

/// Attempts at mending a program or an expression.
const REPAIRS: usize = 2;

impl Guide {
    /// Looks at what became of the last calls; true when they must be made again, differently.
    fn observe(&mut self, turn: &Turn<'_>) -> bool {
        let mut failed = false;
        for outcome in &turn.outcomes[self.observed..] {
            match (&outcome.result, outcome.call.name.as_str()) {
                (Ok(output), "browser_search") => search::add_hits(&mut self.hits, &output.content),
                (Err(_), "python" | "calculator") => failed = true,
                _ => {}
            }
        }
        self.observed = turn.outcomes.len();
        self.failures = if failed { self.failures + 1 } else { 0 };
        failed && self.failures <= REPAIRS
    }
}

#[async_trait]
impl Lead for Guide {
    async fn next(&mut self, turn: &mut Turn<'_>) -> anyhow::Result<Message> {
        let again = self.observe(turn);
        if let Some(calls) = self.open_hits(turn) {
            return Ok(calls);
        }
        let agenda = match self.agenda.take() {
            Some(agenda) => agenda,
            None => self.decide(turn).await?.into(),
        };
        let agenda = self.agenda.insert(agenda);
        let unfounded = again && self.last == Action::Python && self.plan.is_none() && lacks_data(turn);
        if unfounded {
            agenda.push_front(Action::Python);
            agenda.push_front(Action::Search);
            self.failures = 0;
        }
        if !again || unfounded {
            self.last = agenda.pop_front().unwrap_or(Action::Answer);
        }
        let needs_data =
            matches!(self.last, Action::Python | Action::Answer) && self.plan.as_ref().is_some_and(|p| p.is_open());
        if needs_data {
            self.collect(turn).await?;
        }
        match self.last {
            Action::Search => self.search(turn).await,
            Action::Calculate => self.calculate(turn).await,
            Action::Python => self.python(turn).await,
            Action::Draw => self.draw(turn).await,
            Action::Answer => self.answer(turn).await,
        }
    }

    async fn last(&mut self, turn: &mut Turn<'_>) -> anyhow::Result<Message> {
        self.answer(turn).await
    }
}

/// Whether the last program failed for want of data that could be looked up.
fn lacks_data(turn: &Turn<'_>) -> bool {
    const SIGNS: [&str; 4] = ["NameError", "FileNotFoundError", "no access to the host's files", "no network"];
    let at_hand = !turn.chat.tables.is_empty() || !turn.chat.files.is_empty();
    let failure = turn.outcomes.last().and_then(|o| o.result.as_ref().err());
    let wanting = failure.is_some_and(|f| SIGNS.iter().any(|sign| f.message.contains(sign)));
    !at_hand && wanting && turn.agent.tools.get("browser_search").is_some()
}
