//! Thousands of calls that end in every way, over many sessions at once: nothing is left of them.
//!
//! A short run is part of the tests; the long one is
//! `POLYMATH_SOAK_CALLS=10000 cargo test --release -p polymath-sandbox --test soak -- --nocapture`.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used)]

mod common;
use polymath_sandbox::{Config, Kind, RunRequest, Sandbox};
use rand::{Rng, SeedableRng, rngs::StdRng};
use std::{
    collections::BTreeMap,
    env, fs,
    path::{Path, PathBuf},
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

const SESSIONS: u64 = 50;
const CALLERS: u64 = 4;

/// Code, how it may end, and how often in a hundred.
const CALLS: &[(&str, Option<Kind>, u32)] = &[
    ("1 + 1", None, 50),
    ("n = globals().get('n', 0) + 1; n", None, 14),
    ("import pandas as pd; pd.DataFrame({'a': range(100)})", None, 6),
    ("import matplotlib.pyplot as plt; plt.plot([1, 2]); plt.show()", None, 3),
    ("open('f.txt', 'w').write('x' * 1000)", None, 4),
    ("1 / 0", Some(Kind::Exception), 6),
    ("while True: pass", Some(Kind::Timeout), 4),
    ("import signal; signal.signal(2, signal.SIG_IGN)\nwhile True: pass", Some(Kind::Timeout), 2),
    ("import os; os._exit(0)", Some(Kind::Crash), 3),
    ("import ctypes; ctypes.string_at(0)", Some(Kind::Crash), 2),
    ("while True: print('flood' * 1000)", Some(Kind::OutputLimit), 2),
    ("import os\nwhile True: os.write(2, bytes(range(256)) * 100)", Some(Kind::OutputLimit), 2),
    ("x = bytearray(1 << 40)", Some(Kind::Memory), 1),
    ("import threading, time\nthreading.Thread(target=time.sleep, args=(99,), daemon=True).start()", None, 1),
];

fn pick(random: &mut StdRng) -> (&'static str, Option<Kind>) {
    let mut at = random.random_range(0..CALLS.iter().map(|call| call.2).sum());
    for (code, kind, weight) in CALLS {
        match at.checked_sub(*weight) {
            Some(rest) => at = rest,
            None => return (code, *kind),
        }
    }
    (CALLS[0].0, CALLS[0].1)
}

/// Everything that sessions could leave on the host.
#[derive(Debug, PartialEq, Eq)]
struct Left {
    processes: usize,
    descriptors: usize,
    mounts: String,
    groups: Vec<PathBuf>,
    files: Vec<PathBuf>,
}

fn left() -> Left {
    let own = format!("polymath-{}-", std::process::id());
    Left {
        processes: processes(),
        descriptors: fs::read_dir("/proc/self/fd").unwrap().count(),
        mounts: fs::read_to_string("/proc/self/mountinfo").unwrap(),
        groups: named(Path::new("/sys/fs/cgroup"), &own, 6),
        files: ["/tmp", "/dev/shm", "/var/tmp"]
            .iter()
            .flat_map(|place| named(Path::new(place), "polymath-work-", 1))
            .collect(),
    }
}

/// Processes of this program's: its children, theirs, and so on, dead ones not reaped included.
fn processes() -> usize {
    let children = |pid: u32| -> Vec<u32> {
        let tasks = fs::read_dir(format!("/proc/{pid}/task")).into_iter().flatten().filter_map(Result::ok);
        let lists = tasks.filter_map(|t| fs::read_to_string(t.path().join("children")).ok());
        lists.flat_map(|l| l.split_whitespace().filter_map(|n| n.parse().ok()).collect::<Vec<_>>()).collect()
    };
    let mut all = children(std::process::id());
    let mut at = 0;
    while let Some(pid) = all.get(at).copied() {
        all.extend(children(pid));
        at += 1;
    }
    all.len()
}

/// Paths below `place` whose names begin so.
fn named(place: &Path, prefix: &str, depth: usize) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(place).into_iter().flatten().filter_map(Result::ok) {
        if entry.file_name().to_string_lossy().starts_with(prefix) {
            found.push(entry.path());
        } else if depth > 1 && entry.file_type().is_ok_and(|t| t.is_dir()) {
            found.extend(named(&entry.path(), prefix, depth - 1));
        }
    }
    found
}

async fn caller(sandbox: Arc<Sandbox>, seed: u64, calls: usize, counts: Arc<Mutex<BTreeMap<String, usize>>>) {
    let mut random = StdRng::seed_from_u64(seed);
    for _ in 0..calls {
        // Callers share no session, so that each call's end is known.
        let session = format!("soak{}", random.random_range(0..SESSIONS.div_ceil(CALLERS)) * CALLERS + seed);
        let (code, kind) = pick(&mut random);
        let timeout = Some(Duration::from_millis(if kind == Some(Kind::Timeout) { 60 } else { 20_000 }));
        let request = RunRequest { timeout, ..RunRequest::new(code) };
        let output = sandbox.run(&session, request, &Default::default()).await.unwrap();
        assert_eq!(output.error.as_ref().map(|e| e.kind), kind, "{code}: {output:?}");
        let ended = kind.map_or("fine", Kind::as_str).to_owned();
        *counts.lock().unwrap().entry(ended).or_default() += 1;
        if random.random_range(0..100) == 0 {
            sandbox.end(&session).await;
        }
    }
}

#[test]
fn nothing_is_left_of_many_sessions() {
    let calls: usize = env::var("POLYMATH_SOAK_CALLS").map_or(400, |n| n.parse().unwrap());
    let config = Config { forks: 100, ..common::config() };
    // What the runtime itself opens is there before the first look.
    common::RUNTIME.block_on(async { tokio::time::sleep(Duration::from_millis(10)).await });
    let (before, began) = (left(), Instant::now());
    let counts: Arc<Mutex<BTreeMap<String, usize>>> = Arc::default();
    common::RUNTIME.block_on(async {
        let sandbox = Arc::new(Sandbox::start(config).await.unwrap());
        let each = calls / CALLERS as usize;
        let callers: Vec<_> =
            (0..CALLERS).map(|n| tokio::spawn(caller(sandbox.clone(), n, each, counts.clone()))).collect();
        for caller in callers {
            caller.await.unwrap();
        }
    });
    println!("{calls} calls in {:.0} s: {:?}", began.elapsed().as_secs_f64(), counts.lock().unwrap());
    let until = Instant::now() + Duration::from_secs(20);
    while left() != before {
        assert!(Instant::now() < until, "before {before:#?}\nafter {:#?}", left());
        std::thread::sleep(Duration::from_millis(50));
    }
    println!("left: nothing ({} descriptors, {} processes, as before)", before.descriptors, before.processes);
}
