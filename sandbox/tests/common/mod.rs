//! One sandbox for all tests of a program, and a plain way to run code in it.
//!
//! Needs the worker program, built before (`cargo build --release -p polymath-python`, with the same
//! target directory), and the Python environment that `./test` makes.
#![allow(dead_code, clippy::unwrap_used)]

#[cfg(target_os = "linux")]
pub mod ordinary;

use polymath_sandbox::{Config, Kind, RunOutput, RunRequest, Sandbox};
use std::{sync::LazyLock, time::Duration};
use tokio::runtime::Runtime;

pub static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| Runtime::new().unwrap());
pub static SANDBOX: LazyLock<Sandbox> =
    LazyLock::new(|| RUNTIME.block_on(Sandbox::start(config())).unwrap_or_else(|e| panic!("{e}")));

/// The usual places, with limits small enough to be reached quickly.
pub fn config() -> Config {
    let mut config = Config::from_env();
    config.timeout = Duration::from_secs(20);
    config.output = 100_000;
    config.limits.memory = 512 << 20;
    config.limits.disk = 16 << 20;
    config.limits.file_size = 8 << 20;
    config.sessions = 60;
    config
}

/// Runs a request in a session.
pub fn request(session: &str, request: RunRequest) -> RunOutput {
    RUNTIME.block_on(SANDBOX.run(session, request, &Default::default())).unwrap()
}

pub fn run(session: &str, code: &str) -> RunOutput {
    request(session, RunRequest::new(code))
}

/// The value of a run that must go well.
#[track_caller]
pub fn value(session: &str, code: &str) -> String {
    let output = run(session, code);
    assert_eq!(output.error, None, "{code}");
    output.value.unwrap_or_default()
}

/// Runs code that must fail in the given way; returns its output.
#[track_caller]
pub fn fails(session: &str, code: &str, kind: Kind) -> RunOutput {
    let output = run(session, code);
    match &output.error {
        Some(error) => assert_eq!(error.kind, kind, "{code}\n{output:?}"),
        None => panic!("went through: {code}\n{output:?}"),
    }
    output
}
