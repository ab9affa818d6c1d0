//! Counts what was tried. Sorted last by its name, so that it runs when all others have begun.

use crate::{
    crashes, files, harness, host, kernel, network, output, privileged, remains, resources,
    table::{Attack, OUTCOMES, Outcome},
    time,
};
use std::{
    io::Write,
    sync::PoisonError,
    time::{Duration, Instant},
};

const TABLES: &[&[Attack]] = &[
    crashes::ROWS,
    harness::ROWS,
    host::ROWS,
    kernel::ROWS,
    network::ROWS,
    output::ROWS,
    privileged::ROWS,
    resources::ROWS,
    time::ROWS,
    remains::ROWS,
];
const STAGED: &[&[(&str, bool)]] = &[files::STAGED, harness::STAGED, output::STAGED, time::STAGED, remains::STAGED];

/// Every attack: its name and whether it has a control for the user who runs the tests.
fn all() -> Vec<(&'static str, bool)> {
    let rows = TABLES.iter().copied().flatten().map(|row| (row.name, row.control.applies()));
    rows.chain(STAGED.iter().copied().flatten().copied()).collect()
}

/// What the attacks tried so far came to, once none of them is running.
fn outcomes() -> Vec<(&'static str, Outcome)> {
    let until = Instant::now() + Duration::from_secs(120);
    loop {
        // One that was about to begin has begun by then.
        std::thread::sleep(Duration::from_millis(200));
        let outcomes = OUTCOMES.lock().unwrap_or_else(PoisonError::into_inner);
        if outcomes.values().all(Option::is_some) {
            return outcomes.iter().filter_map(|(name, outcome)| Some((*name, (*outcome)?))).collect();
        }
        assert!(Instant::now() < until, "attacks do not end: {outcomes:?}");
    }
}

#[test]
fn attacks_are_counted() {
    let all = all();
    assert!(all.len() >= 95, "{} attacks", all.len());
    assert!(all.iter().all(|(name, _)| all.iter().filter(|(other, _)| name == other).count() == 1));
    let outcomes = outcomes();
    let count = |wanted| outcomes.iter().filter(|(_, outcome)| *outcome == wanted).count();
    let (contained, void, escaped) = (count(Outcome::Contained), count(Outcome::Void), count(Outcome::Escaped));
    let controlled = all.iter().filter(|(name, has)| *has && outcomes.contains(&(*name, Outcome::Contained))).count();
    let user = if nix::unistd::geteuid().is_root() { "root" } else { "ordinary user" };
    let line = format!(
        "attacks: {contained} contained, {void} void, {controlled} with a negative control ({user}){}",
        if escaped > 0 { format!(", {escaped} NOT CONTAINED") } else { String::new() },
    );
    // Past the test harness, which keeps what `println!` prints to itself.
    writeln!(std::io::stderr(), "{line}").unwrap();
    let failed: Vec<_> = outcomes.iter().filter(|(_, outcome)| *outcome != Outcome::Contained).collect();
    assert!(failed.is_empty(), "{failed:?}");
    let chosen = std::env::args().skip(1).any(|argument| !argument.starts_with('-') && argument.parse::<u8>().is_err());
    assert!(chosen || outcomes.len() == all.len(), "{} of {} attacks were tried", outcomes.len(), all.len());
}
