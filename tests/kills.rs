//! Processes that are killed with no warning, at random moments of questions, conversations, scripts, and replies
//! and turns of a server: what was shown is kept, nothing is done twice, and no question is lost.
//!
//! `POLYMATH_KILLS=500` makes as many kills of questions and conversations and a fifth of that of each other kind; the
//! seed that is printed makes them again.

#![cfg(unix)]
#![allow(clippy::unwrap_used)]

#[allow(dead_code)]
#[path = "common/program.rs"]
mod program;
#[path = "common/scripted.rs"]
mod scripted;

use program::Program;
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use scripted::Scripted;
use serde_json::Value;
use std::collections::BTreeSet;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

const KILLS: usize = 20;
/// Kills of one conversation.
const OF_ONE: usize = 10;
/// Kills of one script's run.
const OF_ONE_RUN: usize = 3;

/// How many processes are to be killed.
fn kills() -> usize {
    std::env::var("POLYMATH_KILLS").ok().and_then(|n| n.parse().ok()).unwrap_or(KILLS)
}
/// Longest wait behind the event at which a process is killed, in microseconds: about as long as a commit.
const WAIT: u64 = 8_000;

struct Bench {
    program: Program,
    model: Scripted,
    random: StdRng,
    /// The longest time that a process took to start and read a conversation.
    slowest: Duration,
}

impl Bench {
    fn new() -> Bench {
        let seed = std::env::var("POLYMATH_KILLS_SEED").ok().and_then(|s| s.parse().ok()).unwrap_or_else(rand::random);
        println!("POLYMATH_KILLS_SEED={seed}");
        let random = StdRng::seed_from_u64(seed);
        Bench { program: Program::new(), model: Scripted::start(), random, slowest: Duration::ZERO }
    }

    fn command(&self, args: &[&str]) -> Command {
        let mut command = self.program.command();
        command.args(args).env("POLYMATH_BROWSER_ALLOW", self.model.address.to_string());
        command.env("POLYMATH_MODEL", self.model.model()).stderr(Stdio::null());
        command
    }

    /// Kills a process some time after it has shown so many events; what it has shown.
    fn kill(&mut self, mut child: Child, after: usize) -> Vec<Value> {
        let lines = BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok);
        self.kill_behind(child, lines, after)
    }

    /// The same, where these lines are what it shows.
    fn kill_behind(&mut self, mut child: Child, mut lines: impl Iterator<Item = String>, after: usize) -> Vec<Value> {
        let mut events = Vec::new();
        let mut take = |line: String| events.push(serde_json::from_str::<Value>(&line));
        (&mut lines).take(after).for_each(&mut take);
        std::thread::sleep(Duration::from_micros(self.random.random_range(0..WAIT)));
        child.kill().unwrap();
        child.wait().unwrap();
        // What it had written before is shown as well; of its last line maybe a part.
        lines.for_each(take);
        let whole = |(at, event): (usize, Result<Value, _>), count| match event {
            Ok(event) => Some(event),
            Err(_) if at + 1 == count => None,
            Err(e) => panic!("a line is no JSON: {e}"),
        };
        let count = events.len();
        events.into_iter().enumerate().filter_map(|event| whole(event, count)).collect()
    }

    /// The session as the next process finds it.
    fn record(&mut self, session: &str) -> Option<Value> {
        let begin = Instant::now();
        let output = self.command(&["sessions", "export", session, "--format", "json"]).output().unwrap();
        self.slowest = self.slowest.max(begin.elapsed());
        output.status.success().then(|| serde_json::from_slice(&output.stdout).unwrap())
    }

    fn questions(&mut self, session: &str, first: usize, count: usize) {
        let asked: Vec<String> = (first..first + count).map(|n| format!("Open page {session}-{n}")).collect();
        let child = if count == 1 {
            self.command(&["ask", &asked[0], "--json", "--session", session, "--tools", "browser_open"])
                .stdout(Stdio::piped())
                .spawn()
        } else {
            self.command(&["chat", "--json", "--session", session, "--tools", "browser_open"])
                .stdout(Stdio::piped())
                .stdin(Stdio::piped())
                .spawn()
        };
        let mut child = child.unwrap();
        if let Some(mut stdin) = child.stdin.take() {
            writeln!(stdin, "{}", asked.join("\n")).unwrap();
        }
        let after = self.random.random_range(0..25 * count);
        let shown = self.kill(child, after);
        let record = self.record(session);
        check(&shown, &asked, record.as_ref());
    }
}

