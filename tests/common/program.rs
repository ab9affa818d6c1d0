//! The program as tests run it.

use polymath_model::store::home;
use std::process::{Command, Output, Stdio};
use tempfile::TempDir;

/// The program in a home of its own, with the models and the Python environment of this machine.
pub struct Program {
    pub home: TempDir,
}

impl Program {
    pub fn new() -> Program {
        Program { home: tempfile::tempdir().unwrap() }
    }

    pub fn command(&self) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_polymath"));
        let or =
            |name: &str, folder: &str| std::env::var_os(name).unwrap_or_else(|| home().join(folder).into_os_string());
        command
            .current_dir(self.home.path())
            .env("POLYMATH_MODELS_DIR", or("POLYMATH_MODELS_DIR", "models"))
            .env("POLYMATH_PYTHON", or("POLYMATH_PYTHON", "python"))
            .env("POLYMATH_HOME", self.home.path())
            .env_remove("POLYMATH_MODEL")
            .stdin(Stdio::null());
        command
    }

    pub fn run(&self, args: &[&str]) -> Output {
        self.command().args(args).output().unwrap()
    }
}
