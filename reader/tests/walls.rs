//! What the program can do once it has shut itself in: this test starts itself again, with the walls and
//! without them.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used)]

use polymath_reader::{Limits, walls};
use std::process::{Command, Output};

const CHILD: &str = "POLYMATH_TEST_ATTACK";
const LIMITS: Limits = Limits { memory: 256 << 20, cpu: 1, wall: 60, answer: 1 << 20 };

fn attack(name: &str) -> std::io::Result<()> {
    match name {
        "reads a file" => std::fs::read("/proc/self/status").map(drop),
        "writes a file" => {
            let path = std::env::temp_dir().join(format!("polymath-reader-{}", std::process::id()));
            std::fs::write(&path, "x").and_then(|()| std::fs::remove_file(path))
        }
        "makes a socket" => std::net::UdpSocket::bind("127.0.0.1:0").map(drop),
        "starts a program" => Command::new("/bin/true").status().map(drop),
        "takes much memory" => {
            let mut block: Vec<u8> = Vec::new();
            block.try_reserve(512 << 20).map_err(std::io::Error::other)
        }
        _ => {
            // Two seconds more of processor time than the limit.
            let used = || nix::time::clock_gettime(nix::time::ClockId::CLOCK_PROCESS_CPUTIME_ID).unwrap().tv_sec();
            while used() < 3 {}
            Ok(())
        }
    }
}

/// The other process: `name` behind walls or not; its status says what came of it.
#[test]
fn child() {
    let Ok(what) = std::env::var(CHILD) else { return };
    let (walled, name) = what.split_once(':').unwrap();
    if walled == "walled" {
        let mut answer = walls::raise(&LIMITS).unwrap();
        std::io::Write::write_all(&mut answer, b"up").unwrap();
    }
    std::process::exit(if attack(name).is_ok() { 10 } else { 11 });
}

fn run(walled: &str, name: &str) -> Output {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", "child", "--nocapture", "--test-threads=1"]).env(CHILD, format!("{walled}:{name}"));
    command.output().unwrap()
}

#[test]
fn nothing_is_left_but_what_it_was_given() {
    for name in ["reads a file", "writes a file", "makes a socket", "starts a program", "takes much memory", "computes"]
    {
        let open = run("open", name);
        assert_eq!(open.status.code(), Some(10), "without walls: {name}: {open:?}");
        let walled = run("walled", name);
        assert_ne!(walled.status.code(), Some(10), "{name}: {walled:?}");
        assert!(String::from_utf8_lossy(&walled.stdout).contains("up"), "{name}: {walled:?}");
    }
}