/// Pieces of text as one event, as they are kept; what is said before a turn, its name included, is no part of it.
fn joined(events: &[Value]) -> Vec<Value> {
    let mut joined: Vec<Value> = Vec::new();
    for event in events {
        let text = event["delta"].as_str().map(str::to_owned);
        match (text, joined.last_mut()) {
            (Some(more), Some(last)) if last["type"] == event["type"] => {
                last["delta"] = format!("{}{more}", last["delta"].as_str().unwrap()).into();
            }
            _ => joined.push(event.clone()),
        }
    }
    joined.retain(|event| event["type"] != "session" && !is_of_before(event));
    joined
}

/// Whether an event tells what was cut off before its turn.
fn is_of_before(event: &Value) -> bool {
    event["text"].as_str().unwrap_or_default().starts_with("the program ended while")
}

/// Everything that was shown of these questions is in the record, once.
#[track_caller]
fn check(shown: &[Value], asked: &[String], record: Option<&Value>) {
    let events = joined(shown);
    let Some(record) = record else {
        assert!(events.is_empty(), "the conversation is lost: {events:?}");
        return;
    };
    let questions: Vec<(u64, &str)> = record["questions"]
        .as_object()
        .unwrap()
        .iter()
        .map(|(turn, text)| (turn.parse().unwrap(), text.as_str().unwrap()))
        .filter(|(_, text)| asked.iter().any(|question| question == text))
        .collect();
    let steps = events.iter().filter(|e| e["type"] == "step" && e["step"] == 1).count();
    assert!(questions.len() >= steps, "{steps} turns were seen to begin, and {questions:?} kept");
    let of_these = |event: &&Value| questions.iter().any(|(turn, _)| event["turn"] == *turn);
    let kept = record["events"].as_array().unwrap().iter().filter(of_these);
    let kept: Vec<Value> = kept.filter(|event| !is_of_before(event)).cloned().collect();
    for (at, event) in events.iter().enumerate() {
        // The last text is kept as far as its last sentence.
        let open = event["delta"].as_str().filter(|_| at + 1 == events.len());
        let whole = open.map(|text| text.rfind(['.', '!', '?']).map_or("", |end| &text[..=end]));
        if whole == Some("") {
            continue;
        }
        let Some(kept) = kept.get(at) else { panic!("event {at} is lost: {event}") };
        let mut kept = kept.clone();
        kept.as_object_mut().unwrap().remove("turn");
        match whole {
            Some(whole) => {
                assert!(kept["delta"].as_str().is_some_and(|kept| kept.starts_with(whole)), "{kept} of {event}")
            }
            None => assert_eq!(&kept, event, "event {at}"),
        }
    }
}

#[test]
fn what_was_shown_is_kept_and_nothing_is_done_twice() {
    let kills = kills();
    let mut bench = Bench::new();
    let (mut asked, mut session) = (0, String::new());
    for kill in 0..kills {
        if kill % OF_ONE == 0 {
            (session, asked) = (format!("s{}", kill / OF_ONE), 0);
        }
        let count = if bench.random.random_bool(0.4) { 3 } else { 1 };
        bench.questions(&session, asked, count);
        asked += count;
        if kill % OF_ONE == OF_ONE - 1 {
            bench.ends_well(&session, asked);
        }
    }
    assert_eq!(bench.model.fetched_twice(), [""; 0], "pages were opened twice");
    println!("{kills} kills; the slowest start took {} ms", bench.slowest.as_millis());
}

