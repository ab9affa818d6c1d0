//! Power cuts: what was appended is there, whatever of the commit that was under way had reached the disk.
//!
//! After each append the files are what the disk holds for certain, as commits are synced (`synchronous` is
//! FULL). A cut is made between two of these states: of the bytes by which they differ, some sectors are
//! new, some old, some were never written. That the system keeps its own promise about a sync is not tested.

#![allow(clippy::unwrap_used)]

use polymath_agent::session::SessionStore;
use polymath_chat::Event;
use rand::rngs::StdRng;
use rand::{Rng, RngCore, SeedableRng};
use std::path::Path;

const SECTOR: usize = 512;
/// Bytes of the log's head.
const HEAD: usize = 32;
const EVENTS: usize = 40;
const CUTS: usize = 200;

/// The database and its log.
#[derive(Clone)]
struct Disk {
    database: Vec<u8>,
    log: Vec<u8>,
}

impl Disk {
    fn of(folder: &Path) -> Disk {
        let read = |name: &str| std::fs::read(folder.join(name)).unwrap_or_default();
        Disk { database: read("sessions.db"), log: read("sessions.db-wal") }
    }

    /// The notices of the session that a process finds after this; in files that are not damaged.
    fn notices(&self) -> Vec<String> {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("sessions.db"), &self.database).unwrap();
        std::fs::write(folder.path().join("sessions.db-wal"), &self.log).unwrap();
        let store = SessionStore::open(&folder.path().join("sessions.db")).unwrap();
        assert!(store.notice().is_none(), "{:?}", store.notice());
        let events = store.export("s").unwrap().events.into_iter().map(|e| e.event);
        events.map(|event| if let Event::Notice { text } = event { text } else { panic!("{event:?}") }).collect()
    }

    /// The power fails on the way from here to `next`.
    fn cut(&self, next: &Disk, random: &mut StdRng) -> Disk {
        match self.database == next.database {
            true => {
                let mut log = torn(&self.log, &next.log, random);
                // A log that is begun anew has its head on disk before anything else is written to it: SQLite syncs it
                // by itself, since frames of the log before would count again otherwise (`walFrames` in its wal.c).
                let head = HEAD.min(log.len()).min(next.log.len());
                log[..head].copy_from_slice(&next.log[..head]);
                Disk { log, ..next.clone() }
            }
            // The database is written to from a log that is on disk.
            false => Disk { database: torn(&self.database, &next.database, random), ..next.clone() },
        }
    }
}

/// Each sector is the new one or the old one; where the file grew, nothing or noise.
fn torn(old: &[u8], new: &[u8], random: &mut StdRng) -> Vec<u8> {
    let length = if new.len() > old.len() { random.random_range(old.len()..=new.len()) } else { new.len() };
    let share = random.random_range(0.0..1.0);
    let mut out = Vec::with_capacity(length);
    for at in (0..length).step_by(SECTOR) {
        let part = &new[at..(at + SECTOR).min(length)];
        if random.random_bool(share) {
            out.extend_from_slice(part);
            continue;
        }
        let mut rest = vec![0; part.len()];
        if random.random_bool(0.5) {
            random.fill_bytes(&mut rest);
        }
        // What was on the disk stays: a sector is written whole or not at all.
        let kept = old.get(at..).unwrap_or_default();
        let kept = &kept[..kept.len().min(part.len())];
        rest[..kept.len()].copy_from_slice(kept);
        out.extend(rest);
    }
    out
}

#[test]
fn what_was_kept_is_there_after_a_power_cut() {
    let seed = rand::random();
    println!("seed {seed}");
    let mut random = StdRng::seed_from_u64(seed);
    let folder = tempfile::tempdir().unwrap();
    let store = SessionStore::open(&folder.path().join("sessions.db")).unwrap();
    let mut session = store.create_named("s", "q").unwrap();
    session.begin("q").unwrap();
    let (mut disk, mut texts, mut brought) = (Disk::of(folder.path()), Vec::new(), 0);
    for number in 0..EVENTS {
        // Some fill the log, so that it is brought into the database and begun anew.
        let size = if number % 4 == 3 { 1 << 20 } else { random.random_range(1..20_000) };
        texts.push(format!("{number} {}", "x".repeat(size)));
        session.append(1, &Event::Notice { text: texts[number].clone() }).unwrap();
        let next = Disk::of(folder.path());
        brought += usize::from(disk.database != next.database);
        for _ in 0..CUTS / EVENTS {
            let found = disk.cut(&next, &mut random).notices();
            let kept = found.len() == number || found.len() == number + 1;
            assert!(kept && found == texts[..found.len()], "{} of {number} events are left", found.len());
        }
        if number == EVENTS / 2 {
            // The control: a disk that did not keep what it was said to have kept.
            let lying = Disk { log: disk.log[..disk.log.len().min(1000)].to_vec(), ..next.clone() };
            assert!(lying.notices().len() < number + 1);
        }
        disk = next;
    }
    assert!(brought > 1, "the log was brought into the database {brought} times only");
}
