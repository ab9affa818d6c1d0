//! Skills in turns whose calls the model writes itself: which reach it, how long they stay, and what the record
//! says of them.

#![allow(clippy::unwrap_used)]

use polymath_agent::session::SessionStore;
use polymath_agent::{Agent, CallLimits, Chat, Kept, Mode, Said, Settings, Skill, nobody};
use polymath_chat::{Event, FigureStatus, Message};
use polymath_model::engine::Sampling;
use polymath_model::scripted::{Asked, ScriptedEngine};
use polymath_tools::Registry;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc::unbounded_channel;
use tokio_util::sync::CancellationToken;

fn skill(instructions: &str) -> Skill {
    let text = format!(
        "---\nname: quotations\ndescription: Writes quotations for customers, with prices and terms\n---\n{instructions}"
    );
    Skill::read("quotations", ".polymath/skills/quotations/SKILL.md", &text).unwrap()
}

fn agent(skills: Vec<Skill>, replies: &[&str]) -> (Arc<ScriptedEngine>, Agent) {
    let replies = replies.iter().map(|reply| Message::assistant(*reply)).collect();
    let engine = Arc::new(ScriptedEngine::new(false, replies, &[]));
    let settings = Settings {
        mode: Mode::Native,
        max_steps: 3,
        deadline: Duration::from_secs(30),
        sampling: Sampling::default(),
        limits: CallLimits::default(),
        out: std::env::temp_dir(),
        approve: Default::default(),
        today: None,
        skills: skills.into(),
    };
    let agent = Agent { engine: engine.clone(), tools: Registry::new([]), settings };
    (engine, agent)
}

/// Asks one question after the other in one conversation; what the record says in notices.
async fn ask(agent: &Agent, chat: &mut Chat, questions: &[&str]) -> Vec<String> {
    let (sender, mut inbox) = unbounded_channel();
    for question in questions {
        agent.turn(chat, question, &sender, CancellationToken::new()).await.unwrap();
    }
    drop(sender);
    let mut told = Vec::new();
    while let Ok(event) = inbox.try_recv() {
        if let Event::Notice { text } = event {
            told.push(text);
        }
    }
    told
}

/// The system part of each request.
fn systems(engine: &ScriptedEngine) -> Vec<String> {
    let system = |asked: Asked| match asked {
        Asked::Reply(messages) => messages[0].content.clone(),
        Asked::Completion(_) => panic!("nothing is completed here"),
    };
    engine.asked().into_iter().map(system).collect()
}

#[tokio::test]
async fn a_skill_that_fits_is_told_to_the_model_stays_and_is_on_record() {
    let (engine, agent) =
        agent(vec![skill("Prices without VAT, in euros. Offers are good for 45 days.")], &["a", "b", "c"]);
    let mut chat = Chat::new("c");
    let told =
        ask(&agent, &mut chat, &["Hello!", "Write a quotation for a customer: two pumps", "Shorter, please"]).await;
    let systems = systems(&engine);
    let has: Vec<bool> = systems.iter().map(|system| system.contains("Offers are good for 45 days.")).collect();
    assert_eq!(has, [false, true, true]);
    assert_eq!(systems[1], systems[2], "the prompt goes on as it began");
    assert_eq!(told.len(), 1, "{told:?}");
    assert!(told[0].starts_with("skill taken up: quotations (.polymath/skills/quotations/SKILL.md, "), "{told:?}");
    assert_eq!(chat.skills, ["quotations"]);
}

#[tokio::test]
async fn a_skill_is_not_written_into_by_what_stands_for_the_day() {
    let (engine, agent) = agent(vec![skill("Write {today} as it stands here.")], &["a"]);
    ask(&agent, &mut Chat::new("c"), &["Write a quotation for a customer"]).await;
    assert!(systems(&engine)[0].contains("Write {today} as it stands here."));
}

#[tokio::test]
async fn a_skill_that_is_too_long_is_left_out_whole_and_told() {
    let (engine, agent) = agent(vec![skill(&"Prices without VAT. ".repeat(400))], &["a"]);
    let mut chat = Chat::new("c");
    let told = ask(&agent, &mut chat, &["Write a quotation for a customer"]).await;
    assert!(!systems(&engine)[0].contains("VAT"));
    assert!(told.len() == 1 && told[0].contains("is not taken up") && told[0].contains("shorten it"), "{told:?}");
    assert!(chat.skills.is_empty());
}

#[tokio::test]
async fn what_a_skill_says_is_given_by_the_user() {
    let (_, agent) =
        agent(vec![skill("Offers are good for 45 days.")], &["This offer is good for 45 days, and costs 77 euros."]);
    let (sender, _inbox) = unbounded_channel();
    let question = "Write a quotation for a customer";
    let end = agent.turn(&mut Chat::new("c"), question, &sender, CancellationToken::new()).await.unwrap();
    let status = |text: &str| end.answer.figures.iter().find(|f| f.text.contains(text)).map(|f| f.status);
    assert_eq!((status("45"), status("77")), (Some(FigureStatus::Given), Some(FigureStatus::Unverified)));
}

#[tokio::test]
async fn a_conversation_that_is_gone_on_with_has_its_skills_until_they_are_taken_back() {
    let folder = tempfile::tempdir().unwrap();
    let store = SessionStore::open(&folder.path().join("sessions.db")).unwrap();
    let mut session = store.create_named("s", "q").unwrap();
    let mut turn = async |question: &str| {
        let (engine, agent) = agent(vec![skill("Offers are good for 45 days.")], &["a"]);
        let mut chat = session.chat().unwrap();
        let number = session.begin(question).unwrap();
        let kept = Kept {
            store: &mut session,
            chat: &mut chat,
            turn: number,
            said: Said::Question(question),
            steer: &mut nobody,
            answers: None,
        };
        agent.turn_kept(kept, &mut |_| {}, CancellationToken::new()).await.unwrap();
        systems(&engine)[0].contains("Offers are good")
    };
    assert!(turn("Write a quotation for a customer").await);
    assert!(turn("Shorter, please").await);
    let told = store.export("s").unwrap().events;
    let taken =
        told.iter().filter(|e| matches!(&e.event, Event::Notice { text } if text.starts_with("skill taken up")));
    assert_eq!(taken.map(|e| e.turn).collect::<Vec<_>>(), [1]);
    session.undo().unwrap();
    session.undo().unwrap();
    assert!(session.chat().unwrap().skills.is_empty());
}
