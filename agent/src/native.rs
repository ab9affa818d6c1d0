//! The model as a free agent: it sees the tools and writes its own calls.
//!
//! A reply that cannot be used as it is gets mended before the loop sees it: a call that cannot be
//! read goes back to the model with what is wrong, a reply that was cut goes on, an empty one is
//! asked for again, and so is, once a turn, an answer with figures that stand nowhere. What was said
//! for that stays out of the conversation: its history holds what counted.

use crate::context::{self, TABLES};
use crate::dispatch::Outcome;
use crate::evidence::clip;
use crate::lead::{Lead, Turn};
use crate::notebook::{Fact, describe_files};
use crate::ordered;
use crate::prompts::NATIVE;
use crate::review::review;
use async_trait::async_trait;
use polymath_chat::{Event, Message, Provenance, ToolSpec};
use polymath_model::engine::{EngineError, Reply, ReplyRequest, ReplyStop, Rules, ToolChoice};

/// Tokens of one reply; in a small context, a quarter of it.
const MAX_TOKENS: usize = 2048;
/// Replies that are asked for again, or gone on with, in one step.
const MENDS: usize = 3;
/// Characters of a cut reply that its rest begins with.
const SEAM: usize = 40;

/// Leads a turn by the model's own calls.
#[derive(Default)]
pub struct Native {
    /// How many of the turn's outcomes were looked at.
    observed: usize,
    /// Whether an answer went back for its figures.
    reviewed: bool,
    /// Whether one was written again without the page that ordered it.
    rewritten: bool,
    /// What could not be read beside calls that could: the model is told with their results.
    unread: Option<String>,
}

/// Date only, and nothing else that changes between runs: the prefix is to be found in the cache.
fn system_prompt(turn: &mut Turn<'_>) -> String {
    let parts =
        [turn.agent.settings.dated(&NATIVE.system()), describe_files(&turn.chat.files), turn.guidance().to_owned()];
    parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join("\n\n")
}

#[async_trait]
impl Lead for Native {
    async fn next(&mut self, turn: &mut Turn<'_>) -> anyhow::Result<Message> {
        self.observe(turn);
        self.reviewed_reply(turn, ToolChoice::Auto, Vec::new()).await
    }

    async fn last(&mut self, turn: &mut Turn<'_>) -> anyhow::Result<Message> {
        self.observe(turn);
        let now = "No further calls are possible. Answer now, from what was found above; say what is missing.";
        self.reviewed_reply(turn, ToolChoice::None, vec![Message::user(now)]).await
    }
}

impl Native {
    /// Takes what calls brought into the notebook: values of the calculator, and tables, by whose
    /// names the model is told programs and queries find them.
    fn observe(&mut self, turn: &mut Turn<'_>) {
        let new = std::mem::replace(&mut self.observed, turn.outcomes.len());
        for outcome in &turn.outcomes[new..] {
            let Ok(output) = &outcome.result else { continue };
            if outcome.call.name == "calculator" {
                turn.chat.add_fact(calculated(outcome));
            }
            let mut names = Vec::new();
            for table in &output.tables {
                let computed = ["python", "sql"].contains(&outcome.call.name.as_str());
                let table = turn.with_origins(outcome, table);
                names.push(turn.chat.add_table(table.clone()));
                if computed {
                    let _ = turn.events.send(Event::Table { table: table.clone() });
                    turn.tables.push(table);
                }
            }
            if !names.is_empty()
                && let Some(message) =
                    turn.chat.messages.iter_mut().rfind(|m| m.call_id.as_deref() == Some(&outcome.call.id))
            {
                message
                    .content
                    .push_str(&format!("\n{TABLES}in sql and as DataFrames in python: {}]", names.join("; ")));
            }
        }
    }

