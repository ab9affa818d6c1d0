//! The three scripts of `examples/runs`, each killed whenever a step begins or is done and gone on with: they come to what an
//! undisturbed run comes to, and nothing that was done is done again.
#![cfg(unix)]
#![allow(clippy::unwrap_used)]

#[path = "common/program.rs"]
#[allow(dead_code)]
mod program;

use program::Program;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex};

const ROUNDS: &str = "| Date | Amount | Valuation |\n| --- | --- | --- |\n| 2017-03 | $6 million [1] | n/a |\n\
    | 2018-09 | $22 million [1] | n/a |\n| 2020-02 | $80 million [1] | $640 million [1] |\n\
    | 2021-11 | $150 million [1] | $1.8 billion [1] |\n| 2023-06 | $260 million [1] | $4.16 billion [1] |";
const PICTURE: &str = r#"{"idea":"A robot in a warehouse","background":"skyblue","ground":"palegreen","objects":[{"name":"robot","symbol":"robot","color":"gray","place":"center","size":"large"}],"caption":""}"#;

fn examples() -> PathBuf {
    PathBuf::from(std::env::var_os("CARGO_MANIFEST_DIR").unwrap()).join("examples/runs")
}

/// How often the model was asked each thing.
type Asked = BTreeMap<String, usize>;

/// A model behind an endpoint that answers what the scripts ask, and counts.
struct Model {
    address: SocketAddr,
    asked: Arc<Mutex<Asked>>,
}

impl Model {
    fn start() -> Model {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let asked = Arc::new(Mutex::new(Asked::new()));
        let shared = asked.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let asked = shared.clone();
                // Whoever asked may be gone.
                std::thread::spawn(move || serve(stream, &asked));
            }
        });
        Model { address, asked }
    }

    fn asked(&self) -> Asked {
        self.asked.lock().unwrap().clone()
    }
}

fn serve(stream: TcpStream, asked: &Mutex<Asked>) -> std::io::Result<()> {
    let mut reader = BufReader::new(stream.try_clone()?);
    let (mut line, mut length, mut header) = (String::new(), 0, String::new());
    reader.read_line(&mut line)?;
    while reader.read_line(&mut header)? > 2 {
        if let Some(value) = header.to_lowercase().strip_prefix("content-length:") {
            length = value.trim().parse().unwrap_or(0);
        }
        header.clear();
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body)?;
    let request: Value = serde_json::from_slice(&body).unwrap_or_default();
    let (kind, text) = match line.split(' ').nth(1) {
        Some("/v1/models") => ("application/json", json!({"data": [{"id": "m", "owned_by": "vllm"}]}).to_string()),
        Some("/v1/chat/completions") => completion(&request, asked),
        _ => return write!(&stream, "HTTP/1.1 404 X\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"),
    };
    let head = format!("HTTP/1.1 200 OK\r\ncontent-type: {kind}\r\ncontent-length: {}\r\n", text.len());
    write!(&stream, "{head}connection: close\r\n\r\n{text}")
}

/// Opens the page that a question is about, and then says what stands there.
fn completion(request: &Value, asked: &Mutex<Asked>) -> (&'static str, String) {
    let messages = request["messages"].as_array().cloned().unwrap_or_default();
    let of = |role: &str| messages.iter().rev().find(|m| m["role"] == role).map(|m| m["content"].to_string());
    let question = of("user").unwrap_or_default();
    let last = messages.last().map_or(String::new(), |m| m["role"].as_str().unwrap_or_default().to_owned());
    *asked.lock().unwrap().entry(format!("{last} {question}")).or_default() += 1;
    let tower = question.split("How high is the ").nth(1).and_then(|rest| rest.split('?').next());
    let page = match tower {
        Some(tower) => Some(format!("local:{}.html", tower.to_lowercase().replace(' ', "-"))),
        None => question.contains("funding rounds").then(|| "local:halden-robotics.html".to_owned()),
    };
    let delta = match (page, last.as_str()) {
        (Some(page), "user") => {
            let function = json!({"name": "browser_open", "arguments": json!({"target": page}).to_string()});
            json!({"tool_calls": [{"index": 0, "id": "c", "type": "function", "function": function}]})
        }
        (Some(_), _) => match tower {
            Some(tower) => {
                let page = of("tool").unwrap_or_default();
                let height = page.split("It is ").nth(1).and_then(|rest| rest.split(" m high").next()).unwrap_or("0");
                json!({"content": format!("The {tower} is {height} m high [1].")})
            }
            None => json!({"content": ROUNDS}),
        },
        (None, _) => json!({"content": PICTURE}),
    };
    let finish = if delta["content"].is_null() { "tool_calls" } else { "stop" };
    if request["stream"] != true {
        let message = json!({"role": "assistant", "content": delta["content"], "tool_calls": delta["tool_calls"]});
        return ("application/json", json!({"choices": [{"message": message, "finish_reason": finish}]}).to_string());
    }
    let end = json!({"choices": [{"delta": {}, "finish_reason": finish}]});
    (
        "text/event-stream",
        format!("data: {}\n\ndata: {end}\n\ndata: [DONE]\n\n", json!({"choices": [{"delta": delta}]})),
    )
}

