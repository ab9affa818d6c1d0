//! `polymath serve` as its users meet it: starting, stopping, refusing, and OpenAI's and Anthropic's own
//! clients against it, with a real model.
//!
//! Needs `smollm2-135m` (`./test` pulls it) and Python 3. The Python packages of
//! `tests/requirements.txt` are installed by pip the first time, beside the models, and where there is Node.js those of
//! `tests/node` by npm.

#![allow(clippy::unwrap_used)]

#[path = "common/serving.rs"]
mod serving;

use polymath_model::store::home;
use serving::{Serving, command};
use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::OnceLock;
use std::time::{Duration, Instant};

/// Status of `GET /v1/models`.
fn models(serving: &Serving, token: Option<&str>) -> u16 {
    let head = token.map(|t| format!("Authorization: Bearer {t}\r\n")).unwrap_or_default();
    let answer = serving.send("GET /v1/models", &head, "");
    answer.split(' ').nth(1).unwrap().parse().unwrap()
}

/// Sends a signal and waits, for a minute at most, for the exit status.
fn end(serving: &mut Serving, signal: &str) -> Option<i32> {
    must(Command::new("kill").args([signal, &serving.child.id().to_string()]));
    let started = Instant::now();
    while started.elapsed() < Duration::from_secs(60) {
        if let Some(status) = serving.child.try_wait().unwrap() {
            return status.code();
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    panic!("it does not end");
}

/// A Python with the packages of `tests/requirements.txt`; made where it is missing.
fn python() -> &'static Path {
    static PYTHON: OnceLock<PathBuf> = OnceLock::new();
    PYTHON.get_or_init(|| {
        let folder = home().join("test-python");
        fs::create_dir_all(&folder).unwrap();
        // Other processes may be making it.
        let lock = fs::File::create(folder.join("lock")).unwrap();
        lock.lock().unwrap();
        let requirements =
            PathBuf::from(std::env::var_os("CARGO_MANIFEST_DIR").unwrap()).join("tests/requirements.txt");
        let wanted = fs::read_to_string(&requirements).unwrap();
        let (environment, stamp) = (folder.join("environment"), folder.join("stamp"));
        let python = environment.join("bin/python");
        let works = || Command::new(&python).arg("-V").output().is_ok_and(|o| o.status.success());
        if fs::read_to_string(&stamp).is_ok_and(|s| s == wanted) && works() {
            return python;
        }
        let _ = fs::remove_file(&stamp);
        let system = std::env::var("PYO3_PYTHON").unwrap_or_else(|_| "python3".into());
        must(Command::new(&system).args(["-m", "venv", "--clear"]).arg(&environment));
        let pip = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "-r"];
        must(Command::new(&python).args(pip).arg(&requirements));
        fs::write(&stamp, wanted).unwrap();
        python
    })
}

/// The folder with the packages of `tests/node`; made where it is missing. `None` without Node.js or npm.
fn node() -> Option<PathBuf> {
    let there = |name: &str| Command::new(name).arg("--version").output().is_ok_and(|o| o.status.success());
    if !there("node") || !there("npm") {
        return None;
    }
    let folder = home().join("test-node");
    fs::create_dir_all(&folder).unwrap();
    let lock = fs::File::create(folder.join("lock")).unwrap();
    lock.lock().unwrap();
    let own = PathBuf::from(std::env::var_os("CARGO_MANIFEST_DIR").unwrap()).join("tests/node");
    let wanted = fs::read_to_string(own.join("package-lock.json")).unwrap();
    for file in ["package.json", "package-lock.json", "openai_client.mjs"] {
        fs::copy(own.join(file), folder.join(file)).unwrap();
    }
    let stamp = folder.join("stamp");
    if fs::read_to_string(&stamp).is_ok_and(|text| text == wanted) && folder.join("node_modules/openai").is_dir() {
        return Some(folder);
    }
    let _ = fs::remove_file(&stamp);
    must(Command::new("npm").args(["ci", "--no-fund", "--no-audit", "--silent"]).current_dir(&folder));
    fs::write(&stamp, wanted).unwrap();
    Some(folder)
}

