//! What a process that was killed leaves: turns whose events are on disk, and which the conversation does
//! not have yet. The next process puts them into it, as far as they came, and says so.

use super::record::TurnEvent;
use crate::notebook::Chat;
use polymath_chat::{Event, Message, ToolCall};
use std::collections::BTreeMap;

/// The longest question and arguments in what the user is told, in characters.
const LONGEST: usize = 120;

/// Puts the turns behind the conversation's last into it. `questions` and `events` are those of such turns
/// alone. Returns what the user is to know, a line a turn.
pub(super) fn take_in(chat: &mut Chat, questions: &BTreeMap<u32, String>, events: &[TurnEvent]) -> Vec<String> {
    let mut told = Vec::new();
    for (turn, question) in questions {
        let events = || events.iter().filter(|e| e.turn == *turn).map(|e| &e.event);
        // It was taken back, and its user saw why.
        if events().any(|event| matches!(event, Event::Error { .. })) {
            continue;
        }
        chat.messages.push(Message::user(question.as_str()));
        let answer = events().find_map(|event| match event {
            Event::Answer { text, .. } => Some(text.clone()),
            _ => None,
        });
        if let Some(answer) = answer {
            chat.messages.push(Message::assistant(answer));
            continue;
        }
        let (ended, begun) = calls(events());
        let note = note(&ended, &begun);
        told.push(format!("the program ended while it worked on \"{}\". {note}", shortened(question)));
        chat.messages.push(Message::assistant(format!("[The program ended before there was an answer. {note}]")));
        chat.begun.extend(begun);
    }
    told
}

/// The calls of a turn: those with a result, and those without.
fn calls<'a>(events: impl Iterator<Item = &'a Event>) -> (Vec<ToolCall>, Vec<ToolCall>) {
    let (mut ended, mut begun) = (Vec::new(), Vec::<ToolCall>::new());
    for event in events {
        match event {
            Event::Call { id, tool, arguments } => {
                begun.push(ToolCall { id: id.clone(), name: tool.clone(), arguments: arguments.clone() });
            }
            Event::Result { id, .. } => {
                ended.extend(begun.iter().position(|call| call.id == *id).map(|at| begun.remove(at)));
            }
            _ => {}
        }
    }
    (ended, begun)
}

fn note(ended: &[ToolCall], begun: &[ToolCall]) -> String {
    let list = |calls: &[ToolCall]| {
        let shown = calls.iter().map(|call| format!("{} {}", call.name, shortened(&call.arguments.to_string())));
        shown.collect::<Vec<_>>().join("; ")
    };
    let mut parts = Vec::new();
    if !ended.is_empty() {
        parts.push(format!("These calls were over: {}.", list(ended)));
    }
    if !begun.is_empty() {
        parts.push(format!("These had begun, and what they did is not known: {}.", list(begun)));
    }
    if parts.is_empty() { "Nothing had been called.".to_owned() } else { parts.join(" ") }
}

fn shortened(text: &str) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    if line.chars().count() <= LONGEST { line } else { line.chars().take(LONGEST).chain(['…']).collect() }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use crate::session::SessionStore;
    use polymath_chat::{Event, Message, Stop};
    use serde_json::json;

    fn call(id: &str, code: &str) -> Event {
        Event::Call { id: id.into(), tool: "python".into(), arguments: json!({"code": code}) }
    }

    fn result(id: &str) -> Event {
        Event::Result { id: id.into(), ok: true, content: "1".into(), artifacts: vec![], tables: vec![], ms: 1 }
    }

    #[test]
    fn what_a_killed_process_had_begun_is_told_to_the_user_and_stands_in_the_conversation() {
        let folder = tempfile::tempdir().unwrap();
        let store = SessionStore::open(&folder.path().join("sessions.db")).unwrap();
        let mut session = store.create_named("s", "q").unwrap();
        let mut chat = session.chat().unwrap();
        let turn = session.begin("whole").unwrap();
        session.append(turn, &result("x")).unwrap();
        chat.messages = vec![Message::user("whole"), Message::assistant("yes")];
        session.save(&chat).unwrap();
        assert!(session.resume().unwrap().1.is_empty(), "nothing is left over from a turn that was saved");

        // Killed in a call; failed, and told; answered, and killed before it was saved; killed at once.
        let turn = session.begin("first").unwrap();
        for event in [call("a", "x = 1"), result("a"), call("b", "x += 1")] {
            session.append(turn, &event).unwrap();
        }
        let turn = session.begin("failed").unwrap();
        session.append(turn, &Event::Error { message: "no".into(), hint: None }).unwrap();
        let turn = session.begin("answered").unwrap();
        session.append(turn, &Event::Answer { text: "42".into(), citations: vec![], figures: vec![] }).unwrap();
        session.append(turn, &Event::Done { stop: Stop::Answer, steps: 1, tokens: 1, seconds: 0.1 }).unwrap();
        session.begin("last").unwrap();
        drop(session);

        let mut session = store.resume("s").unwrap();
        let (chat, told) = session.resume().unwrap();
        let said: Vec<&str> = chat.messages.iter().map(|m| m.content.as_str()).collect();
        assert_eq!(
            [said[0], said[1], said[2], said[4], said[5], said[6]],
            ["whole", "yes", "first", "answered", "42", "last"]
        );
        assert!(said[3].contains("were over: python {\"code\":\"x = 1\"}"), "{}", said[3]);
        assert!(said[3].contains("not known: python {\"code\":\"x += 1\"}"), "{}", said[3]);
        assert_eq!(chat.begun.iter().map(|call| call.id.as_str()).collect::<Vec<_>>(), ["b"]);
        assert!(
            told.len() == 2 && told[0].contains("\"first\"") && told[1].contains("Nothing had been called"),
            "{told:?}"
        );
        // Once the conversation has them, there is nothing more to tell.
        session.save(&chat).unwrap();
        let (again, told) = session.resume().unwrap();
        assert!(told.is_empty() && again.messages == chat.messages && again.begun.is_empty());
    }
}
