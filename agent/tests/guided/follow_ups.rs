//! Follow-ups: the question before again of something else, which of two, what leaves its subject unsaid.

use crate::world::{Page, World};

const POST: Page = Page(
    "local:post.html",
    "Post Hotel",
    "The Post Hotel has 40 rooms.\nIt was built for 8 million crowns.\nIts founder was Mira Holt.",
);
const ADLER: Page =
    Page("local:adler.html", "Adler Hotel", "The Adler Hotel has 50 rooms.\nIt was built for 5 million crowns.");
const HOLT: Page = Page("local:holt.html", "Mira Holt", "Mira Holt was born in 1861 in Sund.");
const FAIR: Page = Page(
    "local:fair.html",
    "Book Fair of Sund",
    "The Book Fair of Sund had 4,120 visitors in 2020.\nThe Book Fair of Sund had 3,310 visitors in 2019.",
);
const REPORT: Page =
    Page("local:report.html", "Report on the Book Fair of Sund", "The Book Fair of Sund had 4,560 visitors in 2020.");

const PER_ROOM: [&str; 4] = [
    "a = find(\"cost of the Post Hotel\")\nb = find(\"number of rooms of the Post Hotel\")\nc = calc(\"a / b\")",
    "cost = 8 million crowns\nrooms = 40 rooms\nanswer = cost / rooms",
    "cost = 8 million crowns\nrooms = 40 rooms\nanswer = cost / rooms",
    "A room cost {c} per room.",
];
/// The same of the other one.
const ADLERS: &str = "cost = 5 million crowns\nrooms = 50 rooms\nanswer = cost / rooms";
/// The rooms of both hotels, worked out of their pages.
const MORE_ROOMS: &str = "rooms_of_adler = 50 rooms\nrooms_of_post = 40 rooms\nanswer = rooms_of_adler - rooms_of_post";

#[test]
fn the_same_for_another_thing_needs_no_new_plan() {
    let mut world = World::new(&[POST, ADLER]);
    world.ask("What did the Post Hotel cost per room?", &PER_ROOM, &[]).has("200,000").lacks("per room per");
    let said = world.ask("the same for the Adler Hotel", &[ADLERS, ADLERS, "A room cost {f}."], &[]);
    assert_eq!(said.called("browser_search"), ["cost of the Adler Hotel", "number of rooms of the Adler Hotel"]);
    said.has("100,000");
    // And both values are at hand.
    let said = world.ask("so which is cheaper per room?", &["{w} is cheaper: {w1} against {l1}."], &[]);
    assert!(said.called("browser_search").is_empty() && said.called("calculator").is_empty());
    said.has("Adler Hotel is cheaper: 100,000");
}

#[test]
fn another_year_is_looked_up_like_the_one_before() {
    let mut world = World::new(&[FAIR]);
    let first = ["a = find(\"visitors of the Book Fair of Sund in 2020\")", "4,120 visitors", "It had {a}."];
    world.ask("How many visitors had the Book Fair of Sund in 2020?", &first, &[]).has("4,120 visitors [1]");
    let said = world.ask("And in 2019?", &["3,310 visitors", "It had {b}."], &[]);
    assert_eq!(said.called("browser_search"), ["visitors of the Book Fair of Sund in 2019"]);
    said.has("3,310 visitors [1]");
}

#[test]
fn another_amount_takes_its_place_in_the_sum() {
    let mut world = World::new(&[]);
    let plan = "a = calc(\"15% of 80 + 3\")";
    let thought = "share = 80 * 15 / 100\nanswer = share + 3";
    world.ask("What is 15% of 80 plus 3?", &[plan, thought, "It is {a}."], &[]).has("15");
    let said = world.ask("and with 26%?", &["It is {b}."], &[]);
    assert_eq!(said.called("calculator"), ["26% of 80 + 3"]);
    said.has("23.8");
}

#[test]
fn a_follow_up_is_made_to_stand_alone() {
    let mut world = World::new(&[POST, HOLT]);
    let first = ["a = find(\"Who founded the Post Hotel\")", "Mira Holt", "The founder was {a}."];
    world.ask("Who founded the Post Hotel?", &first, &[]);
    let said = world.ask(
        "born where?",
        &["Where was Mira Holt born?", "b = find(\"year of {a}\")", "Sund", "Mira Holt was born in {b}."],
        &[],
    );
    // A plan for when is none for where.
    assert_eq!(said.called("browser_search"), ["Where was Mira Holt born"]);
    said.has("born in Sund [");
}

#[test]
fn which_of_two_contradicting_values_holds_is_told_again() {
    let mut world = World::new(&[FAIR, REPORT]);
    let found = ["4,120 visitors", "4,560 visitors", "It had {a}."];
    let first: Vec<&str> =
        ["a = find(\"visitors of the Book Fair of Sund in 2020\")"].into_iter().chain(found).collect();
    world.ask("How many visitors had the Book Fair of Sund in 2020?", &first, &[]).has("4,120").has("4,560");
    let said = world.ask("Which number should I use?", &["It had {a}."], &[]);
    assert!(said.called("browser_search").is_empty());
    said.has("4,120").has("4,560");
}

