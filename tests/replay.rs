//! Runs of many kinds, replayed where there is neither network nor model: their events are those that were shown.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used)]

#[path = "common/program.rs"]
#[allow(dead_code)]
mod program;
#[path = "../model/tests/replay/mod.rs"]
mod replay;

use program::Program;
use replay::{Answer, Server, chunks, text};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::io::Write;
use std::process::{Command, Output, Stdio};

fn calls(calls: &[(&str, Value)]) -> Answer {
    let calls = calls.iter().enumerate().map(|(at, (tool, arguments))| {
        let arguments = arguments.as_str().map_or_else(|| arguments.to_string(), str::to_owned);
        json!({"index": at, "id": format!("c{at}"), "function": {"name": tool, "arguments": arguments}})
    });
    let calls: Vec<Value> = calls.collect();
    chunks(&[json!({"choices": [{"delta": {"tool_calls": calls}, "finish_reason": "tool_calls"}]})])
}

fn call(tool: &str, arguments: Value) -> Answer {
    calls(&[(tool, arguments)])
}

fn sum(expression: &str) -> Answer {
    call("calculator", json!({"expression": expression}))
}

/// A way in which a run can go: what is asked beside the question, what the model says, and what is then in the record.
struct Kind {
    name: &'static str,
    args: &'static [&'static str],
    answers: Vec<Answer>,
    has: &'static [&'static str],
}

