//! Facts out of pages: found, not found, contradicted, two hops, follow-ups.

use crate::world::{Page, World};
use polymath_chat::{FigureStatus, Stop};

const TOWER: Page = Page(
    "local:tower.html",
    "Tower of Ardun",
    "The tower of Ardun is 41 metres tall.\nIt was opened on 3 May 1902 and rebuilt on 21 September 1905.\nIts builder was Mira Holt.",
);
const HOLT: Page = Page("local:holt.html", "Mira Holt", "Mira Holt, an engineer, was born in 1861 in Sund.");
const MILL: Page = Page("local:mill.html", "Mill of Ardun", "The mill of Ardun is 18 metres tall.");
const OLD: Page = Page("local:old.html", "Tower of Ardun, an old guide", "The tower of Ardun is 39 metres tall.");

#[test]
fn one_fact_is_found_and_cited() {
    let mut world = World::new(&[TOWER]);
    let said = world.ask(
        "How tall is the tower of Ardun?",
        &["a = find(\"height of the tower of Ardun\")", "41 metres", "The tower of Ardun is {a} tall."],
        &[],
    );
    assert_eq!(said.text(), "The tower of Ardun is 41 metres [1] tall.");
    assert_eq!(said.end.answer.citations[0].url, "local:tower.html");
    assert_eq!(said.end.answer.figures[0].status, FigureStatus::Sourced);
    assert_eq!(said.called("browser_search"), ["height of the tower of Ardun"]);
}

#[test]
fn two_facts_are_looked_up_side_by_side() {
    let mut world = World::new(&[TOWER]);
    let said = world.ask(
        "How tall is the tower of Ardun and who built it?",
        &[
            "a = find(\"height of the tower of Ardun\")\nb = find(\"who built the tower of Ardun\")",
            "41 metres",
            "Mira Holt",
            "The tower is {a} tall. It was built by {b}.",
        ],
        &[],
    );
    said.has("41 metres [1]").has("Mira Holt [1]");
    assert_eq!(said.end.stop, Stop::Answer);
    // Both searches in one step, the page opened once.
    assert_eq!((said.called("browser_search").len(), said.called("browser_open").len()), (2, 1));
}

#[test]
fn a_page_is_opened_whatever_its_name_and_title_look_like() {
    const NAMED: Page = Page("local:a — holt.html", "1. Tower — local:mill.html", TOWER.2);
    let mut world = World::new(&[NAMED, HOLT, MILL]);
    let said = world.ask(
        "How tall is the tower of Ardun?",
        &["a = find(\"height of the tower of Ardun\")", "41 metres", "The tower of Ardun is {a} tall."],
        &[],
    );
    assert_eq!(said.called("browser_open")[0], NAMED.0);
    assert_eq!(said.end.answer.citations[0].url, NAMED.0);
}

#[test]
fn what_no_page_says_is_not_found() {
    let mut world = World::new(&[MILL]);
    let said = world.ask("Who owns the mill of Ardun?", &["a = find(\"who owns the mill of Ardun\")", "none"], &[]);
    assert_eq!(said.text(), "Not found in the pages opened: who owns the mill of Ardun");
    assert!(said.end.answer.figures.is_empty());
}

#[test]
fn a_search_without_results_is_not_found() {
    let said =
        World::new(&[]).ask("How tall is the tower of Ardun?", &["a = find(\"height of the tower of Ardun\")"], &[]);
    said.has("Not found").lacks("metres");
}

#[test]
fn what_was_found_is_not_looked_up_again_to_be_converted() {
    let mut world = World::new(&[TOWER]);
    let first = ["a = find(\"height of the tower of Ardun\")", "41 metres", "It is {a} tall."];
    world.ask("How tall is the tower of Ardun?", &first, &[]);
    let said = world.ask("and in feet?", &["b = calc(\"a in feet\")", "That is {b}."], &[]);
    assert_eq!(said.text(), "That is 134.51 feet.");
    assert_eq!(said.end.answer.figures[0].status, FigureStatus::Computed);
    assert!(
        said.prompts()[0].prompt.contains("a = 41 metres (height of the tower of Ardun)"),
        "{:?}",
        said.prompts()[0]
    );
    assert_eq!(said.called("calculator"), ["41 metres to feet"]);
}

