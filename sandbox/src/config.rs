//! Where the worker program and the Python environment are, and what a session may use.

use crate::wire::Limits;
use std::{
    env,
    path::{Path, PathBuf},
    time::Duration,
};

/// The worker program's file name.
const WORKER: &str = "polymath-python";

/// Settings of a sandbox.
#[derive(Debug, Clone)]
pub struct Config {
    /// The program `polymath-python`.
    pub worker: PathBuf,
    /// The virtual environment with numpy, pandas and matplotlib (`sandbox/requirements.txt`).
    pub environment: PathBuf,
    /// A folder for caches that the host prepares (matplotlib's list of fonts).
    pub cache: PathBuf,
    pub limits: Limits,
    /// Wall clock of a call that names none.
    pub timeout: Duration,
    /// Bytes of standard output, and of standard error, that a call may write.
    pub output: usize,
    /// Interpreters alive at once; the one idle for longest makes room for another.
    pub sessions: usize,
    /// How long an interpreter is kept that nobody uses.
    pub idle: Duration,
    /// Interpreters forked from one warm process before another takes its place: forks share its
    /// layout of the address space, which should not be anybody's to learn.
    pub forks: u32,
    /// Where sessions' journals are kept from run to run; nowhere when not given.
    pub journals: Option<PathBuf>,
    /// Where work directories go when there are no namespaces to mount one in: a small file system.
    pub work: Option<PathBuf>,
}

impl Config {
    /// Everything in its usual place: the worker beside the running program
    /// (`POLYMATH_PYTHON_WORKER` names another), the environment in `python` below `home`
    /// (`POLYMATH_PYTHON` names another).
    pub fn locate(home: &Path) -> Self {
        let environment = env::var_os("POLYMATH_PYTHON").map(PathBuf::from).unwrap_or_else(|| home.join("python"));
        Config {
            worker: worker(),
            environment,
            cache: home.join("cache").join("python"),
            limits: Limits::default(),
            timeout: Duration::from_secs(30),
            output: 1 << 20,
            sessions: 32,
            idle: Duration::from_secs(600),
            forks: 200,
            journals: None,
            work: env::var_os("POLYMATH_PYTHON_WORK").map(PathBuf::from),
        }
    }

    /// As `locate`, in the user's data directory, which `POLYMATH_HOME` moves.
    pub fn from_env() -> Self {
        let home = env::var_os("POLYMATH_HOME")
            .map(PathBuf::from)
            .or_else(|| directories::ProjectDirs::from("", "", "polymath").map(|dirs| dirs.data_dir().to_owned()));
        Self::locate(&home.unwrap_or_else(|| PathBuf::from(".polymath")))
    }
}

/// Beside the running program; for tests, which lie in `deps`, one folder up.
fn worker() -> PathBuf {
    if let Some(path) = env::var_os("POLYMATH_PYTHON_WORKER") {
        return PathBuf::from(path);
    }
    let here = env::current_exe().ok().and_then(|exe| Some(exe.parent()?.to_owned())).unwrap_or_default();
    let near = [here.join(WORKER), here.join("..").join(WORKER)];
    near.iter().find(|path| path.is_file()).unwrap_or(&near[0]).clone()
}