impl Bench {
    /// The conversation goes on after all that, and the model knows of every question that was kept.
    fn ends_well(&mut self, session: &str, next: usize) {
        let question = format!("Open page {session}-{next}");
        let args = ["ask", &question, "--quiet", "--session", session, "--tools", "browser_open", "--context", "65536"];
        let output = self.command(&args).stderr(Stdio::piped()).output().unwrap();
        assert!(output.status.success(), "{output:?}");
        assert!(String::from_utf8_lossy(&output.stdout).contains("The mill is 12 m high"), "{output:?}");
        let told = self.model.last_asked();
        let record = self.record(session).unwrap();
        for question in record["questions"].as_object().unwrap().values() {
            assert!(told.contains(&format!("{}\"", question.as_str().unwrap())), "{question} is not in {told}");
        }
    }
}

/// A server that answers, and its address.
fn served(bench: &mut Bench) -> (Child, String) {
    let begin = Instant::now();
    let mut child = bench.command(&["serve", "--addr", "127.0.0.1:0"]).stderr(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(child.stderr.take().unwrap()).lines().map_while(Result::ok);
    let welcome = lines.find(|line| line.contains("http://")).unwrap();
    bench.slowest = bench.slowest.max(begin.elapsed());
    std::thread::spawn(move || lines.for_each(drop));
    let address = welcome.split("http://").nth(1).unwrap().split('/').next().unwrap();
    (child, address.to_owned())
}

/// What is answered to a request, line by line, as it comes.
fn answered(address: &str, line: &str, body: &str) -> BufReader<TcpStream> {
    let mut stream = TcpStream::connect(address).unwrap();
    let head = format!("Host: {address}\r\nContent-Type: application/json\r\nContent-Length: {}", body.len());
    write!(stream, "{line} HTTP/1.1\r\n{head}\r\nConnection: close\r\n\r\n{body}").unwrap();
    BufReader::new(stream)
}

/// A server keeps nothing of replies to others; the next one is there, and its first reply is whole.
#[test]
fn a_killed_server_is_there_again() {
    let kills = kills() / 5;
    let mut bench = Bench::new();
    for kill in 0..=kills {
        let (mut child, address) = served(&mut bench);
        let body = r#"{"messages": [{"role": "user", "content": "Tell me of it"}], "stream": true}"#;
        let mut read = answered(&address, "POST /v1/chat/completions", body).lines().map_while(Result::ok);
        if kill < kills {
            let after = bench.random.random_range(0..20);
            (&mut read).take(after).for_each(drop);
        } else {
            let whole: String = read.collect();
            assert!(whole.starts_with("HTTP/1.1 200") && whole.contains("[DONE]"), "{whole}");
        }
        child.kill().unwrap();
        child.wait().unwrap();
    }
    println!("{kills} kills of a server; the slowest start took {} ms", bench.slowest.as_millis());
}

/// A turn that a server has taken on is kept from then on, with all that was shown of it.
#[test]
fn a_turn_that_a_server_took_on_is_kept() {
    let kills = kills() / 5;
    let mut bench = Bench::new();
    let (mut session, mut asked) = (None::<String>, 0);
    for kill in 0..kills {
        let (child, address) = served(&mut bench);
        let question = format!("Open page t{}-{asked}", kill / OF_ONE);
        asked += 1;
        let ask = serde_json::json!({"question": question, "session": session}).to_string();
        let mut answer = String::new();
        answered(&address, "POST /api/runs", &ask).read_to_string(&mut answer).unwrap();
        assert!(answer.starts_with("HTTP/1.1 201 "), "{answer}");
        let begun: Value = serde_json::from_str(answer.split("\r\n\r\n").nth(1).unwrap()).unwrap();
        let (name, turn) = (begun["session"].as_str().unwrap().to_owned(), &begun["turn"]);
        let lines = answered(&address, &format!("GET /api/sessions/{name}/runs/{turn}/events"), "").lines();
        let events = lines.map_while(Result::ok).filter_map(|line| line.strip_prefix("data: ").map(str::to_owned));
        let after = bench.random.random_range(0..25);
        let mut shown = bench.kill_behind(child, events, after);
        // Behind the last event stands what became of the turn.
        shown.retain(|event| event.get("type").is_some());
        let record = bench.record(&name).unwrap_or_else(|| panic!("{name} is lost"));
        assert_eq!(record["questions"][turn.to_string()], question, "{record}");
        check(&shown, std::slice::from_ref(&question), Some(&record));
        session = Some(name).filter(|_| kill % OF_ONE < OF_ONE - 1);
        if session.is_none() {
            bench.ends_well(begun["session"].as_str().unwrap(), asked);
            asked = 0;
        }
    }
    assert_eq!(bench.model.fetched_twice(), [""; 0], "pages were opened twice");
    println!("{kills} kills of served turns; the slowest start took {} ms", bench.slowest.as_millis());
}

/// A script's run goes on where it was: what was shown is kept, and steps that were told to be done are not done again.
#[test]
fn a_scripts_run_goes_on_where_it_was_killed() {
    let kills = kills() / 5;
    let mut bench = Bench::new();
    let (mut made, mut number) = (0, 0);
    while made < kills {
        let page = |step: &str| format!("http://{}/page/r{number}-{step}", bench.model.address);
        let text = format!(
            "title = \"Mills\"\ntools = [\"browser_open\"]\n\
             [steps.a]\ntool = \"browser_open\"\nargs = {{ target = \"{}\" }}\n\
             [steps.b]\ntool = \"browser_open\"\nargs = {{ target = \"{}\" }}\nafter = [\"a\"]\n\
             [steps.c]\nask = \"Open page r{number}-c\"\nafter = [\"b\"]\n\
             [steps.d]\ntool = \"browser_open\"\nargs = {{ target = \"{}\" }}\nafter = [\"c\"]\n",
            page("a"),
            page("b"),
            page("d")
        );
        let script = bench.program.home.path().join(format!("r{number}.toml"));
        std::fs::write(&script, text).unwrap();
        let (mut run, mut done) = (None::<String>, BTreeSet::new());
        for kill in 0..=OF_ONE_RUN {
            let mut args = vec!["run", script.to_str().unwrap(), "--json"];
            args.extend(run.iter().flat_map(|run| ["--resume", run]));
            let mut command = bench.command(&args);
            let command = command.stdout(Stdio::piped());
            let shown = if kill < OF_ONE_RUN {
                let after = bench.random.random_range(0..30);
                bench.kill(command.spawn().unwrap(), after)
            } else {
                let output = command.stderr(Stdio::piped()).output().unwrap();
                assert!(output.status.success(), "{output:?}");
                let lines = String::from_utf8_lossy(&output.stdout).into_owned();
                lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
            };
            for line in shown.iter().filter(|line| line["type"] == "progress" && line["state"] == "done") {
                let step = line["step"].as_str().unwrap().to_owned();
                assert!(line["cached"] == true || !done.contains(&step), "{line} when these were done: {done:?}");
            }
            let steps = shown.iter().filter(|line| line["state"] == "done").map(|line| line["step"].to_string());
            done.extend(steps.map(|step| step.trim_matches('"').to_owned()));
            run = run.or_else(|| shown.first().map(|line| line["run"].as_str().unwrap().to_owned()));
            if let Some(run) = &run {
                let record = bench.record(run).unwrap_or_else(|| panic!("the run {run} is lost"));
                is_kept(&shown, &record);
            }
        }
        (made, number) = (made + OF_ONE_RUN, number + 1);
    }
    println!("{made} kills of scripts; the slowest start took {} ms", bench.slowest.as_millis());
}

/// Of each turn of a script, the events that were shown are the first of the record's.
#[track_caller]
fn is_kept(shown: &[Value], record: &Value) {
    let of = |turn: &Value| {
        let own: Vec<Value> =
            shown.iter().filter(|line| line["turn"] == *turn).map(|line| line["event"].clone()).collect();
        let kept = record["events"].as_array().unwrap().iter().filter(|event| event["turn"] == *turn).cloned();
        let kept = kept.map(|mut event| {
            event.as_object_mut().unwrap().remove("turn");
            event
        });
        (joined(&own), joined(&kept.collect::<Vec<_>>()))
    };
    for line in shown.iter().filter(|line| line["type"] == "event") {
        let (own, kept) = of(&line["turn"]);
        for (at, event) in own.iter().enumerate() {
            let whole = event["delta"].as_str().filter(|_| at + 1 == own.len());
            let whole = whole.map(|text| text.rfind(['.', '!', '?']).map_or("", |end| &text[..=end]));
            match (whole, kept.get(at)) {
                (Some(""), _) => {}
                (Some(whole), Some(kept)) => {
                    assert!(kept["delta"].as_str().is_some_and(|k| k.starts_with(whole)), "{kept} of {event}")
                }
                (_, kept) => assert_eq!(kept, Some(event), "event {at} of turn {}", line["turn"]),
            }
        }
    }
}

/// At every size that files can have, as where a disk is full: an error that says so, or the answer, and
/// what was shown is kept.
#[test]
fn a_full_disk_is_an_error_and_loses_nothing() {
    let bench = Bench::new();
    let (mut failed, mut went) = (0, 0);
    let step = if std::env::var_os("POLYMATH_KILLS").is_some() { 4 } else { 80 };
    // In units of 512 bytes; the log of a whole turn has less than 800 KiB.
    for blocks in (0..1600).step_by(step) {
        let session = format!("full{blocks}");
        let question = format!("Open page {session}");
        let home = tempfile::tempdir().unwrap();
        let limited = format!("trap '' XFSZ; ulimit -f {blocks}; exec \"$0\" \"$@\"");
        let program = bench.command(&["ask", &question, "--json", "--session", &session, "--tools", "browser_open"]);
        let mut command = Command::new("/bin/sh");
        command.args(["-c", &limited]).arg(program.get_program()).args(program.get_args());
        for (name, value) in program.get_envs() {
            match value {
                Some(value) => command.env(name, value),
                None => command.env_remove(name),
            };
        }
        let output = command.env("POLYMATH_HOME", home.path()).stdin(Stdio::null()).output().unwrap();
        let stderr = String::from_utf8_lossy(&output.stderr);
        let events = String::from_utf8_lossy(&output.stdout);
        let events: Vec<Value> = events.lines().filter_map(|line| serde_json::from_str(line).ok()).collect();
        match output.status.code() {
            Some(0) => went += 1,
            Some(1) => {
                failed += 1;
                assert!(stderr.lines().any(|line| line.starts_with("error: ")), "{blocks}: {stderr}");
            }
            _ => panic!("{blocks}: {output:?}"),
        }
        let export = ["sessions", "export", &session, "--format", "json"];
        let kept = bench.command(&export).env("POLYMATH_HOME", home.path()).stderr(Stdio::piped()).output().unwrap();
        let record = kept.status.success().then(|| serde_json::from_slice(&kept.stdout).unwrap());
        check(&events, std::slice::from_ref(&question), record.as_ref());
        // With room again, it goes on.
        let next = format!("Open page again-{session}");
        let mut again = bench.command(&["ask", &next, "--quiet", "--session", &session, "--tools", "browser_open"]);
        let again = again.env("POLYMATH_HOME", home.path()).stderr(Stdio::piped()).output().unwrap();
        assert!(again.status.success(), "{blocks}: {again:?}");
    }
    println!("{failed} turns failed for want of room, {went} went through");
    assert!(failed > 3 && went > 3, "{failed} failed, {went} went through");
}
