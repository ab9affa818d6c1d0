//! `polymath serve` as tests run it.

use polymath_model::store::home;
use std::io::{BufRead, BufReader, Read, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use tempfile::TempDir;

/// `polymath serve` with the tests' model, in a home of its own.
pub fn command(home_dir: &Path, args: &[&str]) -> Command {
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
pub struct Serving {
    pub child: Child,
    /// `http://127.0.0.1:PORT/v1`.
    pub base: String,
    /// What it said when it started.
    pub welcome: String,
    pub home: TempDir,
}

impl Serving {
    pub fn start(args: &[&str]) -> Serving {
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

    /// What is answered to a request, headers included. `head`: its lines behind the first, each with
    /// its end.
    pub fn send(&self, line: &str, head: &str, body: &str) -> String {
        let address = self.base.trim_start_matches("http://").trim_end_matches("/v1");
        let mut stream = std::net::TcpStream::connect(address).unwrap();
        let length = body.len();
        write!(
            stream,
            "{line} HTTP/1.1\r\nHost: {address}\r\n{head}Content-Length: {length}\r\nConnection: close\r\n\r\n{body}"
        )
        .unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
