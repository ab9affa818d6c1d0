//! Arithmetic, charts, programs and pictures.

use crate::world::{Page, World, given};
use polymath_chat::{FigureStatus, Stop};
use serde_json::json;

fn pets() -> World {
    let mut world = World::new(&[]);
    world
        .chat
        .tables
        .push(given("pets.csv", "Animal | Count | Weight\ncats | 12 | 4.5\ndogs | 9 | 20\nmice | 40 | 0.1"));
    world
}

#[test]
fn arithmetic_of_the_requests_numbers() {
    let mut world = World::new(&[]);
    let said = world.ask(
        "Take 12.5% of 3,480 and add 26",
        &[
            "a = calc(\"12.5% of 3480\")",
            "share = 3480 * 12.5 / 100\nanswer = share + 26",
            "answer = 3480 * 12.5 / 100 + 26",
            "The result is {a}.",
        ],
        &[],
    );
    assert_eq!(said.text(), "The result is 461.");
    assert_eq!(said.end.answer.figures[0].status, FigureStatus::Computed);
}

#[test]
fn a_sum_that_leaves_out_a_number_is_thought_over() {
    let mut world = World::new(&[]);
    let question = "4 people pay for a boat of 90 euros and a guide of 30 euros. What does each pay?";
    let tries = ["answer = 90 + 30", "together = 90 + 30\nanswer = together / 4", "answer = (90 + 30) / 4"];
    let said =
        world.ask(question, &["a = calc(\"90 + 30\")", tries[0], tries[1], tries[2], "Each pays {a} euros."], &[]);
    assert_eq!(said.text(), "Each pays 30 euros.");
}

#[test]
fn no_number_that_nobody_gave_can_be_calculated_with() {
    let made_up = std::panic::catch_unwind(|| {
        World::new(&[]).ask("What is 15% of 80?", &["a = calc(\"15% of 1280 + 3\")", "{a}"], &[])
    });
    assert!(made_up.is_err());
}

#[test]
fn an_expression_that_cannot_be_worked_out_is_said_to_be_so() {
    let mut world = World::new(&[]);
    let said = world.ask("What is 5 divided by 0?", &["a = calc(\"5 / 0\")", "answer = 5 / 0", "answer = 5 / 0"], &[]);
    said.has("This could not be worked out: 5 / 0");
}

#[test]
fn money_per_unit_keeps_both() {
    let page =
        Page("local:p.html", "Plant of Sund", "The plant of Sund cost £905 million and has a capacity of 320 MW.");
    let mut world = World::new(&[page]);
    let said = world.ask(
        "What did the plant of Sund cost per megawatt?",
        &[
            "a = find(\"cost of the plant of Sund\")\nb = find(\"capacity of the plant of Sund\")\nc = calc(\"a / b\")",
            "cost = £905 million\ncapacity = 320 MW\nanswer = cost / capacity",
            "the_cost = £905 million\npower = 320 MW\nanswer = the_cost / power",
            "It cost {c}.",
        ],
        &[],
    );
    said.has("It cost £2.8281 million per MW.");
}

#[test]
fn a_chart_is_drawn_of_the_notebooks_table() {
    let mut world = pets();
    let said = world.ask("Show the counts as bars", &["chart(\"bar\", t1, x=\"Animal\", y=\"Count\")"], &[]);
    said.has("Count-by-Animal.png").lacks("|");
    // The data is there by its name, and nothing is typed.
    assert_eq!(said.drawn()[0], json!({"data": "t1", "kind": "bar", "x": "Animal", "y": "Count"}));
    assert_eq!((world.chat.charts[0].name.as_str(), world.chat.charts[0].kind.as_str()), ("c1", "bar"));
}

#[test]
fn a_change_draws_the_same_data() {
    let mut world = pets();
    world.ask("Show the counts as bars", &["chart(\"bar\", t1, x=\"Animal\", y=\"Count\")"], &[]);
    let said = world.ask("make it a pie and call it Pets", &["change(c1, kind=\"pie\", title=\"Pets\")"], &[]);
    assert_eq!(said.drawn()[0], json!({"data": "t1", "kind": "pie", "x": "Animal", "y": "Count", "title": "Pets"}));
    let chart = world.chat.charts.last().unwrap();
    assert_eq!((chart.name.as_str(), chart.y.as_str()), ("c2", "Count"));
}

#[test]
fn a_chart_is_drawn_again_in_a_color() {
    let mut world = pets();
    world.ask("Show the counts as bars", &["chart(\"bar\", t1, x=\"Animal\", y=\"Count\")"], &[]);
    let said = world.ask("Same thing as a line please, dark green", &[], &[]);
    assert_eq!(
        said.drawn()[0],
        json!({"data": "t1", "kind": "line", "x": "Animal", "y": "Count", "color": "darkgreen"})
    );
}

#[test]
fn columns_of_a_chart_are_found_by_other_names() {
    let mut world = pets();
    world.ask("Draw the weights, log scale", &["chart(\"barh\", t1, x=\"Name\", y=\"weight\", log=\"true\")"], &[]);
    let chart = &world.chat.charts[0];
    assert_eq!((chart.x.as_str(), chart.y.as_str(), chart.log), ("Animal", "Weight", true));
}

#[test]
fn a_chart_of_words_is_refused() {
    let mut world = World::new(&[]);
    world.chat.tables.push(given("w.csv", "Animal | Colour\ncats | red\ndogs | blue"));
    let said = world.ask("Draw them", &["chart(\"bar\", t1, x=\"Animal\", y=\"Colour\")"], &[]);
    said.has("no column of numbers");
    assert!(said.drawn().is_empty());
}

