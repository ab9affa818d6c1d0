//! Nothing stays on the host: not after sessions that ended in every way, not after a host that was
//! killed.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used)]

mod common;
use polymath_sandbox::{RunRequest, Sandbox};
use std::{
    fs,
    io::{BufRead, BufReader},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::Mutex,
    time::{Duration, Instant},
};

/// The tests here count processes and descriptors, and so run one after another.
static ALONE: Mutex<()> = Mutex::new(());
/// Set in the environment of a copy of this program that plays the host.
const ROLE: &str = "POLYMATH_TEST_ROLE";

/// All processes below one, by number.
fn descendants(root: u32) -> Vec<u32> {
    let mut found = vec![root];
    let parents: Vec<(u32, u32)> = fs::read_dir("/proc")
        .unwrap()
        .filter_map(|e| e.ok()?.file_name().to_str()?.parse().ok())
        .filter_map(|pid: u32| {
            let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
            let rest: Vec<&str> = stat[stat.rfind(')')? + 1..].split_whitespace().collect();
            (rest[0] != "Z").then_some((pid, rest[1].parse().ok()?))
        })
        .collect();
    let mut at = 0;
    while at < found.len() {
        let parent = found[at];
        found.extend(parents.iter().filter(|(_, p)| *p == parent).map(|(pid, _)| *pid));
        at += 1;
    }
    found.split_off(1)
}

fn alive(pid: u32) -> bool {
    fs::read_to_string(format!("/proc/{pid}/stat")).is_ok_and(|stat| !stat.contains(") Z "))
}