#[test]
fn a_ratio_is_of_the_greater_to_the_smaller() {
    let mut world = World::new(&[POST, ADLER]);
    let plan = "a = find(\"number of rooms of the Post Hotel\")\nb = find(\"number of rooms of the Adler Hotel\")\nc = calc(\"a - b\")";
    world.ask(
        "By how many rooms is the Adler Hotel larger than the Post Hotel in number?",
        &[plan, MORE_ROOMS, MORE_ROOMS, "{w} has {w1}, {l} {l1}."],
        &[],
    );
    let said = world.ask("and as a ratio, larger to smaller?", &["It is {d}."], &[]);
    assert_eq!(said.called("calculator"), ["50 / 40"]);
    said.has("1.25");
}

#[test]
fn is_one_larger_is_answered_by_the_larger_one() {
    let mut world = World::new(&[POST, ADLER]);
    let plan = "a = find(\"number of rooms of the Post Hotel\")\nb = find(\"number of rooms of the Adler Hotel\")\nc = calc(\"a - b\")";
    let said = world.ask(
        "Is the Post Hotel larger than the Adler Hotel in number of rooms, and by how many rooms?",
        &[plan, MORE_ROOMS, MORE_ROOMS, "{w} is larger by {c} rooms: {w1} against {l1} of {l}."],
        &[],
    );
    said.has("Adler Hotel is larger by 10 rooms: 50 rooms [2] against 40 rooms").lacks("rooms rooms");
}

const DAM: Page = Page(
    "local:varn.html",
    "Varn Dam",
    "The Varn Dam lies in the south. It was designed by Mira Holt.\nIts output by year: 60.3 GWh in 2018, 92.5 GWh in 2019, 63.4 GWh in 2020.\nAnn Bo, then mayor, cut the ribbon.",
);

#[test]
fn a_value_of_a_series_in_prose_is_its_years() {
    let mut world = World::new(&[DAM]);
    let plan = "a = find(\"output of the Varn Dam in 2019\")";
    world
        .ask("What was the output of the Varn Dam in 2019?", &[plan, "92.5 GWh", "It was {a}."], &[])
        .has("92.5 GWh [1]");
    // What is of another year cannot be chosen, where the value is looked for by itself.
    let said = world.ask("and in 2020?", &["63.4 GWh", "It was {b}."], &[]);
    let by_itself = said.prompts().into_iter().find(|task| task.prompt.contains("Fact: ")).map(|task| &task.prompt);
    assert!(by_itself.is_some_and(|prompt| !prompt.contains("92.5")), "{by_itself:?}");
    let said = world.ask("by how many percent did it change from 2019 to 2020?", &["It fell by {c}."], &[]);
    said.has("It fell by 31.46%");
}

#[test]
fn a_series_in_prose_is_drawn_as_it_stands() {
    let mut world = World::new(&[DAM]);
    let plan = "t1 = collect(\"output of the Varn Dam\", [\"Year\", \"Output\"])\nchart(\"bar\", t1, x=\"Year\", y=\"Output\")";
    world.ask("Draw the output of the Varn Dam as bars, year by year", &[plan, "date, number"], &[]).has("Made");
    let shown: Vec<String> =
        world.chat.tables[0].rows.iter().map(|row| format!("{} {}", row[0].display(), row[1].display())).collect();
    assert_eq!(shown, ["2018 60.3 GWh", "2019 92.5 GWh", "2020 63.4 GWh"]);
    world.ask("leave out everything before 2019", &[], &[]).has("Made");
    assert_eq!(world.chat.tables.last().map(|t| t.rows.len()), Some(2));
    world.ask("and add 2021, which had 70 GWh", &[], &[]).has("Made");
}

#[test]
fn who_did_it_has_to_be_told_as_such() {
    let plan = "a = find(\"designer of the Varn Dam\")";
    let question = "Who was the designer of the Varn Dam?";
    World::new(&[DAM]).ask(question, &[plan, "Mira Holt", "{a} was."], &[]).has("Mira Holt [1]");
    World::new(&[DAM]).ask(question, &[plan, "Ann Bo"], &[]).lacks("Ann Bo").has("Not found");
}

#[test]
fn that_person_and_that_town_are_those_that_were_found() {
    let mut world = World::new(&[DAM, HOLT, Page("local:sund.html", "Sund", "Sund has 4,120 inhabitants.")]);
    let plan = "a = find(\"designed the Varn Dam\")\nb = find(\"where that person was born\")";
    let question = "Find out who designed the Varn Dam, and where that person was born.";
    let said = world.ask(question, &[plan, "Mira Holt", "Sund", "{a}, who was born in {b}."], &[]);
    assert_eq!(said.called("browser_search"), ["who designed the Varn Dam", "where Mira Holt was born"]);
    let plan = "c = find(\"how many people live in Sund\")";
    let said = world.ask("and how many people live in that town?", &[plan, "4,120 inhabitants", "Sund has {c}."], &[]);
    said.has("4,120 inhabitants [");
}