    /// The model's next message. An answer with figures that stand nowhere goes back once, with the
    /// nearest ones that do; where the second try fails, the first is the answer.
    async fn reviewed_reply(
        &mut self,
        turn: &mut Turn<'_>,
        tool_choice: ToolChoice,
        mut asides: Vec<Message>,
    ) -> anyhow::Result<Message> {
        asides.extend(self.unread.take().map(Message::user));
        let mut message = self.reply(turn, &tool_choice, asides.clone()).await?;
        if message.calls.is_empty()
            && !self.rewritten
            && let Some(page) = ordered::by(&message.content, &turn.asked, &turn.chat.sources)
        {
            self.rewritten = true;
            let url = page.url.clone();
            let text =
                format!("the answer was what {url} tells models to answer; it is written again without that page");
            let _ = turn.events.send(Event::Notice { text });
            asides.push(Message::user(ordered::leave_out(turn, &url)));
            message = self.reply(turn, &tool_choice, asides.clone()).await?;
        }
        if !message.calls.is_empty() || self.reviewed || turn.agent.tools.specs().is_empty() {
            return Ok(message);
        }
        let Some(objection) = review(&message.content, turn) else { return Ok(message) };
        self.reviewed = true;
        let text = format!(
            "figures of the answer stand in no source ({}); the model is asked once to find them or leave them out",
            objection.figures.join(", ")
        );
        let _ = turn.events.send(Event::Notice { text });
        asides.extend([Message::assistant(&message.content), Message::user(objection.told)]);
        match self.reply(turn, &tool_choice, asides).await {
            Ok(second) if second.calls.is_empty() && second.content.trim().is_empty() => Ok(message),
            Ok(second) => Ok(second),
            Err(error) => {
                let _ = turn.events.send(Event::Notice { text: format!("the answer stays as it was: {error:#}") });
                Ok(message)
            }
        }
    }

