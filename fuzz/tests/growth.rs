//! Readers work in proportion to what they read.

use polymath_fuzz::{TARGETS, Target};

/// Elements in elements take more and more, up to some thousands of them.
const DEEP: usize = 16 << 10;

/// One target: `POLYMATH_FUZZ` chooses, without it all are looked at, side by side: a thread's own time is measured.
#[test]
#[ignore = "compares processor times, which a busy machine makes unsteady: `just growth`"]
fn work_is_in_proportion_to_the_text() {
    let chosen = std::env::var("POLYMATH_FUZZ").ok();
    let targets = TARGETS.iter().filter(|target| chosen.as_deref().is_none_or(|name| name == target.name));
    let steep: Vec<&str> = std::thread::scope(|scope| {
        let begin = |target: &'static Target| (target.name, scope.spawn(move || check(target)));
        let threads: Vec<_> = targets.map(begin).collect();
        threads.into_iter().filter_map(|(name, thread)| thread.join().is_err().then_some(name)).collect()
    });
    assert!(steep.is_empty(), "in {}", steep.join(", "));
}

fn check(target: &Target) {
    let pieces: Vec<&str> = polymath_growth::PIECES.iter().chain(target.pieces).copied().collect();
    let shortest = if target.name == "html" { DEEP } else { polymath_growth::SHORTEST };
    polymath_growth::check_from(shortest, &pieces, |text| (target.read)(text.as_bytes()));
}
