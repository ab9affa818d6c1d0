//! Inputs that other programs fell over, collected from their issue trackers, through the built
//! program: `tests/cases`, a folder a case, each for a kind of fault. A new case is a new folder.
//!
//! `expected.md` says in words what a case has to give, `expected.json` so that it can be checked: how
//! the case is run (`of`), and for each of its answers the outcomes that are right (`want`, any one of
//! them). Where none is reached yet stands what is given `today`: it may become right and not other.
//!
//! | `of` | input | how it is run | answers by |
//! |---|---|---|---|
//! | `parse` | `lines.jsonl` | `polymath parse --jsonl`, whole and in pieces | the line's `id` |
//! | `tools` | `calls.jsonl` | `polymath tool call --jsonl` | the call's `id` |
//! | `page` | a file | `browser_open` of it | its name |
//! | `serve` | a request | posted to `polymath serve`, and again as a stream | its name |
//!
//! An outcome is an object. Its members are those of the answer and must be equal, but for these:
//! `says` (all in the content), `in_order` (there in this order), `says_not`, `ends` (in the last
//! lines of the content), `number` (the content's first), `artifact` (a MIME type among the
//! artifacts'), `fails` (there is an error).
//!
//! Needs what `./test` sets up: the models and the Python environment.

#![allow(clippy::unwrap_used)]

#[path = "common/program.rs"]
mod program;
// The rest of it is for tests of the server.
#[allow(dead_code)]
#[path = "common/serving.rs"]
mod serving;

use program::Program;
use serde::Deserialize;
use serde_json::{Map, Value, json};
use serving::Serving;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Stdio;

/// Characters that `ends` looks at: what a model reads last.
const END: usize = 300;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Expected {
    of: Of,
    answers: BTreeMap<String, Answer>,
}