#[track_caller]
fn gone(pids: &[u32]) {
    let until = Instant::now() + Duration::from_secs(10);
    while pids.iter().any(|pid| alive(*pid)) {
        assert!(Instant::now() < until, "still there: {pids:?}");
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// This program once more, running one of its tests in a role.
fn copy(test: &str, role: &str) -> Command {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", test, "--nocapture"]).env(ROLE, role).stdout(Stdio::piped());
    command
}

/// Waits for a line the copy prints.
fn wait_for(child: &mut Child, marker: &str) {
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    assert!(lines.map_while(Result::ok).any(|line| line.contains(marker)), "the copy did not print {marker}");
}

#[test]
fn a_killed_host_leaves_nothing_running() {
    if std::env::var(ROLE).is_ok_and(|role| role == "killed") {
        common::value("idle", "1");
        println!("ready");
        common::run("busy", "while True: pass");
    }
    let _alone = ALONE.lock().unwrap_or_else(|e| e.into_inner());
    let mut child = copy("a_killed_host_leaves_nothing_running", "killed").spawn().unwrap();
    wait_for(&mut child, "ready");
    let until = Instant::now() + Duration::from_secs(10);
    // The zygote, and two processes for each of two sessions.
    while descendants(child.id()).len() < 5 {
        assert!(Instant::now() < until, "no busy session came");
        std::thread::sleep(Duration::from_millis(10));
    }
    let pids = descendants(child.id());
    child.kill().unwrap();
    child.wait().unwrap();
    gone(&pids);
}

/// The warm processes below one.
fn zygotes(root: u32) -> Vec<u32> {
    let is_one =
        |pid: &u32| fs::read(format!("/proc/{pid}/cmdline")).is_ok_and(|line| line.windows(6).any(|w| w == b"zygote"));
    let parent = |pid: u32| {
        let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
        stat[stat.rfind(')')? + 1..].split_whitespace().nth(1)?.parse::<u32>().ok()
    };
    // Sessions are forks of it and have its name.
    descendants(root).into_iter().filter(is_one).filter(|pid| parent(*pid) == Some(root)).collect()
}

fn stop(pid: u32) {
    nix::sys::signal::kill(nix::unistd::Pid::from_raw(pid as i32), nix::sys::signal::Signal::SIGSTOP).unwrap();
}

#[test]
fn a_stopped_warm_process_goes_on_and_is_replaced() {
    let _alone = ALONE.lock().unwrap_or_else(|e| e.into_inner());
    common::RUNTIME.block_on(async {
        let began = Instant::now();
        let sandbox = Sandbox::start(common::config()).await.unwrap();
        let start = began.elapsed();
        let run = async |session: &str, code: &str| {
            sandbox.run(session, RunRequest::new(code), &Default::default()).await.unwrap().value.unwrap_or_default()
        };
        run("old", "x = 7").await;
        let first = zygotes(std::process::id());
        stop(first[0]);
        let began = Instant::now();
        assert_eq!(run("new", "1 + 1").await, "2");
        let woken = began.elapsed();
        // What a machine that is busy slows down as much: one that imports its packages anew has at least a start to do.
        assert!(woken < start * 2, "{woken:?}, where a start takes {start:?}");
        let until = Instant::now() + Duration::from_secs(20);
        while zygotes(std::process::id()).iter().all(|pid| first.contains(pid)) {
            assert!(Instant::now() < until, "it was not replaced");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        println!(
            "a start takes {start:?}, a stopped one answers in {woken:?} and is replaced in {:?}",
            began.elapsed()
        );
        assert_eq!(run("old", "x").await, "7", "sessions of the old one go on");
        assert_eq!(run("newer", "2 + 1").await, "3");
        for session in ["old", "new", "newer"] {
            sandbox.end(session).await;
        }
    });
}

#[test]
fn a_warm_process_that_was_stopped_when_its_host_was_killed_is_ended_by_the_next_start() {
    let name = "a_warm_process_that_was_stopped_when_its_host_was_killed_is_ended_by_the_next_start";
    if std::env::var(ROLE).is_ok_and(|role| role == "stopped") {
        common::value("idle", "1");
        println!("ready");
        std::thread::sleep(Duration::from_secs(60));
    }
    let _alone = ALONE.lock().unwrap_or_else(|e| e.into_inner());
    let mut child = copy(name, "stopped").spawn().unwrap();
    wait_for(&mut child, "ready");
    let pids = descendants(child.id());
    stop(zygotes(child.id())[0]);
    child.kill().unwrap();
    child.wait().unwrap();
    std::thread::sleep(Duration::from_millis(200));
    assert!(pids.iter().any(|pid| alive(*pid)), "void: it saw its host's end");
    drop(common::RUNTIME.block_on(Sandbox::start(common::config())).unwrap());
    gone(&pids);
    let left = groups_of(Path::new("/sys/fs/cgroup"), &format!("polymath-{}-", child.id()));
    assert!(left.is_empty(), "{left:?}");
}

/// Control groups whose names begin so.
fn groups_of(folder: &Path, prefix: &str) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).into_iter().flatten().filter_map(Result::ok);
    let folders = entries.filter(|e| e.file_type().is_ok_and(|kind| kind.is_dir()));
    folders
        .flat_map(|e| match e.file_name().to_string_lossy().starts_with(prefix) {
            true => vec![e.path()],
            false => groups_of(&e.path(), prefix),
        })
        .collect()
}

#[test]
fn sessions_leave_no_process_descriptor_or_mount() {
    let _alone = ALONE.lock().unwrap_or_else(|e| e.into_inner());
    let state = || {
        let descriptors = fs::read_dir("/proc/self/fd").unwrap().count();
        (descriptors, fs::read_to_string("/proc/self/mountinfo").unwrap(), descendants(std::process::id()).len())
    };
    common::RUNTIME.block_on(async {
        let sandbox = Sandbox::start(common::config()).await.unwrap();
        let run = async |session: &str, code: &str| {
            let timeout = Some(Duration::from_millis(200));
            let request = RunRequest { timeout, ..RunRequest::new(code) };
            sandbox.run(session, request, &Default::default()).await.unwrap()
        };
        run("first", "1").await;
        sandbox.end("first").await;
        // The throwaway session of the start may take a moment to die.
        tokio::time::sleep(Duration::from_millis(300)).await;
        let before = state();
        for round in 0..3 {
            let session = format!("s{round}");
            for code in ["x = 1", "1/0", "while True: pass", "import os; os._exit(1)", "while True: print(1)", "2"] {
                run(&session, code).await;
            }
            sandbox.end(&session).await;
        }
        let until = Instant::now() + Duration::from_secs(10);
        while state() != before {
            assert!(Instant::now() < until, "before {before:?}, after {:?}", state());
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    });
}

#[test]
fn all_of_this_as_an_ordinary_user() {
    let _alone = ALONE.lock().unwrap_or_else(|e| e.into_inner());
    common::ordinary::run_again();
}