#[test]
fn a_conversion_that_nobody_asked_for_is_left_out() {
    let mut world = World::new(&[TOWER]);
    let plan = "a = find(\"height of the tower of Ardun\")\nb = calc(\"a in feet\")";
    let said = world.ask("How tall is the tower of Ardun?", &[plan, "41 metres", "It is {a} tall."], &[]);
    said.lacks("feet");
    assert!(said.called("calculator").is_empty());
}

/// Both heights, worked out of their pages.
const TALLER: &str =
    "height_of_tower = 41 metres\nheight_of_mill = 18 metres\nanswer = height_of_tower - height_of_mill";

#[test]
fn two_things_are_compared_by_their_own_pages() {
    let mut world = World::new(&[TOWER, MILL]);
    let said = world.ask(
        "Which is taller, the tower of Ardun or the mill of Ardun, and by how many metres?",
        &[
            "a = find(\"height of the mill of Ardun\")\nb = find(\"height of the tower of Ardun\")\nc = calc(\"a - b\")",
            TALLER,
            TALLER,
            "The {w} is taller: {w1} against {l1}, {c} more.",
        ],
        &[],
    );
    assert_eq!(said.text(), "The tower is taller: 41 metres [2] against 18 metres [1], 23 metres more.");
    let say = &said.prompts().last().unwrap().prompt;
    assert!(say.contains("w = tower (the one that is asked for); w1 = 41 metres"), "{say}");
}

#[test]
fn a_sentence_that_turns_a_comparison_round_is_not_used() {
    let plan = "a = find(\"height of the mill of Ardun\")\nb = find(\"height of the tower of Ardun\")";
    let question = "Which is lower, the tower of Ardun or the mill of Ardun?";
    for draft in ["{l} is lower, {w1} less than {w}.", "The tower is lower than {w}.", "{w}: {l1} against {w1}"] {
        let mut world = World::new(&[TOWER, MILL]);
        let said = world.ask(question, &[plan, "18 metres", "41 metres", draft], &[]);
        assert_eq!(said.text(), "mill: 18 metres [1]; tower: 41 metres [2]", "{draft}");
    }
}

#[test]
fn days_between_two_dates() {
    let mut world = World::new(&[TOWER]);
    let said = world.ask(
        "How many days passed between the opening of the tower of Ardun and its rebuilding?",
        &[
            "a = find(\"opening of the tower of Ardun\")\nb = find(\"date of the rebuilding of the tower of Ardun\")\nc = calc(\"b - a in days\")",
            "opening = 3 May 1902\nrebuilding = 21 September 1905\nanswer = rebuilding - opening in days",
            "opened = 3 May 1902\nrebuilt = 21 September 1905\nanswer = rebuilt - opened in days",
            "neither",
            "{c} passed.",
        ],
        &[],
    );
    said.has("1,237 days");
    assert_eq!(said.called("calculator"), ["(1905-09-21 - 1902-05-03) in days"]);
}

#[test]
fn an_operand_that_was_not_found_is_not_made_up() {
    let mut world = World::new(&[TOWER]);
    let said = world.ask(
        "By how many percent is the tower of Ardun taller than the mill of Ardun?",
        &[
            "a = find(\"height of the tower of Ardun\")\nb = find(\"height of the mill of Ardun\")\nc = calc(\"(a - b) / b in percent\")",
            "answer = none",
            "height_of_tower = 41 metres\nanswer = height_of_tower - height_of_mill",
            "41 metres",
            "none",
        ],
        &[],
    );
    said.has("Height of the tower of Ardun: 41 metres [1]")
        .has("Not found in the pages opened: height of the mill of Ardun")
        .lacks("could not be worked out");
    assert!(said.called("calculator").is_empty());
}

#[test]
fn a_name_that_came_to_nothing_is_no_other_fact() {
    // The second fact is the notebook's first, and called `a` there: the plan's `a` is still nothing.
    let mut world = World::new(&[TOWER, MILL]);
    let plan =
        "a = find(\"height of the mill of Ardun\")\nb = find(\"height of the tower of Ardun\")\nc = calc(\"b - a\")";
    let said = world.ask(
        "Which is taller, the mill or the tower of Ardun?",
        &[plan, "answer = none", "answer = none", "none", "41 metres"],
        &[],
    );
    assert_eq!(world.chat.facts[0].name, "a");
    said.has("41 metres").lacks("taller");
    assert!(said.called("calculator").is_empty());
}

