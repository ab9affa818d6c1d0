//! The answer, written from what was found and nothing else.

use super::state::Guide;
use crate::evidence::{about, clip, is_cjk, select, show, terms};
use crate::figures::{figures, same};
use crate::lead::Turn;
use polymath_chat::{Cell, Completion, CompletionError, Event, Message, Provenance, Source, Table};
use std::collections::HashSet;
use std::fmt::Write;

/// Characters of evidence that an answer is written from: some 700 tokens, ten seconds of prefill
/// on two cores.
const EVIDENCE: usize = 2600;

impl Guide {
    pub(super) async fn answer(&mut self, turn: &mut Turn<'_>) -> anyhow::Result<Message> {
        self.take_tables(turn);
        let results = results(turn);
        let text = if self.last_tool(turn) == Some("image") {
            plain_results(turn).lines().map(str::trim).collect::<Vec<_>>().join("\n")
        } else if !results.is_empty() && self.speaks_for_itself {
            // Told by a weak model, two of its figures may change places.
            let lines = plain_results(turn);
            let lines = lines.lines().map(str::trim).filter(|line| !line.starts_with("figure saved: "));
            lines.map(|line| format!("- {line}\n")).collect()
        } else if !results.is_empty() {
            self.write_from_results(turn, &results).await?
        } else if !turn.tables.is_empty() {
            // The table is the answer.
            String::new()
        } else if self.plan.is_some() {
            self.write_from_pages(turn).await?
        } else {
            self.write_from_conversation(turn).await?
        };
        let mut text = text.trim().to_owned();
        for table in &turn.tables {
            let _ = write!(text, "\n\n{}", with_sources(table, &turn.chat.sources));
            text.push_str(&not_found(table, turn.question));
        }
        let text = text.trim().to_owned();
        let _ = turn.events.send(Event::Text { delta: text.clone() });
        Ok(Message::assistant(text))
    }

    /// The tool whose result came last.
    fn last_tool<'a>(&self, turn: &'a Turn<'_>) -> Option<&'a str> {
        turn.outcomes.last().filter(|o| o.result.is_ok()).map(|o| o.call.name.as_str())
    }

    /// From lines of the opened pages.
    async fn write_from_pages(&self, turn: &mut Turn<'_>) -> anyhow::Result<String> {
        let sources = about(&turn.chat.sources, turn.question);
        let passages = select(&sources, &self.query(turn), EVIDENCE);
        if passages.is_empty() {
            return Ok(if is_chinese(turn.question) {
                "在打开的页面中没有找到相关内容。".to_owned()
            } else {
                "I found nothing about this in the pages that I could open.".to_owned()
            });
        }
        let prompt = format!(
            "Notes from web pages:\n{}\nQuestion: {}\n\nAnswer in one to four sentences, from these notes only, in the language of \
             the question. Notes on another subject than the question's do not count. If the notes do not say something, say that it \
             was not found.{}",
            show(&passages, &turn.chat.sources),
            clip(turn.question, 1500),
            in_its_language(turn.question)
        );
        let mut text = write(turn, &research_assistant(), prompt.clone(), 260).await?;
        let invented = invented(&text, &prompt);
        if !invented.is_empty() {
            let again = format!(
                "{prompt}\n\nThis answer was wrong, for {} stands nowhere in the notes: {text}\nWrite it again with the figures \
                 exactly as they stand in the notes.",
                invented.join(", ")
            );
            let second = write(turn, &research_assistant(), again, 260).await?;
            let better = !second.trim().is_empty() && self::invented(&second, &prompt).len() < invented.len();
            text = if better { second } else { text };
        }
        Ok(cite(&text, &turn.chat.sources, &passages))
    }

    /// From what the tools printed.
    async fn write_from_results(&self, turn: &mut Turn<'_>, results: &str) -> anyhow::Result<String> {
        let files = files(turn);
        if !files.is_empty() && files.len() == results.lines().count() {
            // Nothing was printed: there is nothing to say but where the picture is.
            let names = files.join(", ");
            return Ok(if is_chinese(turn.question) {
                format!("已生成：{names}")
            } else {
                format!("Made: {names}")
            });
        }
        let facts = if self.plan.is_some() {
            show(&select(&turn.chat.sources, &self.query(turn), 1200), &turn.chat.sources)
        } else {
            String::new()
        };
        let prompt = format!(
            "{facts}The tools brought this:\n{results}\n\nRequest: {}\n\nSay the result to the user in one to three sentences, figures \
             exactly as they stand above, in the language of the request. No program, no further working.{}",
            clip(turn.question, 1500),
            in_its_language(turn.question)
        );
        let mut text = write(turn, &research_assistant(), prompt, 220).await?;
        if let Some(at) = text.find("```") {
            text.truncate(at);
        }
        // A figure that the tools did not bring has no business here: then their own words will do.
        let known = figures(&format!("{facts}\n{results}\n{}", turn.question));
        let all_known = figures(&text).iter().all(|f| known.iter().any(|k| same(f, k)));
        Ok(if all_known && !text.trim().is_empty() { text } else { plain_results(turn) })
    }

