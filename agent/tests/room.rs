//! A home that gives no room any more: full, for reading only, or gone. What fails says so, and loses nothing.

#![allow(clippy::unwrap_used)]
#![cfg(unix)]

use polymath_agent::session::{SessionStore, StoreError};
use polymath_chat::Event;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;

/// Names the home to the part of a test that runs under limits of its own.
const HOME: &str = "POLYMATH_TEST_HOME";
const EVENTS: usize = 200;

fn open(home: &Path) -> Result<SessionStore, StoreError> {
    SessionStore::open(&home.join("data/sessions.db"))
}

fn notice(number: usize) -> Event {
    Event::Notice { text: format!("{number} {}", "x".repeat(900)) }
}

/// Keeps events until something fails; how many are kept, and what failed.
fn keep(home: &Path) -> (usize, Option<StoreError>) {
    let mut kept = 0;
    let mut work = || -> Result<(), StoreError> {
        let mut session = open(home)?.create_named("s", "q")?;
        session.begin("q")?;
        for number in 0..EVENTS {
            session.append(1, &notice(number))?;
            kept += 1;
        }
        Ok(())
    };
    let failed = work().err();
    (kept, failed)
}

fn kept(home: &Path) -> usize {
    open(home).unwrap().export("s").map_or(0, |record| record.events.len())
}

#[test]
#[ignore = "a part of the next one"]
fn until_there_is_no_room() {
    let home = std::env::var_os(HOME).unwrap();
    let (kept, failed) = keep(Path::new(&home));
    let failed = failed.map_or("nothing failed".to_owned(), |e| format!("{e} | {}", e.hint().unwrap_or_default()));
    println!("{kept} kept; {failed}");
}

#[test]
fn without_room_what_was_kept_stays_and_the_user_is_told_what_to_do() {
    // Of 512 bytes; the last is room enough.
    for (blocks, room) in [(0, false), (8, false), (200, false), (100_000, true)] {
        let home = tempfile::tempdir().unwrap();
        let script = format!(
            "trap '' XFSZ; ulimit -f {blocks}; exec \"$0\" --exact until_there_is_no_room --ignored --nocapture | cat"
        );
        let mut command = Command::new("/bin/sh");
        command.arg("-c").arg(script).arg(std::env::current_exe().unwrap());
        let output = command.env(HOME, home.path()).output().unwrap();
        let said = String::from_utf8(output.stdout).unwrap();
        let line = said.lines().find(|line| line.contains(" kept; ")).unwrap_or_else(|| panic!("{said}"));
        let count: usize = line.split(' ').find_map(|word| word.parse().ok()).unwrap();
        assert_eq!(line.contains("nothing failed"), room, "{line}");
        assert!(room || line.contains("sessions.db") && line.contains("make room"), "{line}");
        assert_eq!(kept(home.path()), count, "{line}");
        // With room again, all goes on.
        let mut session = open(home.path()).unwrap().create_named("again", "q").unwrap();
        session.append(1, &notice(0)).unwrap();
    }
}

#[test]
fn a_home_that_may_only_be_read_is_told() {
    let home = tempfile::tempdir().unwrap();
    assert!(keep(home.path()).1.is_none());
    let folder = home.path().join("data");
    let allow = |mode| std::fs::set_permissions(&folder, std::fs::Permissions::from_mode(mode)).unwrap();
    allow(0o500);
    // Root may write all the same.
    let writable = std::fs::write(folder.join("probe"), "").is_ok();
    let failed = open(home.path()).and_then(|store| store.create_named("other", "q")).err();
    allow(0o700);
    assert_eq!(failed.is_none(), writable, "{failed:?}");
    if let Some(failed) = failed {
        assert!(failed.hint().is_some_and(|hint| hint.contains("POLYMATH_HOME")), "{failed}");
    }
}

#[test]
fn a_home_that_is_gone_is_an_error_at_the_next_save() {
    let home = tempfile::tempdir().unwrap();
    let mut session = open(home.path()).unwrap().create_named("s", "q").unwrap();
    session.append(1, &notice(0)).unwrap();
    let chat = session.chat().unwrap();

    // Moved away and back again it is the same one.
    let (data, aside) = (home.path().join("data"), home.path().join("aside"));
    std::fs::rename(&data, &aside).unwrap();
    assert!(matches!(session.append(1, &notice(1)), Err(StoreError::Gone { .. })));
    std::fs::rename(&aside, &data).unwrap();
    session.append(1, &notice(2)).unwrap();
    session.save(&chat).unwrap();

    std::fs::remove_dir_all(&data).unwrap();
    let gone = session.save(&chat).unwrap_err();
    assert!(matches!(gone, StoreError::Gone { .. }) && gone.hint().is_some(), "{gone}");
    // Another one in its place is not that one.
    assert_eq!(kept(home.path()), 0);
    assert!(matches!(session.append(1, &notice(3)), Err(StoreError::Gone { .. })));
}