#[test]
fn tries_that_differ_are_no_answer() {
    let mut world = World::new(&[TOWER, MILL]);
    let plan =
        "a = find(\"height of the mill of Ardun\")\nb = find(\"height of the tower of Ardun\")\nc = calc(\"b - a\")";
    let other = "height_of_tower = 41 metres\nheight_of_mill = 18 metres\nanswer = height_of_tower + height_of_mill";
    let none = "answer = none";
    let said = world.ask(
        "How much taller is the tower of Ardun than the mill of Ardun?",
        &[plan, TALLER, other, none, none, "no", "no", "18 metres", "41 metres", "By {c}."],
        &[],
    );
    said.has("23 metres").lacks("59");
}

#[test]
fn of_tries_that_differ_the_one_that_suits_the_question_is_taken() {
    let mut world = World::new(&[TOWER, MILL]);
    let plan =
        "a = find(\"height of the mill of Ardun\")\nb = find(\"height of the tower of Ardun\")\nc = calc(\"b - a\")";
    let other = "height_of_tower = 41 metres\nheight_of_mill = 18 metres\nanswer = height_of_tower + height_of_mill";
    let none = "answer = none";
    let said = world.ask(
        "How much taller is the tower of Ardun than the mill of Ardun?",
        &[plan, other, TALLER, none, none, "no", "yes", "By {c}."],
        &[],
    );
    said.has("23 metres").lacks("59");
}

#[test]
fn what_was_not_found_is_worked_out_where_the_page_has_its_parts() {
    let page = Page(
        "local:mill.html",
        "Mill of Ardun",
        "The mill of Ardun has 12 looms and 300 spindles. It is 18 metres high.",
    );
    let mut world = World::new(&[page]);
    let share = "spindles = 300 spindles\nlooms = 12 looms\nanswer = spindles / looms";
    let plan = "a = find(\"how many spindles to a loom the mill of Ardun has\")";
    let said = world.ask(
        "How many spindles to a loom has the mill of Ardun?",
        &[plan, "none", share, share, "There are {c} to a loom."],
        &[],
    );
    assert_eq!(said.called("calculator"), ["300 / 12"]);
    said.has("There are 25").lacks("Not found");
}

#[test]
fn the_first_hop_is_put_into_the_second() {
    let mut world = World::new(&[TOWER, HOLT]);
    let said = world.ask(
        "When was the builder of the tower of Ardun born?",
        &[
            "a = find(\"builder of the tower of Ardun\")\nb = find(\"year when {a} was born\")",
            "Mira Holt",
            "1861",
            "{a} was born in {b}.",
        ],
        &[],
    );
    assert_eq!(said.text(), "Mira Holt [1] was born in 1861 [2].");
    assert_eq!(said.called("browser_search"), ["builder of the tower of Ardun", "year when Mira Holt was born"]);
}

#[test]
fn a_second_hop_without_its_first_is_not_found() {
    let mut world = World::new(&[MILL]);
    let plan = "a = find(\"builder of the tower of Ardun\")\nb = find(\"year when {a} was born\")";
    let said = world.ask("When was the builder of the tower of Ardun born?", &[plan, "none"], &[]);
    said.has("Not found");
    assert_eq!(said.called("browser_search").len(), 1);
}

#[test]
fn pages_that_contradict_each_other_are_both_told() {
    let mut world = World::new(&[TOWER, OLD]);
    let said = world.ask(
        "How tall is the tower of Ardun?",
        &["a = find(\"height of the tower of Ardun\")", "41 metres", "39 metres", "The tower is {a} tall."],
        &[],
    );
    said.has("41 metres [1]").has("Sources differ: 41 metres [1] (Tower of Ardun); 39 metres [2]");
}

#[test]
fn the_later_of_two_pages_that_contradict_each_other_holds() {
    let early =
        Page("local:early.html", "Tower of Ardun", "Published 3 May 2010\nThe tower of Ardun is 41 metres tall.");
    let late =
        Page("local:late.html", "News", "*Ardun Courier, 4 June 2020*\nThe tower of Ardun is 39 metres tall now.");
    let said = World::new(&[early, late]).ask(
        "How tall is the tower of Ardun?",
        &["a = find(\"height of the tower of Ardun\")", "41 metres", "39 metres", "The tower is {a} tall."],
        &[],
    );
    said.has("The tower is 39 metres [2] tall.");
    said.has("Sources differ: 39 metres [2] (News, 4 June 2020); 41 metres [1] (Tower of Ardun, 3 May 2010)");
}