fn kind(name: &'static str, args: &'static [&'static str], answers: Vec<Answer>, has: &'static [&'static str]) -> Kind {
    Kind { name, args, answers, has }
}

/// Twenty, none like another.
fn kinds() -> Vec<Kind> {
    let thinking = json!({"choices": [{"delta": {"reasoning_content": "Six times seven."}}]});
    let said = json!({"choices": [{"delta": {"content": "It is 42."}, "finish_reason": "stop"}]});
    let half = json!({"choices": [{"delta": {"content": "Half of it. And"}}]});
    let chart = json!({"data": "t1", "kind": "bar", "x": "City", "y": "People"});
    let open = || call("browser_open", json!({"target": "local:mill.html"}));
    let table = "| City | People |\n| --- | --- |\n| 東京 | 14 |\n| Ürün | 2 |";
    vec![
        kind("words", &[], vec![text("A mill is a machine.")], &["answer"]),
        kind("signs", &[], vec![text("的确 \u{1b}[31mred\u{1b}[0m \"quoted\"\n\n> ümlaut \u{7}")], &["answer"]),
        kind("table", &[], vec![text(table)], &["table"]),
        kind("reasoning", &[], vec![chunks(&[thinking, said])], &["reasoning"]),
        kind("sum", &[], vec![sum("6 * 7"), text("It is 42.")], &["computed"]),
        kind(
            "sums",
            &[],
            vec![
                calls(&[
                    ("calculator", json!({"expression": "1 + 1"})),
                    ("calculator", json!({"expression": "2 ^ 9"})),
                ]),
                text("They are 2 and 512."),
            ],
            &["\"512\""],
        ),
        kind("wrong sum", &[], vec![sum("1 +* 2"), text("It cannot be told.")], &["\"ok\":false"]),
        kind("no such tool", &[], vec![call("hammer", json!({"n": 1})), text("There is none.")], &["hammer"]),
        kind("broken call", &[], vec![call("calculator", json!("{\"expression\": ")), text("So be it.")], &["answer"]),
        kind(
            "query",
            &["--file", "cities.csv"],
            vec![call("sql", json!({"query": "SELECT sum(People) AS N FROM t1"})), text("All are 8.")],
            &["tables"],
        ),
        kind("chart", &["--file", "cities.csv"], vec![call("chart", chart), text("It is drawn.")], &["image/png"]),
        kind(
            "search",
            &["--search", "local:pages"],
            vec![call("browser_search", json!({"query": "mill"})), text("There is a page.")],
            &["mill.html"],
        ),
        kind(
            "page",
            &["--search", "local:pages"],
            vec![open(), text("The mill is 12 m high [1].")],
            &["sourced", "\"page\":\"sha256:"],
        ),
        kind(
            "no page",
            &["--search", "local:pages"],
            vec![call("browser_open", json!({"target": "local:none.html"})), text("It is not there.")],
            &["\"ok\":false"],
        ),
        kind("picture", &[], vec![call("image", json!({"prompt": "a tree"})), text("Here it is.")], &["artifact"]),
        kind(
            "steps",
            &["--max-steps", "2"],
            vec![sum("1 + 1"), sum("1 + 2"), text("It is 3 so far.")],
            &["step_limit"],
        ),
        kind(
            "repetition",
            &[],
            vec![sum("1 + 1"), sum("1 + 1"), sum("1 + 1"), sum("1 + 1"), sum("1 + 1"), text("2, again.")],
            &["done"],
        ),
        kind("deadline", &["--deadline", "1s"], vec![chunks(&[half]).hang()], &["deadline"]),
        kind("failure", &[], vec![], &["error"]),
        kind("unfounded", &[], vec![text("It weighs 731 t."), text("It weighs 731 t, I think.")], &["unverified"]),
    ]
}

/// What the program showed, as it is kept: pieces of a text are one event, and the session's name is none.
fn kept(shown: &str) -> Vec<Value> {
    let mut events: Vec<Value> = Vec::new();
    for line in shown.lines() {
        let event: Value = serde_json::from_str(line).unwrap();
        let more = event["delta"].as_str().map(str::to_owned);
        match (more, events.last_mut().filter(|last| last["type"] == event["type"])) {
            (Some(more), Some(last)) => last["delta"] = format!("{}{more}", last["delta"].as_str().unwrap()).into(),
            _ => events.push(event),
        }
    }
    events.retain(|event| event["type"] != "session");
    events
}

/// What runs a command where there is no network, on systems that let us.
fn without_network() -> Option<Vec<&'static str>> {
    let ways = [vec!["unshare", "-rn"], vec!["unshare", "-n"]];
    ways.into_iter().find(|way| {
        let links = Command::new(way[0]).args(&way[1..]).args(["cat", "/proc/net/dev"]).stderr(Stdio::null()).output();
        links.is_ok_and(|links| {
            let text = String::from_utf8_lossy(&links.stdout).into_owned();
            let others = text.lines().skip(2).filter(|line| !line.trim_start().starts_with("lo:")).count();
            links.status.success() && text.contains("lo:") && others == 0
        })
    })
}

fn replayed(program: &Program, way: Option<&[&str]>, session: &str) -> Output {
    let exe = env!("CARGO_BIN_EXE_polymath");
    let words: Vec<&str> = way.unwrap_or_default().iter().copied().chain([exe, "replay", session, "--json"]).collect();
    let mut command = Command::new(words[0]);
    command.args(&words[1..]).current_dir(program.home.path()).env("POLYMATH_HOME", program.home.path());
    // Nor is there a model.
    command.env("POLYMATH_MODELS_DIR", program.home.path().join("none")).env_remove("POLYMATH_MODEL");
    command.stdin(Stdio::null()).output().unwrap()
}

#[tokio::test]
async fn twenty_runs_come_back_without_network_and_model() {
    let program = Program::new();
    let pages = program.home.path().join("pages");
    std::fs::create_dir(&pages).unwrap();
    let page = "<title>Mill</title><h1>The mill</h1><p>The mill is 12 m high and stands at the river.</p>";
    std::fs::write(pages.join("mill.html"), page).unwrap();
    std::fs::write(pages.join("soup.md"), "# Soup\nThe menu of today.").unwrap();
    std::fs::write(program.home.path().join("cities.csv"), "City,People\nA,3\nB,5\n").unwrap();
    let mut shown = Vec::new();
    for (number, kind) in kinds().into_iter().enumerate() {
        let server = Server::start("vllm", kind.answers).await;
        let (session, model) = (format!("run-{number}"), format!("http://{}/v1#m", server.address));
        let mut command = program.command();
        command.args(["ask", "How high is the mill?", "--json", "--quiet", "--session", &session, "--model", &model]);
        let output = tokio::task::spawn_blocking(move || command.args(kind.args).output().unwrap()).await.unwrap();
        let (told, stderr) = (String::from_utf8(output.stdout).unwrap(), String::from_utf8_lossy(&output.stderr));
        for has in kind.has {
            assert!(told.contains(has), "{}: no {has}: {told}{stderr}", kind.name);
        }
        shown.push((session, kind.name, kept(&told)));
    }
    // Nothing that a run was made of is there any more.
    std::fs::remove_dir_all(&pages).unwrap();
    std::fs::remove_file(program.home.path().join("cities.csv")).unwrap();
    let way = without_network();
    if way.is_none() {
        let _ = writeln!(std::io::stderr(), "network namespaces are not allowed here: replayed without one");
    }
    let shape = |events: &[Value]| {
        events.iter().map(|event| event["type"].as_str().unwrap().to_owned()).collect::<Vec<_>>().join(" ")
    };
    let mut texts = BTreeSet::new();
    let mut shapes = BTreeSet::new();
    for (session, name, events) in &shown {
        let output = replayed(&program, way.as_deref(), session);
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{name}: {stderr}");
        let text = String::from_utf8(output.stdout.clone()).unwrap();
        let again: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        assert_eq!(&again, events, "{name}");
        assert_eq!(output.stdout, replayed(&program, way.as_deref(), session).stdout, "{name}: byte for byte");
        shapes.insert(shape(events));
        texts.insert(text.replace(char::is_numeric, ""));
    }
    assert_eq!((shown.len(), texts.len()), (20, 20), "no run is like another");
    assert!(shapes.len() > 9, "they go in {} ways only: {shapes:?}", shapes.len());
}
