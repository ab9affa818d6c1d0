//! Runs: side by side, skipped, tried again, kept, killed and gone on with.

use super::bench::{Bench, failure, output};
use polymath_agent::script::{Progress, StepEnd};
use polymath_chat::{Event, Message, Provenance};
use polymath_model::engine::ReplyStop;
use polymath_model::scripted::{ScriptedEngine, ScriptedReply};
use serde_json::json;
use std::collections::BTreeSet;

const CHAIN: &str = r#"
[vars]
start = 2
[steps.a]
tool = "calculator"
args = { expression = "{{ start }} + 1" }
[steps.b]
tool = "calculator"
args = { expression = "{{ a }} * 10" }
[steps.list]
sql = "SELECT {{ a }} AS N UNION SELECT {{ b }}"
after = ["b"]
[steps.each]
tool = "calculator"
args = { expression = "{{ item.N }} ^ 2" }
for-each = "list"
columns = ["N", "Square"]
[steps.sum]
sql = "SELECT sum(Square) AS Sum FROM each"
[steps.holds]
assert = { of = "sum", equals = 909 }
"#;

/// The SQL tool needs a table to be asked about.
fn chain() -> (Bench, String) {
    let bench = Bench::new();
    std::fs::write(bench.folder.path().join("one.csv"), "x,y\n1,2\n").unwrap();
    let text = format!(
        "[files]\none = \"one.csv\"\n{}",
        CHAIN.replace("AS N UNION SELECT {{ b }}", "AS N FROM one UNION SELECT {{ b }} FROM one")
    );
    (bench, text)
}

#[test]
fn results_go_from_step_to_step() {
    let (bench, text) = chain();
    let (ended, told) = bench.run(&text, vec![]);
    assert!(ended.stopped.is_none());
    assert_eq!(output(&ended, "b").number(), Some(30.0));
    let squares = output(&ended, "each").table.as_ref().unwrap();
    assert_eq!(squares.columns, ["N", "Square"]);
    let numbers: Vec<Option<f64>> = squares.rows.iter().flatten().map(|cell| cell.number).collect();
    assert_eq!(numbers, [3.0, 9.0, 30.0, 900.0].map(Some));
    assert!(matches!(*squares.rows[0][1].provenance, Provenance::Computed { .. }));
    assert_eq!(output(&ended, "sum").number(), Some(909.0));
    assert_eq!(told.done().len(), 6);
}

#[test]
fn a_second_run_does_what_has_changed() {
    let (mut bench, text) = chain();
    bench.run(&text, vec![]);
    let before = bench.calls.lock().unwrap().values().sum::<usize>();
    let (_, told) = bench.run(&text, vec![]);
    assert_eq!(told.cached(), ["a", "b", "list", "each", "sum"]);
    assert_eq!(bench.calls.lock().unwrap().values().sum::<usize>(), before, "nothing was called");
    // One step is another now: it, and what needs it.
    let (_, told) = bench.run(&text.replace("^ 2", "^ 3").replace("909", "27027"), vec![]);
    assert_eq!(told.cached(), ["a", "b", "list"]);
    std::fs::write(bench.folder.path().join("one.csv"), "x,y\n1,3\n").unwrap();
    let (_, told) = bench.run(&text, vec![]);
    assert_eq!(told.cached(), ["a", "b", "each", "sum"], "the list is made of the file, and is the same");
    bench.vars = vec![("start".into(), "4".into())];
    let (ended, told) = bench.run(&text, vec![]);
    assert_eq!((told.cached().len(), output(&ended, "b").number()), (0, Some(50.0)));
    assert!(failure(&ended, "holds").contains("2525 should be 909"), "{}", failure(&ended, "holds"));
}

#[test]
fn killed_at_any_moment_and_gone_on_with_nothing_is_done_twice() {
    let (bench, text) = chain();
    let (whole, told) = bench.run(&text, vec![]);
    let moments = told.events.lock().unwrap().len() + told.progress.lock().unwrap().len() + 7;
    let mut died = BTreeSet::new();
    for moment in 1..=moments {
        let (mut bench, text) = chain();
        bench.dies_at = Some(moment);
        let (dead, before) = bench.run(&text, vec![]);
        died.insert(dead.stopped.is_some());
        let kept = before.done();
        let calls_before = bench.calls.lock().unwrap().clone();
        bench.dies_at = None;
        let (ended, after) = bench.run(&text, vec![]);
        let result = |ended| serde_json::to_string(&output(ended, "sum").table).unwrap();
        assert_eq!(result(&ended), result(&whole), "killed at {moment}");
        let again: Vec<String> =
            kept.iter().filter(|s| *s != "holds" && !after.cached().contains(s)).cloned().collect();
        assert!(again.is_empty(), "killed at {moment}: {again:?} were done again");
        // A call that was over when the run died may only be made again where its step had not kept it.
        let calls = bench.calls.lock().unwrap();
        let twice = calls.iter().filter(|(_, n)| **n > 1).count();
        let unkept = calls_before.len().saturating_sub(steps_of(&kept));
        assert!(calls.values().all(|n| *n <= 2) && twice <= unkept, "killed at {moment}: {calls:?}");
    }
    assert_eq!(died, [false, true].into(), "the last moment is behind the end");
}