/// What a run has told before it was killed, or to its end.
#[derive(Default)]
struct Told {
    run: String,
    /// Steps that were done, and whether their results were known.
    done: BTreeMap<String, bool>,
    /// Whether it was killed.
    killed: bool,
    /// What the model had been asked by then.
    asked: Asked,
}

struct Bench {
    program: Program,
    model: Model,
    script: String,
}

impl Bench {
    fn new(name: &str) -> Bench {
        let script = examples().join(format!("{name}.toml")).display().to_string();
        Bench { program: Program::new(), model: Model::start(), script }
    }

    fn command(&self, out: &str) -> Command {
        let mut command = self.program.command();
        command.args(["run", &self.script, "--json", "--out", out]);
        command.env("POLYMATH_MODEL", format!("http://{}/v1#m", self.model.address));
        command
    }

    /// Runs until something happens at which it has not been killed yet.
    fn until_new(&self, resume: Option<&str>, seen: &mut BTreeSet<String>) -> Told {
        let mut command = self.command("killed");
        if let Some(run) = resume {
            command.args(["--resume", run]);
        }
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::inherit()).spawn().unwrap();
        let mut told = Told::default();
        for line in BufReader::new(child.stdout.take().unwrap()).lines() {
            let line: Value = serde_json::from_str(&line.unwrap()).unwrap();
            let text = |key: &str| line[key].as_str().unwrap_or_default().to_owned();
            let moment = match (text("type").as_str(), text("state").as_str()) {
                ("run", _) => {
                    told.run = text("run");
                    continue;
                }
                ("progress", "done") => {
                    told.done.insert(text("step"), line["cached"] == true);
                    format!("done {}", text("step"))
                }
                ("progress", state) => {
                    assert!(state != "failed", "{line}");
                    format!("{state} {}", text("step"))
                }
                // Questions of one step.
                ("event", _) if line["event"]["type"] == "call" => format!("calls {}", line["event"]["arguments"]),
                _ => continue,
            };
            if seen.insert(moment) {
                child.kill().unwrap();
                told.killed = true;
                break;
            }
        }
        let status = child.wait().unwrap();
        assert!(told.killed || status.success(), "{status}");
        told.asked = self.model.asked();
        told
    }

    /// What the steps came to. A file has another name where one of a step that was killed lies there already.
    fn steps(&self, out: &str) -> Vec<Value> {
        let text = std::fs::read_to_string(self.program.home.path().join(out).join("report.json")).unwrap();
        let report: Value = serde_json::from_str(&text).unwrap();
        let mut steps = report["steps"].as_array().unwrap().clone();
        for step in &mut steps {
            let files: Vec<Value> =
                step["output"]["artifacts"].as_array().into_iter().flatten().map(|a| a["mime"].clone()).collect();
            if !files.is_empty() {
                step["output"]["text"] = Value::Null;
            }
            step["output"]["artifacts"] = files.into();
        }
        steps
    }
}

#[track_caller]
fn check(name: &str, least: usize) {
    let bench = Bench::new(name);
    let (mut seen, mut run, mut kills) = (BTreeSet::new(), None::<String>, 0);
    let mut kept = BTreeSet::<String>::new();
    let mut before: Option<Told> = None;
    loop {
        let told = bench.until_new(run.as_deref(), &mut seen);
        assert!(run.as_ref().is_none_or(|run| *run == told.run), "{name}: another run");
        run = Some(told.run.clone());
        for (step, known) in &told.done {
            // What is only checked or written down is nothing that is done.
            assert!(*known || !kept.contains(step), "{name}: {step} was done again");
        }
        if let Some(before) = &before {
            // An answer that stood in the record is not asked for again; at most what was under way is.
            let again = told.asked.iter().filter(|(what, n)| before.asked.get(*what).is_some_and(|known| *n > known));
            assert!(again.count() <= 2, "{name}: {:?} and then {:?}", before.asked, told.asked);
        }
        let whole = !told.killed;
        kept.extend(told.done.keys().filter(|step| bench.is_done(step)).cloned());
        kills += usize::from(told.killed);
        before = Some(told);
        if whole {
            break;
        }
    }
    assert!(kills >= least, "{name}: {kills} kills only");
    let output = Command::output(bench.command("whole").env("POLYMATH_HOME", bench.program.home.path().join("other")));
    assert!(output.as_ref().is_ok_and(|output| output.status.success()), "{output:?}");
    for (killed, whole) in bench.steps("killed").iter().zip(bench.steps("whole")) {
        assert_eq!(*killed, whole, "{name}");
    }
}

impl Bench {
    /// Whether a step does something, and is no assertion or report.
    fn is_done(&self, step: &str) -> bool {
        let text = std::fs::read_to_string(&self.script).unwrap();
        let head = format!("[steps.{step}]");
        let rest = text.split(&head).nth(1).unwrap_or_default();
        let own = rest.split("\n[").next().unwrap_or_default();
        !own.contains("\nassert = ") && !own.contains("\nreport = ")
    }
}

#[test]
fn a_report_of_a_file() {
    check("sales", 20);
}

#[test]
fn the_funding_of_a_company() {
    check("funding", 14);
}

#[test]
fn ten_things_compared() {
    check("towers", 20);
}
