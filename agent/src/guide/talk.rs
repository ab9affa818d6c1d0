//! Plain talk: greetings, explanations, translations, poems, code. The model itself, streamed, from the
//! conversation alone.

use super::plan;
use crate::evidence::clip;
use crate::lead::Turn;
use polymath_chat::{Constraint, Event, Message, Role};
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
    let system = format!("You are a helpful assistant.\n\n{}", turn.guidance());
    let mut messages = vec![Message::system(system.trim_end())];
    match said.iter().rev().find(|m| m.role == Role::Assistant) {
        // In a conversation a small model goes on about the text; beside it, it translates it.
        Some(last) if plan::is_translation(&turn.question.to_lowercase()) => {
            messages.push(Message::user(format!("{}\n\nThe answer:\n{}", turn.question, last.content)));
        }
        // Asked for a change it says the same again, unless it has the text to be changed before it.
        Some(last) if plan::is_change(&turn.question.to_lowercase(), turn.chat) => {
            let text = format!("{}\n\nWrite this text again in full, with one change: {}", last.content, turn.question);
            messages.push(Message::user(text));
        }
        // What was said of oneself it does not find among the turns.
        _ if plan::is_of_oneself(&turn.question.to_lowercase()) => {
            let own =
                said.iter().filter(|m| m.role == Role::User).map(|m| format!("I said: {}\n", clip(&m.content, 300)));
            messages.push(Message::user(
                own.collect::<String>() + "Answer the last one from what I said before, and say what it is.",
            ));
        }
        _ => messages.extend(said[said.len().saturating_sub(SHOWN_MESSAGES)..].iter().cloned()),
    }
    let constraint = sentences(&turn.question).map(so_many).or_else(|| lines(&turn.question).map(in_lines));
    let mut text = String::new();
    for piece in 0..PIECES {
        let reply = turn
            .agent
            .engine
            .reply(ReplyRequest {
                conversation: &format!("{}-talk", turn.chat.id),
                messages: &messages,
                tools: &[],
                rules: Rules { tool_choice: ToolChoice::None, constraint: constraint.clone(), ..Rules::free(PIECE) },
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

/// How many sentences a request wants, where it says so: a small model counts badly.
fn sentences(request: &str) -> Option<usize> {
    const NUMBERS: &[(usize, &[&str])] = &[
        (1, &["one", "1", "single", "ein", "einen", "einem", "une", "una", "一"]),
        (2, &["two", "2", "zwei", "deux", "dos", "两", "二"]),
        (3, &["three", "3", "drei", "trois", "tres", "三"]),
        (4, &["four", "4", "vier", "quatre", "cuatro", "四"]),
    ];
    const SENTENCES: &[&str] =
        &["sentence", "sentences", "satz", "sätze", "sätzen", "phrase", "phrases", "frase", "frases"];
    let small = request.to_lowercase();
    let words: Vec<&str> = small.split(|c: char| !c.is_alphanumeric()).filter(|w| !w.is_empty()).collect();
    let said = |name: &&str| {
        words.windows(2).any(|pair| pair[0] == *name && SENTENCES.contains(&pair[1]))
            || small.contains(&format!("{name}句"))
    };
    NUMBERS.iter().find(|(_, names)| names.iter().any(said)).map(|(number, _)| *number)
}

/// How many lines a poem has, least and most, where one is asked for: a small model writes prose.
fn lines(request: &str) -> Option<(usize, usize)> {
    const POEMS: &[&str] = &["poem", "verse", "verses", "gedicht", "poème", "poema", "rhyme"];
    const NUMBERS: &[(&str, usize)] =
        &[("two", 2), ("three", 3), ("four", 4), ("five", 5), ("six", 6), ("eight", 8), ("ten", 10), ("twelve", 12)];
    let small = request.to_lowercase();
    let words: Vec<&str> = small.split(|c: char| !c.is_alphanumeric()).filter(|w| !w.is_empty()).collect();
    if words.contains(&"haiku") {
        return Some((3, 3));
    }
    let asks =
        words.iter().take(12).any(|word| POEMS.contains(word)) || ["诗", "詩"].iter().any(|sign| small.contains(sign));
    let number =
        |word: &str| word.parse().ok().or_else(|| NUMBERS.iter().find(|(name, _)| *name == word).map(|(_, n)| *n));
    let said = words
        .windows(2)
        .filter(|pair| ["line", "lines", "zeilen", "vers", "versos"].contains(&pair[1]))
        .find_map(|pair| number(pair[0]));
    let poem = asks.then_some((4, 40));
    poem.map(|range| said.filter(|n| (1..=40).contains(n)).map_or(range, |n| (n, n)))
}

/// Text of so many lines, with empty ones between verses.
fn in_lines((least, most): (usize, usize)) -> Constraint {
    Constraint::Lark(format!(
        "start: LINE (BREAK LINE){{{},{}}}\nBREAK: /\\n{{1,2}}/\nLINE: /[^\\n]{{2,100}}/\n",
        least - 1,
        most - 1
    ))
}

/// Text of so many sentences.
fn so_many(sentences: usize) -> Constraint {
    let all = vec!["SENTENCE"; sentences].join(" \" \" ");
    Constraint::Lark(format!("start: {all}\nSENTENCE: /([0-9][.][0-9]|[^.!?。！？\\n])+[.!?。！？]+/\n"))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use polymath_model::constrain::Compiler;

    #[test]
    fn poems_have_lines() {
        assert_eq!(lines("Write a poem of four lines about my kitchen"), Some((4, 4)));
        assert_eq!((lines("a haiku, please"), lines("Write a poem about rain")), (Some((3, 3)), Some((4, 40))));
        assert_eq!(lines("How many lines has the file?"), None);
        let fits = |range, text: &str| Compiler::of_bytes().unwrap().check(&in_lines(range), text).is_ok();
        assert!(fits((3, 3), "Rain falls,\nand falls\n\non stone.") && !fits((3, 3), "Rain falls on stone."));
    }

    #[test]
    fn sentences_are_counted() {
        assert_eq!(sentences("Explain in two sentences how a lever works"), Some(2));
        assert_eq!((sentences("Sum it up in a single sentence: …"), sentences("用一句话总结")), (Some(1), Some(1)));
        assert_eq!((sentences("What does this sentence mean?"), sentences("Write a poem of four lines")), (None, None));
        let fits = |n: usize, text: &str| Compiler::of_bytes().unwrap().check(&so_many(n), text).is_ok();
        assert!(fits(1, "It is 3.5 m long.") && fits(2, "It is. It was!"));
        assert!(!fits(1, "It is. It was!") && !fits(2, "It is."));
    }
}
