//! The checker on turns of real runs, on right answers, and on what each field is for.

#![allow(clippy::unwrap_used)]

use polymath_chat::{Artifact, Event, FigureStatus};
use polymath_dialogues::{Task, check, check_words};
use serde::Deserialize;
use serde_json::{Value, json};

/// A turn of a real run with the checker's verdict on it.
#[derive(Deserialize)]
struct Recorded {
    id: String,
    task: Task,
    events: Vec<Event>,
    why: Vec<String>,
}

fn recorded() -> Vec<Recorded> {
    include_str!("recorded.jsonl").lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn turns_of_real_runs_get_the_verdicts_that_they_got_before() {
    let all = recorded();
    assert!(all.iter().any(|r| r.why.is_empty()) && all.iter().any(|r| !r.why.is_empty()));
    for turn in all {
        assert_eq!(check(&turn.task, &turn.events, &[]).unwrap(), turn.why, "{}", turn.id);
    }
}

#[test]
fn right_answers_are_taken_and_wrong_ones_refused() {
    for Recorded { id, task, .. } in recorded() {
        assert_eq!(check_words(&task, &task.gold).unwrap(), Vec::<String>::new(), "{id}");
        assert!(!check_words(&task, "").unwrap().is_empty(), "{id} takes nothing");
        assert!(!check_words(&task, &task.q).unwrap().is_empty(), "{id} takes its question");
    }
}

/// The verdict on a turn in which `call` went well and another call failed, with this answer.
#[track_caller]
fn judged(task: Value, call: (&str, Value), text: &str, want: &[&str]) {
    let mut task = task;
    task["q"] = json!("x");
    let task: Task = serde_json::from_value(task).unwrap();
    let called = |id: &str, tool: &str, arguments| Event::Call { id: id.into(), tool: tool.into(), arguments };
    let result = |id: &str, ok| Event::Result {
        id: id.into(),
        ok,
        content: "row 41".into(),
        artifacts: Vec::<Artifact>::new(),
        tables: Vec::new(),
        ms: 1,
    };
    let figure = |text: &str, status| polymath_chat::Figure { text: text.into(), status, evidence: String::new() };
    let events = [
        called("1", "python", json!({"code": "failed(Lighthouse)"})),
        result("1", false),
        called("2", call.0, call.1),
        result("2", true),
        Event::Answer {
            text: text.into(),
            citations: vec![polymath_chat::Citation {
                n: 1,
                url: "local:mill.html".into(),
                title: "T".into(),
                quote: String::new(),
                page: None,
            }],
            figures: vec![figure("12 km", FigureStatus::Computed), figure("99", FigureStatus::Unverified)],
        },
    ];
    assert_eq!(check(&task, &events, &[]).unwrap(), want);
}

#[test]
fn deeds_are_checked() {
    let chart = || ("chart", json!({"kind": "Bar", "values": [1, 2.5]}));
    judged(json!({"tools": ["python|chart"]}), chart(), "", &[]);
    judged(json!({"tools": ["sql"]}), chart(), "", &["no sql"]);
    // A call that failed does not count, but what it tried does.
    judged(
        json!({"tools": ["python"], "nopng_text": ["lighthouse"]}),
        chart(),
        "",
        &["no python", "call has lighthouse"],
    );
    judged(json!({"args": ["bar", r"\[1, 2\.5\]"]}), chart(), "", &[]);
    judged(json!({"args": ["failed"]}), chart(), "", &["call without failed"]);
    // What is searched for is no argument of a chart.
    judged(json!({"args": ["mill"]}), ("browser_search", json!({"query": "mill"})), "", &["call without mill"]);
    judged(json!({"data": ["row 41"]}), chart(), "", &[]);
    judged(json!({"data": ["row 42"]}), chart(), "", &["data lack row 42"]);
    judged(json!({"cite": ["mill", "barn"]}), chart(), "", &["uncited barn"]);
    judged(json!({"figures": [12, 99]}), chart(), "", &["99 no checked figure"]);
    judged(json!({"png": 1}), chart(), "", &["no picture"]);
}

#[test]
fn words_are_checked() {
    let none = || ("calculator", json!({}));
    judged(json!({"must": [r"(?<!\d)12(?!\d)"], "mustnot": ["dozen"]}), none(), "It is **12** m [3].", &[]);
    judged(json!({"must": [r"(?<!\d)3(?!\d)"], "mustnot": ["M"]}), none(), "It is 12 m [3].", &["lacks 3", "has m"]);
    let table = "| a | b |\n| - | - |\n| Lo | 1 |\n| Hi | 2 |";
    judged(json!({"table": 2, "rows": [["hi", "2"]], "order": ["lo", "hi"]}), none(), table, &[]);
    judged(
        json!({"table": 3, "rows": [["hi", "1"]], "order": ["hi", "lo"]}),
        none(),
        table,
        &["table of 2 rows for 3", "no row hi + 1", "order [1, 0]"],
    );
    judged(json!({"table": 1}), none(), "none", &["no table"]);
    // Without a table, what stands between two names is said of the first, or of the second.
    let rows = || json!({"rows": [["lo", "1"], ["hi", "2"]]});
    judged(rows(), none(), "Lo has 1, Hi has 2.", &[]);
    judged(rows(), none(), "1 has Lo, and 2 Hi.", &[]);
    judged(rows(), none(), "Lo has 4, Hi has 3.", &["no row lo + 1", "no row hi + 2"]);
}

#[test]
fn a_turn_without_an_answer_is_wrong_and_a_hard_pattern_no_verdict() {
    let task: Task = serde_json::from_value(json!({"q": "x"})).unwrap();
    assert_eq!(check(&task, &[Event::Step { step: 1 }], &[]).unwrap(), ["no answer"]);
    let hard: Task = serde_json::from_value(json!({"q": "x", "must": [r"(?:a(?!c)|aa(?!c))+d"]})).unwrap();
    let error = check_words(&hard, &"a".repeat(40)).map_err(|e| e.to_string());
    assert!(error.as_ref().is_err_and(|e| e.contains("cannot be searched for")), "{error:?}");
}