/// Calls that these steps are made of.
fn steps_of(kept: &[String]) -> usize {
    kept.iter()
        .map(|step| match step.as_str() {
            "each" => 2,
            "holds" => 0,
            _ => 1,
        })
        .sum()
}

#[test]
fn conditions_skip_and_failures_stop() {
    let bench = Bench::new();
    let text = r#"
[steps.a]
tool = "calculator"
args = { expression = "2 + 1" }
[steps.large]
tool = "calculator"
args = { expression = "{{ a }} + 1" }
if = "a.number > 5"
[steps.behind]
tool = "calculator"
args = { expression = "{{ large }} + 1" }
[steps.report]
report = "{{ a }}, {{ large }}, {{ behind.number }}"
"#;
    let (ended, _) = bench.run(text, vec![]);
    assert!(matches!(ended.steps["large"], StepEnd::Skipped) && matches!(ended.steps["behind"], StepEnd::Skipped));
    assert_eq!(output(&ended, "report").text, "3, n/a, n/a");
    let broken = text.replace("2 + 1", "2 +* ");
    let (ended, _) = bench.run(&broken, vec![]);
    assert!(failure(&ended, "a").contains("(calculator: arguments)"), "{}", failure(&ended, "a"));
    assert_eq!(ended.steps.len(), 1, "nothing else was begun");
}

#[test]
fn what_fails_is_tried_again_so_often() {
    let mut bench = Bench::new();
    bench.flaky = 2;
    let text = "[steps.a]\ntool = \"flaky\"\nretries = 2";
    let (ended, told) = bench.run(text, vec![]);
    assert_eq!(output(&ended, "a").text, "at last");
    assert_eq!(told.states(|p| matches!(p, Progress::Again { .. })).len(), 2);
    let bench = Bench { flaky: 2, ..Bench::new() };
    let (ended, _) = bench.run(&text.replace('2', "1"), vec![]);
    assert!(failure(&ended, "a").contains("the line is dead"));
}

#[test]
fn questions_go_on_with_questions_and_stay_within_their_tokens() {
    let bench = Bench::new();
    let text = r#"
tokens = 4
[steps.one]
ask = "How high is it, if it is as high as 10 men of 3 m?"
[steps.two]
ask = "And by 3.28?"
follows = "one"
[steps.three]
ask = "{{ two.number }} of what?"
[steps.four]
ask = "And {{ three.text | length }}?"
"#;
    let calculates = ScriptedEngine::calling(&[("calculator", json!({"expression": "30 * 3.28"}))]);
    let said = ["As high as 10 men.", "98.4 m.", "Feet.", "Too much."].map(Message::assistant);
    let [one, two, three, four] = said;
    let (ended, told) = bench.run(text, vec![one, calculates, two, three, four]);
    let chat = output(&ended, "two").chat.as_ref().unwrap();
    assert_eq!(
        chat.messages.iter().filter(|m| m.content.starts_with("How high is it")).count(),
        1,
        "it goes on with it"
    );
    assert_eq!(output(&ended, "three").chat.as_ref().unwrap().messages.len(), 2);
    assert_eq!(output(&ended, "two").number(), Some(98.4));
    assert!(failure(&ended, "four").starts_with("the run's 4 tokens are used up\nhint: "));
    let answers = told.events.lock().unwrap().iter().filter(|e| matches!(e, Event::Answer { .. })).count();
    assert_eq!((answers, ended.tokens), (3, 4));
}

#[test]
fn the_time_of_a_run_ends() {
    let bench = Bench::new();
    let text =
        "time = \"0s\"\n[steps.a]\ntool = \"calculator\"\nargs = { expression = \"1\" }\n[steps.b]\nask = \"{{ a }}\"";
    let script = bench.read(text).unwrap();
    let never = ScriptedReply::stopped("", ReplyStop::Cancelled);
    let engine = ScriptedEngine::new(false, vec![never], &[]);
    let (ended, _) = bench.run_script(&script, engine);
    assert_eq!(ended.stopped.as_deref(), Some("the time of the run is over (0s)"));
    assert!(!ended.steps.values().any(|end| matches!(end, StepEnd::Done(o) if o.chat.is_some())));
}
