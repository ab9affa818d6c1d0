//! What is said to a turn while it runs: taken up at its next step, in the same turn.

#![allow(clippy::unwrap_used)]

use polymath_agent::session::SessionStore;
use polymath_agent::{Agent, CallLimits, Chat, Kept, Mode, Said, Settings, TurnEnd};
use polymath_chat::{Event, Message, Role, Stop};
use polymath_model::engine::Sampling;
use polymath_model::scripted::{Asked, ScriptedEngine};
use polymath_tools::{Calculator, Registry};
use serde_json::json;
use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

struct Ran {
    end: TurnEnd,
    chat: Chat,
    /// What was taken up, and what a notice says came too late.
    taken: Vec<String>,
    late: Vec<String>,
    engine: Arc<ScriptedEngine>,
}

/// A turn to which `said` is said: one list each time that it asks.
async fn turn(engine: ScriptedEngine, steps: u32, question: &str, said: &[&[&str]]) -> Ran {
    let folder = tempfile::tempdir().unwrap();
    let settings = Settings {
        mode: Mode::Auto,
        max_steps: steps,
        deadline: Duration::from_secs(30),
        sampling: Sampling::default(),
        limits: CallLimits::default(),
        out: folder.path().join("out"),
        approve: Default::default(),
        today: None,
        skills: Default::default(),
    };
    let engine = Arc::new(engine);
    let agent = Agent { engine: engine.clone(), tools: Registry::new([Arc::new(Calculator::new()) as _]), settings };
    let store = SessionStore::open(&folder.path().join("sessions.db")).unwrap();
    let mut session = store.create_named("s", question).unwrap();
    let mut chat = session.chat().unwrap();
    let number = session.begin(question).unwrap();
    let mut said: VecDeque<Vec<String>> =
        said.iter().map(|one| one.iter().map(|m| (*m).to_owned()).collect()).collect();
    let mut steer = move || said.pop_front().unwrap_or_default();
    let (store, said) = (&mut session, Said::Question(question));
    let kept = Kept { store, chat: &mut chat, turn: number, said, steer: &mut steer, answers: None };
    let (mut taken, mut late) = (Vec::new(), Vec::new());
    let mut show = |event: &Event| match event {
        Event::Said { text } => taken.push(text.clone()),
        Event::Notice { text } => {
            late.extend(text.strip_prefix("said too late and not taken up: ").map(str::to_owned));
        }
        _ => {}
    };
    let end = agent.turn_kept(kept, &mut show, CancellationToken::new()).await.unwrap();
    assert_eq!(session.chat().unwrap().messages, chat.messages, "what was said is in the conversation that is kept");
    assert_eq!(engine.left(), 0, "{}", end.answer.text);
    Ran { end, chat, taken, late, engine }
}

fn calling(expression: &str) -> Message {
    ScriptedEngine::calling(&[("calculator", json!({"expression": expression}))])
}

fn roles(messages: &[Message]) -> Vec<Role> {
    messages.iter().map(|message| message.role).collect()
}

#[tokio::test]
async fn what_is_said_is_taken_up_at_the_next_step() {
    let script = vec![calling("6 * 7"), Message::assistant("In feet, then.")];
    let ran = turn(ScriptedEngine::new(false, script, &[]), 6, "How long?", &[&["In feet,", "please"]]).await;
    assert_eq!((ran.end.stop, ran.end.answer.text.as_str()), (Stop::Answer, "In feet, then."));
    assert_eq!(ran.taken, ["In feet,\nplease"]);
    use Role::{Assistant, System, Tool, User};
    let Some(Asked::Reply(asked)) = ran.engine.asked().pop() else { panic!("no reply was asked for") };
    assert_eq!(roles(&asked), [System, User, Assistant, Tool, User]);
    assert_eq!(roles(&ran.chat.messages), [User, Assistant, Tool, User, Assistant]);
}

#[tokio::test]
async fn what_is_said_while_the_answer_is_written_is_answered_too() {
    let script = vec![Message::assistant("It is long."), Message::assistant("And wide.")];
    let ran = turn(ScriptedEngine::new(false, script, &[]), 6, "How long?", &[&["And how wide?"]]).await;
    assert_eq!((ran.end.answer.text.as_str(), ran.taken.len()), ("And wide.", 1));
    let said: Vec<&str> = ran.chat.messages.iter().map(|message| message.content.as_str()).collect();
    assert_eq!(said, ["How long?", "It is long.", "And how wide?", "And wide."]);
}

#[tokio::test]
async fn what_comes_when_no_step_is_left_is_told() {
    let script = vec![Message::assistant("It is 42 m.")];
    let ran = turn(ScriptedEngine::new(false, script, &[]), 1, "How long?", &[&["And how wide?"]]).await;
    assert_eq!((ran.end.answer.text.as_str(), ran.taken.len()), ("It is 42 m.", 0));
    assert_eq!(ran.late, ["And how wide?"]);
    // Nor does what says nothing.
    let script = vec![Message::assistant("It is 42 m.")];
    let ran = turn(ScriptedEngine::new(false, script, &[]), 6, "How long?", &[&[" "]]).await;
    assert_eq!((ran.end.answer.text.as_str(), ran.taken.len(), ran.late.len()), ("It is 42 m.", 0, 0));
}

#[tokio::test]
async fn a_guided_turn_plans_anew_for_it() {
    let plan = ["a = calc(\"5 / 0\")", "answer = 5 / 0", "answer = 5 / 0"];
    let engine = ScriptedEngine::new(true, vec![Message::assistant("You are welcome.")], &plan);
    let ran = turn(engine, 6, "What is 5 divided by 0?", &[&["thanks!"]]).await;
    assert_eq!((ran.end.answer.text.as_str(), ran.taken.len()), ("You are welcome.", 1));
    use Role::{Assistant, Tool, User};
    assert_eq!(roles(&ran.chat.messages), [User, Assistant, Tool, User, Assistant]);
}