#[track_caller]
fn must(command: &mut Command) {
    let output = command.output().unwrap_or_else(|e| panic!("{command:?}: {e}"));
    assert!(
        output.status.success(),
        "{command:?} failed (it needs Python 3 with venv, and pip's or npm's index): {}",
        said(&output)
    );
}

fn said(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

/// Runs checks of a client's script against a server of their own.
#[track_caller]
fn checks(script: &str, names: &[&str]) {
    checks_of(&[], script, names);
}

/// The same with other arguments of the server.
#[track_caller]
fn checks_of(args: &[&str], script: &str, names: &[&str]) {
    let python = python();
    let serving = Serving::start(args);
    let script = PathBuf::from(std::env::var_os("CARGO_MANIFEST_DIR").unwrap()).join("tests").join(script);
    let output = Command::new(python)
        .arg(script)
        .arg(&serving.base)
        .args(names)
        .current_dir(serving.home.path())
        .env("NO_PROXY", "127.0.0.1")
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", said(&output));
}

#[test]
fn openais_client_works() {
    checks("openai_client.py", &["plain", "streaming", "structured", "caching", "options", "errors", "responses"]);
}

#[test]
fn openais_client_steers_leaves_files_and_embeds() {
    let args = ["--embedding-model", "smollm2-135m", "--embedding-pooling", "mean"];
    checks_of(&args, "openai_client.py", &["choices", "steering", "files", "embeddings"]);
}

#[test]
fn openais_client_gets_the_calls_it_demands() {
    checks("openai_client.py", &["tools", "response_tools"]);
}

#[test]
fn openais_client_for_node_works() {
    let Some(folder) = node() else {
        println!("not tried: there is no Node.js with npm here");
        return;
    };
    let serving = Serving::start(&[]);
    let output = Command::new("node")
        .args(["openai_client.mjs", &serving.base, "plain", "streaming", "tools", "responses", "errors"])
        .current_dir(folder)
        .env("NO_PROXY", "127.0.0.1")
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", said(&output));
}

#[test]
fn anthropics_client_works() {
    checks("anthropic_client.py", &["plain", "streaming", "tools", "errors"]);
}

#[test]
fn ctrl_c_and_a_supervisor_end_it() {
    for (signal, code) in [("-INT", 130), ("-TERM", 0)] {
        let mut serving = Serving::start(&[]);
        assert_eq!(end(&mut serving, signal), Some(code), "{signal}");
    }
}

#[test]
fn it_says_where_it_is_and_how_to_use_it() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("token");
    let serving = Serving::start(&["--token-file", file.to_str().unwrap()]);
    let token = fs::read_to_string(&file).unwrap();
    let welcome = &serving.welcome;
    assert!(welcome.contains("smollm2-135m") && welcome.contains("Authorization: Bearer"), "{welcome}");
    assert!(welcome.contains(file.to_str().unwrap()) && !welcome.contains(token.trim()), "{welcome}");
    assert!(welcome.contains(&format!("in a browser: {}", serving.base.trim_end_matches("v1"))), "{welcome}");
    assert_eq!(models(&serving, Some(token.trim())), 200);
    assert_eq!(models(&serving, None), 401);
}

#[test]
fn what_cannot_be_served_is_refused_before_a_model_is_loaded() {
    let home = tempfile::tempdir().unwrap();
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let taken = listener.local_addr().unwrap().to_string();
    let cases: [(&[&str], i32, &str); 4] = [
        (&["--addr", "0.0.0.0:0"], 2, "--token-file"),
        (&["--addr", "nowhere"], 2, "HOST:PORT"),
        (&["--addr", &taken], 1, "in use"),
        (&["--token-file", "/no/such/folder/token"], 1, "/no/such/folder/token"),
    ];
    for (args, code, says) in cases {
        let mut child = command(home.path(), args).stderr(Stdio::piped()).spawn().unwrap();
        let mut stderr = String::new();
        child.stderr.take().unwrap().read_to_string(&mut stderr).unwrap();
        assert_eq!(child.wait().unwrap().code(), Some(code), "{args:?}: {stderr}");
        assert!(stderr.contains(says), "{args:?}: {stderr}");
    }
}
