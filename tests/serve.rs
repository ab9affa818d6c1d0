//! `polymath serve` as its users meet it: starting, stopping, refusing, and OpenAI's own client
//! against it, with a real model.
//!
//! Needs `smollm2-135m` (`./test` pulls it) and Python 3. The Python packages of
//! `tests/requirements.txt` are installed by pip the first time, beside the models.

#![allow(clippy::unwrap_used)]

use polymath_model::store::home;
use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::OnceLock;
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// `polymath serve` with the tests' model, in a home of its own.
fn command(home_dir: &Path, args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_polymath"));
    let models = std::env::var_os("POLYMATH_MODELS_DIR").unwrap_or_else(|| home().join("models").into_os_string());
    command
        .args(["serve", "--model", "smollm2-135m", "--context", "2048"])
        .args(args)
        .current_dir(home_dir)
        .env("POLYMATH_MODELS_DIR", models)
        .env("POLYMATH_HOME", home_dir)
        .stdin(Stdio::null());
    for name in ["POLYMATH_MODEL", "POLYMATH_CONTEXT", "POLYMATH_ADDR", "POLYMATH_TOKEN_FILE"] {
        command.env_remove(name);
    }
    command
}

/// A running server; it is ended when this is dropped.
struct Serving {
    child: Child,
    /// `http://127.0.0.1:PORT/v1`.
    base: String,
    /// What it said when it started.
    welcome: String,
    home: TempDir,
}

impl Serving {
    fn start(args: &[&str]) -> Serving {
        let home = tempfile::tempdir().unwrap();
        let mut child =
            command(home.path(), &["--addr", "127.0.0.1:0"]).args(args).stderr(Stdio::piped()).spawn().unwrap();
        let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
        let mut welcome = String::new();
        while !welcome.contains("-d '{") {
            let line = lines.next().unwrap_or_else(|| panic!("it ended: {welcome}")).unwrap();
            welcome.push_str(&line);
            welcome.push('\n');
        }
        // Somebody has to go on reading, lest it wait for room in the pipe.
        std::thread::spawn(move || lines.for_each(drop));
        let at = welcome.find("http://").unwrap();
        let base = welcome[at..].split([',', ' ']).next().unwrap().to_owned();
        Serving { child, base, welcome, home }
    }

    /// Status of `GET /v1/models`.
    fn models(&self, token: Option<&str>) -> u16 {
        let address = self.base.trim_start_matches("http://").trim_end_matches("/v1");
        let header = token.map(|t| format!("Authorization: Bearer {t}\r\n")).unwrap_or_default();
        let mut stream = std::net::TcpStream::connect(address).unwrap();
        write!(stream, "GET /v1/models HTTP/1.1\r\nHost: {address}\r\n{header}Connection: close\r\n\r\n").unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer.split(' ').nth(1).unwrap().parse().unwrap()
    }

    fn signal(&self, name: &str) {
        assert!(Command::new("kill").args([name, &self.child.id().to_string()]).status().unwrap().success());
    }

    /// Exit status, which must come within a minute.
    fn status(&mut self) -> Option<i32> {
        let started = Instant::now();
        while started.elapsed() < Duration::from_secs(60) {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status.code();
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        panic!("it does not end");
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
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
        let requirements = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/requirements.txt");
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

#[track_caller]
fn must(command: &mut Command) {
    let output = command.output().unwrap_or_else(|e| panic!("{command:?}: {e}"));
    assert!(
        output.status.success(),
        "{command:?} failed (it needs Python 3 with venv, and pip's index): {}",
        said(&output)
    );
}

fn said(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

/// Runs checks of `openai_client.py` against a server of their own.
#[track_caller]
fn checks(names: &[&str]) {
    let python = python();
    let serving = Serving::start(&[]);
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/openai_client.py");
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
    checks(&["plain", "streaming", "structured", "caching", "options", "errors"]);
}

#[test]
fn openais_client_gets_the_calls_it_demands() {
    checks(&["tools"]);
}

#[test]
fn ctrl_c_and_a_supervisor_end_it() {
    for (signal, code) in [("-INT", 130), ("-TERM", 0)] {
        let mut serving = Serving::start(&[]);
        serving.signal(signal);
        assert_eq!(serving.status(), Some(code), "{signal}");
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
    assert_eq!(serving.models(Some(token.trim())), 200);
    assert_eq!(serving.models(None), 401);
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
