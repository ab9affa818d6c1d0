//! Skills in guided turns: they reach the model where it writes itself, replies and programs, and nowhere else.

use crate::world::World;
use polymath_agent::Skill;
use polymath_chat::Event;
use polymath_model::scripted::Asked;

fn skill(name: &str, description: &str, instructions: &str) -> Skill {
    let text = format!("---\nname: {name}\ndescription: {description}\n---\n{instructions}");
    Skill::read(name, name, &text).unwrap()
}

fn world() -> World {
    let mut world = World::new(&[]);
    world.skills = vec![
        skill("sea-poems", "Poems about the sea and its harbours", "No rhymes. End with a gull."),
        skill("coins", "Simulates coins, dice and other draws with chances", "Seed every generator with 7."),
    ];
    world
}

/// The skills that were taken up, as the record says.
fn taken(events: &[Event]) -> Vec<String> {
    let name = |event: &Event| match event {
        Event::Notice { text } => text.strip_prefix("skill taken up: ")?.split(' ').next().map(str::to_owned),
        _ => None,
    };
    events.iter().filter_map(name).collect()
}

#[test]
fn a_plain_reply_is_written_as_a_skill_that_fits_says() {
    let said = world().ask("Write a poem about the sea", &[], &["Grey water.\nGrey sky.\nA rope.\nA gull."]);
    let Some(Asked::Reply(messages)) = said.asked.last() else { panic!("it was not asked for a reply") };
    assert!(messages[0].content.ends_with("(sea-poems):\nNo rhymes. End with a gull."), "{}", messages[0].content);
    assert_eq!(taken(&said.events), ["sea-poems"]);
}

#[test]
fn a_program_is_written_as_a_skill_that_fits_says() {
    let mut world = world();
    world.programs(&["the mean is 7.02"]);
    let said = world.ask(
        "Simulate two coins 600 times",
        &["program()", "print('the mean is', 7.02)\n", "The mean is 7.02."],
        &[],
    );
    let having: Vec<usize> = said
        .prompts()
        .iter()
        .enumerate()
        .filter(|(_, p)| p.prompt.contains("Seed every generator"))
        .map(|p| p.0)
        .collect();
    assert_eq!(having, [1], "the program alone, and not the plan");
    assert_eq!(taken(&said.events), ["coins"]);
}

#[test]
fn what_does_not_fit_or_is_not_needed_reaches_no_model() {
    let none: &[&str] = &[];
    let divided: &[&str] = &["a = calc(\"5 / 0\")", "answer = 5 / 0", "answer = 5 / 0"];
    for (question, completions, replies) in
        [("hello", none, ["Hello!"].as_slice()), ("What is 5 divided by 0?", divided, none)]
    {
        let said = world().ask(question, completions, replies);
        assert!(!format!("{:?}", said.asked).contains("instructions for requests"), "{question}");
        assert!(taken(&said.events).is_empty());
    }
}
