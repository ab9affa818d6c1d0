//! The sandboxes the attacks run in, each started once: with all walls and small limits, with large
//! limits, and with certain walls down.

use crate::{common, common::RUNTIME, stage::STAGE};
use polymath_sandbox::{Config, Sandbox};
use std::{
    collections::HashMap,
    os::unix::fs::symlink,
    path::Path,
    sync::{LazyLock, Mutex, OnceLock, PoisonError},
};

/// All walls, limits that are reached quickly.
pub static STRICT: LazyLock<Sandbox> = LazyLock::new(|| start(strict()));

/// All walls, limits that the attacks on resources do not reach.
pub static GENEROUS: LazyLock<Sandbox> = LazyLock::new(|| {
    let mut config = strict();
    config.output = 10 << 20;
    config.limits.memory = 2 << 30;
    config.limits.disk = 128 << 20;
    config.limits.disk_files = 20_000;
    config.limits.file_size = 64 << 20;
    config.limits.open_files = 2048;
    config.limits.threads = 400;
    start(config)
});

pub fn strict() -> Config {
    let mut config = common::config();
    config.limits.memory = 256 << 20;
    config.limits.disk_files = 2048;
    config
}

pub fn start(config: Config) -> Sandbox {
    RUNTIME.block_on(Sandbox::start(config)).unwrap_or_else(|e| panic!("void: no sandbox: {e}"))
}

type Lowered = Mutex<HashMap<&'static str, &'static OnceLock<Sandbox>>>;

/// A sandbox with these walls down (`mounts-landlock`): see `walls::Lowered` in the worker.
pub fn without(walls: &'static str) -> &'static Sandbox {
    static LOWERED: LazyLock<Lowered> = LazyLock::new(Mutex::default);
    let mut all = LOWERED.lock().unwrap_or_else(PoisonError::into_inner);
    let one = *all.entry(walls).or_insert_with(|| Box::leak(Box::default()));
    drop(all);
    one.get_or_init(|| {
        let mut config = strict();
        let program = config.worker.with_file_name("polymath-python-lowered");
        assert!(program.is_file(), "void: {} is missing: cargo build --release -p polymath-python", program.display());
        config.worker = link(&program, walls);
        start(config)
    })
}

fn link(program: &Path, walls: &str) -> std::path::PathBuf {
    let link = STAGE.folder.join(format!("without-{walls}"));
    symlink(program.canonicalize().unwrap(), &link).unwrap();
    link
}
