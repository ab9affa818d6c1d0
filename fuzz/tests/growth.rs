//! Readers work in proportion to what they read.

use polymath_fuzz::TARGETS;

/// Elements in elements take more and more, up to some thousands of them.
const DEEP: usize = 16 << 10;

/// One target: `POLYMATH_FUZZ` chooses, without it all are looked at.
#[test]
fn work_is_in_proportion_to_the_text() {
    let chosen = std::env::var("POLYMATH_FUZZ").ok();
    for target in TARGETS.iter().filter(|target| chosen.as_deref().is_none_or(|name| name == target.name)) {
        let pieces: Vec<&str> = polymath_growth::PIECES.iter().chain(target.pieces).copied().collect();
        let shortest = if target.name == "html" { DEEP } else { polymath_growth::SHORTEST };
        let read = |text: &str| (target.read)(text.as_bytes());
        if let Err(steep) = std::panic::catch_unwind(|| polymath_growth::check_from(shortest, &pieces, read)) {
            eprintln!("in {}", target.name);
            std::panic::resume_unwind(steep);
        }
    }
}