    /// From the conversation alone.
    async fn write_from_conversation(&self, turn: &mut Turn<'_>) -> anyhow::Result<String> {
        let mut before = String::new();
        if let Some(table) = turn.chat.tables.last() {
            let _ = writeln!(before, "{}:\n{}", table.title, table.markdown());
        }
        let said =
            turn.chat.messages.iter().rev().skip(1).filter(|m| m.calls.is_empty() && m.call_id.is_none()).take(4);
        let said: Vec<String> = said.map(|m| format!("{:?}: {}", m.role, clip(&m.content, 600))).collect();
        let said: Vec<String> = said.into_iter().rev().collect();
        if !said.is_empty() {
            let _ = write!(before, "Conversation so far:\n{}\n\n", said.join("\n"));
        }
        let prompt = format!("{before}{}", clip(turn.question, 4000));
        // Where nothing was looked up, a "careful research assistant" of this size declines.
        let mut task = Completion::new(prompt, 600);
        task.system = "You are a helpful assistant.".to_owned();
        // Nothing is copied here, so the text may be drawn: the likeliest words go in circles.
        task.temperature = turn.agent.settings.sampling.temperature;
        finished(turn, task).await
    }
}

/// The figures of a draft that stand nowhere in what it was written from.
fn invented(draft: &str, from: &str) -> Vec<String> {
    let known = figures(from);
    let unknown = figures(draft).into_iter().filter(|f| !known.iter().any(|k| same(f, k)));
    unknown.map(|f| f.text).collect()
}

fn research_assistant() -> String {
    format!("You are a careful research assistant. Today is {}.", chrono::Local::now().date_naive())
}

/// Writes free text; one that does not end is cut at its last whole sentence.
async fn write(turn: &mut Turn<'_>, system: &str, prompt: String, max_tokens: usize) -> anyhow::Result<String> {
    let mut task = Completion::new(prompt, max_tokens);
    task.system = system.to_owned();
    finished(turn, task).await
}

async fn finished(turn: &mut Turn<'_>, task: Completion) -> anyhow::Result<String> {
    match turn.complete(task).await {
        Ok(text) => Ok(text),
        Err(CompletionError::TooLong(_)) => {
            let text = "the answer was cut: it did not come to an end".to_owned();
            let _ = turn.events.send(Event::Notice { text });
            Ok(String::new())
        }
        Err(other) => Err(other.into()),
    }
}

/// What this turn's tools brought, pages and searches aside.
fn results(turn: &Turn<'_>) -> String {
    let useful = turn.outcomes.iter().filter(|o| !o.call.name.starts_with("browser_"));
    let mut parts: Vec<String> = Vec::new();
    for outcome in useful {
        // A failure that a later attempt made good is of no interest.
        parts.retain(|p| !p.starts_with("failed"));
        match &outcome.result {
            Ok(output) => parts.push(format!("{}: {}", tried(outcome), clip(&output.content, 2500))),
            Err(failure) => parts.push(format!("failed: {}: {}", outcome.call.name, clip(&failure.message, 400))),
        }
    }
    parts.join("\n")
}

/// Names of the figures and files that the tools of this turn made.
fn files(turn: &Turn<'_>) -> Vec<String> {
    let made = turn.outcomes.iter().filter_map(|o| o.result.as_ref().ok()).flat_map(|o| &o.artifacts);
    made.map(|a| a.name.clone()).collect()
}

/// The last tool's own words, as they are.
fn plain_results(turn: &Turn<'_>) -> String {
    let last = turn.outcomes.iter().rev().find(|o| o.result.is_ok() && !o.call.name.starts_with("browser_"));
    last.map_or(String::new(), |o| o.content().lines().map(|l| format!("    {l}\n")).collect())
}