#[test]
fn names_that_are_typed_without_capitals_are_names() {
    let mut world = World::new(&[MILL, TOWER]);
    let said = world.ask(
        "how tall is the tower of ardun",
        &[
            "Tower of Ardun",
            "a = find(\"height of the Tower of Ardun\")",
            "41 metres",
            "The Tower of Ardun is {a} tall.",
        ],
        &[],
    );
    said.has("The Tower of Ardun is 41 metres");
    assert_eq!(said.called("browser_search"), ["height of the Tower of Ardun"]);
    // The mill's page does not speak of it.
    assert_eq!(said.end.answer.citations[0].url, "local:tower.html");
}

#[test]
fn pages_that_agree_are_no_contradiction() {
    let agrees = Page("local:b.html", "Ardun", "The tower of Ardun is 41 metres tall, says the guide.");
    let mut world = World::new(&[TOWER, agrees]);
    let completions = ["a = find(\"height of the tower of Ardun\")", "41 metres", "41 metres", "It is {a} tall."];
    world.ask("How tall is the tower of Ardun?", &completions, &[]).lacks("differ");
}

#[test]
fn a_number_is_never_cut_into_pieces() {
    let page = Page("local:v.html", "Visitors of Ardun", "In 2019 Ardun had 61,300 visitors.");
    let mut world = World::new(&[page]);
    let plan = "a = find(\"visitors of Ardun in 2019\")";
    let question = "How many visitors did Ardun have in 2019?";
    world.ask(question, &[plan, "61,300 visitors", "Ardun had {a}."], &[]).has("61,300 visitors [1]");
    let cut = std::panic::catch_unwind(|| {
        World::new(&[Page("local:v.html", "Visitors of Ardun", "In 2019 Ardun had 61,300 visitors.")]).ask(
            question,
            &[plan, "300", "Ardun had {a}."],
            &[],
        );
    });
    assert!(cut.is_err(), "the grammar let a piece of a number through");
}

#[test]
fn a_draft_that_names_somebody_else_is_thrown_away() {
    let mut world = World::new(&[TOWER]);
    let said = world.ask(
        "Who was the builder of the tower of Ardun?",
        &["a = find(\"builder of the tower of Ardun\")", "Mira Holt", "It was {a}, a pupil of Gustav Eiffel."],
        &[],
    );
    assert_eq!(said.text(), "Builder of the tower of Ardun: Mira Holt [1]");
}

#[test]
fn a_value_that_the_draft_forgets_is_listed() {
    let mut world = World::new(&[TOWER]);
    let said = world.ask(
        "How tall is the tower of Ardun and who was its builder?",
        &[
            "a = find(\"height of the tower of Ardun\")\nb = find(\"builder of the tower of Ardun\")",
            "41 metres",
            "Mira Holt",
            "The tower is {a} tall.",
        ],
        &[],
    );
    assert_eq!(said.text(), "The tower is 41 metres [1] tall.\nBuilder of the tower of Ardun: Mira Holt [1]");
}

#[test]
fn the_same_look_up_twice_is_one() {
    let mut world = World::new(&[TOWER]);
    let plan = "a = find(\"height of the tower of Ardun\")\nb = find(\"height of the tower of Ardun\")";
    let said = world.ask("How tall is the tower of Ardun?", &[plan, "41 metres", "It is {a} tall."], &[]);
    assert_eq!(said.called("browser_search").len(), 1);
}

#[test]
fn questions_and_phrases_in_chinese() {
    let page = Page("local:tea.html", "青松茶厂", "青松茶厂2021年的产量是1,014吨，2020年是780吨。");
    let mut world = World::new(&[page]);
    let said = world.ask("青松茶厂2021年的产量是多少？厂长是谁？", &["1,014吨", "none"], &[]);
    said.has("青松茶厂2021年的产量是多少: 1,014吨 [1]").has("在打开的页面中没有找到：青松茶厂厂长是谁");
}

#[test]
fn phrases_in_german_french_and_spanish() {
    for (question, plan, phrase) in [
        ("Wer ist der Besitzer der Mühle von Ardun?", "a = find(\"Besitzer der Mühle von Ardun\")", "nicht gefunden"),
        ("Qui est le patron du moulin d'Ardun ?", "a = find(\"patron du moulin d'Ardun\")", "Introuvable"),
        ("¿Quién es el dueño del molino de Ardun?", "a = find(\"dueño del molino de Ardun\")", "No encontrado"),
    ] {
        World::new(&[MILL]).ask(question, &[plan, "none"], &[]).has(phrase);
    }
}

