//! Plain talk: no tools, the model's own words, streamed.

use crate::world::{World, given, last_words};
use polymath_chat::{Event, Stop};

#[test]
fn a_greeting_uses_no_tool() {
    let said = World::new(&[]).ask("hello", &[], &["Hello! How can I help you?"]);
    assert_eq!(said.text(), "Hello! How can I help you?");
    assert!(said.calls.is_empty());
    assert!(said.events.iter().any(|e| matches!(e, Event::Text { .. })), "it is streamed");
}

#[test]
fn an_answer_is_translated_from_the_conversation() {
    let mut world = World::new(&[]);
    world.ask("hello", &[], &["Hello!"]);
    let said = world.ask("translate that into French", &[], &["Bonjour !"]);
    assert_eq!(said.text(), "Bonjour !");
    let prompt = format!("{:?}", said.asked.last());
    assert!(prompt.contains("Hello!") && prompt.contains("translate that"), "{prompt}");
    assert_eq!(last_words(&world.chat), "Bonjour !");
}

#[test]
fn code_is_written_whole() {
    let code = "```python\ndef double(x):\n    return 2 * x\n```";
    let said = World::new(&[]).ask("Write a Python function that doubles a number", &[], &[code]);
    assert_eq!(said.text(), code);
}

#[test]
fn a_turn_never_ends_in_nothing() {
    let said = World::new(&[]).try_ask("hello", &[], &[""]);
    assert_eq!((said.end.stop, said.text()), (Stop::Error, "I did not get to an answer."));
}

#[test]
fn a_table_at_hand_is_told_and_not_printed() {
    let mut world = World::new(&[]);
    world.chat.tables.push(given("pets.csv", "Animal | Count\ncats | 12\ndogs | 9"));
    let said = world.ask("thanks!", &[], &["You are welcome."]);
    said.lacks("cats");
}