fn tried(outcome: &crate::dispatch::Outcome) -> String {
    match outcome.call.arguments.get("expression").and_then(|e| e.as_str()) {
        Some(expression) => format!("{expression} ="),
        None => outcome.call.name.clone(),
    }
}

/// Marks each sentence with the page that says it: the one of the chosen passages that shares its
/// figures, and most of its words.
fn cite(text: &str, sources: &[Source], passages: &[crate::evidence::Passage]) -> String {
    let mut out = String::new();
    for sentence in sentences(text) {
        let body = sentence.trim_end();
        let words: HashSet<String> = terms(body).into_iter().collect();
        let wanted = figures(body);
        let best = passages
            .iter()
            .map(|p| {
                let known = figures(&p.text);
                let matching = wanted.iter().filter(|f| known.iter().any(|k| same(f, k))).count();
                let shared = terms(&p.text).into_iter().collect::<HashSet<_>>().intersection(&words).count();
                (matching * 4 + shared, p.n)
            })
            .max_by_key(|(score, n)| (*score, std::cmp::Reverse(*n)));
        let marked = body.contains('[') && (1..=sources.len()).any(|n| body.contains(&format!("[{n}]")));
        out.push_str(body);
        if let (Some((score, n)), false) = (best, marked)
            && score > 2
        {
            let _ = write!(out, " [{n}]");
        }
        out.push_str(&sentence[body.len()..]);
    }
    out
}

/// Splits into sentences; nothing is lost.
fn sentences(text: &str) -> Vec<&str> {
    let mut parts = Vec::new();
    let mut start = 0;
    let mut chars = text.char_indices().peekable();
    while let Some((i, c)) = chars.next() {
        let next = chars.peek().map(|(_, c)| *c);
        let ends = matches!(c, '。' | '！' | '？' | '\n')
            || matches!(c, '.' | '!' | '?') && next.is_none_or(char::is_whitespace);
        if ends {
            parts.push(&text[start..i + c.len_utf8()]);
            start = i + c.len_utf8();
        }
    }
    parts.push(&text[start..]);
    parts.retain(|p| !p.is_empty());
    parts
}

/// The table, each cell with its page or its status.
fn with_sources(table: &Table, sources: &[Source]) -> String {
    table.markdown_with(|cell: &Cell| match &cell.provenance {
        Provenance::Sourced { url, .. } if cell.text.is_some() => {
            sources.iter().position(|s| s.url == *url).map_or(String::new(), |i| format!(" [{}]", i + 1))
        }
        Provenance::Imputed { .. } => " (estimated)".to_owned(),
        Provenance::Extrapolated { .. } => " (extrapolated)".to_owned(),
        _ => String::new(),
    })
}

/// Says plainly what was looked for and not found.
fn not_found(table: &Table, question: &str) -> String {
    let mut missing = Vec::new();
    for (i, column) in table.columns.iter().enumerate() {
        let rows: Vec<&str> = table.rows.iter().filter(|r| r[i].text.is_none()).map(|r| r[0].display()).collect();
        if !rows.is_empty() {
            missing.push(format!("{column} ({})", rows.join(", ")));
        }
    }
    match (missing.is_empty(), is_chinese(question)) {
        (true, _) => String::new(),
        (false, true) => format!("\n在打开的页面中没有找到：{}。", missing.join("；")),
        (false, false) => format!("\nNot found in the pages opened: {}.", missing.join("; ")),
    }
}

/// A small model answers in the language it was last spoken to in.
fn in_its_language(question: &str) -> &'static str {
    if is_chinese(question) { "\n请用中文回答。" } else { "" }
}

fn is_chinese(text: &str) -> bool {
    text.chars().any(is_cjk)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evidence::Passage;

    #[test]
    fn sentences_get_the_page_that_says_them() {
        let source = |t: &str| Source { url: t.into(), title: t.into(), text: String::new() };
        let passages = [
            Passage { n: 1, line: 0, text: "The lighthouse of Skarv was built in 1884.".into() },
            Passage { n: 2, line: 0, text: "It is 31.5 metres tall.".into() },
        ];
        let got = cite(
            "Skarv lighthouse was built in 1884. It is 31.5 metres tall. Well.",
            &[source("a"), source("b")],
            &passages,
        );
        assert_eq!(got, "Skarv lighthouse was built in 1884. [1] It is 31.5 metres tall. [2] Well.");
    }
}