#[test]
fn a_chart_of_a_table_that_was_not_found_draws_nothing() {
    let mut world = World::new(&[]);
    let plan = "t1 = collect(\"visitors of the museum\", [\"Year\", \"Visitors\"])\nchart(\"bar\", t1, x=\"Year\", y=\"Visitors\")";
    let said = world.ask("Plot the yearly visitors of the museum as bars", &[plan, "date, number"], &[]);
    said.has("Not found");
    assert!(said.drawn().is_empty() && said.end.artifacts.is_empty());
}

#[test]
fn given_numbers_are_drawn() {
    let mut world = World::new(&[]);
    let plan = "t1 = table([\"Animal\", \"Count\"], [[\"cats\", 12], [\"dogs\", 9]])\nchart(\"bar\", t1, x=\"Animal\", y=\"Count\")";
    let said = world.ask("Draw bars of these: cats 12, dogs 9", &[plan], &[]);
    assert_eq!((said.drawn().len(), world.chat.charts.len()), (1, 1));
}

#[test]
fn a_trend_of_what_was_drawn_is_told_as_extrapolated() {
    let mut world = World::new(&[]);
    world.chat.tables.push(given("rent.csv", "Year | Rent\n2020 | 800\n2021 | 900\n2022 | 1000"));
    world.ask("Show the rents as a line", &["chart(\"line\", t1, x=\"Year\", y=\"Rent\")"], &[]);
    let plan = "change(c1, trend=\"yes\", until=\"2030\")";
    let said = world.ask("put the trend until 2030 into the chart", &["other", plan], &[]);
    assert_eq!(said.drawn()[0]["until"], "2030");
    // numpy.polyfit over the first days of the years, at the last day of 2030.
    said.has("| 2030-12-31 | 1,899 (extrapolated) |");
    assert!(world.chat.charts[1].trend && world.chat.tables.len() == 2);
}

#[test]
fn a_program_is_written_and_its_figures_kept() {
    let mut world = World::new(&[]);
    world.programs(&["the mean is 7.02"]);
    let said = world.ask(
        "Simulate two coins 600 times",
        &["program()", "print('the mean is', 7.02)\n", "The mean is 7.02."],
        &[],
    );
    said.has("The mean is 7.02.");
}

#[test]
fn figures_that_the_program_did_not_print_are_not_told() {
    let mut world = World::new(&[]);
    world.programs(&["the mean is 7.02"]);
    let said = world.ask("Simulate two coins 600 times", &["program()", "print(1)\n", "The mean is 8.15."], &[]);
    said.has("- the mean is 7.02").lacks("8.15");
}

#[test]
fn a_program_that_failed_is_written_again() {
    let mut world = World::new(&[]);
    world.programs(&["!NameError: name 'x' is not defined", "x is 3"]);
    let said =
        world.ask("Simulate three coins", &["program()", "print(x)\n", "x = 3\nprint('x is', x)\n", "x is 3."], &[]);
    said.has("x is 3.");
    let prompts = said.prompts();
    assert!(prompts[2].prompt.contains("name 'x' is not defined") && prompts[2].temperature > 0.0, "{:?}", prompts[2]);
}

#[test]
fn a_program_that_fails_for_ever_ends_in_words() {
    let mut world = World::new(&[]);
    world.programs(&["!NameError: a", "!NameError: b", "!NameError: c"]);
    let said = world.ask("Simulate three coins", &["program()", "a\n", "b\n", "c\n"], &[]);
    said.has("This could not be worked out: NameError: c");
}

#[test]
fn a_program_out_of_the_prompts_example_is_not_run() {
    let mut world = World::new(&[]);
    let said = world.ask("Simulate three coins", &["program()", "plt.title('Sum of two dice, 600 throws')\n"], &[]);
    assert!(said.called("python").is_empty());
    said.has("could not be worked out");
}

#[test]
fn a_picture_is_of_what_was_asked_for() {
    let mut world = World::new(&[]);
    let said = world.ask("Draw a fox in the snow", &["picture(\"a fox in the snow\")"], &[]);
    assert_eq!(said.called("image"), ["a fox in the snow"]);
    said.has("picture.png");
    assert_eq!(said.end.stop, Stop::Answer);
}

#[test]
fn today_is_the_day_that_the_settings_say() {
    let mut world = World::new(&[]);
    world.chat.tables.push(given("v.csv", "Day | Value\n2029-01-01 | 100\n2030-01-01 | 200\n2031-01-01 | 300"));
    world.today("2031-05-09").programs(&["Value, linear trend at 2031-05-09: 335"]);
    let gaps = r#"{"across":"Day","up":"Value","until":"end of 2031","days":["today"],"logarithmic":false}"#;
    let said = world.ask("Fit a linear trend to the values and tell its value today", &["trend", gaps], &[]);
    let program = &said.called("python")[0];
    assert!(program.contains(r#"for place in ["2031-05-09"]]"#) && program.contains("2031-12-31"), "{program}");
    assert!(said.prompts().iter().any(|p| p.system.contains("Today is 2031-05-09")));
    assert!(said.prompts().iter().all(|p| !p.system.contains("{today}")));
    // The prompt of a program that the model writes has it too.
    world.programs(&["it is 1"]);
    let said = world.ask("Simulate two coins", &["program()", "print(1)\n", "It is 1."], &[]);
    assert!(said.prompts().iter().any(|p| p.system.contains("Today is 2031-05-09")));
}
