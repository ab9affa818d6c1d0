//! `polymath run`, `replay` and `sessions export --format script`: the program itself.

#![allow(clippy::unwrap_used)]

#[path = "common/program.rs"]
mod program;
#[path = "../model/tests/replay/mod.rs"]
mod replay;

use program::Program;
use replay::{Server, chunks, text};
use serde_json::{Value, json};
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Output, Stdio};

fn sales() -> String {
    std::env::var("CARGO_MANIFEST_DIR").unwrap() + "/examples/runs/sales.toml"
}

fn told(output: &Output) -> (Option<i32>, String, String) {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (output.status.code(), text(&output.stdout), text(&output.stderr))
}

#[track_caller]
fn right(output: &Output) -> (String, String) {
    let (status, stdout, stderr) = told(output);
    assert_eq!(status, Some(0), "{stdout}{stderr}");
    (stdout, stderr)
}

fn report(folder: &Path) -> Value {
    serde_json::from_str(&std::fs::read_to_string(folder.join("report.json")).unwrap()).unwrap()
}

/// The name that a run told.
fn run_of(stderr: &str) -> String {
    stderr.lines().find_map(|line| line.strip_prefix("run ")?.split(',').next()).unwrap().to_owned()
}

#[test]
fn a_script_leaves_its_report_and_is_known_the_second_time() {
    let program = Program::new();
    let (stdout, stderr) = right(&program.run(&["run", &sales(), "--out", "out"]));
    assert!(stdout.starts_with("In 2024 the shops sold for **392680**"), "{stdout}");
    assert!(stderr.contains("✓ total ") && stderr.contains("(0 left)"), "{stderr}");
    let out = program.home.path().join("out");
    let csv = std::fs::read_to_string(out.join("tables/by_region.csv")).unwrap();
    assert!(csv.starts_with("Region,Total,Share\nNorth,"), "{csv}");
    let html = std::fs::read_to_string(out.join("report.html")).unwrap();
    assert!(html.contains("data:image/png;base64,") && html.contains("What was checked"), "pictures are inside");
    let markdown = std::fs::read_to_string(out.join("report.md")).unwrap();
    assert!(markdown.starts_with("# Sales of 2024\n") && markdown.contains("✓ whole: shares: 100"), "{markdown}");
    let state = |name: &str| {
        let report = report(&out);
        let step = report["steps"].as_array().unwrap().iter().find(|step| step["name"] == name).cloned();
        step.unwrap()["state"].clone()
    };
    assert_eq!((state("weak"), state("report")), (json!("done"), json!("done")));
    let (_, again) = right(&program.run(&["run", &sales(), "--out", "out"]));
    assert_eq!(again.matches("known already").count(), 6, "{again}");
    // Its run is a session like any other.
    let (shown, _) = right(&program.run(&["replay", &run_of(&stderr)]));
    assert!(shown.contains("> total: sql"), "{shown}");
    let (status, _, stderr) = told(&program.run(&["run", &sales(), "--var", "least=1e9", "--var", "year=2023"]));
    assert!(status == Some(1) && stderr.contains("error: step ") && stderr.contains("--resume "), "{stderr}");
}

#[test]
fn what_is_wrong_is_told_without_running() {
    let program = Program::new();
    right(&program.run(&["run", &sales(), "--check"]));
    let (graph, _) = right(&program.run(&["run", &sales(), "--graph"]));
    assert!(graph.starts_with("flowchart TD\n"), "{graph}");
    std::fs::write(program.home.path().join("s.toml"), "[steps.a]\nask = \"{{ x }}\"\n[steps.b]\nsql = 1\n").unwrap();
    let (status, _, stderr) = told(&program.run(&["run", "s.toml", "--check"]));
    assert!(status == Some(2) && stderr.starts_with("error: s.toml:4: "), "{stderr}");
    let (status, _, stderr) = told(&program.run(&["run", &sales(), "--var", "yer=1"]));
    assert!(status == Some(2) && stderr.contains("hint: --var year=…"), "{stderr}");
    let (status, _, stderr) = told(&program.run(&["run", &sales(), "--resume", "nothing"]));
    assert!(status == Some(1) && stderr.contains("there is no run nothing"), "{stderr}");
    let (status, _, stderr) = told(&program.run(&["run", "none.toml"]));
    assert!(status == Some(1) && stderr.contains("cannot read the script none.toml"), "{stderr}");
    assert!(!program.home.path().join("sessions.db").exists(), "nothing was begun");
}

