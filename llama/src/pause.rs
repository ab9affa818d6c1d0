//! What llama.cpp's threads do while they wait for one another.
//!
//! ggml's own threads meet at a barrier several times a layer and spin there, which is the quickest way as long as
//! each has a core. Beside a compiler or a second process that decodes, the one that is waited for has none, and who
//! spins keeps it from getting one: two processes on two cores took 103 s for what one does in 4 s. So each turn of
//! ggml's waiting loop comes here (`.cargo/config.toml` gives its `_mm_pause` this name): it spins first and sleeps
//! when that has lasted, sooner where long waits were seen a moment ago. (`sched_yield` instead is worse than either:
//! Linux 6.6 and later put whoever yields again and again behind everybody else for minutes.)
//!
//! Times are in cycles of the time stamp counter, two to four of which make a nanosecond.
#![allow(unsafe_code)]

use std::arch::x86_64::_rdtsc;
use std::cell::Cell;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// A wait spins for so long where every thread has its core.
const SPIN: u64 = 1_000_000;
/// The same where the cores are shared.
const SPIN_CROWDED: u64 = 60_000;
/// A wait of this length says that somebody waited for had no core.
const LONG: u64 = 2_000_000;
/// The cores count as shared for so long after that.
const CROWDED: u64 = 1_000_000_000;
/// Calls further apart than this belong to two waits.
const APART: u64 = 4_000;
/// The shortest sleep there is; what the system makes of it is some 50 µs.
const NAP: Duration = Duration::from_micros(1);

/// Until when the cores count as shared.
static CROWDED_UNTIL: AtomicU64 = AtomicU64::new(0);

thread_local! {
    /// When this thread's wait began, and when it was last here.
    static WAIT: Cell<(u64, u64)> = const { Cell::new((0, 0)) };
}

/// One turn of a waiting loop.
#[unsafe(no_mangle)]
extern "C" fn polymath_pause() {
    std::hint::spin_loop();
    let now = cycles();
    let (began, last) = WAIT.get();
    let began = if now.wrapping_sub(last) > APART { now } else { began };
    WAIT.set((began, now));
    let waited = now.wrapping_sub(began);
    if waited < SPIN_CROWDED {
        return;
    }
    if waited > LONG {
        CROWDED_UNTIL.store(now + CROWDED, Ordering::Relaxed);
    }
    if sleeps(waited, now < CROWDED_UNTIL.load(Ordering::Relaxed)) {
        std::thread::sleep(NAP);
        WAIT.set((began, cycles()));
    }
}

/// Whether a wait has lasted long enough to sleep.
fn sleeps(waited: u64, crowded: bool) -> bool {
    waited >= if crowded { SPIN_CROWDED } else { SPIN }
}

fn cycles() -> u64 {
    // SAFETY: reads a register that every x86-64 processor has.
    unsafe { _rdtsc() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wait_sleeps_sooner_where_cores_are_shared() {
        assert!(!sleeps(SPIN_CROWDED, false) && sleeps(SPIN_CROWDED, true));
        assert!(sleeps(SPIN, false) && !sleeps(SPIN_CROWDED - 1, true));
    }

    #[test]
    fn a_long_wait_says_that_the_cores_are_shared() {
        let began = cycles();
        let told = || CROWDED_UNTIL.load(Ordering::Relaxed) > began;
        // So many turns that being interrupted now and then, which begins a new wait, does not matter.
        assert!((0..1_000_000).any(|_| {
            polymath_pause();
            told()
        }));
    }

    #[test]
    fn ggml_is_compiled_to_wait_here() {
        assert!(include_str!("../../.cargo/config.toml").contains("-D_mm_pause=polymath_pause"));
    }
}
