//! The scripts in `examples/runs`, with a scripted model and real tools.

use super::bench::{Bench, output, repository};
use polymath_agent::script::{Ended, Script, StepEnd, read};
use polymath_chat::{Message, Provenance};
use polymath_model::scripted::ScriptedEngine;
use serde_json::json;

/// The picture's plan, whose one object there is a symbol for.
const PICTURE: &[&str] = &[
    r#"{"idea":"A robot in a warehouse","background":"skyblue","ground":"palegreen","objects":[{"name":"robot","symbol":"robot","color":"gray","place":"center","size":"large"}],"caption":""}"#,
];

fn example(bench: &Bench, name: &str) -> Script {
    let path = repository().join(format!("examples/runs/{name}.toml"));
    let text = std::fs::read_to_string(&path).unwrap();
    read(&path, &text, &bench.tools().specs()).unwrap_or_else(|errors| panic!("{errors:#?}"))
}

#[track_caller]
fn all_right(script: &Script, ended: &Ended) {
    for step in &script.steps {
        let end = ended.steps.get(&step.name);
        assert!(matches!(end, Some(StepEnd::Done(_))), "{}: {end:?}", step.name);
    }
}

#[test]
fn sales_need_no_model() {
    let bench = Bench::new();
    let script = example(&bench, "sales");
    assert!(!script.needs_model());
    let (ended, _) = bench.run_script(&script, ScriptedEngine::new(false, Vec::<Message>::new(), &[]));
    all_right(&script, &ended);
    let text = &output(&ended, "report").text;
    assert!(text.contains("**392680**") && text.contains("2024-12") && text.contains("\n5 months"), "{text}");
    assert_eq!(output(&ended, "by_region").table.as_ref().unwrap().rows[0][0].display(), "North");
    // The picture, and what it was drawn from, as Vega-Lite and as a program.
    let pictures = &output(&ended, "regions").artifacts;
    assert_eq!((pictures.len(), pictures[0].name.as_str()), (3, "Sales-by-region-2024.png"));
}

#[test]
fn the_funding_of_another_company() {
    let pages = Some(repository().join("examples/runs/pages/funding"));
    let bench = Bench { pages, ..Bench::new() };
    let script = example(&bench, "funding");
    let answer = "| Date | Amount | Valuation |\n| --- | --- | --- |\n\
        | 2017-03 | $6 million [1] | n/a |\n| 2018-09 | $22 million [1] | n/a |\n| 2020-02 | $80 million [1] | $640 million [1] |\n\
        | 2021-11 | $150 million [1] | $1.8 billion [1] |\n| 2023-06 | $260 million [1] | $4.16 billion [1] |";
    let replies = vec![
        ScriptedEngine::calling(&[("browser_search", json!({"query": "Halden Robotics funding rounds"}))]),
        ScriptedEngine::calling(&[("browser_open", json!({"target": "local:halden-robotics.html"}))]),
        Message::assistant(answer),
    ];
    let engine = ScriptedEngine::new(false, replies, PICTURE);
    let (ended, _) = bench.run_script(&script, engine);
    all_right(&script, &ended);
    let rounds = output(&ended, "rounds").table.as_ref().unwrap();
    assert!(matches!(*rounds.rows[4][2].provenance, Provenance::Sourced { .. }));
    let estimated = output(&ended, "estimated").table.as_ref().unwrap();
    // The ratios are 8, 12 and 16.
    let valuations: Vec<Option<f64>> = estimated.rows.iter().map(|row| row[2].number).collect();
    assert_eq!(valuations, [72e6, 264e6, 640e6, 1.8e9, 4.16e9].map(Some));
    let origins: Vec<bool> =
        estimated.rows.iter().map(|row| matches!(*row[2].provenance, Provenance::Imputed { .. })).collect();
    assert_eq!(origins, [true, true, false, false, false]);
    assert!(output(&ended, "trend").text.contains("extrapolated"), "{}", output(&ended, "trend").text);
    assert!(output(&ended, "report").text.contains("Halden Robotics told of 5 rounds"));
}

#[test]
fn ten_towers() {
    let pages = repository().join("examples/runs/pages/towers");
    let bench = Bench { pages: Some(pages.clone()), ..Bench::new() };
    let script = example(&bench, "towers");
    // The model asks for the tower's page and says what stands there.
    let towers = script.vars[0].default.as_ref().unwrap().as_array().unwrap();
    let replies = towers.iter().flat_map(|tower| {
        let tower = tower.as_str().unwrap();
        let file = format!("{}.html", tower.to_lowercase().replace(' ', "-"));
        let page = std::fs::read_to_string(pages.join(&file)).unwrap();
        let height = page.split("It is ").nth(1).unwrap().split(" m high").next().unwrap().to_owned();
        let open = ScriptedEngine::calling(&[("browser_open", json!({"target": format!("local:{file}")}))]);
        [open, Message::assistant(format!("The {tower} is {height} m high [1]."))]
    });
    let (ended, _) = bench.run_script(&script, ScriptedEngine::new(false, replies.collect(), &[]));
    all_right(&script, &ended);
    let heights = output(&ended, "heights").table.as_ref().unwrap();
    assert_eq!(
        (heights.rows.len(), heights.columns.as_slice()),
        (10, ["Tower".to_owned(), "Height".to_owned()].as_slice())
    );
    assert!(heights.rows.iter().all(|row| matches!(*row[1].provenance, Provenance::Sourced { .. })));
    assert_eq!(output(&ended, "report").text, "The highest is the Cordane Spire with 421 m.");
}