#[test]
fn why_is_answered_by_a_sentence_and_so_is_whether() {
    let page = Page(
        "local:mill.html",
        "Mill of Ardun",
        "The mill was shut in 1990, since its dam had broken. Dogs are not let in.",
    );
    let why = "Why was the mill of Ardun shut in 1990?";
    let plan = "a = find(\"why the mill of Ardun was shut in 1990\")";
    let mut world = World::new(&[page]);
    let note = "reason: \"its dam had broken\"";
    world.ask(why, &[plan, note], &[]).has("“The mill was shut in 1990, since its dam had broken.” [1]");
    world.ask("Are dogs let into the mill of Ardun?", &["1 no"], &[]).has("No: “Dogs are not let in.” [1]");
}

#[test]
fn what_the_pages_say_is_shown_beside_what_was_not_found() {
    let page = Page("local:mill.html", "Mill of Ardun", "The wheel turns at dawn.");
    let asked = "What is the diameter of the wheel of the mill of Ardun?";
    let plan = "a = find(\"diameter of the wheel of the mill of Ardun\")";
    let note = "wheel: \"The wheel turns\"";
    let said = World::new(&[page]).ask(asked, &[plan, "none", note], &[]);
    said.has("Not found in the pages opened: diameter of the wheel of the mill of Ardun");
    said.has("What the pages say about it: “The wheel turns at dawn.” [1]");
}

#[test]
fn at_the_step_limit_what_was_found_is_said() {
    let mut world = World::new(&[TOWER]);
    world.steps(1);
    let said = world.try_ask("How tall is the tower of Ardun?", &["a = find(\"height of the tower of Ardun\")"], &[]);
    assert_eq!(said.end.stop, Stop::StepLimit);
    assert!(!said.text().is_empty());
}

#[test]
fn what_a_page_says_in_other_words_is_read_off_it() {
    let page =
        Page("local:ropes.html", "Ropeworks of Ardun", "The ropeworks of Ardun were set up in 1902 by Tom Falk.");
    let plan = "a = find(\"who founded the ropeworks of Ardun\")";
    let value = "engineer who set up the ropeworks of Ardun = Tom Falk";
    let question = "Who founded the ropeworks of Ardun?";
    let mut world = World::new(std::slice::from_ref(&page));
    world.ask(question, &[plan, value, "{a} founded it."], &[]).has("Tom Falk [1] founded it.");
    // The value is put back to the model with its line; what it does not hold to be told is looked for by itself.
    World::new(&[page]).ask(question, &[plan, value, "no", "none"], &[]).has("Not found").lacks("Tom Falk");
}

#[test]
fn all_that_is_asked_is_read_off_in_one_go() {
    let page = Page(
        "local:tower.html",
        "Tower of Ardun",
        "The tower is run by Ida Falk.\nIts house is 14 m high.\nAltitude | 2,147 m\nFirst light | 14 November 1928",
    );
    let person = Page("local:falk.html", "Ida Falk", "Ida Falk of the tower of Ardun was born in Varn.");
    let question = "How high up is the tower of Ardun, and when did it see first light?";
    let plan = "a = find(\"how high the tower of Ardun is\")\nb = find(\"first light of the tower of Ardun\")";
    let values = "altitude of the tower of Ardun = 2,147 m\nfirst light of the tower of Ardun = 14 November 1928";
    let said = World::new(std::slice::from_ref(&page)).ask(
        question,
        &[plan, values, "It is at {a} and saw first light on {b}."],
        &[],
    );
    said.has("It is at 2,147 m [1] and saw first light on 14 November 1928 [1].");
    // What has to be known first stands before what follows from it.
    let question = "Where was the head of the tower of Ardun born?";
    let plan = "a = find(\"where the head of the tower of Ardun was born\")";
    let values = "head of the tower of Ardun = Ida Falk\ntown where Ida Falk was born = Varn";
    let said = World::new(&[page, person]).ask(question, &[plan, values, "{a} was born in {b}."], &[]);
    said.has("Ida Falk [2] was born in Varn [2].");
}