#[cfg(target_os = "linux")]
#[test]
fn a_killed_run_goes_on_where_it_was() {
    let program = Program::new();
    let script = r#"
[vars]
seconds = 600
who = "O'Neil"
[files]
points = "points.csv"
[steps.first]
python = "doubled = points.assign(Twice=points['Points'] * 2)\ndoubled"
[steps.second]
python = "import time\ntime.sleep(seconds)\nprint(f'{who}: {first.Twice.sum():.0f}')"
[steps.report]
report = "{{ second }}"
"#;
    std::fs::write(program.home.path().join("s.toml"), script).unwrap();
    std::fs::write(program.home.path().join("points.csv"), "Name,Points\nA,3\nB,4\n").unwrap();
    let mut child = program.command().args(["run", "s.toml"]).stderr(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(child.stderr.take().unwrap()).lines().map(Result::unwrap);
    let first = lines.next().unwrap();
    let begun: Vec<String> = lines.by_ref().take_while(|line| !line.contains("✓ first")).collect();
    assert!(lines.next().is_some(), "the second step begins: {begun:?}");
    child.kill().unwrap();
    child.wait().unwrap();
    let run = run_of(&format!("{first}\n"));
    let (stdout, stderr) = right(&program.run(&["run", "s.toml", "--resume", &run, "--var", "seconds=0"]));
    assert!(stdout.starts_with("O'Neil: 14\n"), "{stdout}");
    assert!(stderr.contains("✓ first known already") && !stderr.contains("✓ second known"), "{stderr}");
    assert_eq!(run_of(&stderr), run);
}

fn call(tool: &str, arguments: &Value) -> replay::Answer {
    let function = json!({"name": tool, "arguments": arguments.to_string()});
    chunks(&[json!({"choices": [{"delta": {"tool_calls": [{"index": 0, "id": "a", "function": function}]},
                    "finish_reason": "tool_calls"}]})])
}

/// Asks for two rounds that stand on a page, and returns the session's name.
async fn asked(program: &Program, question: &str) -> String {
    let page = |last: &str| {
        format!(
            "<html><title>Rounds</title><body><h1>Rounds of Acme Kites</h1><p>A table of all rounds of the company follows.</p><table><tr><th>Round</th><th>Valuation</th></tr><tr><td>Seed</td><td>$3 million</td></tr><tr><td>Series A</td><td>{last}</td></tr></table></body></html>"
        )
    };
    let pages = program.home.path().join("pages");
    std::fs::create_dir_all(&pages).unwrap();
    std::fs::write(pages.join("kites.html"), page("$9 million")).unwrap();
    std::fs::write(pages.join("other.md"), "# Soup\nThe menu of today.").unwrap();
    let table = "| Round | Valuation |\n| --- | --- |\n| Seed | $3 million [1] |\n| Series A | $9 million [1] |";
    let open = json!({"target": "local:kites.html"});
    let server = Server::start("vllm", vec![call("browser_open", &open), text(table)]).await;
    let model = format!("http://{}/v1#m", server.address);
    let mut command = program.command();
    command.args(["ask", question, "--search", "local:pages", "--session", "s", "--model", &model]);
    let output = tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap();
    right(&output);
    "s".to_owned()
}

#[tokio::test]
async fn a_run_is_replayed_and_its_pages_are_looked_at_again() {
    let program = Program::new();
    let session = asked(&program, "Collect the rounds of Acme Kites").await;
    let args = ["replay", session.as_str(), "--json"];
    let (events, _) = right(&program.run(&args));
    assert_eq!(events, right(&program.run(&args)).0);
    let (record, _) = right(&program.run(&["sessions", "export", "s", "--format", "json"]));
    let record: Value = serde_json::from_str(&record).unwrap();
    let kept = record["events"].as_array().unwrap();
    assert!(kept.len() > 4 && events.lines().count() == kept.len(), "{events}");
    let (shown, _) = right(&program.run(&["replay", "s/1"]));
    assert!(shown.starts_with("> Collect the rounds of Acme Kites\n") && shown.contains("$9 million"), "{shown}");
    assert_eq!(told(&program.run(&["replay", "s/2"])).0, Some(2));

    let refresh = ["replay", "s", "--refresh", "--search", "local:pages"];
    let (same, _) = right(&program.run(&refresh));
    assert!(same.starts_with("Nothing that was concluded has changed: 4 values"), "{same}");
    let page = program.home.path().join("pages/kites.html");
    let text = std::fs::read_to_string(&page).unwrap();
    let more = "$11 million</td></tr><tr><td>Series B</td><td>$40 million</td>";
    std::fs::write(&page, text.replace("$9 million</td>", more)).unwrap();
    let (status, changed, _) = told(&program.run(&refresh));
    assert_eq!(status, Some(3), "{changed}");
    assert!(changed.starts_with("2 conclusions have changed"), "{changed}");
    assert!(changed.contains("Valuation of Series A: $9 million to $11 million"), "{changed}");
    assert!(changed.contains("added: Series B | $40 million"), "{changed}");
    let (_, json, _) = told(&program.run(&[&refresh[..], &["--json"]].concat()));
    let json: Value = serde_json::from_str(&json).unwrap();
    assert_eq!((&json["changes"][0]["now"], &json["pages"][0]["state"]), (&json!("$11 million"), &json!("changed")));
    std::fs::remove_file(&page).unwrap();
    let (status, _, stderr) = told(&program.run(&refresh));
    assert!(status == Some(1) && stderr.contains("none of the run's 1 pages can be had"), "{stderr}");
}

#[tokio::test]
async fn another_model_is_asked_the_same() {
    let program = Program::new();
    asked(&program, "Collect the rounds of Acme Kites").await;
    let server = Server::start("vllm", vec![text("There are two rounds.")]).await;
    let model = format!("http://{}/v1#other", server.address);
    let mut command = program.command();
    command.args(["replay", "s", "--json", "--model", &model]);
    let output = tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap();
    let both: Value = serde_json::from_str(right(&output).0.trim()).unwrap();
    assert_eq!((&both["question"], &both["model"]), (&json!("Collect the rounds of Acme Kites"), &json!("other")));
    assert_eq!(both["now"], "There are two rounds.");
    assert!(both["before"].as_str().unwrap().contains("$9 million"), "{both}");
    // In a conversation of its own, which says what it was made with.
    let (record, _) =
        right(&program.run(&["sessions", "export", both["session"].as_str().unwrap(), "--format", "json"]));
    let record: Value = serde_json::from_str(&record).unwrap();
    assert_eq!(record["made"]["1"]["model"], "other");
    assert!(record["made"]["1"]["from"].as_str().unwrap().contains(&server.address.to_string()), "{}", record["made"]);
}

#[tokio::test]
async fn a_conversation_is_exported_as_a_script() {
    let program = Program::new();
    asked(&program, "Collect the rounds of Acme Kites").await;
    let (script, _) = right(&program.run(&["sessions", "export", "s", "--format", "script"]));
    assert!(script.contains("subject = \"Acme Kites\"") && script.contains("rounds of {{ subject }}\""), "{script}");
    std::fs::write(program.home.path().join("again.toml"), script).unwrap();
    let (stdout, _) = right(&program.run(&["run", "again.toml", "--var", "subject=Other", "--check"]));
    assert!(stdout.contains("1 steps, nothing wrong"), "{stdout}");
}