    /// The model's next message, mended where that is needed. `asides` are said after the
    /// conversation and not kept in it.
    async fn reply(
        &mut self,
        turn: &mut Turn<'_>,
        tool_choice: &ToolChoice,
        mut asides: Vec<Message>,
    ) -> anyhow::Result<Message> {
        let mut written = String::new();
        for _ in 0..=MENDS {
            let reply = ask(turn, tool_choice, &asides).await?;
            let text = join(&written, &reply.message.content);
            if reply.stop == ReplyStop::Cancelled {
                turn.half_written = text;
                anyhow::bail!("interrupted");
            }
            if !reply.message.calls.is_empty() {
                if let Some((_, why)) = reply.malformed.first() {
                    tell(turn, &reply);
                    self.unread = Some(format!(
                        "One call of your last message could not be read and was not run: {why}. The others were run. If it is \
                         still needed, write it again, correctly."
                    ));
                }
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
}

/// What the calculator found out.
fn calculated(outcome: &Outcome) -> Fact {
    let about = outcome.call.arguments["expression"].as_str().unwrap_or_default().to_owned();
    let text = outcome.content().lines().next().unwrap_or_default().to_owned();
    let figure = polymath_quantity::figures(&text).into_iter().next();
    Fact {
        name: String::new(),
        number: figure.as_ref().and_then(|f| f.number),
        date: figure.and_then(|f| f.date).map(|d| d.to_string()),
        provenance: Provenance::Computed { how: format!("{about} = {text}") },
        about,
        text,
        others: Vec::new(),
    }
}

/// A cut text and its rest, which may begin with the cut one's last words again. Engines trim both,
/// so that a space is put between what looks like two words.
fn join(written: &str, more: &str) -> String {
    let rest = more.trim_start();
    let start = written.trim_end().char_indices().rev().nth(SEAM * 2).map_or(0, |(at, _)| at);
    let mut ends = written.trim_end()[start..].char_indices().map(|(at, _)| &written.trim_end()[start + at..]);
    // What few letters have in common is chance.
    if let Some(again) = ends.find(|end| end.chars().count() >= SEAM / 4 && rest.starts_with(end)) {
        return format!("{}{}", written.trim_end(), &rest[again.len()..]);
    }
    let (last, first) = (written.chars().next_back(), more.chars().next());
    let words = |a: char, b: char| {
        let apart = a.is_alphanumeric() || ",.;:!?)".contains(a);
        apart && b.is_alphanumeric() && !(a.is_ascii_digit() && b.is_ascii_digit())
    };
    let space = if last.zip(first).is_some_and(|(a, b)| words(a, b)) { " " } else { "" };
    format!("{written}{space}{more}")
}

/// What the model is told of a reply that cannot be used as it is; `None` for one that can.
fn mend(reply: &Reply) -> Option<String> {
    if let Some((_, why)) = reply.malformed.first() {
        return Some(format!(
            "Your last message was meant as a call and cannot be read as one: {why}. Nothing was run. Write the whole call again, \
             correctly, or answer without a call."
        ));
    }
    let text = reply.message.content.trim();
    match (reply.stop, text.is_empty()) {
        (ReplyStop::Length, true) => Some("Your last message was cut before it said anything. Be brief.".to_owned()),
        (ReplyStop::Length, false) => {
            let from = text.char_indices().rev().nth(SEAM - 1).map_or(0, |(at, _)| at);
            let tail = text[from..].split_once(char::is_whitespace).map_or(&text[from..], |(_, words)| words);
            Some(format!(
                "Your last message was cut. Go on where it ended: write its last words once more, \"{tail}\", and then the rest, \
                 without repeating anything else."
            ))
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

/// One request. What no longer fits into the model's context is shortened before.
async fn ask(turn: &mut Turn<'_>, tool_choice: &ToolChoice, asides: &[Message]) -> anyhow::Result<Reply> {
    let tools = turn.agent.tools.specs();
    let context = turn.agent.engine.info().context;
    make_room(turn, &tools, asides, context);
    let reply = match request(turn, tool_choice, &tools, asides).await {
        // The server counts otherwise, or keeps less than it said.
        Err(EngineError::ContextFull { need, have }) if make_room(turn, &tools, asides, have * have / need.max(1)) => {
            request(turn, tool_choice, &tools, asides).await?
        }
        other => other?,
    };
    turn.tokens += reply.usage.completion;
    Ok(reply)
}

/// Shortens old results so that the next request fits into `context` tokens; whether any were.
fn make_room(turn: &mut Turn<'_>, tools: &[ToolSpec], asides: &[Message], context: usize) -> bool {
    let engine = turn.agent.engine.clone();
    let system = system_prompt(turn);
    let around = |count: &dyn Fn(&str) -> usize| {
        let specs = tools.iter().map(|t| count(&t.name) + count(&t.description) + count(&t.parameters.to_string()));
        count(&system) + specs.sum::<usize>() + asides.iter().map(|m| context::size(m, count)).sum::<usize>()
    };
    // Counts of engines elsewhere are guesses: a tenth is left.
    let room = (context - reply_tokens(context)) * 9 / 10;
    // No token is shorter than a byte.
    let bytes = around(&str::len) + turn.chat.messages.iter().map(|m| context::size(m, &str::len)).sum::<usize>();
    if bytes <= room {
        return false;
    }
    let count = |text: &str| engine.count_tokens(text);
    let shortened = context::fit(&mut turn.chat.messages, room.saturating_sub(around(&count)), &count);
    if shortened.is_empty() {
        return false;
    }
    let text = format!(
        "the conversation fills the model's context; older results of tools were shortened: {}",
        shortened.len()
    );
    let _ = turn.events.send(Event::Notice { text });
    turn.shortened.extend(shortened);
    true
}

/// Tokens that a reply may have.
fn reply_tokens(context: usize) -> usize {
    MAX_TOKENS.min(context / 4)
}

async fn request(
    turn: &mut Turn<'_>,
    tool_choice: &ToolChoice,
    tools: &[ToolSpec],
    asides: &[Message],
) -> Result<Reply, EngineError> {
    let mut messages = vec![Message::system(system_prompt(turn))];
    messages.extend(turn.chat.messages.iter().chain(asides).cloned());
    let engine = &turn.agent.engine;
    let max_tokens = reply_tokens(engine.info().context);
    engine
        .reply(ReplyRequest {
            conversation: &turn.chat.id,
            messages: &messages,
            tools,
            rules: Rules { tool_choice: tool_choice.clone(), ..Rules::free(max_tokens) },
            sampling: turn.agent.settings.sampling.clone(),
            cancel: turn.cancel.clone(),
            events: turn.events.clone(),
        })
        .await
}