#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
enum Of {
    Parse,
    Tools,
    Page,
    Serve,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Answer {
    want: Vec<Map<String, Value>>,
    today: Option<Map<String, Value>>,
}

#[test]
fn every_case_gives_what_it_should() {
    let folder = PathBuf::from(std::env::var_os("CARGO_MANIFEST_DIR").unwrap()).join("tests/cases");
    let mut cases: Vec<PathBuf> = fs::read_dir(folder).unwrap().map(|e| e.unwrap().path()).collect();
    cases.sort();
    assert!(cases.len() >= 13, "only {cases:?}");
    let mut serving = None;
    let wrong: Vec<String> = cases.iter().flat_map(|case| run(case, &mut serving)).collect();
    assert!(wrong.is_empty(), "{} wrong answers:\n{}", wrong.len(), wrong.join("\n"));
}

/// What is wrong with a case's answers.
fn run(case: &Path, serving: &mut Option<Serving>) -> Vec<String> {
    let name = case.file_name().unwrap().to_string_lossy();
    let text = fs::read_to_string(case.join("expected.json")).unwrap_or_else(|e| panic!("{name}: {e}"));
    let expected: Expected = serde_json::from_str(&text).unwrap_or_else(|e| panic!("{name}: {e}"));
    // The same answers several times: each way of asking has to give them.
    let runs: Vec<BTreeMap<String, Value>> = match expected.of {
        Of::Parse => {
            ["0", "1", "7"].map(|n| lines(&["parse", "--jsonl", "--chunk", n], &case.join("lines.jsonl"))).into()
        }
        Of::Tools => vec![lines(&["tool", "call", "--jsonl"], &case.join("calls.jsonl"))],
        Of::Page => vec![expected.answers.keys().map(|file| (file.clone(), page(case, file))).collect()],
        Of::Serve => {
            let serving = serving.get_or_insert_with(|| Serving::start(&[]));
            let ask =
                |stream| expected.answers.keys().map(|f| (f.clone(), reply(serving, &case.join(f), stream))).collect();
            [false, true].map(ask).into()
        }
    };
    let mut wrong = Vec::new();
    for answers in &runs {
        for id in answers.keys().filter(|id| !expected.answers.contains_key(*id)) {
            wrong.push(format!("{name} {id}: expected.json says nothing of it"));
        }
        for (id, expected) in &expected.answers {
            let Some(got) = answers.get(id) else {
                wrong.push(format!("{name} {id}: no answer"));
                continue;
            };
            if !expected.want.iter().chain(&expected.today).any(|outcome| fits(outcome, got)) {
                let want: Vec<String> = expected.want.iter().map(|w| json!(w).to_string()).collect();
                let line = format!("{name} {id}: {got}\n    wanted: {}", want.join(" or "));
                if !wrong.contains(&line) {
                    wrong.push(line);
                }
            }
        }
    }
    wrong
}

/// Answers of a subcommand that reads lines, by their ids.
fn lines(args: &[&str], input: &Path) -> BTreeMap<String, Value> {
    let input = Stdio::from(fs::File::open(input).unwrap());
    let output = Program::new().command().args(args).stdin(input).output().unwrap();
    assert!(output.status.success(), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
    let output = String::from_utf8(output.stdout).unwrap();
    let answers = output.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    answers.map(|answer| (answer["id"].as_str().unwrap().to_owned(), answer)).collect()
}

/// A page as `browser_open` shows it, its lines without their numbers.
fn page(folder: &Path, file: &str) -> Value {
    let search = format!("local:{}", folder.display());
    let arguments = json!({"target": format!("local:{file}")}).to_string();
    let output = Program::new().run(&["tool", "call", "--search", &search, "browser_open", &arguments]);
    assert!(output.status.success(), "{file}: {}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).unwrap();
    let number = |label: &str| label.starts_with('L') && label[1..].parse::<u32>().is_ok();
    let plain = text.lines().map(|line| line.split_once(": ").filter(|(label, _)| number(label)).map_or(line, |l| l.1));
    json!({"content": plain.collect::<Vec<_>>().join("\n")})
}

/// The message that a request is answered with, pieces put together, and why it ended.
fn reply(serving: &Serving, request: &Path, stream: bool) -> Value {
    let mut request: Value = serde_json::from_str(&fs::read_to_string(request).unwrap()).unwrap();
    request["stream"] = json!(stream);
    let head = "Content-Type: application/json\r\n";
    let answer = serving.send("POST /v1/chat/completions", head, &request.to_string());
    if !stream {
        let from = answer.find('{').unwrap_or_else(|| panic!("no JSON: {answer}"));
        let answer: Value = serde_json::from_str(answer[from..].trim()).unwrap();
        let choice = &answer["choices"][0];
        return json!({"finish_reason": choice["finish_reason"], "content": choice["message"]["content"],
            "tool_calls": choice["message"]["tool_calls"]});
    }
    let mut whole = json!({"finish_reason": null, "content": null, "tool_calls": null});
    let events = answer.lines().filter_map(|line| line.strip_prefix("data: ")).filter(|data| *data != "[DONE]");
    for event in events {
        let event: Value = serde_json::from_str(event).unwrap();
        let choice = &event["choices"][0];
        if !choice["finish_reason"].is_null() {
            whole["finish_reason"] = choice["finish_reason"].clone();
        }
        if let Some(piece) = choice["delta"]["content"].as_str().filter(|piece| !piece.is_empty()) {
            whole["content"] = json!(format!("{}{piece}", whole["content"].as_str().unwrap_or_default()));
        }
    }
    whole
}

/// Whether an answer is as an outcome has it.
fn fits(outcome: &Map<String, Value>, got: &Value) -> bool {
    let content = got["content"].as_str().unwrap_or_default();
    let content = content.split_whitespace().collect::<Vec<_>>().join(" ");
    let end = content.char_indices().rev().nth(END - 1).map_or(0, |(at, _)| at);
    outcome.iter().all(|(name, want)| match name.as_str() {
        "says" => texts(want).all(|text| content.contains(text)),
        "says_not" => !texts(want).any(|text| content.contains(text)),
        "in_order" => {
            let mut rest = content.as_str();
            texts(want).all(|text| match rest.split_once(text) {
                Some((_, behind)) => {
                    rest = behind;
                    true
                }
                None => false,
            })
        }
        "ends" => texts(want).all(|text| content[end..].contains(text)),
        "number" => {
            let want = want.as_f64().unwrap();
            first_number(&content).is_some_and(|number| (number - want).abs() <= 1e-9 * want.abs())
        }
        "artifact" => got["artifacts"].as_array().into_iter().flatten().any(|a| a["mime"] == *want),
        "fails" => got["error"].is_null() != (*want == json!(true)),
        _ => got[name] == *want,
    })
}

fn texts(list: &Value) -> impl Iterator<Item = &str> {
    list.as_array().unwrap().iter().map(|text| text.as_str().unwrap())
}

fn first_number(text: &str) -> Option<f64> {
    let from = text.find(|c: char| c.is_ascii_digit())?;
    let from = if text[..from].ends_with('-') { from - 1 } else { from };
    let end = text[from + 1..].find(|c: char| !(c.is_ascii_digit() || ".,e+-".contains(c)));
    let number = &text[from..end.map_or(text.len(), |end| from + 1 + end)];
    number.trim_end_matches(['.', ',']).replace(',', "").parse().ok()
}

#[test]
fn outcomes_are_told_apart() {
    #[track_caller]
    fn check(outcome: Value, got: Value, want: bool) {
        assert_eq!(fits(outcome.as_object().unwrap(), &got), want, "{outcome} {got}");
    }
    let got =
        |content: &str| json!({"ok": true, "content": content, "error": null, "artifacts": [{"mime": "image/png"}]});
    check(json!({"ok": true, "says": ["a b", "c"]}), got("c and a\n b"), true);
    check(json!({"in_order": ["a", "b"]}), got("b a"), false);
    check(json!({"in_order": ["a", "b"], "says_not": ["c"]}), got("b a b"), true);
    check(json!({"says_not": ["c"]}), got("b c"), false);
    check(json!({"number": 1234.5}), got("approx. 1,234.5, or so"), true);
    check(json!({"number": 3}), got("30000"), false);
    check(json!({"number": -8e45}), got("-8e45"), true);
    check(json!({"artifact": "image/png", "fails": false}), got(""), true);
    check(json!({"artifact": "text/csv"}), got(""), false);
    check(json!({"ok": false}), got(""), false);
    check(json!({"ends": ["begin"]}), got(&format!("begin {}", "x".repeat(END))), false);
    check(json!({"ends": ["end"]}), got(&format!("{} end", "x".repeat(END))), true);
}
